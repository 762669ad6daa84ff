"""What the light did to an image, as a message between stages."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LightingFinding:
    """One measured property of the light.

    Attributes:
        name: Of the property, such as 'noise'.
        value: The figure.
        unit: Of value, such as 'levels'; empty for a plain number.
        verdict: 'good', or what is wrong in one word.
        remedy: What a person can do about it; empty when nothing is needed.
    """

    name: str
    value: float
    unit: str
    verdict: str
    remedy: str = ''


@dataclass(frozen=True)
class CameraAdvice:
    """Settings of the camera that would mend an image better than any correction.

    Attributes:
        exposure: Factor on the exposure time; 1 keeps it.
        gain: Factor on the analogue gain; 1 keeps it.
        white_balance: Colour temperature to set, K; None keeps the present one.
        text: The same in words; empty when nothing need change.
    """

    exposure: float = 1.0
    gain: float = 1.0
    white_balance: float | None = None
    text: str = ''


@dataclass(frozen=True)
class LightingReport:
    """What the light did to an image.

    Attributes:
        mean_luma: Mean luma, 0 to 255.
        dark_share: Share of pixels too dark to name a colour, 0 to 1.
        clipped_share: Share of pixels with a clipped channel, 0 to 1.
        colour_temperature: Of the illuminant, K; None when it cannot be told.
        verdict: 'good', or what is worst in one word.
        remedy: What a person can do about it; empty when nothing is needed.
        tint: Of the illuminant away from the colours of hot bodies, in natural logarithms of
            green over the mean of red and blue; None when it cannot be told.
        findings: Each property with its own figure, verdict and remedy.
        camera: What to set on the camera, or None where it was not judged.
    """

    mean_luma: float
    dark_share: float
    clipped_share: float
    colour_temperature: float | None
    verdict: str
    remedy: str = ''
    tint: float | None = None
    findings: tuple[LightingFinding, ...] = ()
    camera: CameraAdvice | None = None

    def finding(self, name: str) -> LightingFinding | None:
        """Give the finding of a name, or None."""
        return next((item for item in self.findings if item.name == name), None)
