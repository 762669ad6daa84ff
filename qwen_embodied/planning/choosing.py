"""Which planner plans, from parameters: the grammar, a Qwen in this process, or a served one."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import param
from qwen_embodied.planning.grammar import GrammarPlanner
from qwen_embodied.planning.grounding import CONVENTIONS
from qwen_embodied.planning.loading import BackgroundModel
from qwen_embodied.planning.recording import RecordedModel, ReplayedModel
from qwen_embodied.planning.repairing import ModelPlanner
from qwen_embodied.planning.request import Planner
from qwen_embodied.planning.vision_model import Model

PLANNERS = ('grammar', 'qwen', 'server', 'replay')


@dataclass(frozen=True)
class PlannerParameters:
    """Who turns words into a plan."""

    planner: str = param(
        'grammar',
        'Who turns words into a plan: grammar, qwen, server or replay.',
        choices=PLANNERS,
    )
    model: str = param('', 'Folder or hub id for qwen; name at the servers for server.')
    revision: str = param('', 'Commit of a hub id, 40 hexadecimal digits.')
    device: str = param('auto', 'Where a qwen runs: auto, cpu, cuda, cuda:1.')
    dtype: str = param(
        'auto', 'Numbers of a qwen.', choices=('auto', 'float32', 'float16', 'bfloat16')
    )
    servers: str = param('', 'Addresses with /v1 for server, comma between; asked in this order.')
    plain_http: bool = param(False, 'Allow http to servers on other machines.')
    model_timeout: float = param(20.0, 'Longest wait for a reply, s.', bounds=(1.0, 600.0))
    convention: str = param(
        'qwen3_vl', 'How the model writes coordinates.', choices=tuple(CONVENTIONS)
    )
    record: str = param('', 'Folder that keeps every model call; replay answers from it alone.')


def make_planner(values: PlannerParameters) -> Planner:
    """Build the planner that the parameters name.

    A Qwen in this process loads in the background; a served one is not asked before the first
    plan.

    Raises:
        ConfigurationError: A parameter that this planner needs is absent or wrong.
    """
    if values.planner == 'grammar':
        return GrammarPlanner()
    return ModelPlanner(make_model(values), convention=CONVENTIONS[values.convention])


def make_model(values: PlannerParameters) -> Model:
    """Build the model that the parameters name, with its record."""
    if not values.model:
        raise ConfigurationError(f'the planner {values.planner} needs the parameter model')
    if values.planner == 'replay':
        return ReplayedModel(_record(values), _identity(values))
    model = _served(values) if values.servers else _local(values)
    return RecordedModel(model, _record(values)) if values.record else model


def _record(values: PlannerParameters) -> Path:
    if not values.record:
        raise ConfigurationError('the planner replay needs the parameter record')
    return Path(values.record).expanduser()


def _local(values: PlannerParameters) -> Model:
    if values.planner == 'server':
        raise ConfigurationError('the planner server needs the parameter servers')
    from qwen_embodied.planning.qwen import QwenModel, identity_of
    from qwen_embodied.planning.weights import check_source

    settings = _qwen_settings(values)
    check_source(settings.model, settings.revision)
    return BackgroundModel(lambda tell: QwenModel(settings, tell), identity_of(settings))


def _served(values: PlannerParameters) -> Model:
    if values.planner == 'qwen':
        raise ConfigurationError('the planner qwen takes no servers; the planner server does')
    from qwen_embodied.planning.server import ServerModel

    return ServerModel(_server_settings(values))


def _identity(values: PlannerParameters) -> Mapping[str, Any]:
    from qwen_embodied.planning.qwen import identity_of

    found: Mapping[str, Any] = (
        _server_settings(values).identity
        if values.servers
        else identity_of(_qwen_settings(values))
    )
    return found


def _qwen_settings(values: PlannerParameters) -> Any:
    from qwen_embodied.planning.qwen import QwenSettings

    return QwenSettings(
        values.model,
        values.revision or None,
        values.device,
        values.dtype,
        time_limit=values.model_timeout,
    )


def _server_settings(values: PlannerParameters) -> Any:
    from qwen_embodied.planning.addresses import ServerSettings

    urls = tuple(url.strip() for url in values.servers.split(',') if url.strip())
    first = min(10.0, values.model_timeout)
    return ServerSettings(
        urls,
        values.model,
        first_token=first,
        total=values.model_timeout,
        plain_http=values.plain_http,
    )
