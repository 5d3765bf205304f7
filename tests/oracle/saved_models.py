"""Loads model folders that this package saved, and tells how far transformers' outputs are from the package's own.

    python tests/oracle/saved_models.py FOLDER
FOLDER/models.json lists them: { name, class, inputs, outputs: { name: { dims, data } } }. Prints one JSON object, by name:
{ missing, unexpected, mismatched, dtype, distances: { output: largest absolute difference, null where the dims differ } }.
"""

import json
import pathlib
import sys
import warnings

import torch
import transformers
from transformers.models.led import modeling_led


def reading(root: pathlib.Path, model: dict) -> dict:
    loaded, info = getattr(modeling_led, model["class"]).from_pretrained(
        root / model["name"], output_loading_info=True, torch_dtype="auto"
    )
    dtype = str(next(loaded.parameters()).dtype)
    # Half precision has no CPU kernels for all of it; the package computes in float32 too.
    loaded = loaded.float().eval()
    with torch.no_grad():
        got = loaded(**{name: torch.tensor(value) for name, value in model["inputs"].items()})
    distances = {}
    for name, expected in model["outputs"].items():
        tensor = got[name]
        same = list(tensor.shape) == expected["dims"]
        data = torch.tensor(expected["data"]).reshape(expected["dims"])
        distances[name] = (tensor - data).abs().max().item() if same else None
    return {
        "missing": info["missing_keys"],
        "unexpected": info["unexpected_keys"],
        "mismatched": info["mismatched_keys"],
        "dtype": dtype,
        "distances": distances,
    }


def main() -> None:
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    root = pathlib.Path(sys.argv[1])
    models = json.loads((root / "models.json").read_text())
    print(json.dumps({model["name"]: reading(root, model) for model in models}))


main()
