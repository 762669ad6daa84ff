"""What the tests of the simulation share: objects of usual sizes and a hand to move."""

# SPDX-License-Identifier: Apache-2.0
import mujoco
import numpy as np

from qwen_embodied.geometry import rotation_angle, rotation_x, rotation_z
from qwen_embodied.simulation import ObjectSpec

SIZES = {
    'cube': (0.045, 0.045, 0.045),
    'box': (0.06, 0.04, 0.05),
    'cylinder': (0.04, 0.04, 0.08),
    'ball': (0.05, 0.05, 0.05),
    'bowl': (0.16, 0.16, 0.055),
    'bin': (0.18, 0.14, 0.06),
    'tray': (0.22, 0.16, 0.025),
}


def item(shape, colour='red', position=(0.5, 0.0), yaw=0.0, size=None, number=1):
    size = size or SIZES[shape]
    at = (*position, size[2] / 2)
    return ObjectSpec(f'{colour}_{shape}_{number}', shape, colour, size, at, yaw)


class Hand:
    """Moves the tool along straight lines, by MuJoCo's own Jacobian and nothing of motion."""

    def __init__(self, world):
        self.world = world
        self.data = mujoco.MjData(world.model)
        self.body = world.model.body(world.arm.tool_frame).id
        self.positions = world.arm.home.copy()
        self.at = None

    def tool(self, positions):
        model, data = self.world.model, self.data
        data.qpos[:] = self.world.snapshot().qpos
        data.qpos[:7] = positions[:7]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        return data.xpos[self.body].copy(), data.xmat[self.body].reshape(3, 3).copy()

    def solve(self, point, yaw):
        q = self.positions.copy()
        wanted = rotation_z(yaw) @ rotation_x(np.pi)
        jacobian = np.zeros((6, self.world.model.nv))
        for _ in range(200):
            position, rotation = self.tool(q)
            turn = wanted @ rotation.T
            axis = np.array(
                [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
            )
            angle = rotation_angle(turn)
            error = np.concatenate([point - position, axis / 2 if angle < 1 else axis])
            if np.abs(error).max() < 1e-5:
                return q
            mujoco.mj_jacBody(self.world.model, self.data, jacobian[:3], jacobian[3:], self.body)
            J = jacobian[:, :7]
            q[:7] += np.clip(J.T @ np.linalg.solve(J @ J.T + 1e-4 * np.eye(6), error), -0.2, 0.2)
        raise AssertionError(f'no solution at {point}')

    def reach(self, point, yaw=0.0, speed=0.3, gripper=None):
        """Go to a point (3,) m in a straight line with a smooth start and end."""
        point = np.asarray(point, dtype=float)
        start = self.tool(self.positions)[0] if self.at is None else self.at
        count = max(round(1.5 * np.linalg.norm(point - start) / speed / 0.01), 2)
        for s in np.linspace(0, 1, count + 1)[1:]:
            share = s * s * (3 - 2 * s)
            q = self.solve(start + share * (point - start), yaw)
            q[7] = self.positions[7] if gripper is None else gripper
            self.positions = q
            self.world.command(q)
            self.world.step(0.01)
        self.at = point

    def grip(self, opening, seconds=0.6):
        for _ in range(round(seconds / 0.01)):
            self.positions[7] = opening
            self.world.command(self.positions)
            self.world.step(0.01)

    def grasp(self, thing, height=None):
        """Go over an object, down, and close."""
        point = (
            thing.position.copy() if height is None else np.array([*thing.position[:2], height])
        )
        yaw = np.arctan2(thing.object_in_base[1, 0], thing.object_in_base[0, 0])
        self.reach(point + np.array([0, 0, 0.12]), yaw, gripper=0.04)
        self.reach(point, yaw)
        self.grip(0.0)
        self.yaw = yaw
