"""Cases of LEDForConditionalGeneration: labels and their loss, the logits' bias, tied and untied heads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from led_classes_arguments import EVERYTHING, cut, head_masks, without
from led_classes_cases import Case, Inputs, Said, described, embeds
from led_classes_models import build_class
from models import ids, source, target
from tiny_models import TinyModel


def labels_of(tiny: TinyModel, label: str, rows: int, length: int, tail: list[int], filler: int = -100) -> list[list[int]]:
    """Rows that end in `filler`, `tail` times each."""
    return [[*row[: length - n], *[filler] * n] for row, n in zip(ids(tiny, label, rows, length), tail, strict=True)]


def label_cases(tiny: TinyModel) -> Iterator[Case]:
    vocab, pad = tiny.config["vocab_size"], tiny.config["pad_token_id"]
    full = source(tiny, "labels", 7, [7, 5], globals_=[[0], [1, 4]])
    labels = labels_of(tiny, "labels", 2, 5, [0, 2])

    def case(name: str, about: str, inputs: Inputs, **more: Any) -> Case:
        return Case(name, about, full | inputs, **more)

    yield case("labels", "shifted right for the decoder, -100 as pad; no cache", {"labels": labels})
    yield case("labels, tuple", "the loss is first", {"labels": labels, "return_dict": False})
    yield case("labels, all outputs", "with a cache asked for: a warning, and none", {"labels": labels, **EVERYTHING})
    yield case("labels, use_cache false", "no warning", {"labels": labels, "use_cache": False})
    yield case("labels, tuple of everything", "in order", {"labels": labels, "return_dict": False, **EVERYTHING})
    yield case("labels padded with pad", "pad counts", {"labels": labels_of(tiny, "labels", 2, 5, [0, 2], pad)})
    yield case("labels, all ignored", "the mean of nothing", {"labels": [[-100] * 3] * 2})
    yield case("labels, one row ignored", "the mean over tokens, not rows", {"labels": labels_of(tiny, "labels", 2, 4, [1, 4])})
    yield case("labels, one token", "one label at all", {"labels": [[9, -100, -100], [-100] * 3]})
    yield case("labels of length one", "T = 1", {"labels": [[9], [11]]})
    yield case("labels with holes", "-100 inside: the decoder sees pad there", {"labels": [[9, -100, 11, 12], [-100, 8, -100, 13]]})
    yield case("labels longer than the source", "their lengths are independent", {"labels": labels_of(tiny, "long", 2, 12, [0, 5])})
    tgt = target(tiny, "labels", 2, 5)
    yield case("labels beside decoder ids", "the loss of labels on these ids' logits", {"labels": labels, **tgt})
    yield case("labels beside decoder embeddings", "nothing is shifted", {"labels": labels, "decoder_inputs_embeds": embeds(tiny, "labels", 2, 5)})
    yield case("labels beside decoder mask", "padding of the decoder, left", {"labels": labels, "decoder_attention_mask": [[1] * 5, [0, 1, 1, 1, 1]]})
    yield Case("labels for embeddings", "the source as embeddings: labels give the decoder's ids",
               without(full, "input_ids") | {"inputs_embeds": embeds(tiny, "labels source", 2, 7), "labels": labels})
    yield Case("labels for encoder_outputs", "no ids at all", {"attention_mask": full["attention_mask"], "labels": labels, "encoder_outputs": {"form": "tuple", "of": full}})
    yield case("labels with head masks", "all three", {"labels": labels, **head_masks(tiny), "output_attentions": True})
    yield case("labels with a cache", "continuing: the loss of the last two", {"labels": [row[:2] for row in labels], **cut(tgt, 2, 4), "past_key_values": {"of": full | cut(tgt, 0, 2)}})
    yield case("labels of one dimension for one row", "the shift needs rows", {"labels": labels[0]})
    yield case("labels of one dimension beside decoder ids", "flattened they fit: ten labels", {"labels": [n for row in labels for n in row], **tgt})
    yield case("labels of another length than decoder ids", "refused by the loss", {"labels": labels, **cut(tgt, 0, 3)})
    yield case("labels past the vocabulary", "vocab_size itself, beside decoder ids", {"labels": [[vocab, 7, 7, 7, 7]] * 2, **tgt})
    yield case("labels past the vocabulary, shifted", "the decoder looks it up first", {"labels": [[vocab, 7, 7]] * 2})
    yield case("last label past the vocabulary", "the shift drops it: only the loss sees it", {"labels": [[7, 7, vocab]] * 2})
    yield case("negative labels", "-1 is not ignored", {"labels": [[7, -1, 7, 7, 7]] * 2, **tgt})
    yield case("labels as floats", "refused", {"labels": [[7.0, 8.0]] * 2, **cut(tgt, 0, 2)})
    yield case("labels without a pad id", "the shift needs it", {"labels": labels}, config={"pad_token_id": None})
    yield case("labels and a config without cache", "no warning", {"labels": labels}, config={"use_cache": False})
    yield Case("labels alone", "a target without a source", {"labels": labels})


def head_cases(tiny: TinyModel, other: TinyModel) -> Iterator[Case]:
    """The head of a tied model and an untied one, and activation functions."""
    for model in (tiny, other):
        inputs = source(model, "head", 5, [5, 3], globals_=[[0], []]) | target(model, "head", 2, 2) | {"use_cache": False}
        for tied in (True, False):
            yield Case(f"{model.name}, {'tied' if tied else 'untied'}", "the logits' bias is added either way", inputs,
                       config={"tie_word_embeddings": tied}, model=model.name)
    inputs = source(tiny, "activations", 4, rows=1) | target(tiny, "activations", 1, 2) | {"use_cache": False}
    for name in ("gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu", "tanh", "mish", "relu2", "relu6", "leaky_relu", "sigmoid", "linear", "laplace", "gelu_10"):
        yield Case(f"activation {name}", "in both feed-forwards", inputs, config={"activation_function": name}, model=tiny.name)


def shifts(tiny: TinyModel) -> list[dict[str, Any]]:
    """prepare_decoder_input_ids_from_labels."""
    rows = []
    for labels, config in [
        ([[7, 8, 9]], {}), ([[7, -100, 9, -100], [-100, 8, 9, 10]], {}), ([[7]], {}), ([[-100, -100]], {}),
        ([[7, 8]], {"pad_token_id": None}), ([[7, 8]], {"decoder_start_token_id": 0}), ([[7, 8]], {"decoder_start_token_id": None}),
        ([7, 8], {}), ([[7, -1, 8]], {}),
    ]:
        row: dict[str, Any] = {"labels": labels, "config": config}
        with Said():
            model = build_class("LEDForConditionalGeneration", tiny, config)
            try:
                row["gives"] = model.prepare_decoder_input_ids_from_labels(torch.tensor(labels)).tolist()
            except Exception as error:  # What the reference raises is the fixture.
                row["raises"] = described(error)
        rows.append(row)
    return rows
