"""Approval of plans: bound to one hash, lost by a stop, limited in time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest

from qwen_embodied.safety import plan_of, signed
from qwen_embodied.safety.approval import Approvals
from safety.cases import FENCED, Watched

ONE, OTHER = 'a' * 64, 'b' * 64


def asking(**changes):
    """Give a healthy supervisor to which a plan was offered."""
    cell = Watched(approval='ask', **changes).run()
    cell.supervisor.approvals.offer(ONE, 'tidy up', ('pick the cup',), cell.now)
    return cell


def approve(cell, plan=ONE, operator='anna'):
    return cell.supervisor.approvals.decide(plan, operator, cell.now, approve=True)


def refusal(cell, plan=ONE, name='move'):
    return ' '.join(cell.propose(name=signed(name, plan)).reasons)


def test_an_id_carries_the_hash_of_its_plan():
    assert plan_of(signed('a-1', ONE)) == ONE
    assert plan_of('a-1') == plan_of('a@b') == plan_of(signed('a', '')) == ''


def test_an_approved_plan_is_carried_out():
    cell = asking()
    assert approve(cell) == ''
    assert refusal(cell) == ''
    assert cell.state == 'EXECUTING'


@pytest.mark.parametrize('plan', ['', OTHER, ONE[:-1] + 'b', ONE[:12], ONE.upper()])
def test_any_other_hash_is_refused(plan):
    cell = asking()
    assert approve(cell) == ''
    assert refusal(cell, plan).startswith('E5 ')
    assert cell.state == 'ARMED'


@pytest.mark.parametrize('plan', ['', OTHER, ONE[:12], 'é' * 64])
def test_an_approval_of_another_hash_does_not_count(plan):
    cell = asking()
    assert 'not the hash' in approve(cell, plan)
    assert 'is pending' in refusal(cell)


@pytest.mark.parametrize('operator', ['', 'a b', 'x' * 65, 'é'])
def test_an_approval_needs_a_name(operator):
    cell = asking()
    assert 'operator' in approve(cell, operator=operator)
    assert 'is pending' in refusal(cell)


def test_a_changed_plan_needs_its_own_approval():
    cell = asking()
    approve(cell)
    cell.supervisor.approvals.offer(OTHER, 'tidy up', ('push the cup',), cell.now)
    assert 'not the one that was offered last' in refusal(cell, ONE)
    assert 'is pending' in refusal(cell, OTHER)
    assert approve(cell, OTHER) == ''
    assert refusal(cell, OTHER) == ''


def test_a_repeated_delivery_asks_nobody_again():
    cell = asking()
    approve(cell)
    cell.supervisor.approvals.offer(ONE, 'tidy up', ('in other words',), cell.now)
    assert refusal(cell) == ''


def test_a_refused_plan_stays_refused():
    cell = asking()
    assert cell.supervisor.approvals.decide(ONE, 'anna', cell.now, approve=False) == ''
    assert 'is refused: by anna' in refusal(cell)
    assert 'no plan waits' in approve(cell)


@pytest.mark.parametrize(('seconds', 'state'), [(119.9, 'pending'), (120.2, 'expired')])
def test_a_plan_waits_for_a_person_so_long_and_no_longer(seconds, state):
    cell = asking()
    cell.supervisor.approvals.tick(cell.now + seconds)
    assert cell.supervisor.approvals.said.state == state


def test_a_plan_that_expired_cannot_be_approved():
    cell = asking()
    cell.now += 121.0
    assert 'the last one is expired' in approve(cell)


def test_an_approval_of_which_nothing_comes_lapses_and_motion_renews_it():
    cell = asking(approval_timeout=10.0)
    approvals = cell.supervisor.approvals
    approve(cell)
    begun = cell.now
    approvals.tick(begun + 9.0)
    assert approvals.objection(signed('a-1', ONE)) == ''
    approvals.tick(begun + 18.0)
    assert approvals.objection(signed('a-2', ONE)) == ''
    approvals.tick(begun + 29.0)
    assert 'nothing came of it for 10 s' in approvals.objection(signed('a-3', ONE))


def test_a_stop_takes_the_approval_away():
    cell = asking()
    approve(cell)
    cell.supervisor.stop('test', cell.now)
    cell.supervisor.reset(cell.now)
    cell.run(0.5)
    assert cell.state == 'ARMED'
    assert 'is dropped: E1 stop: test' in refusal(cell)


def test_what_purges_plans_takes_the_approval_away():
    cell = asking()
    approve(cell)
    cell.supervisor.inputs.hardware.take('PROTECTIVE_STOP', '', cell.now)
    cell.supervisor.tick(cell.now)
    assert cell.supervisor.approvals.said.state == 'dropped'


def test_auto_asks_nobody():
    cell = Watched(approval='auto').run()
    assert refusal(cell, '') == ''
    cell.supervisor.approvals.offer(ONE, 'tidy up', (), cell.now)
    assert cell.supervisor.approvals.said.state == 'approved'


def test_deny_refuses_every_plan_and_every_motion():
    cell = Watched(approval='deny').run()
    cell.supervisor.approvals.offer(ONE, 'tidy up', (), cell.now)
    assert cell.supervisor.approvals.said.state == 'refused'
    assert 'no plan waits' in approve(cell)
    for plan in ('', ONE):
        assert 'approval: deny' in refusal(cell, plan)


def test_a_plan_that_breaks_a_rule_is_refused_before_anybody_is_asked():
    cell = Watched(approval='ask').run()
    cell.supervisor.approvals.offer(ONE, 'x', (), cell.now, 'B3 hand_1 is a hand')
    assert cell.supervisor.approvals.said.reason == 'B3 hand_1 is a hand'
    assert 'is refused' in refusal(cell)


def test_x16_nothing_that_is_shown_can_move_the_cursor_of_a_terminal():
    cell = Watched(approval='ask').run()
    sly = 'pick the cup\x1b[2K\r\n2. wait\u202e'
    cell.supervisor.approvals.offer(ONE, sly, (sly,), cell.now)
    said = cell.supervisor.approvals.said
    assert said.instruction == said.steps[0] == 'pick the cup [2K  2. wait '
    assert all(text.isprintable() for text in (said.instruction, *said.steps))


def test_every_decision_about_a_plan_is_kept_with_its_hash_and_the_person():
    cell = asking()
    approve(cell)
    kept = [d for d in cell.supervisor.decisions.take() if d.kind.startswith('plan ')]
    assert [(d.kind, d.rule, d.operator) for d in kept] == [
        ('plan offered', 'E5', ''),
        ('plan approved', 'E5', 'anna'),
    ]
    assert all(ONE in d.message for d in kept)


def approvals(mode='ask', limit=10.0):
    """Give approvals and the list of what they note."""
    noted = []
    kept = Approvals(replace(FENCED, approval=mode, approval_timeout=limit),
                     lambda *words: noted.append(words))  # fmt: skip
    return kept, noted


@pytest.mark.parametrize(
    ('mode', 'fault', 'state', 'reason'),
    [
        ('auto', '', 'approved', 'approval: auto'),
        ('auto', 'B3 hand', 'approved', 'approval: auto'),
        ('deny', '', 'refused', 'no plan is carried out here (approval: deny)'),
        ('deny', 'B3 hand', 'refused', 'B3 hand'),
        ('ask', 'B3 hand', 'refused', 'B3 hand'),
        ('ask', '', 'pending', ''),
    ],
)
def test_e5_an_offer_is_kept_with_what_became_of_it(mode, fault, state, reason):
    kept, noted = approvals(mode)
    kept.offer(ONE, 'tidy\nup', ('pick', 'place'), 3.0, fault)
    said = kept.said
    assert (said.mode, said.state, said.plan, said.reason) == (mode, state, ONE, reason)
    assert (said.instruction, said.steps) == ('tidy up', ('pick', 'place'))
    kind, text = (
        ('plan offered', 'pick; place') if state == 'pending' else (f'plan {state}', reason)
    )
    assert noted == [(3.0, kind, f'{ONE}: {text}', '')]


@pytest.mark.parametrize('approve', [True, False])
def test_e5_the_word_of_a_person_is_kept_with_time_and_name(approve):
    kept, noted = approvals()
    kept.offer(ONE, 'x', (), 3.0)
    assert kept.decide(ONE, 'anna', 4.0, approve=approve) == ''
    state = 'approved' if approve else 'refused'
    assert kept.said.reason == 'by anna'
    assert noted[-1] == (4.0, f'plan {state}', f'{ONE}: by anna', 'anna')


@pytest.mark.parametrize(('wait', 'state'), [(10.0, 'pending'), (10.001, 'expired')])
def test_e5_boundary_of_the_wait_for_a_person(wait, state):
    kept, noted = approvals()
    kept.offer(ONE, 'x', (), 3.0)
    kept.tick(3.0 + wait)
    assert kept.said.state == state
    if state == 'expired':
        assert noted[-1] == (13.001, 'plan expired', f'{ONE}: nobody answered for 10 s', '')
        assert kept.said.reason == 'nobody answered for 10 s'


def test_e5_an_approval_counts_from_the_word_of_the_person():
    kept, noted = approvals()
    kept.offer(ONE, 'x', (), 3.0)
    assert kept.decide(ONE, 'anna', 11.0, approve=True) == ''
    kept.tick(21.0)
    assert kept.objection(signed('a', ONE)) == ''
    kept.tick(31.001)
    assert kept.objection(signed('a', ONE)) == (
        f'its plan {ONE[:12]} is expired: nothing came of it for 10 s'
    )
    assert noted[-1][0] == 31.001


def test_e5_objections_name_the_plan_and_the_way_out():
    kept, _ = approvals()
    kept.offer(ONE, 'x', (), 3.0)
    assert kept.objection(signed('a', ONE)) == f'its plan {ONE[:12]} is pending: ask a person'
    assert kept.objection(signed('a', OTHER)) == (
        f'it belongs to the plan {OTHER[:12]}, which is not the one that was offered last'
    )
    assert kept.objection('a') == (
        'it names no plan, and a person has to approve one (approval: ask)'
    )
    assert kept.decide(ONE, 'x' * 99, 3.0, approve=True) == (
        f'operator {"x" * 64!r}; needs 1 to 64 letters, digits or _ . @ -'
    )


@pytest.mark.parametrize('mode', ['ask', 'auto', 'deny'])
def test_e5_only_what_waits_or_was_approved_can_be_dropped_or_expire(mode):
    kept, noted = approvals(mode)
    kept.offer(ONE, 'x', (), 3.0, 'B3 x' if mode == 'ask' else '')
    before = kept.said
    kept.drop('stop')
    kept.tick(99.0)
    assert kept.said == before
    assert len(noted) == 1
    if mode == 'ask':
        kept.offer(OTHER, 'x', (), 100.0)
        kept.drop('stop')
        assert (kept.said.state, kept.said.reason) == ('dropped', 'stop')
        kept.drop('again')
        assert noted[-1] == (100.0, 'plan dropped', f'{OTHER}: stop', '')
