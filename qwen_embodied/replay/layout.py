"""Which files a recording consists of, and what its metadata.yaml says of them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.bounds import LARGEST_METADATA, MOST_FILES

METADATA = 'metadata.yaml'
ROOT = 'rosbag2_bagfile_information'
ENDINGS = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')
PACKED = 'zstd'
MAGIC = {
    b'\x89MCAP0\r\n': 'mcap',
    b'SQLite format 3\x00'[:8]: 'sqlite3',
    b'#ROSBAG V'[:8]: 'ROS 1',
}
ZSTD = b'\x28\xb5\x2f\xfd'
NO_BAG = 'give the folder of a rosbag2 recording, or its .mcap or .db3 file'


@dataclass(frozen=True)
class Layout:
    """The files of a recording.

    Attributes:
        files: (path, 'mcap', 'sqlite3' or PACKED) in the order of recording.
        message_count: What metadata.yaml promises in all; None without it.
        compression: '', 'file', or 'message', where each message was compressed by itself.
        notes: What a reader must know.
        configuration: What the recorder wrote about the system.
    """

    files: tuple[tuple[Path, str], ...]
    message_count: int | None = None
    compression: str = ''
    notes: tuple[str, ...] = ()
    configuration: dict[str, str] = field(default_factory=dict)


def find_files(path: Path, *, recover: bool = False) -> Layout:
    """Find the files of a recording.

    Args:
        path: Folder with metadata.yaml, or one storage file.
        recover: Take a folder whose recorder did not end.

    Raises:
        ReplayError: It is no recording of ROS 2, or files of it are missing or links.
    """
    if not path.exists():
        raise ReplayError(f'{path} does not exist; {NO_BAG}')
    if not path.is_dir():
        return Layout(((path, kind_of(path)),))
    description = path / METADATA
    if description.is_symlink():
        raise ReplayError(f'{description} is a link; links are not followed')
    if description.exists():
        return _described(path, _load(description))
    return _undescribed(path, recover)


def kind_of(path: Path) -> str:
    """Give 'mcap', 'sqlite3' or PACKED by how a file begins; raises ReplayError."""
    try:
        with path.open('rb') as file:
            start = file.read(8)
    except OSError as error:
        raise ReplayError(f'{path} cannot be read: {error.strerror}') from error
    kind = PACKED if start.startswith(ZSTD) else MAGIC.get(start)
    if kind == 'ROS 1':
        raise ReplayError(f'{path.name} is a bag of ROS 1; convert it: rosbags-convert --src '
                          f'{path.name} --dst converted')  # fmt: skip
    if kind is None:
        begins = f'begins with {start.hex()}' if start else 'is empty'
        raise ReplayError(f'{path.name} is no recording: it {begins}; {NO_BAG}')
    return kind


def _undescribed(folder: Path, recover: bool) -> Layout:
    names = sorted(item for item in folder.iterdir() if item.name.endswith(ENDINGS))
    if not names:
        old = sorted(folder.glob('*.bag'))
        if old:
            kind_of(old[0])
        raise ReplayError(f'{folder} is no recording: it holds no {METADATA}; {NO_BAG}')
    if not recover:
        raise ReplayError(
            f'{folder} has no {METADATA}: it is still being written, or its recorder was killed; '
            'wait for the recorder to end, or recover what is whole with --recover'
        )
    note = f'{folder.name} has no {METADATA}: its recorder did not end'
    return Layout(tuple(_checked(folder, item.name) for item in names), notes=(note,))


def _load(path: Path) -> dict[str, Any]:
    if path.stat().st_size > LARGEST_METADATA:
        raise ReplayError(f'{path.name} has more than {LARGEST_METADATA} bytes')
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
        root = content[ROOT]
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise ReplayError(f'{path.name} is broken: {error}') from error
    except (KeyError, TypeError) as error:
        raise ReplayError(f'{path.name} has no {ROOT}; {NO_BAG}') from error
    if not isinstance(root, dict):
        raise ReplayError(f'{path.name}: {ROOT} is no mapping')
    return root


def _described(folder: Path, root: dict[str, Any]) -> Layout:
    names, count = root.get('relative_file_paths'), root.get('message_count')
    if not isinstance(names, list) or not 0 < len(names) <= MOST_FILES:
        raise ReplayError(f'{METADATA}: relative_file_paths names no files')
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ReplayError(f'{METADATA}: message_count = {count!r}; it must be a number')
    if len({str(name) for name in names}) != len(names):
        raise ReplayError(f'{METADATA}: relative_file_paths names a file twice')
    mode, form = str(root.get('compression_mode') or ''), str(root.get('compression_format') or '')
    mode = '' if mode.lower() == 'none' else mode.lower()
    if mode not in ('', 'message', 'file') or (mode and form != 'zstd'):
        raise ReplayError(
            f'{METADATA}: compression_mode = {mode!r} with {form!r}; only zstd is read: '
            'convert it with ros2 bag convert'
        )
    files = tuple(_checked(folder, str(name)) for name in names)
    custom = root.get('custom_data')
    texts = {str(key): str(value) for key, value in custom.items()} if custom else {}
    return Layout(files, count, mode, _unlisted(folder, files), texts)


def _unlisted(folder: Path, files: tuple[tuple[Path, str], ...]) -> tuple[str, ...]:
    known = {path.name for path, _ in files}
    others = sorted(
        i.name for i in folder.iterdir() if i.name.endswith(ENDINGS) and i.name not in known
    )
    return (f'{METADATA} does not name {", ".join(others[:3])}; not read',) if others else ()


def _checked(folder: Path, name: str) -> tuple[Path, str]:
    """Take a file by its last name only, so that metadata cannot point elsewhere."""
    own = Path(name).name
    path = folder / own
    if not own or own in ('.', '..') or path.is_symlink():
        raise ReplayError(f'{METADATA}: {name!r} is no file of the recording')
    if not path.is_file():
        raise ReplayError(f'{own} is missing in {folder}; copy the whole folder of the recording')
    return path, kind_of(path)
