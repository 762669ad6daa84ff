"""The run folder: each file is there and can be read back."""

import json

import cv2
import numpy as np
import pytest

from qwen_embodied.demo import DemoSettings, run_folder_for
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.run_folder import new_folder, write_joint_plot, write_png, write_run
from qwen_embodied.run_record import RunRecord
from qwen_embodied.task import TaskEvent


def filled_record():
    record = RunRecord('put the red cube in the blue bowl', settings={'seed': 1})
    record.joint_names = ('a', 'b', 'finger')
    record.joint_log = [np.array([t, np.sin(t), np.cos(t), 0.04]) for t in np.arange(0, 2, 0.01)]
    record.events = [TaskEvent(0.0, 'accepted', 'put “it” down', {'n': 1})]
    record.plan = '{"steps": []}'
    record.before = record.after = np.full((48, 64, 3), (200, 10, 10), np.uint8)
    record.views = [(t, np.full((49, 65, 3), int(40 * t), np.uint8)) for t in (0.0, 0.5, 1.0)]
    record.timings = {'total': 2.0}
    return record


def test_every_part_of_a_run_is_written(tmp_path):
    folder = write_run(filled_record(), tmp_path / 'deep' / 'run')
    names = {path.name for path in folder.iterdir()}
    assert names == {
        'run.json', 'timings.json', 'plan.json', 'events.jsonl', 'before.png', 'after.png',
        'joints.png', 'episode.mp4',
    }  # fmt: skip
    (line,) = (folder / 'events.jsonl').read_text(encoding='utf-8').splitlines()
    assert json.loads(line)['text'] == 'put “it” down'


def test_pictures_keep_their_colours(tmp_path):
    folder = write_run(filled_record(), tmp_path)
    blue, green, red = cv2.imread(str(folder / 'before.png'))[0, 0]
    assert (red, green, blue) == (200, 10, 10)


@pytest.mark.parametrize(
    ('name', 'words'), [('look.txt', r'must end in \.png'), ('file/look.png', 'cannot be written')]
)
def test_a_picture_that_cannot_be_written_is_refused(tmp_path, name, words):
    (tmp_path / 'file').write_text('')
    with pytest.raises(ConfigurationError, match=f'{name}: {words}'):
        write_png(tmp_path / name, np.zeros((4, 4, 3), np.uint8))


def test_the_episode_plays_at_its_own_pace(tmp_path):
    folder = write_run(filled_record(), tmp_path)
    film = cv2.VideoCapture(str(folder / 'episode.mp4'))
    frames = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
    assert abs(frames / film.get(cv2.CAP_PROP_FPS) - 1.05) < 0.06
    film.release()


@pytest.mark.parametrize('plan', ['{"steps": [], "summary": "Put it."}', None])
@pytest.mark.parametrize('words', ['把红色方块放进蓝色碗里', 'as $a_ b^c as it is'])
def test_every_instruction_can_be_plotted(tmp_path, words, plan):
    record = filled_record()  # a letter that the font lacks would warn, and so fail
    record.instruction, record.plan = words, plan
    write_joint_plot(tmp_path / 'joints.png', record)
    assert cv2.imread(str(tmp_path / 'joints.png')) is not None


def test_folders_of_chinese_instructions_differ():
    said = ('把红色方块放进蓝色碗里', '把绿色方块放进蓝色碗里')
    first, second = (run_folder_for(DemoSettings(words)).name[18:] for words in said)
    assert first != second
    assert first.isascii()
    assert run_folder_for(DemoSettings('')).name.endswith('-no-words')


def test_an_empty_run_still_leaves_its_account(tmp_path):
    folder = write_run(RunRecord('nothing', reason='the camera is silent'), tmp_path)
    assert json.loads((folder / 'run.json').read_text())['reason'] == 'the camera is silent'
    assert json.loads((folder / 'plan.json').read_text()) is None


def test_every_start_gets_a_folder_of_its_own(tmp_path):
    made = [new_folder(tmp_path / 'runs', 'robot-left') for _ in range(4)]
    assert len({folder.resolve() for folder in made}) == 4
    assert all(folder.is_dir() and '-robot-left' in folder.name for folder in made)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / 'runs').write_text('')
    with pytest.raises(ConfigurationError, match=r'runs/.*-robot: cannot be made'):
        new_folder(tmp_path / 'runs', 'robot')
