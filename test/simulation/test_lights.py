# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.simulation.lights import LIGHTS, WHITE_BALANCE, blackbody, encoded, light_named


def test_the_names_are_those_promised():
    assert tuple(LIGHTS) == ('normal', 'dim', 'dark', 'bright', 'warm', 'cold', 'sidelight')


def test_the_white_balance_is_grey():
    assert blackbody(WHITE_BALANCE) == pytest.approx([1.0, 1.0, 1.0])


def test_hotter_is_bluer():
    ratios = [blackbody(kelvin)[0] / blackbody(kelvin)[2] for kelvin in (2500, 4000, 6500, 9000)]
    assert ratios == sorted(ratios, reverse=True)


def test_encoding_keeps_products():
    assert encoded(0.5, 3000) * encoded(0.4, WHITE_BALANCE) == pytest.approx(encoded(0.2, 3000))
    assert np.isfinite(encoded(0.0, 3000)).all()


def test_an_unknown_light_is_refused():
    with pytest.raises(ConfigurationError, match='no light'):
        light_named('moon')
