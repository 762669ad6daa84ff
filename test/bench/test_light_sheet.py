"""The contact sheet."""

# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from qwen_embodied.bench import light_sheet
from qwen_embodied.errors import ConfigurationError

pytest.importorskip('mujoco')


def test_the_sheet_shows_every_condition_raw_and_corrected(tmp_path):
    sheet = light_sheet.contact_sheet(3, severities=(4,))
    row = light_sheet.HEIGHT + light_sheet.GAP
    assert len(sheet) == light_sheet.HEAD + row * len(light_sheet.CONDITIONS)
    first = light_sheet.LABEL + 3 * light_sheet.GAP
    second = first + light_sheet.WIDTH + light_sheet.GAP

    def picture(name, left):
        top = light_sheet.HEAD + row * list(light_sheet.CONDITIONS).index(name)
        part = sheet[top : top + light_sheet.HEIGHT, left : left + light_sheet.WIDTH]
        return part.reshape(-1, 3).mean(axis=0)

    assert np.abs(picture('normal', first) - picture('normal', second)).max() < 1
    raw, corrected = picture('tungsten', first), picture('tungsten', second)
    assert np.ptp(corrected) < 0.4 * np.ptp(raw)
    light_sheet.write_sheet(tmp_path / 'new' / 'sheet.png', sheet)
    back = cv2.imread(str(tmp_path / 'new' / 'sheet.png'))
    assert (back[..., ::-1] == sheet).all()


def test_a_sheet_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(ConfigurationError, match='cannot be written'):
        light_sheet.write_sheet(tmp_path / 'file' / 'x.jpg', np.zeros((4, 4, 3), np.uint8), 90)
