"""Writes fixtures/tf-training.json: gradients, losses and compile/fit of TFLEDForConditionalGeneration, without dropout.

README.md beside this script says what is in it. Run from anywhere with the environment of requirements-tensorflow.txt,
about three minutes: python tests/oracle/tf_training.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from fixture_file import FIXTURES, write_fixture
from led_classes_cases import kept
from tf_calls_cases import ids, marked, mask
from tf_models import BRIAR, PACKAGES, build_tf, one_thread, plain, tensor_of, torch_name

NO_DROPOUT = {"dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0}
S, T = 11, 5


def example(rows: int = 2, globals_too: bool = True) -> dict[str, Any]:
    inputs: dict[str, Any] = {
        "input_ids": ids("briar", "train source", rows, S),
        "attention_mask": mask(*[S - 3 * (row % 2) for row in range(rows)], length=S),
    }
    if globals_too:
        inputs["global_attention_mask"] = marked(S, *[[0, 4][: 1 + row % 2] for row in range(rows)])
    return inputs


def goals(rows: int = 2, spoiled: int = 1) -> list[list[int]]:
    """Labels whose second row ends in padding and, in front of it, a number that is no class."""
    goal = ids("briar", "train goal", rows, T)
    goal[1] = [*goal[1][: T - 2], spoiled, 1]
    return goal


def named(model: Any, values: list[Any]) -> dict[str, Any]:
    """By PyTorch's names and in its layout; None where there is no gradient."""
    rows = {}
    for weight, value in zip(model.trainable_variables, values, strict=True):
        name, turned = torch_name(weight.name)
        if value is None:
            rows[name] = None
            continue
        dense = tf.convert_to_tensor(value).numpy()
        rows[name] = kept(plain(tf.constant(dense.T if turned else dense)), 16)
    return rows


def gradients() -> list[dict[str, Any]]:
    rows = []
    for name, about, inputs, labels, config in (
        ("padding in the labels", "", example(), goals(), {}),
        ("-100 in the labels", "counts as class 0", example(), goals(spoiled=-100), {}),
        ("no global position", "no gradient for the projections of global positions", example(globals_too=False), goals(), {}),
        ("untied", "the head is the token table all the same", example(), goals(), {"tie_word_embeddings": False}),
        ("legacy loss", "the sum over labels", example(), goals(), {"tf_legacy_loss": True}),
    ):
        model = build_tf("TFLEDForConditionalGeneration", BRIAR, {**NO_DROPOUT, **config})
        with tf.GradientTape() as tape:
            loss = model({**{key: tensor_of(value) for key, value in inputs.items()}, "labels": tensor_of(labels)}, training=True).loss
        got = tape.gradient(loss, model.trainable_variables)
        rows.append(
            {
                "name": name,
                "about": about,
                "config": config,
                "inputs": inputs,
                "labels": labels,
                "loss": kept(plain(loss)),
                "gradients": named(model, got),
            }
        )
    return rows


OPTIMIZERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "Adam": (tf.keras.optimizers.Adam, {"learning_rate": 0.003}),
    "Adam, settings": (tf.keras.optimizers.Adam, {"learning_rate": 0.002, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-5, "amsgrad": True}),
    "Adam, weight_decay": (tf.keras.optimizers.Adam, {"learning_rate": 0.002, "weight_decay": 0.1, "global_clipnorm": 0.5}),
    "SGD": (tf.keras.optimizers.SGD, {"learning_rate": 0.05}),
    "SGD, momentum": (tf.keras.optimizers.SGD, {"learning_rate": 0.02, "momentum": 0.9, "clipnorm": 0.3}),
    "SGD, nesterov": (tf.keras.optimizers.SGD, {"learning_rate": 0.02, "momentum": 0.7, "nesterov": True, "clipvalue": 0.05}),
    "RMSprop": (tf.keras.optimizers.RMSprop, {"learning_rate": 0.001}),
    "RMSprop, settings": (tf.keras.optimizers.RMSprop, {"learning_rate": 0.001, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-4, "centered": True}),
}
WATCHED = (
    "led.shared.weight",
    "led.encoder.embed_positions.weight",
    "led.encoder.layers.1.self_attn.longformer_self_attn.query.weight",
    "led.encoder.layers.0.self_attn.longformer_self_attn.value_global.bias",
    "led.decoder.layers.1.fc1.weight",
    "led.decoder.layernorm_embedding.weight",
)


def fits() -> list[dict[str, Any]]:
    """Five rows in batches of two, for two epochs: the last batch of an epoch has one row."""
    rows = []
    x, y = example(5), goals(5)
    for name, (make, settings) in OPTIMIZERS.items():
        model = build_tf("TFLEDForConditionalGeneration", BRIAR, NO_DROPOUT)
        model.compile(optimizer=make(**settings))
        inside = not name.startswith("SGD")
        data = {key: np.array(value, np.int32) for key, value in {**x, **({"labels": y} if inside else {})}.items()}
        history = model.fit(data, None if inside else np.array(y, np.int32), batch_size=2, epochs=2, shuffle=False, verbose=0)
        weights = {torch_name(weight.name)[0]: (weight, torch_name(weight.name)[1]) for weight in model.trainable_variables}
        after = {}
        for watched in WATCHED:
            weight, turned = weights[watched]
            value = weight.numpy()
            after[watched] = kept(plain(tf.constant(value.T if turned else value)), 32)
        rows.append(
            {
                "name": name,
                "optimizer": make.__name__,
                "settings": settings,
                "labels": "inside" if inside else "y",
                "losses": [float(f"{loss:.9g}") for loss in history.history["loss"]],
                "after": after,
            }
        )
    return rows


if __name__ == "__main__":
    one_thread()
    content = {
        "model": {**BRIAR.described(), "config": {**BRIAR.config, **NO_DROPOUT}},
        "gradients": gradients(),
        "fit": {"x": example(5), "y": goals(5), "batch_size": 2, "epochs": 2, "runs": fits()},
    }
    write_fixture(FIXTURES / "tf-training.json", "tf_training.py", PACKAGES, content)
