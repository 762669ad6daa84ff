"""Checks of the arm: joint states, controllers, safety and frames."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from qwen_embodied.doctor.facts import Facts, RobotFacts
from qwen_embodied.doctor.finding import Check, Finding
from qwen_embodied.doctor.graph import SILENT, alive
from qwen_embodied.doctor.heard import Graph, Joints, Stream

JOINTS, COMMAND, STATUS = 'joint_states', 'arm/command', '/follow_joint_trajectory/_action/status'
LEAST_RATE, LOW_RATE = 20.0, 50.0  # Hz
EARLIEST, LATEST = -0.005, 0.1  # s, where no supervisor tells state_future and state_timeout
JUDGE = 'safety_supervisor'
BEYOND = 1e-3  # rad or m; encoders round
OTHER_TIME = 10.0  # s; so much apart are clocks, not loads
LATCHED = '_LATCHED'
TIGHT = 0.001  # rad; a controller that is tighter aborts at noise
SHOWN = 3
GROUP = 'arm'


def joint_states(facts: Facts) -> Finding:
    """One source publishes them, often enough."""
    check, graph = Check(GROUP, JOINTS), alive(facts.graph)
    if graph is None:
        return check.idle(SILENT)
    topic = graph.topics.get(JOINTS)
    sources = sorted({end.node for end in topic.publishers}) if topic else []
    stream = graph.streams.get(JOINTS, Stream(0, 0.0))
    if not sources or not stream.count:
        said = f'{sources[0]} publishes nothing' if sources else 'nobody publishes it'
        fix = "start the arm's driver and its joint_state_broadcaster"
        return check.late(facts.machine, said, fix)
    if len(sources) > 1:
        fix = 'end one of them, or put each arm into a namespace of its own'
        return check.bad(f'{" and ".join(sources)} publish it', fix)
    # A simulation that is slower than real time publishes as often in its own time.
    rate = (graph.clocks and stream.stamped_rate) or stream.rate
    said = f'{rate:.0f} Hz from {sources[0]}'
    fix = 'raise the update_rate of the controller manager to 50 Hz or more'
    if rate < LEAST_RATE:
        return check.late(facts.machine, said, fix)
    return check.doubt(said, fix) if rate < LOW_RATE else check.good(said)


def joint_names(facts: Facts) -> Finding:
    """Every joint of the model is among them."""
    check, graph, robot = Check(GROUP, 'joint names'), alive(facts.graph), _robot(facts)
    if graph is None or graph.joints is None or robot is None:
        return check.idle('joint states or the robot are not known')
    heard = graph.joints.names
    missing = [name for name in robot.joints if name not in heard]
    if not missing:
        return check.good(f'all {len(robot.joints)} of {robot.name} are there')
    near = [difflib.get_close_matches(name, heard, n=1, cutoff=0.5) for name in missing]
    hints = [
        f'{name} (is it {close[0]}?)' if close else name
        for name, close in zip(missing, near, strict=True)
    ]
    fix = 'set robot in cell.yaml to this arm, or correct joints in config/robots'
    return check.bad(f'{robot.name} misses {", ".join(hints[:SHOWN])}', fix)


def joint_values(facts: Facts) -> Finding:
    """Positions are numbers inside the limits, and velocities come with them."""
    check, graph, robot = Check(GROUP, 'joint values'), alive(facts.graph), _robot(facts)
    if graph is None or graph.joints is None:
        return check.idle('no joint states are heard')
    wrong = _beyond(graph.joints, robot) if robot else []
    wrong += [f'{name} is no finite number' for name in _unknown(graph.joints)]
    if wrong:
        fix = 'check the zero and the direction of the joint; jog the arm back by its own means'
        return check.bad('; '.join(wrong[:SHOWN]), fix)
    if len(graph.joints.velocities) != len(graph.joints.names):
        fix = 'let the joint_state_broadcaster publish velocities'
        return check.doubt('they come without velocities', fix)
    return check.good(f'{len(graph.joints.names)} joints, positions and velocities')


def delay(facts: Facts) -> Finding:
    """Joint states are as old as the clocks of the machines are apart."""
    check, graph = Check(GROUP, 'stamps of joint_states'), alive(facts.graph)
    stream = graph.streams.get(JOINTS) if graph else None
    if graph is None or stream is None or stream.delay is None:
        return check.idle('no joint states are heard' if stream is None else 'no clock is heard')
    said = f'{stream.delay * 1e3:.0f} ms old when heard'
    if stream.stamps and stream.stamps[-1] == 0.0:
        return check.bad('they are stamped with 0', 'let the driver stamp them')
    earliest = -graph.parameter(JUDGE, 'state_future', -EARLIEST)
    latest = graph.parameter(JUDGE, 'state_timeout', LATEST)
    if stream.delay < earliest or stream.delay > latest:
        fix = 'synchronise the machines with chrony or PTP; with /clock set use_sim_time'
        said = f'{said}; {earliest * 1e3:.0f} to {latest * 1e3:.0f} is allowed'
        is_near = abs(stream.delay) < OTHER_TIME
        return check.late(facts.machine, said, fix) if is_near else check.bad(said, fix)
    return check.good(said)


def controllers(facts: Facts) -> Finding:
    """Somebody takes what the arm controller sends, and nobody else sends it."""
    check, graph, robot = Check(GROUP, 'controllers'), alive(facts.graph), _robot(facts)
    if graph is None:
        return check.idle(SILENT)
    backend = _backend(facts, graph)
    if backend != 'setpoints' and robot is None:
        return check.idle('the robot is not known')
    if backend != 'setpoints' and robot is not None and not robot.controllers:
        return check.bad(f'the robot has no controllers for backend: {backend}', 'docs/robots.md')
    wanted = _ways(robot)[backend]
    crowds = [said for name in wanted for said in _crowded(graph, name)]
    unheard = [said for name in wanted for said in _unheard(graph, name)]
    fix = 'ros2 control list_controllers must show it active; docs/real_arm.md'
    if crowds or not unheard:
        return check.judge([*crowds, *unheard], fix, f'{", ".join(wanted)}')
    return check.late(facts.machine, '; '.join(unheard), fix)


def tolerances(facts: Facts) -> Finding:
    """The controllers of ros2_control abort by themselves when the arm leaves its path."""
    check, graph, robot = Check(GROUP, 'tolerances'), alive(facts.graph), _robot(facts)
    if graph is None or robot is None:
        return check.idle(SILENT if graph is None else 'the robot is not known')
    known = [
        (name, joints, values)
        for name, joints in robot.controllers.items()
        for full in graph.named(name)
        if (values := graph.parameters.get(full))
    ]
    if not known:
        return check.idle('no controller of ros2_control answers')
    faults = [fault for one in known for fault in _loose(*one)]
    fix = 'set constraints.<joint>.trajectory, .goal and constraints.goal_time; docs/real_arm.md'
    if faults:
        return check.doubt('; '.join(faults[:SHOWN]), fix)
    return check.good(f'set in {", ".join(name for name, _, _ in known)}')


def safety(facts: Facts) -> Finding:
    """The safety supervisor is well, armed or not."""
    check, graph = Check(GROUP, 'safety'), alive(facts.graph)
    if graph is None or not graph.named('safety_supervisor'):
        return check.idle('no safety supervisor runs')
    if not graph.safety:
        fix = 'look at the log of the safety supervisor'
        return check.late(facts.machine, 'safety/state is silent', fix)
    said = f'{graph.safety}: {"; ".join(graph.reasons)}' if graph.reasons else graph.safety
    if graph.safety.endswith(LATCHED):
        fix = 'mend the cause, then call safety_supervisor/reset; docs/safety.md'
        return check.doubt(said, fix)
    return check.good(said)


def seeing(facts: Facts) -> Finding:
    """Perception makes scenes of the images."""
    check, graph = Check(GROUP, 'perception'), alive(facts.graph)
    if graph is None or not graph.named('perception'):
        return check.idle('no perception runs')
    if graph.trouble:
        fix = 'see the checks of the camera; docs/perception.md'
        return check.late(facts.machine, graph.trouble, fix)
    return check.good('says that it sees')


def frames(facts: Facts) -> Finding:
    """TF joins the camera to the base in which scenes are given."""
    check, graph, robot = Check(GROUP, 'TF'), alive(facts.graph), _robot(facts)
    if graph is None or graph.edges is None:
        return check.idle(
            'tf2_msgs is not installed; poses come from parameters' if graph else SILENT
        )
    if not graph.edges:
        return check.idle('nobody publishes it; the pose of the camera comes from parameters')
    base = robot.base_frame if robot else facts.wanted.frame_id
    known = {name for edge in graph.edges for name in edge}
    twice = _parents(graph.edges)
    if twice:
        return check.bad('; '.join(twice[:SHOWN]), 'let one node publish each frame')
    if base not in known:
        return check.doubt(
            f'it has no {base}, the base of the robot', 'start robot_state_publisher'
        )
    eye = graph.colour.frame_id if graph.colour else ''
    if eye and eye in known and not _joined(graph.edges, base, eye):
        fix = 'publish the pose that qwen-embodied calibrate hand-eye found as a static transform'
        return check.doubt(f'{eye} and {base} are not joined', fix)
    return check.good(f'{len(graph.edges)} frames, with {base}')


def _robot(facts: Facts) -> RobotFacts | None:
    """Give the robot, with its own description where that was heard; None for a broken one."""
    robot = facts.own_robot or facts.robot
    return robot if robot is not None and not robot.fault else None


def _beyond(joints: Joints, robot: RobotFacts) -> list[str]:
    at = dict(zip(joints.names, joints.positions, strict=False))
    return [
        f'{name} = {value:.3f}, allowed {lower:.3f} to {upper:.3f}'
        for name, lower, upper in zip(robot.joints, robot.lower, robot.upper, strict=True)
        if (value := at.get(name)) is not None and not lower - BEYOND <= value <= upper + BEYOND
    ]


def _unknown(joints: Joints) -> list[str]:
    told = dict(zip(joints.names, joints.positions, strict=False))
    return [name for name in joints.names if told.get(name) is None]


def _backend(facts: Facts, graph: Graph) -> str:
    """Tell the way to the arm; before the arm controller runs, any that is heard will do."""
    ways = _ways(_robot(facts)) if not graph.named('arm_controller') else {}
    heard = [
        way
        for way, topics in ways.items()
        if topics and not any(_unheard(graph, topic) for topic in topics)
    ]
    return heard[0] if heard else facts.wanted.backend


def _ways(robot: RobotFacts | None) -> dict[str, list[str]]:
    """Name the topics of each way to the arm."""
    names = robot.controllers if robot else ()
    return {
        'setpoints': [COMMAND],
        'topic': [f'{name}/joint_trajectory' for name in names],
        'action': [name + STATUS for name in names],
    }


def _unheard(graph: Graph, topic: str) -> list[str]:
    """Say who is missing at a topic that moves the arm."""
    ends = graph.topics.get(topic)
    if topic.endswith(STATUS):
        return [] if ends and ends.publishers else [f'nobody offers {topic.removesuffix(STATUS)}']
    return [] if ends and ends.subscribers else [f'nobody listens to {topic}']


def _crowded(graph: Graph, topic: str) -> list[str]:
    """Say who else sends what moves the arm."""
    ends = graph.topics.get(topic)
    senders = sorted({end.node for end in ends.publishers}) if ends else []
    crowd = len(senders) > 1 and not topic.endswith(STATUS)
    return [f'{topic} is sent by {" and ".join(senders)}'] if crowd else []


def _loose(name: str, joints: tuple[str, ...], values: Mapping[str, Any]) -> list[str]:
    """Name the tolerances of a controller that are off, or that noise would break."""
    found = []
    for joint in joints:
        for kind in ('trajectory', 'goal'):
            limit = float(values.get(f'constraints.{joint}.{kind}', 0.0) or 0.0)
            if limit < TIGHT:
                word = 'is off' if limit <= 0.0 else f'= {limit:g} is below {TIGHT:g}'
                found.append(f'{name}: constraints.{joint}.{kind} {word}')
    if not values.get('constraints.goal_time', 0.0):
        found.append(f'{name}: constraints.goal_time is off')
    if values.get('allow_trajectory_replacement') is True:
        found.append(f'{name}: allow_trajectory_replacement is true')
    return found


def _parents(edges: tuple[tuple[str, str], ...]) -> list[str]:
    """Name the frames that have two parents."""
    above: dict[str, list[str]] = {}
    for parent, child in edges:
        above.setdefault(child, []).append(parent)
    return [
        f'{child} has the parents {" and ".join(two)}'
        for child, two in above.items()
        if len(two) > 1
    ]


def _joined(edges: tuple[tuple[str, str], ...], one: str, other: str) -> bool:
    """True when two frames hang together."""
    reached = {one}
    for _ in edges:
        reached |= {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
    return other in reached


CHECKS = (
    joint_states, joint_names, joint_values, delay, controllers, tolerances, safety, seeing,
    frames,
)  # fmt: skip
