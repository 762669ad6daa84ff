"""Which weights may be loaded: safetensors alone, of a pinned revision, without code."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import re
from pathlib import Path

from qwen_embodied.errors import ConfigurationError

UNSAFE = (
    '.bin',
    '.pt',
    '.pth',
    '.ckpt',
    '.pkl',
    '.pickle',
    '.py',
    '.pyc',
    '.so',
    '.h5',
    '.msgpack',
)
HUB_ID = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*')
REVISION = re.compile(r'[0-9a-f]{40}')
SUMS = 'SHA256SUMS'


def check_source(model: str, revision: str | None) -> Path | None:
    """Refuse weights that could run code, before anything of them is read.

    Args:
        model: A folder, or an id on the Hugging Face hub.
        revision: Of a hub id: the commit, 40 hexadecimal digits.

    Returns:
        The folder, or None for a hub id.

    Raises:
        ConfigurationError: Neither folder nor pinned hub id, or the folder holds what it must not.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        check_folder(folder)
        return folder
    if not HUB_ID.fullmatch(model):
        raise ConfigurationError(f'{model}: neither a folder nor an id such as Qwen/Qwen3.5-4B')
    if revision is None or not REVISION.fullmatch(revision):
        raise ConfigurationError(
            f'{model}: pin the revision to a commit of 40 hexadecimal digits, not {revision!r}; '
            f'git ls-remote https://huggingface.co/{model} HEAD prints the newest'
        )
    return None


def check_folder(folder: Path) -> None:
    """Refuse a folder with pickles or code, without safetensors, or with a wrong checksum."""
    names = sorted(path for path in folder.rglob('*') if not path.is_dir())
    unsafe = [path for path in names if path.suffix.lower() in UNSAFE]
    if unsafe:
        shown = ', '.join(str(path.relative_to(folder)) for path in unsafe[:5])
        raise ConfigurationError(
            f'{folder}: holds {shown}; only safetensors are loaded: remove it'
        )
    if not any(path.suffix == '.safetensors' for path in names):
        raise ConfigurationError(f'{folder}: holds no *.safetensors file')
    if (folder / SUMS).is_file():
        _check_sums(folder)


def weight_bytes(folder: Path) -> int:
    """Give the size of the weights of a folder."""
    return sum(path.stat().st_size for path in folder.glob('*.safetensors'))


def _check_sums(folder: Path) -> None:
    """Compare with the lines that `sha256sum * > SHA256SUMS` wrote; none of the weights lacks."""
    listed = set()
    for line in (folder / SUMS).read_text(encoding='utf-8').splitlines():
        wanted, _, name = line.partition(' ')
        path = folder / name.strip().lstrip('*')
        if path.name == SUMS or not line.strip():
            continue
        if not path.is_file() or path.resolve().parent != folder.resolve():
            raise ConfigurationError(
                f'{folder}: {SUMS} names {name.strip()!r}, which is not there'
            )
        listed.add(path.resolve())
        with path.open('rb') as stream:
            found = hashlib.file_digest(stream, 'sha256').hexdigest()
        if found != wanted.lower():
            raise ConfigurationError(f'{path}: is not the file that {SUMS} describes')
    unlisted = [path for path in folder.rglob('*.safetensors') if path.resolve() not in listed]
    if unlisted:
        raise ConfigurationError(f'{unlisted[0]}: {SUMS} does not name it; write it anew')
