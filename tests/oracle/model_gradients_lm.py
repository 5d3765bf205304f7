"""Cases of LEDForConditionalGeneration in evaluation mode: every argument that a gradient runs through or stops at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_arguments import head_masks, without
from led_classes_cases import Inputs, embeds
from led_classes_models import HAW, MEDLAR, QUINCE, SLOE
from model_gradients_models import BULLACE, DAMSON
from model_gradients_passes import Case
from models import ids, source, target
from tiny_models import WIDE, TinyModel

CLASS = "LEDForConditionalGeneration"
# Those that the cases of DAMSON have not.
ACTIVATIONS = (
    "gelu_10", "gelu_fast", "gelu_pytorch_tanh", "gelu_python", "laplace", "leaky_relu", "linear", "mish", "quick_gelu", "relu2", "relu6", "sigmoid", "silu", "tanh",
)


def labelled(tiny: TinyModel, inputs: Inputs, length: int, ignored: tuple[tuple[int, int], ...] = (), pads: tuple[tuple[int, int], ...] = ()) -> Inputs:
    """Labels beside the inputs, -100 and the pad token at these places (row, position)."""
    rows = len(next(iter(inputs.values())))
    labels = ids(tiny, f"labels of {rows}", rows, length)
    for places, value in ((ignored, -100), (pads, tiny.config["pad_token_id"])):
        for row, at in places:
            labels[row][at] = value
    return {**inputs, "labels": labels}


def case(name: str, about: str, inputs: Inputs, tiny: TinyModel = BULLACE, **more: Any) -> Case:
    return Case(name, about, CLASS, tiny, inputs, **more)


def lm_cases() -> Iterator[Case]:
    yield from global_cases()
    yield from argument_cases()
    yield from label_cases()
    yield from model_cases()
    for name in ("relu", "gelu_new"):
        inputs = labelled(DAMSON, source(DAMSON, name, 7, [7, 5], globals_=[[0], []]), 3)
        yield case(name, "in both feed-forwards", inputs, DAMSON, config={"activation_function": name})
    for name in ACTIVATIONS:
        inputs = labelled(HAW, source(HAW, "activations", 5, [5, 4], globals_=[[0], []]), 2)
        yield case(name, "in both feed-forwards", inputs, HAW, config={"activation_function": name})


def global_cases() -> Iterator[Case]:
    def src(tiny: TinyModel, length: int, lengths: list[int] | None = None, **more: Any) -> tuple[Inputs, TinyModel]:
        return labelled(tiny, source(tiny, "globals", length, lengths, **more), 3), tiny

    yield case("ids alone", "no masks at all: no gradient for the projections of global rows", *src(BULLACE, 11, rows=2))
    yield case("no globals", "padding right", *src(DAMSON, 11, [11, 7, 9]))
    yield case("first token", "one global token a row, padding right", *src(DAMSON, 11, [11, 7, 9], globals_=[[0], [0], [0]]))
    yield case("first token alone", "one global token and no attention_mask", *src(BULLACE, 11, globals_=[[0]]))
    yield case("ragged globals", "2, none and 3 a row, padding right, the last token of a row among them",
               *src(DAMSON, 13, [13, 8, 11], globals_=[[0, 5], [], [2, 3, 10]]))
    yield case("as many globals as a head is wide", "5 and 1", *src(DAMSON, 13, [13, 8], globals_=[[0, 4, 5, 8, 12], [7]]))
    yield case("many globals", "more than a head is wide: 7, 1 and 5",
               *src(DAMSON, 13, [13, 8, 11], globals_=[[0, 1, 2, 6, 7, 9, 12], [0], [1, 2, 4, 8, 10]]))
    yield case("all global", "every token", *src(DAMSON, 11, [11, 6], globals_=[list(range(11)), list(range(6))]))
    yield case("padding left", "the first real token is global", *src(BULLACE, 11, [6, 11], left=True, globals_=[[5], [0]]))
    holes, tiny = src(BULLACE, 11, [11, 11], globals_=[[0, 3], [2, 5]])
    holes["attention_mask"][0][3] = holes["attention_mask"][0][6] = holes["attention_mask"][1][10] = 0
    holes["global_attention_mask"][1][7] = holes["global_attention_mask"][0][9] = -1
    yield case("holes", "masked tokens inside, one of them marked global; -1 in the global mask hides a token from the encoder only", holes, tiny)
    yield case("a row without a source", "no visible token: the decoder attends evenly", *src(BULLACE, 11, [11, 0], globals_=[[0], [4]]))


def argument_cases() -> Iterator[Case]:
    full = labelled(BULLACE, source(BULLACE, "arguments", 11, [11, 8], globals_=[[0, 3], [2]]), 5)
    tgt = target(BULLACE, "arguments", 2, 5)
    mask = {"decoder_attention_mask": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]}
    yield case("decoder ids", "another target than the labels shifted", full | tgt)
    yield case("decoder mask", "padding right, ignored in the labels", labelled(BULLACE, without(full, "labels"), 5, ((1, 3), (1, 4))) | mask)
    yield case("decoder mask with a hole", "and labels everywhere", full | {"decoder_attention_mask": [[1, 0, 1, 1, 1], [1, 1, 0, 1, 1]]})
    left = {"decoder_attention_mask": [[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]]}
    yield case("decoder mask, left", "padding left, ignored in the labels", labelled(BULLACE, without(full, "labels"), 5, ((0, 0), (0, 1))) | left)
    yield case("decoder mask, left, with labels", "rows that see only what is masked once attend to it evenly, and have gradients", full | left)
    embedded = {"inputs_embeds": embeds(BULLACE, "arguments", 2, 11)}
    decoder_embedded = {"decoder_inputs_embeds": embeds(BULLACE, "target", 2, 5)}
    yield case("embeddings", "in place of ids", without(full, "input_ids") | embedded)
    yield case("decoder embeddings", "in place of ids", full | decoder_embedded)
    whole = labelled(BULLACE, source(BULLACE, "embeddings", 6, [6, 5], globals_=[[0], [2]]), 5)
    whole = without(whole, "input_ids") | {"inputs_embeds": embeds(BULLACE, "whole", 2, 6)} | decoder_embedded
    about = "whole windows, so that no padding is looked up; untied: no gradient for the table"
    yield case("embeddings on both sides", about, whole, config={"tie_word_embeddings": False})
    encoded = {"encoder_outputs": {"last_hidden_state": embeds(BULLACE, "encoded", 2, 7)}}
    yield case("encoder_outputs", "no gradients for the encoder", without(full, "input_ids", "global_attention_mask", "attention_mask") | encoded)
    yield case("encoder_outputs and a mask", "for the cross attention",
               without(full, "input_ids", "global_attention_mask") | encoded | {"attention_mask": [[1] * 7, [1] * 4 + [0] * 3]})
    masks = head_masks(DAMSON)
    heads = labelled(DAMSON, source(DAMSON, "heads", 7, [7, 5], globals_=[[0, 3], [2]]), 3)
    yield case("head masks", "of encoder, decoder and cross attention, with globals", heads | masks, DAMSON)
    masked = {"head_mask": head_masks(BULLACE)["head_mask"]}
    yield case("head_mask", "of the encoder alone, without globals", without(full, "global_attention_mask") | masked)
    many = source(BULLACE, "heads", 7, [7, 5], globals_=[[0, 1, 2, 3, 4, 6], [2]])
    yield case("head_mask, many globals", "more than a head is wide", labelled(BULLACE, many, 3) | masked)


def label_cases() -> Iterator[Case]:
    src = source(BULLACE, "labels", 7, [7, 5, 6], globals_=[[0], [], [1, 2]])
    ignored = ((0, 3), (0, 4), (1, 0), (2, 0), (2, 1), (2, 2), (2, 3), (2, 4))
    yield case("labels ignored", "-100 behind, in front, and in a whole row", labelled(BULLACE, src, 5, ignored))
    pads = labelled(BULLACE, src, 5, (), ((0, 4), (1, 2), (1, 3), (1, 4)))
    yield case("labels of padding", "pad tokens count in the loss; their row of the table has a gradient from the logits alone", pads)
    yield case("one label", "T = 1", labelled(BULLACE, src, 1))
    untied = {"tie_word_embeddings": False}
    yield case("untied", "a head of its own; the pad token's row of the table has no gradient", labelled(BULLACE, src, 5, ((0, 4),), ((1, 4),)), config=untied)
    yield case("label smoothing", "0.1, with -100", labelled(BULLACE, src, 5, ignored[:4]), label_smoothing=0.1)
    yield case("label smoothing, untied", "0.25, without -100", labelled(BULLACE, src, 4), label_smoothing=0.25, config=untied)
    other = labelled(BULLACE, src, 5, ignored[:2]) | target(BULLACE, "smoothing", 3, 5)
    yield case("label smoothing, decoder ids", "0.1, another target than the labels shifted", other, label_smoothing=0.1)


def model_cases() -> Iterator[Case]:
    """Windows and geometries."""
    for name, about, windows, length, lengths, globals_ in [
        ("windows longer than the source", "16 and 8 over 7 tokens", [16, 8], 7, [7, 5], [[0], [3]]),
        ("wide then narrow", "16 and 4 over 13 tokens", [16, 4], 13, [13, 9], [[12], []]),
        ("whole windows", "8 and 4 over 16 tokens", [8, 4], 16, [16, 11], [[0, 15], []]),
        ("windows that do not divide", "4 and 6 over 12 tokens", [4, 6], 12, [12, 10], [[3], [0, 1]]),
        ("one integer window", "4 for both layers, over 27 tokens", 4, 27, [27, 17], [[0, 26], [16]]),
    ]:
        yield case(name, about, labelled(DAMSON, source(DAMSON, "windows", length, lengths, globals_=globals_), 3), DAMSON, config={"attention_window": windows})
    yield case("one token", "S = 1 and T = 1, global", labelled(BULLACE, source(BULLACE, "one", 1, globals_=[[0]]), 1))
    yield case("quince", "heads of width 3 and 5, three decoder layers, tied", labelled(QUINCE, source(QUINCE, "model", 17, [17, 11], globals_=[[0, 1, 9], [4]]), 4, ((1, 3),)), QUINCE)
    yield case("medlar", "untied, relu, one window of 6, three encoder layers, all special tokens different",
               labelled(MEDLAR, source(MEDLAR, "model", 13, [13, 10], globals_=[[0, 5, 6], []]), 5, ((1, 4),), ((0, 4),)), MEDLAR)
    yield case("sloe", "one encoder head, decoder heads of width 1, silu", labelled(SLOE, source(SLOE, "model", 11, [7, 11], globals_=[[0], [10]]), 4), SLOE)
    yield case("wide", "windows of 256 and 64 over 300 tokens", labelled(WIDE, source(WIDE, "model", 300, [300, 281], globals_=[[0, 211], [140]]), 3), WIDE)
