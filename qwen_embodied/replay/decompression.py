"""Decompression that never makes more than was announced, nor more than is allowed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from io import BytesIO

import lz4.frame
import zstandard

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.bounds import FREE, LARGEST_RATIO, LARGEST_RECORD


def check_sizes(what: str, compressed: int, size: int) -> None:
    """Refuse a block that says it becomes too large, or much larger than it is."""
    if size > LARGEST_RECORD or compressed > LARGEST_RECORD:
        raise ReplayError(
            f'{what} says it holds {max(size, compressed)} bytes; at most {LARGEST_RECORD} are '
            'read at once'
        )
    if size > max(FREE, LARGEST_RATIO * compressed):
        raise ReplayError(
            f'{what} says that {compressed} bytes become {size}; at most {LARGEST_RATIO} times '
            'as many are made'
        )


def decompress(what: str, data: bytes, form: str, size: int) -> bytes:
    """Decompress a block of a chunk.

    Args:
        what: Names the block in errors.
        data: As stored.
        form: '', 'zstd' or 'lz4'.
        size: Bytes that the block says it becomes.

    Raises:
        ReplayError: It is too large, is broken or becomes another number of bytes.
    """
    check_sizes(what, len(data), size)
    if form not in ('', 'zstd', 'lz4'):
        raise ReplayError(f'{what} is compressed as {form!r}; known are zstd and lz4')
    try:
        made = data if not form else _zstd(data, size) if form == 'zstd' else _lz4(data, size)
    except (zstandard.ZstdError, RuntimeError, ValueError, EOFError) as error:
        raise ReplayError(f'{what} cannot be decompressed: {error}') from error
    if len(made) != size:
        more = 'more than ' if len(made) > size else ''
        raise ReplayError(f'{what} says it becomes {size} bytes and becomes {more}{len(made)}')
    return made


def decompress_message(what: str, data: bytes | memoryview) -> bytes:
    """Decompress a message that rosbag2 compressed by itself (zstd)."""
    data = bytes(data)
    size = _content_size(data)
    bound = min(LARGEST_RECORD, max(FREE, LARGEST_RATIO * len(data)))
    if size is not None:
        return decompress(what, data, 'zstd', size)
    try:
        made = _zstd(data, bound)
    except zstandard.ZstdError as error:
        raise ReplayError(f'{what} cannot be decompressed: {error}') from error
    if len(made) > bound:
        raise ReplayError(f'{what}: {len(data)} bytes become more than {bound}')
    return made


def _content_size(data: bytes) -> int | None:
    try:
        size = zstandard.frame_content_size(data)
    except zstandard.ZstdError:
        return None
    return None if size < 0 else size


def _zstd(data: bytes, size: int) -> bytes:
    """Give at most size + 1 bytes; what the frame says of its own size is not believed."""
    limit = zstandard.ZstdDecompressor(max_window_size=LARGEST_RECORD)
    with limit.stream_reader(BytesIO(data), read_across_frames=True) as reader:
        return reader.read(size + 1)


def _lz4(data: bytes, size: int) -> bytes:
    return bytes(lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=size + 1))
