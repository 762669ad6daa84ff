# SPDX-License-Identifier: Apache-2.0
import importlib
import os
import subprocess
import sys

import pytest

from qwen_embodied.errors import MissingDependencyError
from qwen_embodied.simulation import engine

# Hides the OpenGL libraries from PyOpenGL as on a machine without them.
WITHOUT_EGL = """
import ctypes, ctypes.util
find = ctypes.util.find_library
hidden = ('EGL', 'GL', 'OpenGL', 'GLX', 'GLESv2')
ctypes.util.find_library = lambda name: None if name in hidden else find(name)
load = ctypes.CDLL.__init__
def refuse(self, name, *args, **kwargs):
    if name and any(f'lib{lib}.so' in str(name) for lib in hidden):
        raise OSError(f'{name}: cannot open shared object file')
    load(self, name, *args, **kwargs)
ctypes.CDLL.__init__ = refuse
from qwen_embodied.errors import MissingDependencyError
from qwen_embodied.simulation import MujocoWorld, generate_scene
try:
    world = MujocoWorld(generate_scene(0))
    world.step(0.1)
    world.frame()
except MissingDependencyError as error:
    print(error)
"""


@pytest.mark.parametrize('backend', ['', 'egl'])
def test_a_machine_without_egl_is_told_what_to_install(backend):
    environment = {k: v for k, v in os.environ.items() if k != 'MUJOCO_GL'}
    if backend:
        environment['MUJOCO_GL'] = backend
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_EGL],
        env={**environment, 'PYTHONPATH': os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert 'EGL' in done.stdout, done.stderr
    assert 'run: sudo apt-get install libegl1 libgl1 libgl1-mesa-dri' in done.stdout


def test_a_machine_without_mujoco_is_told_what_to_install(monkeypatch):
    def refuse(name):
        raise ModuleNotFoundError(f'No module named {name!r}', name=name)

    monkeypatch.setattr(importlib, 'import_module', refuse)
    with pytest.raises(MissingDependencyError, match=r"mujoco .* pip install '\.\[sim\]'"):
        engine.load_mujoco()


def test_a_driver_without_a_display_is_told_what_to_install(monkeypatch):
    def refuse(width, height):
        raise ImportError('Cannot initialize a EGL device display.')

    monkeypatch.setattr('mujoco.egl.GLContext', refuse)
    with pytest.raises(MissingDependencyError, match='apt-get install libegl1'):
        engine.graphics_context(64, 64)
