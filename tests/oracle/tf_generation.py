"""Writes fixtures/tf-generation.json: generate() of TFLEDForConditionalGeneration, whose searches are not PyTorch's.

README.md beside this script says what is in it. Run from anywhere with the environment of requirements-tensorflow.txt,
about three minutes: python tests/oracle/tf_generation.py
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import tensorflow as tf
from transformers import TFLogitsProcessorList
from transformers.generation.tf_logits_process import TFLogitsProcessor

from fixture_file import FIXTURES, write_fixture
from led_classes_cases import Said, kept
from tf_generation_cases import MODEL_CONFIGS, Case, all_cases
from tf_models import PACKAGES, build_tf, described, encoder_outputs_of, one_thread, plain, tensor_of

# Scores are moved by so much, in two ways, and the ids must stay what they are.
NUDGE = 3e-5


class Nudged(TFLogitsProcessor):
    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, input_ids: tf.Tensor, scores: tf.Tensor, cur_len: int) -> tf.Tensor:
        noise = np.random.default_rng(1000 * self.number + int(cur_len)).uniform(-NUDGE, NUDGE, scores.shape)
        return scores + tf.constant(noise, tf.float32)


class Favoured(TFLogitsProcessor):
    """A user's processor: adds to one token's score."""

    def __init__(self, token: int, add: float) -> None:
        self.change = token, add

    def __call__(self, input_ids: tf.Tensor, scores: tf.Tensor, cur_len: int) -> tf.Tensor:
        token, add = self.change
        return scores + tf.one_hot(token, scores.shape[-1], on_value=add)


def arguments(model: Any, case: Case, nudge: int | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in case.inputs.items():
        if name == "encoder_outputs":
            given[name] = encoder_outputs_of(model, **copy.deepcopy(value))
        else:
            given[name] = tensor_of(value, case.types.get(name))
    processors = TFLogitsProcessorList()
    if case.favour:
        processors.append(Favoured(*case.favour))
    if nudge is not None:
        processors.append(Nudged(nudge))
    return {**given, **copy.deepcopy(case.options), "logits_processor": processors}


def shown(value: Any) -> Any:
    """Whole numbers as they are; the -inf of what is ruled out counted, as fixtures/models/generation-modes.json has it."""
    if tf.is_tensor(value):
        if value.dtype.is_integer:
            return value.numpy().tolist()
        array = value.numpy()
        out = np.isneginf(array) | (array <= -1e8)
        row = kept(plain(tf.constant(np.where(out, 0, array).astype(np.float32))), 64)
        if out.any():
            # Every n-th value of the thinned tensor again, this time with what is ruled out.
            every = row.get("every", 1)
            flat = out.reshape(-1)[::every]
            row["data"] = ["-Infinity" if gone else number for gone, number in zip(flat, row["data"], strict=True)]
            row["infinite"] = int(out.sum())
        return row
    return [shown(item) for item in value] if isinstance(value, (tuple, list)) else value


def run(case: Case, models: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": case.name, "about": case.about, "model": case.model, "inputs": case.inputs, "options": case.options}
    for key in ("types", "favour"):
        if getattr(case, key):
            row[key] = getattr(case, key)
    model = models[case.model]
    with Said() as said:
        try:
            got = model.generate(**arguments(model, case, None))
        except Exception as error:  # What the reference raises is the fixture.
            row["raises"] = described(error)
            got = None
    says = [message for message in said.messages if not message.startswith(("The initializer", "Input ids are auto", "Using the model-agnostic"))]
    if says:
        row["says"] = says
    if got is None:
        return row
    sequences = got if tf.is_tensor(got) else got.sequences
    row["sequences"] = sequences.numpy().tolist()
    if not tf.is_tensor(got):
        row["class"] = type(got).__name__
        row["keys"] = list(got.keys())
        row["outputs"] = {key: shown(value) for key, value in got.items() if key != "sequences"}
    for nudge in range(2):
        moved = model.generate(**arguments(model, case, nudge))
        moved = moved if tf.is_tensor(moved) else moved.sequences
        if moved.numpy().tolist() != row["sequences"]:
            raise AssertionError(f"{case.name}: scores are too close to one another")
    return row


def draws() -> list[dict[str, Any]]:
    """tf.random.stateless_categorical: rows of logits, by several seeds."""
    rng = np.random.default_rng(5)
    rows = []
    for seed in ([0, 0], [1, 2], [-7, 3], [2**31 - 1, -(2**31)], [123456789, 987654321]):
        logits = np.round(rng.normal(0, 2, (7, 11)), 3).astype(np.float32)
        logits[2, :5] = -np.inf
        got = tf.random.stateless_categorical(logits=logits, num_samples=1, seed=seed, dtype=tf.int32)
        ruled_out = np.isneginf(logits)
        rows.append(
            {
                "seed": seed,
                "logits": [[None if gone else float(f"{v:.6g}") for v, gone in zip(line, out)] for line, out in zip(logits, ruled_out)],
                "tokens": got.numpy()[:, 0].tolist(),
            }
        )
    return rows


if __name__ == "__main__":
    one_thread()
    built = {tiny.name: build_tf("TFLEDForConditionalGeneration", tiny) for tiny in MODEL_CONFIGS}
    cases = [run(case, built) for case in all_cases()]
    assert len({case["name"] for case in cases}) == len(cases)
    content = {"models": {tiny.name: tiny.described() for tiny in MODEL_CONFIGS}, "cases": cases, "draws": draws()}
    write_fixture(FIXTURES / "tf-generation.json", "tf_generation.py", PACKAGES, content)
    print(len(cases), "cases")
