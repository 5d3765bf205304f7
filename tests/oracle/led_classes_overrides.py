"""config_overrides.json: keys of the config given to from_pretrained, in config.json and in the call, and what comes of them."""

from __future__ import annotations

import copy
from typing import Any

import torch
from transformers import LEDConfig

from counter_weights import CLASSES
from led_classes_cases import Inputs, Said, arguments, described, written_outputs
from led_classes_files import fresh, load, rows_of, temporary_folder, write_checkpoint
from led_classes_heads import with_ends
from led_classes_models import QUINCE
from models import source, target

BASE, LM = "LEDModel", "LEDForConditionalGeneration"
CLS, QA = "LEDForSequenceClassification", "LEDForQuestionAnswering"
CALL = with_ends(QUINCE, source(QUINCE, "overrides", 6, [6, 5], globals_=[[0], []]), [[5], [4]])
TARGET = {"decoder_input_ids": target(QUINCE, "overrides", 2, 2)["decoder_input_ids"]}
ALL = {"output_attentions": True, "output_hidden_states": True}
NAMED = {"id2label": {0: "a", 1: "b", 2: "c"}, "label2id": {"a": 0, "b": 1, "c": 2}}

# class, keys of config.json, options of from_pretrained, arguments of the call besides CALL, keys of the config to write
Row = tuple[str, dict[str, Any], dict[str, Any], Inputs, list[str]]
FLAGS = ["output_attentions", "output_hidden_states", "return_dict", "use_return_dict", "use_cache"]
LABELS = ["num_labels", "id2label", "label2id", "problem_type"]
LAYERS = ["encoder_layers", "num_hidden_layers", "attention_window"]

ROWS: list[Row] = [
    # What a call returns.
    *((LM, {}, {flag: True}, TARGET, FLAGS) for flag in ("output_attentions", "output_hidden_states")),
    *((LM, {flag: True}, {}, TARGET, FLAGS) for flag in ("output_attentions", "output_hidden_states")),
    (LM, {}, ALL, TARGET | {"output_attentions": False}, FLAGS), (LM, {}, ALL, TARGET | {"output_attentions": False, "output_hidden_states": False}, FLAGS),
    (LM, {}, {"use_cache": False}, TARGET, FLAGS), (LM, {"use_cache": False}, {}, TARGET, FLAGS), (LM, {}, {"use_cache": False}, TARGET | {"use_cache": True}, FLAGS),
    (LM, {}, {"return_dict": False}, TARGET, FLAGS), (LM, {"return_dict": False}, {}, TARGET, FLAGS), (LM, {}, {"return_dict": False}, TARGET | {"return_dict": True}, FLAGS),
    (LM, {"return_dict": False, **ALL}, {}, TARGET, FLAGS), (LM, {"torchscript": True}, {}, TARGET | {"use_cache": False}, FLAGS),
    (BASE, {"return_dict": False}, {}, TARGET | {"use_cache": False}, FLAGS), (CLS, {"return_dict": False}, {}, {"labels": [1, 0]}, FLAGS),
    (QA, {"return_dict": False}, {}, {"start_positions": [1, 2], "end_positions": [3, 4]}, FLAGS),
    ("LEDEncoder", {"return_dict": False, **ALL}, {}, {}, FLAGS), ("LEDEncoder", {}, ALL, {}, FLAGS),
    ("LEDDecoder", {}, {**ALL, "use_cache": False}, {}, FLAGS), ("LEDDecoder", {}, {"return_dict": False}, {}, FLAGS),
    (LM, {"output_attentions": True, "use_cache": False}, {}, TARGET | {"labels": [[7, 8], [9, -100]]}, FLAGS),
    # Labels.
    (CLS, {}, {"num_labels": 3}, {}, LABELS), (CLS, {}, {"num_labels": 3, "ignore_mismatched_sizes": True}, {}, LABELS), (CLS, {}, {"num_labels": 2}, {}, LABELS),
    (CLS, {}, {**NAMED, "ignore_mismatched_sizes": True}, {}, LABELS), (CLS, {}, {"id2label": NAMED["id2label"], "ignore_mismatched_sizes": True}, {}, LABELS),
    (CLS, {}, {"label2id": {"no": 0, "yes": 1}}, {}, LABELS), (CLS, {}, {"num_labels": 3, "id2label": {0: "x", 1: "y"}}, {}, LABELS),
    (CLS, {"id2label": {"0": "x", "1": "y"}, "label2id": {"x": 0, "y": 1}}, {"num_labels": 2}, {}, LABELS),
    (CLS, {"id2label": {"0": "x", "1": "y"}, "label2id": {"x": 0, "y": 1}}, {"num_labels": 3, "ignore_mismatched_sizes": True}, {}, LABELS),
    *((CLS, {}, {"problem_type": kind}, {"labels": labels}, LABELS) for kind, labels in [
        ("single_label_classification", [1, 0]), ("multi_label_classification", [[1.0, 0.0], [0.5, 1.0]]), ("regression", [[0.25, -1.0], [2.0, 0.5]])]),
    (CLS, {"problem_type": "regression"}, {"problem_type": "single_label_classification"}, {"labels": [1, 0]}, LABELS),
    (CLS, {}, {"problem_type": "ranking"}, {"labels": [1, 0]}, LABELS), (CLS, {"problem_type": "ranking"}, {}, {}, LABELS),
    (QA, {}, {"num_labels": 3}, {}, LABELS), (QA, {"id2label": {"0": "only"}, "label2id": {"only": 0}}, {}, {}, LABELS),
    # Geometry.
    (LM, {}, {"attention_window": [8, 4]}, TARGET, LAYERS), (LM, {}, {"attention_window": 6}, TARGET, LAYERS), (LM, {"attention_window": 10}, {}, TARGET, LAYERS),
    (LM, {}, {"attention_window": [8]}, TARGET, LAYERS), (LM, {}, {"attention_window": 5}, TARGET, LAYERS), (LM, {}, {"attention_window": [4, 8, 4]}, TARGET, LAYERS),
    (LM, {}, {"attention_window": [4, 6]}, TARGET | {"output_attentions": True}, LAYERS),
    (LM, {}, {"encoder_layers": 1}, TARGET, LAYERS), (LM, {}, {"encoder_layers": 1, "attention_window": [4]}, TARGET, LAYERS),
    (LM, {}, {"encoder_layers": 1, "num_hidden_layers": 1, "attention_window": [4]}, TARGET, LAYERS),
    (LM, {"num_hidden_layers": 2}, {"encoder_layers": 1}, TARGET, LAYERS), (LM, {}, {"num_hidden_layers": 1}, TARGET, LAYERS),
    (LM, {}, {"decoder_layers": 2}, TARGET, ["decoder_layers"]), (LM, {}, {"decoder_layers": 4}, TARGET, ["decoder_layers"]),
    (LM, {}, {"hidden_size": 20}, TARGET, ["d_model", "hidden_size"]), (LM, {}, {"num_attention_heads": 3}, TARGET, ["encoder_attention_heads", "num_attention_heads"]),
    (LM, {}, {"decoder_attention_heads": 5}, TARGET, ["decoder_attention_heads"]), (LM, {}, {"vocab_size": 70}, TARGET, ["vocab_size"]),
    (LM, {}, {"max_position_embeddings": 8}, TARGET, ["max_position_embeddings", "max_encoder_position_embeddings"]),
    # Ids and functions.
    (LM, {}, {"pad_token_id": 7}, TARGET, ["pad_token_id"]), (LM, {}, {"decoder_start_token_id": 4}, {"labels": [[7, 8], [9, -100]]}, ["decoder_start_token_id"]),
    (CLS, {}, {"eos_token_id": 9}, {"input_ids": [[7, 9, 8, 8, 8, 8], [9, 8, 8, 8, 8, 8]]}, ["eos_token_id"]),
    (LM, {}, {"activation_function": "relu"}, TARGET, ["activation_function"]), (LM, {}, {"activation_function": "none such"}, TARGET, ["activation_function"]),
    (LM, {}, {"tie_word_embeddings": False}, TARGET, ["tie_word_embeddings"]),
    (LM, {}, {"dropout": 0.5, "attention_dropout": 0.5, "activation_dropout": 0.5, "encoder_layerdrop": 1.0, "decoder_layerdrop": 1.0}, TARGET, ["dropout", "encoder_layerdrop"]),
    (LM, {}, {"attention_probs_dropout_prob": 0.25, "initializer_range": 0.5}, TARGET, ["attention_dropout", "init_std"]),
    (LM, {}, {"is_decoder": True, "add_cross_attention": False, "chunk_size_feed_forward": 2}, TARGET, ["is_decoder", "add_cross_attention", "chunk_size_feed_forward"]),
    (LM, {}, {"max_length": 50, "num_beams": 4}, TARGET, ["max_length", "num_beams"]), (LM, {"max_length": 60}, {"no_repeat_ngram_size": 3}, TARGET, ["max_length", "no_repeat_ngram_size"]),
    # What is not a key of the config.
    (LM, {}, {"zebra": 1}, TARGET, []), (LM, {"zebra": 1}, {"zebra": 2}, TARGET, ["zebra"]),
    (LM, {}, {"config": {**QUINCE.config, "output_attentions": True}}, TARGET, FLAGS),
    (LM, {}, {"config": QUINCE.config, "output_attentions": True}, TARGET, FLAGS), (LM, {}, {"config": {**QUINCE.config, "vocab_size": 70}}, TARGET, []),
]


def inputs_for(class_name: str, more: Inputs) -> Inputs:
    if class_name == "LEDDecoder":
        return {"input_ids": TARGET["decoder_input_ids"], **more}
    return {**CALL, **more}


def value_of(config: LEDConfig, key: str) -> Any:
    value = getattr(config, key, "absent")
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else value


def override(class_name: str, file_config: dict[str, Any], options: dict[str, Any], more: Inputs, watch: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"class": class_name, "config_json": file_config, "options": options}
    torch.manual_seed(0)
    given = copy.deepcopy(options)
    if "config" in given:
        given["config"] = LEDConfig(**given["config"])
    tensors = rows_of(QUINCE, class_name)
    with temporary_folder() as folder:
        write_checkpoint(folder, QUINCE, tensors, {**QUINCE.config, **file_config})
        model, loaded = load(class_name, folder, given)
    row |= {key: value for key, value in loaded.items() if value}
    if model is None:
        return row
    row["config_after"] = {key: value_of(model.config, key) for key in watch}
    if model.can_generate() and {"max_length", "num_beams", "no_repeat_ngram_size", "pad_token_id", "decoder_start_token_id"} & set(options):
        row["generation_config"] = model.generation_config.to_diff_dict()
    made_up = fresh(model, QUINCE, class_name, tensors)
    row["inputs"] = inputs = inputs_for(class_name, more)
    with Said() as said, torch.no_grad():
        try:
            out = model(**arguments(model, copy.deepcopy(inputs)))
        except Exception as error:  # What the reference raises is the fixture.
            return row | {"call_raises": described(error)}
    written = written_outputs(out)
    # Heads that are made up give numbers that only their dims can be compared of.
    row |= without_data(written) if set(made_up) - {"final_logits_bias"} else written
    if said.messages:
        row["call_says"] = said.messages
    if more.get("labels") is not None and class_name == CLS:
        row["problem_type_after"] = model.config.problem_type
    return row


def without_data(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_data(item) for key, item in value.items() if key not in ("data", "every", "checksum")}
    return [without_data(item) for item in value] if isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value) else value


def content() -> dict[str, Any]:
    assert set(name for name, *_ in ROWS) == set(CLASSES)
    return {"model": QUINCE.described(), "overrides": [override(*row) for row in ROWS]}
