"""A case of fixtures/model-gradients.json and its pass: loss, outputs and gradients, in float64 or float32."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from transformers.modeling_outputs import BaseModelOutput
from transformers.trainer_pt_utils import LabelSmoother

from led_classes_cases import Said, tensor_of
from model_gradients_dropout import Key, Shapes, keyed_draws
from model_gradients_models import build, over_encoder, trained
from tiny_models import TinyModel, default_dtype


@dataclass
class Case:
    name: str
    about: str
    class_name: str
    tiny: TinyModel
    inputs: dict[str, Any]
    config: dict[str, Any] = field(default_factory=dict)
    label_smoothing: float = 0.0
    # In training mode, with these draws.
    key: Key | None = None


@dataclass
class Pass:
    loss: float
    outputs: dict[str, np.ndarray]
    # None for a parameter that the loss does not depend on.
    gradients: dict[str, np.ndarray | None]


@contextmanager
def softmax_in_its_own_type() -> Iterator[None]:
    """The encoder asks for float32, where the lowest float64 that masks a score would be -inf, and its gradient NaN."""
    real = F.softmax
    F.softmax = lambda x, dim, dtype=None: real(x, dim=dim)
    try:
        yield
    finally:
        F.softmax = real


def arguments(inputs: dict[str, Any]) -> dict[str, Any]:
    """Nested lists as tensors; numbers with a point are of the default type."""
    given = {name: tensor_of(value, None) for name, value in inputs.items() if name != "encoder_outputs"}
    if "encoder_outputs" in inputs:
        given["encoder_outputs"] = BaseModelOutput(torch.tensor(inputs["encoder_outputs"]["last_hidden_state"]))
    return given


def shapes_of(case: Case, given: dict[str, Any]) -> Shapes:
    source = next(given[name] for name in ("input_ids", "inputs_embeds", "encoder_outputs") if name in given)
    B, S = (source[0] if isinstance(source, BaseModelOutput) else source).shape[:2]
    # The labels of a classification are no target: its decoder gets the source, as that of question answering.
    names = ["decoder_input_ids", "decoder_inputs_embeds"] + (["labels"] if case.class_name == "LEDForConditionalGeneration" else [])
    target = next((given[name] for name in names if name in given), source)
    marks = given.get("attention_mask", torch.ones(B, S)) * (given.get("global_attention_mask", torch.zeros(B, S)) + 1)
    return Shapes(B, S, target.shape[1], int((marks > 1).sum(1).max()))


def draws(case: Case, model: torch.nn.Module, given: dict[str, Any]) -> Any:
    if case.key is None:
        return nullcontext()
    config = {**case.tiny.config, **case.config}
    if over_encoder(config):
        parts: tuple[str, ...] = ("encoder",)
        if "global_attention_mask" not in given:
            given = given | {"global_attention_mask": model.default_globals(**given)}
    else:
        parts = ("decoder",) if "encoder_outputs" in given else ("encoder", "decoder")
    if case.class_name == "LEDForSequenceClassification":
        parts += ("head",)
    model.train()
    return keyed_draws(config, shapes_of(case, given), parts, case.key)


def computed(case: Case, dtype: torch.dtype) -> Pass:
    with ExitStack() as stack:
        stack.enter_context(default_dtype(dtype))
        stack.enter_context(Said())
        if dtype == torch.float64:
            stack.enter_context(softmax_in_its_own_type())
        model = build(case.class_name, case.tiny, case.config, dtype)
        given = arguments(copy.deepcopy(case.inputs))
        stack.enter_context(draws(case, model, given))
        if case.label_smoothing:
            # As Trainer.compute_loss: the model is not told the labels.
            labels = given.pop("labels")
            given.setdefault("decoder_input_ids", model.prepare_decoder_input_ids_from_labels(labels))
            out = model(**given)
            loss = LabelSmoother(case.label_smoothing)(out, labels)
        else:
            out = model(**given)
            loss = out.loss
        loss.backward()
    outputs = {name: getattr(out, name).detach().numpy() for name in ("logits", "start_logits", "end_logits") if hasattr(out, name)}
    targets = dict(model.named_parameters())
    config = {**case.tiny.config, **case.config}
    names = [name for name, _ in trained(config, case.class_name)]
    assert set(names) == set(targets)
    gradients = {name: None if targets[name].grad is None else targets[name].grad.numpy() for name in names}
    return Pass(loss.item(), outputs, gradients)


def noise(exact: Pass, single: Pass) -> float:
    """The largest difference as a part of what the test allows."""
    worst = abs(exact.loss - single.loss) / (1e-5 * abs(exact.loss))
    for name, expected in exact.gradients.items():
        found = single.gradients[name]
        assert (expected is None) == (found is None), name
        if expected is not None:
            assert np.isfinite(expected).all(), name
            worst = max(worst, float(np.abs(expected - found).max() / (1e-4 * np.abs(expected).max() + 1e-7)))
    return worst
