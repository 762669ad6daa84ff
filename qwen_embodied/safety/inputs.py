"""All that is watched while the arm runs, in one place."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.limits import JointLimits
from qwen_embodied.safety.camera import CameraMonitor
from qwen_embodied.safety.findings import STOP, Finding
from qwen_embodied.safety.machine import (
    EffortMonitor,
    HardwareMonitor,
    SimulatorMonitor,
    StopButton,
)
from qwen_embodied.safety.monitors import Heartbeats, StateMonitor
from qwen_embodied.safety.monitors_graph import GraphMonitor
from qwen_embodied.safety.monitors_time import ClockMonitor, LoopMonitor
from qwen_embodied.safety.parameters import Parameters
from qwen_embodied.safety.people import PeopleMonitor


class Inputs:
    """The monitors; each takes what is heard and reports what it finds.

    Attributes:
        joints: D1 and D2.
        heartbeats: D5.
        loop: D7.
        clock: D8.
        graph: D9.
        camera: D10 and D11.
        people: D12.
        efforts: D13.
        simulator: D14.
        hardware: D15.
        button: E1.
    """

    def __init__(self, limits: JointLimits, parameters: Parameters) -> None:
        """Hear nothing yet; `limits` are the robot's own."""
        self._parameters = parameters
        self.joints = StateMonitor(limits, parameters)
        self.heartbeats = Heartbeats(parameters)
        self.loop = LoopMonitor(parameters)
        self.clock = ClockMonitor(parameters)
        self.graph = GraphMonitor()
        self.camera = CameraMonitor(parameters)
        self.people = PeopleMonitor(parameters)
        self.efforts = EffortMonitor(parameters)
        self.simulator = SimulatorMonitor()
        self.hardware = HardwareMonitor(parameters)
        self.button = StopButton(parameters)
        self._tracking_error = 0.0
        self._speed = 1.0

    def take_tracking_error(self, error: float) -> None:
        """Take the largest tracking error of an arm joint, rad (D3)."""
        self._tracking_error = error

    def take_speed(self, scale: float) -> bool:
        """Take the operator's share of the pace; False when it is none from 0 to 1."""
        is_share = 0.0 <= scale <= 1.0
        self._speed = scale if is_share else self._speed
        return is_share

    def scale(self, now: float) -> float:
        """Give the share of the pace that operator and people allow."""
        return min(self._speed, self.people.scale(now))

    def stamps(self, now: float) -> float:
        """Give the time of the stamps as of the last joint state, s."""
        latest = self.joints.latest
        return now if latest is None else latest.stamp

    def findings(self, now: float) -> tuple[Finding, ...]:
        """Collect what is found now, without the rules that are off."""
        monitors = (
            self.joints, self.heartbeats, self.loop, self.clock, self.graph, self.people,
            self.efforts, self.simulator, self.hardware, self.button,
        )  # fmt: skip
        found = [finding for monitor in monitors for finding in monitor.findings(now)]
        found += self.camera.findings(now, self.stamps(now)) + self._tracking()
        return tuple(item for item in found if item.rule not in self._parameters.disabled)

    def _tracking(self) -> list[Finding]:
        error, limit = self._tracking_error, self._parameters.tracking_stop
        if 0.0 <= error <= limit:
            return []
        message = f'tracking error {error:.3f} rad, allowed {limit:g}'
        return [Finding('D3', message, STOP, error, limit)]
