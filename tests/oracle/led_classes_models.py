"""The tiny models of fixtures/classes/, each of which any LED class can be built as, with the counter's weights.

Head counts and widths are primes or nearly so, and no two sizes of a model are equal where they may differ. The
encoder's and the decoder's tables end soon, so that short inputs reach past them.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import torch
from transformers import LEDConfig
from transformers.models.led import modeling_led

from counter_weights import CLASSES, class_parameters, class_weights
from tiny_models import SHARP, TinyModel, default_dtype

# Windows of two sizes; the head of four decoder heads is wider than any encoder head.
QUINCE = TinyModel(
    name="quince",
    seed=401,
    scales={**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.2)},
    config={
        "model_type": "led", "vocab_size": 61, "d_model": 15, "activation_function": "gelu",
        "encoder_layers": 2, "encoder_attention_heads": 5, "encoder_ffn_dim": 22, "max_encoder_position_embeddings": 40,
        "decoder_layers": 3, "decoder_attention_heads": 3, "decoder_ffn_dim": 14, "max_decoder_position_embeddings": 23,
        "attention_window": [4, 8], "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)

# One integer for all windows, an untied head, relu, special tokens that are all different.
MEDLAR = TinyModel(
    name="medlar",
    seed=402,
    scales={**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.2), "head": (0.0, 0.6)},
    config={
        "model_type": "led", "vocab_size": 43, "d_model": 14, "activation_function": "relu",
        "encoder_layers": 3, "encoder_attention_heads": 7, "encoder_ffn_dim": 10, "max_encoder_position_embeddings": 31,
        "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 26, "max_decoder_position_embeddings": 19,
        "attention_window": 6, "tie_word_embeddings": False,
        "bos_token_id": 0, "pad_token_id": 4, "eos_token_id": 3, "decoder_start_token_id": 5,
    },
)

# One encoder head, thirteen decoder heads of width 1, one encoder layer; the window is nearly the whole table.
SLOE = TinyModel(
    name="sloe",
    seed=403,
    scales={**SHARP, "query_key": (0.0, 0.4), "linear": (0.0, 0.25)},
    config={
        "model_type": "led", "vocab_size": 47, "d_model": 13, "activation_function": "silu",
        "encoder_layers": 1, "encoder_attention_heads": 1, "encoder_ffn_dim": 17, "max_encoder_position_embeddings": 24,
        "decoder_layers": 2, "decoder_attention_heads": 13, "decoder_ffn_dim": 11, "max_decoder_position_embeddings": 29,
        "attention_window": [12], "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)

# Windows that grow from layer to layer, heads of width 2.
ROWAN = TinyModel(
    name="rowan",
    seed=404,
    scales={**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.2)},
    config={
        "model_type": "led", "vocab_size": 53, "d_model": 22, "activation_function": "gelu_new",
        "encoder_layers": 3, "encoder_attention_heads": 11, "encoder_ffn_dim": 9, "max_encoder_position_embeddings": 48,
        "decoder_layers": 2, "decoder_attention_heads": 2, "decoder_ffn_dim": 19, "max_decoder_position_embeddings": 33,
        "attention_window": [4, 8, 16], "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)

# The smallest: for checkpoints, of which a fixture lists every tensor.
HAW = TinyModel(
    name="haw",
    seed=405,
    scales=SHARP,
    config={
        "model_type": "led", "vocab_size": 11, "d_model": 6, "activation_function": "gelu",
        "encoder_layers": 1, "encoder_attention_heads": 3, "encoder_ffn_dim": 5, "max_encoder_position_embeddings": 8,
        "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 7, "max_decoder_position_embeddings": 9,
        "attention_window": [4], "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)

MODELS = {tiny.name: tiny for tiny in (QUINCE, MEDLAR, SLOE, ROWAN, HAW)}


def class_of(class_name: str) -> Any:
    assert class_name in CLASSES
    return getattr(modeling_led, class_name)


def constructed(class_name: str, config: dict[str, Any]) -> torch.nn.Module:
    """With the library's own random weights. The constructor changes its config: it gets a copy."""
    with warnings.catch_warnings():
        # LEDForSequenceClassification says each time that it is deprecated.
        warnings.simplefilter("ignore", FutureWarning)
        return class_of(class_name)(LEDConfig(**copy.deepcopy(config))).eval()


def fill(model: torch.nn.Module, config: dict[str, Any], class_name: str, seed: int, scales: dict) -> None:
    targets = dict(model.named_parameters(remove_duplicate=True)) | dict(model.named_buffers())
    expected = {name: p.shape for name, p in class_parameters(config, class_name)}
    found = {name: tuple(tensor.shape) for name, tensor in targets.items()}
    if expected != found:
        raise AssertionError(f"class_parameters differs from {class_name}: {set(expected.items()) ^ set(found.items())}")
    with torch.no_grad():
        for name, values in class_weights(config, class_name, seed, scales):
            targets[name].copy_(torch.from_numpy(values))


def build_class(
    class_name: str, tiny: TinyModel, changes: dict[str, Any] | None = None, dtype: torch.dtype = torch.float32
) -> torch.nn.Module:
    """A class with the counter's weights; `changes` replaces keys of the config."""
    config = {**tiny.config, **(changes or {})}
    with default_dtype(dtype):
        model = constructed(class_name, config)
        fill(model, config, class_name, tiny.seed, tiny.scales)
    return model
