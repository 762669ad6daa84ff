"""Where a model says something is, by its family's convention, in pixels of the original image."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from qwen_embodied.errors import GroundingParseError
from qwen_embodied.planning.flat_objects import answer_part, flat_objects

THOUSAND = 1000.0
SLACK = 0.02  # share of the range by which a value may exceed it; it is then clamped
MAX_REPLY = 64 * 1024
MAX_FOUND = 256
MAX_LABEL = 256
NEAREST = 1e-6  # px by which a point stays inside the right and lower border

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Convention:
    """How a model family writes places.

    Attributes:
        name: For messages.
        order: Of a pair of coordinates.
        scale: 'thousand' for 0 to 1000 of each side; 'resized' for pixels of the image as the
            model's processor resized it.
        point_keys: Names of points in its JSON.
        box_keys: Names of boxes in its JSON.
        tags: Writes tags such as <affordance> instead of JSON.
        patch: Side of the processor's grid, px; its resizing rounds to multiples of it.
        pixels: Fewest and most pixels after its resizing.
    """

    name: str
    order: Literal['xy', 'yx'] = 'xy'
    scale: Literal['thousand', 'resized'] = 'thousand'
    point_keys: tuple[str, ...] = ('point_2d', 'point')
    box_keys: tuple[str, ...] = ('bbox_2d', 'bbox')
    tags: bool = False
    patch: int = 28
    pixels: tuple[int, int] = (4 * 28 * 28, 16384 * 28 * 28)


QWEN3_VL = Convention('Qwen3-VL, 3.5, 3.6 and 3.8')
QWEN25_VL = Convention('Qwen2.5-VL', scale='resized')
GEMINI_ER = Convention(
    'Gemini Robotics-ER', order='yx', point_keys=('point',), box_keys=('box_2d',)
)
RYNNBRAIN = Convention('RynnBrain', tags=True)
CONVENTIONS = {
    'qwen3_vl': QWEN3_VL, 'qwen25_vl': QWEN25_VL, 'gemini_er': GEMINI_ER, 'rynnbrain': RYNNBRAIN,
}  # fmt: skip

TAG = re.compile(r'<(affordance|object|area|trajectory)>(.*?)(?:</\1>|\Z)', re.DOTALL)
NUMBER = r'(-?\d{1,9}(?:\.\d{1,9})?)'
PAIR = re.compile(rf'\(\s*{NUMBER}\s*,\s*{NUMBER}\s*\)')


@dataclass(frozen=True)
class Grounding:
    """A place in an image.

    Attributes:
        label: The model's words for it; empty without.
        pixel: (x, y) px of the original image, inside it; of a box its centre.
        box: (x0, y0, x1, y1) px of the original image, or None for a point.
    """

    label: str
    pixel: Point
    box: Box | None = None


def read_grounding(
    reply: str, convention: Convention, width: int, height: int
) -> tuple[Grounding, ...]:
    """Read the places that a reply names.

    Leaked thinking, fences and prose are skipped; of a reply that is cut off the whole entries
    count. A value may exceed its range by 2 % of it and is then clamped to the border; swapped
    corners are put in order.

    Args:
        reply: As the model gave it.
        convention: Of the model's family.
        width: Of the original image, px.
        height: Of the original image, px.

    Returns:
        At least one place, in the order of the reply.

    Raises:
        GroundingParseError: It names none, or one that cannot be meant: out of range, not
            finite, with a key that occurs twice with different values. It keeps the reply.
    """
    try:
        return _read(reply, _Frame(convention, width, height))
    except ValueError as error:
        raise GroundingParseError(str(error), reply) from error


def _read(reply: str, frame: _Frame) -> tuple[Grounding, ...]:
    if len(reply) > MAX_REPLY:
        raise ValueError(f'it has {len(reply)} characters, allowed are {MAX_REPLY}')
    text = answer_part(reply)
    found = _from_tags(text, frame) if frame.convention.tags else _from_json(text, frame)
    if not found:
        raise ValueError('there are no coordinates in it')
    if len(found) > MAX_FOUND:
        raise ValueError(f'it names {len(found)} places, allowed are {MAX_FOUND}')
    return tuple(found)


class _Frame:
    """Takes a model's coordinates to pixels of the original image."""

    def __init__(self, convention: Convention, width: int, height: int) -> None:
        self.convention = convention
        self.size = (float(width), float(height))
        self._range: Point = (THOUSAND, THOUSAND)
        if convention.scale == 'resized':
            self._range = resized(width, height, convention)

    def point(self, values: Any) -> Point:
        """Convert a pair; the result lies inside the image."""
        x, y = self._pair(_numbers(values, 2))
        return min(x, self.size[0] - NEAREST), min(y, self.size[1] - NEAREST)

    def box(self, values: Any) -> Box:
        """Convert four numbers; the corners come out in order."""
        given = _numbers(values, 4)
        one, two = self._pair(given[:2]), self._pair(given[2:])
        (x0, x1), (y0, y1) = sorted((one[0], two[0])), sorted((one[1], two[1]))
        if not (x1 > x0 and y1 > y0):
            raise ValueError(f'the box {given} is empty')
        return x0, y0, x1, y1

    def _pair(self, pair: tuple[float, ...]) -> Point:
        first, second = pair
        x, y = (second, first) if self.convention.order == 'yx' else (first, second)
        return self._pixel(x, 0), self._pixel(y, 1)

    def _pixel(self, value: float, axis: int) -> float:
        most = self._range[axis]
        if not -SLACK * most <= value <= (1 + SLACK) * most:
            raise ValueError(f'{value:g} is outside 0 to {most:g}')
        return min(max(value, 0.0), most) / most * self.size[axis]


def resized(width: int, height: int, convention: Convention) -> Point:
    """Give the size (width, height) in px to which the family's processor resizes an image.

    Each side becomes the nearest multiple of the patch; an image with too many or too few pixels
    is first scaled as a whole.
    """
    patch, (fewest, most) = convention.patch, convention.pixels
    sides = [max(patch, round(side / patch) * patch) for side in (width, height)]
    area = sides[0] * sides[1]
    if area > most:
        shrink = math.sqrt(width * height / most)
        sides = [max(patch, math.floor(s / shrink / patch) * patch) for s in (width, height)]
    elif area < fewest:
        grow = math.sqrt(fewest / (width * height))
        sides = [math.ceil(side * grow / patch) * patch for side in (width, height)]
    return float(sides[0]), float(sides[1])


def _from_json(text: str, frame: _Frame) -> list[Grounding]:
    form = frame.convention
    found: list[Grounding] = []
    for entry in flat_objects(text):
        boxes = [entry[key] for key in form.box_keys if key in entry]
        points = [entry[key] for key in form.point_keys if key in entry]
        if boxes:
            found.append(_boxed(_label(entry), frame.box(boxes[0])))
        elif points:
            found.append(Grounding(_label(entry), frame.point(points[0])))
    return found


def _from_tags(text: str, frame: _Frame) -> list[Grounding]:
    found: list[Grounding] = []
    for match in TAG.finditer(text):
        pairs = [tuple(map(float, pair)) for pair in PAIR.findall(match[2])]
        if not pairs:
            continue
        if match[1] == 'affordance':
            found += [Grounding('affordance', frame.point(pair)) for pair in pairs]
        elif match[1] == 'trajectory':
            found.append(Grounding('trajectory', frame.point(pairs[-1])))
        else:
            found += _regions(match[1], pairs, frame)
    return found


def _regions(tag: str, pairs: list[tuple[float, ...]], frame: _Frame) -> list[Grounding]:
    """Read objects as pairs of corners, and an area as the corners of one polygon."""
    if tag == 'object':
        whole = pairs[: len(pairs) // 2 * 2]
        corners = zip(whole[::2], whole[1::2], strict=True)
        return [_boxed(tag, frame.box([*one, *two])) for one, two in corners]
    points = [frame.point(pair) for pair in pairs]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    centre = (sum(xs) / len(xs), sum(ys) / len(ys))
    is_flat = min(xs) == max(xs) or min(ys) == max(ys)
    return [Grounding(tag, centre, None if is_flat else (min(xs), min(ys), max(xs), max(ys)))]


def _boxed(label: str, box: Box) -> Grounding:
    return Grounding(label, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), box)


def _label(entry: dict[str, Any]) -> str:
    label = entry.get('label', '')
    return label[:MAX_LABEL] if isinstance(label, str) else ''


def _numbers(values: Any, count: int) -> tuple[float, ...]:
    """Check a list of finite numbers."""
    is_list = isinstance(values, list | tuple) and len(values) == count
    if not is_list or any(isinstance(one, bool | str) for one in values):
        raise ValueError(f'{str(values)[:60]} is no list of {count} numbers')
    try:
        numbers = tuple(float(one) for one in values)
    except (TypeError, OverflowError) as error:
        raise ValueError(f'{str(values)[:60]} is no list of {count} numbers') from error
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError(f'{str(values)[:60]} is not finite')
    return numbers
