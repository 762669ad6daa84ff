"""Joins an answer to the question before it: 'the left one' to 'put the cube in the bowl'.

Lines of a history begin with who spoke: 'operator: …', 'robot: …'; other lines tell what was done.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

from qwen_embodied.planning.grammar.chinese import is_chinese, to_english
from qwen_embodied.planning.grammar.chinese_nouns import nouns
from qwen_embodied.planning.request import PlanRequest

OPERATOR, ROBOT = 'operator: ', 'robot: '
_WHICH = re.compile(r'^(?:.*\. )?Which (.+?): ')
_ARTICLES = ('the', 'a', 'an', 'my', 'this', 'that', 'all', 'both')
_MOST_WORDS = 12


def instructions_of(request: PlanRequest) -> tuple[str, ...]:
    """Give the operator's words that a plan may serve: the last, and those it answers."""
    earlier = _open_question(request.history)
    said = (request.instruction,)
    return said if earlier is None else (earlier[0], *said, *joined(request))


def joined(request: PlanRequest) -> tuple[str, ...]:
    """Give instructions that an answer may make of the one before, the likeliest first."""
    earlier = _open_question(request.history)
    answer = _plain(request.instruction)
    if earlier is None or len(answer.split()) > _MOST_WORDS:
        return ()
    before, question = _plain(earlier[0]), earlier[1]
    found = []
    which = _WHICH.search(question)
    if which is not None:
        found += _with_choice(before, which[1], answer)
    if ' or ' in before:
        found += _with_alternative(before, answer)
    if question.startswith('In which direction') or 'Where should' in question:
        found.append(f'{before} {answer}')
    if question.startswith('How'):
        found.append(f'{before} {answer}')
    return tuple(dict.fromkeys(found))


def _plain(text: str) -> str:
    english = to_english(text) or nouns(text) if is_chinese(text) else None
    return (english or text).strip().rstrip('.!?')


def _open_question(history: tuple[str, ...]) -> tuple[str, str] | None:
    """Give the last instruction and the question it led to, if nothing came after."""
    if len(history) < 2 or not history[-1].startswith(ROBOT):
        return None
    spoken = [line for line in history[:-1] if line.startswith(OPERATOR)]
    if not spoken:
        return None
    return spoken[-1].removeprefix(OPERATOR), history[-1].removeprefix(ROBOT)


def _with_choice(before: str, noun: str, answer: str) -> list[str]:
    """Put the answer where the unclear noun was."""
    answer = re.sub(r'^(?:i mean|i meant|take|use|it is|the one on)\s+', '', answer.lower())
    words = answer.split()
    words = words[1:] if words and words[0] in _ARTICLES else words
    core = ' '.join(words)
    options = [
        re.sub(r'\bones?\b', noun, core) if re.search(r'\bones?\b', core) else core,
        f'{core} {noun}',
    ]
    spot = re.compile(rf'(?:\b(?:{"|".join(_ARTICLES)})\s+)?\b{re.escape(noun)}\b', re.IGNORECASE)
    return [spot.sub(f'the {option}'.replace('\\', ''), before, count=1) for option in options]


def _with_alternative(before: str, answer: str) -> list[str]:
    """Replace 'the red cube or the green one' by the one that was chosen."""
    words = answer.split()
    words = words[1:] if words and words[0].lower() in _ARTICLES else words
    found: list[str] = []
    pattern = re.compile(r'(?:\bthe\s+)?((?:\w+\s+){1,3})or\s+(?:the\s+)?((?:\w+\s*){1,2})')
    match = pattern.search(before)
    if match is None:
        return found
    noun = match[1].split()[-1]
    core = re.sub(r'\bone\b', noun, ' '.join(words))
    for length in (2, 1):
        tail = match[2].split()[length:]
        after = ' '.join([*tail, before[match.end() :].strip()])
        start = re.sub(r'(?:the\s+)?(?:\w+\s+)$', '', before[: match.start()] + match[1])
        found += [f'{start} the {core} {after}', f'{start} the {core} {noun} {after}']
    verb = before.split()[0]
    for end in re.findall(r'\b((?:in|into|on|onto|to|next to|left of|right of)\s.+)$', before):
        found += [f'{verb} the {core} {end}', f'{verb} the {core} {noun} {end}']
    return found
