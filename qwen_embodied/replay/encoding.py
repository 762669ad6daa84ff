"""The messages of this package, serialised (CDR) without ROS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import JointState, JointTrajectory
from qwen_embodied.replay.definitions import typestore

IMAGE, INFO = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CameraInfo'
JOINTS, TEXT = 'sensor_msgs/msg/JointState', 'std_msgs/msg/String'
TRAJECTORY = 'trajectory_msgs/msg/JointTrajectory'


def _serialised(kind: str, **fields: Any) -> bytes:
    store = typestore()
    return bytes(store.serialize_cdr(store.types[kind](**fields), kind))


def _header(stamp: float, frame_id: str) -> Any:
    store = typestore()
    whole, rest = divmod(round(stamp * 1e9), 1_000_000_000)
    time = store.types['builtin_interfaces/msg/Time'](sec=whole, nanosec=rest)
    return store.types['std_msgs/msg/Header'](stamp=time, frame_id=frame_id)


def image(rgb: NDArray[np.uint8], stamp: float, frame_id: str) -> bytes:
    """Write RGB (H, W, 3) as sensor_msgs/Image."""
    return _image(rgb, stamp, frame_id, 'rgb8')


def depth_image(depth: NDArray[np.float32], stamp: float, frame_id: str) -> bytes:
    """Write depth (H, W) m as 16UC1 millimetres; what is invalid becomes 0."""
    with np.errstate(invalid='ignore'):
        valid = (depth > 0.0) & (depth <= 65.535)
    millimetres = np.rint(np.where(valid, depth, 0.0) * 1e3).astype('<u2')
    return _image(millimetres, stamp, frame_id, '16UC1')


def _image(pixels: NDArray[Any], stamp: float, frame_id: str, encoding: str) -> bytes:
    data = np.frombuffer(np.ascontiguousarray(pixels).tobytes(), np.uint8)
    height, width = pixels.shape[:2]
    return _serialised(
        IMAGE,
        header=_header(stamp, frame_id),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=len(data) // height,
        data=data,
    )


def camera_info(lens: Intrinsics, stamp: float, frame_id: str) -> bytes:
    """Write the calibration of a camera without distortion."""
    k = [lens.fx, 0.0, lens.cx, 0.0, lens.fy, lens.cy, 0.0, 0.0, 1.0]
    p = [lens.fx, 0.0, lens.cx, 0.0, 0.0, lens.fy, lens.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    roi = typestore().types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    distortion = np.array(lens.distortion if any(lens.distortion) else [0.0] * 5)
    return _serialised(
        INFO,
        header=_header(stamp, frame_id),
        height=lens.height,
        width=lens.width,
        distortion_model='plumb_bob' if len(distortion) <= 5 else 'rational_polynomial',
        d=distortion,
        k=np.array(k),
        r=np.eye(3).ravel(),
        p=np.array(p),
        binning_x=0,
        binning_y=0,
        roi=roi,
    )


def joint_state(state: JointState) -> bytes:
    """Write a joint state; absent velocities stay absent."""
    return _serialised(
        JOINTS,
        header=_header(state.stamp, ''),
        name=list(state.names),
        position=np.array(state.positions),
        velocity=np.array([] if state.velocities is None else state.velocities),
        effort=np.array([]),
    )


def text(words: str) -> bytes:
    """Write std_msgs/String."""
    return _serialised(TEXT, data=words)


def trajectory(item: JointTrajectory) -> bytes:
    """Write a trajectory; its id is the header's frame_id, as on the topics."""
    store = typestore()
    empty = np.array([])

    def row(values: NDArray[np.float64] | None, at: int) -> NDArray[np.float64]:
        return empty if values is None else np.array(values[at])

    def point(at: int) -> Any:
        whole, rest = divmod(round(float(item.times[at]) * 1e9), 1_000_000_000)
        return store.types['trajectory_msgs/msg/JointTrajectoryPoint'](
            positions=row(item.positions, at),
            velocities=row(item.velocities, at),
            accelerations=row(item.accelerations, at),
            effort=empty,
            time_from_start=store.types['builtin_interfaces/msg/Duration'](whole, rest),
        )

    return _serialised(
        TRAJECTORY,
        header=_header(0.0, item.id),
        joint_names=list(item.joint_names),
        points=[point(at) for at in range(len(item.times))],
    )
