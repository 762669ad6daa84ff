"""The parquet files of a data set: frames, episodes and tasks."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qwen_embodied.export import layout

SCALARS = {'float32': pa.float32(), 'float64': pa.float64(), 'int64': pa.int64()}


def column_type(feature: Mapping[str, Any]) -> Any:
    """Give the type of a feature's column."""
    kind, (count, *_) = SCALARS[feature['dtype']], feature['shape']
    return kind if count == 1 else pa.list_(kind, count)


class FrameWriter:
    """Writes frames, one row group for each episode; a context manager."""

    def __init__(self, folder: Path, features: Mapping[str, Any]) -> None:
        """Write the features that are in no video."""
        told = {name: one for name, one in features.items() if one['dtype'] != 'video'}
        self._schema = pa.schema([(name, column_type(one)) for name, one in told.items()])
        self._folder, self._index, self._size = folder, 0, 0
        self._writer: Any = None

    def write(self, columns: Mapping[str, np.ndarray]) -> dict[str, int]:
        """Add an episode; give chunk and file that it is in."""
        arrays = [_array(columns[field.name], field.type) for field in self._schema]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        if self._writer is not None and self._size + table.nbytes > layout.DATA_SIZE * 1e6:
            self._writer.close()
            self._writer, self._size, self._index = None, 0, self._index + 1
        if self._writer is None:
            path = self._folder / layout.DATA.format(**layout.numbered(self._index))
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(path, self._schema, compression='snappy')
        self._writer.write_table(table)
        self._size += table.nbytes
        return layout.numbered(self._index)

    def __enter__(self) -> FrameWriter:
        """Give the writer."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()


def _array(values: np.ndarray, kind: Any) -> Any:
    if not pa.types.is_fixed_size_list(kind):
        return pa.array(values.reshape(-1), kind)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1), kind.value_type)
    return pa.FixedSizeListArray.from_arrays(flat, type=kind)


def write_episodes(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write what is known of each episode."""
    place = layout.numbered(0)
    placed = {f'meta/episodes/{name}': value for name, value in place.items()}
    table = pa.Table.from_pylist([{**row, **placed} for row in rows])
    path = folder / layout.EPISODES.format(**place)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression='snappy')


def write_tasks(folder: Path, tasks: list[str]) -> None:
    """Write the tasks, as a table that pandas reads with the text as its index."""
    columns = [
        {'name': 'task_index', 'field_name': 'task_index', 'pandas_type': 'int64',
         'numpy_type': 'int64', 'metadata': None},
        {'name': 'task', 'field_name': 'task', 'pandas_type': 'unicode', 'numpy_type': 'object',
         'metadata': None},
    ]  # fmt: skip
    about = {
        'index_columns': ['task'],
        'column_indexes': [],
        'columns': columns,
        'creator': {'library': 'pyarrow', 'version': pa.__version__},
        'pandas_version': '2.0.0',
    }
    table = pa.table({'task_index': pa.array(range(len(tasks)), pa.int64()), 'task': tasks})
    table = table.replace_schema_metadata({'pandas': json.dumps(about)})
    path = folder / layout.TASKS
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
