"""Wordings of all lists: right or asked about, never wrong; and the parts that read them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter

import pytest

from planning import scenes
from planning.wording import short
from qwen_embodied.bench.plan_listed import LISTS, followable, outcome, unfollowable
from qwen_embodied.bench.plan_phrases import in_full, phrases
from qwen_embodied.bench.plan_scenes import SCENES
from qwen_embodied.bench.plan_wordings import KEPT, SEEN, composed
from qwen_embodied.planning import GrammarPlanner, PlanRequest, check
from qwen_embodied.planning.grammar.frames import unframed
from qwen_embodied.planning.grammar.lexer import tokens_of
from qwen_embodied.planning.grammar.spelling import Spelling

PLANNER = GrammarPlanner()


def ask(text, where='BOWLS'):
    return PLANNER.plan(PlanRequest(text, SCENES[where]))


@pytest.mark.parametrize('name', LISTS)
def test_followable_wordings_are_planned_right_or_asked_about(name):
    results = {said[0]: outcome(*said) for said in followable(phrases(name))}
    assert [text for text, result in results.items() if result == 'wrong'] == []
    planned = sum(result == 'planned' for result in results.values())
    assert planned / len(results) >= 0.9


@pytest.mark.parametrize('name', LISTS)
def test_what_cannot_be_followed_is_asked_about(name):
    listed = unfollowable(phrases(name))
    assert [said[0] for said in listed if outcome(*said) != 'asked'] == []
    assert len(listed) >= 30


@pytest.mark.parametrize('name', LISTS)
def test_the_scope_allows_what_the_planner_plans(name):
    for phrase in phrases(name):
        request = PlanRequest(phrase.text, SCENES[phrase.scene])
        plan = PLANNER.plan(request)
        assert plan.question or check(plan, request) == (), (phrase.text, short(plan))


@pytest.mark.parametrize('words', [SEEN, KEPT], ids=['seen', 'kept'])
def test_composed_wordings_are_never_planned_wrongly(words):
    results = Counter(outcome(c.text, c.scene, c.wanted) for c in composed(words, 120))
    assert results['wrong'] == 0
    assert results['planned'] > 60


def test_the_lists_are_as_long_as_promised():
    listed = [phrase for name in LISTS for phrase in phrases(name)]
    assert len(followable(listed)) >= 300
    assert len(unfollowable(listed)) >= 100
    assert len({(phrase.scene, phrase.text) for phrase in listed}) == len(listed)


def test_short_conditions_are_written_in_full():
    assert in_full('red_cube,blue_ball_2 in tray_1 / ASK') == (
        'red_cube_1 in tray_1; blue_ball_2 in tray_1 / ASK'
    )


@pytest.mark.parametrize(
    ('said', 'meant'),
    [
        ('teh', 'the'), ('yelow', 'yellow'), ('bwol', 'bowl'), ('cubbe', 'cube'),
        ('cylimder', 'cylinder'),
        ('wall', 'wall'), ('cue', 'cue'), ('lock', 'lock'), ('owl', 'owl'), ('sack', 'sack'),
    ],
)  # fmt: skip
def test_slips_are_corrected_and_other_words_are_left_alone(said, meant):
    known = ('the', 'yellow', 'bowl', 'cube', 'block', 'ball', 'cylinder', 'stack')
    assert Spelling(known).corrected(said) == meant


def test_a_slip_that_may_mean_two_words_is_left_alone():
    assert Spelling(('place', 'palce', 'plcae')).corrected('plce') == 'plce'


@pytest.mark.parametrize(
    ('said', 'left'),
    [
        ('i was wondering if you could put it there', 'put it there'),
        ('would it be possible for you to put it there', 'put it there'),
        ('put it there , will you', 'put it there'),
        ('i will put it there', 'i will put it there'),
        ('did you put it there', 'did you put it there'),
        ('tell me how to put it there', 'tell me how to put it there'),
    ],
)
def test_frames_are_taken_off_requests_only(said, left):
    words = said.split()
    assert [words[at] for at in unframed(words)] == left.split()


def test_numbered_steps_become_sentences():
    said = [token.word for token in tokens_of('1. put it down 2. go home')]
    assert '1' not in said
    assert '2' not in said


@pytest.mark.parametrize(
    ('text', 'steps'),
    [
        ('if there is a red block, put it in the red bowl', 'red_cube_1 in red_bowl_1'),
        ('if the leftmost block is blue, put it in the red bowl, otherwise in the green bowl',
         'red_cube_1 in green_bowl_1'),
        ('if there are more than four blocks, put the red one in the red bowl, otherwise put the '
         'blue one there', 'blue_cube_1 in red_bowl_1'),
        ('if the red bowl is empty, put the blue block in it, otherwise put the red block in it',
         'blue_cube_1 in red_bowl_1'),
    ],
)  # fmt: skip
def test_conditions_choose_what_is_done(text, steps):
    assert short(ask(text)) == steps


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('if it is sunny, put the red block in the red bowl', 'sunny'),
        ('if there is a pink block, put it in the red bowl', 'I see nothing for which'),
        ('put the red block in the red bowl until it is full', 'full'),
        ('put every second block from the left in the red bowl', 'Which ones exactly'),
        ('put some blocks in the red bowl', 'How many'),
        ('put two blocks in the red bowl: the yellow one', 'but named 1'),
        ('put a block in one of those', 'those'),
        ('put the red block next to something', 'something'),
        ('move the red block towards the blue block', 'How far'),
        ('the red block is in the red bowl', 'Is it so'),
        ('should the red block go in the red bowl?', 'question'),
        ('put the lemon in the red bowl', 'lemon'),
        ('find the red block', 'What should I do with it'),
    ],
)
def test_what_words_leave_open_is_asked(text, words):
    plan = ask(text)
    assert plan.question is not None, short(plan)
    assert words in plan.question


def test_a_wrong_statement_is_asked_about():
    asked = PlanRequest('The blue bowl is empty. Put the cube in it.', scenes.STACKED)
    assert 'I do not see that' in PLANNER.plan(asked).question


@pytest.mark.parametrize(
    'before',
    ['do not', 'you must not', 'never', "I don't want you to", 'have you', 'why did you',
     'he said:', 'I am going to', 'what happens if you'],
)  # fmt: skip
def test_what_is_denied_asked_after_or_told_is_not_done(before):
    verbs = ('put ', 'place ', 'move ', 'push ', 'stack ', 'take ', 'grab ', 'slide ')
    done, tried = [], 0
    for phrase in (phrase for name in LISTS for phrase in phrases(name)):
        text = phrase.text[:1].lower() + phrase.text[1:]
        is_one = not any(part in text for part in ('.', ';', 'then', 'after'))
        if text.startswith(verbs) and is_one:
            tried += 1
            plan = ask(f'{before} {text}', phrase.scene)
            done += [] if plan.question else [text]
    assert done == []
    assert tried > 100
