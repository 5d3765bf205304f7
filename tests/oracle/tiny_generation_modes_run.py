"""Runs a case of tiny_generation_modes.py: the first of a numbered series of inputs that no rounding can turn over."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transformers

from generation_modes_refusals import Listener
from generation_modes_run import as_python
from generation_modes_watch import Draws, ModesWatch
from led_classes_cases import arguments, checksum, difference, rounded
from tiny_generation import MIN_GAP, MIN_RELATIVE_GAP, Ends, anything
from tiny_models import TinyModel, default_dtype

# Of a warper's limit, and of a draw from the boundaries.
MARGIN = 1e-3
MAX_SERIES = 3000
# Values that are written of a tensor.
SHOWN, LEAST = 8, -1e8
OUTPUTS = {"output_attentions": True, "output_hidden_states": True}
Inputs = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """`outputs`: everything that generate() returns is written. `matters`: options or inputs without which ids differ."""

    name: str
    about: str
    tiny: TinyModel
    options: dict[str, Any]
    make: Callable[[TinyModel, str], Inputs]
    ending: Callable[[Ends], bool] = anything
    matters: tuple[str, ...] = ()
    outputs: bool = False
    streams: bool = False


def generate(model: Any, inputs: Inputs, options: dict[str, Any], draws: Draws | None, **more: Any) -> tuple[Any, ModesWatch]:
    given = arguments(model, copy.deepcopy(inputs))
    with torch.no_grad(), ModesWatch(draws) as watch:
        out = model.generate(**given, **as_python(options), return_dict_in_generate=True, output_scores=True, **more)
    return out, watch


def ids_of(model: Any, inputs: Inputs, options: dict[str, Any], recorded: list[int]) -> list:
    """Without what is said to matter; the draws of another mode or length begin the same."""
    draws = Draws(0, 0.0, recorded + [2**31] * 1000) if options.get("do_sample") else None
    return generate(model, inputs, options, draws)[0].sequences.tolist()


def without(option: str, inputs: Inputs, options: dict[str, Any]) -> tuple[Inputs, dict[str, Any]]:
    if option in inputs:
        return {name: value for name, value in inputs.items() if name != option}, options
    gone = {"num_beam_groups": ("num_beam_groups", "diversity_penalty"), "penalty_alpha": ("penalty_alpha", "top_k")}.get(option, (option,))
    return inputs, {name: value for name, value in options.items() if name not in gone}


def small(value: Any) -> Any:
    """A tensor: its dims, every n-th value, a checksum in which what is not finite is 0, and how many those are.
    Scores near -1e9, where constrained search begins, count as not finite: float32 holds them to 64."""
    if not isinstance(value, torch.Tensor):
        return [small(item) for item in value] if isinstance(value, (tuple, list)) else value
    dims, flat = list(value.shape), value.detach().double().reshape(-1).numpy()
    finite = flat > LEAST
    if flat.size <= SHOWN + SHOWN // 2:
        return {"dims": dims, "data": [rounded(v) for v in flat]}
    every = math.ceil(flat.size / SHOWN)
    while any(math.gcd(every, n) != 1 for n in dims):
        every += 1
    shown = {"dims": dims, "every": every, "data": [rounded(v) for v in flat[::every]], "checksum": rounded(checksum(np.where(finite, flat, 0.0)))}
    return shown if finite.all() else {**shown, "infinite": int((~finite).sum())}


def above(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.where(value > LEAST, value, 0)
    return value if value is None else [above(item) for item in value]


def written(out: Any, twin: Any) -> dict[str, Any]:
    """`noise`: the largest difference to float64, by field."""
    lists = ("sequences", "sequences_scores", "beam_indices")
    made = {"class": type(out).__name__, "keys": list(out.keys()), "outputs": {key: small(value) for key, value in out.items() if key not in lists}}
    if twin is not None:
        noise = {key: difference(*(above(one[key]) for one in (out, twin))) for key in out.keys() if key not in lists}
        made["noise"] = {key: float(f"{value:.2g}") for key, value in noise.items()}
        assert max(noise.values()) < 1e-4, noise
    return made


def find(wanted: Wanted, model: Any, exact: Any) -> dict[str, Any]:
    eos, options = model.config.eos_token_id, wanted.options
    more = OUTPUTS if wanted.outputs else {}
    for series in range(MAX_SERIES):
        inputs = wanted.make(wanted.tiny, f"{wanted.name} {series}")
        draws = Draws(series, MARGIN) if options.get("do_sample") else None
        listener = {"streamer": Listener()} if wanted.streams else {}
        out, watch = generate(model, inputs, options, draws, **more, **listener)
        if not watch.enough(MIN_GAP, MIN_RELATIVE_GAP, MARGIN) or watch.endless:
            continue
        sequences = out.sequences.tolist()
        prompt = len(inputs.get("decoder_input_ids", [[eos]])[0])
        if not wanted.ending([row.index(eos, prompt) if eos in row[prompt:] else None for row in sequences]):
            continue
        taken = draws.taken if draws else []
        if any(ids_of(model, *without(option, inputs, options), taken) == sequences for option in wanted.matters):
            continue
        twin = None
        if "num_beam_groups" not in options:  # Group search cannot run in float64.
            with default_dtype(torch.float64):
                twin = generate(exact, inputs, options, Draws(0, 0.0, taken) if draws else None, **more)[0]
            if twin.sequences.tolist() != sequences:
                continue
        found = {"name": wanted.name, "about": wanted.about, "model": wanted.tiny.name, "inputs": inputs, "options": {**options, **more},
                 "matters": list(wanted.matters), "series": series}
        if draws is not None:
            found["draws"] = taken
        for name, value in (("smallest_gap", watch.gap), ("smallest_relative_gap", watch.relative), ("smallest_threshold", watch.threshold)):
            if value < math.inf:
                found[name] = float(f"{value:.3g}")
        found["sequences"] = sequences
        if out.get("sequences_scores") is not None:
            found["sequences_scores"], found["beam_indices"] = out.sequences_scores, out.beam_indices
        if wanted.streams:
            found["streamed"] = listener["streamer"].got
        if wanted.outputs:
            found |= written(out, twin)
        print(f"{wanted.name}: series {series}, gap {watch.gap:.3g}, {sequences}", flush=True)
        return found
    raise AssertionError(f"{wanted.name}: no input of the series will do; change the model or the wish")


def refused(model: Any, name: str, tiny: TinyModel, inputs: Inputs, options: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What generate() raises; the message of an error of PyTorch is its own."""
    row = {"name": name, "model": tiny.name, "inputs": inputs, "options": options}
    try:
        given = arguments(model, copy.deepcopy(inputs))
        with torch.no_grad():
            model.generate(**given, **as_python(options), **more)
    except Exception as error:
        return {**row, "error": type(error).__name__, "message": str(error)}
    raise AssertionError(f"{name} was accepted")


def quiet() -> None:
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
