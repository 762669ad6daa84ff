"""Writes recordings as one data set."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa

from qwen_embodied import __version__
from qwen_embodied.errors import ConfigurationError, DatasetError
from qwen_embodied.export import layout, statistics
from qwen_embodied.export.checking import check_dataset
from qwen_embodied.export.episodes import Episode, episodes_of, rate_of
from qwen_embodied.export.filming import Film, film
from qwen_embodied.export.survey import Survey, survey
from qwen_embodied.export.tables import FrameWriter, write_episodes, write_tasks
from qwen_embodied.motion import load_robot
from qwen_embodied.replay.bag import Bag
from qwen_embodied.replay.topics import TopicMap

ABOUT = 'meta/qwen_embodied.json'  # beside the format: where each episode comes from


@dataclass(frozen=True)
class ExportOptions:
    """How recordings become a data set.

    Attributes:
        robot: Name or path; its joints are the columns.
        task: Of every frame; empty takes the recorded instructions.
        fps: Frames in a second; None takes the rate of the images.
        per_task: Whether an episode begins at every instruction, or is a whole recording.
        camera: Name of the camera; empty takes the first part of its topic.
        command_topic: With the commands; found by its name where empty.
        topics: Names of topics; what is empty is found by its type.
    """

    robot: str = 'panda'
    task: str = ''
    fps: int | None = None
    per_task: bool = False
    camera: str = ''
    command_topic: str = ''
    topics: TopicMap = field(default_factory=TopicMap)


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        episodes: How many.
        frames: Of all episodes.
        fps: Frames in a second.
        tasks: Texts.
        notes: What a reader must know: messages not used, images shown twice, where the actions
            come from.
    """

    episodes: int
    frames: int
    fps: int
    tasks: tuple[str, ...]
    notes: tuple[str, ...]


def export_bags(
    bags: Sequence[Bag],
    folder: Path,
    options: ExportOptions,
    progress: Callable[[float], object] | None = None,
) -> ExportReport:
    """Write recordings as a data set of the LeRobot format v3.0, and check it.

    The same recordings and options give the same frames. A folder appears when it is complete.

    Args:
        bags: At least one, of one robot and one camera.
        folder: Must not be there.
        options: What to write.
        progress: Told the share of the frames that were written, 0 to 1.

    Raises:
        ReplayError: A recording is broken, or lacks images, camera_info or joint states.
        DatasetError: Recordings do not fit each other or leave gaps, or the disk is full.
        ConfigurationError: The folder is there, or an option is wrong.
    """
    if not bags:
        raise ConfigurationError('there is no recording to export; give at least one')
    if folder.exists():
        raise ConfigurationError(f'{folder} is there already; name a new folder, or remove it')
    partial = folder.with_name(f'{folder.name}.partial')
    names = load_robot(options.robot).all_limits.names
    found = [survey(bag, options.topics, names, options.command_topic) for bag in bags]
    try:
        shutil.rmtree(partial, ignore_errors=True)
        report = _Export(partial, options, found).run(progress or (lambda share: None))
        check_dataset(partial)
        partial.rename(folder)
    except (OSError, pa.ArrowException, av.FFmpegError) as error:
        reason = getattr(error, 'strerror', None) or str(error)
        raise DatasetError(f'{folder} cannot be written: {reason}; nothing was kept') from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return report


class _Export:
    """The state of one export."""

    def __init__(self, folder: Path, options: ExportOptions, found: list[Survey]) -> None:
        self._folder, self._options = folder, options
        self._fps = options.fps or rate_of(found[0])
        self._episodes = [
            episode
            for one in found
            for episode in episodes_of(one, self._fps, options.task, per_task=options.per_task)
        ]
        colour = found[0].topics.colour
        self._key = layout.IMAGES + (options.camera or colour.strip('/').split('/')[0])
        self._tasks = list(dict.fromkeys(task for one in self._episodes for task in one.tasks))
        self._rows: list[dict[str, Any]] = []
        self._stats: list[dict[str, statistics.Stats]] = []
        self._done, self._size, self._codec = 0, (0, 0), ''

    def run(self, progress: Callable[[float], object]) -> ExportReport:
        total = sum(len(episode) for episode in self._episodes)
        columns = self._columns()
        with FrameWriter(self._folder, columns) as frames:
            for index, episode in enumerate(self._episodes):
                made = film(episode, self._video_path(index), self._fps, self._size or None)
                self._size, self._codec = made.size, made.codec
                self._add(index, episode, made, frames)
                progress(self._done / total)
        write_tasks(self._folder, self._tasks)
        write_episodes(self._folder, self._rows)
        self._write_json(layout.INFO, self._info(columns, total))
        joined = {
            name: _plain(statistics.joined([one[name] for one in self._stats]))
            for name in self._stats[0]
        }
        self._write_json(layout.STATS, joined)
        notes = self._notes()
        self._write_json(ABOUT, self._about(notes))
        return ExportReport(len(self._episodes), total, self._fps, tuple(self._tasks), notes)

    def _video_path(self, index: int) -> Path:
        place = layout.numbered(index)
        return self._folder / layout.VIDEO.format(video_key=self._key, **place)

    def _columns(self) -> dict[str, Any]:
        episode = self._episodes[0]
        names = episode.survey.names
        sources = {one.survey.command_topic or 'the next state' for one in self._episodes}
        return {
            layout.STATE: layout.vector(names),
            layout.ACTION: layout.vector(names, source=', '.join(sorted(sources))),
            layout.IMAGE_STAMP: layout.scalar('float64'),
            layout.STATE_GAP: layout.scalar('float32'),
            **{name: layout.scalar(kind) for name, kind in layout.COUNTED.items()},
        }

    def _add(self, index: int, episode: Episode, made: Film, frames: FrameWriter) -> None:
        count, first = len(episode), self._done
        known = {task: at for at, task in enumerate(self._tasks)}
        values: dict[str, Any] = {
            layout.STATE: episode.states.astype(np.float32),
            layout.ACTION: episode.actions.astype(np.float32),
            layout.IMAGE_STAMP: episode.stamps,
            layout.STATE_GAP: episode.gaps.astype(np.float32),
            'timestamp': (np.arange(count) / self._fps).astype(np.float32),
            'frame_index': np.arange(count),
            'episode_index': np.full(count, index),
            'index': first + np.arange(count),
            'task_index': np.array([known[task] for task in episode.tasks]),
        }
        place = frames.write(values)
        stats = {name: statistics.of_rows(rows) for name, rows in values.items()}
        stats[self._key] = made.stats
        self._stats.append(stats)
        self._done += count
        self._rows.append({
            'episode_index': index,
            'tasks': list(dict.fromkeys(episode.tasks)),
            'length': count,
            **{f'data/{name}': value for name, value in place.items()},
            'dataset_from_index': first,
            'dataset_to_index': self._done,
            **{
                f'videos/{self._key}/{name}': value
                for name, value in layout.numbered(index).items()
            },
            f'videos/{self._key}/from_timestamp': 0.0,
            f'videos/{self._key}/to_timestamp': count / self._fps,
            **{
                f'stats/{name}/{kind}': value
                for name, one in stats.items()
                for kind, value in _plain(one).items()
            },
        })  # fmt: skip

    def _info(self, columns: dict[str, Any], total: int) -> dict[str, Any]:
        camera = layout.video(*self._size, self._fps, self._codec)
        return {
            'codebase_version': layout.VERSION,
            'robot_type': self._options.robot,
            'total_episodes': len(self._episodes),
            'total_frames': total,
            'total_tasks': len(self._tasks),
            'chunks_size': layout.CHUNK,
            'data_files_size_in_mb': layout.DATA_SIZE,
            'video_files_size_in_mb': layout.VIDEO_SIZE,
            'fps': self._fps,
            'splits': {'train': f'0:{len(self._episodes)}'},
            'data_path': layout.DATA,
            'video_path': layout.VIDEO,
            'features': {self._key: camera, **columns},
        }

    def _notes(self) -> tuple[str, ...]:
        notes = []
        for index, episode in enumerate(self._episodes):
            source = episode.survey.command_topic
            said = f'the commands of {source}' if source else 'the state of the next frame'
            notes.append(f'episode {index}: the action is {said}')
            if episode.repeated:
                notes.append(f'episode {index}: {episode.repeated} frames show an image again')
        for one in dict.fromkeys(episode.survey for episode in self._episodes):
            notes += [f'{one.bag.path.name}: {note}' for note in one.notes]
        return tuple(notes)

    def _about(self, notes: tuple[str, ...]) -> dict[str, Any]:
        sources = [
            {'recording': one.survey.bag.path.name, 'first_stamp': float(one.stamps[0]),
             'last_stamp': float(one.stamps[-1]), 'colour': one.survey.topics.colour,
             'joint_states': one.survey.topics.joint_states, 'commands': one.survey.command_topic}
            for one in self._episodes
        ]  # fmt: skip
        return {'written_by': f'qwen_embodied {__version__}', 'episodes': sources, 'notes': notes}

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=4, ensure_ascii=False) + '\n', 'utf-8')


def _plain(stats: statistics.Stats) -> dict[str, Any]:
    return {name: value.tolist() for name, value in stats.items()}
