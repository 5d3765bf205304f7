"""Writes fixtures/warpers.json: the warpers of transformers and Hamming diversity on given rows of scores, and the states
of constraints, token by token. README.md beside this script says what is in it.
Run from anywhere: python tests/oracle/warpers.py
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from transformers import DisjunctiveConstraint, PhrasalConstraint
from transformers.generation import logits_process
from transformers.generation.beam_constraints import ConstraintListState

from counter_weights import counter_ids
from fixture_file import FIXTURES, shortest, write_fixture

INF = math.inf


def drawn(name: str, rows: int, columns: int, scale: float) -> list[list[float]]:
    """Multiples of scale / 1024."""
    flat = counter_ids(5, f"warpers {name}", rows * columns, -4096, 4096)
    return [[value * scale / 1024 for value in flat[r * columns : (r + 1) * columns]] for r in range(rows)]


SCORES: dict[str, list[list[float]]] = {
    "drawn": drawn("drawn", 3, 17, 1.0),
    "small": drawn("small", 2, 11, 0.05),
    "one column": [[0.5], [-3.0]],
    "two columns": [[1.0, 2.0], [2.0, 2.0]],
    "flat": [[0.25] * 9, [-7.0] * 9],
    "ties": [[1.0, 2.0, 2.0, 0.0, 2.0, -1.0, 1.0, 0.0], [3.0, 3.0, 1.0, 1.0, 1.0, -2.0, -2.0, -2.0]],
    "forbidden": [[1.0, -INF, 0.5, -INF, 2.0, -1.0, -INF, 0.0], [-INF, -INF, 1.0, 2.0, -INF, 0.25, 3.0, -INF]],
    "one finite": [[-INF, -INF, 1.5, -INF, -INF], [-4.0, -INF, -INF, -INF, -INF]],
    "two finite": [[-INF, 2.0, -INF, 1.0, -INF], [0.5, -INF, -INF, -INF, 0.5]],
    "peaked": [[30.0, 0.0, -1.0, 1.0, -30.0, 2.0], [0.0, 1.0, 2.0, 3.0, 40.0, 39.0]],
    "large": [[1000.0, 999.0, -1000.0, 998.5, 0.0, 990.0], [-5000.0, -5001.0, -5000.5, -4999.0, -6000.0, -5002.0]],
    "log probabilities": torch.tensor(drawn("log", 2, 13, 1.0)).log_softmax(-1).tolist(),
    "beam totals": [[-1e9, -3.0, -1e9, -2.0, -5.0, -1e9], [-12.5, -1e9, -1e9, -1e9, -13.0, -12.75]],
}

WARPERS: dict[str, tuple[str, list[Any], bool]] = {
    "TemperatureLogitsWarper": ("temperature", [0.01, 0.5, 0.7, 1.0, 1.3, 100.0], False),
    "TopKLogitsWarper": ("top_k", [1, 2, 3, 5, 100], True),
    "TopPLogitsWarper": ("top_p", [0.0, 0.1, 0.5, 0.8, 0.9, 0.99, 1.0], True),
    "TypicalLogitsWarper": ("mass", [0.05, 0.2, 0.5, 0.9, 0.99], True),
    "EpsilonLogitsWarper": ("epsilon", [0.0003, 0.02, 0.1, 0.3, 0.9], True),
    "EtaLogitsWarper": ("epsilon", [0.0003, 0.02, 0.1, 0.3, 0.9], True),
}
NEAR = 1e-6


def number(value: float) -> float | str:
    return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else shortest(np.array([value], np.float32))[0]


def rows(values: torch.Tensor) -> list[list[float | str]]:
    assert not torch.isnan(values).any()
    return [[number(value) for value in row] for row in values.tolist()]


def decided_by_rounding(name: str, settings: dict[str, Any], scores: torch.Tensor) -> bool:
    """Whether the same in float64 cuts elsewhere, or would with a limit that is moved by a little."""
    key, _, cuts = WARPERS[name]
    if not cuts or key == "top_k":
        return False
    got = getattr(logits_process, name)(**settings)(None, scores.clone())
    for shift in (1 - NEAR, 1.0, 1 + NEAR):
        moved = {**settings, key: min(settings[key] * shift, 1.0)}
        for of in (scores, scores.double()):
            warper = getattr(logits_process, name)(**moved)
            if name == "EtaLogitsWarper":
                warper.epsilon = warper.epsilon.to(of.dtype)
            if not torch.equal(warper(None, of.clone()).float() == got, torch.ones_like(got, dtype=torch.bool)):
                return True
    return False


def warped() -> list[dict]:
    made, left = [], 0
    for name, (key, values, cuts) in WARPERS.items():
        for of, given in SCORES.items():
            for i, value in enumerate(values):
                variants: list[dict[str, Any]] = [{}]
                if cuts and i % 2:
                    variants += [{"min_tokens_to_keep": 2 + i % 3}]
                if cuts and i == 2:
                    variants += [{"filter_value": -1000.0}, {"filter_value": -7.5, "min_tokens_to_keep": 3}]
                for variant in variants:
                    settings, scores = {key: value, **variant}, torch.tensor(given)
                    if decided_by_rounding(name, settings, scores):
                        left += 1
                        continue
                    output = getattr(logits_process, name)(**settings)(None, scores)
                    row = {"class": name, "settings": settings, "scores": of}
                    if name == "TemperatureLogitsWarper":
                        made.append({**row, "output": rows(output)})
                    else:
                        # All that a warper does is to put filter_value in some places.
                        removed = output != scores
                        made.append({**row, "removed": [torch.nonzero(flags).flatten().tolist() for flags in removed]})
    print(f"{len(made)} rows, {left} left out: decided by rounding")
    return made


def diversity() -> list[dict]:
    made = []
    for penalty, beams, groups, batch in [(0.5, 4, 2, 1), (1.5, 4, 2, 2), (0.25, 6, 3, 1), (2.0, 6, 3, 2), (0.7, 4, 4, 1), (1.0, 2, 2, 3), (0.1, 6, 2, 1)]:
        size = beams // groups
        for group in range(groups):
            current = counter_ids(5, f"diversity {penalty} {group}", batch * beams, 0, 7)
            if group == groups - 1 and batch == 1:
                current = [current[0]] * beams
            scores = torch.tensor(drawn(f"diversity {penalty} {group}", batch * size, 7, 1.0))
            given = scores.clone()
            process = logits_process.HammingDiversityLogitsProcessor(penalty, beams, groups)
            got = process(None, scores, torch.tensor(current), group)
            made.append({"settings": {"diversity_penalty": penalty, "num_beams": beams, "num_beam_groups": groups}, "beam_group_idx": group,
                         "current_tokens": current, "scores": rows(given), "output": rows(got)})
    return made


# Constraints -------------------------------------------------------------------------------------------------------------


def constraint(given: dict[str, Any]) -> Any:
    return PhrasalConstraint(given["phrasal"]) if "phrasal" in given else DisjunctiveConstraint(given["disjunctive"])


def known(one: Any) -> dict[str, Any]:
    return {"advance": one.advance(), "remaining": one.remaining(), "completed": one.completed}


def steps_of(given: dict[str, Any], ids: list[int]) -> dict[str, Any]:
    """update() with each token, and what the constraint, a stateful and a fresh copy then know; at the end reset()."""
    one = constraint(given)
    made: dict[str, Any] = {"constraint": given, "seqlen": one.seqlen, "at_first": known(one), "steps": []}
    for token in ids:
        step: dict[str, Any] = {"token": token}
        try:
            step["does_advance"] = one.does_advance(token)
            step["update"] = list(one.update(token))
            step |= known(one)
            step["copy"], step["fresh_copy"] = known(one.copy(stateful=True)), known(one.copy())
        except Exception as error:
            step["raises"] = f"{type(error).__name__}: {error}"
            made["steps"].append(step)
            return made
        made["steps"].append(step)
    one.reset()
    return {**made, "after_reset": known(one)}


CONSTRAINTS: list[tuple[dict[str, Any], list[list[int]]]] = [
    ({"phrasal": [5]}, [[5, 5, 6], [6, 5], [7, 7]]),
    ({"phrasal": [5, 6, 7]}, [[5, 6, 7, 8], [5, 6, 5, 6, 7], [5, 5, 6, 7], [1, 6, 7, 5], [5, 8, 6, 7]]),
    ({"phrasal": [5, 5, 6]}, [[5, 5, 5, 6], [5, 6, 5, 5, 6]]),
    ({"disjunctive": [[5], [6]]}, [[5, 6], [7, 6], [6, 6]]),
    ({"disjunctive": [[5, 6], [5, 7, 8], [9]]}, [[5, 6, 5], [5, 7, 8, 1], [9, 9], [5, 9, 9], [5, 7, 6, 5, 6], [1, 5, 7]]),
    ({"disjunctive": [[5, 6, 7], [5, 6, 8], [5, 9]]}, [[5, 6, 8], [5, 6, 9], [5, 9]]),
    ({"disjunctive": [[4, 4], [5]]}, [[4, 4], [4, 5], [4, 5, 5]]),
]


def state_of(state: ConstraintListState) -> dict[str, Any]:
    try:
        advance: Any = state.advance()
    except Exception as error:
        advance = f"{type(error).__name__}: {error}"
    in_progress = state.inprogress_constraint
    return {
        "bank": state.get_bank(), "advance": advance, "completed": state.completed, "complete": len(state.complete_constraints),
        "in_progress": None if in_progress is None else in_progress.token_ids, "pending": [one.token_ids for one in state.pending_constraints],
    }


def list_steps(constraints: list[dict], ids: list[int]) -> dict[str, Any]:
    """add() with each token; then reset() with all ids at once, reset(None), and what copies do to the original:
    a stateful copy of a disjunctive constraint shares its progress, so add() to the copy is seen by it."""
    state = ConstraintListState([constraint(one) for one in constraints])
    made: dict[str, Any] = {"constraints": constraints, "max_seqlen": state.max_seqlen, "at_first": state_of(state), "steps": []}
    for token in ids:
        added = list(state.add(token))
        made["steps"].append({"token": token, "add": added, **state_of(state), "copy": state_of(state.copy()), "fresh_copy": state_of(state.copy(stateful=False))})
    again = ConstraintListState([constraint(one) for one in constraints])
    again.reset(ids)
    made["reset_to_all"] = state_of(again)
    if not again.completed:
        made["candidates"] = []
        for token in again.advance():
            candidate = again.copy(stateful=True)
            added = list(candidate.add(token))
            made["candidates"].append({"token": token, "add": added, **state_of(candidate), "original": state_of(again)})
    again.reset(None)
    return {**made, "reset": state_of(again)}


LISTS: list[tuple[list[dict[str, Any]], list[list[int]]]] = [
    ([{"phrasal": [5, 6]}], [[5, 6, 5], [5, 5, 6], [1, 5, 2], [5]]),
    ([{"phrasal": [5, 6]}, {"phrasal": [7]}], [[7, 5, 6], [5, 7, 5, 6], [5, 6, 7, 7], [5, 7]]),
    ([{"phrasal": [5, 6]}, {"phrasal": [5, 7]}], [[5, 7, 5, 6], [5, 6, 5, 7], [5, 5, 6, 5]]),
    ([{"phrasal": [5]}, {"phrasal": [5]}], [[5, 5], [5, 1], [1]]),
    ([{"disjunctive": [[5, 6], [5, 7, 8], [9]]}], [[5], [5, 7], [5, 6], [9], [5, 9], [5, 7, 6]]),
    ([{"disjunctive": [[5, 6, 7], [5, 6, 8], [5, 9]]}, {"phrasal": [6, 4]}], [[5], [5, 6], [5, 6, 4], [6, 4, 5], [5, 9, 6], [6, 5, 9, 6, 4]]),
    ([{"disjunctive": [[5], [6]]}, {"disjunctive": [[5], [7]]}], [[5, 5], [6, 7], [7, 5], [5]]),
    ([{"phrasal": [5, 6, 7, 8]}, {"disjunctive": [[9, 9], [9, 3]]}, {"phrasal": [1]}], [[1, 9, 3, 5, 6, 7, 8], [5, 6, 1, 9, 5], [9, 1, 9, 9, 5, 6]]),
]


def main() -> None:
    torch.set_num_threads(1)
    write_fixture(FIXTURES / "warpers.json", "warpers.py", ["torch", "transformers"], {
        "scores": {name: rows(torch.tensor(values)) for name, values in SCORES.items()},
        "warpers": warped(),
        "diversity": diversity(),
        "constraints": [steps_of(given, ids) for given, sequences in CONSTRAINTS for ids in sequences],
        "lists": [list_steps(constraints, ids) for constraints, sequences in LISTS for ids in sequences],
    })


if __name__ == "__main__":
    main()
