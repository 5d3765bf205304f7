"""Writes fixtures/models/generation.json: greedy and beam search of the tiny models, token ids and scores.

A case is worth its place only if a correct engine cannot miss it by rounding and an incorrect one cannot hit it by
luck. So the inputs of each case are the first of a numbered series for which
- every pair of neighbouring candidates that a step compares is at least MIN_GAP apart in summed log-probability (greedy:
  the best two logits), and every comparison of length-normalised scores at least MIN_RELATIVE_GAP of the larger one;
- the case's own wish about where sequences end is met;
- each option listed under `matters` changes the sequences when it is put back to its default;
- the same search in float64 gives the same ids.
`series`, `smallest_gap` and `smallest_relative_gap` in the file record the outcome. Run from anywhere:
python tests/oracle/tiny_generation.py
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator
from unittest.mock import patch

import torch
import transformers
from transformers.generation.beam_search import BeamHypotheses, BeamSearchScorer

from fixture_file import FIXTURES, write_fixture
from models import marks, source, target
from tiny_models import ODD, PLAIN, TALKER, TinyModel, build, default_dtype

MIN_GAP = 1e-3
MIN_RELATIVE_GAP = 1e-4
MAX_SERIES = 20_000

# What generate() does without the option, for finding out whether the option matters.
DEFAULTS = {
    "length_penalty": 1.0, "early_stopping": False, "no_repeat_ngram_size": 0,
    "encoder_no_repeat_ngram_size": 0, "min_length": 0,
}


class Gaps:
    """The smallest difference between numbers whose order decided something."""

    def __init__(self) -> None:
        self.candidates = float("inf")
        self.relative = float("inf")
        self.last_topk = torch.empty(0)

    def compare(self, a: float, b: float) -> None:
        self.relative = min(self.relative, abs(a - b) / max(abs(a), abs(b), 1e-30))


@contextmanager
def watched_beam_search(gaps: Gaps) -> Iterator[None]:
    """Records how close every decision of a beam search was; the search itself runs unchanged."""
    topk, process, finalize = torch.topk, BeamSearchScorer.process, BeamSearchScorer.finalize
    add, is_done = BeamHypotheses.add, BeamHypotheses.is_done

    def watched_topk(scores: torch.Tensor, k: int, **options: Any) -> Any:
        gaps.last_topk = topk(scores, k + 1, **options).values
        return topk(scores, k, **options)

    def watched_process(self: BeamSearchScorer, *args: Any, **options: Any) -> Any:
        for row, done in zip(gaps.last_topk, self._done):
            if not done:
                gaps.candidates = min(gaps.candidates, float((row[:-1] - row[1:]).min()))
        return process(self, *args, **options)

    def watched_add(self: BeamHypotheses, hyp: Any, total: float, **options: Any) -> None:
        if len(self) == self.num_beams:
            gaps.compare(total / options["generated_len"] ** self.length_penalty, self.worst_score)
        add(self, hyp, total, **options)

    def watched_is_done(self: BeamHypotheses, best: float, cur_len: int, prompt: int = 0) -> bool:
        if len(self) == self.num_beams and self.early_stopping is not True:
            by_end = self.early_stopping == "never" and self.length_penalty > 0
            length = (self.max_length if by_end else cur_len) - prompt
            gaps.compare(self.worst_score, best / length**self.length_penalty)
        return is_done(self, best, cur_len, prompt)

    def watched_finalize(self: BeamSearchScorer, *args: Any, **options: Any) -> Any:
        result = finalize(self, *args, **options)
        for hypotheses in self._beam_hyps:
            scores = sorted(beam[0] for beam in hypotheses.beams)
            for a, b in zip(scores, scores[1:]):
                gaps.compare(a, b)
        return result

    with (
        patch.object(torch, "topk", watched_topk),
        patch.object(BeamSearchScorer, "process", watched_process),
        patch.object(BeamSearchScorer, "finalize", watched_finalize),
        patch.object(BeamHypotheses, "add", watched_add),
        patch.object(BeamHypotheses, "is_done", watched_is_done),
    ):
        yield


def generate(model: Any, inputs: dict[str, Any], options: dict[str, Any]) -> tuple[Any, Gaps]:
    gaps = Gaps()
    tensors = {name: torch.tensor(value) for name, value in inputs.items()}
    with torch.no_grad(), watched_beam_search(gaps):
        out = model.generate(**tensors, **options, output_scores=True, return_dict_in_generate=True)
    if options.get("num_beams", 1) == 1:
        prompt, eos = out.sequences.shape[1] - len(out.scores), model.config.eos_token_id
        for step, scores in enumerate(out.scores):
            best = torch.topk(scores, 2, dim=-1).values
            for row, ids in enumerate(out.sequences):
                if eos not in ids[prompt : prompt + step]:
                    gaps.candidates = min(gaps.candidates, float(best[row, 0] - best[row, 1]))
    return out, gaps


# Where each row's eos stands, None if it has none.
Ends = list[int | None]


def never(ends: Ends) -> bool:
    return all(end is None for end in ends)


def early(ends: Ends) -> bool:
    return all(end is not None and 2 < end < 14 for end in ends)


def mixed(ends: Ends) -> bool:
    """Some row is cut off, some ends by itself."""
    return any(end is None for end in ends) and any(end is not None and end > 2 for end in ends)


def anything(_: Ends) -> bool:
    return True


@dataclass(frozen=True)
class Wanted:
    name: str
    about: str
    tiny: TinyModel
    options: dict[str, Any]
    make: Callable[[TinyModel, str], dict[str, Any]]
    ending: Callable[[Ends], bool] = anything
    matters: tuple[str, ...] = ()


def one(tiny: TinyModel, label: str) -> dict[str, Any]:
    return source(tiny, label, 11)


def three(tiny: TinyModel, label: str) -> dict[str, Any]:
    return source(tiny, label, 29, [29, 13, 21], globals_=[[0], [], [0, 4, 11]])


def long(tiny: TinyModel, label: str) -> dict[str, Any]:
    return source(tiny, label, 150, [150], globals_=[[0]])


def repetitive(tiny: TinyModel, label: str) -> dict[str, Any]:
    """Ten distinct tokens, among them those that the tied model likes to say, so that n-grams of the source come up."""
    inputs = source(tiny, label, 37, [37, 31, 37], globals_=[[0], [0], [0]])
    palette = [2, 6, 6, 6, 49, 49, 62, 42, 29, 61]
    inputs["input_ids"] = [
        [palette[t % len(palette)] if m else tiny.config["pad_token_id"] for t, m in zip(row, keep)]
        for row, keep in zip(inputs["input_ids"], inputs["attention_mask"])
    ]
    return inputs


def unmasked_padding(tiny: TinyModel, label: str) -> dict[str, Any]:
    inputs = source(tiny, label, 13, [13, 8])
    del inputs["attention_mask"]
    return inputs


def prompted(tiny: TinyModel, label: str) -> dict[str, Any]:
    return source(tiny, label, 11, [11, 9]) | target(tiny, label, 2, 4)


def prompted_without_start(tiny: TinyModel, label: str) -> dict[str, Any]:
    inputs = prompted(tiny, label)
    inputs["decoder_input_ids"] = [row[1:] for row in inputs["decoder_input_ids"]]
    return inputs


def left_padded(tiny: TinyModel, label: str) -> dict[str, Any]:
    inputs = source(tiny, label, 17, [17, 11], left=True)
    return inputs | {"global_attention_mask": marks(17, [[0], [6]])}


def beams(n: int, max_length: int, **options: Any) -> dict[str, Any]:
    return {"num_beams": n, "max_length": max_length, **options}


WANTED = [
    Wanted("greedy-tied", "no eos before max_length", ODD, {"max_length": 24}, one, never),
    Wanted("greedy-processors", "both n-gram bans", ODD,
           {"max_length": 24, "no_repeat_ngram_size": 3, "encoder_no_repeat_ngram_size": 3}, repetitive,
           matters=("no_repeat_ngram_size", "encoder_no_repeat_ngram_size")),
    Wanted("greedy-early", "ends by itself", TALKER, {"max_length": 24}, one, early),
    Wanted("greedy-batch", "rows end at different lengths, padding, ragged globals", TALKER, {"max_length": 24}, three, mixed, ("global_attention_mask",)),
    Wanted("greedy-min-length", "min_length forbids the eos that would come", TALKER, {"max_length": 24, "min_length": 15}, three, matters=("min_length",)),
    Wanted("greedy-prompt", "a prompt of 4 tokens, max_new_tokens", TALKER, {"max_new_tokens": 9}, prompted),
    Wanted("greedy-prompt-without-start", "a prompt to which the start token is prepended", TALKER, {"max_length": 15}, prompted_without_start),
    Wanted("greedy-padding-without-mask", "no attention_mask, but pad tokens: generate() masks them", TALKER, {"max_length": 15}, unmasked_padding),
    Wanted("greedy-plain", "eos, pad and start are three tokens", PLAIN, {"max_length": 20}, three, mixed),
    Wanted("beam4-tied", "no eos before max_length", ODD, beams(4, 24), one, never),
    Wanted("beam3-processors", "3 rows times 3 beams, everything at once", ODD,
           beams(3, 24, length_penalty=2.0, early_stopping=True, no_repeat_ngram_size=3, encoder_no_repeat_ngram_size=3, min_length=6),
           repetitive, matters=("no_repeat_ngram_size", "encoder_no_repeat_ngram_size")),
    Wanted("beam4-early", "ends by itself", TALKER, beams(4, 24), one, early, ("num_beams",)),
    Wanted("beam4-never", "no eos before max_length", TALKER, beams(4, 24), one, never, ("num_beams",)),
    Wanted("beam4-batch", "padding, ragged globals, rows end at different lengths", TALKER, beams(4, 20), three, mixed, ("num_beams", "global_attention_mask")),
    Wanted("beam4-s150", "a longer source", TALKER, beams(4, 16, no_repeat_ngram_size=3), long),
    Wanted("beam4-left-padding", "padding left", TALKER, beams(4, 16, early_stopping=True), left_padded),
    Wanted("beam4-long", "length_penalty 2, early_stopping false", TALKER, beams(4, 24, length_penalty=2.0), one, matters=("length_penalty",)),
    Wanted("beam4-short", "length_penalty 0.5, early_stopping false", TALKER, beams(4, 24, length_penalty=0.5), one, early, ("length_penalty",)),
    Wanted("beam4-stop", "early_stopping true", TALKER, beams(4, 24, length_penalty=2.0, early_stopping=True), one, early, ("early_stopping",)),
    Wanted("beam4-stop-never", "early_stopping never", TALKER, beams(4, 24, early_stopping="never"), one,
           matters=("early_stopping",)),
    Wanted("beam4-stop-never-long", "early_stopping never, length_penalty 2", TALKER,
           beams(4, 20, length_penalty=2.0, early_stopping="never"), three, matters=("length_penalty",)),
    Wanted("beam4-stop-never-short", "early_stopping never, negative length_penalty", TALKER, beams(4, 24, length_penalty=-0.5, early_stopping="never"), one),
    Wanted("beam3-batch", "3 rows times 3 beams, both penalties and bans decide", TALKER,
           beams(3, 20, length_penalty=2.0, early_stopping=True, no_repeat_ngram_size=3), three, matters=("length_penalty", "early_stopping")),
    Wanted("beam3-min-length", "min_length forbids the eos that would come", TALKER, beams(3, 20, min_length=12, length_penalty=0.5), three, matters=("min_length",)),
    Wanted("beam4-returns-3", "three sequences a row", TALKER, beams(4, 16, num_return_sequences=3), prompted),
    Wanted("beam2-prompt", "a prompt of 4 tokens is no part of the normalised length", TALKER,
           {"num_beams": 2, "max_new_tokens": 12, "length_penalty": 2.0}, prompted, matters=("length_penalty",)),
    Wanted("beam4-padding-without-mask", "no attention_mask, but pad tokens", TALKER, beams(4, 14), unmasked_padding),
    Wanted("beam4-plain", "eos, pad and start are three tokens", PLAIN, beams(4, 16, early_stopping=True), three, matters=("num_beams",)),
]


def without(option: str, inputs: dict, options: dict) -> tuple[dict, dict]:
    if option in inputs:
        return {name: value for name, value in inputs.items() if name != option}, options
    if option == "num_beams":
        return inputs, {name: value for name, value in options.items() if name not in ("num_beams", "early_stopping")}
    return inputs, {**options, option: DEFAULTS[option]}


def find(wanted: Wanted, model: Any, exact: Any) -> dict[str, Any]:
    """The first of the series of inputs that meets all conditions of the docstring above."""
    eos = model.config.eos_token_id
    for series in range(MAX_SERIES):
        inputs = wanted.make(wanted.tiny, f"{wanted.name} {series}")
        out, gaps = generate(model, inputs, wanted.options)
        if gaps.candidates < MIN_GAP or gaps.relative < MIN_RELATIVE_GAP:
            continue
        sequences = out.sequences.tolist()
        prompt = len(inputs.get("decoder_input_ids", [[eos]])[0])
        ends = [row.index(eos, prompt) if eos in row[prompt:] else None for row in sequences]
        if not wanted.ending(ends):
            continue
        others = (generate(model, *without(option, inputs, wanted.options))[0] for option in wanted.matters)
        if any(other.sequences.tolist() == sequences for other in others):
            continue
        with default_dtype(torch.float64):
            twin = generate(exact, inputs, wanted.options)[0]
        if twin.sequences.tolist() != sequences:
            continue
        found = {
            "name": wanted.name, "about": wanted.about, "model": wanted.tiny.name, "inputs": inputs,
            "options": wanted.options, "matters": list(wanted.matters), "series": series,
            "smallest_gap": float(f"{gaps.candidates:.3g}"),
        }
        if gaps.relative < float("inf"):
            found["smallest_relative_gap"] = float(f"{gaps.relative:.3g}")
        found["sequences"] = sequences
        if "num_beams" in wanted.options:
            found["sequences_scores"] = out.sequences_scores
            found["scores_noise"] = float(f"{float((out.sequences_scores - twin.sequences_scores).abs().max()):.2g}")
        print(f"{wanted.name}: series {series}, gap {gaps.candidates:.3g}, ends {ends}", flush=True)
        return found
    raise AssertionError(f"{wanted.name}: no input of the series will do; change the model or the wish")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    tinies = (ODD, TALKER, PLAIN)
    built = {tiny.name: (build(tiny), build(tiny, torch.float64)) for tiny in tinies}
    cases = [find(wanted, *built[wanted.tiny.name]) for wanted in WANTED]
    write_fixture(
        FIXTURES / "models" / "generation.json",
        "tiny_generation.py",
        ["torch", "transformers", "numpy"],
        {"models": {tiny.name: tiny.described() for tiny in tinies}, "cases": cases},
    )
