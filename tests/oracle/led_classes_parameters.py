"""parameters.json: names and order of state dicts and parameters, their number, and which of them a loss reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from transformers import LEDConfig

from counter_weights import CLASSES, class_weights
from led_classes_arguments import cut
from led_classes_cases import Inputs, Said, arguments, described, embeds
from led_classes_heads import with_ends
from led_classes_models import HAW, SLOE, build_class, class_of
from models import source, target

UNTIED = {"tie_word_embeddings": False}
LM = "LEDForConditionalGeneration"


def bits(class_name: str, config: dict[str, Any]) -> list[list[Any]]:
    """Name, dims and the exclusive or of all bits of the counter's weights: both twins must make the same."""
    merged = {**HAW.config, **config}
    return [[name, list(w.shape), int(np.bitwise_xor.reduce(w.view(np.uint32).ravel()))] for name, w in class_weights(merged, class_name, HAW.seed, HAW.scales)]


def trained_at_first(class_name: str, config: LEDConfig) -> bool:
    with Said():
        return class_of(class_name)(config).training


def described_class(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    model = build_class(class_name, HAW, config)
    embeddings = model.get_input_embeddings() if class_name not in ("LEDEncoder", "LEDDecoder") else None
    output = model.get_output_embeddings()
    return {
        "class": class_name,
        "config": config,
        "weights": bits(class_name, config),
        "state_dict": list(model.state_dict()),
        "named_parameters": [name for name, _ in model.named_parameters()],
        "buffers": [name for name, _ in model.named_buffers()],
        "num_parameters": model.num_parameters(),
        "num_parameters_without_embeddings": model.num_parameters(exclude_embeddings=True),
        "requires_grad": all(p.requires_grad for p in model.parameters()),
        "input_embeddings": None if embeddings is None else list(embeddings.weight.shape),
        "output_embeddings": None if output is None else list(output.weight.shape),
        "has_get_encoder": hasattr(model, "get_encoder"),
        "can_generate": model.can_generate(),
        "base_model_prefix": model.base_model_prefix,
        "main_input_name": model.main_input_name,
        "training_when_made": trained_at_first(class_name, model.config),
    }


def inputs_of(class_name: str, globals_: bool) -> list[tuple[str, Inputs]]:
    full = with_ends(SLOE, source(SLOE, "gradients", 6, [6, 5], globals_=[[0], [1, 2]] if globals_ else None), [[5], [4]])
    encoder_only = {name: full[name] for name in full if name in ("input_ids", "attention_mask", "global_attention_mask")}
    tgt = target(SLOE, "gradients", 2, 3)
    if class_name == "LEDEncoder":
        return [("the last hidden state", encoder_only)]
    if class_name == "LEDDecoder":
        states = {"encoder_hidden_states": embeds(SLOE, "gradients", 2, 4)}
        ids = {"input_ids": tgt["decoder_input_ids"]}
        return [("the last hidden state, with a source", ids | states), ("the last hidden state, without a source", ids)] if globals_ else []
    if class_name == LM:
        return [("the loss", encoder_only | {"labels": [[9, 8, 7], [6, -100, -100]]})]
    if class_name == "LEDForSequenceClassification":
        return [("the loss", encoder_only | {"labels": [1, 0]})]
    if class_name == "LEDForQuestionAnswering":
        return [("the loss", encoder_only | {"start_positions": [1, 2], "end_positions": [3, 4]})]
    return [("the last hidden state", encoder_only | cut(tgt, 0, 3))]


def gradients(class_name: str, config: dict[str, Any], globals_: bool) -> list[dict[str, Any]]:
    """Which parameters are left without a gradient, and whether the pad row of the tables has one."""
    rows = []
    for of, inputs in inputs_of(class_name, globals_):
        model = build_class(class_name, SLOE, config)
        with Said():
            out = model(**arguments(model, inputs))
        # Squares, for the plain sum of a normalised vector hardly depends on its inputs.
        (out.loss if "loss" in out else out.last_hidden_state.square().sum()).backward()
        pad = model.config.pad_token_id
        rows.append({
            "class": class_name, "config": config, "of": of, "inputs": inputs,
            "without_gradient": [name for name, p in model.named_parameters() if p.grad is None],
            "pad_row_zero": {name: bool((p.grad[pad] == 0).all()) for name, p in model.named_parameters()
                             if p.grad is not None and name.endswith(("shared.weight", "embed_tokens.weight", "lm_head.weight"))},
        })
    return rows


def construction() -> list[dict[str, Any]]:
    """What the constructors say, raise and write into the config that they are given."""
    rows = []
    for class_name, config in [
        *((name, {}) for name in CLASSES),
        ("LEDForQuestionAnswering", {"num_labels": 5}), ("LEDForQuestionAnswering", {"id2label": {"0": "only"}}),
        ("LEDForSequenceClassification", {"num_labels": 0}), ("LEDModel", {"attention_window": 4}), ("LEDDecoder", {"attention_window": 4}),
        ("LEDDecoder", {"attention_window": 5}), ("LEDEncoder", {"attention_window": 6}), ("LEDModel", {"attention_window": [4, 4]}),
        ("LEDModel", {"num_hidden_layers": 2}), ("LEDModel", {"num_hidden_layers": 2, "attention_window": 4}), ("LEDModel", {"num_hidden_layers": 0, "attention_window": 4}),
        ("LEDModel", {"encoder_layers": 0, "attention_window": []}), ("LEDModel", {"decoder_layers": 0}), ("LEDModel", {"pad_token_id": None}), ("LEDModel", {"pad_token_id": 11}),
        ("LEDModel", {"gradient_checkpointing": True}), ("LEDEncoder", {"decoder_attention_heads": 4}), ("LEDDecoder", {"encoder_attention_heads": 4}),
        (LM, {"tie_encoder_decoder": True}), (LM, {"vocab_size": 1}),
    ]:
        with Said():
            merged = LEDConfig(**{**HAW.config, **config})
        before = merged.to_dict()
        row: dict[str, Any] = {"class": class_name, "config": config}
        with Said() as said:
            try:
                class_of(class_name)(merged)
            except Exception as error:  # What the reference raises is the fixture.
                row["raises"] = described(error)
        after = merged.to_dict()
        row["changes"] = {key: value for key, value in after.items() if before.get(key) != value}
        if set(before) - set(after):
            row["removes"] = sorted(set(before) - set(after))
        if said.messages:
            row["says"] = said.messages
        rows.append(row)
    return rows


def methods() -> list[dict[str, Any]]:
    """Methods that the classes have or refuse."""
    rows = []
    for class_name, method, args in [
        *((name, method, []) for name in CLASSES for method in ("get_position_embeddings", "get_input_embeddings", "get_output_embeddings", "get_decoder")),
        *((name, "resize_position_embeddings", [10]) for name in ("LEDModel", LM)),
        ("LEDModel", "prune_heads", [{0: [1]}]), (LM, "tie_weights", []), ("LEDModel", "prepare_decoder_input_ids_from_labels", [[[5, 6]]]),
    ]:
        model = build_class(class_name, HAW)
        row: dict[str, Any] = {"class": class_name, "method": method, "args": [{str(k): v for k, v in a.items()} if isinstance(a, dict) else a for a in args]}
        with Said():
            try:
                given = getattr(model, method)(*args)
                names = [name for name, part in model.named_modules(remove_duplicate=True) if part is given]
                row["gives"] = names[0] if names else None
            except Exception as error:  # What the reference raises is the fixture.
                row["raises"] = described(error)
        if method == "prune_heads":
            row["pruned_heads"] = {str(k): v for k, v in model.config.pruned_heads.items()}
        rows.append(row)
    return rows


def content() -> dict[str, Any]:
    untied = [(name, UNTIED) for name in (LM, "LEDModel", "LEDForSequenceClassification")]
    more = [("LEDForSequenceClassification", {"num_labels": 5}), (LM, {"encoder_layers": 2, "attention_window": [4, 4], "decoder_layers": 2})]
    dummy = build_class("LEDModel", SLOE).dummy_inputs
    return {
        "model": HAW.described(),
        "gradients_model": SLOE.described(),
        "classes": [described_class(name, config) for name, config in [*((name, {}) for name in CLASSES), *untied, *more]],
        "gradients": [row for name in CLASSES for globals_ in (True, False) for row in gradients(name, {}, globals_)] + gradients(LM, UNTIED, True),
        "construction": construction(),
        "methods": methods(),
        "dummy_inputs": {name: value.int().tolist() for name, value in dummy.items()},
    }
