"""Checks of what is installed: Python, libraries, and that nothing is there twice."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.doctor.facts import Facts
from qwen_embodied.doctor.finding import Check, Finding
from qwen_embodied.errors import extra
from qwen_embodied.system_libraries import INSTALL as INSTALL_SYSTEM

OLDEST, NEWEST = (3, 11), (3, 14)
OPENCV = (
    'opencv-python', 'opencv-contrib-python', 'opencv-python-headless',
    'opencv-contrib-python-headless',
)  # fmt: skip
# Oldest version of each that the package was made for.
CORE = {
    'numpy': '1.26', 'scipy': '1.11', 'pydantic': '2.7', 'pin': '4', 'ompl': '2', 'toppra': '0.6',
    'ruckig': '0.14', 'typer': '0.12', 'rich': '13', 'rosbags': '0.11', 'mcap': '1.2',
    'pyyaml': '6', 'transformers': '5',
}  # fmt: skip
ROS = 'ros-rclpy'
LOCAL_MODEL = ('torch', 'torchvision', 'llguidance')
INSTALL = 'run in the clone: pip install --prefer-binary .'
INSTALL_ROS = f'{extra("ros")}, or source an installed ROS 2'
GROUP = 'software'


def python(facts: Facts) -> Finding:
    """The interpreter is one that the libraries have wheels for."""
    check, version = Check(GROUP, 'Python'), facts.machine.python
    said = '.'.join(str(part) for part in version)
    if version[:2] < OLDEST:
        return check.bad(said, 'use Python 3.11 to 3.14')
    if version[:2] > NEWEST:
        return check.doubt(f'{said} was not tried', 'use Python 3.11 to 3.14')
    return check.good(said)


def libraries(facts: Facts) -> Finding:
    """Everything that the core needs is there."""
    check, found = Check(GROUP, 'libraries'), facts.machine.versions
    missing = [name for name in CORE if name not in found]
    if missing:
        return check.bad(f'missing: {", ".join(missing)}', INSTALL)
    return check.good(f'{len(CORE)} of {len(CORE)} are installed')


def versions(facts: Facts) -> Finding:
    """No library is older than what the package was made for."""
    check, found = Check(GROUP, 'versions'), facts.machine.versions
    old = [
        f'{name} {found[name]} is older than {least}'
        for name, least in CORE.items()
        if name in found and _numbers(found[name]) < _numbers(least)
    ]
    return check.judge(old, f'{INSTALL} --upgrade', 'none is too old')


def opencv_version(facts: Facts) -> Finding:
    """OpenCV 5 has no calibrateHandEye."""
    check = Check(GROUP, 'OpenCV version')
    found = [f'{name} {facts.machine.versions[name]}' for name in _opencvs(facts)]
    if not found:
        return check.bad('none is installed', "pip install 'opencv-python<5'")
    new = [item for item in found if _numbers(item.split()[1]) >= (5,)]
    said = [f'{item} lacks calls that calibration needs' for item in new]
    return check.judge(said, "pip install 'opencv-python<5'", ', '.join(found))


def one_opencv(facts: Facts) -> Finding:
    """Two builds of OpenCV overwrite each other's files."""
    check, found = Check(GROUP, 'one OpenCV'), _opencvs(facts)
    if len(found) > 1:
        fix = f"pip uninstall -y {' '.join(found)} && pip install 'opencv-python<5'"
        return check.bad(f'{" and ".join(found)} overwrite each other', fix)
    return check.good(found[0]) if found else check.idle('there is none')


def ros(facts: Facts) -> Finding:
    """ROS 2 comes from PyPI or from an installed one."""
    check, machine = Check(GROUP, 'ROS 2'), facts.machine
    sources = [*machine.ros_prefixes]
    if ROS in machine.versions:
        sources.append(f'wheels from PyPI, rclpy {machine.versions[ROS]}')
    if not sources and not machine.rclpy_places:
        return check.bad('there is none', INSTALL_ROS)
    return check.good(' and '.join(sources or machine.rclpy_places))


def one_rclpy(facts: Facts) -> Finding:
    """The wheels and an installed ROS 2 bring two different rclpy."""
    check, places = Check(GROUP, 'one rclpy'), facts.machine.rclpy_places
    mixed = bool(facts.machine.ros_prefixes) and ROS in facts.machine.versions
    if len(places) > 1 or mixed or len(facts.machine.ros_prefixes) > 1:
        said = ' and '.join(dict.fromkeys((*places, *facts.machine.ros_prefixes)))
        fix = 'use a terminal without a sourced ROS 2, or an environment without the ros-* wheels'
        return check.bad(f'several are on the path: {said}', fix)
    return check.good(places[0]) if places else check.idle('there is none')


def one_pinocchio(facts: Facts) -> Finding:
    """The wheel pin and a pinocchio of ROS or apt load each other's libraries."""
    check, places = Check(GROUP, 'one pinocchio'), facts.machine.pinocchio_places
    if len(places) > 1:
        fix = 'keep the wheel pin, and use a terminal without the other one on its path'
        return check.bad(f'several are on the path: {" and ".join(places)}', fix)
    if places and any(
        place.startswith(('/opt/ros', '/usr', '/opt/openrobots')) for place in places
    ):
        return check.doubt(f'{places[0]} was not tried', f'{INSTALL} in a virtual environment')
    return check.good(places[0]) if places else check.bad('there is none', INSTALL)


def rclpy(facts: Facts) -> Finding:
    """A node can be made."""
    check = Check(GROUP, 'rclpy')
    if not facts.ros.worked:
        return check.failed(facts.ros, INSTALL_ROS)
    return (
        check.good(f'joins the graph with {facts.ros.said}')
        if facts.graph
        else check.idle(facts.ros.said)
    )


def native(facts: Facts) -> Finding:
    """The native libraries find the system's."""
    check = Check(GROUP, 'native libraries')
    if not facts.native.worked:
        return check.failed(facts.native, INSTALL_SYSTEM)
    return check.good('OpenCV, Pinocchio, coal, OMPL, toppra and ruckig load')


def local_model(facts: Facts) -> Finding:
    """A Qwen in the planner's process has what it runs on."""
    check, found = Check(GROUP, 'local model'), facts.machine.versions
    missing = [name for name in LOCAL_MODEL if name not in found]
    if facts.wanted.planner != 'qwen':
        return check.idle(f'the planner is {facts.wanted.planner}')
    if missing:
        return check.bad(f'missing: {", ".join(missing)}', extra('vlm'))
    return check.good(f'torch {found["torch"]}')


def _opencvs(facts: Facts) -> list[str]:
    return [name for name in OPENCV if name in facts.machine.versions]


def _numbers(version: str) -> tuple[int, ...]:
    """Read the leading numbers of a version."""
    numbers = []
    for part in version.split('.'):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


CHECKS = (
    python, libraries, versions, opencv_version, one_opencv, ros, one_rclpy, one_pinocchio, rclpy,
    native, local_model,
)  # fmt: skip
