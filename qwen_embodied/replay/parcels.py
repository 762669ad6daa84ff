"""Moments packed for another process: images in shared memory, the rest beside it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import Frame
from qwen_embodied.perception.surface import Surface
from qwen_embodied.replay.moments import Moment

SLOTS = 3  # moments that wait: about 30 MB of VGA images
SLOT_SIZE = 2**30  # bytes of addresses; memory is taken only where something is written
SMALL = 4096  # bytes; smaller arrays go beside the images
ALIGNMENT = 64  # bytes


class Place(NamedTuple):
    """Where an array lies in the shared memory."""

    offset: int
    dtype: str
    shape: tuple[int, ...]


Packed = dict[str, Place | NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Parcel:
    """A moment whose large arrays lie elsewhere.

    Attributes:
        slot: Part of the shared memory that is used until it is given back; None for none.
        moment: Without frames and surface.
        about: Of the frame: stamp, frame_id, intrinsics, camera_in_base; None without a frame.
        images: Of the frame: rgb, depth and clean.
        plain: Fields of the surface that are not large; None without a surface.
        arrays: Those that are.
    """

    slot: int | None
    moment: Moment
    about: dict[str, Any] | None = None
    images: Packed | None = None
    plain: dict[str, Any] | None = None
    arrays: Packed | None = None


class Packer:
    """Packs moments; what stays the same from frame to frame is sent once."""

    def __init__(self, memory: mmap.mmap) -> None:
        """Pack into a memory of SLOTS parts."""
        self._memory, self._sent = memory, dict[str, Any]()
        self._at = self._end = 0
        self._places: dict[int, Place] = {}

    def pack(self, moment: Moment, slot: int) -> Parcel:
        """Copy a moment with a frame into a part of the memory that nobody uses."""
        frame, clean, surface = moment.frame, moment.corrected, moment.surface
        bare = replace(moment, frame=None, corrected=None, surface=None)
        if frame is None or clean is None:
            return Parcel(None, bare)
        self._at, self._end, self._places = slot * SLOT_SIZE, (slot + 1) * SLOT_SIZE, {}
        about = {
            name: getattr(frame, name)
            for name in ('stamp', 'frame_id', 'intrinsics', 'camera_in_base')
        }
        images = self._put({'rgb': frame.rgb, 'clean': clean.rgb, 'depth': frame.depth})
        if surface is None:
            return Parcel(slot, bare, about, images)
        content = {field.name: getattr(surface, field.name) for field in fields(surface)}
        large = {name: value for name, value in content.items() if _is_large(value)}
        plain = {
            name: value
            for name, value in content.items()
            if name not in large and self._is_news(name, value)
        }
        return Parcel(slot, bare, about, images, plain, self._put(large))

    def _is_news(self, name: str, value: Any) -> bool:
        """Tell whether a tuple is another one than last time, such as the rays of a lens."""
        is_sent = isinstance(value, tuple) and self._sent.get(name) is value
        self._sent[name] = value
        return not is_sent

    def _put(self, arrays: dict[str, Any]) -> Packed:
        there = ((name, array) for name, array in arrays.items() if array is not None)
        return {name: self._placed(array) for name, array in there}

    def _placed(self, array: NDArray[Any]) -> Place | NDArray[Any]:
        """Copy an array once; where it does not fit it travels beside the memory."""
        known = self._places.get(id(array))
        if known is not None:
            return known
        if self._at + array.nbytes > self._end:
            return array
        place = Place(self._at, array.dtype.str, array.shape)
        _view(self._memory, place)[...] = array
        self._at += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
        self._places[id(array)] = place
        return place


class Unpacker:
    """Makes moments of parcels; their surfaces are valid until the slot is given back."""

    def __init__(self, memory: mmap.mmap) -> None:
        """Read from the memory that was packed into."""
        self._memory, self._known = memory, dict[str, Any]()

    def unpack(self, parcel: Parcel) -> Moment:
        """Give the moment."""
        if parcel.about is None or parcel.images is None:
            return parcel.moment
        images = self._got(parcel.images)
        frame = Frame(rgb=images['rgb'], depth=images.get('depth'), **parcel.about)
        clean = replace(frame, rgb=images['clean'], uncorrected=frame.raw)
        surface = None
        if parcel.plain is not None and parcel.arrays is not None:
            self._known.update(parcel.plain)
            surface = Surface(**{**self._known, **self._got(parcel.arrays)})
        return replace(parcel.moment, frame=frame, corrected=clean, surface=surface)

    def _got(self, packed: Packed) -> dict[str, NDArray[Any]]:
        return {
            name: _view(self._memory, place) if isinstance(place, Place) else place
            for name, place in packed.items()
        }


def _is_large(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.nbytes >= SMALL


def _view(memory: mmap.mmap, place: Place) -> NDArray[Any]:
    return np.ndarray(place.shape, place.dtype, memory, place.offset)


def all_slots() -> Iterable[int]:
    """Give the numbers of the parts."""
    return range(SLOTS)
