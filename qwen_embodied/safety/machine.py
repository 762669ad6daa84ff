"""What the machine says of itself: stop buttons, efforts, its status, the simulator's health."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.safety.findings import FAULT, STOP, Finding, silence
from qwen_embodied.safety.parameters import Parameters

Array = NDArray[np.float64]
SETTLING = 50  # efforts that make the first baseline
MEMORY = 0.05  # share of each new effort in the baseline


class StopButton:
    """A stop input that is pressed or not, and may have to be heard all the time (E1)."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._is_pressed, self._heard = False, -math.inf

    def take(self, is_pressed: bool, now: float) -> None:
        """Take the button."""
        self._is_pressed, self._heard = is_pressed, now

    def findings(self, now: float) -> list[Finding]:
        """Report a pressed button, and the silence of one that must be heard."""
        if self._is_pressed:
            return [Finding('E1', 'the stop button is pressed', STOP)]
        age, limit = now - self._heard, self._parameters.stop_button_timeout
        if not self._parameters.stop_button or 0.0 <= age <= limit:
            return []
        if math.isinf(age):
            return [Finding('E1', 'stop button: never heard', STOP, age, limit)]
        return [silence('E1', 'stop button', age, limit, limit)]


class EffortMonitor:
    """Compares the efforts of the arm joints with a slow baseline of each (D13).

    A joint that never had one is passed over: ros2_control sends NaN for what no hardware gives.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._mean: Array | None = None
        self._square: Array | None = None
        self._carried: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._count = 0
        self._over: Finding | None = None

    def take(self, names: tuple[str, ...], efforts: Array) -> None:
        """Take efforts (J,) N·m of the arm joints."""
        self._over = None
        if self._mean is None or self._square is None or len(self._mean) != len(efforts):
            self._mean, self._square = np.zeros(len(efforts)), np.zeros(len(efforts))
            self._carried, self._count = np.zeros(len(efforts), dtype=bool), 0
        self._carried |= ~np.isnan(efforts)
        efforts = np.where(self._carried, efforts, 0.0)
        if not np.isfinite(efforts).all():
            self._over = Finding('D13', 'efforts that are not finite', STOP)
            return
        p, away = self._parameters, np.abs(efforts - self._mean)
        limits = np.maximum(p.effort_sigma * np.sqrt(self._square), p.effort_margin)
        if self._count >= SETTLING and not (away <= limits).all():
            at = int(np.argmax(away - limits))
            text = f'{names[at]}: {away[at]:.1f} N·m over its baseline, allowed {limits[at]:.1f}'
            self._over = Finding('D13', text, STOP, float(away[at]), float(limits[at]))
        self._count += 1
        share = max(MEMORY, 1.0 / self._count)
        self._mean = self._mean + share * (efforts - self._mean)
        self._square = (1.0 - share) * (self._square + share * away**2)

    def findings(self, now: float) -> list[Finding]:
        """Report an effort that is over its baseline."""
        return [self._over] if self._over is not None else []


class HardwareMonitor:
    """Hears the robot's own status: its safety mode, its errors (D15)."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._mode, self._faults, self._heard = '', '', -math.inf

    def take(self, mode: str, faults: str, now: float) -> None:
        """Take the mode that the robot is in, and its faults in words; empty without any."""
        self._mode, self._faults, self._heard = mode, faults, now

    def findings(self, now: float) -> list[Finding]:
        """Report a mode that is not allowed, faults, and silence where it must be heard."""
        p, age = self._parameters, now - self._heard
        if math.isinf(age):
            never = Finding('D15', 'hardware status: never heard', STOP, purges=True)
            return [never] if p.hardware_status else []
        if not 0.0 <= age <= p.hardware_timeout:
            return [silence('D15', 'hardware status', age, p.hardware_timeout, p.silence_stop)]
        if self._faults or self._mode not in p.hardware_modes:
            wanted = ', '.join(p.hardware_modes)
            text = f'the robot is in mode {self._mode} {self._faults}'.rstrip()
            return [Finding('D15', f'{text}, allowed {wanted}', STOP, purges=True)]
        return []


@dataclass(frozen=True)
class SimulatorHealth:
    """What a simulator says of itself.

    Attributes:
        time: Simulated, s.
        warnings: Raised so far.
        is_finite: Whether its state is.
        resets_itself: Whether it would begin anew after a fault without a word.
    """

    time: float
    warnings: int
    is_finite: bool
    resets_itself: bool


class SimulatorMonitor:
    """Takes a simulator's quiet faults as faults (D14)."""

    def __init__(self) -> None:
        self._time = -math.inf
        self._fault: Finding | None = None

    def take(self, health: SimulatorHealth) -> None:
        """Take its health; what was wrong once stays wrong."""
        troubles = (
            (health.warnings != 0, f'{health.warnings} warnings'),
            (not health.is_finite, 'a state that is not finite'),
            (health.resets_itself, 'it would reset itself after a fault'),
            (not health.time >= self._time, f'its time went back to {health.time:.3f} s'),
        )
        said = [text for is_so, text in troubles if is_so]
        if said and self._fault is None:
            self._fault = Finding('D14', f'simulator: {", ".join(said)}', FAULT)
        self._time = health.time

    def findings(self, now: float) -> list[Finding]:
        """Report the first fault."""
        return [self._fault] if self._fault is not None else []
