"""Every error this package raises, in one tree.

QwenEmbodiedError
├── ContractError                 data that breaks a message's contract
├── ConfigurationError            a wrong parameter, file or argument (exit code 2)
├── MissingDependencyError        something absent on this machine (exit code 3)
├── CameraError                   no usable image
│   └── CalibrationError          images or poses that fix no calibration
├── PerceptionError               an image from which no scene can be made
├── PlanningError
│   ├── PlanParseError            a reply that is no plan; keeps the reply
│   ├── InstructionError          an instruction that cannot be planned; carries a question
│   ├── GroundingError            a target that is not in the scene
│   │   └── AmbiguousTargetError  a description that fits several things
│   ├── GroundingParseError       a reply that names no place in the image; keeps the reply
│   └── ModelError                a model or server that gave no usable answer
│       └── ModelCancelledError   the call was cancelled
├── MotionError
│   ├── RobotModelError           a robot description that lacks something
│   ├── JointLimitError           a joint value outside its limits
│   ├── UnreachableError          a pose that the tool cannot reach
│   │   └── SingularityError      a straight line on which slow tools need fast joints
│   ├── GraspError                an object that the gripper cannot take
│   ├── CollisionError            a start, goal or path in collision
│   │   └── PathNotFoundError     the search ended before it found a way
│   └── TimingError               a path that cannot be timed
├── TrajectoryRejectedError       the safety rules refused a trajectory
├── ControlError                  the arm did not do what it was told
├── SimulationError               the simulated world cannot go on
├── ReplayError                   a recording that cannot be read
├── DatasetError                  a data set that cannot be made, or breaks its format
├── NodeError                     a node of the graph that ended or cannot be heard
└── TaskError                     the task ended without its goal
    └── StoppedError              the arm was stopped, and somebody must let it go on
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations


class QwenEmbodiedError(Exception):
    """Base of every error raised by this package."""


class ContractError(QwenEmbodiedError):
    """A message field that breaks its contract."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        """Name the field, what it held and what it may hold."""
        self.field, self.value, self.allowed = field, value, allowed
        super().__init__(f'{field} is {value!r}; it must be {allowed}')


class ConfigurationError(QwenEmbodiedError):
    """A parameter, file or argument that is wrong; the message names the way out."""


class MissingDependencyError(QwenEmbodiedError):
    """A library or system package that this machine lacks."""

    def __init__(self, missing: str, fix: str) -> None:
        """Name what is missing and the command that installs it."""
        self.missing, self.fix = missing, fix
        super().__init__(f'{missing} is missing; {fix}')


def extra(name: str) -> str:
    """Give the way to install what an extra of this package brings, such as 'sim'."""
    return f"run in the clone: pip install '.[{name}]'"


class CameraError(QwenEmbodiedError):
    """No usable image: absent, stale or with an encoding that is not known."""


class CalibrationError(CameraError):
    """Images or poses that do not fix a calibration; the message says which further ones do."""


class PerceptionError(QwenEmbodiedError):
    """An image from which no scene can be made."""


class PlanningError(QwenEmbodiedError):
    """Base of the errors of the planning stage."""


class PlanParseError(PlanningError):
    """A reply that is not a valid plan."""

    def __init__(self, reason: str, reply: str) -> None:
        """Keep the reply, so that nothing of it is lost."""
        self.reason, self.reply = reason, reply
        super().__init__(f'the reply is not a plan: {reason}')


class InstructionError(PlanningError):
    """An instruction that cannot be planned; `question` asks the operator what is unclear."""

    def __init__(self, question: str) -> None:
        """Carry the question in plain words."""
        self.question = question
        super().__init__(question)


class GroundingError(PlanningError):
    """A target that is not in the scene."""

    def __init__(
        self, target: str, known: tuple[str, ...], why: str = 'is not in the scene'
    ) -> None:
        """Name the target, what is wrong with it and what the scene holds."""
        self.target, self.known = target, known
        listed = ', '.join(known) or 'nothing'
        super().__init__(f'{target} {why}; the scene holds {listed}')


class AmbiguousTargetError(GroundingError):
    """A description that fits several things; nothing is chosen by chance."""

    def __init__(self, words: str, fitting: tuple[str, ...]) -> None:
        """Carry the description and what it may mean, in words for a person."""
        super().__init__(words, fitting)
        self.fitting = fitting
        listed = ', '.join(fitting[:-1])
        self.args = (f'‘{words}’ may mean {listed} or {fitting[-1]}',)


class GroundingParseError(PlanningError):
    """A reply that names no place in the image."""

    def __init__(self, reason: str, reply: str) -> None:
        """Keep the reply, so that nothing of it is lost."""
        self.reason, self.reply = reason, reply
        super().__init__(f'the reply names no place in the image: {reason}')


class ModelError(PlanningError):
    """A model or server that gave no usable answer; the message says which and why."""


class ModelCancelledError(ModelError):
    """A call of a model that was cancelled."""


class MotionError(QwenEmbodiedError):
    """Base of the errors of the motion stage."""


class RobotModelError(MotionError):
    """A robot description that lacks something; the message names it."""


class JointLimitError(MotionError):
    """A joint value outside its limits."""

    def __init__(self, joint: str, value: float, lower: float, upper: float) -> None:
        """Name the joint, its value (rad or m) and its limits."""
        self.joint, self.value, self.lower, self.upper = joint, value, lower, upper
        super().__init__(f'{joint} = {value:.3f}, allowed [{lower:.3f}, {upper:.3f}]')


class UnreachableError(MotionError):
    """A pose that the tool cannot reach; says by how much."""

    def __init__(self, target: str, position_error: float, rotation_error: float) -> None:
        """Give the smallest remaining error, in m and rad."""
        self.target = target
        self.position_error, self.rotation_error = position_error, rotation_error
        super().__init__(
            f'{target} is out of reach: the nearest pose misses it by '
            f'{position_error * 1e3:.1f} mm and {rotation_error:.3f} rad'
        )


class SingularityError(UnreachableError):
    """A straight line near a singularity, where a slow tool needs fast joints."""

    def __init__(self, target: str, condition: float, allowed: float) -> None:
        """Give the condition number of the Jacobian, and what is allowed."""
        super().__init__(target, 0.0, 0.0)
        self.condition = condition
        self.args = (
            f'{target} passes a singularity: condition {condition:.1f}, allowed {allowed:g}; '
            'begin it in another posture',
        )


class GraspError(MotionError):
    """An object that the gripper cannot take; the message says why."""


class CollisionError(MotionError):
    """A start, a goal or a path in collision."""

    def __init__(self, part: str, first: str, second: str) -> None:
        """Name the part of the motion (start, goal, path) and the two bodies."""
        self.part, self.first, self.second = part, first, second
        super().__init__(f'the {part} is blocked: {first} touches {second}')


class PathNotFoundError(CollisionError):
    """The search for a path ended without one; a larger budget may help, or there is no way."""

    def __init__(self, first: str, second: str, samples: int, seconds: float) -> None:
        """Name what blocks the straight way, and what was spent on the search."""
        super().__init__('path', first, second)
        self.samples, self.seconds = samples, seconds
        self.args = (
            f'{self.args[0]} on the straight way, and no other was found with {samples} samples '
            f'in {seconds:.2f} s; allow more, or move what is in the way',
        )


class TimingError(MotionError):
    """A path that cannot be timed within the limits."""


class TrajectoryRejectedError(QwenEmbodiedError):
    """The safety rules refused a trajectory; `reasons` has one line per broken rule."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        """Carry one reason per broken rule."""
        self.reasons = reasons
        super().__init__('trajectory rejected: ' + '; '.join(reasons))


class ControlError(QwenEmbodiedError):
    """The arm did not do what it was told."""


class SimulationError(QwenEmbodiedError):
    """The simulated world cannot go on."""


class ReplayError(QwenEmbodiedError):
    """A recording that cannot be read."""


class DatasetError(QwenEmbodiedError):
    """A recording that cannot become a data set, or a data set that breaks its format."""


class NodeError(QwenEmbodiedError):
    """A node of the graph that ended or cannot be heard; the message says which and why."""


class TaskError(QwenEmbodiedError):
    """The task ended without its goal; the message says at which step and why."""


class StoppedError(TaskError):
    """The arm was stopped, and stays so until somebody lets it go on."""

    def __init__(self, why: str) -> None:
        """Say why it was stopped."""
        self.why = why
        super().__init__(
            f'the arm was stopped ({why}); reset and arm the safety supervisor when it is safe, '
            'then tell me again'
        )
