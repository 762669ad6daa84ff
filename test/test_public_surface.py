"""What users import and install is what the package says it has."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import qwen_embodied

ROOT = Path(__file__).resolve().parents[1]
STAGES = (
    'camera', 'perception', 'planning', 'motion', 'safety', 'control', 'simulation', 'replay',
)  # fmt: skip
CONTRACT = {
    'messages': ('Frame', 'Scene', 'SceneObject', 'JointState', 'JointTrajectory'),
    'camera': ('Intrinsics', 'FrameSource'),
    'perception': ('LightingCorrection', 'Corrected', 'SceneEstimator'),
    'planning': (
        'Plan', 'Step', 'plan_schema', 'PlanRequest', 'Planner', 'GrammarPlanner',
        'ScriptedPlanner', 'verify',
    ),
    'motion': ('Robot', 'World', 'plan_path', 'time_path'),
    'safety': ('check_trajectory', 'Supervisor'),
    'control': ('Arm', 'Tracker'),
    'pipeline': ('Pipeline', 'RunReport'),
    'replay': ('read_bag', 'rerun'),
}  # fmt: skip
HEAVY = (
    'rclpy', 'sensor_msgs', 'torch', 'transformers', 'mujoco', 'cv2', 'scipy', 'pinocchio', 'coal',
    'ompl', 'toppra', 'ruckig', 'matplotlib', 'rosbags', 'mcap', 'rich', 'typer',
)  # fmt: skip


def source_of_setup():
    return ast.parse((ROOT / 'setup.py').read_text(encoding='utf-8'))


def setup_argument(name):
    calls = [node for node in ast.walk(source_of_setup()) if isinstance(node, ast.Call)]
    setup = next(c for c in calls if isinstance(c.func, ast.Name) and c.func.id == 'setup')
    return next(keyword.value for keyword in setup.keywords if keyword.arg == name)


def loaded_after(code):
    """Run code in a fresh interpreter and list the heavy modules it loaded."""
    probe = f'import sys\n{code}\nsys.stdout.write(" ".join(sys.modules))'
    result = subprocess.run(
        [sys.executable, '-c', probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(result.stdout.split()) & set(HEAVY)


@pytest.mark.parametrize('stage', STAGES)
def test_all_lists_what_is_there(stage):
    module = importlib.import_module(f'qwen_embodied.{stage}')
    assert module.__all__ == sorted(set(module.__all__), key=module.__all__.index)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize('module', CONTRACT)
def test_contract_names_exist(module):
    found = importlib.import_module(f'qwen_embodied.{module}')
    assert [name for name in CONTRACT[module] if not hasattr(found, name)] == []


@pytest.mark.parametrize('stage', STAGES)
def test_public_names_have_docstrings(stage):
    module = importlib.import_module(f'qwen_embodied.{stage}')
    public = [getattr(module, name) for name in module.__all__]
    undocumented = [item for item in public if callable(item) and not item.__doc__]
    assert undocumented == []


def test_versions_agree():
    manifest = ElementTree.parse(ROOT / 'package.xml').getroot()
    versions = {
        qwen_embodied.__version__,
        manifest.findtext('version'),
        ast.literal_eval(setup_argument('version')),
    }
    assert len(versions) == 1
    assert f'## [{qwen_embodied.__version__}]' in (ROOT / 'CHANGELOG.md').read_text('utf-8')


def test_import_needs_nothing_heavy():
    assert loaded_after('import qwen_embodied, qwen_embodied.messages') == set()


@pytest.mark.parametrize('stage', ['planning', 'perception', 'motion', 'safety', 'control'])
def test_stages_load_without_ros_and_simulator(stage):
    loaded = loaded_after(f'import qwen_embodied.{stage}')
    assert not loaded & {'rclpy', 'sensor_msgs', 'torch', 'transformers', 'mujoco'}


def test_every_node_of_setup_has_its_module():
    nodes = next(
        ast.literal_eval(node.value)
        for node in ast.walk(source_of_setup())
        if isinstance(node, ast.Assign) and node.targets[0].id == 'NODES'
    )
    for node in nodes:
        module = importlib.import_module(f'qwen_embodied.nodes.{node}_node')
        assert callable(module.main)


def test_manifest_names_what_the_nodes_import():
    manifest = ElementTree.parse(ROOT / 'package.xml').getroot()
    declared = {element.text for element in manifest.iter() if element.tag.endswith('depend')}
    trees = [ast.parse(p.read_text('utf-8')) for p in (ROOT / 'qwen_embodied/nodes').glob('*.py')]
    imports = [n for t in trees for n in ast.walk(t) if isinstance(n, ast.ImportFrom)]
    packages = {(node.module or '').split('.')[0] for node in imports}
    assert {
        name for name in packages if name.endswith(('_msgs', '_srvs', '_interfaces'))
    } <= declared


@pytest.mark.parametrize('name', ['README.md', 'CONTRIBUTING.md', 'seeds/README.md'])
def test_documents_link_to_files_that_exist(name):
    text = (ROOT / name).read_text(encoding='utf-8')
    links = re.findall(r'\]\((?!https?:|#)([^)#]+)', text)
    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_every_proof_of_the_seeds_exists():
    text = (ROOT / 'seeds/README.md').read_text(encoding='utf-8')
    proofs = set(re.findall(r'`(test/[^`]*)`', text))
    assert proofs
    assert [proof for proof in proofs if not (ROOT / proof).exists()] == []
