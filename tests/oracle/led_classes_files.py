"""Checkpoints that are made of the counter's weights, and what a loaded model took from them.

A checkpoint is a list of tensors [name, dims, what its weight is drawn for, seed]: the third is the name where it is
absent, the fourth the model's.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from counter_weights import CLASSES, SCALES, class_parameters, counter_values
from led_classes_cases import Said, described
from led_classes_models import class_of
from tiny_models import TinyModel

Rows = list[list[Any]]
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}
FOLDER = "FOLDER"


def rows_of(tiny: TinyModel, class_name: str, config: dict[str, Any] | None = None) -> Rows:
    """The tensors that save_pretrained of this class writes."""
    parameters = class_parameters({**tiny.config, **(config or {})}, class_name)
    return [[name, list(p.shape), p.name] for name, p in parameters]


def shortened(rows: Rows) -> Rows:
    """As a fixture has them."""
    return [row[:2] if row[2:] == row[:1] else row for row in rows]


def kinds_of(tiny: TinyModel, config: dict[str, Any] | None = None) -> dict[str, str]:
    untied = {**tiny.config, **(config or {}), "tie_word_embeddings": False}
    return {p.name: p.kind for class_name in CLASSES for _, p in class_parameters(untied, class_name)}


def tensor_of_row(tiny: TinyModel, dims: list[int], drawn: str, seed: int | None = None) -> torch.Tensor:
    mean, std = {**SCALES, **tiny.scales}[kinds_of(tiny)[drawn]]
    values = counter_values(tiny.seed if seed is None else seed, drawn, math.prod(dims), mean, std)
    return torch.from_numpy(values).reshape(dims)


def write_checkpoint(folder: Path, tiny: TinyModel, rows: Rows, config: dict[str, Any] | None, **form: Any) -> None:
    """`form`: file (its name, None for no weights), dtype, metadata."""
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    file, dtype = form.get("file", "model.safetensors"), DTYPES[form.get("dtype", "F32")]
    if file is None:
        return
    state = {name: tensor_of_row(tiny, *rest).to(dtype) for name, *rest in rows}
    if file.endswith(".bin"):
        torch.save(state, folder / file)
    else:
        safetensors.torch.save_file(state, folder / file, metadata=form.get("metadata", {"format": "pt"}))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="led-oracle-") as name:
        yield Path(name)


def without_path(text: str, folder: Path) -> str:
    return text.replace(str(folder), FOLDER)


def load(class_name: str, folder: Path, options: dict[str, Any]) -> tuple[torch.nn.Module | None, dict[str, Any]]:
    """from_pretrained with its loading info, or with what it raises."""
    row: dict[str, Any] = {}
    given = {key: getattr(torch, value.removeprefix("torch.")) if str(value).startswith("torch.") else value for key, value in options.items()}
    model = None
    with Said() as said:
        try:
            model, info = class_of(class_name).from_pretrained(folder, output_loading_info=True, **given)
        except Exception as error:  # What the reference raises is the fixture.
            row["raises"] = without_path(described(error), folder)
    if model is not None:
        row |= {key: info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")}
        row["mismatched_keys"] = [[name, list(found), list(expected)] for name, found, expected in info["mismatched_keys"]]
    messages = [without_path(message, folder) for message in said.messages if "deprecated and will be removed in version 5" not in message]
    # Long lists stand in the row already.
    lists = {str(row[key]): key.upper() for key in ("missing_keys", "unexpected_keys") if row.get(key)}
    for text, name in lists.items():
        messages = [message.replace(text, name) for message in messages]
    if messages:
        row["says"] = messages
    return model, row


def fresh(model: torch.nn.Module, tiny: TinyModel, class_name: str, rows: Rows, dtype: str = "F32") -> dict[str, str]:
    """Tensors that hold none of the checkpoint's values, each with what it holds instead; tied names once."""
    config = {**tiny.config, "tie_word_embeddings": model.config.tie_word_embeddings, "num_labels": model.config.num_labels}
    drawn = {name: p.name for name, p in class_parameters(config, class_name)}
    found = {}
    for name, tensor in (dict(model.named_parameters()) | dict(model.named_buffers())).items():
        candidates = [row for row in rows if row[2] == drawn.get(name) and row[1] == list(tensor.shape)]
        own = [tensor_of_row(tiny, *row[1:]).to(DTYPES[dtype]).to(tensor.dtype) for row in candidates]
        if not any(torch.equal(tensor, values) for values in own):
            found[name] = held(tensor)
    return found


def held(tensor: torch.Tensor) -> str:
    if (tensor == 0).all():
        return "zeros"
    if (tensor == 1).all():
        return "ones"
    zero_rows = [] if tensor.dim() < 2 else [i for i, row in enumerate(tensor) if (row == 0).all()]
    return "normal" + (f", row {', '.join(map(str, zero_rows))} zero" if zero_rows else "")
