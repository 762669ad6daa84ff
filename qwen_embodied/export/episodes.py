"""Episodes at a fixed rate: which image, state, command and task belongs to each frame."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import DatasetError
from qwen_embodied.export.commands import Rows, commanded
from qwen_embodied.export.survey import Survey

FASTEST = 240  # Hz
ROUNDING = 1e-6  # frames by which stamps may miss the grid
UNNAMED = 'unspecified'  # task of a recording without an instruction


@dataclass(frozen=True, eq=False)
class Episode:
    """A part of a recording, resampled; every row is a frame.

    Attributes:
        survey: Of the recording.
        images: Which image each frame shows, (N,), not decreasing.
        stamps: Of these images, (N,) s.
        gaps: From each image to the nearest joint state, (N,) s.
        states: At the stamps of the images, (N, J).
        actions: What was commanded for the next frame, (N, J).
        tasks: What was to be done, one text for each frame.
    """

    survey: Survey
    images: NDArray[np.int64]
    stamps: Rows
    gaps: Rows
    states: Rows
    actions: Rows
    tasks: tuple[str, ...]

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.images)

    @property
    def repeated(self) -> int:
        """Frames that show the same image as the one before."""
        return int((np.diff(self.images) == 0).sum())


def rate_of(found: Survey) -> int:
    """Give the rate at which images come, in whole Hz; raises DatasetError."""
    rate = round(1.0 / float(np.median(np.diff(found.image_stamps))))
    if not 1 <= rate <= FASTEST:
        raise DatasetError(
            f'{found.bag.path.name}: images come at {rate} Hz; give a rate of 1 to {FASTEST} Hz'
        )
    return rate


def episodes_of(found: Survey, fps: int, task: str = '', *, per_task: bool) -> list[Episode]:
    """Cut a recording into episodes and resample each.

    Args:
        found: Of the recording.
        fps: Frames in a second.
        task: For every frame; empty takes the recorded instructions.
        per_task: Whether an episode begins at every instruction.

    Raises:
        DatasetError: No episode has two frames.
    """
    tasks = [(-np.inf, task)] if task else found.tasks or [(-np.inf, UNNAMED)]
    first = max(found.image_stamps[0], found.state_stamps[0])
    last = min(found.image_stamps[-1], found.state_stamps[-1])
    cuts = [first, *(at for at, _ in tasks[1:] if first < at < last)] if per_task else [first]
    spans = zip(cuts, [*cuts[1:], last + 2 * ROUNDING / fps], strict=True)
    made = [_episode(found, span, fps, tasks) for span in spans]
    whole = [episode for episode in made if len(episode) >= 2]
    if not whole:
        raise DatasetError(
            f'{found.bag.path.name}: images and joint states have {last - first:.2f} s in common, '
            f'too little for two frames at {fps} Hz'
        )
    return whole


def _episode(
    found: Survey, span: tuple[float, float], fps: int, tasks: list[tuple[float, str]]
) -> Episode:
    count = max(0, int(np.ceil((span[1] - span[0]) * fps - ROUNDING)))
    grid = span[0] + np.arange(count) / fps
    images = nearest(found.image_stamps, grid)
    stamps = found.image_stamps[images]
    states = np.column_stack(
        [np.interp(stamps, found.state_stamps, column) for column in found.states.T]
    )
    gaps = np.abs(found.state_stamps[nearest(found.state_stamps, stamps)] - stamps)
    actions = commanded(found.commands, found.names, stamps, states, 1 / fps) if count else states
    told = tuple(_task_at(tasks, time) for time in grid)
    return Episode(found, images, stamps, gaps, states, actions, told)


def nearest(stamps: Rows, times: Rows) -> NDArray[np.int64]:
    """Give the index of the stamp nearest to each time; the earlier of two."""
    right = np.clip(np.searchsorted(stamps, times), 1, len(stamps) - 1)
    is_left = times - stamps[right - 1] <= stamps[right] - times
    return np.asarray(right - is_left, np.int64)


def _task_at(tasks: list[tuple[float, str]], time: float) -> str:
    """Give the last instruction until a time; before the first, the first."""
    before = [text for at, text in tasks if at <= time]
    return before[-1] if before else tasks[0][1]
