"""F36: whatever is pressed and whenever, a latch holds and nothing moves that may not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from qwen_embodied.messages import ArmStatus
from qwen_embodied.safety import Supervisor
from safety.cases import FENCED, GOOD, LIMITS, SlidingBody, Watched

REAL = replace(FENCED, simulation=False, self_arming=False, healthy_time=0.05)


class Buttons(RuleBasedStateMachine):
    """A model that knows only whether a stop is latched and whether a person has armed."""

    def __init__(self):
        super().__init__()
        self.cell = Watched()
        self.cell.supervisor = self.build(None)
        self.latched = self.armed = False
        self.nonces, self.count = [], 0

    def build(self, latch):
        return Supervisor(
            LIMITS.scaled(2.0, 2.0, 5.0), gripper_joint='finger', body=SlidingBody(),
            parameters=REAL, latch=latch,
        )  # fmt: skip

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.3]))
    def time_passes(self, seconds):
        self.cell.run(seconds)

    @rule(mute=st.sampled_from([(), ('joints',), ('controller',), ('joints', 'controller')]))
    def inputs_fall_silent_or_come_back(self, mute):
        self.cell.mute = set(mute)

    @rule(speed=st.sampled_from([0.0, 0.009, 0.5]))
    def the_arm_is_moved(self, speed):
        self.cell.velocities = (0.0, speed, 0.0)

    @rule()
    def stop(self):
        self.cell.supervisor.stop('button', self.cell.now)
        assert self.cell.state in ('STOP_LATCHED', 'FAULT_LATCHED')
        self.latched = True

    @rule()
    def fault(self):
        self.cell.supervisor.fault('exception', self.cell.now)
        assert self.cell.state == 'FAULT_LATCHED'
        self.latched = True

    @rule()
    def arm(self):
        if self.cell.supervisor.arm(self.cell.now, 'anna').approved:
            assert not self.latched
            self.armed = True

    @rule()
    def propose(self):
        self.count += 1
        if self.cell.propose(GOOD, name=f'move {self.count}').approved:
            assert self.armed
            assert not self.latched

    @rule(state=st.sampled_from(['succeeded', 'aborted', 'idle']))
    def the_controller_ends(self, state):
        self.cell.status = ArmStatus(self.cell.status.trajectory_id, state)

    @rule()
    def reset_without_or_with_a_wrong_nonce(self):
        for nonce in (None, '', 'wrong', *self.nonces):
            assert not self.cell.supervisor.reset(self.cell.now, nonce, 'anna').approved

    @rule()
    def reset(self):
        latch = self.cell.supervisor.latch
        nonce = latch.nonce if latch else 'none'
        if self.cell.supervisor.reset(self.cell.now, nonce, 'anna').approved:
            assert self.latched
            assert self.cell.state == 'DISARMED'
            assert max(self.cell.velocities) <= 0.01
            self.latched = self.armed = False
        if latch is not None and self.cell.supervisor.latch is None:
            self.nonces.append(nonce)

    @precondition(lambda self: self.latched)
    @rule()
    def restart(self):
        self.cell.supervisor = self.build(self.cell.supervisor.latch)

    @invariant()
    def what_is_latched_stays_and_permits_nothing(self):
        said = self.cell.supervisor.tick(self.cell.now)
        latched = said.state in ('STOP_LATCHED', 'FAULT_LATCHED')
        # A silence latches by itself.
        self.latched = self.latched or latched
        assert latched == self.latched
        if latched:
            assert said.permission == 'stop'
            assert said.trajectory_id == ''
            assert said.nonce not in ('', *self.nonces)
            self.armed = False
        if said.permission == 'move':
            assert self.armed


test_f36_buttons = Buttons.TestCase
test_f36_buttons.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
