"""Cases in training mode: dropout at every site, LayerDrop, and that evaluation has neither."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_arguments import head_masks, without
from led_classes_cases import Inputs, embeds
from led_classes_heads import with_ends
from led_classes_models import HAW, MEDLAR
from model_gradients_dropout import Key, skipped
from model_gradients_heads import ANSWERING, CLASSIFICATION, ENCODER, ENDS, STARTS, answers, questions
from model_gradients_lm import CLASS, labelled
from model_gradients_models import BULLACE, DAMSON
from model_gradients_passes import Case
from models import source
from tiny_models import TinyModel

ALL = {"dropout": 0.1, "attention_dropout": 0.2, "activation_dropout": 0.3, "classifier_dropout": 0.15}
NONE = dict.fromkeys(ALL, 0.0)


def case(
    name: str, about: str, inputs: Inputs, key: Key | None, tiny: TinyModel = DAMSON, class_name: str = CLASS, config: dict[str, Any] | None = None, **more: Any
) -> Case:
    return Case(name, about, class_name, tiny, inputs, {**ALL, **(config or {})}, key=key, **more)


def training_cases() -> Iterator[Case]:
    yield from lm_cases()
    yield from head_cases()
    yield from layer_cases()


def lm_cases() -> Iterator[Case]:
    def src(tiny: TinyModel, length: int, lengths: list[int], **more: Any) -> Inputs:
        return labelled(tiny, source(tiny, "dropout", length, lengths, **more), 5, ((1, 4),))

    yield case("dropout", "everywhere; padding right, no globals", src(DAMSON, 11, [11, 7, 9]), Key(17, 1))
    yield case("dropout, first token", "one global token a row", src(BULLACE, 11, [11, 7, 9], globals_=[[0], [0], [0]]), Key(17, 1), BULLACE)
    ragged = src(DAMSON, 13, [13, 8, 11], globals_=[[0, 5], [], [2, 3, 10]])
    yield case("dropout, ragged globals", "3 columns for global keys, of which rows have 2, none and 3", ragged, Key(17, 2))
    many = src(DAMSON, 13, [13, 8, 11], globals_=[[0, 1, 2, 6, 7, 9, 12], [0], [1, 2, 4, 8, 10]])
    yield case("dropout, many globals", "more than a head is wide", many, Key(18, 2))
    whole = src(BULLACE, 12, [12, 10], globals_=[[0], []])
    yield case("dropout, whole windows", "nothing is padded; a seed of more than 32 bits", whole, Key(2**40 + 3, 100_003), BULLACE)
    wide = src(DAMSON, 7, [7, 5], globals_=[[0], [3]])
    yield case("dropout, windows longer than the source", "16 and 8 over 7 tokens", wide, Key(0, 0), config={"attention_window": [16, 8]})
    holes = src(BULLACE, 11, [11, 11], globals_=[[0, 3], [2]]) | {"attention_mask": [[1, 1, 1, 0] + [1] * 7, [1] * 6 + [0] + [1] * 4]}
    yield case("dropout, holes", "a masked global token has no column", holes, Key(5, 7), BULLACE)
    encoded = {"encoder_outputs": {"last_hidden_state": embeds(BULLACE, "encoded", 3, 7)}}
    target = without(src(BULLACE, 11, [11, 7, 9]), "input_ids", "attention_mask")
    yield case("dropout, encoder_outputs", "of the decoder alone", target | encoded, Key(17, 3), BULLACE)
    smoothed = src(BULLACE, 7, [7, 5, 6], globals_=[[0], [], [1]])
    yield case("dropout and label smoothing", "0.1", smoothed, Key(19, 1), BULLACE, label_smoothing=0.1)
    heads = src(DAMSON, 7, [7, 5], globals_=[[0, 3], [2]]) | head_masks(DAMSON)
    yield case("dropout and head masks", "heads are weighted before", heads, Key(23, 4))
    yield case("dropout, medlar", "untied, relu, seven encoder heads", labelled(MEDLAR, source(MEDLAR, "dropout", 13, [13, 10], globals_=[[0, 5, 6], []]), 5), Key(29, 1), MEDLAR)
    small = labelled(HAW, source(HAW, "dropout", 7, [7, 5], globals_=[[0, 3], [1]]), 3)
    for name, p in (("dropout", 0.1), ("attention_dropout", 0.2), ("activation_dropout", 0.3), ("attention_dropout", 0.9)):
        yield case(f"{name} {p} alone", "one of the rates", small, Key(31, 1), HAW, config={**NONE, name: p})
    yield case("training without dropout", "rates of 0", small, Key(31, 1), HAW, config=NONE)
    yield case("evaluation", "no rate counts", small, None, HAW, config={"dropout": 0.5, "encoder_layerdrop": 0.9, "decoder_layerdrop": 0.9})


def head_cases() -> Iterator[Case]:
    classes = with_ends(BULLACE, source(BULLACE, "dropout classes", 9, [9, 6, 8], globals_=[[0], [0, 2], []]), [[8], [5], [7]]) | {"labels": [1, 0, 1]}
    long = source(BULLACE, "dropout long classes", 23, [23, 20, 11]) | {"labels": [1, 0, 1]}
    short = answers("dropout answers") | {"start_positions": [at % 5 for at in STARTS], "end_positions": [at % 9 for at in ENDS]}
    asked = questions("dropout questions") | {"start_positions": STARTS, "end_positions": ENDS}
    yield case("dropout, classes", "in the head twice", classes, Key(37, 1), BULLACE, class_name=CLASSIFICATION)
    yield case("dropout, classes over the encoder", "in the head twice", long, Key(37, 2), BULLACE, class_name=CLASSIFICATION, config=ENCODER)
    yield case("dropout, answers", "no dropout in the head", short, Key(41, 1), BULLACE, class_name=ANSWERING)
    yield case("dropout, answers over the encoder", "the question is global", asked, Key(41, 2), BULLACE, class_name=ANSWERING, config=ENCODER)
    yield case("classifier_dropout alone", "of the four rates", classes, Key(37, 3), BULLACE, class_name=CLASSIFICATION, config={**NONE, "classifier_dropout": 0.15})


def layer_cases() -> Iterator[Case]:
    """A layer that is left out has no gradients, and draws no dropout."""
    inputs = labelled(DAMSON, source(DAMSON, "layers", 11, [11, 7], globals_=[[0, 4], []]), 3)
    for name, key, p, out in [
        ("LayerDrop", Key(43, 1), (0.5, 0.5), {"encoder.layers.1", "decoder.layers.1"}),
        ("LayerDrop of all encoder layers", Key(43, 1), (1.0, 0.0), {"encoder.layers.0", "encoder.layers.1"}),
        ("LayerDrop of all decoder layers", Key(43, 1), (0.0, 1.0), {"decoder.layers.0", "decoder.layers.1"}),
    ]:
        one = case(name, " and ".join(sorted(out)), inputs, key, config={"encoder_layerdrop": p[0], "decoder_layerdrop": p[1]})
        assert skipped({**DAMSON.config, **one.config}, key) == out, f"{name}: {skipped({**DAMSON.config, **one.config}, key)}"
        yield one
