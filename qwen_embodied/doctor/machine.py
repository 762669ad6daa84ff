"""Gathers what is known of this machine without starting anything."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
import importlib.metadata
import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from qwen_embodied.doctor.facts import Machine
from qwen_embodied.doctor.software import CORE, LOCAL_MODEL, OPENCV, ROS

MIB = 2**20
LONGEST = 3.0
VARIABLES = (
    'ROS_DOMAIN_ID', 'ROS_DISTRO', 'RMW_IMPLEMENTATION', 'ROS_AUTOMATIC_DISCOVERY_RANGE',
    'ROS_LOCALHOST_ONLY', 'ROS_STATIC_PEERS', 'FASTDDS_DEFAULT_PROFILES_FILE',
    'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_BUILTIN_TRANSPORTS', 'CYCLONEDDS_URI', 'MUJOCO_GL',
)  # fmt: skip
PROFILES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
UNSYNCHRONISED, TIME_ERROR = 0x40, 5  # of <sys/timex.h>


def gather(environment: Mapping[str, str] | None = None, written: Sequence[str] = ()) -> Machine:
    """Look at this machine.

    Args:
        environment: In place of this process's.
        written: Files that nodes write, beside logs and runs; an empty one is none.
    """
    known = os.environ if environment is None else environment
    prefixes = tuple(_ros_prefixes(known))
    path = [*sys.path, *(str(place) for prefix in prefixes for place in _packages(prefix))]
    return Machine(
        python=sys.version_info[:3],
        versions=_versions(),
        ros_prefixes=prefixes,
        rclpy_places=holders(path, 'rclpy'),
        pinocchio_places=holders(path, 'pinocchio'),
        environment={name: known[name] for name in VARIABLES if known.get(name)},
        profile=_profile(known),
        shared_memory=_free(Path('/dev', 'shm')),
        disk=_free(Path.cwd()) or 0,
        memory=_memory(),
        cores=len(os.sched_getaffinity(0)),
        load=os.getloadavg()[0],
        unwritable=tuple(_unwritable([*_written(known), *map(_folder, filter(None, written))])),
        clock_error=_clock_error(),
        now=time.time(),
    )


def holders(path: Sequence[str], package: str) -> tuple[str, ...]:
    """List the folders of a path that hold a package, each once."""
    found = [Path(folder) / package for folder in path if folder]
    real = [str(place.resolve().parent) for place in found if (place / '__init__.py').is_file()]
    return tuple(dict.fromkeys(real))


def _ros_prefixes(known: Mapping[str, str]) -> list[str]:
    """List the installed ROS 2 of this terminal; a workspace of one's own has no rclpy."""
    paths = [*known.get('AMENT_PREFIX_PATH', '').split(os.pathsep), *sys.path]
    return sorted(
        {'/'.join(path.split('/')[:4]) for path in paths if path.startswith('/opt/ros/')}
    )


def _packages(prefix: str) -> Iterable[Path]:
    return [*Path(prefix).glob('lib/python3*/site-packages'), Path(prefix, 'local', 'lib')]


def _versions() -> dict[str, str]:
    return {name: said for name in (*CORE, *OPENCV, *LOCAL_MODEL, ROS) if (said := _version(name))}


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ''


def _profile(known: Mapping[str, str]) -> str | None:
    chosen = next((known[name] for name in PROFILES if known.get(name)), None)
    try:
        return Path(chosen).read_text(encoding='utf-8') if chosen else ''
    except (OSError, UnicodeError):
        return None


def _free(path: Path) -> int | None:
    return shutil.disk_usage(path).free // MIB if path.exists() else None


def _memory() -> int:
    """Read what Linux would give a new program, MiB; all of it elsewhere."""
    file = Path('/proc/meminfo')
    lines = file.read_text(encoding='utf-8').splitlines() if file.exists() else []
    rows = dict(line.split(':', 1) for line in lines if ':' in line)
    words = rows.get('MemAvailable', '').split()
    if words:
        return int(words[0]) // 1024
    return os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // MIB


def _written(known: Mapping[str, str]) -> list[Path]:
    """List the folders that logs of ROS and the runs of this package go to."""
    home = Path(known.get('ROS_HOME') or Path('~').expanduser() / '.ros')
    return [Path(known.get('ROS_LOG_DIR') or home / 'log'), Path.cwd() / 'runs']


def _folder(file: str) -> Path:
    return Path(file).expanduser().absolute().parent


def _unwritable(folders: list[Path]) -> list[str]:
    """Give those that cannot be written, or made where they are not there yet."""
    found = []
    for folder in dict.fromkeys(folders):
        place = next(one for one in (folder, *folder.parents) if one.exists())
        if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
            found.append(str(folder))
    return found


def _clock_error() -> float | None:
    """Ask Linux how wrong its clock may be; it changes nothing."""
    library = ctypes.CDLL(None)
    if not hasattr(library, 'adjtimex'):
        return -1.0
    # struct timex: modes, offset, freq, maxerror, esterror, status and what does not matter here.
    words = (ctypes.c_long * 32)()
    state = library.adjtimex(ctypes.byref(words))
    if state < 0:
        return -1.0
    status = ctypes.c_int.from_buffer(words, 5 * ctypes.sizeof(ctypes.c_long)).value
    if status & UNSYNCHRONISED or state == TIME_ERROR:
        return None
    return float(words[3]) * 1e-6


def slowdown() -> float:
    """Say how much longer than on a quiet machine an answer may take, from 1 to 3."""
    return min(max(os.getloadavg()[0] / len(os.sched_getaffinity(0)), 1.0), LONGEST)


def installed(distribution: str) -> bool:
    """True when a distribution is there."""
    return bool(_version(distribution))
