"""Writes the checkpoint fixtures: small files in every form that torch and transformers write, and what is in them.

Run with torch 2.5.1, transformers 4.37.2, safetensors 0.4.5:
    python tests/oracle/checkpoints.py
It rewrites tests/oracle/fixtures/checkpoints/ byte for byte.
"""

import collections
import io
import json
import pathlib
import pickle
import pickletools
import shutil
import struct
import tempfile

import safetensors
import safetensors.torch
import torch
import transformers
from transformers import LEDConfig, LEDForConditionalGeneration, LEDForSequenceClassification, LEDModel

OUT = pathlib.Path(__file__).parent / "fixtures" / "checkpoints"
MADE_BY = {
    "script": "tests/oracle/checkpoints.py",
    "torch": torch.__version__.split("+")[0],
    "transformers": transformers.__version__,
    "safetensors": safetensors.__version__,
}
transformers.logging.set_verbosity_error()


def write_json(name, value):
    """A line for each entry of the first level below, and each item of a list there."""
    lines = []
    for key, part in {"made_by": MADE_BY, **value}.items():
        if isinstance(part, list):
            text = "[\n  " + ",\n  ".join(json.dumps(item) for item in part) + "\n ]"
        else:
            text = json.dumps(part)
        lines.append(f" {json.dumps(key)}: {text}")
    (OUT / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def every_type():
    """One tensor of each type, and the shapes and views a state dict may hold."""
    base = torch.arange(30, dtype=torch.float32) / 7 - 2
    shared = (torch.arange(10, dtype=torch.float32) * 3 - 11).reshape(5, 2)
    state = collections.OrderedDict(
        f32=base[:6].clone().reshape(2, 3),
        f16=torch.tensor([1.5, -2.25, 65504, 6e-8, float("inf"), 0.1], dtype=torch.float16),
        bf16=torch.tensor([1.5, -3.0e38, 1e-40, 0.1], dtype=torch.bfloat16),
        f64=torch.tensor([0.1, -1e300, 1 / 3, 1e-300], dtype=torch.float64),
        i64=torch.tensor([[2**53 + 1, -(2**63)], [2**63 - 1, -7]], dtype=torch.int64),
        i32=torch.tensor([2**31 - 1, -5], dtype=torch.int32),
        i16=torch.tensor([-32768, 32767, 3], dtype=torch.int16),
        i8=torch.tensor([-128, 127, 5], dtype=torch.int8),
        u8=torch.tensor([0, 255, 7], dtype=torch.uint8),
        bool=torch.tensor([True, False, True]),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 4),
        parameter=torch.nn.Parameter(base[6:9].clone()),
        ones_in_shape=base[:3].clone().reshape(3, 1).t(),
        whole=shared,
        alias=shared,
        rows_2_to_4=shared[2:4],
    )
    return state


def listed(tensor):
    """[type, shape, values]; numbers that JSON has not as text."""
    values = tensor.detach().reshape(-1).tolist()
    if tensor.dtype == torch.int64:
        values = [str(v) for v in values]
    elif tensor.is_floating_point():
        # JSON has no infinity; this is how JavaScript spells it.
        values = [str(v).replace("inf", "Infinity") if abs(v) == float("inf") else v for v in values]
    return [str(tensor.dtype).removeprefix("torch."), list(tensor.shape), values]


def save_legacy(state, path):
    """torch.save in the form before 1.6, with storage keys 0, 1, ... in place of memory addresses, so that it is stable."""
    buffer = io.BytesIO()
    torch.save(state, buffer, _use_new_zipfile_serialization=False)
    data = buffer.getvalue()
    stream, ends = io.BytesIO(data), []
    for _ in range(5):
        list(pickletools.genops(stream))
        ends.append(stream.tell())
    keys = pickle.loads(data[ends[3] : ends[4]])
    sizes = {}
    for tensor in state.values():
        storage = tensor.untyped_storage()
        sizes[str(storage._cdata)] = (storage.nbytes(), tensor.element_size())
    at, blobs = ends[4], {}
    for key in keys:
        nbytes, item = sizes[key]
        assert struct.unpack("<q", data[at : at + 8])[0] * item == nbytes
        blobs[key] = data[at : at + 8 + nbytes]
        at += 8 + nbytes
    assert at == len(data)
    body = data[ends[2] : ends[3]]
    ordered = sorted(keys, key=lambda key: body.index(key.encode()))
    names = {key: str(i).zfill(len(key)) for i, key in enumerate(ordered)}
    for key, name in names.items():
        body = body.replace(key.encode(), name.encode())
    new_keys = pickle.dumps([names[key] for key in ordered], protocol=2)
    path.write_bytes(data[: ends[2]] + body + new_keys + b"".join(blobs[key] for key in ordered))
    again = torch.load(path, weights_only=True)
    assert list(again) == list(state) and all(torch.equal(again[k], state[k]) for k in state)


def files_of_every_type():
    state = every_type()
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    torch.save(state, OUT / "every_type.bin")
    torch.save(state, OUT / "every_type_protocol4.bin", pickle_protocol=4)
    save_legacy(every_type(), OUT / "every_type_legacy.bin")
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in state.items()}
    safetensors.torch.save_file(plain, OUT / "every_type.safetensors", metadata={"format": "pt"})
    write_json("every_type.json", {"tensors": [[name, *listed(t)] for name, t in state.items()]})


def halves():
    """float32 bit patterns and what torch rounds them to: ties, subnormals, both ends of float16's range, random ones."""
    generator = torch.Generator().manual_seed(5)
    around = torch.tensor([0, 2**-26, 2**-25, 2**-24, 3 * 2**-25, 2**-14, 1, 1 + 2**-11, 1 + 3 * 2**-11, 2048, 65504, 65519.996])
    spread = torch.randn(300, generator=generator) * 2.0 ** torch.randint(-27, 14, (300,), generator=generator)
    values = torch.cat([around, torch.nextafter(around, torch.tensor(9e9)), torch.nextafter(around, torch.tensor(-9e9)), spread])
    values = torch.cat([values, -values])
    values = values[values.abs() < 65520]
    safetensors.torch.save_file({"float32": values, "float16": values.half()}, OUT / "halves.safetensors", metadata={"format": "pt"})


def refused_files():
    matrix = torch.arange(6.0).reshape(2, 3)
    torch.save({"plain": matrix, "turned": matrix.t()}, OUT / "transposed.bin")
    torch.save({"spread": torch.ones(1, 3).expand(2, 3)}, OUT / "expanded.bin")
    torch.save({"epoch": 3, "state_dict": {"shared.weight": matrix}}, OUT / "nested.bin")
    torch.save({"module.shared.weight": matrix}, OUT / "data_parallel.bin")
    torch.save({"weight": matrix, "step": 3}, OUT / "number.bin")
    torch.save({"weight": torch.ones(2, dtype=torch.complex64)}, OUT / "complex.bin")
    torch.save([matrix], OUT / "list.bin")


def tiny_config(**changes):
    return LEDConfig(
        vocab_size=11, d_model=4, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=1, encoder_ffn_dim=3, decoder_ffn_dim=5, attention_window=4,
        max_encoder_position_embeddings=8, max_decoder_position_embeddings=7, **changes,
    )


def tiny_model(cls, **changes):
    """Every parameter counts up from its own start, so that no two tensors hold the same numbers."""
    model = cls(tiny_config(**changes))
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) / 64 + i)
    return model


def saved_models():
    model = tiny_model(LEDForConditionalGeneration)
    for folder, options in {
        "tiny_lm": {"safe_serialization": True},
        "tiny_lm_bin": {"safe_serialization": False},
        "tiny_lm_shards": {"safe_serialization": True, "max_shard_size": 1200},
        "tiny_lm_bin_shards": {"safe_serialization": False, "max_shard_size": 1200},
    }.items():
        with tempfile.TemporaryDirectory() as saved:
            model.save_pretrained(saved, **options)
            (OUT / folder).mkdir()
            for file in sorted(pathlib.Path(saved).iterdir()):
                if "model" in file.name:
                    shutil.copyfile(file, OUT / folder / file.name)


def shapes(model):
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


def tied_groups(model):
    groups = collections.defaultdict(list)
    for name, tensor in model.state_dict().items():
        groups[tensor.data_ptr()].append(name)
    return [names for names in groups.values() if len(names) > 1]


def loading_cases():
    lm, base, classifier = (tiny_model(c) for c in (LEDForConditionalGeneration, LEDModel, LEDForSequenceClassification))
    untied = tiny_model(LEDForConditionalGeneration, tie_word_embeddings=False)
    aliases = ["led.shared.weight", "led.encoder.embed_tokens.weight", "led.decoder.embed_tokens.weight", "lm_head.weight"]
    full = lm.state_dict()

    def only(alias):
        return {k: v for k, v in full.items() if k not in aliases or k == alias}

    def disagree(names):
        return {**{k: v for k, v in full.items() if k not in aliases}, **{k: full[k] + 100 * (1 + aliases.index(k)) for k in names}}

    def renamed(state, old, new):
        return {k.replace(old, new): v for k, v in state.items()}

    norm = "led.encoder.layernorm_embedding"
    old = {k.replace("layernorm_embedding.weight", "layernorm_embedding.gamma").replace("layernorm_embedding.bias", "layernorm_embedding.beta"): v for k, v in full.items()}
    cases = {
        "the whole file": (lm, full),
        **{f"only {alias}": (lm, only(alias)) for alias in aliases},
        "no alias at all": (lm, only("none")),
        "base file into LM": (lm, base.state_dict()),
        "base file with one alias into LM": (lm, {k: v for k, v in base.state_dict().items() if k not in ("shared.weight", "encoder.embed_tokens.weight")}),
        "LM file into base": (base, full),
        "LM file with lm_head only into base": (base, only("lm_head.weight")),
        "LM file into classification": (classifier, full),
        "base file into classification": (classifier, base.state_dict()),
        "classification file into LM": (lm, classifier.state_dict()),
        "gamma and beta": (lm, old),
        "gamma beside weight": (lm, {**full, f"{norm}.gamma": full[f"{norm}.weight"] + 50}),
        "final_logits_bias left out": (lm, {k: v for k, v in full.items() if k != "final_logits_bias"}),
        "missing and unexpected": (lm, {**{k: v for k, v in full.items() if ".fc1." not in k}, "extra.b": torch.ones(1), "extra.a": torch.ones(2)}),
        "other shapes": (lm, {**full, "led.encoder.layers.0.fc1.weight": torch.ones(5, 4), "led.decoder.layers.0.fc2.bias": torch.ones(2)}),
        "other shape of one alias": (lm, {**full, "lm_head.weight": torch.ones(12, 4)}),
        "other shapes, base file": (lm, {**base.state_dict(), "encoder.layers.0.fc1.bias": torch.ones(5)}),
        "other shapes, LM file into base": (base, {**full, "led.encoder.layers.0.fc1.bias": torch.ones(5)}),
        "aliases disagree": (lm, disagree(aliases)),
        "aliases disagree, other order": (lm, disagree(aliases[::-1])),
        "two aliases disagree": (lm, disagree(["led.encoder.embed_tokens.weight", "led.shared.weight"])),
        "untied, whole": (untied, untied.state_dict()),
        "untied, lm_head left out": (untied, {k: v for k, v in untied.state_dict().items() if k != "lm_head.weight"}),
        "model. prefix into LM": (lm, renamed(full, "led.", "model.")),
        "model. prefix into base": (base, renamed({k: v for k, v in full.items() if k.startswith("led.")}, "led.", "model.")),
        "led without a dot": (lm, {**base.state_dict(), "ledger": torch.ones(1)}),
    }
    models = {"lm": lm, "base": base, "classifier": classifier, "untied": untied}
    results = []
    for title, (model, state) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            model.config.save_pretrained(folder)
            torch.save(state, pathlib.Path(folder) / "pytorch_model.bin")
            case = {
                "title": title,
                "model": next(name for name, known in models.items() if known is model),
                "file": [[name, list(tensor.shape)] for name, tensor in state.items()],
            }
            try:
                loaded, info = type(model).from_pretrained(folder, output_loading_info=True, ignore_mismatched_sizes=True)
            except ValueError as error:
                case["error"] = str(error)
                results.append(case)
                continue
            case["missing_keys"] = info["missing_keys"]
            case["unexpected_keys"] = info["unexpected_keys"]
            case["mismatched_keys"] = [[key, list(a), list(b)] for key, a, b in info["mismatched_keys"]]
            case["served_by"] = {}
            for name, tensor in loaded.state_dict().items():
                if not any(part in name for part in ("shared", "embed_tokens", "lm_head", "layernorm_embedding")):
                    continue
                same = [k for k, v in state.items() if v.shape == tensor.shape and torch.equal(v, tensor)]
                # Several names where aliases agree; none where the model made its own numbers.
                case["served_by"][name] = same
            results.append(case)
    known = {
        name: {
            "state_dict": shapes(model),
            "tied": tied_groups(model),
            "optional": model._keys_to_ignore_on_load_missing or [],
        }
        for name, model in models.items()
    }
    write_json("loading_cases.json", {"models": known, "cases": results})


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    files_of_every_type()
    halves()
    refused_files()
    saved_models()
    loading_cases()
