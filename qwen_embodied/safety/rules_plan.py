"""A and B: what a plan must be; the planning stage enforces most of it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.safety.rule import Rule

_SCHEMA, _REPAIRING = 'planning: schema', 'planning: repairing, server'

PLAN_FORM = (
    Rule(
        'A1',
        'The reply of a model is small.',
        '16 KiB, 2048 tokens, nested 6 deep, 32 steps, texts of 256 characters',
        'R',
        'What is huge or deep costs the parser memory and time.',
        _SCHEMA,
    ),
    Rule(
        'A2',
        'It is one JSON object and nothing else: no doubled key, no NaN, no text around it.',
        'exact',
        'R',
        'Two readers take two different values of a doubled key.',
        _SCHEMA,
    ),
    Rule(
        'A3',
        'It has the fields of the schema and no others, each of its type, ids in plain ASCII.',
        'exact',
        'R',
        'A field that is ignored is a misunderstanding that nobody sees.',
        _SCHEMA,
    ),
    Rule(
        'A4',
        'Every number is finite and in its range.',
        'push 0.01 to 0.30 m, wait 0.1 to 60 s, places within 2 m',
        'R',
        'A number out of range is a slip of the model, not an aim.',
        _SCHEMA,
    ),
    Rule(
        'A5',
        'It asks for skills of the list, never for joint values, topics, code or addresses.',
        'pick, place, push, home, wait, ask',
        'R',
        'What cannot be said cannot be done.',
        _SCHEMA,
    ),
    Rule(
        'A6',
        'An answer belongs to the question that is outstanding and is taken once.',
        'exact',
        'R',
        'An old answer fits an old table.',
        _REPAIRING,
    ),
    Rule(
        'A7',
        'The model answers in time, and is asked again only a few times.',
        'time limits of the server, 2 repairs, then the grammar or a question',
        'R',
        'A model that is wrong twice is wrong a third time.',
        _REPAIRING,
    ),
)

PLAN_MEANING = (
    Rule(
        'B1',
        'Every object of the plan is in the scene that was perceived, with confidence; it is '
        'looked at again after each step.',
        'confidence 0.5',
        'R',
        'What a model names need not exist.',
        'planning: verify; safety: check_plan',
    ),
    Rule(
        'B2',
        'The verbs and objects are those of the words of the operator; text in the image is none.',
        'subset',
        'R',
        'A sign in the image must not give orders.',
        'planning: scope',
    ),
    Rule(
        'B3',
        'Nothing of a forbidden kind is touched.',
        'person, hand, face, finger, animal, cat, dog, knife, blade, scissors, needle',
        'R',
        'Some things no gripper may take, whoever asks.',
        'safety: check_plan',
    ),
    Rule(
        'B4',
        'Each step can follow the one before: nothing is picked while holding, only what is held '
        'is placed, what carries something stays.',
        'exact',
        'R',
        'A plan whose second step cannot be done should not begin.',
        'planning: verify',
    ),
    Rule(
        'B5',
        'What is lifted fits the gripper and everything is in reach.',
        'width of the gripper, workspace, inverse kinematics',
        'R',
        'A stretched arm has no strength and no way out.',
        'planning: verify',
    ),
)
