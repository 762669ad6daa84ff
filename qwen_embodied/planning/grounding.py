"""Where a model says something is, by its family's convention, in pixels of the original image."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from qwen_embodied.errors import ContractError, GroundingParseError
from qwen_embodied.planning.coordinates import NUMBER, numbers_of
from qwen_embodied.planning.flat_objects import answer_part, flat_objects, half_width

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

TAG = re.compile(
    r'<(affordance|object|area|trajectory)>(.*?)(</\1>|\Z)', re.DOTALL | re.IGNORECASE
)
NAMES = ('label', 'name', 'object', 'category', 'class', 'text_content')
SIDES = (
    ('x1', 'y1', 'x2', 'y2'), ('xmin', 'ymin', 'xmax', 'ymax'),
    ('x_min', 'y_min', 'x_max', 'y_max'),
)  # fmt: skip
BARE = re.compile(r'\s*(?:```\w*\s*)?[\[(]([-\d.,\s]{3,80})[\])]\s*(?:```)?\s*')
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
    count. Lists of several places, numbers in quotes, named sides (x1, y1, x2, y2), single quotes
    and the brackets and commas of Chinese print are read as what they say. A value may exceed its
    range by 2 % of it and is then clamped to the border; swapped corners are put in order.

    Args:
        reply: As the model gave it.
        convention: Of the model's family.
        width: Of the original image, px.
        height: Of the original image, px.

    Returns:
        At least one place, in the order of the reply.

    Raises:
        GroundingParseError: It names none, or one that cannot be meant: out of range, not
            finite, a share from 0 to 1, with a key that occurs twice with different values. It
            keeps the reply.
        ContractError: The image has no size.
    """
    if width < 1 or height < 1:
        raise ContractError('image size', (width, height), 'at least 1 by 1 px')
    try:
        return _read(reply, _Frame(convention, width, height))
    except ValueError as error:
        raise GroundingParseError(str(error), reply) from error


def _read(reply: str, frame: _Frame) -> tuple[Grounding, ...]:
    if len(reply) > MAX_REPLY:
        raise ValueError(f'it has {len(reply)} characters, allowed are {MAX_REPLY}')
    text = answer_part(reply)
    found = _found(text, frame)
    if not found and half_width(text) != text:
        found = _found(half_width(text), frame)
    if not found:
        raise ValueError('there are no coordinates in it')
    if len(found) > MAX_FOUND:
        raise ValueError(f'it names {len(found)} places, allowed are {MAX_FOUND}')
    return tuple(found)


def _found(text: str, frame: _Frame) -> list[Grounding]:
    """Read tags where the family writes them, else JSON."""
    tagged = _from_tags(text, frame) if frame.convention.tags else []
    return tagged or _from_json(text, frame)


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
        return self.inside(self._pair(numbers_of(values, 2)))

    def inside(self, pixel: Point) -> Point:
        """Keep a point of the right or lower border inside the image."""
        x, y = pixel
        return min(x, self.size[0] - NEAREST), min(y, self.size[1] - NEAREST)

    def box(self, values: Any) -> Box:
        """Convert four numbers; the corners come out in order."""
        given = numbers_of(values, 4)
        return self.between(self._pair(given[:2]), self._pair(given[2:]))

    def between(self, one: Point, two: Point) -> Box:
        """Give the box between two corners in px, whichever they are."""
        (x0, x1), (y0, y1) = sorted((one[0], two[0])), sorted((one[1], two[1]))
        if not (x1 > x0 and y1 > y0):
            raise ValueError(f'the box from {one} to {two} px is empty')
        return x0, y0, x1, y1

    def named(self, x: Any, y: Any) -> Point:
        """Convert x and y that were given by name."""
        across, along = numbers_of([x, y], 2)
        return self._pixel(across, 0), self._pixel(along, 1)

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
    found: list[Grounding] = []
    for entry in flat_objects(text):
        found += _entered(entry, frame)
    return found or _bare(text, frame)


def _entered(entry: dict[str, Any], frame: _Frame) -> list[Grounding]:
    """Read the boxes of one object, else its points, by key or by the names of its sides."""
    form, label = frame.convention, _label(entry)
    boxes = [entry[key] for key in form.box_keys if key in entry]
    if boxes:
        return [_boxed(label, frame.box(box)) for box in _several(boxes[0], 4)]
    points = [entry[key] for key in form.point_keys if key in entry]
    if points and not isinstance(points[0], dict):
        return [Grounding(label, frame.point(point)) for point in _several(points[0], 2)]
    for x0, y0, x1, y1 in (names for names in SIDES if set(names) <= entry.keys()):
        corners = (frame.named(entry[x0], entry[y0]), frame.named(entry[x1], entry[y1]))
        return [_boxed(label, frame.between(*corners))]
    if {'x', 'y'} <= entry.keys():
        return [Grounding(label, frame.inside(frame.named(entry['x'], entry['y'])))]
    return []


def _several(values: Any, count: int) -> list[Any]:
    """Give each of several places that one key lists; two pairs are the corners of one box."""
    if not isinstance(values, list) or not values:
        return [values]
    if not all(isinstance(one, list) for one in values):
        return [values]
    if count == 4 and [len(one) for one in values] == [2, 2]:
        return [[*values[0], *values[1]]]
    return values


def _bare(text: str, frame: _Frame) -> list[Grounding]:
    """Read a reply that is nothing but numbers: [925, 618] or (100, 250, 300, 750)."""
    found = BARE.fullmatch(text)
    numbers = found[1].split(',') if found else []
    if len(numbers) == 2:
        return [Grounding('', frame.point(numbers))]
    return [_boxed('', frame.box(numbers))] if len(numbers) == 4 else []


def _from_tags(text: str, frame: _Frame) -> list[Grounding]:
    found: list[Grounding] = []
    for match in TAG.finditer(text):
        pairs = [tuple(map(float, pair)) for pair in PAIR.findall(match[2])]
        tag, is_whole = match[1].lower(), bool(match[3])
        if not pairs or (tag in ('area', 'trajectory') and not is_whole):
            continue
        if tag == 'affordance':
            found += [Grounding(tag, frame.point(pair)) for pair in pairs]
        elif tag == 'trajectory':
            found.append(Grounding('trajectory', frame.point(pairs[-1])))
        else:
            found += _regions(tag, pairs, frame)
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
    label = next((entry[key] for key in NAMES if isinstance(entry.get(key), str)), '')
    return str(label)[:MAX_LABEL]
