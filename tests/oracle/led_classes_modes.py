"""modes.json: half precision, and training mode where nothing is random: dropout 0, layers dropped always or never."""

from __future__ import annotations

from typing import Any

import torch

from led_classes_arguments import EVERYTHING, cut
from led_classes_cases import Inputs, Said, arguments, described, difference, embeds, float_types, written_outputs
from led_classes_models import QUINCE, SLOE, build_class
from models import source, target
from tiny_models import TinyModel

BASE, LM, ENCODER, DECODER = "LEDModel", "LEDForConditionalGeneration", "LEDEncoder", "LEDDecoder"
NO_DROPOUT = {"dropout": 0.0}
HUGE = 60000.0
# class, model, about, mode ("half", "train" or "checkpointing"), config, weights that are set to one value, inputs
Row = tuple[str, TinyModel, str, str, dict[str, Any], dict[str, float], Inputs]


def rows() -> list[Row]:
    full = source(QUINCE, "modes", 7, [7, 5], globals_=[[0], [2, 3]])
    tgt = target(QUINCE, "modes", 2, 3)
    sloe = source(SLOE, "modes", 6, [6, 4], globals_=[[0], []]) | cut(target(SLOE, "modes", 2, 3), 0, 3)
    decoder = {"input_ids": tgt["decoder_input_ids"], "encoder_hidden_states": embeds(QUINCE, "modes", 2, 4)}
    dropped = {"decoder_layerdrop": 1.0, **NO_DROPOUT}
    last_norm = "final_layer_norm.weight"
    return [
        # The encoder's softmax is in float32, the decoder's in half precision.
        (ENCODER, QUINCE, "half precision", "half", {}, {}, full | {"output_attentions": True}),
        (DECODER, QUINCE, "half precision", "half", {}, {}, decoder | {"output_attentions": True}),
        (BASE, SLOE, "half precision", "half", {}, {}, sloe),
        (LM, QUINCE, "half precision, a loss", "half", {}, {}, full | {"labels": [[7, 8, 9], [10, -100, -100]]}),
        (ENCODER, QUINCE, "infinity after an encoder layer is cut to 64504, which half precision has as 64512", "half", {}, {f"layers.1.{last_norm}": HUGE}, full),
        (DECODER, QUINCE, "infinity after a decoder layer stays", "half", {}, {f"layers.2.{last_norm}": HUGE}, decoder),
        (ENCODER, QUINCE, "a large value of which none is infinite is not cut", "half", {}, {f"layers.1.{last_norm}": 20000.0}, full),
        (ENCODER, QUINCE, "the same numbers in float32 are not cut at all", "float32", {}, {f"layers.1.{last_norm}": HUGE}, full),
        (BASE, QUINCE, "no dropout, no dropped layers: as in evaluation", "train", NO_DROPOUT, {}, full | tgt | EVERYTHING),
        (BASE, QUINCE, "all decoder layers dropped: empty caches and attentions", "train", dropped, {}, full | tgt | EVERYTHING),
        (BASE, QUINCE, "all decoder layers dropped, as a tuple", "train", dropped, {}, full | tgt | EVERYTHING | {"return_dict": False}),
        (DECODER, QUINCE, "all layers dropped", "train", dropped, {}, decoder | EVERYTHING),
        (ENCODER, QUINCE, "all layers dropped: the embeddings come out", "train", {"encoder_layerdrop": 1.0, **NO_DROPOUT}, {}, full | {"output_hidden_states": True}),
        (ENCODER, QUINCE, "all layers dropped and attentions asked for", "train", {"encoder_layerdrop": 1.0, **NO_DROPOUT}, {}, full | {"output_attentions": True}),
        (BASE, QUINCE, "gradient checkpointing: no cache, with a warning", "checkpointing", NO_DROPOUT, {}, full | tgt | {"use_cache": True}),
        (BASE, QUINCE, "gradient checkpointing without a cache: no warning", "checkpointing", NO_DROPOUT, {}, full | tgt | {"use_cache": False}),
        (LM, QUINCE, "gradient checkpointing and labels", "checkpointing", NO_DROPOUT, {}, full | {"labels": [[7, 8, 9], [10, -100, -100]]}),
    ]


def built(class_name: str, tiny: TinyModel, mode: str, config: dict[str, Any], constants: dict[str, float]) -> torch.nn.Module:
    model = build_class(class_name, tiny, config)
    for name, value in constants.items():
        model.get_parameter(name).data.fill_(value)
    if mode == "half":
        return model.half()
    if mode == "checkpointing":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model.train() if mode in ("train", "checkpointing") else model


def run(class_name: str, tiny: TinyModel, about: str, mode: str, config: dict[str, Any], constants: dict[str, float], inputs: Inputs) -> dict[str, Any]:
    row: dict[str, Any] = {"class": class_name, "about": about, "model": tiny.name, "mode": mode, "config": config}
    if constants:
        row["constants"] = constants
    model = built(class_name, tiny, mode, config, constants)
    given = arguments(model, inputs)
    row["inputs"] = inputs
    types = float_types(inputs, given)
    if types:
        row["types"] = types
    if mode == "half":
        given = {name: value.half() if isinstance(value, torch.Tensor) and value.is_floating_point() else value for name, value in given.items()}
    torch.manual_seed(0)
    out = None
    with Said() as said:
        try:
            out = model(**given)
        except Exception as error:  # What the reference raises is the fixture.
            row["raises"] = described(error)
    if out is not None:
        row |= written_outputs(out)
        # Where values are cut or infinite the distance says nothing.
        if mode == "half" and not constants:
            with torch.no_grad(), Said():
                twin = built(class_name, tiny, "float32", config, constants)(**arguments(model, inputs))
            row["from_float32"] = {key: float(f"{difference(out[key], twin[key]):.2g}") for key in out.keys()}
    if said.messages:
        row["says"] = said.messages
    return row


def content() -> dict[str, Any]:
    return {"models": {tiny.name: tiny.described() for tiny in (QUINCE, SLOE)}, "cases": [run(*row) for row in rows()]}
