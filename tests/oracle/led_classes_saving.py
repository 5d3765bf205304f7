"""saving.json: which files save_pretrained writes for every class, which tensors are in them, and their texts."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from counter_weights import CLASSES
from led_classes_cases import Said, described
from led_classes_files import temporary_folder, without_path
from led_classes_models import HAW, build_class, class_of

UNTIED = {"tie_word_embeddings": False}
LM, CLS, BASE = "LEDForConditionalGeneration", "LEDForSequenceClassification", "LEDModel"
NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
LETTERS = {"half": torch.float16, "bfloat16": torch.bfloat16}


def safetensors_content(path: Path) -> dict[str, Any]:
    """Names, types and dims in the order of the data; the header has another order, which no reader sees."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", None)
    rows = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    return {"metadata": metadata, "tensors": [[name, row["dtype"], row["shape"]] for name, row in rows]}


def bin_content(path: Path) -> dict[str, Any]:
    state = torch.load(path, weights_only=True)
    storages: dict[int, str] = {}
    rows = [[name, NAMES[tensor.dtype], list(tensor.shape)] for name, tensor in state.items()]
    aliases = {}
    for name, tensor in state.items():
        first = storages.setdefault(tensor.untyped_storage().data_ptr(), name)
        if first != name:
            aliases[name] = first
    return {"tensors": rows, **({"aliases": aliases} if aliases else {})}


def folder_content(folder: Path) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        if path.name.endswith(".json"):
            files[path.name] = {"text": path.read_text()}
        else:
            files[path.name] = safetensors_content(path) if path.name.endswith(".safetensors") else bin_content(path)
    return files


def same_as_config_case(files: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """Files without those that an earlier case has, which are named instead."""
    same = sorted(name for name, value in files.items() if first.get(name) == value)
    return {"files": {name: value for name, value in files.items() if name not in same}, **({"as_before": same} if same else {})}


Change = Callable[[torch.nn.Module], Any]

# class, about, config, what is done to the model, options of one save after the other
SAVES: list[tuple[str, str, dict[str, Any], str, list[dict[str, Any]]]] = [
    *((name, "as it is", {}, "", [{}]) for name in CLASSES),
    (LM, "untied", UNTIED, "", [{}]),
    *((name, "tie_word_embeddings false: only the language model's head is concerned", UNTIED, "", [{}]) for name in (BASE, CLS)),
    (LM, "a file of torch.save has all aliases", {}, "", [{"safe_serialization": False}]),
    (LM, "untied, a file of torch.save", UNTIED, "", [{"safe_serialization": False}]),
    *((name, "a file of torch.save", {}, "", [{"safe_serialization": False}]) for name in (BASE, CLS, "LEDEncoder")),
    (LM, "shards", {}, "", [{"max_shard_size": "2KB"}]),
    (LM, "shards of binary size", {}, "", [{"max_shard_size": "2KiB"}]),
    (LM, "shards by a number", UNTIED, "", [{"max_shard_size": 3000}]),
    (LM, "shards smaller than some tensors, which stand alone", {}, "", [{"max_shard_size": 250}]),
    (LM, "a limit in bytes", {}, "", [{"max_shard_size": "2000B"}]),
    (LM, "a limit that is not reached", {}, "", [{"max_shard_size": "1MB"}]),
    (LM, "a limit without a unit", {}, "", [{"max_shard_size": "2000"}]),
    (LM, "a limit of an unknown unit", {}, "", [{"max_shard_size": "2XB"}]),
    (LM, "shards of torch.save: aliases share a shard", {}, "", [{"max_shard_size": "3KB", "safe_serialization": False}]),
    (LM, "a variant", {}, "", [{"variant": "fp16"}]),
    (LM, "shards of a variant", {}, "", [{"variant": "fp16", "max_shard_size": "4KB"}]),
    (LM, "a variant of torch.save", {}, "", [{"variant": "v2", "safe_serialization": False}]),
    (LM, "half precision", {}, "half", [{}]),
    (CLS, "bfloat16", {}, "bfloat16", [{}]),
    (LM, "generation settings in the config", {"num_beams": 3, "max_length": 33, "no_repeat_ngram_size": 2}, "", [{}]),
    (LM, "a generation setting changed after construction", {}, "config.num_beams = 4", [{}]),
    (LM, "a generation setting of its own", {}, "generation_config.num_beams = 4", [{}]),
    (CLS, "labels and a problem type", {"id2label": {"0": "no", "1": "yes", "2": "perhaps"}, "label2id": {"no": 0, "yes": 1, "perhaps": 2}, "problem_type": "multi_label_classification"}, "", [{}]),
    ("LEDForQuestionAnswering", "num_labels 5 becomes 2", {"num_labels": 5}, "", [{}]),
    (LM, "unknown keys of the config", {"zebra": [1, 2], "max_position_embeddings": 32}, "", [{}]),
    (LM, "one window as an integer", {"attention_window": 4}, "", [{}]),
    (LM, "after a larger vocabulary", {}, "resize_token_embeddings(13)", [{}]),
    (LM, "untied, after a smaller vocabulary", UNTIED, "resize_token_embeddings(9)", [{}]),
    (LM, "shards, then one file: the old shards go, their index stays", {}, "", [{"max_shard_size": "4KB"}, {}]),
    (LM, "one file, then torch.save: both stay", {}, "", [{}, {"safe_serialization": False}]),
    (LM, "the base of a headed model", {}, "led", [{}]),
    (LM, "the encoder of a headed model: architectures change for all, the config is one", {}, "get_encoder", [{}]),
    (LM, "is_main_process false: weights only", {}, "", [{"is_main_process": False}]),
]


def changed(model: torch.nn.Module, change: str) -> torch.nn.Module:
    if change in LETTERS:
        return model.to(LETTERS[change])
    if change == "led":
        return model.led
    if change == "get_encoder":
        return model.get_encoder()
    if change.startswith("resize"):
        model.resize_token_embeddings(int(change.split("(")[1][:-1]))
    elif change:
        target, value = change.split(" = ")
        owner, key = target.split(".")
        setattr(getattr(model, owner), key, int(value))
    return model


def saves() -> list[dict[str, Any]]:
    rows = []
    first: dict[str, dict[str, Any]] = {}
    for class_name, about, config, change, calls in SAVES:
        row: dict[str, Any] = {"class": class_name, "about": about, "config": config, **({"change": change} if change else {}), "calls": calls}
        torch.manual_seed(0)
        with temporary_folder() as folder:
            model = build_class(class_name, HAW, config)
            with Said() as said:
                saved = changed(model, change)
                try:
                    for options in calls:
                        saved.save_pretrained(folder, **options)
                except Exception as error:  # What the reference raises is the fixture.
                    row["raises"] = without_path(described(error), folder)
            files = folder_content(folder)
            row |= same_as_config_case(files, first.get(class_name, {}))
            first.setdefault(class_name, files)
            row["config_after"] = {"architectures": model.config.architectures, "torch_dtype": str(model.config.torch_dtype)}
            if said.messages:
                row["says"] = [without_path(message, folder) for message in said.messages]
            if "raises" not in row:
                row["loads_back"] = loads_back(type(saved).__name__, folder, saved, calls[-1])
        rows.append(row)
    return rows


def loads_back(class_name: str, folder: Path, saved: torch.nn.Module, options: dict[str, Any]) -> Any:
    """Whether from_pretrained gives every tensor again; an error where it does not load at all."""
    variant = {"variant": options["variant"]} if "variant" in options else {}
    with Said():
        try:
            loaded, info = class_of(class_name).from_pretrained(folder, output_loading_info=True, torch_dtype="auto", **variant)
        except Exception as error:  # What the reference raises is the fixture.
            return without_path(described(error), folder)
    same = all(torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in saved.state_dict().items())
    return same and not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"))


def content() -> dict[str, Any]:
    return {"model": HAW.described(), "saves": saves()}
