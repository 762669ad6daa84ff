"""The video of an episode, and the statistics of its images."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.camera.images import read_image
from qwen_embodied.camera.images_compressed import read_compressed
from qwen_embodied.errors import CameraError, DatasetError
from qwen_embodied.export import statistics
from qwen_embodied.export.episodes import Episode
from qwen_embodied.export.video import VideoWriter
from qwen_embodied.replay.inputs import RawImages

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Film:
    """A video that was written: width and height, codec, statistics of sampled images."""

    size: tuple[int, int]
    codec: str
    stats: statistics.Stats


def film(episode: Episode, path: Path, fps: int, size: tuple[int, int] | None = None) -> Film:
    """Write the images of an episode.

    Args:
        episode: Resampled.
        path: Of the MP4 file; must not be there.
        fps: Frames in a second.
        size: Width and height that they must have; of the first image where None.

    Raises:
        DatasetError: An image cannot be read, or has another size.
        OSError: The file cannot be written.
    """
    images = pictures(episode)
    first = next(images)
    own = _even(first)
    if size is not None and any(size) and own != size:
        raise DatasetError(
            f'{episode.survey.bag.path.name}: images have {own[0]}x{own[1]} px, those of the '
            f'recordings before {size[0]}x{size[1]}; export them apart'
        )
    chosen = statistics.sampled(len(episode))
    kept = [statistics.thinned(first)]
    with VideoWriter(path, fps, own) as writer:
        writer.write(first)
        for number, rgb in enumerate(images, start=1):
            writer.write(rgb)
            if number in chosen:
                kept.append(statistics.thinned(rgb))
    return Film(own, writer.codec, statistics.of_images(kept))


def pictures(episode: Episode) -> Iterator[Pixels]:
    """Give the image of each frame, (H, W, 3); one after the other, none is kept."""
    wanted = iter(episode.images.tolist())
    at = next(wanted, None)
    for number, images in enumerate(episode.survey.images()):
        if at is None:
            return
        if number < at:
            continue
        rgb = _read(images, episode)
        while at == number:
            yield rgb
            at = next(wanted, None)


def _read(images: RawImages, episode: Episode) -> Pixels:
    message = images.colour
    try:
        return read_compressed(message) if hasattr(message, 'format') else read_image(message)
    except CameraError as error:
        raise DatasetError(
            f'{episode.survey.bag.path.name}: the image at {images.stamp:.3f} s cannot be read: '
            f'{error}'
        ) from error


def _even(rgb: Pixels) -> tuple[int, int]:
    """Give width and height without an odd last column or row."""
    return rgb.shape[1] // 2 * 2, rgb.shape[0] // 2 * 2
