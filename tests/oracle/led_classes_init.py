"""init.json: the distribution of random weights by parameter, for classes made from a config and for what loading fills in.

A drawn tensor is written with its mean and deviation and the deviation it was drawn with, a constant one with its value.
With n values a mean is within 5 std / sqrt(n) of 0 and a deviation within 5 std / sqrt(2 n) of std, here as elsewhere.
"""

from __future__ import annotations

from typing import Any

import torch

from counter_weights import CLASSES
from led_classes_models import constructed

LARGER = {
    "model_type": "led", "vocab_size": 211, "d_model": 42, "activation_function": "gelu",
    "encoder_layers": 2, "encoder_attention_heads": 7, "encoder_ffn_dim": 65, "max_encoder_position_embeddings": 96,
    "decoder_layers": 1, "decoder_attention_heads": 3, "decoder_ffn_dim": 50, "max_decoder_position_embeddings": 70,
    "attention_window": [4, 6], "tie_word_embeddings": True,
    "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
}
LM = "LEDForConditionalGeneration"

# class, config
MADE: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in CLASSES),
    (LM, {"tie_word_embeddings": False}),
    (LM, {"init_std": 0.5}), ("LEDForSequenceClassification", {"init_std": 0.5, "num_labels": 5}), ("LEDForQuestionAnswering", {"init_std": 0.5}),
    ("LEDModel", {"initializer_range": 0.1}),
    (LM, {"init_std": 0.0}),
    ("LEDModel", {"pad_token_id": None}), ("LEDModel", {"pad_token_id": -1}), (LM, {"pad_token_id": 17}), ("LEDEncoder", {"pad_token_id": 5}),
    (LM, {"tie_word_embeddings": False, "pad_token_id": 3}),
]


def summary(tensor: torch.Tensor) -> list[Any]:
    """["constant", value], or ["normal", mean, std, rows that are zero]."""
    values = tensor.double()
    if (values == values.reshape(-1)[0]).all():
        return ["constant", float(values.reshape(-1)[0])]
    zero_rows = [i for i, row in enumerate(values) if (row == 0).all()] if values.dim() == 2 else []
    drawn = torch.stack([row for i, row in enumerate(values) if i not in zero_rows]) if zero_rows else values
    return ["normal", float(f"{drawn.mean():.3g}"), float(f"{drawn.std():.4g}"), zero_rows]


def checked(name: str, made: list[Any], std: float, count: int) -> None:
    """The claim of this module's docstring, and that nothing is cut off at two deviations."""
    if made[0] == "normal":
        assert abs(made[1]) < 5 * std / count**0.5, (name, made)
        assert abs(made[2] - std) < 5 * std / (2 * count) ** 0.5, (name, made)


def initial(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    torch.manual_seed(7)
    model = constructed(class_name, {**LARGER, **config})
    std = model.config.init_std
    rows = {}
    largest = 0.0
    for name, tensor in (dict(model.named_parameters()) | dict(model.named_buffers())).items():
        rows[name] = summary(tensor.detach())
        checked(name, rows[name], std, tensor.numel())
        if rows[name][0] == "normal":
            largest = max(largest, float(tensor.abs().max()) / std)
    return {"class": class_name, "config": config, "init_std": std, "largest_in_deviations": float(f"{largest:.3g}"), "parameters": rows}


def content() -> dict[str, Any]:
    return {"config": LARGER, "made": [initial(*row) for row in MADE]}
