"""Writes fixtures/tf-checkpoints/ and fixtures/tf-checkpoints.json: weights as transformers saves them on TensorFlow.

All are of the counter's weights of `haw`. README.md beside this script says what is in them. Run from anywhere with the
environment of requirements-tensorflow.txt: python tests/oracle/tf_checkpoints.py
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import transformers
from transformers import LEDForConditionalGeneration, LEDModel, TFLEDForConditionalGeneration, TFLEDModel

from counter_weights import counter_ids
from fixture_file import FIXTURES, write_fixture
from led_classes_models import HAW
from tf_models import PACKAGES, build_tf, one_thread, tensor_of, written

FOLDER = FIXTURES / "tf-checkpoints"


def copied(source: h5py.Group, target: h5py.Group, rename: Any = lambda name: name, fixed: bool = False, chunk: int | None = None) -> None:
    """A file again, group by group: names through `rename`, texts of fixed length, lists of names in chunks."""
    for name, value in source.attrs.items():
        if isinstance(value, np.ndarray) and value.dtype == object:
            texts = [rename(text) for text in value]
            parts = [texts] if chunk is None or len(texts) <= chunk else [texts[at : at + chunk] for at in range(0, len(texts), chunk)]
            for number, part in enumerate(parts):
                key = name if len(parts) == 1 else f"{name}{number}"
                target.attrs[key] = np.array([text.encode() for text in part], dtype=f"S{max(map(len, texts))}") if fixed else part
        else:
            target.attrs[name] = np.bytes_(value.encode()) if fixed and isinstance(value, str) else value
    for name, item in source.items():
        if isinstance(item, h5py.Dataset):
            target.create_dataset(rename(name), data=item[()])
        else:
            copied(item, target.create_group(rename(name)), rename, fixed, chunk)


def remade(folder: str, of: str, **how: Any) -> None:
    """A folder whose tf_model.h5 is another one's, copied so."""
    (FOLDER / folder).mkdir()
    shutil.copy(FOLDER / of / "config.json", FOLDER / folder)
    with h5py.File(FOLDER / of / "tf_model.h5", "r") as source, h5py.File(FOLDER / folder / "tf_model.h5", "w") as target:
        copied(source, target, **how)


def saved() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    lm, base = build_tf("TFLEDForConditionalGeneration", HAW), build_tf("TFLEDModel", HAW)
    lm.save_pretrained(FOLDER / "lm")
    base.save_pretrained(FOLDER / "base")
    lm.save_pretrained(FOLDER / "shards", max_shard_size="4KB")
    lm.save_pretrained(FOLDER / "tf-safetensors", safe_serialization=True)
    # A first weight that passes the limit leaves the first shard empty.
    lm.save_pretrained(FOLDER / "empty-shard", max_shard_size=200)
    # As h5py 2 wrote texts, as old classes named tables, and as lists of names are split that pass HDF5's limit.
    remade("old", "lm", fixed=True, rename=lambda name: name.replace("embeddings:0", "weight:0"))
    remade("split-names", "lm", fixed=True, chunk=20)
    for path in FOLDER.glob("*/generation_config.json"):
        if path.parent.name != "lm":
            path.unlink()
    # The last name of "shards" alone keeps the fixture small; "empty-shard" is for the reader, not for numbers.
    for path in sorted((FOLDER / "empty-shard").glob("tf_model-*.h5"))[2:]:
        path.unlink()
    index = json.loads((FOLDER / "empty-shard" / "tf_model.h5.index.json").read_text())
    shards = sorted(path.name for path in (FOLDER / "empty-shard").glob("tf_model-*.h5"))
    index["weight_map"] = {name: shard for name, shard in index["weight_map"].items() if shard in shards}
    (FOLDER / "empty-shard" / "tf_model.h5.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")


def summary() -> dict[str, Any]:
    """What every class of the reference finds in each folder."""
    rows = []
    ids = [[0, *counter_ids(HAW.seed, "tf source", 5, 3, 11), 2]]
    for folder in ("lm", "base", "shards", "tf-safetensors", "old", "split-names"):
        row: dict[str, Any] = {"folder": folder, "files": sorted(path.name for path in (FOLDER / folder).iterdir())}
        for make in (TFLEDForConditionalGeneration, TFLEDModel):
            model, info = make.from_pretrained(FOLDER / folder, output_loading_info=True)
            out = model(tensor_of(ids), decoder_input_ids=tensor_of([[2, 5, 7]]))
            row[make.__name__] = {**{key: sorted(value) for key, value in info.items()}, **written(out)}
        for make in (LEDForConditionalGeneration, LEDModel):
            if folder == "shards":
                continue
            options = {} if folder == "tf-safetensors" else {"from_tf": True}
            model, info = make.from_pretrained(FOLDER / folder, output_loading_info=True, **options)
            row[make.__name__] = {key: sorted(set(value)) for key, value in info.items()}
        rows.append(row)
    return {"model": HAW.described(), "inputs": {"input_ids": ids, "decoder_input_ids": [[2, 5, 7]]}, "folders": rows}


if __name__ == "__main__":
    one_thread()
    transformers.logging.set_verbosity_error()
    saved()
    write_fixture(FIXTURES / "tf-checkpoints.json", "tf_checkpoints.py", [*PACKAGES, "h5py", "torch", "safetensors"], summary())
    for path in sorted(FOLDER.glob("*/*")):
        print(f"{path.relative_to(FIXTURES)}: {path.stat().st_size:,} bytes")
