"""Loads model folders that this package's TensorFlow classes saved, on TensorFlow, and tells how far the outputs are apart.

    python tests/oracle/tf_saved_models.py FOLDER
FOLDER/models.json lists them: { name, class, inputs, outputs: { name: { dims, data } } }. Prints one JSON object, by name:
{ missing, unexpected, mismatched, complaints: what transformers warns of, distances: { output: largest absolute difference, null where
the dims differ }, torch: what PyTorch's class makes of the files with from_tf, null where it cannot read them }.
"""

from __future__ import annotations

import json
import logging
import os
import pathlib
import sys
import warnings
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import torch
import transformers
from transformers import LEDForConditionalGeneration, LEDModel, TFLEDForConditionalGeneration, TFLEDModel

CLASSES = {"TFLEDModel": (TFLEDModel, LEDModel), "TFLEDForConditionalGeneration": (TFLEDForConditionalGeneration, LEDForConditionalGeneration)}


class Complaints(logging.Handler):
    """What is logged of weights that are new, left over or of other shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if any(words in message for words in ("not initialized", "newly initialized", "were not used", "did not match", "corrupt")):
            self.messages.append(message)


def distance(got: np.ndarray, expected: dict[str, Any]) -> float | None:
    if list(got.shape) != expected["dims"]:
        return None
    return float(np.abs(got - np.array(expected["data"]).reshape(expected["dims"])).max())


def reading(root: pathlib.Path, model: dict[str, Any]) -> dict[str, Any]:
    on_tensorflow, on_torch = CLASSES[model["class"]]
    complaints = Complaints()
    logger = transformers.utils.logging.get_logger("transformers")
    logger.addHandler(complaints)
    loaded, info = on_tensorflow.from_pretrained(root / model["name"], output_loading_info=True)
    logger.removeHandler(complaints)
    got = loaded({name: tf.constant(value, tf.int32) for name, value in model["inputs"].items()})
    distances = {name: distance(got[name].numpy(), expected) for name, expected in model["outputs"].items()}
    return {
        "missing": sorted(info["missing_keys"]),
        "unexpected": sorted(info["unexpected_keys"]),
        "mismatched": sorted(info["mismatched_keys"]),
        "complaints": complaints.messages,
        "distances": distances,
        "torch": torch_distance(root / model["name"], on_torch, model),
    }


def torch_distance(folder: pathlib.Path, make: Any, model: dict[str, Any]) -> float | None:
    """The encoder's output, which the bias that PyTorch drops has no part in."""
    if (folder / "tf_model.h5.index.json").exists():
        return None
    options = {} if (folder / "model.safetensors").exists() else {"from_tf": True}
    loaded = make.from_pretrained(folder, **options).eval()
    with torch.no_grad():
        got = loaded(**{name: torch.tensor(value) for name, value in model["inputs"].items()})
    return distance(got.encoder_last_hidden_state.numpy(), model["outputs"]["encoder_last_hidden_state"])


def main() -> None:
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_warning()
    root = pathlib.Path(sys.argv[1])
    models = json.loads((root / "models.json").read_text())
    print(json.dumps({model["name"]: reading(root, model) for model in models}))


main()
