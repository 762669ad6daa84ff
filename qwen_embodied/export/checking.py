"""Checks a data set against the LeRobot format v3.0, file by file."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qwen_embodied.errors import DatasetError
from qwen_embodied.export import layout
from qwen_embodied.export.tables import SCALARS, column_type

FIELDS: dict[str, type | tuple[type, ...]] = {
    'codebase_version': str, 'fps': int, 'total_episodes': int, 'total_frames': int,
    'total_tasks': int, 'chunks_size': int, 'data_files_size_in_mb': int,
    'video_files_size_in_mb': int, 'data_path': str, 'video_path': (str, type(None)),
    'robot_type': (str, type(None)), 'splits': dict, 'features': dict,
}  # fmt: skip
TOLERANCE = 1e-4  # s between a timestamp and its place on the grid, as readers allow


@dataclass(frozen=True)
class Summary:
    """A data set that was found whole: episodes, frames, rate, tasks and features."""

    episodes: int
    frames: int
    fps: int
    tasks: tuple[str, ...]
    features: tuple[str, ...]


def check_dataset(folder: Path) -> Summary:
    """Check every file of a data set against what its info.json says.

    Raises:
        DatasetError: The first thing that is wrong, with its file and value.
    """
    try:
        return _Checker(folder).run()
    except (OSError, pa.ArrowException, av.FFmpegError) as error:
        raise DatasetError(f'{folder} cannot be read: {error}') from error


class _Checker:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._info = _json(folder / layout.INFO)
        for name, kind in FIELDS.items():
            value = self._info.get(name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise DatasetError(f'{layout.INFO}: {name} = {value!r}; it must be {kind}')
        version = self._info['codebase_version']
        if version != layout.VERSION:
            raise DatasetError(f'{layout.INFO}: codebase_version = {version!r}; v3.0 is read')
        for name in ('fps', 'total_episodes', 'total_frames', 'chunks_size'):
            if self._info[name] < 1:
                raise DatasetError(f'{layout.INFO}: {name} = {self._info[name]}; at least 1')
        self._fps = self._info['fps']
        self._features: dict[str, Any] = self._info['features']

    def run(self) -> Summary:
        videos, columns = self._check_features()
        tasks = self._tasks()
        episodes = self._episodes(set(tasks))
        self._check_frames(episodes, columns, len(tasks))
        for name, feature in videos.items():
            self._check_videos(name, feature, episodes)
        self._check_statistics(_json(self._folder / layout.STATS), layout.STATS)
        return Summary(
            len(episodes), self._info['total_frames'], self._fps, tuple(tasks),
            tuple(self._features),
        )  # fmt: skip

    def _check_features(self) -> tuple[dict[str, Any], dict[str, Any]]:
        for name, feature in self._features.items():
            shape = feature.get('shape')
            is_shape = isinstance(shape, list) and all(isinstance(n, int) and n > 0 for n in shape)
            if not is_shape or 'names' not in feature:
                raise DatasetError(f'{layout.INFO}: {name} lacks a shape or names: {feature}')
            names = feature['names']
            if feature.get('dtype') not in (*SCALARS, 'video'):
                raise DatasetError(f'{layout.INFO}: {name} has the type {feature.get("dtype")!r}')
            if feature['dtype'] != 'video' and names and len(names) != shape[0]:
                raise DatasetError(f'{layout.INFO}: {name} has {len(names)} names for {shape[0]}')
        for name, kind in layout.COUNTED.items():
            if self._features.get(name, {}).get('dtype') != kind:
                raise DatasetError(f'{layout.INFO}: the feature {name} of {kind} is missing')
        videos = {n: one for n, one in self._features.items() if one['dtype'] == 'video'}
        return videos, {n: one for n, one in self._features.items() if n not in videos}

    def _tasks(self) -> list[str]:
        table = _table(self._folder, layout.TASKS, ('task_index', 'task'))
        numbers, texts = (table.column(name).to_pylist() for name in ('task_index', 'task'))
        if numbers != list(range(self._info['total_tasks'])) or len(set(texts)) != len(texts):
            raise DatasetError(f'{layout.TASKS}: numbers {numbers} for {texts}')
        return [str(text) for text in texts]

    def _episodes(self, tasks: set[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for path in sorted((self._folder / 'meta' / 'episodes').glob('*/*.parquet')):
            rows += pq.read_table(path).to_pylist()
        if len(rows) != self._info['total_episodes']:
            raise DatasetError(f'meta/episodes has {len(rows)} rows, info.json says '
                               f'{self._info["total_episodes"]}')  # fmt: skip
        first = 0
        for index, row in enumerate(rows):
            last = first + int(row.get('length', 0))
            span = (row.get('dataset_from_index'), row.get('dataset_to_index'))
            if row.get('episode_index') != index or span != (first, last) or last == first:
                raise DatasetError(
                    f'meta/episodes: episode {row.get("episode_index")} at row {index} covers '
                    f'{span}; it must be {index} and cover {(first, last)}'
                )
            unknown = set(row.get('tasks') or ['']) - tasks
            if unknown:
                raise DatasetError(f'meta/episodes: episode {index} has the task {unknown}')
            self._check_statistics(_unflattened(row), f'meta/episodes, episode {index}')
            first = last
        if first != self._info['total_frames']:
            raise DatasetError(f'meta/episodes has {first} frames, info.json says '
                               f'{self._info["total_frames"]}')  # fmt: skip
        return rows

    def _check_frames(
        self, episodes: list[dict[str, Any]], columns: Mapping[str, Any], tasks: int
    ) -> None:
        places = dict.fromkeys(_place(row, 'data') for row in episodes)
        done = 0
        for chunk, file in places:
            name = self._info['data_path'].format(chunk_index=chunk, file_index=file)
            table = _table(self._folder, name, tuple(columns))
            for column, feature in columns.items():
                kind = table.schema.field(column).type
                if kind != column_type(feature) or table.column(column).null_count:
                    raise DatasetError(f'{name}: {column} is {kind} or has gaps')
            inside = [row for row in episodes if _place(row, 'data') == (chunk, file)]
            expected = self._expected(inside)
            for column, values in expected.items():
                self._compare(name, column, table.column(column).to_numpy(), values)
            if not 0 <= np.max(table.column('task_index').to_numpy()) < tasks:
                raise DatasetError(f'{name}: task_index is not below {tasks}')
            done += table.num_rows
        if done != self._info['total_frames']:
            raise DatasetError(f'data has {done} rows, not {self._info["total_frames"]}')

    def _expected(self, episodes: list[dict[str, Any]]) -> dict[str, np.ndarray]:
        lengths = [row['length'] for row in episodes]
        frames = np.concatenate([np.arange(length) for length in lengths])
        return {
            'index': episodes[0]['dataset_from_index'] + np.arange(sum(lengths)),
            'frame_index': frames,
            'episode_index': np.repeat([row['episode_index'] for row in episodes], lengths),
            'timestamp': frames / self._fps,
        }

    def _compare(self, name: str, column: str, found: np.ndarray, wanted: np.ndarray) -> None:
        if found.shape != wanted.shape:
            raise DatasetError(f'{name}: {len(found)} rows where episodes say {len(wanted)}')
        apart = np.abs(found - wanted)
        if not (apart <= TOLERANCE).all():
            row = int(np.argmax(~(apart <= TOLERANCE)))
            raise DatasetError(
                f'{name}: {column} is {found[row]} in row {row}; it must be {wanted[row]}'
            )

    def _check_videos(
        self, key: str, feature: dict[str, Any], episodes: list[dict[str, Any]]
    ) -> None:
        ends: dict[tuple[int, int], float] = {}
        for row in episodes:
            place = _place(row, f'videos/{key}')
            span = [row.get(f'videos/{key}/{end}_timestamp') for end in ('from', 'to')]
            begin = ends.get(place, 0.0)
            wanted = [begin, begin + row['length'] / self._fps]
            is_near = all(
                isinstance(one, float) and abs(one - other) <= TOLERANCE
                for one, other in zip(span, wanted, strict=True)
            )
            if not is_near:
                raise DatasetError(
                    f'meta/episodes: episode {row["episode_index"]} is at {span} s of its video '
                    f'of {key}; it must be at {wanted}'
                )
            ends[place] = wanted[1]
        for (chunk, file), end in ends.items():
            name = self._info['video_path'].format(
                video_key=key, chunk_index=chunk, file_index=file
            )
            self._check_video(name, feature, round(end * self._fps))

    def _check_video(self, name: str, feature: dict[str, Any], frames: int) -> None:
        with av.open(str(self._folder / name)) as container:
            if not container.streams.video:
                raise DatasetError(f'{name} holds no video')
            stream = container.streams.video[0]
            found = (stream.height, stream.width, 3)
            stamps = sorted(
                float(packet.pts * packet.time_base)
                for packet in container.demux(stream)
                if packet.pts is not None
            )
        if list(found) != feature['shape'] or len(stamps) != frames:
            raise DatasetError(
                f'{name} has {len(stamps)} frames of {found}; there must be {frames} of '
                f'{feature["shape"]}'
            )
        if not np.allclose(stamps, np.arange(frames) / self._fps, atol=TOLERANCE):
            raise DatasetError(f'{name}: frames are not {self._fps} a second')

    def _check_statistics(self, found: Mapping[str, Any], where: str) -> None:
        for name, feature in self._features.items():
            shape = (3, 1, 1) if feature['dtype'] == 'video' else tuple(feature['shape'])
            for kind in layout.STATISTICS:
                value = np.asarray(found.get(name, {}).get(kind, math.nan), np.float64)
                wanted = (1,) if kind == 'count' else shape
                if value.shape != wanted or not np.isfinite(value).all():
                    raise DatasetError(
                        f'{where}: {kind} of {name} is {value.tolist()}; its shape must be '
                        f'{wanted}, and its values finite'
                    )


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise DatasetError(f'{path} cannot be read: {error}') from error
    if not isinstance(content, dict):
        raise DatasetError(f'{path} holds no mapping')
    return content


def _table(folder: Path, name: str, columns: tuple[str, ...]) -> Any:
    if not (folder / name).is_file():
        raise DatasetError(f'{name} is missing in {folder}')
    table = pq.read_table(folder / name)
    if set(table.column_names) != set(columns):
        raise DatasetError(f'{name} has the columns {table.column_names}, not {list(columns)}')
    return table


def _place(row: Mapping[str, Any], what: str) -> tuple[int, int]:
    place = row.get(f'{what}/chunk_index'), row.get(f'{what}/file_index')
    if not isinstance(place[0], int) or not isinstance(place[1], int):
        raise DatasetError(f'meta/episodes: {what} has no chunk_index or file_index')
    return place[0], place[1]


def _unflattened(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, value in row.items():
        kind, _, rest = name.partition('/')
        feature, _, statistic = rest.rpartition('/')
        if kind == 'stats':
            found.setdefault(feature, {})[statistic] = value
    return found
