"""A recording becomes a data set that holds what was recorded, or one clear error."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import resource
import shutil

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from qwen_embodied.cli import app
from qwen_embodied.errors import ConfigurationError, DatasetError, ReplayError
from qwen_embodied.export import ExportOptions, check_dataset, export_bags
from qwen_embodied.export.episodes import episodes_of, nearest
from qwen_embodied.export.filming import pictures
from qwen_embodied.export.survey import survey
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import JointState, JointTrajectory
from qwen_embodied.motion import load_robot
from qwen_embodied.pipeline import Pipeline
from qwen_embodied.replay import BagWriter, TopicMap, encoding, read_bag
from qwen_embodied.replay.definitions import standard
from qwen_embodied.replay.recording import recorded_world
from qwen_embodied.simulation import MujocoWorld, generate_scene

TASK = 'put the red cube in the blue bowl'
NAMES = load_robot('panda').all_limits.names
KEY = 'observation.images.camera'
KINDS = {
    '/camera/colour': encoding.IMAGE, '/camera/info': encoding.INFO, '/states': encoding.JOINTS,
    '/instruction': encoding.TEXT, '/trajectory/approved': encoding.TRAJECTORY,
}  # fmt: skip


@pytest.fixture(scope='session')
def demo_bag(tmp_path_factory):
    """A simulated task, recorded as the demo does, 10 images a second."""
    folder = tmp_path_factory.mktemp('demo') / 'demo'
    world = MujocoWorld(generate_scene(3), seed=3)
    with recorded_world(world, folder, TASK) as recorded:
        assert Pipeline.around(recorded).run(TASK).success
    world.close()
    return folder


@pytest.fixture(scope='session')
def dataset(demo_bag, tmp_path_factory):
    folder = tmp_path_factory.mktemp('dataset') / 'dataset'
    return folder, export_bags([read_bag(demo_bag)], folder, ExportOptions())


def frames(folder):
    return pq.read_table(folder / 'data/chunk-000/file-000.parquet')


def rows(table, name):
    return np.array(table.column(name).to_pylist())


def decoded(folder, number=0):
    path = folder / f'videos/{KEY}/chunk-000/file-{number:03d}.mp4'
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]


def made(
    folder, stamps, *, words=(), commands=(), size=(48, 64), without=(), states=None, clock=None
):
    """Write a recording of grey images that brighten, and of joints that turn at 0.1 rad/s."""
    writer = BagWriter(folder)
    for name, kind in KINDS.items():
        if name not in without:
            writer.add_topic(name, standard(kind))
    lens = Intrinsics(size[1], size[0], 60.0, 60.0, 31.5, 23.5)
    told = []
    for number, stamp in enumerate(stamps):
        rgb = np.full((*size, 3), 10 + 5 * number % 200, np.uint8)
        told += [(stamp, '/camera/info', encoding.camera_info(lens, stamp, 'camera')),
                 (stamp, '/camera/colour', encoding.image(rgb, stamp, 'camera'))]  # fmt: skip
    for stamp in stamps if states is None else states:
        state = JointState(stamp, NAMES, np.full(len(NAMES), 0.1 * stamp))
        told.append((stamp, '/states', encoding.joint_state(state)))
    told += [(at, '/instruction', encoding.text(text)) for at, text in words]
    told += [(at, '/trajectory/approved', encoding.trajectory(one)) for at, one in commands]
    for number, (at, name, data) in enumerate(told):
        if name not in without:
            writer.write(name, round((at if clock is None else clock) * 1e9) + number, data)
    writer.close()
    return read_bag(folder)


STEADY = np.arange(1.0, 3.05, 0.1)


def test_every_image_is_a_frame_with_its_stamp(dataset, demo_bag):
    folder, report = dataset
    found = survey(read_bag(demo_bag), TopicMap(), NAMES)
    table = frames(folder)
    assert report.fps == 10
    assert report.frames == table.num_rows == len(decoded(folder))
    assert report.frames > 60
    stamps = rows(table, 'source.image_stamp')
    assert set(stamps) <= set(found.image_stamps)
    assert np.abs(stamps - stamps[0] - rows(table, 'timestamp')).max() <= 0.05 + 1e-6
    assert rows(table, 'timestamp') == pytest.approx(np.arange(report.frames) / 10, abs=1e-6)


def test_the_video_shows_what_was_recorded(dataset, demo_bag):
    folder, _ = dataset
    episode = episodes_of(survey(read_bag(demo_bag), TopicMap(), NAMES), 10, per_task=False)[0]
    noise = [
        10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2))
        for one, other in zip(pictures(episode), decoded(folder), strict=True)
    ]
    assert min(noise) > 32.0
    stats = json.loads((folder / 'meta/stats.json').read_text())[KEY]
    mean = np.mean([image.mean(axis=(0, 1)) for image in decoded(folder)], axis=0) / 255
    assert np.ravel(stats['mean']) == pytest.approx(mean, abs=0.02)


def test_states_are_measured_and_actions_are_commanded(dataset):
    folder, report = dataset
    table = frames(folder)
    states, actions = rows(table, 'observation.state'), rows(table, 'action')
    info = json.loads((folder / 'meta/info.json').read_text())
    assert info['features']['action']['info'] == {'source': '/arm/command'}
    assert 'episode 0: the action is the commands of /arm/command' in report.notes
    assert np.ptp(states[:, :7], axis=0).max() > 0.5
    arm = np.abs(actions[:-1, :7] - states[1:, :7])
    assert 0 < arm.max() < 0.1
    assert rows(table, 'source.state_gap').max() < 0.02


def test_the_instruction_is_the_task(dataset):
    folder, report = dataset
    assert report.tasks == (TASK,)
    assert check_dataset(folder).tasks == (TASK,)
    table = pq.read_table(folder / 'meta/tasks.parquet')
    assert table.to_pydict() == {'task_index': [0], 'task': [TASK]}
    assert json.loads(table.schema.metadata[b'pandas'])['index_columns'] == ['task']


def test_the_same_recording_gives_the_same_bytes(tmp_path):
    bag = made(tmp_path / 'a', STEADY, words=[(1.0, 'a')])
    files = []
    for name in ('one', 'two'):
        export_bags([bag], tmp_path / name, ExportOptions())
        paths = sorted(path for path in (tmp_path / name).rglob('*') if path.is_file())
        files.append([path.read_bytes() for path in paths])
    assert files[0] == files[1]


def test_recordings_and_tasks_become_episodes(tmp_path):
    words = [(1.0, 'take it'), (1.95, 'put it down')]
    bags = [made(tmp_path / 'a', STEADY, words=words), made(tmp_path / 'b', STEADY)]
    whole = export_bags(bags, tmp_path / 'whole', ExportOptions())
    assert (whole.episodes, whole.tasks) == (2, ('take it', 'put it down', 'unspecified'))
    assert (
        rows(frames(tmp_path / 'whole'), 'task_index').tolist() == [0] * 10 + [1] * 11 + [2] * 21
    )
    cut = export_bags(bags, tmp_path / 'cut', ExportOptions(per_task=True))
    assert cut.episodes == 3
    assert rows(frames(tmp_path / 'cut'), 'index').tolist() == list(range(cut.frames))
    assert cut.frames == sum(len(decoded(tmp_path / 'cut', number)) for number in range(3))
    assert decoded(tmp_path / 'cut', 1)[0].mean() == pytest.approx(60, abs=6)


def test_frames_come_at_a_rate_and_repeat_what_is_missing(tmp_path):
    bag = made(tmp_path / 'a', np.delete(STEADY, [5, 6]), states=np.arange(0.9, 3.1, 0.01))
    report = export_bags([bag], tmp_path / 'd', ExportOptions(task='wait'))
    assert 'episode 0: 2 frames show an image again' in report.notes
    table = frames(tmp_path / 'd')
    states, stamps = rows(table, 'observation.state'), rows(table, 'source.image_stamp')
    assert report.frames == 21
    assert states[:, 0] == pytest.approx(0.1 * stamps, abs=1e-6)
    double = export_bags([bag], tmp_path / 'e', ExportOptions(fps=20))
    assert double.frames == 41


def test_a_trajectory_is_followed_from_when_it_was_approved(tmp_path):
    ramp = JointTrajectory(NAMES[:7], [0.0, 1.0], [np.zeros(7), np.ones(7)])
    bag = made(tmp_path / 'a', STEADY, commands=[(1.45, ramp)])
    export_bags([bag], tmp_path / 'd', ExportOptions())
    actions = rows(frames(tmp_path / 'd'), 'action')
    due = STEADY + 0.1
    told = due >= 1.45
    assert actions[told, 0] == pytest.approx(np.clip(due[told] - 1.45, 0, 1), abs=1e-5)
    assert actions[~told, 0] == pytest.approx(0.1 * due[~told], abs=1e-5)
    assert actions[:-1, 7] == pytest.approx(0.1 * STEADY[1:], abs=1e-5)


def test_the_nearest_stamp_is_chosen_and_the_earlier_of_two():
    stamps = np.array([0.0, 1.0, 2.0])
    assert nearest(stamps, np.array([-1.0, 0.4, 0.5, 0.6, 9.0])).tolist() == [0, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ('changes', 'error', 'said'),
    [
        ({'without': ['/camera/colour']}, ReplayError, 'no colour images'),
        ({'without': ['/camera/info']}, ReplayError, 'no camera_info'),
        ({'without': ['/states']}, ReplayError, 'no joint states'),
        ({'states': [1.5]}, DatasetError, '/states has 1 usable messages'),
        ({'states': [90.0, 90.1]}, DatasetError, 'too little for two frames at 10 Hz'),
        ({'stamps': [1.0, 1.1, 50.0]}, DatasetError, r'colour has nothing for 48\.9 s from 1\.1'),
        ({'stamps': [9.0, 9.1, 1.0], 'clock': 20.0}, ReplayError, r'went back by 8\.1 s'),
    ],
)
def test_recordings_that_are_no_episode(tmp_path, changes, error, said):
    bag = made(tmp_path / 'a', **{'stamps': STEADY, **changes})
    with pytest.raises(error, match=said):
        export_bags([bag], tmp_path / 'd', ExportOptions())
    assert not (tmp_path / 'd').exists()
    assert not (tmp_path / 'd.partial').exists()


def test_joints_of_another_robot_are_named(tmp_path):
    with pytest.raises(ReplayError, match='lack shoulder_pan_joint'):
        export_bags([made(tmp_path / 'a', STEADY)], tmp_path / 'd', ExportOptions(robot='ur5e'))


def test_images_of_another_size_are_refused(tmp_path):
    bags = [made(tmp_path / 'a', STEADY), made(tmp_path / 'b', STEADY, size=(24, 32))]
    with pytest.raises(DatasetError, match=r'images have 32x24 px, those of .* before 64x48'):
        export_bags(bags, tmp_path / 'd', ExportOptions())


def test_a_folder_that_is_there_is_left_as_it_was(tmp_path):
    (tmp_path / 'd').mkdir()
    with pytest.raises(ConfigurationError, match='is there already'):
        export_bags([made(tmp_path / 'a', STEADY)], tmp_path / 'd', ExportOptions())
    with pytest.raises(ConfigurationError, match='no recording to export'):
        export_bags([], tmp_path / 'e', ExportOptions())


@pytest.mark.parametrize('most', [500, 4000, 20_000])
def test_a_full_disk_is_one_error_and_leaves_nothing(dataset, demo_bag, tmp_path, most):
    bag = read_bag(demo_bag)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(DatasetError, match='cannot be written: File too large; nothing'):
            export_bags([bag], tmp_path / 'd', ExportOptions(fps=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_wrote(demo_bag, tmp_path):
    words = ['export', str(demo_bag), '--out', str(tmp_path / 'd'), '--fps', '2']
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    assert f'1 episodes, {check_dataset(tmp_path / "d").frames} frames at 2 Hz' in found.output


# -- the checker ---------------------------------------------------------------------------


@pytest.fixture
def copied(dataset, tmp_path):
    return shutil.copytree(dataset[0], tmp_path / 'copy')


def edit_json(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'codebase_version': 'v2.1'}, "codebase_version = 'v2.1'"),
        ({'fps': 0}, 'fps = 0'),
        ({'fps': '10'}, "fps = '10'"),
        ({'total_frames': 3}, 'info.json says 3'),
        ({'total_episodes': 2}, 'info.json says 2'),
        ({'total_tasks': 2}, r'tasks.parquet: numbers \[0\]'),
        ({'features': {}}, 'the feature timestamp of float32 is missing'),
        ({'fps': 11}, 'timestamp is 0.1'),
    ],
)
def test_info_that_does_not_fit(copied, change, said):
    edit_json(copied / 'meta/info.json', **change)
    with pytest.raises(DatasetError, match=said):
        check_dataset(copied)


@pytest.mark.parametrize(
    'name',
    ['meta/info.json', 'meta/stats.json', 'meta/tasks.parquet', 'data/chunk-000/file-000.parquet',
     'meta/episodes/chunk-000/file-000.parquet', f'videos/{KEY}/chunk-000/file-000.mp4'],
)  # fmt: skip
@pytest.mark.parametrize('harm', ['gone', 'broken'])
def test_files_that_are_gone_or_broken(copied, name, harm):
    path = copied / name
    path.unlink() if harm == 'gone' else path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(DatasetError):
        check_dataset(copied)


@pytest.mark.parametrize(
    ('column', 'row', 'value', 'said'),
    [
        ('timestamp', 3, 0.35, r'timestamp is 0.3\d+ in row 3; it must be 0.3'),
        ('index', 0, 7, 'index is 7 in row 0'),
        ('episode_index', 2, 1, 'episode_index is 1 in row 2'),
        ('task_index', 1, 4, 'task_index is not below 1'),
    ],
)
def test_frames_that_contradict_the_episodes(copied, column, row, value, said):
    path = copied / 'data/chunk-000/file-000.parquet'
    table = pq.read_table(path)
    values = table.column(column).to_pylist()
    values[row] = value
    at = table.column_names.index(column)
    field = table.schema.field(column)
    pq.write_table(table.set_column(at, field, pa.array(values, field.type)), path)
    with pytest.raises(DatasetError, match=said):
        check_dataset(copied)


def test_a_video_with_other_frames_is_noticed(copied, tmp_path):
    other = made(tmp_path / 'a', STEADY)
    export_bags([other], tmp_path / 'd', ExportOptions(camera='camera'))
    name = f'videos/{KEY}/chunk-000/file-000.mp4'
    shutil.copy(tmp_path / 'd' / name, copied / name)
    with pytest.raises(DatasetError, match=r'has 21 frames of \(48, 64, 3\); there must be'):
        check_dataset(copied)
