"""A planner around a model: its replies are checked, fed back, replaced when they stay wrong."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from qwen_embodied.errors import (
    AmbiguousTargetError,
    GroundingError,
    GroundingParseError,
    ModelCancelledError,
    ModelError,
    PlanParseError,
)
from qwen_embodied.planning.described import grounded, read_draft
from qwen_embodied.planning.grammar import GrammarPlanner
from qwen_embodied.planning.grammar.history import instructions_of
from qwen_embodied.planning.grammar.planner import ASKS
from qwen_embodied.planning.grounding import QWEN3_VL, Convention
from qwen_embodied.planning.marks import mark_objects
from qwen_embodied.planning.prompts import LONGEST_INSTRUCTION, plan_messages, repair_messages
from qwen_embodied.planning.request import Planner, PlanRequest
from qwen_embodied.planning.schema import MAX_TEXT, Plan, Step, plan_schema
from qwen_embodied.planning.scope import check, is_said
from qwen_embodied.planning.targets import Target, ground
from qwen_embodied.planning.vision_model import (
    MAX_TOKENS,
    Message,
    Model,
    ModelReply,
    ModelRequest,
)

REPAIRS = 2
MOST_OBJECTS = 100
Check = Callable[[Plan, PlanRequest], tuple[str, ...]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """How a plan came about.

    Attributes:
        source: 'model', 'repaired', 'fallback' or 'question'.
        calls: Replies of the model, oldest first.
        faults: Why replies were refused, or why there was none; oldest first.
        targets: What the descriptions of the last reply were found to be, by their words.
    """

    source: str
    calls: tuple[ModelReply, ...] = ()
    faults: tuple[str, ...] = ()
    targets: tuple[tuple[str, Target], ...] = ()

    def figures(self) -> dict[str, str]:
        """Give tokens, latencies and faults as text, for diagnostics."""
        last = self.calls[-1] if self.calls else ModelReply('', '')
        values = {
            'model': last.model,
            'calls': len(self.calls),
            'prompt tokens': last.prompt_tokens,
            'reply tokens': last.reply_tokens,
            'first token, s': last.first_token,
            'total, s': sum(call.seconds for call in self.calls),
            'faults': '; '.join(self.faults),
        }
        kept = {name: value for name, value in values.items() if value not in (None, '')}
        return {'source': self.source, **{name: _shown(value) for name, value in kept.items()}}


class ModelPlanner:
    """Plans with a model; every plan it gives fits the schema and passes the checks.

    A reply that is wrong is fed back with its faults at most `repairs` times. Then, and when the
    model gives no answer, the fallback plans; what it cannot plan becomes a question.

    Attributes:
        account: How the last plan came about.
    """

    def __init__(
        self,
        model: Model,
        *,
        fallback: Planner | None = None,
        check: Check | None = None,
        repairs: int = REPAIRS,
        convention: Convention = QWEN3_VL,
    ) -> None:
        """Join the parts.

        Args:
            model: Any model.
            fallback: GrammarPlanner where absent.
            check: Says what is wrong with a plan; `planning.check` where absent.
            repairs: Further calls when a reply is wrong.
            convention: How the model writes places, when it is asked where something is.
        """
        self._model = model
        self._fallback = fallback or GrammarPlanner()
        self._check = check or _verified
        self._repairs = repairs
        self._convention = convention
        self.account = Account('none yet')

    def plan(self, request: PlanRequest) -> Plan:
        """Plan, or ask; raises ModelCancelledError when the call was cancelled."""
        self.account = Account('none yet')
        refusal = _refusal(request)
        if refusal:
            return self._ask(refusal)
        image = None if request.rgb is None else mark_objects(request.rgb, request.scene)
        messages = plan_messages(request)
        try:
            return self._asked(request, messages, image)
        except ModelCancelledError:
            raise
        except AmbiguousTargetError as error:
            self._note('model', faults=(str(error),))
            return self._ask(f'{error}. Which one do you mean?')
        except ModelError as error:
            logger.warning('the planning model gave no answer: %s', error)
            self._note('model', faults=(str(error),))
            return self._instead(request, 'My planning model is not available.')

    @property
    def state(self) -> str:
        """Say how far the model is: 'ready', or how its loading goes."""
        return str(getattr(self._model, 'progress', 'ready'))

    def cancel(self) -> None:
        """End the call under way; from any thread."""
        self._model.cancel()

    def _asked(self, request: PlanRequest, messages: tuple[Message, ...], image: object) -> Plan:
        describing = request.rgb is not None
        schema = plan_schema(request.scene, holding=request.holding, describing=describing)
        for attempt in range(self._repairs + 1):
            wanted = ModelRequest(messages, image, schema, MAX_TOKENS)  # type: ignore[arg-type]
            reply = self._model.complete(wanted)
            plan, faults = self._read(reply.text, request)
            self._note('repaired' if attempt else 'model', (reply,), faults)
            if plan is not None and not faults:
                return plan
            messages = repair_messages(messages, reply.text, faults)
        return self._instead(request, 'I could not make a plan that works.')

    def _read(self, reply: str, request: PlanRequest) -> tuple[Plan | None, tuple[str, ...]]:
        try:
            draft = read_draft(plan_text(reply))
            targets = {words: self._find(words, request) for words in draft.described.values()}
            plan = grounded(draft, targets, request.scene)
        except PlanParseError as error:
            return None, (error.reason,)
        except AmbiguousTargetError:
            raise
        except (GroundingError, GroundingParseError) as error:
            return None, (str(error),)
        return plan, self._check(plan, request)

    def _find(self, words: str, request: PlanRequest) -> Target:
        """Ask the model where a described thing is; the operator must have spoken of it."""
        known = tuple(item.id for item in request.scene.objects)
        if not is_said(words, instructions_of(request)):
            raise GroundingError(f'‘{words}’', known, 'is not what the operator spoke of')
        before = dict(self.account.targets)
        if words in before:
            return before[words]
        view = request.frame or request.rgb
        if view is None:
            raise GroundingError(f'‘{words}’', known, 'cannot be looked for without an image')
        target = ground(words, _Counted(self._model, self._note), request.scene, view,
                        self._convention)  # fmt: skip
        self.account = replace(self.account, targets=(*self.account.targets, (words, target)))
        return target

    def _instead(self, request: PlanRequest, why: str) -> Plan:
        plan = self._fallback.plan(request)
        if plan.question is None and not self._check(plan, request):
            self._note('fallback')
            return plan
        return self._ask(f'{why} {plan.question or "What should I do?"}')

    def _ask(self, question: str) -> Plan:
        self._note('question')
        text = question if len(question) <= MAX_TEXT else f'{question[: MAX_TEXT - 1]}…'
        return Plan(steps=(Step(action='ask', question=text),), summary=ASKS)

    def _note(
        self, source: str, calls: tuple[ModelReply, ...] = (), faults: tuple[str, ...] = ()
    ) -> None:
        before = self.account
        calls, faults = before.calls + calls, before.faults + faults
        self.account = replace(before, source=source, calls=calls, faults=faults)


class _Counted:
    """A model whose calls are noted."""

    def __init__(self, model: Model, note: Callable[[str, tuple[ModelReply, ...]], None]) -> None:
        self._model, self._note = model, note
        self.identity, self.cancel = model.identity, model.cancel

    def complete(self, request: ModelRequest) -> ModelReply:
        reply = self._model.complete(request)
        self._note('model', (reply,))
        return reply


def plan_text(reply: str) -> str:
    """Take away what stock models put around a plan: leaked thinking and one fence.

    Anything else around the object stays and is refused by `parse_plan`.
    """
    text = reply.rpartition('</think>')[2].strip()
    if text.startswith('```') and text.endswith('```') and text.count('```') == 2:
        head, _, body = text[3:-3].partition('\n')
        if head.strip().lower() in ('', 'json'):
            return body.strip()
    return text


def _verified(plan: Plan, request: PlanRequest) -> tuple[str, ...]:
    found = check(plan, request)
    return tuple(f'step {one.step + 1}: {one.message}' for one in found)


def _refusal(request: PlanRequest) -> str:
    """Say why a request does not go to a model at all; empty when it does."""
    if not request.instruction.strip():
        return 'What should I do?'
    if len(request.instruction) > LONGEST_INSTRUCTION:
        return 'That is too long for me. Please tell me in a few short sentences.'
    if len(request.scene.objects) > MOST_OBJECTS:
        count = len(request.scene.objects)
        return f'I see {count} things, more than the {MOST_OBJECTS} I can keep apart. Clear some?'
    return ''


def _shown(value: object) -> str:
    return f'{value:.3f}' if isinstance(value, float) else str(value)
