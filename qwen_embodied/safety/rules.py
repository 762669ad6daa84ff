"""The rules as data: what is judged, against which threshold, with which response, and why.

Thresholds in braces are fields of the stage's Parameters; docs/safety.md shows their defaults.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.safety.rule import RESPONSES, Rule
from qwen_embodied.safety.rules_plan import PLAN_FORM, PLAN_MEANING
from qwen_embodied.safety.rules_running import RUNNING, STOPPING
from qwen_embodied.safety.rules_trajectory import TRAJECTORY

__all__ = ['GROUPS', 'NOT_YET', 'RESPONSES', 'RULES', 'Rule']

GROUPS = {
    'A. The reply of a model': PLAN_FORM,
    'B. The plan': PLAN_MEANING,
    'C. The trajectory': TRAJECTORY,
    'D. While it runs': RUNNING,
    'E. Stop and reset': STOPPING,
}
RULES = {rule.id: rule for group in GROUPS.values() for rule in group}

NOT_YET = {
    'A6': 'digests of model and prompt in the answer; an answer is matched to its call only',
    'B3': 'classes that perception tells apart: it knows shapes on a table, no persons',
    'C2': 'a first point at one period or later: at time 0 it may be 0.01 rad from the arm (C3), '
    'and the command goes over to it smoothly',
    'D5': 'work counters of perception and planner: the first works 10 times a second, slower '
    'than the 0.1 s of D5, and its images and their silence are watched by D10; the second may '
    'wait 20 s for a model, and without it nothing new is proposed',
    'D11': 'a measured pose of the camera or a reprojection in the graph: nobody publishes one',
    'D12': 'a detector of persons; the distance has to come from one on `safety/people`',
    'D15': 'drivers that publish `hardware/status`; the translation is for the robot at hand',
    'E': 'a stop that leaves the path: hardware does that; the hardest stop here stays on it',
}
