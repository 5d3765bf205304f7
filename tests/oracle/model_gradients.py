"""Writes fixtures/model-gradients.json and .bin: losses and the gradients of every parameter, by torch's autograd.

Computed in float64 (softmax too, which the reference's encoder takes in float32) and rounded to float32 once; only
LabelSmoother sums in float32, by itself. Every case runs in float32 too and must come to the same gradients within half
of what tests/model-gradients.test.ts allows: `noise` is the largest part of that allowance that float32 took.

Run from anywhere, about 25 seconds: python tests/oracle/model_gradients.py
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch
import transformers

from fixture_file import FIXTURES, write_fixture
from model_gradients_heads import head_cases
from model_gradients_lm import lm_cases
from model_gradients_passes import Case, computed, noise
from model_gradients_training import training_cases
from philox import check_known_answers


def write(cases: list[Case]) -> None:
    rows: list[dict[str, Any]] = []
    numbers: list[np.ndarray] = []
    worst = 0.0
    for case in cases:
        assert case.name not in {row["name"] for row in rows}, case.name
        exact = computed(case, torch.float64)
        part = noise(exact, computed(case, torch.float32))
        assert part < 0.5, f"{case.name} is badly conditioned: {part}"
        worst = max(worst, part)
        kinds = {name: "float32" for name, value in case.inputs.items() if name != "encoder_outputs" and torch.tensor(value).is_floating_point()}
        row: dict[str, Any] = {"name": case.name, "about": case.about, "class": case.class_name, "model": case.tiny.name}
        row |= {"config": case.config} if case.config else {}
        row |= {"inputs": case.inputs}
        row |= {"types": kinds} if kinds else {}
        row |= {"label_smoothing": case.label_smoothing} if case.label_smoothing else {}
        row |= {"train": {"dropout_seed": case.key.seed, "dropout_step": case.key.step}} if case.key else {}
        row |= {"loss": float(f"{exact.loss:.9g}"), "outputs": {name: list(value.shape) for name, value in exact.outputs.items()}}
        absent = [name for name, gradient in exact.gradients.items() if gradient is None]
        row |= {"absent": absent} if absent else {}
        rows.append(row)
        numbers += [value for value in (*exact.outputs.values(), *exact.gradients.values()) if value is not None]
    binary = FIXTURES / "model-gradients.bin"
    binary.write_bytes(b"".join(value.astype("<f4").tobytes() for value in numbers))
    print(f"{binary.relative_to(FIXTURES.parent)}: {binary.stat().st_size:,} bytes")
    models = {case.tiny.name: case.tiny.described() for case in cases}
    content = {"models": models, "noise": float(f"{worst:.2g}"), "cases": rows}
    write_fixture(FIXTURES / "model-gradients.json", "model_gradients.py", ["torch", "transformers", "numpy"], content)


if __name__ == "__main__":
    torch.set_num_threads(1)
    # Messages are none of this fixture's business.
    transformers.utils.logging.get_logger("transformers").handlers = [logging.NullHandler()]
    transformers.utils.logging.get_logger("transformers").propagate = False
    check_known_answers()
    write([*lm_cases(), *head_cases(), *training_cases()])
