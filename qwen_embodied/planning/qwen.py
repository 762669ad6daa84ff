"""A Qwen model in this process: transformers loads it, llguidance holds it to the schema.

The only module that imports torch, transformers and llguidance, and only when a model is built.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import (
    ConfigurationError,
    MissingDependencyError,
    ModelError,
    extra,
)
from qwen_embodied.planning.constraint import FORM, Constraint, Vocabulary, Watch, narrowed
from qwen_embodied.planning.loading import BackgroundModel, Progress
from qwen_embodied.planning.repairing import ModelPlanner
from qwen_embodied.planning.request import Planner
from qwen_embodied.planning.vision_model import ModelReply, ModelRequest
from qwen_embodied.planning.weights import check_source, weight_bytes

EXTRA = extra('vlm')
SAME_INDEX = 'install torch and torchvision from the same index, of versions that belong together'
DTYPES = ('auto', 'float32', 'float16', 'bfloat16')


@dataclass(frozen=True)
class QwenSettings:
    """Which model is loaded, and how it is asked.

    Attributes:
        model: Folder, or id on the Hugging Face hub.
        revision: Commit of a hub id, 40 hexadecimal digits.
        device: 'auto' (the first GPU, else the processor), or as torch names it.
        dtype: One of DTYPES; 'auto' for that of the weights.
        constrained: Hold the reply to the schema; off only to measure what that costs.
        time_limit: Longest generation, s.
        local_only: Load nothing from the network.
    """

    model: str
    revision: str | None = None
    device: str = 'auto'
    dtype: str = 'auto'
    constrained: bool = True
    time_limit: float = 60.0
    local_only: bool = False

    def __post_init__(self) -> None:
        """Refuse types of numbers that are not known."""
        if self.dtype not in DTYPES:
            raise ConfigurationError(f'dtype {self.dtype!r} is not one of {", ".join(DTYPES)}')


class QwenModel:
    """A vision-language model loaded by transformers' Auto classes; temperature 0."""

    def __init__(self, settings: QwenSettings, progress: Progress | None = None) -> None:
        """Load processor and weights; takes seconds to minutes.

        Raises:
            ConfigurationError: The weights are not there or not safe to load.
            MissingDependencyError: torch, transformers or llguidance is missing.
            ModelError: transformers cannot load them.
        """
        tell = progress or (lambda words: None)
        self._settings = settings
        tell('checking files')
        folder = check_source(settings.model, settings.revision)
        size = f' ({weight_bytes(folder) / 1e9:.1f} GB)' if folder else ''
        tell('importing torch and transformers')
        parts = _imported()
        self._parts, self._torch = parts, parts.torch
        tell(f'loading processor and weights{size}')
        self._processor, self._model = _loaded(parts, settings)
        tell('preparing the constraint')
        self._vocabulary = Vocabulary(parts.tokenizer, self._processor.tokenizer, self._ends())
        self._matcher = parts.matcher
        self._lock, self._cancelled = threading.Lock(), threading.Event()
        tell('ready')

    @property
    def identity(self) -> Mapping[str, Any]:
        """The settings that determine a reply."""
        return identity_of(self._settings)

    def cancel(self) -> None:
        """End the generation under way after its current token."""
        self._cancelled.set()

    def complete(self, request: ModelRequest) -> ModelReply:
        """Generate a reply; raises ModelError or ModelCancelledError."""
        with self._lock:
            self._cancelled.clear()
            watch = Watch(self._cancelled, self._settings.time_limit)
            inputs = self._inputs(request)
            steps: list[Callable[[Any, Any], Any]] = [watch]
            if request.schema is not None and self._settings.constrained:
                steps.append(self._constraint(request))
            count = int(inputs['input_ids'].shape[-1])
            try:
                with self._torch.inference_mode():
                    output = self._model.generate(
                        **inputs, generation_config=self._config(request), logits_processor=steps
                    )
            except (RuntimeError, ValueError, IndexError) as error:
                raise ModelError(f'{self._settings.model}: generation failed: {error}') from error
            return self._reply(output[0, count:], count, watch)

    def _reply(self, tokens: Any, count: int, watch: Watch) -> ModelReply:
        text = self._processor.tokenizer.decode(tokens, skip_special_tokens=True)
        return ModelReply(
            text=str(text),
            model=self._settings.model,
            prompt_tokens=count,
            reply_tokens=int(tokens.shape[-1]),
            first_token=watch.first_token,
            seconds=time.monotonic() - watch.begun,
        )

    def _constraint(self, request: ModelRequest) -> Constraint:
        grammar = self._matcher.grammar_from_json_schema(
            json.dumps(narrowed(request.schema)), overrides=FORM
        )
        matcher = self._matcher(self._vocabulary.tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise ModelError(f'the schema cannot constrain a reply: {matcher.get_error()}')
        return Constraint(self._torch, matcher, self._vocabulary, request.max_tokens)

    def _inputs(self, request: ModelRequest) -> Any:
        """Write the conversation in the model's template, the image at its own aspect."""
        turns: list[dict[str, Any]] = []
        image = request.image
        for message in request.messages:
            content: list[dict[str, Any]] = [{'type': 'text', 'text': message.text}]
            if image is not None and message.role == 'user':
                content.insert(0, {'type': 'image', 'image': _picture(image)})
                image = None
            turns.append({'role': message.role, 'content': content})
        inputs = self._processor.apply_chat_template(
            turns, tokenize=True, add_generation_prompt=True, return_dict=True,
            return_tensors='pt', enable_thinking=False,
        )  # fmt: skip
        return inputs.to(self._model.device)

    def _config(self, request: ModelRequest) -> Any:
        return self._parts.config(
            do_sample=False,
            max_new_tokens=request.max_tokens,
            eos_token_id=self._ends(),
            pad_token_id=self._processor.tokenizer.pad_token_id,
        )

    def _ends(self) -> list[int]:
        """List the tokens that end a reply."""
        given = self._model.generation_config.eos_token_id
        listed = given if isinstance(given, list) else [] if given is None else [given]
        return sorted({*listed, self._processor.tokenizer.eos_token_id})


class QwenPlanner(ModelPlanner):
    """Plans with a Qwen model in this process.

    The model loads in the background; a plan that is asked for before waits for it.
    """

    def __init__(
        self,
        model: str,
        *,
        revision: str | None = None,
        device: str = 'auto',
        dtype: str = 'auto',
        fallback: Planner | None = None,
    ) -> None:
        """Begin to load.

        Args:
            model: Folder, or id on the Hugging Face hub.
            revision: Commit of a hub id, 40 hexadecimal digits.
            device: 'auto', or as torch names it.
            dtype: One of DTYPES.
            fallback: Plans where the model does not; GrammarPlanner where absent.

        Raises:
            ConfigurationError: The weights are not there or not safe to load.
        """
        settings = QwenSettings(model, revision, device, dtype)
        check_source(model, revision)
        self.loading = BackgroundModel(
            lambda tell: QwenModel(settings, tell), identity_of(settings)
        )
        super().__init__(self.loading, fallback=fallback)


def identity_of(settings: QwenSettings) -> dict[str, Any]:
    """Name what determines the replies of a model with these settings."""
    return {'engine': 'transformers', 'thinking': False, 'temperature': 0, **asdict(settings)}


@dataclass(frozen=True)
class _Parts:
    torch: Any
    processor: Any
    model: Any
    config: Any
    matcher: Any
    tokenizer: Any
    damage: type[Exception]


def _imported() -> _Parts:
    try:
        import torch
        from llguidance import LLMatcher, LLTokenizer
        from safetensors import SafetensorError
        from transformers import AutoModelForImageTextToText, AutoProcessor, GenerationConfig
    except ImportError as error:
        raise _missing(error) from error
    models = (AutoProcessor, AutoModelForImageTextToText, GenerationConfig)
    return _Parts(torch, *models, LLMatcher, LLTokenizer, SafetensorError)


def _loaded(parts: _Parts, settings: QwenSettings) -> tuple[Any, Any]:
    source = {
        'revision': settings.revision or 'main',
        'trust_remote_code': False,
        'local_files_only': settings.local_only,
    }
    dtype = settings.dtype if settings.dtype == 'auto' else getattr(parts.torch, settings.dtype)
    try:
        processor = parts.processor.from_pretrained(settings.model, **source)
        model = parts.model.from_pretrained(
            settings.model, use_safetensors=True, dtype=dtype, **source
        )
        return processor, model.to(_device(parts.torch, settings.device)).eval()
    except ImportError as error:
        raise _missing(error) from error
    except (OSError, ValueError, RuntimeError, KeyError, parts.damage) as error:
        raise ModelError(f'{settings.model}: cannot be loaded: {error}') from error


def _missing(error: ImportError) -> MissingDependencyError:
    """Say what is missing; transformers hides a torchvision that cannot be loaded."""
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    if 'torchvision' in str(root):
        return MissingDependencyError('a torchvision that fits torch', SAME_INDEX)
    return MissingDependencyError(error.name or str(error).splitlines()[0], EXTRA)


def _device(torch: Any, wanted: str) -> str:
    if wanted != 'auto':
        return wanted
    return 'cuda' if torch.cuda.is_available() else 'cpu'


def _picture(rgb: NDArray[np.uint8]) -> Any:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(rgb))
