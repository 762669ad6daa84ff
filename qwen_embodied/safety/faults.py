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
    'F11': ('a hand into the table, an arm into an obstacle', 'rejected; exact boundary of C9'),
    'F12': ('joint states that stop in motion', 'rest on the path, then latched'),
    'F13': ('joint states that stand still with fresh stamps', 'given up by the tracking error'),
    'F14': ('stamps ahead, late, out of order, doubled', 'symmetric window; no news'),
    'F15': ('an arm that is stuck', 'rest, then latched; nothing goes on pressing'),
    'F16': ('cancel at random phases of a lagging arm', 'within step and acceleration'),
    'F17': ('a stop near something, all joints in motion', 'on the checked path, clear'),
    'F18': ('a second trajectory while one runs', 'refused, or joined without a jump'),
    'F19': ('each process killed in motion', 'the arm rests on its way; the rest ends cleanly'),
    'F20': ('each process paused in motion', 'as killed; no burst when it wakes'),
    'F21': ('a timer that ticks on while its worker is dead', 'silence of its work counter'),
    'F22': ('four busy processes beside kills', 'no stop is missed'),
    'F23': ('an exception in a callback', 'latched fault, the lease says stop'),
    'F24': ('SIGINT, SIGTERM and SIGHUP in motion', 'rest first, exit code 0, no traceback'),
    'F25': (
        'a clock that jumps, or runs at 0.1 to 10 times its rate',
        'what was planned is purged',
    ),
    'F26': ('`use_sim_time` set while running; two clocks', 'refused; latched'),
    'F27': ('a second publisher of commands; a delivery that cannot match', 'latched fault'),
    'F28': ('recordings with flipped, cut and missing bytes', 'one typed error, never wrong data'),
    'F29': ('images whose header lies', 'refused with the reason'),
    'F30': ('a camera that is black, white, covered or frozen', 'no new plans'),
    'F31': ('depth that is missing; a camera that was moved', 'no new plans'),
    'F32': ('a model server that hangs, lies or floods', 'one typed error in time and memory'),
    'F33': ('mutated replies of a model', 'none names or does the impossible'),
    'F34': ('NaN in the simulator; its warnings; its time going back', 'an error; latched fault'),
    'F35': ('a robot in an error, and released', 'latched; nothing moves by an old goal'),
    'F36': ('stop, fault, arm, reset and restart in any order', 'the latch holds'),
    'F37': ('a full disk, a folder that is read-only', 'said and counted; no stop waits for it'),
    'F38': ('half an hour in motion', 'memory stays; no swing is lost'),
    'F39': ('a grasp that misses, a thing that is dropped or moved', 'noticed and done again'),
    'F40': ('a person who comes near; a detector that dies', 'slower, then waiting'),
}

# What of these rows cannot be tested here, or is not, and why.
UNTESTED_FAULTS = {
    'F15': 'an actuator that is weak or turned round: the fake arms can be late or stuck',
    'F19': 'the driver killed as a process: to the others that is the silence of F12, which is',
    'F20': 'pauses of 50 and 150 ms: a busy machine makes such pauses itself',
    'F26': 'simulated time on hardware over DDS: judged in the core only',
    'F27': 'each subscription with each quality of service: one of them is',
    'F37': 'a process out of file descriptors, and the clock of the machine set back: the core '
    'counts on the steady clock alone',
    'F38': 'the planner for half an hour: controller, supervisor and perception run so long',
    'F40': 'a person in the simulated world: distances are given, nobody detects persons',
}
