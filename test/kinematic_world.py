"""A stepped world without physics for any arm: the gripper takes what is between its fingers."""

from dataclasses import replace

import numpy as np

from qwen_embodied.geometry import Intrinsics, inverse_pose, look_at
from qwen_embodied.messages import Frame, JointState
from qwen_embodied.motion import in_hand
from qwen_embodied.relations import bottom_of, top_of

IMAGE = np.zeros((48, 64, 3), np.uint8)
LENS = Intrinsics(64, 48, 60.0, 60.0, 32.0, 24.0)
FLOOR = 0.005  # m, thickness of a container's floor


class KinematicWorld:
    """Goes where it is told; closing fingers hold what they meet, opening ones let it fall."""

    def __init__(self, robot, scene):
        self.robot, self.scene, self.time = robot, scene, 0.0
        self.row = self.target = np.append(robot.home, robot.gripper.open)
        self.held = self.item_in_tool = None

    def read(self):
        names = self.robot.all_limits.names
        row = self.row.copy()
        if self.held is not None:
            row[-1] = self.robot.gripper.at(self.narrow(self.held))
        return JointState(self.time, names, row, np.zeros(len(names)))

    def command(self, positions):
        self.target = np.array(positions)
        return self.target

    def step(self, seconds):
        self.time += seconds
        closes = self.width(self.target) < self.width(self.row) - 1e-7
        self.row = self.target
        tool = self.robot.forward(self.row[:-1])
        if self.held is None and closes:
            self.close(tool)
        elif self.held is not None and self.width(self.row) > self.narrow(self.held) + 1e-6:
            self.drop()
        if self.held is not None:
            self.update(tool @ self.item_in_tool)

    def width(self, row):
        return self.robot.gripper.width_at(float(row[-1]))

    @staticmethod
    def narrow(item):
        return float(item.size[:2].min())

    def close(self, tool):
        between = in_hand(self.robot, self.scene, self.read())
        items = [self.scene.find(name) for name in between]
        met = [item for item in items if self.width(self.row) <= self.narrow(item)]
        if met:
            self.held = met[0]
            self.item_in_tool = inverse_pose(tool) @ self.held.object_in_base

    def drop(self):
        item, self.held = self.held, None
        below = [self.scene.table_height]
        for other in self.scene.objects:
            over = np.abs(other.position[:2] - item.position[:2]) < other.size[:2] / 2
            if other.id != item.id and over.all():
                below.append(bottom_of(other) + FLOOR if other.is_container else top_of(other))
        where = item.object_in_base.copy()
        where[2, 3] += max(below) - bottom_of(item)
        self.update(where, item)

    def update(self, pose, item=None):
        moved = replace(item or self.held, object_in_base=pose)
        self.held = None if item else moved
        others = [other for other in self.scene.objects if other.id != moved.id]
        self.scene = replace(self.scene, objects=(*others, moved))

    def frame(self):
        camera = look_at([0.4, 0.0, 1.25], [0.55, 0.0, 0.0], image_up=[1, 0, 0])
        return Frame(self.time, 'camera', IMAGE, None, LENS, camera)

    def perceive(self, frame, state):
        """See everything that stands, exactly."""
        held = self.held.id if self.held else ''
        seen = tuple(item for item in self.scene.objects if item.id != held)
        return replace(self.scene, stamp=frame.stamp, objects=seen), frame
