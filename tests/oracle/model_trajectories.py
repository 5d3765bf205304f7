"""Writes fixtures/model-trajectories.json: losses of 20 steps of training, for some cases of model_gradients.py.

Each step is a pass of the case, its gradients shortened to `max_grad_norm`, and torch.optim.AdamW with a rate that falls linearly after a
warm-up; steps of cases with dropout take the masks of the following numbers. In float64, losses rounded to float32.

Run from anywhere, about a minute: python tests/oracle/model_trajectories.py
"""

from __future__ import annotations

import copy
import dataclasses
import logging
from contextlib import ExitStack

import torch
import transformers
from transformers import get_linear_schedule_with_warmup
from transformers.trainer_pt_utils import LabelSmoother

from fixture_file import FIXTURES, write_fixture
from led_classes_cases import Said
from model_gradients_heads import head_cases
from model_gradients_lm import lm_cases
from model_gradients_passes import Case, arguments, draws, softmax_in_its_own_type
from model_gradients_models import build
from model_gradients_training import training_cases
from tiny_models import default_dtype

CASES = [
    "no globals",
    "ragged globals",
    "many globals",
    "dropout, ragged globals",
    "dropout and label smoothing",
    "dropout, classes over the encoder",
    "dropout, answers",
    "LayerDrop",
]
STEPS = 20
SETTINGS = {"lr": 1e-3, "weight_decay": 0.01, "max_grad_norm": 1.0, "warmup_steps": 3}


def losses_of(case: Case) -> list[float]:
    with ExitStack() as stack:
        stack.enter_context(default_dtype(torch.float64))
        stack.enter_context(Said())
        stack.enter_context(softmax_in_its_own_type())
        model = build(case.class_name, case.tiny, case.config, torch.float64)
        optimizer = torch.optim.AdamW(model.parameters(), lr=SETTINGS["lr"], weight_decay=SETTINGS["weight_decay"])
        schedule = get_linear_schedule_with_warmup(optimizer, SETTINGS["warmup_steps"], STEPS)
        losses = []
        for step in range(STEPS):
            key = None if case.key is None else dataclasses.replace(case.key, step=case.key.step + step)
            now = dataclasses.replace(case, key=key)
            given = arguments(copy.deepcopy(case.inputs))
            with draws(now, model, given):
                if case.label_smoothing:
                    labels = given.pop("labels")
                    given.setdefault("decoder_input_ids", model.prepare_decoder_input_ids_from_labels(labels))
                    loss = LabelSmoother(case.label_smoothing)(model(**given), labels)
                else:
                    loss = model(**given).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), SETTINGS["max_grad_norm"])
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(float(f"{loss.item():.9g}"))
        return losses


if __name__ == "__main__":
    torch.set_num_threads(1)
    # Messages are none of this fixture's business.
    transformers.utils.logging.get_logger("transformers").handlers = [logging.NullHandler()]
    transformers.utils.logging.get_logger("transformers").propagate = False
    known = {case.name: case for case in [*lm_cases(), *head_cases(), *training_cases()]}
    runs = [{"case": name, "losses": losses_of(known[name])} for name in CASES]
    content = {"steps": STEPS, "settings": SETTINGS, "runs": runs}
    write_fixture(FIXTURES / "model-trajectories.json", "model_trajectories.py", ["torch", "transformers", "numpy"], content)
