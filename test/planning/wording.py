"""Short words for plans in tests: 'red_cube_1 in blue_bowl_1; home'."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

FORMS = {
    'pick': 'pick {object}',
    'push': 'push {object} {direction} {distance:g}',
    'wait': 'wait {seconds:g}',
    'home': 'home',
    'ask': 'ask {question}',
}


def short(plan):
    """Fuse each pick with the place that follows it; a place alone is written with '='."""
    said = []
    for step in plan.steps:
        if step.action != 'place':
            said.append(FORMS[step.action].format(**dict(step)))
            continue
        where = step.target or '({:g}, {:g})'.format(*step.position)
        is_fused = said[-1:] == [f'pick {step.object}']
        said[-1:] = [] if is_fused else said[-1:]
        said.append(f'{"" if is_fused else "= "}{step.object} {step.relation} {where}')
    return '; '.join(said)
