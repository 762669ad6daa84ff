"""Perception over a recording: scenes, the light, and the frames that the report shows."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from dataclasses import replace

from qwen_embodied.errors import PerceptionError
from qwen_embodied.messages import Frame, JointState, LightingReport, Scene
from qwen_embodied.motion import Robot
from qwen_embodied.perception import PerceptionParameters, SceneEstimator, draw_scene
from qwen_embodied.replay.moments import Moment
from qwen_embodied.replay.results import LightSpan, Seen, Sighting
from qwen_embodied.replay.series import Series

MOST_SPANS = 500


class Sight:
    """Makes scenes of moments, in their order.

    Attributes:
        origin: Stamp of the first image, s; None before.
        frame_id: Of the first image; empty before.
        refused: Images without a scene, by reason.
        state: That belongs to the last frame.
        frames_in_a_row: Good scenes since the last image without one.
    """

    def __init__(self, robot: Robot, parameters: PerceptionParameters) -> None:
        """Build the estimator; the robot's own links are left out of the scenes."""
        self.origin: float | None = None
        self.frame_id = ''
        self.state: JointState | None = None
        self.frames_in_a_row = 0
        self._estimator = SceneEstimator(parameters=parameters, body=robot.link_spheres)
        self._scenes = 0
        self.refused: Counter[str] = Counter()
        self._verdicts: Counter[str] = Counter()
        self._spans: list[LightSpan] = []
        self._luma, self._objects = Series(), Series()
        self._shown: list[Sighting] = []
        self._has_bad_light = False
        self._last: tuple[Moment, Scene] | None = None

    def see(self, moment: Moment) -> Scene | None:
        """Give the scene of a moment's frame; None where it cannot be made, which is counted."""
        frame, clean, light = moment.frame, moment.corrected, moment.light
        if frame is None or clean is None or light is None:
            return None
        if self.origin is None:
            self.origin, self.frame_id = frame.stamp, frame.frame_id
        since = frame.stamp - self.origin
        self._note_light(since, light)
        try:
            scene = self._scene(moment, clean, light)
        except PerceptionError as error:
            self.refused[str(error)] += 1
            self.frames_in_a_row = 0
            return None
        self.state = moment.state
        self._scenes += 1
        self.frames_in_a_row += bool(scene.objects)
        self._objects.add(since, len(scene.objects))
        self._last = replace(moment, surface=None), scene
        if light.verdict != 'good' and not self._has_bad_light:
            self._has_bad_light = True
            self.show(f'first image in light that is {light.verdict}, {since:.1f} s')
        return scene

    def _scene(self, moment: Moment, clean: Frame, light: LightingReport) -> Scene:
        if moment.fault:
            raise PerceptionError(moment.fault)
        return self._estimator(clean, moment.state, light, moment.surface, moment.found)

    def show(self, title: str) -> None:
        """Keep the last frame for the report."""
        if self._last is None:
            return
        moment, scene = self._last
        frame, clean = moment.frame, moment.corrected
        if frame is None or clean is None:
            return
        drawn = draw_scene(clean.rgb, scene, clean.intrinsics, clean.camera_in_base)
        self._shown.append(Sighting(title, frame.rgb, clean.rgb, drawn, scene))

    def finish(self, images: int) -> Seen:
        """Give what was seen; the last frame is shown too."""
        if self._last is not None and self.origin is not None:
            stamp = self._last[1].stamp
            self.show(f'last scene, {stamp - self.origin:.1f} s')
        return Seen(
            images, self._scenes, dict(self.refused), tuple(self._spans), dict(self._verdicts),
            self._luma.rows, self._objects.rows, tuple(self._shown),
        )  # fmt: skip

    def _note_light(self, since: float, light: LightingReport) -> None:
        self._verdicts[light.verdict] += 1
        self._luma.add(since, light.mean_luma)
        if self._spans and self._spans[-1].verdict == light.verdict:
            self._spans[-1] = LightSpan(self._spans[-1].start, since, light.verdict)
        elif len(self._spans) < MOST_SPANS:
            self._spans.append(LightSpan(since, since, light.verdict))
