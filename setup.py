"""Build the package: `colcon build` for a ROS 2 workspace, `pip install .` without one."""

# SPDX-License-Identifier: Apache-2.0
import sys
from itertools import groupby
from pathlib import Path

from setuptools import find_packages, setup

NAME = 'qwen_embodied'
ROOT = Path(__file__).resolve().parent  # `colcon build --symlink-install` runs elsewhere
NODES = (
    'simulation',
    'perception',
    'planner',
    'safety_supervisor',
    'arm_controller',
    'fake_arm',
    'recorder',
    'replay',
)

# colcon runs `setup.py install` or `develop` and puts executables where `ros2 run` looks. pip puts
# them on PATH, where a bare `planner` or `simulation` could be anybody's: there they get a prefix.
BY_COLCON = bool({'install', 'develop'} & set(sys.argv))


def executable(node):
    """Give the name under which a node's executable is installed."""
    return node if BY_COLCON else f'qwen-embodied-{node.replace("_", "-")}'


def shared(*folders):
    """List the files below folders for the share folder, as data_files wants them."""
    found = (path for folder in folders for path in ROOT.joinpath(folder).rglob('*.*'))
    files = (path for path in found if path.is_file() and path.suffix != '.pyc')
    kept = sorted(path.relative_to(ROOT) for path in files)
    return [
        (f'share/{NAME}/{folder}', [str(path) for path in group])
        for folder, group in groupby(kept, key=lambda path: path.parent)
    ]


setup(
    name=NAME,
    version='0.1.0',
    description='A Qwen vision-language model as the brain of a robot arm, as ROS 2 nodes',
    long_description=ROOT.joinpath('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author='The qwen_embodied developers',
    maintainer='The qwen_embodied developers',
    maintainer_email='maintainers@qwen-embodied.invalid',
    license='Apache-2.0',
    license_files=['LICENSE'],
    classifiers=[
        'Framework :: Robot Framework',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        *shared('launch', 'config'),
    ],
    zip_safe=False,
    python_requires='>=3.11',
    install_requires=[
        'numpy>=1.26',
        'scipy>=1.11',
        'opencv-python>=4.8,<5',
        'transformers>=5',
        'pydantic>=2.7',
        'pin>=4',
        'ompl>=2',
        'toppra>=0.6',
        'ruckig>=0.14',
        'typer>=0.12',
        'rich>=13',
        'rosbags>=0.11',
        'mcap>=1.2',
        'PyYAML>=6',
    ],
    extras_require={
        # For machines without ROS 2. Never beside an installed one: rclpy would be there twice.
        'ros': [
            'ros-rclpy[fastrtps]',
            'ros-builtin-interfaces',
            'ros-diagnostic-msgs',
            'ros-geometry-msgs',
            'ros-rcl-interfaces',
            'ros-rosgraph-msgs',
            'ros-sensor-msgs',
            'ros-std-msgs',
            'ros-std-srvs',
            'ros-trajectory-msgs',
            'ros-visualization-msgs',
        ],
        'sim': ['mujoco>=4', 'matplotlib>=3.8', 'av>=12'],
        # Recordings as data sets for training.
        'export': ['pyarrow>=15', 'av>=12'],
        # A Qwen in this process, and one behind an address.
        'vlm': ['torch>=2.9', 'torchvision>=0.24', 'llguidance>=1.5', 'pillow'],
        'server': ['openai>=3.50'],
        'test': [
            # Pinned, with the Makefile: other versions pull gigabytes of CUDA.
            'torch==2.13.0',
            'torchvision==0.28.0',
            'llguidance>=1.5',
            'openai>=3.50',
            'fastapi',
            'uvicorn',
            'accelerate',
            'pyarrow>=15',
            'pytest>=8',
            'hypothesis>=6.100',
            'example-robot-data>=6',
            'pytest-benchmark>=5',
            'ruff>=0.9',
            'mypy>=1.15',
            'types-PyYAML',
        ],
    },
    entry_points={
        'console_scripts': [
            'qwen-embodied = qwen_embodied.cli:main',
            *(f'{executable(node)} = qwen_embodied.nodes.{node}_node:main' for node in NODES),
        ],
    },
)
