"""What this machine has and lacks for the package; every fault comes with its remedy."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qwen_embodied.system_libraries import INSTALL as INSTALL_SYSTEM

OPENCV = (
    'opencv-python', 'opencv-contrib-python', 'opencv-python-headless',
    'opencv-contrib-python-headless',
)  # fmt: skip
CORE = (
    'numpy', 'scipy', 'pydantic', 'pin', 'ompl', 'toppra', 'ruckig', 'typer', 'rich', 'rosbags',
    'PyYAML', 'transformers',
)  # fmt: skip
INSTALL_ROS = "pip install --prefer-binary 'qwen_embodied[ros]', or source an installed ROS 2"
INSTALL_SIM = "pip install 'qwen_embodied[sim]'"
# Each loads its library in a process of its own: a broken one may end the process.
ROS_PROBE = (
    'import rclpy; rclpy.init(); node = rclpy.create_node("qwen_embodied_doctor");'
    'print(rclpy.get_rmw_implementation_identifier()); node.destroy_node(); rclpy.try_shutdown()'
)
NATIVE_PROBE = 'import coal, cv2, ompl.base, pinocchio, toppra; print("all load")'
EGL_PROBE = (
    'import mujoco; context = mujoco.GLContext(64, 64); context.make_current();'
    'print("MuJoCo", mujoco.__version__, "renders through EGL"); context.free()'
)
SHARED_MEMORY, DISK = 256, 1024  # MiB: the segments of seven processes; pictures of some runs


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: Of the thing.
        ok: False when the package cannot do its work with it.
        detail: What was found.
        remedy: What makes it right; empty when it is.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ''

    @property
    def text(self) -> str:
        """One line for a person, and one more with the remedy of what is wrong."""
        if self.ok:
            return f'ok      {self.name}: {self.detail}'
        return f'MISSING {self.name}: {self.detail}\n        -> {self.remedy}'


def examine() -> Iterator[Finding]:
    """Look at everything, quickest first."""
    yield _python()
    yield _libraries()
    yield _opencv()
    yield _one_ros()
    yield _transport()
    yield _room('disk', Path.cwd(), DISK, 'free some space, or run elsewhere')
    yield _room('shared memory', Path('/dev', 'shm'), SHARED_MEMORY, 'docker run --shm-size=512m')
    yield _probe('rclpy', ROS_PROBE, INSTALL_ROS)
    yield _probe('system libraries', NATIVE_PROBE, INSTALL_SYSTEM)
    yield _camera()
    yield _local_model()


def _python() -> Finding:
    version = '.'.join(str(part) for part in sys.version_info[:3])
    return Finding('Python', sys.version_info >= (3, 11), version, 'use Python 3.11 or newer')


def _libraries() -> Finding:
    found = {name: _version(name) for name in CORE}
    missing = [name for name, version in found.items() if version is None]
    detail = ', '.join(f'{name} {version}' for name, version in found.items() if version)
    if missing:
        return Finding('libraries', False, f'missing: {", ".join(missing)}', 'pip install .')
    return Finding('libraries', True, detail)


def _opencv() -> Finding:
    """Two builds of OpenCV overwrite each other's files; 5.0 dropped a call that we need."""
    found = {name: version for name in OPENCV if (version := _version(name))}
    detail = ', '.join(f'{name} {version}' for name, version in found.items()) or 'none'
    fits = len(found) == 1 and all(int(v.split('.')[0]) < 5 for v in found.values())
    remedy = f"pip uninstall -y {' '.join(OPENCV)} && pip install 'opencv-python<5'"
    return Finding('OpenCV', fits, detail, remedy)


def _one_ros() -> Finding:
    """The wheels and an installed ROS 2 bring two different rclpy."""
    wheels = _version('ros-rclpy')
    paths = [*sys.path, *os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)]
    installed = sorted({'/'.join(path.split('/')[:4]) for path in paths if '/opt/ros/' in path})
    sources = [f'wheels (ros-rclpy {wheels})'] if wheels else []
    sources += installed
    remedy = INSTALL_ROS if not sources else 'open a terminal in which no ROS 2 is sourced'
    return Finding('one ROS 2', len(sources) == 1, ' and '.join(sources) or 'none', remedy)


def _transport() -> Finding:
    profiles = os.environ.get('FASTDDS_DEFAULT_PROFILES_FILE')
    if profiles and not Path(profiles).is_file():
        remedy = 'unset FASTDDS_DEFAULT_PROFILES_FILE, or give it a file'
        return Finding('DDS transport', False, f'{profiles} is not there', remedy)
    chosen = profiles or os.environ.get('FASTDDS_BUILTIN_TRANSPORTS')
    return Finding('DDS transport', True, f'set by you: {chosen}' if chosen else 'set at start')


def _room(name: str, path: Path, wanted: int, remedy: str) -> Finding:
    """Compare the free space of a file system with what is wanted, in MiB."""
    if not path.exists():
        return Finding(name, True, f'{path} is not there; not needed on this system')
    free = shutil.disk_usage(path).free // 2**20
    return Finding(name, free >= wanted, f'{free} MiB free in {path}, {wanted} wanted', remedy)


def _camera() -> Finding:
    if _version('mujoco') is None:
        return Finding('simulated camera', False, 'mujoco is not installed', INSTALL_SIM)
    return _probe('simulated camera', EGL_PROBE, INSTALL_SYSTEM)


def _local_model() -> Finding:
    torch = _version('torch')
    absent = "absent; only a local Qwen needs it: pip install 'qwen_embodied[vlm]'"
    return Finding('torch', True, torch or absent)


def _probe(name: str, code: str, remedy: str) -> Finding:
    """Run code in a process of its own; its last line is what was found."""
    environment = {'MUJOCO_GL': 'egl', **os.environ}
    try:
        result = subprocess.run(
            [sys.executable, '-c', code],
            capture_output=True, text=True, timeout=60, env=environment, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Finding(name, False, 'no answer within 60 s', remedy)
    lines = (result.stdout if result.returncode == 0 else result.stderr).strip().splitlines()
    detail = lines[-1] if lines else f'ended with {result.returncode}'
    return Finding(name, result.returncode == 0, detail, remedy)


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
