"""The doctor finds what is there, and every fault comes with a remedy."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from qwen_embodied.doctor import examine


@pytest.fixture(scope='module')
def findings():
    return {finding.name: finding for finding in examine()}


def test_this_machine_is_well_enough_for_the_tests(findings):
    needed = ('Python', 'libraries', 'OpenCV', 'rclpy', 'simulated camera')
    assert [findings[name] for name in needed if not findings[name].ok] == []


def test_faults_come_with_a_remedy(findings):
    assert [
        finding.name for finding in findings.values() if not (finding.ok or finding.remedy)
    ] == []


def test_versions_are_named(findings):
    assert 'numpy' in findings['libraries'].detail
    assert findings['OpenCV'].detail.startswith('opencv-python 4.')


def test_two_ros_are_noticed(monkeypatch):
    monkeypatch.setenv('AMENT_PREFIX_PATH', '/opt/ros/jazzy')
    finding = next(item for item in examine() if item.name == 'one ROS 2')
    assert finding.ok is ('wheels' not in finding.detail)
    assert '/opt/ros/jazzy' in finding.detail


def test_a_profiles_file_that_is_not_there_is_noticed(monkeypatch):
    monkeypatch.setenv('FASTDDS_DEFAULT_PROFILES_FILE', '/nowhere/profiles.xml')
    finding = next(item for item in examine() if item.name == 'DDS transport')
    assert not finding.ok
    assert '/nowhere/profiles.xml' in finding.detail


def test_a_broken_renderer_is_noticed(monkeypatch):
    monkeypatch.setenv('MUJOCO_GL', 'egl')
    monkeypatch.setenv('__EGL_VENDOR_LIBRARY_FILENAMES', '/nowhere.json')
    finding = next(item for item in examine() if item.name == 'simulated camera')
    assert not finding.ok
    assert 'sudo apt-get install libegl1' in finding.remedy
