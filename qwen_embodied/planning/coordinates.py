"""Reads the numbers of one place in a model's reply."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import re
from typing import Any

NUMBER = r'(-?\d{1,9}(?:\.\d{1,9})?)'
WHOLE = re.compile(rf'\s*{NUMBER}\s*')


def numbers_of(values: Any, count: int) -> tuple[float, ...]:
    """Check a list of finite numbers, which may all be in quotes, or the list itself.

    Raises:
        ValueError: It is no such list, or its numbers are shares of the image from 0 to 1.
    """
    given = values.strip('[]() ').split(',') if isinstance(values, str) else values
    refused = ValueError(f'{str(values)[:60]} is no list of {count} numbers')
    if not isinstance(given, list | tuple) or len(given) != count:
        raise refused
    if all(isinstance(one, str) and WHOLE.fullmatch(one) for one in given):
        given = [float(one) for one in given]
    if any(isinstance(one, bool | str) for one in given):
        raise refused
    try:
        numbers = tuple(float(one) for one in given)
    except (TypeError, OverflowError) as error:
        raise refused from error
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError(f'{str(values)[:60]} is not finite')
    if all(0 <= one <= 1 for one in numbers) and any(one % 1 for one in numbers):
        raise ValueError(f'{str(values)[:60]} are shares of the image, not its coordinates')
    return numbers
