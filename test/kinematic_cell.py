"""A workcell without physics: perfect arm, perfect eyes, and faults on demand."""

from dataclasses import replace

import numpy as np

from hand_made import moved
from qwen_embodied.errors import CameraError
from qwen_embodied.messages import ArmStatus, JointState, Scene
from qwen_embodied.relations import bottom_of, top_of
from qwen_embodied.workcell import Observation

REACH = 0.03  # m between tool and object at which closing fingers take it
IMAGE = np.zeros((4, 4, 3), np.uint8)


class KinematicCell:
    """Objects follow the closed gripper and fall straight down when it opens.

    `misses` closings take nothing; `rejections` trajectories are rejected; `drops` transfers
    lose the object; `blind` looks raise CameraError; `renames` gives moved objects a new id.
    `happenings` maps (kind of event, how many of that kind came before) to what someone does
    then to the cell, such as `put(name, x, y)`, `take_away(name)` or a call of the executive.
    `stop` is why a supervisor lets nothing move any more.
    """

    def __init__(self, robot, scene, happenings=None, **faults):
        self.robot, self.scene = robot, scene
        self.happenings = happenings or {}
        self.faults = {'misses': 0, 'rejections': 0, 'drops': 0, 'blind': 0, 'renames': 0}
        self.faults.update(faults)
        self.events, self.executed, self.held, self.time = [], [], None, 0.0
        self.waits, self.stop = 0, ''
        self.row = np.append(robot.home, robot.gripper.open)

    def stopped(self, since):
        return self.stop

    def glimpse(self):
        return self.seen()

    def now(self):
        return self.time

    def wait(self, seconds):
        self.time += seconds
        self.happen('wait', self.waits)
        self.waits += 1

    def report(self, event):
        count = self.kinds().count(event.kind)
        self.events.append(event)
        self.happen(event.kind, count)

    def happen(self, kind, count):
        action = self.happenings.get((kind, count))
        if action is not None:
            action(self)

    def take_away(self, name):
        """Someone takes an object."""
        objects = tuple(item for item in self.scene.objects if item.id != name)
        self.scene = Scene(self.time, 'panda_link0', objects, 0.0)

    def put(self, name, x, y, bottom=0.0):
        """Someone puts an object somewhere else."""
        item = self.scene.find(name)
        item = moved(item, (x, y, bottom + item.size[2] / 2) - item.position)
        self.take_away(name)
        self.scene = Scene(self.time, 'panda_link0', (*self.scene.objects, item), 0.0)

    def kinds(self):
        return [event.kind for event in self.events]

    def take(self, fault):
        if self.faults[fault] > 0:
            self.faults[fault] -= 1
            return True
        return False

    def state(self):
        finger = self.row[-1]
        if self.held is not None:
            finger = max(finger, self.held.size[:2].min() / 2)
        positions = [*self.row[:-1], finger, finger]
        names = (*self.robot.joint_names, 'panda_finger_joint1', 'panda_finger_joint2')
        return JointState(self.time, names, positions, np.zeros(9))

    def look(self):
        self.time += 0.1
        if self.take('blind'):
            raise CameraError('no new image for 10 s')
        return self.seen()

    def seen(self):
        there = tuple(item for item in self.scene.objects if item.id != self.held_id())
        scene = replace(self.scene, stamp=self.time, objects=there)
        return Observation(scene, IMAGE, self.state())

    def held_id(self):
        return self.held.id if self.held is not None else ''

    def execute(self, trajectory):
        if self.stop:
            return ArmStatus('t', 'rejected', f'the supervisor is STOP_LATCHED: {self.stop}')
        if self.take('rejections'):
            return ArmStatus('t', 'rejected', 'C6 panda_joint1 too fast')
        before = self.robot.forward(self.row[:-1])
        opening = trajectory.positions[-1, -1] - self.row[-1]
        self.row = np.array(trajectory.positions[-1])
        self.time += trajectory.duration
        self.executed.append(trajectory)
        if self.held is not None:
            self.carry(self.robot.forward(self.row[:-1])[:3, 3] - before[:3, 3])
        if opening < -1e-6:
            self.close()
        elif opening > 1e-6:
            self.open()
        return ArmStatus('t', 'succeeded')

    def carry(self, offset):
        far = np.linalg.norm(offset[:2]) > 0.05
        if far and self.take('drops'):
            self.update(moved(self.held, 0.4 * offset))
            self.open()
        else:
            self.update(moved(self.held, offset))

    def close(self):
        tool = self.robot.forward(self.row[:-1])[:3, 3]
        near = [
            item
            for item in self.scene.objects
            if np.linalg.norm(item.position - tool) < REACH and not item.is_container
        ]
        if near and not self.take('misses'):
            self.held = near[0]

    def open(self):
        item, self.held = self.held, None
        if item is None:
            return
        beneath = [0.0]
        for other in self.scene.objects:
            over = np.abs(other.position[:2] - item.position[:2]) < other.size[:2] / 2
            if other.id != item.id and over.all():
                beneath.append(bottom_of(other) + 0.004 if other.is_container else top_of(other))
        item = self.update(moved(item, (0, 0, max(beneath) - bottom_of(item))))
        if self.take('renames'):
            self.update(replace(item, id=item.id[:-1] + '7'), old=item.id)

    def update(self, item, old=None):
        objects = [other for other in self.scene.objects if other.id != (old or item.id)]
        self.scene = Scene(self.time, 'panda_link0', (*objects, item), 0.0)
        if self.held is not None:
            self.held = item
        return item
