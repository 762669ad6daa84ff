"""Laws of the lighting correction: what it must not do, and what it must undo."""

# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.perception import LightingCorrection
from qwen_embodied.perception.colours import oklab
from qwen_embodied.perception.deflicker import Deflicker
from qwen_embodied.perception.illuminant import estimate_illuminant, gains_for
from qwen_embodied.perception.light_sample import LINEAR, Sample
from qwen_embodied.perception.light_steps import (
    BlackLevel,
    Exposure,
    LocalTone,
    Shadows,
    WhiteBalance,
)
from qwen_embodied.perception.lighting import STEPS, LightingParameters

PAINTS = {
    'red': (190, 30, 35), 'green': (40, 140, 60), 'blue': (30, 70, 170), 'white': (230, 230, 230),
    'black': (28, 28, 30), 'yellow': (225, 195, 40),
}  # fmt: skip
TABLE = (150, 148, 145)


def encode(light):
    light = np.clip(light, 0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * value).astype(np.uint8)


def table(seed=0, ground=TABLE):
    """Paint patches on a plain table, in linear light (240, 320, 3)."""
    rgb = np.full((240, 320, 3), ground, np.uint8)
    for number, paint in enumerate(PAINTS.values()):
        rgb[90:130, 20 + 50 * number : 55 + 50 * number] = paint
    noise = np.random.default_rng(seed).normal(0, 0.004, rgb.shape)
    return np.clip(LINEAR[rgb] + noise * np.sqrt(LINEAR[rgb]), 0, None)


def patches(rgb):
    return {
        name: rgb[95:125, 25 + 50 * number : 50 + 50 * number].reshape(-1, 3).mean(axis=0)
        for number, name in enumerate(PAINTS)
    }


def apart(first, second):
    """Give the largest difference of a paint in OKLab."""
    one, two = patches(first), patches(second)
    return max(np.linalg.norm(oklab(one[name]) - oklab(two[name])) for name in PAINTS)


def hue_apart(first, second):
    one, two = patches(first), patches(second)
    return max(np.linalg.norm((oklab(one[n]) - oklab(two[n]))[1:]) for n in PAINTS)


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('ground', [TABLE, (110, 112, 115), (205, 200, 190), (60, 60, 62),
                                    (30, 90, 40)])  # fmt: skip
def test_a_good_image_is_left_alone(seed, ground):
    rgb = encode(table(seed, ground))
    assert np.abs(LightingCorrection()(rgb).rgb.astype(int) - rgb).max() <= 2


def test_a_wooden_table_is_not_made_grey():
    """Wood in white light looks like grey in warm light; other things must be believed too."""
    rgb = encode(table(0, (150, 120, 90)))
    assert np.abs(LightingCorrection()(rgb).rgb.astype(int) - rgb).max() <= 14


@pytest.mark.parametrize('factor', [0.25, 0.12, 0.06])
def test_dim_light_is_undone(factor):
    good, dim = encode(table()), encode(table() * factor)
    corrected = LightingCorrection()(dim).rgb
    assert apart(corrected, good) < 0.35 * apart(dim, good)


@pytest.mark.parametrize('light', [(1.35, 1.0, 0.5), (1.6, 1.0, 0.3), (0.8, 1.0, 1.45),
                                   (0.8, 1.1, 0.8)])  # fmt: skip
def test_coloured_light_is_undone(light):
    good, cast = encode(table()), encode(table() * light * 0.7)
    corrected = LightingCorrection()(cast).rgb
    assert hue_apart(corrected, good) < 0.5 * hue_apart(cast, good)


def test_a_veil_is_undone():
    good, veiled = encode(table()), encode(table() * 0.85 + 0.1)
    assert apart(LightingCorrection()(veiled).rgb, good) < 0.5 * apart(veiled, good)


def test_light_that_falls_off_is_evened():
    fall = np.exp(np.linspace(-1.0, 0.6, 320))[None, :, None]
    rgb = encode(table() * 0.8 * fall)
    corrected = LightingCorrection()(rgb).rgb

    def ends(image):
        grey = LINEAR[image].mean(axis=2)
        return grey[150:, -20:].mean() / grey[150:, :20].mean()

    assert ends(rgb) > 3.5
    assert 0.6 < ends(corrected) < 1.7


def test_a_red_scene_stays_red():
    light = table()
    light[:, :] = light[100, 30]
    light[150:, :100] = LINEAR[150]
    rgb = encode(light)
    corrected = LightingCorrection()(rgb).rgb[:100].reshape(-1, 3).mean(axis=0)
    assert corrected[0] > 2.5 * corrected[1:].max()


@pytest.mark.parametrize('paint', [(200, 20, 20), (20, 160, 40), (20, 50, 200), (230, 210, 30)])
def test_an_image_of_one_strong_colour_tells_nothing_of_the_light(paint):
    assert estimate_illuminant(Sample.of(np.full((60, 80, 3), paint, np.uint8))) is None


def test_gains_keep_the_luminance_of_grey():
    grey = 1 / gains_for(120.0, 0.1)
    assert grey @ [0.2126, 0.7152, 0.0722] == pytest.approx(1.0)
    assert gains_for(0.0, 0.0) == pytest.approx([1, 1, 1])


def test_noise_limits_how_much_is_amplified():
    dim = table() * 0.02
    clean = LightingCorrection()(encode(dim)).exposure
    noise = np.random.default_rng(0).normal(0, 0.01, dim.shape)
    assert LightingCorrection()(encode(dim + noise)).exposure < 0.5 * clean


def test_a_step_of_the_image_stays_where_it_was():
    """The correction is photometric: an edge neither moves nor widens."""
    light = np.full((240, 320, 3), 0.01)
    light[:, 160:] = 0.08
    for image in (light, light * (1.6, 1.0, 0.3)):
        edges = np.abs(np.diff(LightingCorrection()(encode(image)).rgb.astype(int), axis=1))
        assert (edges.sum(axis=2)[:, np.arange(319) != 159] <= 3).all()
        assert (edges.sum(axis=2)[:, 159] > 30).all()


@pytest.mark.parametrize('step', [Exposure(), WhiteBalance(), BlackLevel(), Shadows()])
@pytest.mark.parametrize('factor', [0.05, 0.4, 1.0, 2.5])
def test_curves_never_invert_the_order_of_levels(step, factor):
    rgb = encode(table() * np.array([1.5, 1.0, 0.4]) * factor)
    levels = step(_blank(), Sample.of(rgb)).levels.astype(int)
    assert (np.diff(levels, axis=1) >= 0).all()


def _blank():
    from qwen_embodied.perception.treatment import Treatment

    return Treatment()


def test_a_still_scene_does_not_flicker():
    correct = LightingCorrection()
    images = [correct(encode(table(seed) * (1.5, 1.0, 0.35) * 0.3)).rgb for seed in range(30)]
    means = np.array([list(patches(rgb).values()) for rgb in images])
    assert np.ptp(means, axis=0).max() <= 2.0


def test_flickering_bands_are_evened():
    correct, means, raws = LightingCorrection(), [], []
    for number in range(40):
        phase = 2 * np.pi * (np.arange(240) / 170 + number / 3.01)
        rgb = encode(table(number) * 0.8 * (1 + 0.4 * np.sin(phase))[:, None, None])
        corrected = correct(rgb)
        if number >= 20:
            means.append(list(patches(corrected.rgb).values()))
            raws.append(list(patches(rgb).values()))
    assert np.std(raws, axis=0).max() > 15
    assert np.std(means, axis=0).max() <= 2.0
    assert corrected.report.finding('flicker').verdict == 'flickering'


def test_an_arm_that_moves_in_does_not_count_as_flicker():
    correct = LightingCorrection()
    still = encode(table())
    for number in range(20):
        rgb = still.copy()
        rgb[60:180, 40 : 60 + 5 * number] = 30
        corrected = correct(rgb).rgb
    assert np.abs(corrected[200:].astype(int) - still[200:]).max() <= 2


def test_a_shadow_that_stays_is_no_flicker():
    correct = LightingCorrection((Deflicker(),))
    verdicts, apart = [], []
    for number in range(160):
        shadow = np.where(np.arange(240) > 120, 0.9 if number >= 20 else 1.0, 1.0)
        rgb = encode(table() * shadow[:, None, None])
        rgb[:, 5 * (number % 2) : 5 * (number % 2) + 90] = 20
        corrected = correct(rgb)
        verdicts.append(corrected.report.finding('flicker').verdict)
        apart.append(int(np.abs(corrected.rgb.astype(int) - rgb).max()))
    assert verdicts[25] == 'flickering'
    assert set(verdicts[-20:]) == {'good'}
    assert max(apart[-20:]) <= 2


def test_a_new_scene_is_judged_afresh():
    correct = LightingCorrection()
    correct(encode(table() * 0.05))
    good = encode(table())
    assert np.abs(correct(good).rgb.astype(int) - good).max() <= 2


@pytest.mark.parametrize('size', [(1, 1), (1, 7), (2, 3), (13, 5), (48, 64), (2160, 3840)])
@pytest.mark.parametrize('level', [0, 1, 90, 254, 255])
def test_any_size_and_level_is_taken(size, level):
    rgb = np.full((*size, 3), level, np.uint8)
    correct = LightingCorrection()
    corrected = [correct(rgb) for _ in range(2 if size[0] < 2000 else 1)][-1]
    assert corrected.rgb.shape == rgb.shape
    assert np.isfinite([item.value for item in corrected.report.findings]).all()
    assert np.ptp(corrected.rgb.reshape(-1, 3).astype(int), axis=0).max() == 0


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0.0, 3.0),
    st.integers(1, 3),
)  # fmt: skip
def test_any_image_gives_an_image_and_a_finite_report(height, width, seed, spread, times):
    rng = np.random.default_rng(seed)
    rgb = np.clip(rng.normal(rng.uniform(0, 255), 80 * spread, (height, width, 3)), 0, 255)
    rgb = rgb.astype(np.uint8)
    before, correct = rgb.copy(), LightingCorrection()
    for _ in range(times):
        corrected = correct(rgb)
    assert corrected.rgb.shape == rgb.shape
    assert corrected.rgb.dtype == np.uint8
    assert (rgb == before).all()
    report = corrected.report
    values = [item.value for item in report.findings]
    assert np.isfinite([report.mean_luma, report.dark_share, report.clipped_share, *values]).all()


def test_images_of_changing_size_are_taken():
    correct = LightingCorrection()
    for size in ((480, 640), (240, 320), (480, 640), (720, 1280)):
        assert correct(np.full((*size, 3), 120, np.uint8)).rgb.shape == (*size, 3)


def test_steps_come_by_their_names():
    assert LightingParameters().light_steps == list(STEPS)
    assert LightingCorrection.from_names(['none']).steps == ()
    chosen = LightingCorrection.from_names(['exposure', 'local_tone']).steps
    assert [type(step) for step in chosen] == [Exposure, LocalTone]
    with pytest.raises(ConfigurationError, match=r"'sharpen'; known are deflicker"):
        LightingCorrection.from_names(['sharpen'])


def test_a_view_of_another_array_is_taken():
    rgb = encode(table())[::2, ::-1]
    assert (LightingCorrection()(rgb).rgb == LightingCorrection()(rgb.copy()).rgb).all()


def test_usable_pixels_are_neither_clipped_nor_black():
    rgb = np.full((40, 60, 3), 120, np.uint8)
    rgb[:10], rgb[10:20] = 255, 3
    usable = LightingCorrection()(rgb).usable()
    assert not usable[:20].any()
    assert usable[20:].all()


def test_the_blurred_is_told_from_the_sharp():
    sharp = encode(table())
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 4.0))
    words = [LightingCorrection()(image).report.finding('edge width').verdict
             for image in (sharp, blurred)]  # fmt: skip
    assert words == ['good', 'blurred']


@pytest.mark.parametrize('sigma', [2.0, 6.0, 12.0])
def test_noise_is_measured(sigma):
    grey = np.full((480, 640, 3), 120.0) + np.random.default_rng(1).normal(0, sigma, (480, 640, 3))
    report = LightingCorrection()(np.clip(np.rint(grey), 0, 255).astype(np.uint8)).report
    assert report.finding('noise').value == pytest.approx(sigma, rel=0.15)
    assert (report.finding('noise').verdict == 'noisy') == (sigma > 5)


def test_glare_is_found_and_white_paper_is_not_a_fault():
    rgb = encode(table())
    rgb[20:34, 20:50] = 255
    assert LightingCorrection()(rgb).report.finding('glare').verdict == 'glaring'
    assert LightingCorrection()(encode(table())).report.finding('glare').verdict == 'good'


@pytest.mark.parametrize(('factor', 'word'), [(0.05, 'multiply the exposure time by'), (0.7, '')])
def test_the_camera_is_advised_before_noise_is_amplified(factor, word):
    camera = LightingCorrection()(encode(table() * factor)).report.camera
    assert camera.text.startswith(word)
    assert (camera.exposure > 2) == bool(word)


def test_every_fault_has_a_remedy():
    for light in (0.02, (1.7, 1.0, 0.3), 3.0):
        report = LightingCorrection()(encode(table() * light)).report
        bad = [item for item in report.findings if item.verdict != 'good']
        assert bad
        assert all(item.remedy for item in bad)
        assert report.remedy
