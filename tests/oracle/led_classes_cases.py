"""How a case of fixtures/classes/ is run and written: arguments from nested lists, outputs with their fields in order.

Large tensors are thinned: every n-th value, and one sum over all values with weights that no two neighbours share.
A case runs twice, in float32 and in float64; a file's `noise` is the largest difference of the two, by field.
"""

from __future__ import annotations

import copy
import logging
import math
import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import transformers
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.led.modeling_led import LEDEncoderBaseModelOutput
from transformers.utils.logging import warning_once

from counter_weights import counter_ids
from led_classes_models import MODELS, build_class
from tiny_models import TinyModel, default_dtype

# Values that are written of a field that is a tensor, and of a tensor that is an element of a field.
WHOLE, PART = 64, 16
FORMS = {"output": LEDEncoderBaseModelOutput, "other output": BaseModelOutput}
Inputs = dict[str, Any]


@dataclass
class Case:
    name: str
    about: str
    inputs: Inputs
    config: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    # Keys of the config whose values after the call are written.
    watch: tuple[str, ...] = ()
    model: str | None = None


class Said(logging.Handler):
    """What transformers logs and warns. A message that it says once in a process is said again in each case."""

    def __enter__(self) -> Said:
        self.messages: list[str] = []
        warning_once.cache_clear()
        transformers.utils.logging.get_logger("transformers").addHandler(self)
        self.caught = warnings.catch_warnings(record=True)
        self.raised = self.caught.__enter__()
        warnings.simplefilter("always")
        return self

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def __exit__(self, *args: Any) -> None:
        self.messages += [str(w.message) for w in self.raised]
        self.caught.__exit__(*args)
        transformers.utils.logging.get_logger("transformers").removeHandler(self)


def described(error: BaseException) -> str:
    """The class and message of an error, without the place in PyTorch's C++ where it was raised."""
    message = re.split(r"\nException raised from ", str(error))[0]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def embeds(tiny: TinyModel, label: str, rows: int, length: int) -> list:
    """Made-up embeddings [rows, length, d]: multiples of 1/8, which are short in JSON and exact in every type."""
    d = tiny.config["d_model"]
    flat = np.array(counter_ids(tiny.seed, f"{label} embeds", rows * length * d, -12, 13)) / 8
    return flat.reshape(rows, length, d).tolist()


# Arguments -------------------------------------------------------------------------------------------------------------


def tensor_of(value: Any, kind: str | None) -> Any:
    if value is None or isinstance(value, (bool, str, int)):
        return value
    tensor = torch.tensor(value)
    # "float32" is whatever the pass computes in: a pass in float64 has no float32 arguments.
    return tensor if kind in (None, "float32") else tensor.to(getattr(torch, kind))


def arguments(model: torch.nn.Module, inputs: Inputs, types: dict[str, str] | None = None) -> dict[str, Any]:
    given = {}
    for name, value in inputs.items():
        if name == "encoder_outputs" and value is not None:
            given[name] = encoder_outputs(model, **value)
        elif name == "past_key_values" and value is not None:
            given[name] = past_key_values(model, **value)
        else:
            given[name] = tensor_of(value, (types or {}).get(name))
    return given


def encoder_outputs(model: torch.nn.Module, form: str, of: Inputs | None = None, values: dict | None = None) -> Any:
    """`of`: what the model's encoder gives for these inputs; `values`: the fields themselves."""
    if of is not None:
        with torch.no_grad():
            # Classification and question answering have no get_encoder of their own.
            encoder = getattr(model, "led", model).get_encoder()
            fields = dict(encoder(**arguments(model, of), return_dict=True))
    else:
        fields = {name: torch.tensor(value) for name, value in values.items()}
    if form in FORMS:
        names = FORMS[form].__dataclass_fields__
        return FORMS[form](**{name: value for name, value in fields.items() if name in names})
    return (tuple if form == "tuple" else list)(fields.values())


def past_key_values(model: torch.nn.Module, of: Inputs | None = None, values: list | None = None) -> Any:
    """`of`: the cache of an earlier call of the same model; `values`: by layer its tensors."""
    if of is not None:
        with torch.no_grad():
            return model(**arguments(model, of), use_cache=True, return_dict=True).past_key_values
    return tuple(tuple(torch.tensor(part) for part in layer) for layer in values)


def float_types(inputs: Inputs, given: dict[str, Any]) -> dict[str, str]:
    """Arguments whose tensors are not int64: JSON does not tell 1.0 from 1."""
    kinds = {name: str(value.dtype).removeprefix("torch.") for name, value in given.items() if isinstance(value, torch.Tensor)}
    return {name: kind for name, kind in kinds.items() if kind != "int64"}


# Outputs ---------------------------------------------------------------------------------------------------------------


def rounded(value: float) -> float | str:
    """To six decimals; what JSON has no number for is a text, as JavaScript spells it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    # Adding 0.0 turns -0.0 into 0.0.
    return round(float(value), 6) + 0.0


def thinned(tensor: torch.Tensor, limit: int) -> Any:
    if tensor.dim() == 0:
        value = tensor.item()
        return float(f"{value:.9g}") if math.isfinite(value) else rounded(value)
    flat = tensor.detach().double().reshape(-1).numpy()
    dims = list(tensor.shape)
    if flat.size <= limit + limit // 2 or not np.isfinite(flat).all():
        return {"dims": dims, "data": [rounded(v) for v in flat]}
    every = math.ceil(flat.size / limit)
    while any(math.gcd(every, n) != 1 for n in dims):
        every += 1
    return {"dims": dims, "every": every, "data": [rounded(v) for v in flat[::every]], "checksum": rounded(checksum(flat))}


def checksum(flat: np.ndarray) -> float:
    weights = ((np.arange(flat.size) * 37) % 101 - 50) / 50
    return float((flat * weights).sum())


def kept(value: Any, limit: int = WHOLE) -> Any:
    """Tensors thinned, tuples as lists, None as it is."""
    if isinstance(value, torch.Tensor):
        return thinned(value, limit)
    return [kept(item, PART) for item in value] if isinstance(value, (tuple, list)) else value


def written_outputs(out: Any) -> dict[str, Any]:
    if isinstance(out, tuple):
        return {"tuple_lengths": [None if isinstance(item, torch.Tensor) else len(item) for item in out], "tuple": kept(out, WHOLE)}
    return {"keys": list(out.keys()), "outputs": {key: kept(value) for key, value in out.items()}}


def difference(a: Any, b: Any) -> float:
    """NaN counts as no difference: in float64 the empty slots of global_attentions are NaN."""
    if a is None:
        return 0.0
    if isinstance(a, torch.Tensor):
        apart = (a.double() - b.double()).abs().reshape(-1)
        apart = apart[torch.isfinite(apart)]
        return float(apart.max()) if len(apart) else 0.0
    return max((difference(x, y) for x, y in zip(a, b, strict=True)), default=0.0)


# Cases -----------------------------------------------------------------------------------------------------------------


class Recorder:
    """Runs the cases of one class and collects what its fixture says."""

    def __init__(self, class_name: str, default_model: TinyModel):
        self.class_name, self.default_model = class_name, default_model
        self.cases: list[dict[str, Any]] = []
        self.models: dict[str, TinyModel] = {}
        self.noise: dict[str, float] = {}

    def run(self, case: Case) -> None:
        tiny = MODELS[case.model] if case.model else self.default_model
        self.models[tiny.name] = tiny
        assert case.name not in {c["name"] for c in self.cases}, case.name
        row: dict[str, Any] = {"name": case.name, "about": case.about, "model": tiny.name}
        if case.config:
            row["config"] = case.config
        row["inputs"] = case.inputs
        with Said() as said:
            try:
                model = build_class(self.class_name, tiny, case.config)
            except Exception as error:  # The constructor's errors are cases too.
                row["raises"] = described(error)
                model = None
        if model is not None:
            row |= self.called(model, tiny, case)
            row |= self.config_after(model, case)
        elif said.messages:
            row["says"] = said.messages
        self.cases.append(row)

    def called(self, model: torch.nn.Module, tiny: TinyModel, case: Case) -> dict[str, Any]:
        given = arguments(model, copy.deepcopy(case.inputs), case.types)
        types = float_types(case.inputs, given)
        row: dict[str, Any] = {"types": types} if types else {}
        out = None
        with Said() as said, torch.no_grad():
            try:
                out = model(**given)
            except Exception as error:  # What the reference raises is the fixture.
                row["raises"] = described(error)
        if out is not None:
            row |= written_outputs(out)
            self.measure(out, tiny, case)
        if said.messages:
            row["says"] = said.messages
        return row

    def measure(self, out: Any, tiny: TinyModel, case: Case) -> None:
        with default_dtype(torch.float64), torch.no_grad(), Said():
            model = build_class(self.class_name, tiny, case.config, torch.float64)
            types = {name: "float64" if kind == "float32" else kind for name, kind in case.types.items()}
            twin = model(**arguments(model, copy.deepcopy(case.inputs), types))
        fields = {"tuple": (out, twin)} if isinstance(out, tuple) else {key: (out[key], twin[key]) for key in out.keys()}
        for key, pair in fields.items():
            self.noise[key] = max(self.noise.get(key, 0.0), difference(*pair))

    def config_after(self, model: torch.nn.Module, case: Case) -> dict[str, Any]:
        return {"config_after": {key: getattr(model.config, key) for key in case.watch}} if case.watch else {}

    def content(self) -> dict[str, Any]:
        noise = {key: float(f"{value:.2g}") for key, value in self.noise.items()}
        assert max(noise.values()) < 2e-5, f"badly conditioned: {noise}"
        return {
            "class": self.class_name,
            "models": {name: tiny.described() for name, tiny in self.models.items()},
            "noise": noise,
            "cases": self.cases,
        }
