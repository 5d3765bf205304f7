"""Cases of LEDForSequenceClassification and LEDForQuestionAnswering: pooling, losses, what is written into the config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_arguments import EVERYTHING, cut, head_masks, without
from led_classes_cases import Case, Inputs, embeds
from models import source, target
from tiny_models import TinyModel


def with_ends(tiny: TinyModel, inputs: Inputs, ends: list[list[int]]) -> Inputs:
    """The end token at these positions of each row, and nowhere else."""
    eos = tiny.config["eos_token_id"]
    rows = [[9 if token == eos else token for token in row] for row in inputs["input_ids"]]
    return {**inputs, "input_ids": [[eos if i in at else t for i, t in enumerate(row)] for row, at in zip(rows, ends, strict=True)]}


def classification_cases(tiny: TinyModel) -> Iterator[Case]:
    full = with_ends(tiny, source(tiny, "classes", 7, [7, 5, 7], globals_=[[0], [0, 2], [0]]), [[6], [4], [6]])
    tgt = target(tiny, "classes", 3, 7)

    def case(name: str, about: str, inputs: Inputs, **more: Any) -> Case:
        return Case(name, about, full | inputs, **more)

    # Pooling.
    yield case("logits", "two labels by default; the last end token of the source chooses the decoder's position", {})
    yield case("one end inside", "the end token need not be last", with_ends(tiny, full, [[2], [1], [0]]))
    yield case("several ends", "the last of equally many", with_ends(tiny, full, [[1, 4], [0, 3], [2, 6]]))
    yield case("an end under the mask", "masked end tokens count", with_ends(tiny, full, [[3], [6], [5]]))
    yield case("all ends", "every token", with_ends(tiny, full, [list(range(7))] * 3))
    yield case("one row", "batch of 1", {name: value[:1] for name, value in with_ends(tiny, full, [[6], [4], [6]]).items()})
    yield case("different counts", "refused", with_ends(tiny, full, [[6], [4, 2], [6]]))
    yield case("different counts, equal neighbours", "refused", with_ends(tiny, full, [[6], [6], [1, 6]]))
    yield case("no end in one row", "counts of 1 and 0 differ", with_ends(tiny, full, [[6], [], [6]]))
    yield case("no end", "an IndexError of PyTorch", with_ends(tiny, full, [[], [], []]))
    yield Case("embeddings", "not supported, there is no end token in them", without(full, "input_ids") | {"inputs_embeds": embeds(tiny, "classes", 3, 7)})
    yield case("ids and embeddings", "the base refuses both", {"inputs_embeds": embeds(tiny, "classes", 3, 7)})
    yield Case("no ids, encoder_outputs", "the shift misses them", {"encoder_outputs": {"form": "output", "of": full}})
    yield Case("no ids, encoder_outputs and decoder ids", "the end tokens are missed", tgt | {"encoder_outputs": {"form": "output", "of": full}})
    yield case("ids and encoder_outputs", "ids for the shift and the end tokens", {"encoder_outputs": {"form": "tuple", "of": full}})
    yield case("decoder ids", "of the source's length", tgt)
    yield case("decoder ids, shorter", "the source's end tokens point past them", cut(tgt, 0, 4))
    yield case("decoder ids, longer", "refused as well", {"decoder_input_ids": [[*row, 7] for row in tgt["decoder_input_ids"]]})
    yield case("decoder embeddings", "of the source's length", {"decoder_inputs_embeds": embeds(tiny, "classes target", 3, 7)})
    yield case("decoder mask", "left padding before the end", {"decoder_attention_mask": [[1] * 7, [0, 0, 1, 1, 1, 1, 1], [1] * 7]})
    yield case("head masks", "all three", head_masks(tiny) | {"output_attentions": True})
    yield case("everything", "all outputs", EVERYTHING)
    yield case("tuple", "logits first", {"return_dict": False})
    yield case("without a cache", "use_cache false", {"use_cache": False})
    yield case("past_key_values", "not an argument of this class", {"past_key_values": {"of": full}})
    # Losses.
    watch = ("problem_type", "num_labels")

    def labelled(name: str, about: str, labels: Any, num_labels: int, problem_type: str | None = None, *, inputs: Inputs | None = None, **more: Any) -> Case:
        config = {"num_labels": num_labels, **({"problem_type": problem_type} if problem_type else {})}
        return Case(name, about, full | {"labels": labels} | (inputs or {}), config=config, watch=watch, **more)

    single, multi, regression = "single_label_classification", "multi_label_classification", "regression"
    yield labelled("one label, floats", "inferred: regression", [0.5, -1.0, 2.25], 1)
    yield labelled("one label, integers", "inferred: regression, whatever the type", [1, 0, 3], 1)
    yield labelled("one label, a column", "[B, 1] is squeezed", [[0.5], [-1.0], [2.25]], 1)
    yield labelled("two labels, integers", "inferred: single label", [1, 0, 1], 2)
    yield labelled("five labels, integers", "inferred: single label", [4, 0, 2], 5)
    yield labelled("five labels, int32", "inferred: single label; the loss takes no int32", [4, 0, 2], 5, types={"labels": "int32"})
    yield labelled("five labels, a column of integers", "[B, 1] is flattened", [[4], [0], [2]], 5)
    yield labelled("five labels, ignored", "-100 is left out of the mean", [4, -100, 2], 5)
    yield labelled("five labels, all ignored", "the mean of nothing", [-100, -100, -100], 5)
    yield labelled("five labels, one past them", "refused", [4, 5, 2], 5)
    many = [[1.0, 0.0, 0.0, 1.0, 0.0], [0.0] * 5, [0.25, 1.0, 0.5, 0.0, 1.0]]
    yield labelled("five labels, floats", "inferred: multi label; fractions count in part", many, 5)
    yield labelled("two labels, floats", "inferred: multi label", [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 2)
    yield labelled("two labels, floats of one dimension", "inferred: multi label, and then refused: written all the same", [1.0, 0.0, 1.0], 2)
    yield labelled("five labels, integer rows", "integers are a single label each: 15 of them are refused", [[1, 0, 0, 1, 0], [0] * 5, [0, 1, 0, 0, 1]], 5)
    yield labelled("five labels, booleans", "not integers: multi label, which takes no booleans", [[True, False, False, True, False]] * 3, 5)
    yield labelled("single label given", "problem_type of the config", [1, 0, 1], 2, single)
    yield labelled("single label given, floats as classes", "one label a row is refused as floats", [1.0, 0.0, 1.0], 2, single)
    yield labelled("single label given, probabilities", "flattened: refused", [[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]], 2, single)
    yield labelled("single label of one", "the loss is 0", [0, 0, 0], 1, single)
    yield labelled("regression given", "five values a row", [[0.5, -1.0, 0.0, 2.0, 1.25]] * 3, 5, regression)
    yield labelled("regression given, integers", "a difference of both types", [[1, 0, 2, -1, 3]] * 3, 5, regression)
    yield labelled("regression given, one dimension", "PyTorch repeats what does not fit, and warns; [3] is no [3, 5]", [0.5, -1.0, 2.0], 5, regression)
    yield labelled("regression given, repeated", "five values for all rows: repeated with a warning", [0.5, -1.0, 2.0, 0.0, 1.0], 5, regression)
    yield labelled("regression of one, a single row", "[1, 1] is squeezed to a scalar on both sides", [0.75], 1, regression, inputs={name: value[:1] for name, value in full.items()})
    yield labelled("multi label given, one", "[B, 1]", [[1.0], [0.0], [0.5]], 1, multi)
    yield labelled("multi label given, one dimension", "[B] is not [B, 1]", [1.0, 0.0, 0.5], 1, multi)
    yield labelled("multi label given, integers", "refused by the loss", [[1, 0], [0, 1], [1, 1]], 2, multi)
    yield labelled("labels, everything", "no cache, without a warning", [1, 0, 1], 2, inputs=EVERYTHING)
    yield labelled("labels, tuple", "the loss is first", [1, 0, 1], 2, inputs={"return_dict": False})
    yield Case("id2label decides", "three labels by their names", full | {"labels": [2, 0, 1]}, config={"id2label": {"0": "a", "1": "b", "2": "c"}}, watch=watch)
    yield Case("an unknown problem type", "refused by the config", full, config={"problem_type": "ranking"})
    yield Case("another end token", "the config says which", with_ends(tiny, full, [[], [], []]) | {"input_ids": [[7, 9, 8, 8, 8, 8, 8]] * 3}, config={"eos_token_id": 9})
    yield Case("several end tokens", "a list of ids is refused by the comparison", full, config={"eos_token_id": [2, 3]})
    yield Case("no pad id", "nothing is shifted without one", full, config={"pad_token_id": None})


def answering_cases(tiny: TinyModel) -> Iterator[Case]:
    full = source(tiny, "answers", 7, [7, 5, 6], globals_=[[0, 1, 2], [0], []])
    tgt = target(tiny, "answers", 3, 9)

    def case(name: str, about: str, inputs: Inputs, **more: Any) -> Case:
        return Case(name, about, full | inputs, **more)

    def at(start: Any, end: Any) -> Inputs:
        return {"start_positions": start, "end_positions": end}

    yield case("logits", "over the decoder's positions, which are the source's by default", {}, watch=("num_labels",))
    yield case("positions", "the mean of two cross entropies; no cache", at([1, 0, 6], [3, 0, 6]))
    yield case("positions, tuple", "the loss is first", at([1, 0, 6], [3, 0, 6]) | {"return_dict": False})
    yield case("positions, everything", "all outputs but the cache", at([1, 0, 6], [3, 0, 6]) | EVERYTHING)
    yield case("position T", "the first that is ignored", at([1, 7, 2], [3, 7, 4]))
    yield case("positions beyond", "clamped to T and ignored", at([1, 512, 2], [3, 99, 8]))
    yield case("positions beyond, starts only", "the mean over what is left, by side", at([9, 9, 2], [3, 4, 5]))
    yield case("positions beyond, all starts", "the mean of nothing makes the sum NaN", at([9, 9, 9], [3, 4, 5]))
    yield case("positions beyond, all", "NaN", at([7, 8, 9], [9, 8, 7]))
    yield case("negative positions", "clamped to 0, where they count", at([-1, -100, 2], [-7, 4, 5]))
    yield case("positions [B, 1]", "squeezed", at([[1], [0], [6]], [[3], [0], [6]]))
    yield case("positions [B, 1] and [B]", "each by itself", at([[1], [0], [6]], [3, 0, 6]))
    yield case("positions [1, B]", "not squeezed", at([[1, 0, 6]], [[3, 0, 6]]))
    yield case("end before start", "nobody minds", at([5, 4, 3], [2, 1, 0]))
    yield case("too few positions", "two for three rows", at([1, 0], [3, 0]))
    yield case("positions as floats", "refused by the loss", at([1.0, 0.0, 6.0], [3.0, 0.0, 6.0]))
    yield case("int32 positions", "refused by the loss", at([1, 0, 6], [3, 0, 6]), types={"start_positions": "int32", "end_positions": "int32"})
    yield case("a start alone", "no loss, and a cache", {"start_positions": [1, 0, 6]})
    yield case("an end alone", "no loss, and a cache", {"end_positions": [1, 0, 6]})
    yield case("decoder ids, longer", "logits over nine positions", tgt | at([8, 0, 3], [9, 7, 3]))
    yield case("decoder ids, shorter", "positions of the source point past the decoder's", cut(tgt, 0, 3) | at([1, 0, 6], [2, 2, 6]))
    yield Case("embeddings", "with decoder ids", without(full, "input_ids") | cut(tgt, 0, 7) | {"inputs_embeds": embeds(tiny, "answers", 3, 7)})
    yield Case("embeddings alone", "there are no ids to shift", without(full, "input_ids") | {"inputs_embeds": embeds(tiny, "answers", 3, 7)})
    yield case("decoder embeddings", "of four positions", {"decoder_inputs_embeds": embeds(tiny, "answers target", 3, 4)})
    yield Case("encoder_outputs", "with decoder ids", cut(tgt, 0, 4) | {"attention_mask": full["attention_mask"], "encoder_outputs": {"form": "tuple", "of": full}})
    yield case("head masks", "all three", head_masks(tiny) | {"output_attentions": True})
    yield case("tuple", "two logits first", {"return_dict": False})
    yield case("hidden states", "all of them", {"output_hidden_states": True, "use_cache": False})
    yield case("decoder mask", "padding right and left", {"decoder_attention_mask": [[1] * 7, [1, 1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 1, 1]]})
    yield case("past_key_values", "not an argument of this class", {"past_key_values": {"of": full}})
    yield case("labels", "not an argument of this class", {"labels": [1, 0, 1]})
    yield case("num_labels 5", "set to 2 by the constructor", {}, config={"num_labels": 5}, watch=("num_labels", "id2label", "label2id"))
    yield case("one token", "T = S = 1: a single class, the loss is 0", {name: [row[:1] for row in rows] for name, rows in full.items()} | at([0, 0, 1], [0, 0, 0]))
