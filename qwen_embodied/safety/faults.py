"""The faults that are injected in tests, and what must come of each; docs/safety.md lists them.

The test of a fault has its number in its name: test_f07_... for F7.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

FAULTS = {
    'F1': ('numbers that are not finite in any field of any point', 'rejected, the arm unmoved'),
    'F2': ('NaN in one joint state', 'stopped on finite commands'),
    'F3': ('joint states that were never written', 'nothing starts'),
    'F4': ('joint names doubled, missing, unknown or in another order', 'rejected, or mapped'),
    'F5': ('times that stand still, go back or are negative', 'rejected'),
    'F6': ('a start time in the past or future', 'rejected'),
    'F7': ('legal points whose curve leaves the limits', 'rejected by C5'),
    'F8': ('speed, acceleration and jerk a thousandth beside the limit', 'exact boundary'),
    'F9': ('a start 0.0099 and 0.0101 rad off, and a whole turn off', 'exact boundary'),
    'F10': ('a million points, hours', 'rejected before a point is read'),
    'F14': ('stamps ahead, late, out of order, doubled', 'symmetric window; no news'),
    'F16': ('cancel at random phases of a lagging arm', 'within step and acceleration'),
    'F23': ('an exception in a callback', 'latched fault, the lease says stop'),
    'F26': ('`use_sim_time` set while running', 'refused'),
    'F27': ('a second publisher of commands; a delivery that cannot match', 'latched fault'),
    'F29': ('images whose header lies', 'refused with the reason'),
    'F30': ('a camera that is black, white, covered or frozen', 'no new plans'),
    'F31': ('depth that is missing; a camera that was moved', 'no new plans'),
    'F36': ('stop, fault, arm, reset and restart in any order', 'the latch holds'),
}
