"""The report of a replay as one HTML file that opens without a network."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import json
from html import escape

from qwen_embodied import __version__
from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.page_joints import joints_section
from qwen_embodied.replay.page_parts import badge, figure, number, section, table
from qwen_embodied.replay.plots import Line, chart, light_band
from qwen_embodied.replay.results import ReplayReport, Sighting
from qwen_embodied.replay.style import SHEET
from qwen_embodied.run_record import Picture
from qwen_embodied.wording import say

JPEG_QUALITY = 88


def write_page(report: ReplayReport, changes: tuple[str, ...] | None = None) -> str:
    """Build the HTML text.

    Args:
        report: Of a replay.
        changes: Against an earlier replay, one line each; None where none was compared.
    """
    title = escape(f'Replay of {report.settings["bag"]}')
    body = ''.join([
        _head(report), _changes(changes), _pictures(report), _plan(report), _safety(report),
        joints_section(report), _light(report), _scene(report), _end(report),
    ])  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="generator" content="qwen_embodied">'
        f'<title>{title}</title><style>{SHEET}</style></head><body><main>{body}</main></body>'
        '</html>\n'
    )


def _head(report: ReplayReport) -> str:
    words = report.record.instruction
    title = f'“{escape(words)}”' if words else escape(str(report.settings['bag']))
    outcome = badge('can be done', 'fine') if report.success else badge('refused', 'poor')
    outcome = outcome if words else badge('looked through', 'fine')
    parts = [
        f'<header><p class="small">Replay of {escape(str(report.settings["bag"]))}, '
        f'robot {escape(str(report.settings["robot"]))}</p>'
        f'<h1>{title}</h1><p>{outcome} {escape(report.reason)}</p></header>',
        _figures(report),
    ]
    if report.partial:
        parts.append(f'<div class="box poor"><b>Only a part was replayed.</b> '
                     f'{escape(report.partial)}</div>')  # fmt: skip
    if report.notes:
        items = ''.join(f'<li>{escape(note)}</li>' for note in report.notes)
        parts.append(f'<div class="box"><ul>{items}</ul></div>')
    return ''.join(parts)


def _figures(report: ReplayReport) -> str:
    seen, total = report.seen, sum(report.seen.verdicts.values())
    good = seen.verdicts.get('good', 0)
    approved = sum(not item.breaches for item in report.judged)
    within = sum(item.is_within for item in report.joints.ranges)
    cells = [
        (f'{report.duration:.1f} s', 'recorded'),
        (f'{seen.scenes} of {seen.images}', 'images gave a scene'),
        (f'{100 * good / total:.0f} %' if total else '–', 'of the images in good light'),
        (f'{approved} of {len(report.judged)}', 'trajectories approved'),
        (f'{within} of {len(report.joints.ranges)}', 'recorded joints within limits'),
    ]
    inner = ''.join(f'<div><b>{value}</b><span class="small">{words}</span></div>'
                    for value, words in cells)  # fmt: skip
    return f'<div class="figures">{inner}</div>'


def _changes(changes: tuple[str, ...] | None) -> str:
    if changes is None:
        return ''
    if not changes:
        return '<div class="box">Nothing changed against the earlier replay.</div>'
    items = ''.join(f'<li>{escape(line)}</li>' for line in changes)
    return f'<div class="box poor"><b>Changed against the earlier replay</b><ul>{items}</ul></div>'


def _pictures(report: ReplayReport) -> str:
    return section('Pictures', ''.join(_sighting(item) for item in report.seen.shown))


def _sighting(item: Sighting) -> str:
    triple = (
        ('as the camera saw it', item.raw),
        ('after the correction of the light', item.corrected),
        ('what was found', item.annotated),
    )
    figures = ''.join(
        f'<figure><img src="{_embedded(picture)}" alt="{words}">'
        f'<figcaption>{words}</figcaption></figure>'
        for words, picture in triple
    )
    return f'<h3>{escape(item.title)}</h3><div class="pictures">{figures}</div>'


def _embedded(rgb: Picture) -> str:
    import cv2

    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    done, data = cv2.imencode('.jpg', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), flags)
    if not done:
        raise ReplayError('a picture of the report could not be encoded as JPEG')
    return 'data:image/jpeg;base64,' + base64.b64encode(data.tobytes()).decode()


def _plan(report: ReplayReport) -> str:
    if not report.record.instruction:
        return ''
    scene, steps = report.record.scene_before, ''
    if report.plan is not None and scene is not None:
        lines = ''.join(f'<li>{escape(say(step, scene))}</li>' for step in report.plan.steps)
        steps = f'<ol class="steps">{lines}</ol>'
    when = (
        ''
        if report.planned_at is None
        else (
            f'<p class="small">Planned {report.planned_at:.2f} s after the first image, from the '
            'joints recorded then. What follows is imagined: the arm does exactly what was '
            'approved, and things stay where they are put.</p>'
        )
    )
    rows = ''.join(
        f'<li><span>{event.stamp - report.origin:.2f} s</span><span>{escape(event.kind)}</span>'
        f'<span>{escape(event.text)}</span></li>'
        for event in report.record.events
    )
    account = f'<details><summary>What happened, event by event</summary><ul class="events">' \
              f'{rows}</ul></details>'  # fmt: skip
    return section('Plan', when + steps + (account if rows else ''))


def _safety(report: ReplayReport) -> str:
    if not report.judged:
        return ''
    rows = [
        (
            escape(item.trajectory.id),
            escape(item.name),
            number(item.start - report.origin, 2),
            number(item.trajectory.duration, 2),
            badge('rejected', 'poor') if item.breaches else badge('approved', 'fine'),
            escape('; '.join(item.breaches)),
        )
        for item in report.judged
    ]  # fmt: skip
    heads = ('id', 'segment', '#start, s', '#duration, s', 'verdict', 'broken rules')
    return section('Safety verdicts', table(heads, rows))


def _light(report: ReplayReport) -> str:
    seen, scene = report.seen, report.record.scene_before or report.record.scene_after
    counts = ' '.join(
        badge(f'{name} {count}', 'fine' if name == 'good' else 'poor')
        for name, count in seen.verdicts.items()
    )
    length = float(seen.luma[-1, 0]) if len(seen.luma) else 0.0
    plots = chart('mean luma, 0 to 255', [Line(seen.luma, 'recorded')])
    plots += chart('objects in the scene', [Line(seen.objects, 'recorded')])
    findings = scene.lighting.findings if scene and scene.lighting else ()
    rows = [
        (
            escape(item.name), figure(item.value, item.unit),
            badge(item.verdict, 'fine' if item.verdict == 'good' else 'poor'),
            escape(item.remedy),
        )
        for item in findings
    ]  # fmt: skip
    listed = table(('property', 'value', 'verdict', 'what to do'), rows) if rows else ''
    return section(
        'Light',
        f'<p class="small">Images by verdict, from the first to {length:.0f} s: {counts}</p>'
        f'{light_band(seen.light, length)}'
        f'<div class="plots">{plots}</div><h3>where it was planned</h3>{listed}',
    )


def _scene(report: ReplayReport) -> str:
    scene = report.record.scene_before or report.record.scene_after
    if scene is None:
        return ''
    rows = [
        (
            escape(item.id), escape(item.colour), escape(item.shape),
            *(number(float(value), 3) for value in item.position),
            ' × '.join(f'{float(side) * 1e3:.0f}' for side in item.size),
            number(item.confidence, 2),
        )
        for item in scene.objects
    ]  # fmt: skip
    heads = ('id', 'colour', 'shape', '#x, m', '#y, m', '#z, m', 'size, mm', '#confidence')
    words = f'<p class="small">In the frame {escape(scene.frame_id)}; the table is at ' \
            f'z = {scene.table_height:.4f} m.</p>'  # fmt: skip
    return section('Scene', words + table(heads, rows))


def _end(report: ReplayReport) -> str:
    logs = report.logs
    hashes = table(
        ('log', 'SHA-256'),
        [('scenes', logs.scenes), ('plan', logs.plan), ('trajectories', logs.trajectories)],
    )
    settings = escape(json.dumps(report.plain()['settings'], indent=2, ensure_ascii=False))
    return section(
        'Logs and settings',
        f'<p class="small">The same recording and configuration give the same logs, byte for '
        f'byte. qwen_embodied {__version__}</p>{hashes}'
        f'<details><summary>Settings</summary><pre>{settings}</pre></details>',
    )
