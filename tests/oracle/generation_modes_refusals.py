"""What generate() refuses and warns of: options, constraints, and lists that the user gives."""

from __future__ import annotations

import re
from typing import Any, Callable

import torch
from transformers import (
    DisjunctiveConstraint, LogitsProcessorList, MaxLengthCriteria, MaxTimeCriteria, MinLengthLogitsProcessor, NoRepeatNGramLogitsProcessor,
    PhrasalConstraint, StoppingCriteriaList,
)
from transformers.generation import logits_process as processes
from transformers.generation.streamers import BaseStreamer

from generation import SOURCES
from generation_modes_run import Options, as_python
from table_model import Table, TableModel


class Listener(BaseStreamer):
    def __init__(self) -> None:
        self.got: list[Any] = []

    def put(self, value: torch.Tensor) -> None:
        self.got.append(value.tolist())

    def end(self) -> None:
        self.got.append(None)


GROUPS = {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.5}
PHRASE: Options = {"constraints": [{"phrasal": [5, 17]}]}

OPTIONS: list[Options] = [
    # Numbers of sequences and beams.
    {"num_return_sequences": 2},
    {"num_return_sequences": 3, "penalty_alpha": 0.6, "top_k": 4},
    {"num_return_sequences": 3, "num_beams": 2, "do_sample": True},
    {"num_return_sequences": 5, **GROUPS},
    {"num_return_sequences": 4, "num_beams": 3, **PHRASE},
    # Groups.
    {"num_beams": 4, "num_beam_groups": 3, "diversity_penalty": 0.5},
    {"num_beams": 4, "num_beam_groups": 8, "diversity_penalty": 0.5},
    {"num_beams": 4, "num_beam_groups": 2},
    {**GROUPS, "do_sample": True},
    {"num_beams": 4, "diversity_penalty": 0.5},
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1},
    {"num_beam_groups": 2, "diversity_penalty": 0.5},
    {"diversity_penalty": 0.5},
    {"num_beams": 2, "diversity_penalty": 0.5, "do_sample": True},
    # Constraints.
    {**PHRASE},
    {"force_words_ids": [[5, 17]]},
    {**PHRASE, "do_sample": True},
    {**PHRASE, "num_beams": 3, "do_sample": True},
    {**PHRASE, **GROUPS},
    {"constraints": [], "num_beams": 3},
    {"force_words_ids": [[5]], **GROUPS},
    {**PHRASE, "num_beams": 3, "diversity_penalty": 0.5},
    {"constraints": [{"phrasal": [5, 23]}], "num_beams": 3},
    *({"force_words_ids": value, "num_beams": 3} for value in (
        [], 5, [5], [[]], [[5, -1]], [[5, "a"]], [[5, 1.5]], [[5, [6]]], [[[5], 6]], [[[5, -1]]], [[[5], "a"]], [[[]]],
        [[[5, 6], [5]]], [[[5], [5]]], [[5], 7], "ab",
    )),
    # Warpers.
    *({"do_sample": True, **one} for one in (
        {"temperature": 0.0}, {"temperature": -1.0}, {"temperature": 2}, {"temperature": 0}, {"temperature": "a"},
        {"top_k": -1}, {"top_k": 2.5}, {"top_p": -0.1}, {"typical_p": 0.0}, {"typical_p": -0.5},
        {"epsilon_cutoff": 0.0, "eta_cutoff": 0.0, "temperature": -2.0}, {"temperature": -1.5, "num_beams": 2}, {"top_k": -3, "num_beams": 2},
        {"typical_p": 0.0, "num_beams": 2},
    )),
    # Other.
    {"early_stopping": "always", **GROUPS},
    {"prompt_lookup_num_tokens": 3, "num_beams": 2},
    {"prompt_lookup_num_tokens": 3, **GROUPS},
    {"prompt_lookup_num_tokens": 3, "num_beams": 2, **PHRASE},
    {"prompt_lookup_num_tokens": 3, "penalty_alpha": 0.6, "top_k": 4},
    {"penalty_alpha": 0.6, "top_k": 4, "use_cache": False},
    {"penalty_alpha": 0.6, "top_k": 4},
]


def address(text: str) -> str:
    """Without what no two runs have alike."""
    return re.sub(r"0x[0-9a-f]{6,}", "0xADDRESS", text)


def attempt(said: list[str], call: Callable[[], Any], what: Options) -> Options:
    said.clear()
    try:
        call()
    except Exception as error:  # Whatever it raises is written down.
        row = {**what, "error": type(error).__name__, "message": address(str(error))}
        return {**row, "warnings": [address(text) for text in said]} if said else row
    raise AssertionError(f"{what} was accepted")


def generate(options: Options, **more: Any) -> Any:
    batch = more.pop("batch", 1)
    return TableModel(Table()).generate(input_ids=torch.tensor(SOURCES[:batch]), max_length=12, **as_python(options), **more)


def refused(said: list[str]) -> Options:
    made: Options = {"options": [attempt(said, lambda: generate(options), {"options": options}) for options in OPTIONS]}
    made["streamers"] = [
        attempt(said, lambda: generate(options, streamer=Listener()), {"options": options})
        for options in ({"num_beams": 2}, {"num_beams": 2, "do_sample": True}, GROUPS, {"num_beams": 3, **PHRASE}, {"num_beams": 3, "force_words_ids": [[5]]})
    ]
    made["phrasal"] = [
        attempt(said, lambda: PhrasalConstraint(value), {"given": value}) for value in ([], 5, None, "ab", [5, -1], [5, 1.5], [[5]], [5, "a"])
    ]
    made["disjunctive"] = [
        attempt(said, lambda: DisjunctiveConstraint(value), {"given": value})
        for value in ([], 5, None, [5], [[5], 6], [[5, -1]], [[5, 1.5]], [[5, 6], [5]], [[5], [5, 6], [7]], [[5], [5]], [[5], []])
    ]
    made["steps"] = [
        attempt(said, lambda: getattr(constraint(), method)(value), {"constraint": name, "method": method, "given": value})
        for name, constraint in (("phrasal", lambda: PhrasalConstraint([5])), ("disjunctive", lambda: DisjunctiveConstraint([[5]])))
        for method in ("does_advance", "update") for value in (1.5, "a", None)
    ]
    made["warpers"] = [
        attempt(said, lambda: getattr(processes, name)(**given), {"warper": name, "given": given}) for name, given in WARPERS
    ]
    made["user"] = [attempt(said, lambda: generate(options, **lists()), {"options": options, "user": text}) for text, options, lists in USER]
    return made


WARPERS: list[tuple[str, Options]] = [
    *(("TemperatureLogitsWarper", {"temperature": value}) for value in (0.0, -1.0, 2, 0, -3, "a")),
    *(("TopKLogitsWarper", {"top_k": value}) for value in (0, -1, 2.5)),
    *(("TopPLogitsWarper", {"top_p": value}) for value in (-0.1, 1.5, 2)),
    *(("TypicalLogitsWarper", {"mass": value}) for value in (0.0, 1.0, 1.5, -1)),
    *(("EpsilonLogitsWarper", {"epsilon": value}) for value in (0.0, 1.0, -0.2, 1)),
    *(("EtaLogitsWarper", {"epsilon": value}) for value in (0.0, 1.0, -0.2, 1)),
    *((name, {key: 0.5, "min_tokens_to_keep": keep}) for name, key in (
        ("TopPLogitsWarper", "top_p"), ("TypicalLogitsWarper", "mass"), ("EpsilonLogitsWarper", "epsilon"), ("EtaLogitsWarper", "epsilon"),
    ) for keep in (0, -1)),
    ("TopPLogitsWarper", {"top_p": 0.5, "min_tokens_to_keep": 1.5}),
    ("TypicalLogitsWarper", {"mass": 0.5, "min_tokens_to_keep": 1.5}),
    *(("HammingDiversityLogitsProcessor", {"diversity_penalty": penalty, "num_beams": beams, "num_beam_groups": groups})
      for penalty, beams, groups in ((0.0, 4, 2), (-1.0, 4, 2), (1, 4, 2), (0.5, 1, 2), (0.5, 2.0, 2), (0.5, 4, 1), (0.5, 4, 2.0), (0.5, 2, 4))),
]


class Needy(processes.LogitsProcessor):
    def __call__(self, input_ids: Any, scores: Any, current_tokens: Any) -> Any:
        return scores


USER: list[tuple[str, Options, Callable[[], dict[str, Any]]]] = [
    ("MinLengthLogitsProcessor(3, 2)", {"min_length": 5}, lambda: {"logits_processor": LogitsProcessorList([MinLengthLogitsProcessor(3, 2)])}),
    ("NoRepeatNGramLogitsProcessor(2)", {"no_repeat_ngram_size": 3, "num_beams": 2},
     lambda: {"logits_processor": LogitsProcessorList([NoRepeatNGramLogitsProcessor(2)])}),
    ("HammingDiversityLogitsProcessor(0.5, 4, 2)", GROUPS,
     lambda: {"logits_processor": LogitsProcessorList([processes.HammingDiversityLogitsProcessor(0.5, 4, 2)])}),
    ("MaxLengthCriteria(5)", {}, lambda: {"stopping_criteria": StoppingCriteriaList([MaxLengthCriteria(5)])}),
    ("MaxLengthCriteria(5)", {"num_beams": 2, "do_sample": True}, lambda: {"stopping_criteria": StoppingCriteriaList([MaxLengthCriteria(5)])}),
    ("MaxTimeCriteria(5.0, 1.0)", {"max_time": 3.0}, lambda: {"stopping_criteria": StoppingCriteriaList([MaxTimeCriteria(5.0, 1.0)])}),
    ("Needy", {}, lambda: {"logits_processor": LogitsProcessorList([Needy()])}),
    ("HammingDiversityLogitsProcessor(0.5, 4, 2)", {"num_beams": 2},
     lambda: {"logits_processor": LogitsProcessorList([processes.HammingDiversityLogitsProcessor(0.5, 4, 2)])}),
]

WARNED: list[Options] = [
    {"num_beams": 2, "temperature": 0.7, "top_k": 5, "top_p": 0.9, "typical_p": 0.5, "epsilon_cutoff": 0.1, "eta_cutoff": 0.2},
    {**GROUPS, "temperature": 0.7, "top_p": 0.9},
    {**PHRASE, "num_beams": 3, "top_k": 5, "typical_p": 0.5},
    {"force_words_ids": [[5]], "num_beams": 3, "do_sample": True, "top_k": 5},
    {"num_beams": 2, "penalty_alpha": 0.6, "top_k": 4},
    {"penalty_alpha": 0.0, "top_k": 4},
    {"penalty_alpha": 0.6, "top_k": 1},
    {"penalty_alpha": 0.6, "top_k": 4, "do_sample": True},
    {"do_sample": True, "length_penalty": 2.0, "early_stopping": "never"},
    {"do_sample": True, "temperature": 0.7},
    {"num_beams": None, "do_sample": True},
    {"temperature": None, "top_k": None, "top_p": None, "typical_p": None, "epsilon_cutoff": None, "eta_cutoff": None},
    {"do_sample": True, "max_new_tokens": 4},
    {"do_sample": True, "min_length": 30},
    {**GROUPS, "min_new_tokens": 30},
    {"do_sample": True, "pad_token_id": None},
    {**PHRASE, "num_beams": 2, "pad_token_id": None, "eos_token_id": [2, 7]},
    {"num_beams": 4, "diversity_penalty": -0.5},
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": -0.5},
    {"num_beam_groups": 2},
    {"low_memory": True},
    {"max_time": 100.0, "num_beams": 2},
]


def warned(said: list[str]) -> list[Options]:
    """What generate() says of settings that it takes."""
    made = []
    for options in WARNED:
        said.clear()
        generate(options)
        made.append({"options": options, "warnings": [address(text) for text in said]})
    return made
