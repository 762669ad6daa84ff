"""Gives one instruction to a running graph and waits, never in vain, for how it ends."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from rclpy.task import Future
from std_srvs.srv import Trigger

from qwen_embodied.errors import NodeError, QwenEmbodiedError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.messages import Scene
from qwen_embodied.nodes.conversions_image import image_from_ros, intrinsics_from_ros
from qwen_embodied.nodes.guest import Guest
from qwen_embodied.nodes.operator_node import OperatorNode, TriggerClient
from qwen_embodied.parameters import read_yaml
from qwen_embodied.perception import draw_scene
from qwen_embodied.resources import shared_file
from qwen_embodied.run_record import Picture, RunRecord
from qwen_embodied.serialization import from_json, to_json
from qwen_embodied.workcell import ENDS, TaskEvent

ANSWERS = (*ENDS, 'refused')
ELSEWHERE = (
    'here: another graph runs in this ROS domain; stop it, or set ROS_DOMAIN_ID to another number'
)
DISCOVERY = 1.0  # s in which a graph that runs is heard of
TAKING = 20.0  # s in which the planner says that it heard an instruction
LOOK_PERIOD = 0.2  # s between looks whether the nodes still live
SILENCE = 10.0  # s without joint states at which a running task is given up


class Operator(Guest[OperatorNode]):
    """A node in an own thread and an own context; a context manager.

    Args:
        namespace: Of the graph.
        check: Called all the time while something is waited for; raises when a node died.
        domain: ROS domain of the graph; that of the environment where None.
    """

    def __init__(
        self,
        namespace: str = '',
        check: Callable[[], object] = bool,
        domain: int | None = None,
    ) -> None:
        self._check = check
        super().__init__(
            lambda context: OperatorNode(context=context, namespace=namespace), domain
        )

    def refuse_neighbours(self, names: Iterable[str], seconds: float = DISCOVERY) -> None:
        """Look, before anything is started, whether nodes of these names run here already.

        Raises:
            NodeError: They do.
        """
        deadline, kept = time.monotonic() + seconds, tuple(names)
        while time.monotonic() < deadline:
            if found := self.node.neighbours(kept):
                raise NodeError(f'{", ".join(found)} {ELSEWHERE}')
            self._pause()

    def wait_until_ready(self, timeout: float = 30.0) -> None:
        """Wait until everything is there and armed.

        Raises:
            NodeError: Something is not there in time, s; the message says what.
        """
        deadline = time.monotonic() + timeout
        while missing := self._missing():
            if time.monotonic() > deadline:
                raise NodeError(missing)
            self._pause()

    def carry_out(self, instruction: str, timeout: float = 300.0) -> Iterator[TaskEvent]:
        """Send an instruction and give its events as they come; `record` is filled meanwhile.

        Raises:
            NodeError: Joint states fell silent, or the task did not end in time, s. The task
                is cancelled then.
        """
        node, begun = self.node, time.monotonic()
        node.record = record = RunRecord(instruction)
        node.events.clear()
        node.is_recording = True
        node.say(instruction)
        try:
            for event in self._events(begun + timeout):
                self._keep(event, begun)
                yield event
        except QwenEmbodiedError as error:
            record.reason = str(error)
            self.cancel()
            raise
        finally:
            node.is_recording = False
            record.timings['task'] = round(time.monotonic() - begun, 3)

    @property
    def record(self) -> RunRecord:
        """What is known of the last instruction."""
        return self.node.record

    def score(self, timeout: float = 10.0) -> Scene:
        """Ask the simulation for the exact scene; only for scoring."""
        answer = self._call(self.node.score_client, timeout)
        if answer is None:
            raise NodeError(f'no answer from simulation/score for {timeout:.0f} s')
        return from_json(answer.message, Scene)

    def cancel(self, timeout: float = 2.0) -> bool:
        """Ask the planner to end the task; True when it will."""
        answer = self._call(self.node.cancel_client, timeout)
        return answer is not None and bool(answer.success)

    # -- inside ---------------------------------------------------------------------------

    def _pause(self) -> None:
        with self.node.changed:
            self.node.changed.wait(LOOK_PERIOD)
        if not self._thread.is_alive():
            raise NodeError('the thread that hears the graph ended by a fault; see above')
        self._check()

    def _missing(self) -> str:
        """Say what keeps a task from being started; empty when nothing does."""
        node = self.node
        arms = node.count_publishers('joint_states')
        if arms > 1:
            return f'{arms} arms publish joint_states {ELSEWHERE}'
        for topic, who in (
            ('joint_states', 'the arm driver or the simulation'),
            ('perception/scene', 'the perception node'),
            ('safety/state', 'the safety supervisor'),
        ):
            if not node.has_heard(topic):
                said = f' Perception says: {node.trouble}.' if node.trouble else ''
                return f'no {topic} for {node.silence(topic):.0f} s; is {who} running?{said}'
        if node.safety is not None and node.safety.permission != 'move':
            reasons = '; '.join(node.safety.reasons)
            return f'the safety supervisor is {node.safety.state}: {reasons}'
        if not node.is_listened_to:
            return 'nobody listens to instruction; is the planner node running?'
        return ''

    def _events(self, deadline: float) -> Iterator[TaskEvent]:
        given, begun = 0, time.monotonic()
        while True:
            while given < len(self.node.events):
                event = self.node.events[given]
                given += 1
                yield event
                if event.kind in ANSWERS:
                    return
            if not given and time.monotonic() > begun + TAKING:
                raise NodeError(f'the planner said nothing for {TAKING:.0f} s; see its log')
            if self.node.silence('joint_states') > SILENCE:
                raise NodeError(f'no joint_states for {SILENCE:.0f} s; the task is given up')
            if time.monotonic() > deadline:
                raise NodeError('the task did not end in time; it is cancelled')
            self._pause()

    def _keep(self, event: TaskEvent, begun: float) -> None:
        record, node = self.record, self.node
        record.events.append(event)
        if 'plan' in event.data:
            record.plan = to_json(event.data['plan'])
        if event.kind == 'looked' and record.before is None:
            record.before, record.scene_before = self._picture(), node.scene
        if event.kind == 'segment':
            record.timings.setdefault('first motion', round(time.monotonic() - begun, 3))
        if event.kind in ANSWERS:
            record.after, record.scene_after = self._picture(), node.scene
            record.success = event.kind == 'succeeded'
            record.reason = '' if record.success else event.text

    def _picture(self) -> Picture | None:
        """Draw the newest scene into its image; None before there was one."""
        node = self.node
        if node.image is None or node.info is None or node.scene is None:
            return None
        values = read_yaml(shared_file('config/1_camera.yaml'), 'perception')
        rotation = rotation_of(values['camera_quaternion'])
        camera_in_base = pose(values['camera_position'], rotation)
        rgb = image_from_ros(node.image)
        picture: Picture = draw_scene(
            rgb, node.scene, intrinsics_from_ros(node.info), camera_in_base
        )
        return picture

    def _call(self, client: TriggerClient, timeout: float) -> Trigger.Response | None:
        if not client.wait_for_service(timeout):
            return None
        future: Future[Trigger.Response] = client.call_async(Trigger.Request())
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        return future.result() if done.wait(timeout) else None
