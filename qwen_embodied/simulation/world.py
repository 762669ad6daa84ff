"""The simulated world: an arm to command and a camera to look through."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import ContractError, SimulationError
from qwen_embodied.messages import Frame, JointState, Scene
from qwen_embodied.parameters import param
from qwen_embodied.simulation.arm import read_arm, servo_gains
from qwen_embodied.simulation.canvas import Rgb, Snapshot
from qwen_embodied.simulation.conditions import CONDITIONS, condition_named
from qwen_embodied.simulation.engine import load_mujoco
from qwen_embodied.simulation.lights import light_named
from qwen_embodied.simulation.model import FATAL_WARNINGS, build_model
from qwen_embodied.simulation.rendering import SimulatedCamera, Spectator
from qwen_embodied.simulation.scenes import SceneSpec
from qwen_embodied.simulation.setpoints import Setpoints
from qwen_embodied.simulation.trace import Trace
from qwen_embodied.simulation.truth import true_scene

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SimulationParameters:
    """How the world is simulated."""

    time_step: float = param(0.001, 'Step of the physics, s.', bounds=(0.0005, 0.002))
    control_period: float = param(
        0.01, 'Time in which a command is reached, s.', bounds=(0.001, 0.1)
    )
    shadows: bool = param(False, "Draw shadows in the camera's images (they cost time).")
    record: bool = param(False, 'Keep every commanded and measured joint position.')


class MujocoWorld:
    """A table with objects, an arm and a camera in simulated time.

    One thread may step and command while others read, take snapshots and render: each method
    that touches the state holds a lock, and rendering works on a snapshot without it.
    """

    def __init__(
        self,
        spec: SceneSpec,
        *,
        light: str = 'normal',
        seed: int | None = None,
        parameters: SimulationParameters | None = None,
    ) -> None:
        """Build the world and let the objects come to rest.

        Args:
            spec: What stands on the table.
            light: One of LIGHTS, or a condition such as 'tungsten@3', which draws slower.
            seed: Of the camera's noise; the scene's by default.
            parameters: How it is simulated.
        """
        self._mujoco = load_mujoco()
        self.spec = spec
        self.parameters = parameters or SimulationParameters()
        self._seed = spec.seed if seed is None else seed
        self.arm = read_arm()
        self.model = build_model(spec, self.arm, self.parameters.time_step)
        self._data = self._mujoco.MjData(self.model)
        gains, damping = servo_gains(self.arm)
        self._lead = damping / gains
        joints = [self.model.joint(name) for name in self.arm.joints]
        self._q = np.array([joint.qposadr[0] for joint in joints])
        self._v = np.array([joint.dofadr[0] for joint in joints])
        self._fatal = [int(getattr(self._mujoco.mjtWarning, name)) for name in FATAL_WARNINGS]
        self._lock = threading.RLock()
        self._views = threading.local()
        self._steps, self._rest = 0, 0.0
        self.trace = Trace(self.arm.joints) if self.parameters.record else None
        self.set_light(light)
        self._settle()

    def _settle(self) -> None:
        start = self._wide(self.arm.home)
        self._data.qpos[self._q] = start
        self._data.ctrl[:] = start
        self._mujoco.mj_step(self.model, self._data, nstep=round(0.5 / self.parameters.time_step))
        self._check()
        self._setpoints = Setpoints(self.arm.limits, self.arm.home, self.parameters.time_step)

    @property
    def time(self) -> float:
        """Simulated time since the world was built, s."""
        return self._steps * self.parameters.time_step

    def read(self) -> JointState:
        """Measure all joints, the mimics too."""
        with self._lock:
            q, v = self._data.qpos[self._q], self._data.qvel[self._v]
            return JointState(self.time, self.arm.joints, q, v)

    def command(self, positions: ArrayLike) -> Array:
        """Reach positions (8,) of arm and gripper in one control period.

        Returns:
            The positions (8,) inside the joints' limits that were really sent.
        """
        return self.schedule(positions, self.time + self.parameters.control_period)

    def schedule(self, positions: ArrayLike, at: float) -> Array:
        """Reach positions (8,) at a simulated time (s), in a straight line from those before.

        Returns:
            The positions (8,) inside the joints' limits that were really sent.
        """
        with self._lock:
            return self._setpoints.add(positions, at, self.time)

    @property
    def commanded_until(self) -> float:
        """Time of the last command, s; minus infinity before the first."""
        return self._setpoints.until

    def step(self, seconds: float) -> None:
        """Advance the simulated time; what is shorter than a step is kept for the next call."""
        step = self.parameters.time_step
        if not (np.isfinite(seconds) and seconds >= step * (1 - 1e-9)):
            raise ContractError('step', seconds, f'a finite time of at least {step} s')
        with self._lock:
            self._rest += seconds
            count = int(self._rest / step + 1e-6)
            self._rest -= count * step
            q, v = self._setpoints.advance(self.time, count)
            # A servo that aims ahead of the line by its own lag follows it without one.
            controls = self._wide(q) + self._lead * self._wide(v)
            for wanted, control in zip(q, controls, strict=True):
                self._data.ctrl[:] = control
                self._mujoco.mj_step(self.model, self._data)
                self._steps += 1
                if self.trace is not None:
                    self.trace.add(self.time, wanted, self._data.qpos[self._q])
            self._check()

    def snapshot(self) -> Snapshot:
        """Copy what a picture depends on."""
        with self._lock:
            return Snapshot(self.time, self._data.qpos.copy(), self._light)

    def camera(self) -> SimulatedCamera:
        """Open a camera for the calling thread; the caller closes it."""
        return SimulatedCamera(self.model, seed=self._seed, shadows=self.parameters.shadows)

    def frame(self) -> Frame:
        """See the world now, through a camera that belongs to the calling thread."""
        if not hasattr(self._views, 'camera'):
            self._views.camera = self.camera()
        frame: Frame = self._views.camera.frame(self.snapshot())
        return frame

    def picture(self, width: int = 640, height: int = 480) -> Rgb:
        """Draw the arm and the table from the side, (height, width, 3)."""
        view = getattr(self._views, 'spectator', None)
        if view is None or view.size != (width, height):
            if view is not None:
                view.close()
            view = self._views.spectator = Spectator(self.model, width, height)
        return view.picture(self.snapshot())

    def ground_truth(self) -> Scene:
        """Tell exactly what stands where; only for scoring."""
        with self._lock:
            poses = self._data.qpos.copy()
            return true_scene(self.spec, self.model, poses, self.time)

    def put(self, name: str, position: ArrayLike) -> None:
        """Put an object somewhere else, at rest, as somebody at the table would.

        Args:
            name: Of the object.
            position: Of its centre in the base frame, (3,) m.

        Raises:
            SimulationError: There is no such object.
        """
        if name not in {item.name for item in self.spec.objects}:
            raise SimulationError(f'there is no {name} on the table')
        joint = self.model.joint(name)
        q, v = int(joint.qposadr[0]), int(joint.dofadr[0])
        with self._lock:
            self._data.qpos[q : q + 3] = np.asarray(position, dtype=float)
            self._data.qvel[v : v + 6] = 0.0

    def set_light(self, name: str) -> None:
        """Switch to a light of LIGHTS, or to a condition of CONDITIONS such as 'tungsten@3'."""
        if name.partition('@')[0] in CONDITIONS and name != 'normal':
            condition_named(name)
        else:
            light_named(name)
        with self._lock:
            self._light = name

    def close(self) -> None:
        """Free the calling thread's views."""
        for view in vars(self._views).values():
            view.close()
        vars(self._views).clear()

    def _wide(self, positions: Array) -> Array:
        """Repeat the gripper's column for the fingers that mimic it."""
        last = positions[..., -1:]
        return np.concatenate([positions, *[last] * len(self.arm.mimics)], axis=-1)

    def health(self) -> dict[str, str]:
        """Say what MuJoCo thinks of the world, for those who watch it: values in words."""
        with self._lock:
            data, flags = self._data, int(self.model.opt.disableflags)
            warnings = sum(int(data.warning[at].number) for at in self._fatal)
            is_finite = bool(np.isfinite(data.qpos).all() and np.isfinite(data.qvel).all())
        keeps = bool(flags & int(self._mujoco.mjtDisableBit.mjDSBL_AUTORESET))
        return {
            'time': repr(self.time),
            'warnings': str(warnings),
            'is_finite': str(is_finite),
            'resets_itself': str(not keeps),
        }

    def _check(self) -> None:
        """Refuse to go on after a warning, or with a state that is not finite."""
        data = self._data
        bad = [at for at in self._fatal if data.warning[at].number]
        if bad or not (np.isfinite(data.qpos).all() and np.isfinite(data.qvel).all()):
            names = [self._mujoco.mjtWarning(at).name for at in bad] or ['a state not finite']
            raise SimulationError(
                f'the simulated world broke down at {self.time:.3f} s: {", ".join(names)}; '
                'build a new world'
            )
