"""What is gathered before anything is judged: this machine, its software, what is wanted."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qwen_embodied.doctor.heard import Graph

BUSY = 2.0  # processes that want to run, per core


@dataclass(frozen=True)
class Machine:
    """This machine and what is installed on it.

    Attributes:
        python: Version of the interpreter.
        versions: Of the distributions that are installed, by name.
        ros_prefixes: Installed ROS 2, such as /opt/ros/jazzy, that this terminal has sourced.
        rclpy_places: Folders of the path that hold an rclpy.
        pinocchio_places: Folders of the path that hold a pinocchio.
        environment: Variables that decide how nodes find one another.
        profile: Content of the transport profile of Fast DDS; None where it cannot be read.
        shared_memory: Free, MiB; None where the system has none.
        disk: Free in the working folder, MiB.
        memory: Available, MiB.
        cores: That this process may use.
        load: Processes that wanted to run, mean of a minute.
        unwritable: Folders that logs and runs go to and that cannot be written.
        clock_error: Largest error that the kernel assumes of the clock, s; None where it is not
            synchronised, below 0 where that cannot be told.
        now: The clock, s since 1970.
    """

    python: tuple[int, int, int]
    versions: Mapping[str, str]
    ros_prefixes: tuple[str, ...]
    rclpy_places: tuple[str, ...]
    pinocchio_places: tuple[str, ...]
    environment: Mapping[str, str]
    profile: str | None
    shared_memory: int | None
    disk: int
    memory: int
    cores: int
    load: float
    unwritable: tuple[str, ...]
    clock_error: float | None
    now: float

    @property
    def is_busy(self) -> bool:
        """True where more wants to run than answers in time can be asked of."""
        return self.load > BUSY * self.cores


@dataclass(frozen=True)
class Probe:
    """What a process said that tried something out.

    Attributes:
        worked: True when it ended well.
        said: Its last line.
        is_late: True when it did not end in time, so that nobody knows.
    """

    worked: bool
    said: str
    is_late: bool = False


@dataclass(frozen=True)
class RobotFacts:
    """The robot as its preset, or its own description, has it.

    Attributes:
        name: Of the preset.
        joints: Of the arm and then of the gripper.
        lower: Limits of each, rad or m.
        upper: Limits of each, rad or m.
        base_frame: Name of the frame that poses are given in.
        controllers: Joints by controller.
        fault: Why it cannot be used; empty when it can.
        is_late: True when it was not told or loaded in time, so that nobody knows.
    """

    name: str
    joints: tuple[str, ...] = ()
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    base_frame: str = ''
    controllers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fault: str = ''
    is_late: bool = False


@dataclass(frozen=True)
class Wanted:
    """What the parameter files say is wanted.

    Attributes:
        robot: File of config/robots.
        description: preset, topic or the path of a URDF.
        backend: The way to the arm.
        planner: Who plans.
        servers: Addresses of model servers.
        model: Name or folder of the model.
        plain_http: Whether servers on other machines may be asked without encryption.
        obstacles: File of obstacles.
        colour_transport: How colour comes.
        depth_transport: How depth comes.
        pair_tolerance: Largest difference of the stamps of colour and depth, s.
        frame_id: Of the base in scenes.
        latch_file: Into which the safety supervisor writes; empty for none.
        audit_file: Into which the safety supervisor writes; empty for none.
    """

    robot: str = 'panda'
    description: str = 'preset'
    backend: str = 'setpoints'
    planner: str = 'grammar'
    servers: str = ''
    model: str = ''
    plain_http: bool = False
    obstacles: str = ''
    colour_transport: str = 'raw'
    depth_transport: str = 'raw'
    pair_tolerance: float = 0.02
    frame_id: str = 'panda_link0'
    latch_file: str = ''
    audit_file: str = ''


@dataclass(frozen=True)
class Facts:
    """Everything that is judged.

    Attributes:
        machine: This machine.
        wanted: By the parameter files, and by the running nodes where they tell another way.
        native: Whether the native libraries load.
        rendering: Whether MuJoCo renders; None without MuJoCo.
        ros: Whether rclpy works.
        configuration: Faults of the parameter files; None where they could not be read.
        robot: The preset, or None where it could not be tried.
        own_robot: That of the running graph, with its own description; None where neither differs
            from the preset.
        server: What the model server answered; None where no server is wanted.
        graph: None where it was not looked at.
    """

    machine: Machine
    wanted: Wanted
    native: Probe
    rendering: Probe | None
    ros: Probe
    configuration: tuple[str, ...] | None
    robot: RobotFacts | None
    own_robot: RobotFacts | None
    server: Probe | None
    graph: Graph | None
