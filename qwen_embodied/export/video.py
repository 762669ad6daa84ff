"""One MP4 file of images at a fixed rate."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import DatasetError

CODECS = {'libx264': 'h264', 'libsvtav1': 'av1', 'mpeg4': 'mpeg4'}
QUALITY = {'libx264': {'crf': '18', 'preset': 'veryfast', 'bf': '0'}, 'libsvtav1': {'crf': '24'}}
KEY_EVERY = 2  # frames, so that any frame is found quickly in training


class VideoWriter:
    """Writes images to a file; a context manager.

    Attributes:
        codec: As the format calls it.
        frames: Written so far.
    """

    def __init__(self, path: Path, fps: int, size: tuple[int, int]) -> None:
        """Open a file that must not be there.

        Args:
            path: Of the file.
            fps: Frames in a second.
            size: Width and height; both even.

        Raises:
            OSError: The file cannot be written.
            DatasetError: The av library lacks every known encoder.
        """
        name = next((name for name in CODECS if name in av.codecs_available), '')
        if not name:
            raise DatasetError(f'av has none of the encoders {", ".join(CODECS)}; install av>=12')
        self.codec, self.frames, self._size = CODECS[name], 0, size
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open('xb')
        self._container = av.open(self._file, 'w', format='mp4')
        stream: Any = self._container.add_stream(name, rate=fps, options=QUALITY.get(name, {}))
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size = 'yuv420p', KEY_EVERY
        stream.codec_context.thread_count = 1  # the same images give the same bytes
        self._stream, self._step = stream, Fraction(1, fps)

    def write(self, rgb: NDArray[np.uint8]) -> None:
        """Add an image (H, W, 3); an odd last row or column is cut off."""
        width, height = self._size
        image = np.ascontiguousarray(rgb[:height, :width])
        if image.shape[:2] != (height, width):
            raise DatasetError(
                f'an image has {rgb.shape[1]}x{rgb.shape[0]} px, those before {width}x{height}; '
                'images of one camera must keep their size'
            )
        frame = av.VideoFrame.from_ndarray(image, format='rgb24')
        frame.pts, frame.time_base = self.frames, self._step
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def __enter__(self) -> VideoWriter:
        """Give the writer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Finish the file; after an error it stays unfinished."""
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
                self._container.close()
        finally:
            self._file.close()
