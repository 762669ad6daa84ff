"""Checks of the camera's topics: colour, depth, lens, stamps and frames."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.doctor.facts import Facts
from qwen_embodied.doctor.finding import Check, Finding
from qwen_embodied.doctor.graph import SILENT, alive
from qwen_embodied.doctor.heard import Graph, Picture, Stream
from qwen_embodied.doctor.scope import COLOUR, DEPTH, LENS

SUFFIX = {'compressed': '/compressed', 'compressedDepth': '/compressedDepth'}
LEAST_RATE = 1.0  # Hz; perception gives as many scenes as there are images
LEAST_VALID = 0.4  # of depths, as the perception node has it
METRES = (0.1, 10.0)  # where a table is
START = "start the camera's driver; --camera and --camera-prefix name its topics, as for up"
GROUP = 'camera'


def colour(facts: Facts) -> Finding:
    """Colour images come, often enough and in a layout that can be read."""
    check, graph = Check(GROUP, 'colour'), alive(facts.graph)
    if graph is None:
        return check.idle(SILENT)
    topic = COLOUR + SUFFIX.get(facts.wanted.colour_transport, '')
    fault = _silent(graph, topic, graph.colour)
    if fault:
        return check.late(facts.machine, fault, START)
    return _rate(check, graph, graph.colour)


def encoding(facts: Facts) -> Finding:
    """Colour and depth are laid out in a way that perception reads."""
    check, graph = Check(GROUP, 'encodings'), alive(facts.graph)
    pictures = [item for item in (graph.colour, graph.depth) if item] if graph else []
    if not pictures:
        return check.idle('no image is heard')
    wrong = [item.fault for item in pictures if item.fault]
    fix = 'set the format in the camera driver: rgb8 for colour, 16UC1 for depth do'
    return check.judge(wrong, fix, ' and '.join(item.encoding for item in pictures))


def depth(facts: Facts) -> Finding:
    """Depth images come where depth is wanted, and are measured."""
    check, graph = Check(GROUP, 'depth'), alive(facts.graph)
    if graph is None:
        return check.idle(SILENT)
    if facts.wanted.depth_transport == 'none':
        return check.idle('depth_transport is none')
    topic = DEPTH + SUFFIX.get(facts.wanted.depth_transport, '')
    fault = _silent(graph, topic, graph.depth)
    if fault:
        fix = f'align_depth.enable:=true on a RealSense; else {START}'
        return check.late(facts.machine, fault, fix)
    share = graph.depth.valid if graph.depth and graph.depth.valid is not None else 0.0
    if share < LEAST_VALID:
        fix = 'look at the distance, the light and the surface; docs/perception.md'
        return check.doubt(f'{share:.0%} of the pixels are measured', fix)
    return check.good(f'{share:.0%} of the pixels are measured')


def depth_unit(facts: Facts) -> Finding:
    """16UC1 is in millimetres and 32FC1 in metres (REP 118)."""
    check, graph = Check(GROUP, 'depth unit'), alive(facts.graph)
    picture = graph.depth if graph else None
    if picture is None or picture.middle is None:
        return check.idle('no depth to look at')
    said = f'{picture.encoding}, median {picture.middle:.4g} m by REP 118'
    if not METRES[0] <= picture.middle <= METRES[1]:
        fix = 'publish 16UC1 in millimetres or 32FC1 in metres'
        return check.bad(f'{said}: that is no table', fix)
    return check.good(said)


def lens(facts: Facts) -> Finding:
    """camera_info is calibrated and belongs to the image."""
    check, graph = Check(GROUP, 'camera_info'), alive(facts.graph)
    if graph is None or graph.colour is None:
        return check.idle('no colour image is heard')
    info, picture = graph.lens, graph.colour
    if info is None:
        return check.late(facts.machine, f'nothing is heard on {graph.real(LENS)}', START)
    wrong = [info.fault] if info.fault else []
    if picture.width and (info.width, info.height) != (picture.width, picture.height):
        size = f'{picture.width}x{picture.height}'
        wrong.append(f'it is for {info.width}x{info.height}, the image is {size}')
    if info.frame_id != picture.frame_id:
        wrong.append(f'its frame is {info.frame_id!r}, that of the image {picture.frame_id!r}')
    fix = 'qwen-embodied calibrate camera writes one; docs/calibration.md'
    return check.judge(wrong, fix, f'fx {info.focal:.0f} px, {info.model or "no distortion"}')


def pairs(facts: Facts) -> Finding:
    """Colour and depth have the same stamps and the same ratio of sides."""
    check, graph = Check(GROUP, 'pairs'), alive(facts.graph)
    streams = [graph.streams.get(name) for name in (COLOUR, DEPTH)] if graph else []
    one, other = streams if len(streams) == 2 else (None, None)
    if graph is None or not (one and other and one.stamps and other.stamps):
        return check.idle('colour and depth are not both heard')
    worst = _apart(one, other)
    if worst > facts.wanted.pair_tolerance:
        fix = 'switch on synchronisation in the driver, or raise pair_tolerance'
        return check.bad(f'stamps of colour and depth are {worst * 1e3:.0f} ms apart', fix)
    if graph.colour and graph.depth and not _same_ratio(graph.colour, graph.depth):
        size = f'{graph.depth.width}x{graph.depth.height}'
        said = f'{graph.colour.width}x{graph.colour.height} and {size}'
        return check.bad(f'{said} have not the same ratio', 'publish depth aligned to colour')
    return check.good(f'at most {worst * 1e3:.0f} ms apart')


def _silent(graph: Graph, topic: str, picture: Picture | None) -> str:
    """Say why no image is there; empty where one is."""
    if picture is not None:
        return ''
    ends = graph.topics.get(topic)
    if ends is None or not ends.publishers:
        return f'nobody publishes {graph.real(topic)}'
    return f'{ends.publishers[0].node} publishes nothing on {graph.real(topic)}'


def _rate(check: Check, graph: Graph, picture: Picture | None) -> Finding:
    stream = graph.streams.get(COLOUR, Stream(0, 0.0))
    size = f'{picture.width}x{picture.height}' if picture and picture.width else 'compressed'
    said = f'{size} at {stream.rate:.1f} Hz'
    if stream.rate < LEAST_RATE:
        fix = "raise the driver's rate; set the transport profile for the driver too"
        return check.doubt(said, fix)
    return check.good(said)


def _apart(one: Stream, other: Stream) -> float:
    """Give the largest distance of a stamp to its nearest in the other stream, s.

    The first and the last may have lost their partner to the moment at which this began or ended.
    """
    inner = one.stamps[1:-1] or one.stamps
    return max(min(abs(stamp - near) for near in other.stamps) for stamp in inner)


def _same_ratio(one: Picture, other: Picture) -> bool:
    return one.width * other.height == other.width * one.height


CHECKS = (colour, encoding, depth, depth_unit, lens, pairs)
