"""What people put around a command: 'I was wondering if you could …', '… will you', '1. … 2. …'.

A frame is made of words that name no thing and no action; it ends where the command begins.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

from qwen_embodied.planning.grammar import words

FRAME = (
    words.word_set("""
    i we you u me us my your our it there this a an the to of for if that is was be been am are do
    does have has had would could can will may might should shall must want need like love wish
    hope hoping wonder wondering ask asking appreciate appreciated prefer expect think believe try
    tell help mind great nice good kind lovely perfect awesome wonderful helpful possible able glad
    happy grateful please favour favor chance moment minute second time turn task job goal mission
    objective assignment assistance next new first when get got so as be well alright maybe perhaps
    possibly probably again today what how about whether it's in , and order everyone morning
    thing afternoon evening excuse sorry pardon way go lot much next
""")
    | words.FILLERS
)
_STARTS = ('.', ';')
_BEFORE = words.word_set("""
    to you u could can would will if that is we i , and me maybe perhaps please then must should
    about so there now
""")
_WANTS = ('want', 'need', 'like', 'have', 'love')


def unframed(said: Sequence[str]) -> list[int]:
    """Give the places of the words that are left of an instruction without its frames."""
    said = [word.casefold() for word in said]
    dropped = _numbering(said)
    start = 0
    for at in range(len(said) + 1):
        if at == len(said) or said[at] in _STARTS:
            whole = range(start, at)
            is_chat = all(said[n] in FRAME or said[n] == ',' for n in whole)
            dropped |= set(whole) if is_chat else _leading(said, start, at)
            dropped |= _trailing(said, start, at)
            start = at + 1
    return [at for at in range(len(said)) if at not in dropped]


def _leading(said: list[str], start: int, end: int) -> set[int]:
    """Give the places of the longest frame before the first command of a sentence."""
    found: set[int] = set()
    for at in range(start, end):
        is_ready = at > start and _last_said(said[start:at]) in _BEFORE
        if is_ready and _begins(said, at) and _is_asking(said[start:at], said[at]):
            found = set(range(start, at))
        if said[at] not in FRAME:
            break
    return found


def _last_said(frame: list[str]) -> str:
    """Give the last word that is no mere filler."""
    kept = [word for word in frame if word not in words.FILLERS or word in _BEFORE]
    return kept[-1] if kept else frame[-1]


def _begins(said: list[str], at: int) -> bool:
    """Say whether a command begins: a verb that says what to do, or a wish with its object."""
    verb = words.base(said[at])
    after = said[at + 1] if at + 1 < len(said) else ''
    if verb in _WANTS:
        return after in words.ARTICLES or after in words.QUANTIFIERS or after in words.COLOURS
    is_thing = after in ('is', 'are', 'goes', 'go', 'should', 'of')
    return words.VERBS.get(verb) not in (None, 'go', 'want', 'see') and not is_thing


def _is_asking(frame: list[str], verb: str) -> bool:
    """Say whether a frame asks the robot, and does not tell what somebody does, did or may do."""
    if {'how', 'what'} & set(frame) and 'about' not in frame:
        return False
    if frame[-1] == 'have' or frame[:2] == ['have', 'you']:
        return False
    is_own = 'i' in frame and not {'you', 'u'} & set(frame)
    return not is_own or words.base(verb) in _WANTS


def _trailing(said: list[str], start: int, end: int) -> set[int]:
    """Give the places of what is said after the command: ', will you'."""
    comma = next((at for at in range(end - 1, start, -1) if said[at] == ','), None)
    if comma is None or comma + 1 >= end:
        return set()
    tail = said[comma + 1 : end]
    polite = {'please', 'you', 'u', 'thanks', 'mind', 'possible', 'ok'}
    is_frame = all(word in FRAME for word in tail) and bool(polite & set(tail))
    return set(range(comma, end)) if is_frame else set()


def _numbering(said: list[str]) -> set[int]:
    """Give the places of '1.', 'step 2,' and their like, where they count from one."""
    found: set[int] = set()
    number = 1
    for at, word in enumerate(said):
        is_step = at > 0 and said[at - 1] == 'step'
        follows = said[at + 1] if at + 1 < len(said) else ''
        is_first = at == 0 or is_step or number > 1
        if word == str(number) and is_first and follows in ('.', ',', ')'):
            found |= {at} | ({at - 1} if is_step else set())
            found |= {at + 1} if at == 0 or is_step else set()
            number += 1
    return found if number > 2 else set()
