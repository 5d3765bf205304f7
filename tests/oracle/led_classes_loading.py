"""loading.json: from_pretrained of every class over small checkpoints: names, aliases, prefixes, sizes, types."""

from __future__ import annotations

from typing import Any

import torch

from led_classes_files import Rows, fresh, load, rows_of, shortened, temporary_folder, tensor_of_row, write_checkpoint
from led_classes_models import HAW

BASE, LM = "LEDModel", "LEDForConditionalGeneration"
CLS, QA = "LEDForSequenceClassification", "LEDForQuestionAnswering"
ENCODER, DECODER = "LEDEncoder", "LEDDecoder"
THREE = {"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}}
UNTIED = {"tie_word_embeddings": False}
TABLE = [HAW.config["vocab_size"], HAW.config["d_model"]]


def renamed(rows: Rows, pairs: dict[str, str]) -> Rows:
    for old in pairs:
        assert any(row[0] == old for row in rows), old
    return [[pairs.get(name, name), *rest] for name, *rest in rows]


def dropped(rows: Rows, *names: str) -> Rows:
    assert set(names) <= {row[0] for row in rows}
    return [row for row in rows if row[0] not in names]


def prefixed(rows: Rows, prefix: str) -> Rows:
    return [[prefix + name, *rest] for name, *rest in rows]


def alias(name: str, seed: int | None = None) -> list[Any]:
    return [name, TABLE, "led.shared.weight", *([] if seed is None else [seed])]


def resized(rows: Rows, sizes: dict[str, list[int]]) -> Rows:
    return [[name, sizes.get(name, dims), *rest] for name, dims, *rest in rows]


class Checkpoints:
    def __init__(self) -> None:
        self.described: dict[str, dict[str, Any]] = {}

    def add(self, name: str, about: str, rows: Rows, changes: dict[str, Any] | None = None, **form: Any) -> None:
        config = {**HAW.config, **(changes or {})} if form.pop("config", True) else None
        self.described[name] = {"about": about, "config": config, **form, "tensors": rows}


def checkpoints() -> dict[str, dict[str, Any]]:
    made = Checkpoints()
    base, lm, untied = rows_of(HAW, BASE), rows_of(HAW, LM), rows_of(HAW, LM, UNTIED)
    cls = rows_of(HAW, CLS, THREE)
    made.add("base", "LEDModel's own file", base)
    made.add("lm", "LEDForConditionalGeneration's, tied", lm, {"architectures": [LM]})
    made.add("lm untied", "LEDForConditionalGeneration's, untied", untied, UNTIED)
    made.add("classification", "LEDForSequenceClassification's with three labels", cls, {**THREE, "architectures": [CLS]})
    made.add("answering", "LEDForQuestionAnswering's", rows_of(HAW, QA))
    made.add("encoder", "LEDEncoder's, bare names", rows_of(HAW, ENCODER))
    made.add("decoder", "LEDDecoder's, bare names", rows_of(HAW, DECODER))
    # Aliases.
    shared = "led.shared.weight"
    three = ["led.encoder.embed_tokens.weight", "led.decoder.embed_tokens.weight", "lm_head.weight"]
    made.add("lm all aliases", "as a file of torch.save has them", [*lm, *map(alias, three)])
    for name in three:
        made.add(f"lm {name} alone", "the table under one alias", renamed(lm, {shared: name}))
    made.add("lm no table", "the table is missing under all its names", dropped(lm, shared))
    made.add("base decoder.embed_tokens.weight alone", "the table under one alias", renamed(base, {"shared.weight": "decoder.embed_tokens.weight"}))
    seeds = {shared: 1, **{name: 2 + i for i, name in enumerate(three)}}
    disagreeing = [*dropped(lm, shared), *(alias(name, seed) for name, seed in seeds.items())]
    made.add("lm aliases disagree", "four tables of different seeds", disagreeing)
    made.add("lm aliases disagree, bin", "the same in a file of torch.save, last name first", disagreeing[::-1], file="pytorch_model.bin")
    made.add("lm two aliases disagree", "without lm_head.weight", [row for row in disagreeing if row[0] != "lm_head.weight"])
    made.add("lm tied with a head", "a head of its own in the file, but a config that ties", untied)
    made.add("lm untied without a head", "a config that does not tie, no lm_head.weight", lm, UNTIED)
    # Names.
    norm = "led.encoder.layernorm_embedding"
    made.add("lm gamma and beta", "old names of a normalisation", renamed(lm, {f"{norm}.weight": f"{norm}.gamma", f"{norm}.bias": f"{norm}.beta"}))
    made.add("base with beta in a name", "every `beta` becomes `bias`", [*base, ["alphabeta.table", [2], "led.encoder.layernorm_embedding.bias"]])
    model = [["model." + row[0].removeprefix("led."), *row[1:]] if row[0].startswith("led.") else row for row in lm]
    made.add("lm model. prefix", "names as BART's and the authors'", model)
    made.add("base model. prefix", "the same without the logits' bias", prefixed(base, "model."))
    made.add("base with ledger", "a name that begins with `led` and is none of the model's", [*base, ["ledger.weight", [3], "led.encoder.layernorm_embedding.bias"]])
    made.add("lm with more", "names that the model has not", [*lm, ["led.encoder.version", [1], f"{norm}.bias"], ["led.encoder.layers.1.fc1.bias", [5], f"{norm}.bias"]])
    # Missing.
    made.add("lm no final_logits_bias", "it is zeros then, and not missing", dropped(lm, "final_logits_bias"))
    gone = ["led.encoder.layers.0.fc1.bias", "led.encoder.layers.0.fc2.weight", "led.decoder.layers.0.final_layer_norm.weight", "led.decoder.embed_positions.weight"]
    made.add("lm with gaps", "a bias, a weight, a normalisation's weight and a table are missing", dropped(lm, *gone))
    made.add("empty", "no tensor at all", [])
    # Sizes.
    made.add("lm larger vocabulary", "13 tokens in the file, 11 in the config", resized(lm, {shared: [13, 6], "final_logits_bias": [1, 13]}))
    made.add("lm another table", "positions of another number", resized(lm, {"led.encoder.embed_positions.weight": [12, 6]}))
    made.add("lm another rank", "a bias [1, d]", resized(lm, {"led.encoder.layers.0.self_attn.output.bias": [1, 6]}))
    made.add("lm half the size", "a column of half as many numbers passes for a packed weight", resized(lm, {"led.encoder.layers.0.self_attn.output.weight": [18, 1]}))
    # Forms.
    made.add("lm float16", "half precision", lm, {"torch_dtype": "float16"}, dtype="F16")
    made.add("lm float16, config silent", "half precision that the config does not mention", lm, dtype="F16")
    made.add("lm bfloat16", "the other half precision", lm, {"torch_dtype": "bfloat16"}, dtype="BF16")
    made.add("lm float32, config float16", "the config and the file disagree", lm, {"torch_dtype": "float16"})
    made.add("lm no metadata", "a safetensors file that does not say its format", lm, metadata=None)
    made.add("lm metadata np", "a safetensors file of another format", lm, metadata={"format": "np"})
    made.add("lm bin", "a file of torch.save", lm, file="pytorch_model.bin")
    made.add("no weights", "config.json alone", [], file=None)
    made.add("no config", "weights alone", base, config=False)
    made.add("another type", "config.json of BART", base, {"model_type": "bart"})
    return made.described


# class, checkpoint, options
LOADS: list[tuple[str, str, dict[str, Any]]] = [
    *((name, "base", {}) for name in (BASE, LM, CLS, QA, ENCODER, DECODER)),
    *((name, "lm", {}) for name in (BASE, LM, CLS, QA, ENCODER, DECODER)),
    *((name, "lm untied", {}) for name in (BASE, LM, CLS)),
    *((name, "classification", {}) for name in (BASE, LM, CLS, QA, DECODER)),
    *((name, "answering", {}) for name in (BASE, LM, CLS, QA)),
    *((name, "encoder", {}) for name in (ENCODER, DECODER, BASE, LM)),
    *((name, "decoder", {}) for name in (DECODER, ENCODER, BASE)),
    *((name, "lm all aliases", {}) for name in (LM, BASE)),
    *((LM, f"lm {name} alone", {}) for name in ("led.encoder.embed_tokens.weight", "led.decoder.embed_tokens.weight", "lm_head.weight")),
    (BASE, "lm lm_head.weight alone", {}), (BASE, "lm led.encoder.embed_tokens.weight alone", {}), (LM, "lm no table", {}),
    (BASE, "base decoder.embed_tokens.weight alone", {}), (LM, "base decoder.embed_tokens.weight alone", {}),
    (LM, "lm aliases disagree", {}), (LM, "lm aliases disagree, bin", {}), (BASE, "lm aliases disagree", {}), (LM, "lm two aliases disagree", {}),
    (LM, "lm aliases disagree", UNTIED), (LM, "lm tied with a head", {}), (BASE, "lm tied with a head", {}), (LM, "lm untied without a head", {}),
    (LM, "lm gamma and beta", {}), (BASE, "lm gamma and beta", {}), (BASE, "base with beta in a name", {}),
    (LM, "lm model. prefix", {}), (CLS, "lm model. prefix", {}), (BASE, "lm model. prefix", {}), (LM, "base model. prefix", {}), (BASE, "base model. prefix", {}),
    (BASE, "base with ledger", {}), (LM, "base with ledger", {}), (LM, "lm with more", {}), (BASE, "lm with more", {}),
    (LM, "lm no final_logits_bias", {}), (LM, "lm with gaps", {}), (BASE, "lm with gaps", {}), (BASE, "empty", {}), (LM, "empty", {}),
    (CLS, "classification", {"num_labels": 5}), (CLS, "classification", {"num_labels": 5, "ignore_mismatched_sizes": True}),
    (CLS, "classification", {"num_labels": 3}), (CLS, "base", {"num_labels": 4}), (QA, "answering", {"num_labels": 5}),
    (LM, "lm larger vocabulary", {}), (LM, "lm larger vocabulary", {"ignore_mismatched_sizes": True}), (LM, "lm larger vocabulary", {"vocab_size": 13}),
    (BASE, "lm larger vocabulary", {"ignore_mismatched_sizes": True}),
    (LM, "lm another table", {}), (LM, "lm another table", {"ignore_mismatched_sizes": True}), (LM, "lm another table", {"max_encoder_position_embeddings": 12}),
    (LM, "lm another rank", {}), (LM, "lm another rank", {"ignore_mismatched_sizes": True}),
    (LM, "lm half the size", {}), (LM, "lm half the size", {"ignore_mismatched_sizes": True}),
    (LM, "lm", {"encoder_layers": 2, "attention_window": [4, 4]}), (LM, "lm", {"decoder_layers": 0}), (LM, "lm", {"encoder_ffn_dim": 6, "ignore_mismatched_sizes": True}),
    (LM, "lm float16", {}), (LM, "lm float16", {"torch_dtype": "auto"}), (LM, "lm float16", {"torch_dtype": "torch.float32"}), (LM, "lm float16", {"torch_dtype": "torch.bfloat16"}),
    (LM, "lm float16, config silent", {}), (LM, "lm float16, config silent", {"torch_dtype": "auto"}), (LM, "lm bfloat16", {"torch_dtype": "auto"}), (CLS, "lm float16", {"torch_dtype": "auto"}),
    (LM, "lm float32, config float16", {}), (LM, "lm float32, config float16", {"torch_dtype": "auto"}), (LM, "lm", {"torch_dtype": "torch.float16"}),
    (LM, "lm", {"torch_dtype": "torch.float64"}), (LM, "lm", {"torch_dtype": "float16"}), (LM, "lm", {"torch_dtype": "torch.int32"}),
    (LM, "lm no metadata", {}), (LM, "lm metadata np", {}), (LM, "lm bin", {}), (LM, "lm bin", {"use_safetensors": True}),
    (LM, "lm", {"use_safetensors": False}), (LM, "lm", {"variant": "fp16"}),
    (BASE, "no weights", {}), (BASE, "no config", {}), (BASE, "another type", {}), (LM, "lm", {"unknown_option": 1}), (LM, "lm", {"low_cpu_mem_usage": False}),
]


def loads(described: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for class_name, name, options in LOADS:
        checkpoint = described[name]
        form = {key: checkpoint[key] for key in ("file", "dtype", "metadata") if key in checkpoint}
        torch.manual_seed(0)
        with temporary_folder() as folder:
            write_checkpoint(folder, HAW, checkpoint["tensors"], checkpoint["config"], **form)
            model, row = load(class_name, folder, options)
        result = {"class": class_name, "checkpoint": name, **({"options": options} if options else {}), **row}
        if model is not None:
            result["fresh"] = fresh(model, HAW, class_name, checkpoint["tensors"], checkpoint.get("dtype", "F32"))
            result |= observed(model, checkpoint)
        rows.append(result)
    return rows


def observed(model: torch.nn.Module, checkpoint: dict[str, Any]) -> dict[str, Any]:
    """What the model is, where that is not plain float32 under the checkpoint's own config."""
    dtype = str(next(model.parameters()).dtype).removeprefix("torch.")
    config_dtype = model.config.torch_dtype
    row: dict[str, Any] = {"training": True} if model.training else {}
    if dtype != "float32" or config_dtype is not None:
        row |= {"dtype": dtype, "config_torch_dtype": None if config_dtype is None else str(config_dtype).removeprefix("torch.")}
    tables = table_seeds(model, checkpoint["tensors"])
    return row | ({"table_of": tables} if tables else {})


def table_seeds(model: torch.nn.Module, rows: Rows) -> dict[str, str]:
    """Where the aliases in the file disagree: which of them each table of the model has taken."""
    seeded = {row[0]: tensor_of_row(HAW, *row[1:]) for row in rows if len(row) == 4}
    if not seeded and not any(row[0] == "lm_head.weight" and row[2] == "lm_head.weight" for row in rows):
        return {}
    seeded = seeded or {row[0]: tensor_of_row(HAW, *row[1:]) for row in rows if row[0] in ("lm_head.weight", "led.shared.weight")}
    found = {}
    for name, tensor in model.state_dict().items():
        if name.endswith(("shared.weight", "embed_tokens.weight", "lm_head.weight")):
            found[name] = next((source for source, values in seeded.items() if torch.equal(values, tensor)), "none of them")
    return found


def content() -> dict[str, Any]:
    described = checkpoints()
    written = {name: {**made, "tensors": shortened(made["tensors"])} for name, made in described.items()}
    return {"model": HAW.described(), "checkpoints": written, "loads": loads(described)}
