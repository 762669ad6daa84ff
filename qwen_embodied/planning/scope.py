"""What an operator's words allow: verbs, objects and places. Text in an image allows nothing.

The words are read without the image's text; the scene only says which objects fit a description.
A planner that was talked into something else, by a sign or by itself, is stopped here.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from qwen_embodied.messages import Scene
from qwen_embodied.planning.facts import Workspace, rests
from qwen_embodied.planning.model import Model, Reach
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import Plan, Step
from qwen_embodied.planning.verify import Violation, verify

UPON = frozenset({'on', 'at'})
_WORD = re.compile(r'\w+')
_ARTICLES = frozenset({'the', 'a', 'an'})


@dataclass(frozen=True)
class Allowance:
    """What one clause allows.

    Attributes:
        movers: Ids that may be moved by it.
        relations: In which they may be placed; 'held' allows to keep one in the gripper.
        targets: Ids that the relations may refer to.
        directions: In which the movers may be pushed.
    """

    movers: frozenset[str]
    relations: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scope:
    """What a whole instruction allows.

    Attributes:
        allowances: One per clause.
        protected: Ids that must not be touched.
        may_wait: Whether it speaks of waiting.
        refusal: Why nothing at all is allowed; empty where something is.
        said: The operator's words, which descriptions of places must be taken from.
    """

    allowances: tuple[Allowance, ...] = ()
    protected: frozenset[str] = frozenset()
    may_wait: bool = False
    refusal: str = ''
    said: tuple[str, ...] = ()

    @property
    def named(self) -> frozenset[str]:
        """All ids that the words may mean."""
        found = [allowed.movers | allowed.targets for allowed in self.allowances]
        return frozenset().union(*found)

    @property
    def standing(self) -> frozenset[str]:
        """All ids whose place on the table the words may ask for."""
        asking = (a.movers for a in self.allowances if 'at' in a.relations)
        return frozenset().union(*asking)


def breaches(plan: Plan, scope: Scope, scene: Scene, holding: str | None = None) -> tuple[
    Violation, ...
]:  # fmt: skip
    """Say which steps the operator's words do not allow.

    What stands on a named object, or where one shall go, may be moved aside: placed on a free
    point of the table and nowhere else.

    Args:
        plan: Of any planner.
        scope: Of the operator's words.
        scene: As perceived now.
        holding: Id of the object in the gripper now, or None.
    """
    if scope.refusal:
        acting = (n for n, step in enumerate(plan.steps) if step.action != 'ask')
        return tuple(Violation(n, 'scope', scope.refusal) for n in acting)
    model = Model.of(scene, holding, Workspace())
    in_the_way = _in_the_way(scope, scene)
    found = []
    for index, step in enumerate(plan.steps):
        reason = _reason(step, scope, in_the_way)
        if reason:
            found.append(Violation(index, 'scope', reason))
        model.apply(step)
    found += _left_aside(plan, scope, in_the_way)
    if not found and model.held is not None and not _may_keep(model.held, scope, holding):
        reason = f'nobody asked me to keep {_the(model.held, scene)} in the gripper'
        found.append(Violation(len(plan.steps) - 1, 'scope', reason))
    return tuple(found)


def check(
    plan: Plan, request: PlanRequest, workspace: Workspace | None = None,
    *, reach: Reach | None = None, scope: Scope | None = None,
) -> tuple[Violation, ...]:  # fmt: skip
    """Verify a plan and hold it against the operator's words.

    Args:
        plan: Of any planner.
        request: With the operator's words and the scene.
        workspace: Where things may be put; None for the usual table.
        reach: Says whether the tool gets to x, y, z m; None asks the request's.
        scope: Where it is known already; None reads it from the request.
    """
    from qwen_embodied.planning.grammar.scoping import scope_of

    wanted = scope or scope_of(request, workspace)
    reach = reach or request.reach
    found = verify(plan, request.scene, request.holding, workspace, reach=reach)
    return (*breaches(plan, wanted, request.scene, request.holding), *found)


def _reason(step: Step, scope: Scope, in_the_way: frozenset[str]) -> str:
    if step.action in ('ask', 'home'):
        return ''
    if step.action == 'wait':
        return '' if scope.may_wait else 'nobody asked me to wait'
    name = step.object or ''
    if name in scope.protected:
        return f'I must not touch {name}'
    if step.action == 'push':
        ok = any(name in a.movers and step.direction in a.directions for a in scope.allowances)
        return '' if ok else f'nobody asked me to push {name} {step.direction}'
    if step.action == 'pick':
        known = name in in_the_way or any(
            name in a.movers and (a.relations or not a.directions) for a in scope.allowances
        )
        return '' if known else f'nobody asked me to pick {name}'
    return _placing(step, scope, in_the_way)


def _placing(step: Step, scope: Scope, in_the_way: frozenset[str]) -> str:
    name, relation = step.object or '', step.relation or ''
    if step.words is not None or len(step.position or ()) == 3:
        return _measured(step, scope)
    if relation == 'at' and (name in in_the_way or name in _steps_aside(scope)):
        return ''
    for allowed in scope.allowances:
        to_target = step.target is None or step.target in allowed.targets
        if name in allowed.movers and relation in allowed.relations and to_target:
            return ''
    where = step.target or 'a point of the table'
    return f'nobody asked me to put {name} {relation.replace("_", " ")} {where}'


def _measured(step: Step, scope: Scope) -> str:
    """Judge a place at a point that stands for something which the operator described."""
    words = step.words or 'a measured point'
    if step.words is None or not is_said(step.words, scope.said):
        return f'the operator did not speak of ‘{words}’'
    for allowed in scope.allowances:
        if step.object in allowed.movers and allowed.relations & UPON:
            return ''
    return f'nobody asked me to put {step.object} at ‘{words}’'


def is_said(words: str, said: Iterable[str]) -> bool:
    """Say whether a description is made of words that the operator said, articles apart."""
    wanted = set(_WORD.findall(words.casefold())) - _ARTICLES
    whole = ''.join(_WORD.findall(words.casefold()))
    for text in said:
        known = _WORD.findall(text.casefold())
        if wanted and (wanted <= set(known) or (not words.isascii() and whole in ''.join(known))):
            return True
    return False


def _left_aside(plan: Plan, scope: Scope, in_the_way: frozenset[str]) -> list[Violation]:
    """Find named objects that end where they were only put down on the way."""
    last = {step.object: n for n, step in enumerate(plan.steps) if step.action == 'place'}
    found = []
    for name, number in last.items():
        allowed = [a.relations for a in scope.allowances if name in a.movers]
        may_stay = name in in_the_way or any('at' in relations for relations in allowed)
        step = plan.steps[number]
        may_stay = may_stay or step.words is not None
        if step.relation == 'at' and allowed and not may_stay:
            found.append(Violation(number, 'scope', f'nobody asked me to leave {name} there'))
    return found


def _steps_aside(scope: Scope) -> frozenset[str]:
    """Give what may be put down on the way to its goal: all that has a goal to be placed at."""
    return _union(a.movers for a in scope.allowances if a.relations - {'held'})


def _in_the_way(scope: Scope, scene: Scene) -> frozenset[str]:
    """Give what rests on named objects, or stands where something named shall go."""
    above, upon = set[str](), rests(scene)
    for _ in scene.objects:
        below = above | scope.named
        above |= {n for n, rest in upon.items() if rest.target in below and rest.relation == 'on'}
    containers = {item.id for item in scene.objects if item.is_container}
    above -= _union(a.movers for a in scope.allowances) | containers
    needs_room = any('at' in allowed.relations for allowed in scope.allowances)
    loose = {item.id for item in scene.objects if not item.is_container} if needs_room else set()
    return frozenset((above | loose) - scope.protected)


def _may_keep(name: str, scope: Scope, holding: str | None) -> bool:
    keeps = any('held' in a.relations and name in a.movers for a in scope.allowances)
    return keeps or name == holding


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _the(name: str, scene: Scene) -> str:
    item = scene.find(name)
    return f'the {item.label}' if item is not None else name
