"""Scenes as markers for RViz, and back as far as markers can say it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from qwen_embodied.geometry import pose, quaternion_of, rotation_of
from qwen_embodied.messages import Array, Scene, SceneObject
from qwen_embodied.nodes.conversions import header

LIFETIME = 1.0  # s; markers of objects that are no longer seen fade by themselves
TEXT_HEIGHT = 0.025  # m
TYPES = {'cylinder': Marker.CYLINDER, 'bowl': Marker.CYLINDER, 'ball': Marker.SPHERE}
COLOURS = {
    'black': (0.05, 0.05, 0.05), 'white': (0.95, 0.95, 0.95), 'grey': (0.5, 0.5, 0.5),
    'red': (0.85, 0.1, 0.1), 'orange': (1.0, 0.5, 0.0), 'yellow': (1.0, 0.85, 0.0),
    'green': (0.1, 0.65, 0.2), 'blue': (0.1, 0.3, 0.85), 'purple': (0.5, 0.2, 0.7),
    'pink': (1.0, 0.5, 0.7), 'brown': (0.45, 0.27, 0.1), 'unknown': (0.3, 0.8, 0.8),
}  # fmt: skip


def pose_from_ros(message: Pose) -> Array:
    """Read a pose as (4, 4)."""
    at, turn = message.position, message.orientation
    return pose([at.x, at.y, at.z], rotation_of([turn.x, turn.y, turn.z, turn.w]))


def pose_to_ros(inner_in_outer: Array) -> Pose:
    """Write a pose (4, 4)."""
    x, y, z = (float(value) for value in inner_in_outer[:3, 3])
    a, b, c, d = (float(value) for value in quaternion_of(inner_in_outer[:3, :3]))
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=a, y=b, z=c, w=d))


def markers_to_ros(scene: Scene) -> MarkerArray:
    """Draw each object as a solid of its size and colour, with its label above it."""
    top = header(scene.stamp, scene.frame_id)
    markers = []
    for number, item in enumerate(scene.objects):
        markers += [_solid(item, number, top), _label(item, number, top)]
    return MarkerArray(markers=markers)


def _solid(item: SceneObject, number: int, top: Header) -> Marker:
    x, y, z = (float(side) for side in item.size)
    marker = _marker('objects', number, top, pose_to_ros(item.object_in_base))
    marker.type = TYPES.get(item.shape, Marker.CUBE)
    marker.scale = Vector3(x=x, y=y, z=z)
    marker.color = _colour(item.colour, 0.8)
    return marker


def _label(item: SceneObject, number: int, top: Header) -> Marker:
    above = item.object_in_base.copy()
    above[2, 3] += float(item.size[2]) / 2 + TEXT_HEIGHT
    marker = _marker('labels', number, top, pose_to_ros(above))
    marker.type = Marker.TEXT_VIEW_FACING
    marker.scale = Vector3(z=TEXT_HEIGHT)
    marker.color = _colour('white', 1.0)
    marker.text = item.id
    return marker


def _marker(namespace: str, number: int, top: Header, place: Pose) -> Marker:
    marker = Marker(header=top, ns=namespace, id=number, action=Marker.ADD, pose=place)
    marker.lifetime.sec = int(LIFETIME)
    return marker


def _colour(name: str, alpha: float) -> ColorRGBA:
    red, green, blue = COLOURS[name]
    return ColorRGBA(r=red, g=green, b=blue, a=alpha)
