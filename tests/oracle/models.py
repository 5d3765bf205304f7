"""Writes fixtures/models/{odd,plain,wide}.json (forward passes of the tiny models) and fixtures/models/saved/ (folders
that save_pretrained wrote). README.md beside this script says what is in them.

`noise` in each file is the largest difference between these float32 outputs and the same passes in float64: how far an
equally good float32 computation may be away. Run from anywhere: python tests/oracle/models.py
"""

from __future__ import annotations

import shutil
from typing import Any

import torch

from counter_weights import counter_ids
from fixture_file import FIXTURES, write_fixture
from tiny_models import ODD, PLAIN, WIDE, TinyModel, build, default_dtype

PACKAGES = ["torch", "transformers", "numpy"]
OUT = FIXTURES / "models"


def ids(tiny: TinyModel, label: str, rows: int, length: int) -> list[list[int]]:
    """Ordinary tokens: the special ones have the lowest ids."""
    flat = counter_ids(tiny.seed, label, rows * length, 6, tiny.config["vocab_size"])
    return [flat[r * length : (r + 1) * length] for r in range(rows)]


def marks(length: int, rows: list[list[int]], value: int = 1, rest: int = 0) -> list[list[int]]:
    """A mask with `value` at the listed positions of each row."""
    return [[value if i in row else rest for i in range(length)] for row in rows]


def padded(tiny: TinyModel, tokens: list[list[int]], mask: list[list[int]]) -> list[list[int]]:
    pad = tiny.config["pad_token_id"]
    return [[t if m else pad for t, m in zip(row, keep)] for row, keep in zip(tokens, mask)]


def source(
    tiny: TinyModel,
    label: str,
    length: int,
    lengths: list[int] | None = None,
    left: bool = False,
    globals_: list[list[int]] | None = None,
    rows: int = 1,
) -> dict[str, list[list[int]]]:
    """input_ids, and the masks asked for: `lengths` gives an attention_mask, `globals_` the global positions by row."""
    inputs = {"input_ids": ids(tiny, label, len(lengths or globals_ or range(rows)), length)}
    if lengths is not None:
        inputs["attention_mask"] = marks(
            length, [list(range(length - n, length) if left else range(n)) for n in lengths]
        )
        inputs["input_ids"] = padded(tiny, inputs["input_ids"], inputs["attention_mask"])
    if globals_ is not None:
        inputs["global_attention_mask"] = marks(length, globals_)
    return inputs


def target(tiny: TinyModel, label: str, rows: int, length: int) -> dict[str, list[list[int]]]:
    start = tiny.config["decoder_start_token_id"]
    return {"decoder_input_ids": [[start, *row[1:]] for row in ids(tiny, f"{label} target", rows, length)]}


Case = tuple[str, str, dict[str, Any], set[str]]


def case(name: str, about: str, inputs: dict[str, Any], *more: str) -> Case:
    return name, about, inputs, set(more)


def odd_cases() -> list[Case]:
    def src(label: str, length: int, *args: Any, **options: Any) -> dict:
        return source(ODD, label, length, *args, **options)

    def tgt(label: str, rows: int, length: int) -> dict:
        return target(ODD, label, rows, length)

    holes = src("holes", 11, [11, 11], globals_=[[0, 3], [2, 5]])
    holes["attention_mask"][0][3] = holes["attention_mask"][0][6] = holes["attention_mask"][1][10] = 0
    holes["global_attention_mask"][1][7] = holes["global_attention_mask"][1][8] = -1
    holes["global_attention_mask"][0][9] = -1

    masked_row = src("masked row", 11, [11, 0], globals_=[[0], [4]])
    decoder_padding = src("decoder padding", 11, [11, 8, 11])
    decoder_padding |= tgt("decoder padding", 3, 6)
    decoder_padding["decoder_attention_mask"] = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1]]

    ragged = [[], [0], [0, 5, 22]]
    return [
        case("ragged", "batch of 3, padding right, 0, 1 and 3 globals by row, all hidden states",
             src("ragged", 29, [29, 17, 23], globals_=ragged) | tgt("ragged", 3, 5), "hidden"),
        case("ragged-row-2", "the last row of `ragged` by itself and without its padding: same numbers",
             {"input_ids": [src("ragged", 29, [29, 17, 23])["input_ids"][2][:23]],
              "global_attention_mask": marks(23, [ragged[2]]),
              "decoder_input_ids": [tgt("ragged", 3, 5)["decoder_input_ids"][2]]}),
        case("no-masks", "ids only, prompt of one token", src("no masks", 11) | tgt("no masks", 1, 1)),
        case("zero-globals", "a global mask without a global token", src("no masks", 11, globals_=[[]]) | tgt("no masks", 1, 1)),
        case("globals-only", "a global mask without an attention mask, S = 37",
             src("globals only", 37, globals_=[[0, 18, 36]]) | tgt("globals only", 1, 3)),
        case("padding-only", "no globals, S = 37, padding right", src("padding only", 37, [37, 30, 9]) | tgt("padding only", 3, 2)),
        case("left-padding", "padding left, the first real token global",
             src("left", 29, [22, 29], left=True, globals_=[[7], [0]]) | tgt("left", 2, 3)),
        case("holes", "masked tokens inside, one of them global (stays masked); -1 in the global mask (masks the encoder only)",
             holes | tgt("holes", 2, 4)),
        case("masked-row", "a row without a single visible token", masked_row | tgt("masked row", 2, 2)),
        case("shorter-than-window", "S = 3, both windows larger; caches", src("short", 3, [3, 2], globals_=[[1], []]) | tgt("short", 2, 4), "past"),
        case("five", "S = 5, caches after a prompt of one token", src("five", 5, [5, 4], globals_=[[0], [0]]) | tgt("five", 2, 1), "past"),
        case("exact", "S = 16, a multiple of both windows", src("exact", 16, globals_=[[0, 15]]) | tgt("exact", 1, 2)),
        case("all-global", "every token global", src("all global", 11, globals_=[list(range(11))]) | tgt("all global", 1, 2)),
        case("s150", "S = 150, several blocks of queries", src("s150", 150, [150], globals_=[[0, 75, 149]]) | tgt("s150", 1, 2)),
        case("s300", "S = 300, padding right", src("s300", 300, [291], globals_=[[0, 130, 257]]) | tgt("s300", 1, 2)),
        case("decoder-padding", "decoder_attention_mask: none, right, left", decoder_padding),
    ]


def plain_cases() -> list[Case]:
    def src(label: str, length: int, *args: Any, **options: Any) -> dict:
        return source(PLAIN, label, length, *args, **options)

    def tgt(label: str, rows: int, length: int) -> dict:
        return target(PLAIN, label, rows, length)

    return [
        case("ragged", "batch of 3, all hidden states", src("ragged", 29, [20, 29, 11], globals_=[[0, 1], [], [4]]) | tgt("ragged", 3, 4), "hidden"),
        case("no-masks", "ids only", src("no masks", 5) | tgt("no masks", 1, 3), "past"),
        case("full-table", "S = 55 is padded to 60, the whole position table", src("table", 55, globals_=[[0]]) | tgt("table", 1, 2)),
        case("left-padding", "padding left", src("left", 11, [11, 6], left=True) | tgt("left", 2, 1)),
    ]


def wide_cases() -> list[Case]:
    def tgt(label: str, rows: int, length: int) -> dict:
        return target(WIDE, label, rows, length)

    return [
        case("s300", "S = 300 in windows of 256 and 64", source(WIDE, "s300", 300, [300], globals_=[[0, 211]]) | tgt("s300", 1, 3)),
        case("s150", "S = 150, shorter than the first window, ragged", source(WIDE, "s150", 150, [150, 97], globals_=[[3], []]) | tgt("s150", 2, 2)),
    ]


def forward(model: torch.nn.Module, inputs: dict[str, Any], more: set[str]) -> dict[str, Any]:
    tensors = {name: torch.tensor(value) for name, value in inputs.items()}
    with torch.no_grad():
        out = model(**tensors, output_hidden_states=True, use_cache=True)
    outputs: dict[str, Any] = {"encoder_last_hidden_state": out.encoder_last_hidden_state, "logits": out.logits}
    if "hidden" in more:
        outputs["encoder_hidden_states"] = list(out.encoder_hidden_states)
        outputs["decoder_hidden_states"] = list(out.decoder_hidden_states)
    if "past" in more:
        outputs["past_key_values"] = [list(layer) for layer in out.past_key_values]
    return outputs


def incremental(model: torch.nn.Module, inputs: dict[str, Any], pieces: list[int]) -> dict[str, Any]:
    """The decoder fed piece by piece with its own cache. The mask of a step covers past and piece."""
    tensors = {name: torch.tensor(value) for name, value in inputs.items()}
    target_ids, target_mask = tensors.pop("decoder_input_ids"), tensors.pop("decoder_attention_mask", None)
    with torch.no_grad():
        encoded = model.get_encoder()(**tensors)
        logits, past, at = [], None, 0
        for n in pieces:
            mask = {} if target_mask is None else {"decoder_attention_mask": target_mask[:, : at + n]}
            out = model(
                encoder_outputs=encoded, attention_mask=tensors.get("attention_mask"), past_key_values=past,
                decoder_input_ids=target_ids[:, at : at + n], use_cache=True, **mask,
            )
            logits.append(out.logits)
            past, at = out.past_key_values, at + n
    return {"step_logits": logits, "past_key_values": [list(layer) for layer in past]}


def incremental_cases() -> list[tuple[str, str, dict[str, Any], list[int]]]:
    inputs = source(ODD, "incremental", 7, [7, 5], globals_=[[0], []]) | target(ODD, "incremental", 2, 6)
    masked = inputs | {"decoder_attention_mask": [[1, 1, 1, 1, 1, 1], [1, 0, 1, 1, 1, 1]]}
    return [
        ("incremental", "a prompt of 2, then 1, 1, 1 and 1 tokens: the logits of the whole pass", inputs, [2, 1, 1, 1, 1]),
        ("incremental-chunks", "1, 3 and 2 tokens under a decoder_attention_mask over past and piece (ignored by the first)", masked, [1, 3, 2]),
    ]


def difference(a: Any, b: Any) -> float:
    if isinstance(a, torch.Tensor):
        return float((a.double() - b.double()).abs().max())
    return max(difference(x, y) for x, y in zip(a, b, strict=True))


def write_forward(tiny: TinyModel, cases: list[Case]) -> None:
    model, exact = build(tiny), build(tiny, torch.float64)
    noise: dict[str, float] = {}

    def measured(name: str, about: str, inputs: dict, extra: dict, run: Any) -> dict:
        outputs = run(model)
        with default_dtype(torch.float64):
            twin = run(exact)
        for key, value in outputs.items():
            noise[key] = max(noise.get(key, 0.0), difference(value, twin[key]))
        return {"name": name, "about": about, "inputs": inputs, **extra, "outputs": outputs}

    written = [measured(n, about, inputs, {}, lambda m: forward(m, inputs, more)) for n, about, inputs, more in cases]
    content = {"model": tiny.described(), "noise": noise, "cases": written}
    if tiny is ODD:
        steps = [
            measured(n, about, inputs, {"pieces": pieces}, lambda m: incremental(m, inputs, pieces))
            for n, about, inputs, pieces in incremental_cases()
        ]
        whole = forward(model, incremental_cases()[0][2], set())["logits"]
        apart = difference(torch.cat(steps[0]["outputs"]["step_logits"], dim=1), whole)
        assert apart < 1e-5, f"the cached passes differ from the whole one by {apart}"
        content["incremental"] = steps
    content["noise"] = {key: float(f"{value:.2g}") for key, value in noise.items()}
    write_fixture(OUT / f"{tiny.name}.json", "models.py", PACKAGES, content)


def write_saved() -> None:
    """`odd` cut to small tables as one safetensors file, and `plain` in shards; save_pretrained makes every byte."""
    small = TinyModel("odd-small", 104, ODD.scales, {**ODD.config, "max_encoder_position_embeddings": 16, "encoder_layers": 1,
                      "attention_window": [4], "decoder_layers": 1, "max_decoder_position_embeddings": 9})
    contents = []
    for tiny, folder, options in [(small, "single", {}), (PLAIN, "sharded", {"max_shard_size": "8KB"})]:
        shutil.rmtree(OUT / "saved" / folder, ignore_errors=True)
        model = build(tiny)
        model.save_pretrained(OUT / "saved" / folder, **options)
        inputs = source(tiny, "saved", 11, [11, 7], globals_=[[0], [2]]) | target(tiny, "saved", 2, 2)
        contents.append({"folder": folder, "model": tiny.described(), "inputs": inputs, "outputs": forward(model, inputs, set())})
    write_fixture(OUT / "saved.json", "models.py", [*PACKAGES, "safetensors"], {"folders": contents})


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_forward(ODD, odd_cases())
    write_forward(PLAIN, plain_cases())
    write_forward(WIDE, wide_cases())
    write_saved()
