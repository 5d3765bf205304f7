"""The TensorFlow classes with the counter's weights, and what the scripts tf_*.py share: tensors in, outputs out.

They run in an environment of their own (requirements-tensorflow.txt), in which torch is for led_classes_cases.py alone.
"""

from __future__ import annotations

import copy
import os
import re
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf
import torch
import transformers
from transformers import LEDConfig, TFLEDForConditionalGeneration, TFLEDModel
from transformers.models.led.modeling_tf_led import TFLEDEncoderBaseModelOutput

from counter_weights import led_weights
from led_classes_cases import kept
from led_classes_models import MODELS
from tiny_models import SHARP, TinyModel

PACKAGES = ["tensorflow-cpu", "transformers", "numpy"]
CLASSES = {"TFLEDModel": TFLEDModel, "TFLEDForConditionalGeneration": TFLEDForConditionalGeneration}

# Heads and layers with which one head_mask serves encoder and cross-attention, as TensorFlow asks for.
BRIAR = TinyModel(
    name="briar",
    seed=406,
    scales={**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.2)},
    config={
        "model_type": "led",
        "vocab_size": 59,
        "d_model": 12,
        "activation_function": "gelu",
        "encoder_layers": 3,
        "encoder_attention_heads": 4,
        "encoder_ffn_dim": 18,
        "max_encoder_position_embeddings": 40,
        "decoder_layers": 2,
        "decoder_attention_heads": 4,
        "decoder_ffn_dim": 22,
        "max_decoder_position_embeddings": 23,
        "attention_window": [4, 8, 4],
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 2,
    },
)

TF_MODELS = {**MODELS, BRIAR.name: BRIAR}


def one_thread() -> None:
    """The order of sums, and with it the last bits, is then the same in every run."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    transformers.logging.set_verbosity_error()


def torch_name(weight: str) -> tuple[str, bool]:
    """The PyTorch name of a Keras weight, and whether its matrix is the other way round there."""
    levels = weight.split(":")[0].split("/")
    if len(levels) == 1:
        return levels[0], False
    *path, last = levels[1:]
    renamed = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "beta": "bias"}.get(last, last)
    if path[:2] == ["led.shared", "led.shared"]:
        path = path[1:]
    return ".".join([*path, renamed]), last == "kernel"


def built(class_name: str, config: dict[str, Any]) -> Any:
    """With the library's own random weights. The constructor changes its config: it gets a copy."""
    model = CLASSES[class_name](LEDConfig(**copy.deepcopy(config)))
    model.build_in_name_scope()
    return model


def build_tf(class_name: str, tiny: TinyModel, changes: dict[str, Any] | None = None) -> Any:
    """A class with the counter's weights; `changes` replaces keys of the config."""
    config = {**tiny.config, **(changes or {})}
    model = built(class_name, config)
    values = dict(led_weights(config, tiny.seed, tiny.scales))
    taken = set()
    for weight in model.weights:
        name, turned = torch_name(weight.name)
        weight.assign(values[name].T if turned else values[name])
        taken.add(name)
    unused = set(values) - taken - {"lm_head.weight", "final_logits_bias"}
    assert not unused, unused
    return model


# Arguments and outputs -------------------------------------------------------------------------------------------------


def tensor_of(value: Any, kind: str | None = None) -> Any:
    """int32 where nothing else is said and all numbers are whole."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    array = np.array(value)
    if kind is not None:
        array = array.astype(kind)
    elif array.dtype == np.int64:
        array = array.astype(np.int32)
    elif array.dtype == np.float64:
        array = array.astype(np.float32)
    return tf.constant(array)


def plain(value: Any) -> Any:
    """Tensors of TensorFlow as torch's, which `kept` takes."""
    if tf.is_tensor(value):
        return torch.from_numpy(np.array(value.numpy()))
    return [plain(item) for item in value] if isinstance(value, (tuple, list)) else value


def written(out: Any) -> dict[str, Any]:
    """As fixtures/classes have outputs: fields with their names, or a tuple; int32 as plain numbers."""
    if isinstance(out, tuple):
        return {"tuple": kept(plain(out), 64)}
    return {"keys": list(out.keys()), "outputs": {key: kept(plain(value)) for key, value in out.items()}}


FRAME = re.compile(r"Exception encountered when calling layer [^\n]*\n\n(.*?)\n\nCall arguments received", re.S)


def described(error: BaseException) -> str:
    """Class and message, without Keras' frame, TensorFlow's names of ops and the values that it shows."""
    message = str(error)
    while (framed := FRAME.match(message)) is not None:
        message = framed.group(1)
    message = re.sub(r"^\{\{function_node [^}]*\}\} ", "", message)
    message = re.sub(r"\n*Condition x (==|<) y did not hold\..*|\nFirst \d+ elements of x:.*|\n\t; NodeDef.*| \[Op:\w+\].*", "", message, flags=re.S)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def encoder_outputs_of(model: Any, form: str, of: dict[str, Any] | None = None, values: dict[str, Any] | None = None, types: Any = None) -> Any:
    """`of`: what the model's encoder gives for these inputs; `values`: the fields themselves."""
    if of is not None:
        given = {name: tensor_of(value, (types or {}).get(name)) for name, value in of.items()}
        fields = dict(model.get_encoder()(given.pop("input_ids", None), **given, return_dict=True))
    else:
        fields = {name: tensor_of(value, "float32") for name, value in values.items()}
    if form == "output":
        return TFLEDEncoderBaseModelOutput(**fields)
    return (tuple if form == "tuple" else list)(fields.values())
