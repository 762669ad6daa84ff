"""Measures what is made of wordings that were listed or composed: planned, asked or wrong."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from qwen_embodied.bench.chain import wilson
from qwen_embodied.bench.plan_checker import faults
from qwen_embodied.bench.plan_phrases import Phrase, phrases
from qwen_embodied.bench.plan_scenes import SCENES
from qwen_embodied.bench.plan_wordings import KEPT, SEEN, composed
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.messages import Scene
from qwen_embodied.planning import GrammarPlanner, PlanRequest, verify

LISTS = ('wordings_seen', 'wordings_kept', 'wordings_last', 'wordings_outside', 'wordings_later')
PLANNER = GrammarPlanner()

Said = tuple[str, Scene, str]


def outcome(text: str, scene: Scene, goals: str) -> str:
    """Say 'planned', 'asked' or 'wrong'; goals are empty where a question is right."""
    plan = PLANNER.plan(PlanRequest(text, scene))
    if plan.question is not None:
        return 'asked'
    is_right = goals and not verify(plan, scene) and not faults(plan, scene, goals)
    return 'planned' if is_right else 'wrong'


def followable(listed: Iterable[Phrase]) -> list[Said]:
    """Give the wordings of a list that have a goal, where a question is not right as well."""
    return [(p.text, SCENES[p.scene], p.goals) for p in listed if p.goals and not p.may_ask]


def unfollowable(listed: Iterable[Phrase]) -> list[Said]:
    """Give the wordings of a list that only a question answers."""
    return [(p.text, SCENES[p.scene], '') for p in listed if not p.goals]


def wording_rows(count: int) -> list[Row]:
    """Score all lists, and so many wordings that are composed of each vocabulary."""
    found: list[Row] = []
    for name in LISTS:
        listed = phrases(name)
        found += _rows(name.replace('_', ' '), followable(listed), bar=90)
        asked = Counter(outcome(*said) for said in unfollowable(listed))
        share = 100 * asked['asked'] / asked.total()
        title = f'{name.replace("_", " ")}, {asked.total()} not to be followed: asked'
        found.append(at_least(title, share, '%', bar=100))
    for title, words in (('seen', SEEN), ('kept', KEPT)):
        cases = [(c.text, c.scene, c.wanted) for c in composed(words, count)]
        found += _rows(f'composed wordings {title}', cases, bar=90 if title == 'seen' else None)
    return found


def _rows(name: str, cases: list[Said], *, bar: float | None) -> Iterator[Row]:
    results = Counter(outcome(*said) for said in cases)
    total = results.total()
    for result in ('planned', 'asked', 'wrong'):
        low, high = (100 * part for part in wilson(results[result], total))
        share = 100 * results[result] / total
        title = f'{name}, {total}: {result} ({low:.1f} to {high:.1f})'
        if result == 'planned' and bar is not None:
            yield at_least(title, share, '%', bar=bar)
        elif result == 'wrong':
            yield at_most(title, share, '%', bar=0.5)
        else:
            yield figure(title, share, '%')
