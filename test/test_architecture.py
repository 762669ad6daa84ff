"""The rules that keep the folders apart, read from the source itself."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / 'qwen_embodied'
MODULES = sorted(PACKAGE.rglob('*.py'))
NAMES = [str(path.relative_to(PACKAGE)) for path in MODULES]

BASE = {
    'errors', 'distortion', 'geometry', 'interpolation', 'light_report', 'limits', 'messages',
    'parameters', 'parameter_files', 'parameter_table', 'relations', 'resources', 'robot_names',
    'serialization', 'system_libraries', '__version__',
}  # fmt: skip
STAGES = {
    'camera',
    'perception',
    'planning',
    'motion',
    'safety',
    'control',
    'simulation',
}
# What reads and writes recordings; the rest of replay stands on the stages, as the pipeline does.
RECORDINGS = {
    f'replay/{name}.py'
    for name in (
        'bag', 'bounds', 'decoding', 'decompression', 'definitions', 'encoding', 'inputs',
        'layout', 'mcap_file', 'recorder', 'recording', 'records', 'sqlite_file', 'system',
        'topics', 'writer',
    )
}  # fmt: skip
# camera is where frames come from: its types are shared by the stages that see.
SHARED_STAGE = 'camera'
ROS = {
    'rclpy', 'rcl_interfaces', 'builtin_interfaces', 'sensor_msgs', 'std_msgs', 'std_srvs',
    'geometry_msgs', 'trajectory_msgs', 'visualization_msgs', 'diagnostic_msgs', 'rosgraph_msgs',
    'control_msgs', 'action_msgs', 'tf2_ros', 'tf2_msgs', 'vision_msgs', 'ament_index_python',
    'launch', 'launch_ros',
}  # fmt: skip
COMMAND_LINE = {path.name for path in PACKAGE.glob('cli*.py')}
# Where each heavy library may be imported: a folder or a module of the package.
HOMES = {
    'mujoco': {'simulation'},
    'torch': {'planning/qwen.py'},
    'transformers': {'planning/qwen.py'},
    'llguidance': {'planning/qwen.py'},
    'openai': {'planning/server.py'},
    'rosbags': {'replay'},
    'mcap': {'replay'},
    'pinocchio': {'motion'},
    'coal': {'motion'},
    'ompl': {'motion'},
    'toppra': {'motion'},
    'ruckig': {'motion', 'control', 'safety'},
    'rich': {'account.py', *COMMAND_LINE},
    'typer': COMMAND_LINE,
    **{name: {'nodes'} for name in ROS},
}
# What stands on the stages and the executive, and may start nodes.
TOP = {
    'nodes', 'bench', '__main__.py', *COMMAND_LINE,
    'demo.py',
}  # fmt: skip
# Exact positions are for the simulator and for judging, never for perception or planning.
GROUND_TRUTH_HOMES = {
    'simulation', 'bench', 'scoring.py', 'demo.py', 'nodes/simulation_node.py',
}  # fmt: skip


def tree(path):
    return ast.parse(path.read_text(encoding='utf-8'), filename=str(path))


def imported(path):
    """List what a module imports, with module and name joined: `from a import b` gives a.b."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f'{"." * node.level}{node.module or ""}.{a.name}' for a in node.names)


def own_parts(path):
    """Give the first name below the package of each own import."""
    names = (name.split('.') for name in imported(path))
    return {parts[1] for parts in names if parts[0] == PACKAGE.name and len(parts) > 1}


def stage_of(name):
    first = name.split('/')[0]
    return first if first in STAGES else None


def lives_in(name, homes):
    return any(name == home or name.startswith(f'{home}/') for home in homes)


@pytest.mark.parametrize('name', NAMES)
def test_imports_are_absolute(name):
    assert not [found for found in imported(PACKAGE / name) if found.startswith('.')]


@pytest.mark.parametrize('name', [name for name in NAMES if stage_of(name)])
def test_stages_import_the_base_and_themselves_only(name):
    allowed = BASE | {stage_of(name), SHARED_STAGE}
    assert own_parts(PACKAGE / name) <= allowed


@pytest.mark.parametrize('name', sorted(RECORDINGS))
def test_recordings_are_read_without_the_stages(name):
    assert own_parts(PACKAGE / name) <= BASE | {'replay', SHARED_STAGE}


@pytest.mark.parametrize('name', [name for name in NAMES if stage_of(name)])
def test_stages_do_not_know_recordings(name):
    assert 'replay' not in own_parts(PACKAGE / name)


@pytest.mark.parametrize('name', [f'{name}.py' for name in BASE if not name.startswith('_')])
def test_base_modules_import_the_base_only(name):
    assert own_parts(PACKAGE / name) <= BASE


@pytest.mark.parametrize('name', [name for name in NAMES if not lives_in(name, TOP)])
def test_nothing_below_the_nodes_imports_them(name):
    assert not own_parts(PACKAGE / name) & {'nodes', 'cli', 'demo', 'bench'}


@pytest.mark.parametrize('name', NAMES)
def test_heavy_libraries_stay_in_their_homes(name):
    roots = {found.split('.')[0] for found in imported(PACKAGE / name)}
    strays = {root for root in roots & HOMES.keys() if not lives_in(name, HOMES[root])}
    assert not strays


@pytest.mark.parametrize('name', NAMES)
def test_ground_truth_is_read_by_the_simulator_and_the_judges_only(name):
    named = 'ground_truth' in (PACKAGE / name).read_text(encoding='utf-8')
    assert not named or lives_in(name, GROUND_TRUTH_HOMES)


@pytest.mark.parametrize('name', NAMES)
def test_modules_have_at_most_300_lines(name):
    assert len((PACKAGE / name).read_text(encoding='utf-8').splitlines()) <= 300


@pytest.mark.parametrize('name', NAMES)
def test_modules_open_with_a_docstring_and_the_licence(name):
    path = PACKAGE / name
    assert ast.get_docstring(tree(path))
    assert '\n# SPDX-License-Identifier: Apache-2.0\n' in path.read_text(encoding='utf-8')


@pytest.mark.parametrize('name', [name for name in NAMES if name != '__init__.py'])
def test_modules_postpone_annotations(name):
    assert '__future__.annotations' in set(imported(PACKAGE / name))


@pytest.mark.parametrize('name', NAMES)
def test_nothing_prints_or_catches_everything(name):
    nodes = list(ast.walk(tree(PACKAGE / name)))
    calls = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    caught = [n.type for n in nodes if isinstance(n, ast.ExceptHandler)]
    broad = {'Exception', 'BaseException'}
    assert 'print' not in calls
    assert not [c for c in caught if c is None or (isinstance(c, ast.Name) and c.id in broad)]


def test_the_rules_see_disguised_imports(tmp_path):
    disguised = tmp_path / 'sly.py'
    disguised.write_text('def f():\n    from qwen_embodied import planning\n', encoding='utf-8')
    assert own_parts(disguised) == {'planning'}
    disguised.write_text('from .. import planning\n', encoding='utf-8')
    assert list(imported(disguised)) == ['...planning']
