"""Cases of classification and question answering in evaluation mode, with the reference's heads and those over the encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_arguments import without
from led_classes_cases import Inputs, embeds
from led_classes_heads import with_ends
from model_gradients_models import BULLACE
from model_gradients_passes import Case
from models import marks, source

CLASSIFICATION, ANSWERING = "LEDForSequenceClassification", "LEDForQuestionAnswering"
ENCODER = {"head": "encoder"}
MANY = [[1.0, 0.0, 0.0, 1.0, 0.0], [0.0] * 5, [0.25, 1.0, 0.5, 0.0, 1.0]]


def head_cases() -> Iterator[Case]:
    yield from classification_cases()
    yield from answering_cases()


def classification_cases() -> Iterator[Case]:
    full = with_ends(BULLACE, source(BULLACE, "classes", 9, [9, 6, 8], globals_=[[0], [0, 2], []]), [[8], [5], [7]])
    long = source(BULLACE, "long classes", 23, [23, 20, 11])

    def case(name: str, about: str, inputs: Inputs, labels: Any, config: dict[str, Any] | None = None) -> Case:
        return Case(name, about, CLASSIFICATION, BULLACE, inputs | {"labels": labels}, config or {})

    yield case("classes", "two labels by default", full, [1, 0, 1])
    yield case("classes, ignored", "five labels, -100 is left out of the mean", full, [4, -100, 2], {"num_labels": 5})
    yield case("classes, end inside", "the last of equally many end tokens", with_ends(BULLACE, full, [[1, 4], [0, 3], [2, 6]]), [2, 0, 1], {"num_labels": 3})
    yield case("classes, many a row", "multi label", full, MANY, {"num_labels": 5})
    yield case("a number", "regression", full, [0.5, -1.0, 2.25], {"num_labels": 1})
    five = [[0.5, -1.0, 0.0, 2.0, 1.25]] * 2 + [[1.0, 0.0, 2.0, -1.0, 3.0]]
    yield case("five numbers", "regression of five values a row", full, five, {"num_labels": 5, "problem_type": "regression"})
    yield case("classes over the encoder", "more tokens than the decoder's table; the first is global by default", long, [2, 0, 1], {**ENCODER, "num_labels": 3})
    marked = {"global_attention_mask": marks(23, [list(range(1, 23, 2)), [], [2]])}
    yield case("classes over the encoder, global mask", "other tokens than the first, one row without", long | marked, [1, 0, 1], ENCODER)
    yield case("classes over the encoder, no globals", "a mask of zeros", long | {"global_attention_mask": marks(23, [[]] * 3)}, [1, 0, 1], ENCODER)
    yield case("classes over the encoder, many a row", "multi label", long, MANY, {**ENCODER, "num_labels": 5})
    yield case("a number over the encoder", "regression", long, [1.5, -1.0, 2.25], {**ENCODER, "num_labels": 1})
    embedded = {"inputs_embeds": embeds(BULLACE, "classes", 3, 12)}
    yield case("classes over the encoder, embeddings", "whole windows: no gradient for the table", embedded, [1, 0, 1], ENCODER)


# Thirteen rows: the loss is a mean over rows, and float32's errors where a gradient is truly 0 (all that moves the logits of
# a row together) are those of a row's part.
STARTS, ENDS = [9, 8, 3, 14, 0, 12, 11, 5, 7, 6, 2, 10, 13], [12, 8, 10, 14, 7, 13, 14, 4, 9, 6, 1, 11, 13]


def answers(label: str) -> Inputs:
    """Short enough for the decoder."""
    globals_ = [[0, 1, 2], [0], [], [0, 3], [1], [0], [], [2], [0], [8], [], [4], [0, 5]]
    return source(BULLACE, label, 9, [9, 6, 8, 9, 7, 5, 9, 4, 9, 8, 7, 9, 6], globals_=globals_)


def questions(label: str) -> Inputs:
    """Question and text, longer than the decoder's table; questions of 1 to 6 tokens."""
    lengths = [15, 14, 11, 15, 9, 15, 13, 12, 15, 10, 15, 14, 8]
    first = [3, 6, 1, 2, 4, 3, 5, 2, 1, 3, 4, 2, 1]
    return with_ends(BULLACE, source(BULLACE, label, 15, lengths), [[at, at + 1, n - 1] for at, n in zip(first, lengths, strict=True)])


def answering_cases() -> Iterator[Case]:
    full, long = answers("answers"), questions("long answers")
    starts, ends = [at % 5 for at in STARTS], [at % 9 for at in ENDS]

    def case(name: str, about: str, inputs: Inputs, start: list[int], end: list[int], config: dict[str, Any] | None = None) -> Case:
        return Case(name, about, ANSWERING, BULLACE, inputs | {"start_positions": start, "end_positions": end}, config or {})

    def marked(tokens: dict[int, list[int]]) -> Inputs:
        return {"global_attention_mask": marks(15, [tokens.get(row, []) for row in range(13)])}

    yield case("answers", "over the decoder, which gets the source", full, starts, ends)
    yield case("answers, out of range", "T and beyond are ignored, negative ones count at 0", full, [1, 9, -3, *starts[3:]], [40, -1, 8, *ends[3:]])
    embedded = without(full, "global_attention_mask") | {"decoder_inputs_embeds": embeds(BULLACE, "answers", 13, 5)}
    yield case("answers, decoder embeddings", "of five positions; no global tokens", embedded, starts, [at % 5 for at in ENDS])
    about = "more tokens than the decoder's table; the question is global by default, which is more than a head is wide"
    yield case("answers over the encoder", about, long, STARTS, ENDS, ENCODER)
    yield case("answers over the encoder, out of range", "ignored and at 0", long, [9, 15, -3, *STARTS[3:]], [99, -1, 10, *ENDS[3:]], ENCODER)
    yield case("answers over the encoder, global mask", "up to two tokens a row", long | marked({0: [0], 1: [2, 5], 4: [8]}), STARTS, ENDS, ENCODER)
    yield case("answers over the encoder, no globals", "a mask of zeros, and no padding", without(long, "attention_mask") | marked({}), STARTS, ENDS, ENCODER)
