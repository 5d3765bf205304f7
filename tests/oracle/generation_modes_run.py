"""Runs a case of generation_modes.py on a table model and writes down what came out."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from transformers import DisjunctiveConstraint, LogitsProcessor, LogitsProcessorList, PhrasalConstraint
from transformers.generation.stopping_criteria import StoppingCriteria, StoppingCriteriaList

import generation
from fixture_file import shortest
from generation import GAP, SOURCES
from generation_modes_watch import Draws, ModesWatch
from led_classes_cases import rounded
from table_model import Table, TableModel

RELATIVE_GAP, THRESHOLD, DRAW_MARGIN = 1e-5, 1e-5, 1e-4
# Constrained search that returns beams whose constraints are not met has no beam_indices for them.
NO_INDICES = "RuntimeError: Could not infer dtype of NoneType"
Options = dict[str, Any]


def as_python(options: Options) -> Options:
    """Options from JSON as transformers takes them: biases by tuple, constraints as objects."""
    given = generation.as_python(copy.deepcopy(options))
    if options.get("constraints") is not None:
        given["constraints"] = [constraint(**one) for one in options["constraints"]]
    return given


def constraint(phrasal: Any = None, disjunctive: Any = None) -> Any:
    return DisjunctiveConstraint(disjunctive) if phrasal is None else PhrasalConstraint(phrasal)


# What a user gives -------------------------------------------------------------------------------------------------------


class Add(LogitsProcessor):
    """Adds to the score of one token, and notes the size of what it is called with."""

    def __init__(self, token: int, add: float) -> None:
        self.token, self.amount = token, add
        self.calls: list[list[int]] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.calls.append(list(input_ids.shape))
        scores = scores.clone()
        scores[:, self.token] += self.amount
        return scores


class Stop(StoppingCriteria):
    """Stops when row 0's last token is `token`, when rows are `length` long, or never. Notes rows, length and how many
    steps of scores it is called with (None: no scores)."""

    def __init__(self, token: int | None = None, length: int | None = None) -> None:
        self.token, self.length = token, length
        self.calls: list[list[int | None]] = []

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> bool:
        self.calls.append([*input_ids.shape, None if scores is None else len(scores)])
        return int(input_ids[0, -1]) == self.token or input_ids.shape[1] == self.length


@dataclass
class User:
    """`processors`: arguments of Add; `criteria`: arguments of Stop."""

    processors: list[Options] = field(default_factory=list)
    criteria: list[Options] = field(default_factory=list)

    def given(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.processors:
            made["logits_processor"] = LogitsProcessorList([Add(**one) for one in self.processors])
        if self.criteria:
            made["stopping_criteria"] = StoppingCriteriaList([Stop(**one) for one in self.criteria])
        return made

    def written(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value}


# A case ------------------------------------------------------------------------------------------------------------------


def numbers(values: torch.Tensor) -> Any:
    """Nested lists, rounded to six decimals, infinities as texts."""
    if values.dim() > 1:
        return [numbers(row) for row in values]
    return [rounded(value) for value in values.tolist()]


def transition_scores(model: Any, out: Any) -> dict[str, Any]:
    """Of both kinds, or what is raised: beam_indices of group search may point beyond the scores."""
    made = {}
    for name, normalize in (("plain", False), ("normalized", True)):
        try:
            got = model.compute_transition_scores(out.sequences, out.scores, out.get("beam_indices"), normalize)
            made[name] = numbers(got)
        except RuntimeError as error:
            made[name] = f"RuntimeError: {error}"
    return made


def result_of(model: Any, out: Any, outputs: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"sequences": out.sequences}
    if out.get("sequences_scores") is not None:
        scores = out.sequences_scores.numpy()
        finite = np.isfinite(scores).all()
        result["sequences_scores"] = shortest(scores) if finite else numbers(out.sequences_scores)
        result["beam_indices"] = out.get("beam_indices")
    if outputs:
        result["scores"] = [numbers(step) for step in out.scores]
        result["transition_scores"] = transition_scores(model, out)
    return result


def allowed_tokens(table: Table, eos: Any, modulus: int) -> Any:
    ends = eos if isinstance(eos, list) else [eos]
    return lambda example, ids: [
        token for token in range(table.vocab_size) if token in ends or (token + int(ids[-1]) + example) % modulus == 0
    ]


def case(
    said: list[str],
    name: str,
    options: Options,
    batch: int = 1,
    order: int = 2,
    eos_bias: float = 0.5,
    bias: dict[str, float] | None = None,
    prompt: Any = None,
    modulus: int | None = None,
    vocab_size: int = 23,
    outputs: bool = False,
    user: User | None = None,
    raises: bool = False,
    want: Any = None,
) -> dict[str, Any]:
    """`outputs`: with scores and transition scores. `want` says of sequences whether they will do: else another seed."""
    seed = sum(map(ord, name))
    samples = options.get("do_sample", False)
    while True:
        table = Table(vocab_size, seed, order, {"2": eos_bias, **(bias or {})})
        model = TableModel(table)
        draws = Draws(seed, DRAW_MARGIN) if samples else None
        extra = {} if user is None else user.given()
        if prompt is not None:
            extra["decoder_input_ids"] = torch.tensor(prompt[:batch])
        if modulus is not None:
            extra["prefix_allowed_tokens_fn"] = allowed_tokens(table, options.get("eos_token_id", 2), modulus)
        said.clear()
        out = error = scoreless = None

        def generate(scores: bool = True) -> Any:
            return model.generate(
                input_ids=torch.tensor(SOURCES[:batch]), attention_mask=torch.ones(batch, len(SOURCES[0]), dtype=torch.long),
                return_dict_in_generate=True, output_scores=scores, **as_python(options), **extra,
            )

        with ModesWatch(draws) as watch:
            try:
                out = generate()
            except (ValueError, RuntimeError) as raised:
                error = f"{type(raised).__name__}: {raised}"
                if error == NO_INDICES:
                    out, scoreless, error = generate(scores=False), error, None
                elif not raises:
                    raise
        fits = error is not None if raises else want is None or want(out.sequences.tolist())
        endless = watch.endless and "forced_eos_token_id" not in options
        if fits and not endless and watch.enough(GAP, RELATIVE_GAP, THRESHOLD):
            break
        seed += 1
        if seed - sum(map(ord, name)) > 3000:
            raise AssertionError(f"{name}: no table will do")
    made: dict[str, Any] = {"name": name, "table": vars(table), "sources": SOURCES[:batch], "options": options}
    if prompt is not None:
        made["prompt"] = prompt[:batch]
    if modulus is not None:
        made["modulus"] = modulus
    if user is not None:
        made["user"] = user.written()
    if draws is not None:
        made["draws"] = draws.taken
    if error is not None:
        return {**made, "raises": error, "warnings": list(said)}
    if scoreless is not None:
        made["raises_with_scores"] = scoreless
    made["result"] = result_of(model, out, outputs)
    if user is not None:
        made["calls"] = {kind: [one.calls for one in extra[kind]] for kind in ("logits_processor", "stopping_criteria") if kind in extra}
    return {**made, "warnings": list(said)}
