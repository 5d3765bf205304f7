"""The tiny LED models of the fixtures: configuration, seed and scales, from which both sides make the weights.

No two sizes of a model are equal where the architecture lets them differ (heads, feed-forward widths, layers, position
tables), so that a swapped axis or a size taken from the wrong side fails. The scales are larger than the usual 0.02:
at these widths 0.02 would leave every attention row nearly uniform.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator

import torch
from transformers import LEDConfig, LEDForConditionalGeneration

from counter_weights import SCALES, led_parameters, led_weights

SHARP: dict[str, tuple[float, float]] = {
    "embedding": (0.0, 0.5),
    "position": (0.0, 0.4),
    "query_key": (0.0, 0.18),
    "linear": (0.0, 0.15),
    "head": (0.0, 0.5),
    "bias": (0.0, 0.1),
    "norm_weight": (1.0, 0.1),
    "norm_bias": (0.0, 0.1),
    "logits_bias": (0.0, 0.5),
}


@dataclass(frozen=True)
class TinyModel:
    name: str
    seed: int
    scales: dict[str, tuple[float, float]]
    config: dict

    def described(self) -> dict:
        """What a fixture says about its model: enough to build it again."""
        return {"name": self.name, "seed": self.seed, "scales": {**SCALES, **self.scales}, "config": self.config}


ODD = TinyModel(
    name="odd",
    seed=101,
    scales=SHARP,
    config={
        "model_type": "led", "vocab_size": 97, "d_model": 24, "activation_function": "gelu",
        "encoder_layers": 2, "encoder_attention_heads": 3, "encoder_ffn_dim": 40, "max_encoder_position_embeddings": 320,
        "decoder_layers": 3, "decoder_attention_heads": 4, "decoder_ffn_dim": 56, "max_decoder_position_embeddings": 40,
        "attention_window": [4, 8], "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)

# An untied head, relu, one integer window for all layers, one encoder head, special tokens that are all different.
PLAIN = TinyModel(
    name="plain",
    seed=102,
    scales={**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.25), "head": (0.0, 0.8)},
    config={
        "model_type": "led", "vocab_size": 53, "d_model": 10, "activation_function": "relu",
        "encoder_layers": 3, "encoder_attention_heads": 1, "encoder_ffn_dim": 14, "max_encoder_position_embeddings": 60,
        "decoder_layers": 1, "decoder_attention_heads": 5, "decoder_ffn_dim": 22, "max_decoder_position_embeddings": 29,
        "attention_window": 6, "tie_word_embeddings": False,
        "bos_token_id": 0, "pad_token_id": 4, "eos_token_id": 3, "decoder_start_token_id": 5,
    },
)

# Windows as wide as several blocks of queries: c is 128 and 32.
WIDE = TinyModel(
    name="wide",
    seed=103,
    scales={**SHARP, "query_key": (0.0, 0.55), "linear": (0.0, 0.35), "bias": (0.0, 0.3)},
    config={
        "model_type": "led", "vocab_size": 31, "d_model": 8, "activation_function": "silu",
        "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 12, "max_encoder_position_embeddings": 512,
        "decoder_layers": 1, "decoder_attention_heads": 1, "decoder_ffn_dim": 10, "max_decoder_position_embeddings": 12,
        "attention_window": [256, 64], "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)

# `odd` without the tie, for generation: a tied head says again what it has just read, and seldom ends.
TALKER = TinyModel(
    name="talker",
    seed=277,
    scales={**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.22), "embedding": (0.0, 0.8), "position": (0.0, 1.0),
            "bias": (0.0, 0.05), "norm_bias": (0.0, 0.05), "logits_bias": (0.0, 0.3)},
    config={**ODD.config, "tie_word_embeddings": False},
)


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def build(tiny: TinyModel, dtype: torch.dtype = torch.float32) -> LEDForConditionalGeneration:
    """The reference model with the counter's weights; float64 (for measuring noise) needs that default dtype to run."""
    with default_dtype(dtype):
        # The constructor writes the list of windows into its config: give it a copy.
        model = LEDForConditionalGeneration(LEDConfig(**copy.deepcopy(tiny.config))).eval()
        targets = dict(model.named_parameters(remove_duplicate=True)) | dict(model.named_buffers())
        expected = {p.name: p.shape for p in led_parameters(tiny.config)}
        found = {name: tuple(tensor.shape) for name, tensor in targets.items()}
        if expected != found:
            raise AssertionError(f"led_parameters differs from the reference: {set(expected.items()) ^ set(found.items())}")
        with torch.no_grad():
            for name, values in led_weights(tiny.config, tiny.seed, tiny.scales):
                targets[name].copy_(torch.from_numpy(values))
    return model
