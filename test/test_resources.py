"""Files of config/ are found wherever the package is installed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.resources import shared_file

ROOT = Path(__file__).resolve().parents[1]
ROBOT = 'config/robots/panda.yaml'
PROBE = f'from qwen_embodied.resources import shared_file; print(shared_file({ROBOT!r}))'


def test_the_checkout_comes_first():
    assert shared_file(ROBOT) == ROOT / ROBOT


def test_what_is_nowhere_is_named():
    with pytest.raises(ConfigurationError, match=r'config/robots/moon\.yaml is not installed'):
        shared_file('config/robots/moon.yaml')


def test_a_share_folder_beside_the_installed_package_is_found(tmp_path):
    packages = tmp_path / 'lib' / 'python3' / 'site-packages'
    shutil.copytree(ROOT / 'qwen_embodied', packages / 'qwen_embodied')
    installed = tmp_path / 'share' / 'qwen_embodied' / ROBOT
    installed.parent.mkdir(parents=True)
    shutil.copy(ROOT / ROBOT, installed)
    result = subprocess.run(
        [sys.executable, '-c', PROBE], cwd=packages, capture_output=True, text=True, check=True
    )
    assert Path(result.stdout.strip()) == installed.resolve()
