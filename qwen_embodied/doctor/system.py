"""Checks of the machine: transport, domain, room, clock and rendering."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import NamedTuple
from xml.etree import ElementTree

from qwen_embodied.doctor.facts import BUSY, Facts
from qwen_embodied.doctor.finding import Check, Finding
from qwen_embodied.environment import LAST_DOMAIN
from qwen_embodied.errors import extra
from qwen_embodied.system_libraries import INSTALL as INSTALL_SYSTEM

TRIED_RMW = 'rmw_fastrtps_cpp'
PROFILE = 'FASTDDS_DEFAULT_PROFILES_FILE'
TRANSPORTS = 'FASTDDS_BUILTIN_TRANSPORTS'
# Bytes: a VGA image with its depth has to fit several times.
LEAST_SEGMENT, LEAST_MESSAGE = 8 * 2**20, 2**20
FIRST_BUSY, LAST_BUSY = 102, 214  # domains whose ports Linux gives to other programs
RANGES = ('SUBNET', 'LOCALHOST', 'OFF', 'SYSTEM_DEFAULT')
# MiB: the segments of seven processes; some runs; seven processes with their libraries.
SHARED_MEMORY, DISK, FULL_DISK, MEMORY, FULL_MEMORY = 256, 1024, 100, 3000, 1000
CORES, WITH_GRAPH = 2, 3.0  # load per core that is well, where a graph runs
CLOCK_ERROR, BIRTH = 0.05, 1.75e9  # s; the clock cannot be before this package was written
GROUP = 'system'


def middleware(facts: Facts) -> Finding:
    """The middleware is one that was tried with camera images."""
    check, asked = Check(GROUP, 'RMW'), facts.machine.environment.get('RMW_IMPLEMENTATION')
    used = facts.ros.said if facts.graph is not None else asked or TRIED_RMW
    if asked and facts.graph is not None and asked != used:
        return check.bad(f'RMW_IMPLEMENTATION={asked}, but {used} is used', f'install {asked}')
    if used != TRIED_RMW:
        said = f'{used} was not tried with this package'
        return check.doubt(said, f'export RMW_IMPLEMENTATION={TRIED_RMW}')
    return check.good(used)


def profile(facts: Facts) -> Finding:
    """Camera images fit into the transport."""
    check, known = Check(GROUP, 'transport profile'), facts.machine.environment
    if facts.machine.profile is None:
        fix = f'unset {PROFILE}, or give it a file'
        return check.bad(f'{_profile_name(facts)} cannot be read', fix)
    if not facts.machine.profile:
        chosen = known.get(TRANSPORTS)
        return check.good(f'{TRANSPORTS}={chosen}' if chosen else 'set by up and the launch files')
    try:
        small = _small(facts.machine.profile)
    except ElementTree.ParseError as error:
        return check.bad(f'{_profile_name(facts)} is no XML: {error}', f'unset {PROFILE}')
    if small:
        fix = 'take config/fastdds.xml, or make them as large as it does'
        return check.doubt(f'images are lost in {_profile_name(facts)}: {small}', fix)
    return check.good(_profile_name(facts))


def domain(facts: Facts) -> Finding:
    """The domain is one whose ports DDS gets."""
    check = Check(GROUP, 'domain')
    said = facts.machine.environment.get('ROS_DOMAIN_ID', '')
    if not said:
        return check.good('0, as ROS_DOMAIN_ID is not set')
    if not (said.isascii() and said.isdigit() and int(said) <= LAST_DOMAIN):
        return check.bad(f'ROS_DOMAIN_ID={said}', f'set it to 0 to 101; at most {LAST_DOMAIN}')
    if FIRST_BUSY <= int(said) <= LAST_BUSY:
        return check.doubt(f'{said}: Linux may give its ports to others', 'take 0 to 101')
    return check.good(said)


def discovery(facts: Facts) -> Finding:
    """Nodes look for one another where they are."""
    check, known = Check(GROUP, 'discovery'), facts.machine.environment
    said = known.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '')
    if said and said not in RANGES:
        fix = f'set it to one of {", ".join(RANGES)}'
        return check.bad(f'ROS_AUTOMATIC_DISCOVERY_RANGE={said}', fix)
    if said == 'OFF' and not known.get('ROS_STATIC_PEERS'):
        fix = 'export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST'
        return check.bad('OFF: nodes do not find one another', fix)
    if known.get('ROS_LOCALHOST_ONLY') == '1' and said not in ('', 'LOCALHOST'):
        return check.doubt(f'ROS_LOCALHOST_ONLY=1 overrides {said}', 'unset ROS_LOCALHOST_ONLY')
    return check.good(said or 'LOCALHOST, set by up and the launch files')


def shared_memory(facts: Facts) -> Finding:
    """Images go from process to process through /dev/shm."""
    check, free = Check(GROUP, 'shared memory'), facts.machine.shared_memory
    if free is None:
        return check.idle('this system has no /dev/shm')
    said = f'{free} MiB free in /dev/shm'
    if free < SHARED_MEMORY:
        fix = 'docker run --shm-size=512m; else fastdds shm clean, with no node running'
        return check.bad(f'{said}; {SHARED_MEMORY} are wanted', fix)
    return check.good(said)


def disk(facts: Facts) -> Finding:
    """Runs and recordings have room."""
    fix, least = 'free some space, or work in another folder', 'a run takes 10 to 100'
    room = _Room(facts.machine.disk, 'free in this folder', FULL_DISK, DISK, least)
    return _enough(Check(GROUP, 'disk'), room, fix)


def memory(facts: Facts) -> Finding:
    """The processes of the graph have room."""
    least = 'the simulated cell takes about 2000'
    room = _Room(facts.machine.memory, 'available', FULL_MEMORY, MEMORY, least)
    return _enough(Check(GROUP, 'memory'), room, 'end other programs')


def cores(facts: Facts) -> Finding:
    """The processes of the graph have time."""
    check, here = Check(GROUP, 'cores'), facts.machine
    said = f'{here.cores} cores, load {here.load:.1f}'
    if here.cores < CORES:
        return check.doubt(f'{said}; the figures are for {CORES}', 'give it more cores')
    # A graph that is already running loads the machine too, and may.
    allowed = WITH_GRAPH if facts.graph and facts.graph.nodes else BUSY
    if here.load > allowed * here.cores:
        return check.doubt(f'{said}: late inputs make the arm hold', 'end other programs')
    return check.good(said)


def folders(facts: Facts) -> Finding:
    """Logs, runs and what safety keeps across restarts can be written."""
    check, closed = Check(GROUP, 'folders'), facts.machine.unwritable
    said = [f'{folder} cannot be written' for folder in closed]
    fix = 'work in a folder of your own; set ROS_LOG_DIR, latch_file and audit_file'
    return check.judge(said, fix, 'logs, runs and the state of safety can be written')


def clock(facts: Facts) -> Finding:
    """The date is true, and that of another machine would agree."""
    check, error = Check(GROUP, 'clock of the machine'), facts.machine.clock_error
    fix = 'run chrony or systemd-timesyncd; between two machines chrony or PTP'
    if facts.machine.now < BIRTH:
        return check.bad('the date lies in the past', fix)
    if error is None:
        return check.doubt('nobody synchronises it; it matters between two machines', fix)
    if error > CLOCK_ERROR:
        return check.doubt(f'wrong by up to {error * 1e3:.0f} ms', fix)
    if error < 0.0:
        return check.idle('this system does not tell')
    return check.good(f'synchronised, wrong by up to {error * 1e3:.0f} ms')


def rendering(facts: Facts) -> Finding:
    """The simulated camera can draw without a screen."""
    check, tried = Check(GROUP, 'rendering (EGL)'), facts.rendering
    if tried is None:
        return check.doubt('MuJoCo is not installed', f'for the simulation, {extra("sim")}')
    if not tried.worked:
        return check.failed(tried, f'{INSTALL_SYSTEM}; and export MUJOCO_GL=egl')
    return check.good(tried.said)


class _Room(NamedTuple):
    """MiB that are free, and where; what is too little, and what is little for what."""

    free: int
    where: str
    full: int
    little: int
    least: str


def _enough(check: Check, room: _Room, fix: str) -> Finding:
    said = f'{room.free} MiB {room.where}'
    if room.free < room.full:
        return check.bad(said, fix)
    if room.free < room.little:
        return check.doubt(f'{said}; {room.least}', fix)
    return check.good(said)


def _profile_name(facts: Facts) -> str:
    known = facts.machine.environment
    return known.get(PROFILE) or known.get('FASTRTPS_DEFAULT_PROFILES_FILE', '')


def _small(text: str) -> str:
    """Name what is too small in a profile's shared memory; raises ParseError."""
    root = ElementTree.fromstring(text)
    descriptors = [_leaves(item) for item in root.iter() if _tag(item) == 'transport_descriptor']
    shared = [values for values in descriptors if values.get('type') == 'SHM']
    if not shared:
        return 'it has no shared memory of its own'
    return ', '.join(
        f'{name} {values[name]} is below {least}'
        for values in shared
        for name, least in (('segment_size', LEAST_SEGMENT), ('maxMessageSize', LEAST_MESSAGE))
        if values.get(name, '').isdigit() and int(values[name]) < least
    )


def _leaves(element: ElementTree.Element) -> dict[str, str]:
    return {_tag(item): (item.text or '').strip() for item in element}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition('}')[2]


CHECKS = (
    middleware, profile, domain, discovery, shared_memory, disk, memory, cores, folders, clock,
    rendering,
)  # fmt: skip
