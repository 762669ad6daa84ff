"""What a replay found: the report of the run, and all that stands in its JSON and HTML files."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied import __version__
from qwen_embodied.messages import Scene
from qwen_embodied.pipeline import RunReport
from qwen_embodied.replay.measured import JointRange
from qwen_embodied.replay.predicted import Judged
from qwen_embodied.run_record import Picture
from qwen_embodied.serialization import to_plain

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LightSpan:
    """A time in which the light had one verdict, s after the first image."""

    start: float
    end: float
    verdict: str


@dataclass(frozen=True, eq=False)
class Sighting:
    """A frame that is shown: as seen, as corrected, and with what was found in it."""

    title: str
    raw: Picture
    corrected: Picture
    annotated: Picture
    scene: Scene


@dataclass(frozen=True)
class Logs:
    """SHA-256 of the logs: equal for the same recording and configuration."""

    scenes: str
    plan: str
    trajectories: str


@dataclass(frozen=True, eq=False)
class Seen:
    """What perception made of the recording.

    Attributes:
        images: Joined images.
        scenes: Scenes made of them.
        refused: Images without a scene, by reason.
        light: Spans of one verdict; the last ones are missing in very long recordings.
        verdicts: Images of each verdict.
        luma: (N, 2) s after the first image and mean luma; thinned when long.
        objects: (N, 2) s after the first image and number of objects; thinned when long.
        shown: Frames for the report.
    """

    images: int
    scenes: int
    refused: Mapping[str, int]
    light: tuple[LightSpan, ...]
    verdicts: Mapping[str, int]
    luma: Array
    objects: Array
    shown: tuple[Sighting, ...]


@dataclass(frozen=True, eq=False)
class Joints:
    """Recorded and planned joints.

    Attributes:
        names: Columns of the rows.
        recorded: (N, 1 + J) s after the first message, positions; thinned when long.
        ranges: What each joint did, against its limits.
        breaches: Texts of the rule D2, with their number.
        count: Joint states.
        first_motion: Of the recorded arm after the plan, s; None without one.
        distance: Largest and median joint difference of the recorded motion to the planned
            path, rad; None where one is missing.
    """

    names: tuple[str, ...]
    recorded: Array
    ranges: tuple[JointRange, ...]
    breaches: tuple[str, ...]
    count: int
    first_motion: float | None
    distance: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class ReplayReport(RunReport):
    """How a replay ended; `success` is that of the plan in the imagined cell, or of seeing alone.

    Attributes:
        settings: Recording, topics and configuration.
        notes: What a reader must know: unchecked files, drops, gaps.
        partial: Why only a part of the recording was replayed; empty when all was.
        duration: Of the recording, s.
        planned_at: s after the first image; None where nothing was planned.
        seen: What perception made of it.
        joints: Recorded and planned.
        judged: Every planned trajectory with its verdict.
        logs: SHA-256 of the logs.
        origin: Stamp that the times count from, s.
    """

    settings: Mapping[str, Any]
    notes: tuple[str, ...]
    partial: str
    duration: float
    planned_at: float | None
    seen: Seen
    joints: Joints
    judged: tuple[Judged, ...]
    logs: Logs
    origin: float = field(default=0.0)

    @property
    def is_good(self) -> bool:
        """True when the whole recording was replayed and the plan, if any, could be done."""
        return self.success and not self.partial

    def plain(self) -> dict[str, Any]:
        """Give what stands in the JSON file: no times of this machine, so that runs compare."""
        approved = [item for item in self.judged if not item.breaches]
        scene = self.record.scene_before
        return {
            'version': __version__,
            'success': self.success,
            'reason': self.reason,
            'partial': self.partial,
            'notes': list(self.notes),
            'settings': to_plain(dict(self.settings)),
            'recording': {
                'duration': round(self.duration, 6),
                'images': self.seen.images,
                'scenes': self.seen.scenes,
                'joint_states': self.joints.count,
                'images_without_scene': dict(self.seen.refused),
            },
            'light': {
                'verdicts': dict(self.seen.verdicts),
                'spans': [to_plain(span) for span in self.seen.light],
            },
            'planned_at': self.planned_at,
            'scene': None if scene is None else to_plain(scene),
            'plan': self.plan.model_dump(mode='json', exclude_none=True) if self.plan else None,
            'events': [f'{event.kind}: {event.text}' for event in self.record.events],
            'safety': {
                'proposed': len(self.judged),
                'approved': len(approved),
                'trajectories': [
                    {
                        'segment': item.name,
                        'start': round(item.start - self.origin, 6),
                        'duration': round(item.trajectory.duration, 6),
                        'breaches': list(item.breaches),
                    }
                    for item in self.judged
                ],
            },
            'joints': {
                'ranges': [
                    {**to_plain(item), 'is_within': item.is_within} for item in self.joints.ranges
                ],
                'breaches': list(self.joints.breaches),
                'first_motion': self.joints.first_motion,
                'distance_to_plan': self.joints.distance,
            },
            'logs': to_plain(self.logs),
        }
