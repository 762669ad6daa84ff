"""Tiny Qwen models with random weights and a tokenizer made here: the real code, no download."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from planning.native_ops import stand_in

stand_in()

TEMPLATE = """\
{%- for message in messages %}<|im_start|>{{ message.role }}
{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}\
{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in part %}\
{{ part.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and not enable_thinking %}<think>

</think>

{% endif %}{% endif %}"""
MARKERS = ('<|im_start|>', '<|vision_start|>', '<|vision_end|>', '<|image_pad|>', '<|video_pad|>')
CORPUS = """\
{"steps": [{"action": "pick", "object": "red_cube_1"}, {"action": "place", "object":
"red_cube_1", "relation": "in", "target": "blue_bowl_1"}], "summary": "Put the red cube in the
blue bowl."} home wait seconds ask question push direction left right forward back distance
left_of right_of in_front_of behind next_to at position green yellow orange purple black white
cylinder ball box bin tray Objects on the table The operator says In the hand nothing metres
"""
FAMILIES = ('qwen3_vl', 'qwen3_5')


def make_tokenizer():
    """Train byte-level BPE on a few lines."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    whole = Tokenizer(models.BPE())
    whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    whole.train_from_iterator(CORPUS.splitlines(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=whole, eos_token='<|im_end|>', pad_token='<|endoftext|>',
        additional_special_tokens=list(MARKERS),
    )  # fmt: skip


def make_large_tokenizer(size=151_936):
    """Make up a byte-level vocabulary as large as that of a real Qwen."""
    import numpy as np
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    rng = np.random.default_rng(0)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = [letter for letter in letters if letter.isascii() and letter.isalnum()]
    vocabulary = {letter: at for at, letter in enumerate(letters)}
    while len(vocabulary) < size - len(MARKERS) - 2:
        picked = ''.join(plain[at] for at in rng.integers(0, len(plain), int(rng.integers(2, 9))))
        vocabulary.setdefault(('Ġ' if rng.random() < 0.5 else '') + picked, len(vocabulary))
    whole = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=whole, eos_token='<|im_end|>', pad_token='<|endoftext|>',
        additional_special_tokens=list(MARKERS),
    )  # fmt: skip


def make_model(family, tokenizer, width=32):
    """Build a model of a family from its config, with random weights."""
    import torch
    import transformers

    torch.manual_seed(1)
    torch.set_num_threads(1)  # on a busy machine two threads mostly wait for each other
    text = {
        'vocab_size': len(tokenizer), 'hidden_size': width, 'intermediate_size': 3 * width // 2,
        'num_attention_heads': 2, 'num_key_value_heads': 1, 'head_dim': 16,
        'max_position_embeddings': 8192, 'initializer_range': 0.5,
    }  # fmt: skip
    vision = {
        'depth': 1, 'hidden_size': 32, 'intermediate_size': 48, 'num_heads': 2, 'patch_size': 16,
        'out_hidden_size': width, 'num_position_embeddings': 64,
    }  # fmt: skip
    if family == 'qwen3_vl':
        rope = {
            'rope_type': 'default', 'rope_theta': 1e4, 'mrope_section': [4, 2, 2],
            'mrope_interleaved': True,
        }  # fmt: skip
        text |= {'num_hidden_layers': 1, 'rope_parameters': rope}
        vision |= {'deepstack_visual_indexes': [0]}
        config, model = transformers.Qwen3VLConfig, transformers.Qwen3VLForConditionalGeneration
    else:
        text |= {
            'num_hidden_layers': 2, 'layer_types': ['linear_attention', 'full_attention'],
            'linear_key_head_dim': 8, 'linear_value_head_dim': 8, 'linear_num_key_heads': 1,
            'linear_num_value_heads': 1,
        }  # fmt: skip
        config, model = transformers.Qwen3_5Config, transformers.Qwen3_5ForConditionalGeneration
    ids = {
        f'{name}_id': tokenizer.convert_tokens_to_ids(f'<|{marker}|>')
        for name, marker in (
            ('image_token', 'image_pad'), ('video_token', 'video_pad'),
            ('vision_start_token', 'vision_start'), ('vision_end_token', 'vision_end'),
        )
    }  # fmt: skip
    made = model(config(text_config=text, vision_config=vision, **ids))
    made.generation_config.eos_token_id = tokenizer.eos_token_id
    return made


def save(folder, family, *, tokenizer=None, width=32):
    """Write a model as a published one lies on disk."""
    import transformers

    tokenizer = tokenizer or make_tokenizer()
    make_model(family, tokenizer, width).save_pretrained(folder)
    processor = transformers.Qwen3VLProcessor(
        transformers.Qwen2VLImageProcessor(patch_size=16, merge_size=2),
        tokenizer,
        transformers.Qwen3VLVideoProcessor(patch_size=16, merge_size=2),
        chat_template=TEMPLATE,
    )
    processor.save_pretrained(folder)
    return folder


def shake(model, seed):
    """Give the output layer of a loaded model other random weights."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        model._model.lm_head.weight.normal_(0.0, 1.0, generator=generator)
