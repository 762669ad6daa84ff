"""Files that rosbag2 compressed as a whole (zstd), unpacked into a temporary folder."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import zstandard

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.bounds import LARGEST_RATIO, LARGEST_RECORD, LARGEST_TOTAL
from qwen_embodied.replay.layout import PACKED, Layout, kind_of

ENDING = '.zstd'
BLOCK = 2**20  # bytes that are unpacked at once
ANY = 2**30  # bytes that a file may become, however small it is
LEFT = 2**30  # bytes of the disk that are not filled


def unpacked(layout: Layout) -> tuple[Layout, Path | None]:
    """Unpack the compressed files of a recording.

    Args:
        layout: From `find_files`.

    Returns:
        The same with plain files, and the folder to remove when nobody reads them any more;
        None where nothing was compressed.

    Raises:
        ReplayError: A file is broken, becomes too large, or there is no room for it.
    """
    if all(kind != PACKED for _, kind in layout.files):
        return layout, None
    folder = Path(tempfile.mkdtemp(prefix='qwen_embodied-'))
    with ExitStack() as on_error:
        on_error.callback(shutil.rmtree, folder, ignore_errors=True)
        files = tuple(
            (path, kind) if kind != PACKED else _unpacked(path, folder)
            for path, kind in layout.files
        )
        on_error.pop_all()
    return replace(layout, files=files), folder


def _unpacked(path: Path, folder: Path) -> tuple[Path, str]:
    plain = folder / path.name.removesuffix(ENDING)
    try:
        _copy(path, plain)
    except zstandard.ZstdError as error:
        raise ReplayError(f'{path.name} cannot be decompressed: {error}') from error
    except OSError as error:
        raise ReplayError(
            f'{path.name} cannot be unpacked into {folder}: {error.strerror}; set TMPDIR to '
            'where there is room'
        ) from error
    kind = kind_of(plain)
    if kind == PACKED:
        raise ReplayError(f'{path.name} is compressed twice; decompress it first')
    return plain, kind


def _copy(path: Path, plain: Path) -> None:
    """Unpack a file, whatever it says of its own size."""
    most = min(LARGEST_TOTAL, max(ANY, LARGEST_RATIO * path.stat().st_size))
    room = shutil.disk_usage(plain.parent).free - LEFT
    made = 0
    limit = zstandard.ZstdDecompressor(max_window_size=LARGEST_RECORD)
    with path.open('rb') as file, plain.open('xb') as output:
        reader = limit.stream_reader(file, read_across_frames=True)
        while block := reader.read(BLOCK):
            made += len(block)
            if made > most:
                raise ReplayError(f'{path.name} becomes more than {most} bytes')
            if made > room:
                raise ReplayError(
                    f'{path.name} becomes more than the {max(room, 0)} bytes that are free in '
                    f'{plain.parent.parent}; set TMPDIR to where there is room'
                )
            output.write(block)
