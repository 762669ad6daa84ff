"""Names of the LeRobot format v3.0: files, columns, features and statistics."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

VERSION = 'v3.0'
INFO, STATS, TASKS = 'meta/info.json', 'meta/stats.json', 'meta/tasks.parquet'
NUMBERED = 'chunk-{chunk_index:03d}/file-{file_index:03d}'
EPISODES = f'meta/episodes/{NUMBERED}.parquet'
DATA = f'data/{NUMBERED}.parquet'
VIDEO = f'videos/{{video_key}}/{NUMBERED}.mp4'
CHUNK = 1000  # files in a folder
DATA_SIZE, VIDEO_SIZE = 100, 200  # MB of a file, above which the next one begins

STATE, ACTION, IMAGES = 'observation.state', 'action', 'observation.images.'
IMAGE_STAMP, STATE_GAP = 'source.image_stamp', 'source.state_gap'
COUNTED: dict[str, str] = {
    'timestamp': 'float32', 'frame_index': 'int64', 'episode_index': 'int64', 'index': 'int64',
    'task_index': 'int64',
}  # fmt: skip
QUANTILES = {'q01': 0.01, 'q10': 0.1, 'q50': 0.5, 'q90': 0.9, 'q99': 0.99}
STATISTICS = ('min', 'max', 'mean', 'std', 'count', *QUANTILES)


def scalar(dtype: str) -> dict[str, Any]:
    """Describe a feature that is one number a frame."""
    return {'dtype': dtype, 'shape': [1], 'names': None}


def vector(names: tuple[str, ...], **about: str) -> dict[str, Any]:
    """Describe a feature of one number for each joint."""
    described = {'dtype': 'float32', 'shape': [len(names)], 'names': list(names)}
    return {**described, 'info': about} if about else described


def video(width: int, height: int, fps: int, codec: str) -> dict[str, Any]:
    """Describe a camera whose images are in videos."""
    info = {
        'video.height': height, 'video.width': width, 'video.codec': codec,
        'video.pix_fmt': 'yuv420p', 'video.fps': fps, 'video.channels': 3, 'has_audio': False,
        'is_depth_map': False,
    }  # fmt: skip
    names = ['height', 'width', 'channels']
    return {'dtype': 'video', 'shape': [height, width, 3], 'names': names, 'info': info}


def numbered(index: int) -> dict[str, int]:
    """Give chunk and file of the n-th file of a kind."""
    return {'chunk_index': index // CHUNK, 'file_index': index % CHUNK}
