"""From a frame to a scene: what the light is like, and what stands where on the table.

The light of a grey image:

>>> import numpy as np
>>> from qwen_embodied.perception import LightingCorrection
>>> LightingCorrection()(np.full((48, 64, 3), 128, np.uint8)).report.verdict
'good'
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.perception.colours import colour_name
from qwen_embodied.perception.drawing import draw_scene
from qwen_embodied.perception.estimator import SceneEstimator, perceive_photograph
from qwen_embodied.perception.lighting import (
    Corrected,
    LightingCorrection,
    LightingParameters,
    measure_light,
)
from qwen_embodied.perception.parameters import PerceptionParameters

__all__ = [
    'Corrected',
    'LightingCorrection',
    'LightingParameters',
    'PerceptionParameters',
    'SceneEstimator',
    'colour_name',
    'draw_scene',
    'measure_light',
    'perceive_photograph',
]
