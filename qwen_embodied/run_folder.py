"""The folder of a run: plan, events, timings, pictures, joint plot and episode."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ConfigurationError, MissingDependencyError, extra
from qwen_embodied.limits import JointLimits
from qwen_embodied.run_record import Picture, RunRecord

FRAMES_PER_SECOND = 20
PICTURES = ('.png', '.jpg', '.jpeg')
INK, GRID = '#22262e', '#d9dde3'


def write_run(record: RunRecord, folder: Path, limits: JointLimits | None = None) -> Path:
    """Write everything a record holds.

    Args:
        record: Of the run.
        folder: Made when it is not there.
        limits: Of the arm; drawn into the joint plot when given.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / 'run.json', _summary(record))
    _write_json(folder / 'timings.json', record.timings)
    (folder / 'plan.json').write_text((record.plan or 'null') + '\n', encoding='utf-8')
    lines = [json.dumps(asdict(event), ensure_ascii=False) for event in record.events]
    (folder / 'events.jsonl').write_text('\n'.join(lines) + '\n', encoding='utf-8')
    for name, picture in (('before', record.before), ('after', record.after)):
        if picture is not None:
            write_png(folder / f'{name}.png', picture)
    if len(record.joint_log) > 1:
        write_joint_plot(folder / 'joints.png', record, limits)
    if record.views:
        write_episode(folder / 'episode.mp4', record.views)
    return folder


def dated(words: str) -> str:
    """Give the name of a folder: the date and time of now, and what was done."""
    return f'{time.strftime("%Y-%m-%d-%H%M%S")}-{words}'


def new_folder(parent: Path, words: str) -> Path:
    """Make a folder of now that nobody else has, and give its path.

    Raises:
        ConfigurationError: It cannot be made.
    """
    name, number = dated(words), 1
    folder = parent / name
    while True:
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            folder = parent / f'{name}-{number}'
        except OSError as error:
            raise ConfigurationError(f'{folder}: cannot be made: {error.strerror}') from error
        else:
            return folder


def write_png(path: Path, rgb: Picture) -> None:
    """Write a picture (H, W, 3) uint8 as PNG, or JPEG where the name of the file says so.

    Raises:
        ConfigurationError: The file cannot be written, or is neither.
    """
    import cv2

    if path.suffix.lower() not in PICTURES:
        raise ConfigurationError(f'{path}: must end in {", ".join(PICTURES)}')
    encoded = cv2.imencode(path.suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise ConfigurationError(f'{path}: cannot be written: {error.strerror}') from error


def write_episode(path: Path, views: list[tuple[float, Picture]]) -> None:
    """Write stamped pictures as H.264 at their own pace."""
    try:
        import av
    except ImportError as error:
        raise MissingDependencyError('PyAV', extra('sim')) from error
    start, end = views[0][0], views[-1][0]
    stamps = np.array([stamp for stamp, _ in views])
    height, width = (side - side % 2 for side in views[0][1].shape[:2])
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = width, height, 'yuv420p'
        stream.options = {'crf': '23', 'preset': 'veryfast'}
        for time in np.arange(start, end + 1e-9, 1 / FRAMES_PER_SECOND):
            newest = int(np.searchsorted(stamps, time, side='right')) - 1
            picture = np.ascontiguousarray(views[newest][1][:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format='rgb24')))
        container.mux(stream.encode(None))


def write_joint_plot(path: Path, record: RunRecord, limits: JointLimits | None = None) -> None:
    """Plot measured positions, speeds as shares of the limits, and the gripper, over time."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError('matplotlib', extra('sim')) from error
    log = np.array(record.joint_log)
    times, positions = log[:, 0] - log[0, 0], log[:, 1:]
    figure = Figure(figsize=(11, 8), dpi=110, layout='constrained')
    above, below, gripper = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 1))
    fingers = [at for at, name in enumerate(record.joint_names) if 'finger' in name]
    arm = [at for at, name in enumerate(record.joint_names) if _is_shown(name, limits)]
    for colour, at in enumerate(arm):
        above.plot(times, positions[:, at], color=f'C{colour}', label=record.joint_names[at])
    _draw_speeds(below, times, positions, record, limits)
    gripper.plot(times, 1e3 * positions[:, fingers].sum(axis=1), color=INK)
    gripper.set_ylabel('fingers apart, mm')
    above.set_ylabel('position, rad')
    figure.legend(fontsize=8, loc='outside right upper', frameon=False)
    above.set_title(_title(record), loc='left', color=INK, parse_math=False)
    gripper.set_xlabel('time, s')
    for axes in (above, below, gripper):
        axes.grid(color=GRID)
        axes.spines[['top', 'right']].set_visible(False)
    figure.savefig(path)


def _title(record: RunRecord) -> str:
    """Give the instruction, or what was planned where the font lacks its letters."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    summary = json.loads(record.plan).get('summary', '') if record.plan else ''
    for text in (f'“{record.instruction}”', summary):
        if all(font.get_char_index(ord(letter)) for letter in text):
            return text
    return ''


def _is_shown(name: str, limits: JointLimits | None) -> bool:
    """Show the joints whose limits are known; without limits all but fingers."""
    return name in limits.names if limits is not None else 'finger' not in name


def _draw_speeds(
    axes: Any,
    times: NDArray[np.float64],
    positions: NDArray[np.float64],
    record: RunRecord,
    limits: JointLimits | None,
) -> None:
    speeds = np.gradient(positions, times, axis=0)
    for colour, name in enumerate(record.joint_names):
        if not _is_shown(name, limits):
            continue
        at = record.joint_names.index(name)
        share = (
            1.0
            if limits is None or name not in limits.names
            else float(limits.velocity[limits.names.index(name)])
        )
        axes.plot(times, np.abs(speeds[:, at]) / share, color=f'C{colour}')
    if limits is not None:
        axes.axhline(1.0, color='#c0392b', linestyle='--', linewidth=1)
        axes.text(times[0], 1.01, 'limit of the profile', color='#c0392b', fontsize=8)
    axes.set_ylabel('|speed|, rad/s' if limits is None else '|speed| / limit')


def _summary(record: RunRecord) -> dict[str, Any]:
    return {
        'instruction': record.instruction,
        'settings': record.settings,
        'success': record.success,
        'reason': record.reason,
        'trajectories': [
            {'id': item.id, 'duration': round(item.duration, 4), 'points': len(item.times)}
            for item in record.trajectories
        ],
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + '\n', encoding='utf-8')


def read_timings(folder: Path) -> dict[str, float]:
    """Read the timings of a written run; {} when there are none."""
    path = folder / 'timings.json'
    if not path.exists():
        return {}
    timings: dict[str, float] = json.loads(path.read_text(encoding='utf-8'))
    return timings
