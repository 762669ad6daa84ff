"""Short words for plans in tests: 'red_cube_1 in blue_bowl_1; home'."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations


def short(plan):
    """Fuse each pick with the place that follows it; a place alone is written with '='."""
    said, picked = [], None
    for step in plan.steps:
        if step.action == 'place':
            where = step.target or '({:g}, {:g})'.format(*step.position)
            mark = '' if picked == step.object else '= '
            said.append(f'{mark}{step.object} {step.relation} {where}')
            picked = None
            continue
        if picked:
            said.append(f'pick {picked}')
        picked = step.object if step.action == 'pick' else None
        if step.action == 'push':
            said.append(f'push {step.object} {step.direction} {step.distance:g}')
        if step.action == 'wait':
            said.append(f'wait {step.seconds:g}')
        if step.action == 'home':
            said.append('home')
        if step.action == 'ask':
            said.append(f'ask {step.question}')
    if picked:
        said.append(f'pick {picked}')
    return '; '.join(said)
