"""The lighting report, the order of the steps, and the names of colours."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass, replace

import numpy as np
import pytest

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import BASIC_COLOURS
from qwen_embodied.perception import LightingCorrection, colour_name, measure_light
from qwen_embodied.perception.colours import alike, colour_indices, oklab


def flat(*rgb):
    return np.full((48, 64, 3), rgb, np.uint8)


@dataclass(frozen=True)
class Darken:
    """Halves the light."""

    def __call__(self, treatment, sample):
        return replace(treatment, curves=treatment.curves / 2)


@dataclass(frozen=True)
class Floor:
    """Sets the least light."""

    def __call__(self, treatment, sample):
        return replace(treatment, curves=np.maximum(treatment.curves, 0.2))


def test_without_steps_pixels_pass_unchanged_and_unshared():
    rgb = flat(10, 120, 200)
    corrected = LightingCorrection(())(rgb)
    assert (corrected.rgb == rgb).all()
    assert not np.shares_memory(corrected.rgb, rgb)


def test_steps_run_in_their_order():
    rgb = flat(128, 128, 128)
    darker = LightingCorrection((Floor(), Darken()))(rgb).rgb
    assert (LightingCorrection((Darken(), Floor()))(rgb).rgb > darker).all()
    assert (rgb == flat(128, 128, 128)).all()


@pytest.mark.parametrize(
    ('rgb', 'verdict'),
    [
        (flat(2, 2, 2), 'covered'),
        (flat(40, 40, 40), 'dark'),
        (flat(128, 128, 128), 'good'),
        (flat(240, 240, 240), 'bright'),
        (flat(230, 150, 105), 'warm'),
        (flat(120, 150, 235), 'cold'),
    ],
)
def test_verdict(rgb, verdict):
    report = measure_light(rgb)
    assert report.verdict == verdict
    assert bool(report.remedy) == (verdict != 'good')


def test_shares_are_counted():
    rgb = flat(128, 128, 128)
    rgb[:24] = 0
    rgb[24:36] = 255
    report = measure_light(rgb)
    assert report.dark_share == pytest.approx(0.5)
    assert report.clipped_share == pytest.approx(0.25)


def test_white_light_has_the_temperature_of_daylight():
    assert measure_light(flat(128, 128, 128)).colour_temperature == pytest.approx(6500, abs=100)


def test_a_saturated_image_has_no_temperature():
    assert measure_light(flat(200, 10, 10)).colour_temperature is None


@pytest.mark.parametrize(
    'rgb', [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_refuses_what_is_no_image(rgb):
    with pytest.raises(ContractError, match='uint8'):
        LightingCorrection()(rgb)


@pytest.mark.parametrize(
    ('name', 'rgb'),
    [('red', (255, 0, 0)), ('red', (139, 0, 0)), ('green', (0, 128, 0)), ('green', (50, 205, 50)),
     ('blue', (0, 0, 255)), ('blue', (70, 130, 180)), ('yellow', (255, 255, 0)),
     ('yellow', (255, 215, 0)), ('orange', (255, 140, 0)), ('orange', (255, 165, 0)),
     ('purple', (128, 0, 128)), ('purple', (138, 43, 226)), ('pink', (255, 192, 203)),
     ('pink', (255, 105, 180)), ('brown', (139, 69, 19)), ('brown', (101, 67, 33)),
     ('black', (20, 20, 20)), ('grey', (128, 128, 128)), ('white', (245, 245, 245))],
)  # fmt: skip
def test_names_the_colours_that_the_web_names(name, rgb):
    assert colour_name(rgb) == name


def test_the_table_of_colours_agrees_with_the_rule():
    rgb = (np.random.default_rng(0).integers(0, 32, (40, 3)) * 8 + 4).astype(np.uint8)
    named = [BASIC_COLOURS[index] for index in colour_indices(rgb[None])[0]]
    assert named == [colour_name(one) for one in rgb]


def test_white_has_lightness_one_and_no_hue():
    assert oklab([255, 255, 255]) == pytest.approx([1, 0, 0], abs=1e-3)


@pytest.mark.parametrize('paint', [(200, 32, 30), (240, 210, 30), (40, 150, 60), (200, 200, 200)])
def test_shade_leaves_the_paint(paint):
    assert alike(paint, np.array(paint) * 0.65)
    assert not alike(paint, (30, 80, 200))
