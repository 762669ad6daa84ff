"""What a plan may say: a closed schema, and the strict reader of text that claims to be a plan."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from qwen_embodied.errors import PlanParseError
from qwen_embodied.messages import Scene

MAX_STEPS = 32
MAX_TEXT = 256
MAX_REPLY_BYTES = 16 * 1024
MAX_DEPTH = 6
PUSH_RANGE = (0.01, 0.30)
WAIT_RANGE = (0.1, 60.0)
POSITION_RANGE = (-2.0, 2.0)
MAX_WORDS = 80
ID_PATTERN = '^[a-z][a-z0-9_]{0,63}$'

Action = Literal['pick', 'place', 'push', 'home', 'wait', 'ask']
Relation = Literal[
    'in', 'on', 'left_of', 'right_of', 'in_front_of', 'behind', 'next_to', 'at'
]  # fmt: skip
Direction = Literal['left', 'right', 'forward', 'back']
RELATIONS: tuple[str, ...] = Relation.__args__  # type: ignore[attr-defined]
DIRECTIONS: tuple[str, ...] = Direction.__args__  # type: ignore[attr-defined]

FIELDS: dict[str, tuple[str, ...]] = {
    'pick': ('object',),
    'place': ('object', 'relation', 'target'),
    'push': ('object', 'direction', 'distance'),
    'home': (),
    'wait': ('seconds',),
    'ask': ('question',),
}
FIELDS_OF_PLACE_AT = ('object', 'relation', 'position')
MAY_HAVE = {'at': ('words',)}

ObjectId = Annotated[str, Field(pattern=ID_PATTERN)]
Coordinate = Annotated[float, Field(ge=POSITION_RANGE[0], le=POSITION_RANGE[1])]
Position = tuple[Coordinate, Coordinate] | tuple[Coordinate, Coordinate, Coordinate]

_CLOSED = ConfigDict(strict=True, frozen=True, extra='forbid', allow_inf_nan=False)


class Step(BaseModel):
    """One step of a plan; which fields it has depends on its action.

    Attributes:
        action: What to do.
        object: Id of what is picked, placed or pushed.
        relation: Of the placed object to the target; 'at' needs a position and no target.
        target: Id of the object that the relation refers to.
        position: (x, y) on the table, or (x, y, z) of a measured surface, in the base frame, m;
            only with the relation 'at'.
        words: The operator's words for what was measured at the position.
        direction: Of a push, seen by the robot; 'forward' leads away from it.
        distance: Of a push, m.
        seconds: Of a wait, s.
        question: To the operator, in plain words.
    """

    model_config = _CLOSED

    action: Action
    object: ObjectId | None = None
    relation: Relation | None = None
    target: ObjectId | None = None
    position: Position | None = None
    words: Annotated[str, Field(min_length=1, max_length=MAX_WORDS)] | None = None
    direction: Direction | None = None
    distance: Annotated[float, Field(ge=PUSH_RANGE[0], le=PUSH_RANGE[1])] | None = None
    seconds: Annotated[float, Field(ge=WAIT_RANGE[0], le=WAIT_RANGE[1])] | None = None
    question: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] | None = None

    @model_validator(mode='after')
    def _has_the_fields_of_its_action(self) -> Self:
        wanted = FIELDS[self.action]
        if self.action == 'place' and self.relation == 'at':
            wanted = FIELDS_OF_PLACE_AT
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        missing = [name for name in wanted if name not in given]
        surplus = sorted(given - {*wanted, *MAY_HAVE.get(self.relation or '', ()), 'action'})
        if missing:
            raise ValueError(f'{self.action} lacks {", ".join(missing)}')
        if surplus:
            raise ValueError(f'{self.action} has no {", ".join(surplus)}')
        return self

    @model_serializer(mode='wrap')
    def _without_absent_fields(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        return {name: value for name, value in content.items() if value is not None}


class Plan(BaseModel):
    """Steps in the order of their execution, and one sentence for a person."""

    model_config = _CLOSED

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
    summary: Annotated[str, Field(max_length=MAX_TEXT)]

    @property
    def question(self) -> str | None:
        """The first question it asks, or None."""
        return next((step.question for step in self.steps if step.action == 'ask'), None)


def plan_schema(
    scene: Scene, *, holding: str | None = None, describing: bool = False
) -> dict[str, Any]:
    """Give the JSON schema of plans over a scene, for constrained decoding.

    Object fields are enums of the scene's ids and each action is its own branch, so text that
    fits the schema is accepted by `parse_plan`. Whether the plan makes sense is for `verify`.

    Args:
        scene: With the objects that may be named; without objects the arm can only wait,
            go home or ask.
        holding: Id of the object in the gripper, which may be named as well.
        describing: Allow {"find": "words"} in place of an id; see `planning.described`.
    """
    held = [] if holding is None else [holding]
    ids = list(dict.fromkeys([*(item.id for item in scene.objects), *held]))
    steps = {
        'type': 'array',
        'minItems': 1,
        'maxItems': MAX_STEPS,
        'items': {'anyOf': _branches(ids, describing=describing)},
    }
    return _closed_object({'steps': steps, 'summary': {'type': 'string', 'maxLength': MAX_TEXT}})


def parse_plan(text: str) -> Plan:
    """Read a reply that must be exactly one JSON object holding a plan.

    Raises:
        PlanParseError: The reply is too long, too deep, not JSON, has doubled keys, numbers that
            are not finite, text around the object, or breaks the schema. It keeps the reply.
    """
    read_claim(text)
    return plan_of(text, text)


def read_claim(text: str) -> dict[str, Any]:
    """Read exactly one JSON object, in which no step has what only a measurement gives.

    Raises:
        PlanParseError: As of `parse_plan`, before the schema.
    """
    try:
        _refuse_size(text)
        _refuse_depth(text)
        content = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        return _unmeasured(_object(content))
    except ValueError as error:
        raise PlanParseError(str(error), text) from error


def plan_of(text: str, reply: str) -> Plan:
    """Read the plan in a text that `read_object` accepts; errors keep the reply it is from."""
    try:
        return Plan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = '.'.join(str(part) for part in first['loc'])
        raise PlanParseError(
            f'{where}: {first["msg"]}' if where else first['msg'], reply
        ) from error


def _closed_object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'properties': properties,
        'required': list(properties),
        'additionalProperties': False,
    }


def _branches(ids: list[str], *, describing: bool = False) -> list[dict[str, Any]]:
    identifier: dict[str, Any] = {'type': 'string', 'enum': ids}
    if describing:
        words = {'type': 'string', 'minLength': 1, 'maxLength': MAX_WORDS}
        identifier = {'anyOf': [identifier, _closed_object({'find': words})]}
    near = {'type': 'string', 'enum': [name for name in RELATIONS if name != 'at']}
    coordinate = _number(POSITION_RANGE)
    pair = {'type': 'array', 'items': coordinate, 'minItems': 2, 'maxItems': 2}
    direction = {'type': 'string', 'enum': list(DIRECTIONS)}
    question = {'type': 'string', 'minLength': 1, 'maxLength': MAX_TEXT}
    with_objects = [
        _branch('pick', object=identifier),
        _branch('place', object=identifier, relation=near, target=identifier),
        _branch('place', object=identifier, relation={'const': 'at'}, position=pair),
        _branch('push', object=identifier, direction=direction, distance=_number(PUSH_RANGE)),
    ]
    always = [
        _branch('home'),
        _branch('wait', seconds=_number(WAIT_RANGE)),
        _branch('ask', question=question),
    ]
    return [*(with_objects if ids else []), *always]


def _branch(action: str, **properties: Any) -> dict[str, Any]:
    return _closed_object({'action': {'const': action}, **properties})


def _number(bounds: tuple[float, float]) -> dict[str, Any]:
    return {'type': 'number', 'minimum': bounds[0], 'maximum': bounds[1]}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'the key {doubled!r} occurs twice')
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f'{name} is no finite number')


def _refuse_size(text: str) -> None:
    size = len(text.encode('utf-8'))
    if size > MAX_REPLY_BYTES:
        raise ValueError(f'it has {size} bytes, allowed are {MAX_REPLY_BYTES}')


def _unmeasured(content: dict[str, Any]) -> dict[str, Any]:
    steps = content.get('steps')
    for step in steps if isinstance(steps, list) else []:
        position = step.get('position') if isinstance(step, dict) else None
        if isinstance(position, list) and len(position) != 2:
            raise ValueError('a position has two numbers, x and y')
        if isinstance(step, dict) and 'words' in step:
            raise ValueError('a step of a reply has no words')
    return content


def _object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError('it must be one JSON object')  # noqa: TRY004
    return content


def _refuse_depth(text: str) -> None:
    """Bound the nesting before any recursive parser sees the text."""
    depth, in_string, escaped = 0, False, False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == '\\' and not escaped
            continue
        in_string = character == '"'
        depth += (character in '[{') - (character in ']}')
        if depth > MAX_DEPTH:
            raise ValueError(f'it is nested deeper than {MAX_DEPTH} levels')
