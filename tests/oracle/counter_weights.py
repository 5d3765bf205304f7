"""Weights and token ids that are a pure function of (seed, tensor name, flat index).

The same generator stands in tests/counter-weights.ts; tests/counter-weights.test.ts compares the two on the samples
this script writes. Thanks to it a model of any size is committed as a seed: only slices of its outputs are files.

A value: two 32-bit hashes of the index, keyed by seed and name, give four 16-bit uniforms; their sum minus its mean is
an integer of at most 18 bits; `mean + integer * (std / SUM_STD)` is computed in double and rounded once to float32. No
step depends on the language, the vector width or the platform.

Run it to write fixtures/counter-weights.json (needs numpy only).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, Mapping

import numpy as np

from fixture_file import FIXTURES, write_fixture

GOLDEN = 0x9E3779B9
MIX_1 = 0x7FEB352D
MIX_2 = 0x846CA68B
MASK = 0xFFFFFFFF
# Mean and standard deviation of the sum of four uniform integers in 0..65535.
SUM_MEAN = 2 * 65535
SUM_STD = math.sqrt((65536 * 65536 - 1) / 3)
CHUNK = 1 << 20


def mix(x: int) -> int:
    """A 32-bit bijection in which every input bit reaches every output bit."""
    x = ((x ^ (x >> 16)) * MIX_1) & MASK
    x = ((x ^ (x >> 15)) * MIX_2) & MASK
    return x ^ (x >> 16)


def name_hash(name: str) -> int:
    """FNV-1a over the UTF-8 bytes."""
    h = 0x811C9DC5
    for byte in name.encode("utf-8"):
        h = ((h ^ byte) * 0x01000193) & MASK
    return h


def keys(seed: int, name: str) -> list[int]:
    """Four keys, two for each hash. Two per hash, so that the streams of two tensors are never shifts of each other."""
    h = mix(name_hash(name) ^ mix(seed & MASK))
    return [mix((h + n * GOLDEN) & MASK) for n in (1, 2, 3, 4)]


def hashes(start: int, count: int, first: int, second: int) -> np.ndarray:
    """Hashes of the indices start .. start+count-1: mix with `second` added half-way. uint32 [count]"""
    x = np.arange(start, start + count, dtype=np.uint32)
    x *= np.uint32(GOLDEN)
    x ^= np.uint32(first)
    x ^= x >> np.uint32(16)
    x *= np.uint32(MIX_1)
    x += np.uint32(second)
    x ^= x >> np.uint32(15)
    x *= np.uint32(MIX_2)
    x ^= x >> np.uint32(16)
    return x


def counter_values(seed: int, name: str, count: int, mean: float, std: float, start: int = 0) -> np.ndarray:
    """Values start .. start+count-1 of a tensor. float32 [count]"""
    k = keys(seed, name)
    scale = std / SUM_STD
    out = np.empty(count, dtype=np.float32)
    for at in range(0, count, CHUNK):
        n = min(CHUNK, count - at)
        a = hashes(start + at, n, k[0], k[1])
        b = hashes(start + at, n, k[2], k[3])
        low = np.uint32(0xFFFF)
        total = (a & low) + (a >> np.uint32(16)) + (b & low) + (b >> np.uint32(16))
        out[at : at + n] = mean + (total.astype(np.float64) - SUM_MEAN) * scale
    return out


def counter_ids(seed: int, name: str, count: int, low: int, high: int) -> list[int]:
    """Token ids low .. high-1."""
    k = keys(seed, name)
    return [low + int(h) % (high - low) for h in hashes(0, count, k[0], k[1])]


# Mean and standard deviation of each kind of parameter. No kind is exactly 0 or 1, so that a parameter that is
# left out, doubled or swapped changes the outputs.
SCALES: dict[str, tuple[float, float]] = {
    "embedding": (0.0, 0.02),
    "position": (0.0, 0.02),
    "query_key": (0.0, 0.02),
    "linear": (0.0, 0.02),
    "head": (0.0, 0.02),
    "bias": (0.0, 0.01),
    "norm_weight": (1.0, 0.05),
    "norm_bias": (0.0, 0.02),
    "logits_bias": (0.0, 0.05),
}


@dataclass(frozen=True)
class Parameter:
    name: str
    shape: tuple[int, ...]
    kind: str


def led_parameters(config: Mapping[str, object]) -> Iterator[Parameter]:
    """Parameters of LEDForConditionalGeneration as save_pretrained names them: tied aliases once, as led.shared.weight."""
    d, vocab = int(config["d_model"]), int(config["vocab_size"])

    def affine(name: str, rows: int, columns: int, kind: str = "linear") -> Iterator[Parameter]:
        yield Parameter(f"{name}.weight", (rows, columns), kind)
        yield Parameter(f"{name}.bias", (rows,), "bias")

    def norm(name: str) -> Iterator[Parameter]:
        yield Parameter(f"{name}.weight", (d,), "norm_weight")
        yield Parameter(f"{name}.bias", (d,), "norm_bias")

    yield Parameter("final_logits_bias", (1, vocab), "logits_bias")
    yield Parameter("led.shared.weight", (vocab, d), "embedding")
    if config.get("tie_word_embeddings") is False:
        yield Parameter("lm_head.weight", (vocab, d), "head")
    for side in ("encoder", "decoder"):
        ffn = int(config[f"{side}_ffn_dim"])
        positions = int(config[f"max_{side}_position_embeddings"])
        yield Parameter(f"led.{side}.embed_positions.weight", (positions, d), "position")
        yield from norm(f"led.{side}.layernorm_embedding")
        for i in range(int(config[f"{side}_layers"])):
            layer = f"led.{side}.layers.{i}"
            if side == "encoder":
                attention = f"{layer}.self_attn.longformer_self_attn"
                for which in ("query", "key", "value", "query_global", "key_global", "value_global"):
                    yield from affine(f"{attention}.{which}", d, d, "linear" if "value" in which else "query_key")
                yield from affine(f"{layer}.self_attn.output", d, d)
            else:
                for attention in ("self_attn", "encoder_attn"):
                    for which in ("k_proj", "v_proj", "q_proj", "out_proj"):
                        kind = "query_key" if which[0] in "kq" else "linear"
                        yield from affine(f"{layer}.{attention}.{which}", d, d, kind)
                yield from norm(f"{layer}.encoder_attn_layer_norm")
            yield from norm(f"{layer}.self_attn_layer_norm")
            yield from affine(f"{layer}.fc1", ffn, d)
            yield from affine(f"{layer}.fc2", d, ffn)
            yield from norm(f"{layer}.final_layer_norm")


CLASSES = (
    "LEDModel", "LEDForConditionalGeneration", "LEDForSequenceClassification", "LEDForQuestionAnswering", "LEDEncoder", "LEDDecoder",
)


def class_parameters(config: Mapping[str, object], class_name: str) -> Iterator[tuple[str, Parameter]]:
    """Parameters of any LED class under the names of its own files, tied aliases once. The Parameter's own name is the one
    that the weight is drawn for, which is led_parameters' wherever that has the tensor: all classes share their weights."""
    d = int(config["d_model"])
    headed = class_name.startswith("LEDFor")
    side = {"LEDEncoder": "encoder", "LEDDecoder": "decoder"}.get(class_name)
    for p in led_parameters(config):
        if not p.name.startswith("led."):
            if class_name == "LEDForConditionalGeneration":
                yield p.name, p
        elif headed:
            yield p.name, p
        elif side is None:
            yield p.name.removeprefix("led."), p
        elif p.name == "led.shared.weight":
            yield "embed_tokens.weight", p
        elif p.name.startswith(f"led.{side}."):
            yield p.name.removeprefix(f"led.{side}."), p
    if class_name == "LEDForSequenceClassification":
        named = config.get("id2label")
        labels = len(named) if named else int(config.get("num_labels", 2))
        head = [("classification_head.dense", d, "linear"), ("classification_head.out_proj", labels, "head")]
    else:
        head = [("qa_outputs", 2, "head")] if class_name == "LEDForQuestionAnswering" else []
    for name, rows, kind in head:
        for p in (Parameter(f"{name}.weight", (rows, d), kind), Parameter(f"{name}.bias", (rows,), "bias")):
            yield p.name, p


def class_weights(
    config: Mapping[str, object], class_name: str, seed: int, scales: Mapping[str, tuple[float, float]] | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """As led_weights, for any LED class."""
    chosen = {**SCALES, **(scales or {})}
    for name, p in class_parameters(config, class_name):
        mean, std = chosen[p.kind]
        yield name, counter_values(seed, p.name, math.prod(p.shape), mean, std).reshape(p.shape)


def led_weights(
    config: Mapping[str, object], seed: int, scales: Mapping[str, tuple[float, float]] | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and float32 array of every parameter; `scales` replaces entries of SCALES."""
    chosen = {**SCALES, **(scales or {})}
    for p in led_parameters(config):
        mean, std = chosen[p.kind]
        yield p.name, counter_values(seed, p.name, math.prod(p.shape), mean, std).reshape(p.shape)


def samples() -> dict:
    cases = []
    for seed, name, mean, std, count in [
        (0, "led.shared.weight", 0.0, 0.02, 50265 * 768),
        (7, "led.encoder.layers.0.self_attn.longformer_self_attn.query.weight", 0.0, 0.7, 100_003),
        (7, "led.encoder.layers.0.self_attn.longformer_self_attn.key.weight", 0.0, 0.7, 100_003),
        (0xFFFFFFFF, "led.decoder.layers.11.final_layer_norm.weight", 1.0, 0.05, 70_001),
        (20240131, "ſ name of more than one byte a letter 🐸", -3.0, 1e-3, 4_099),
    ]:
        indices = sorted({0, 1, 2, 3, 255, 256, 4_098, *(i for i in (65_535, 65_536, count // 2, count - 1) if i < count)})
        values = counter_values(seed, name, min(count, 100_003), mean, std)
        picked = np.concatenate([counter_values(seed, name, 1, mean, std, start=i) for i in indices])
        cases.append(
            {
                "seed": seed, "name": name, "mean": mean, "std": std, "indices": indices, "values": picked,
                "first": {"count": len(values), "xor_of_bits": int(np.bitwise_xor.reduce(values.view(np.uint32)))},
            }
        )
    models = []
    for seed, changes in [(11, {}), (12, {"tie_word_embeddings": False, "encoder_layers": 1, "decoder_layers": 2})]:
        config = {
            "d_model": 6, "vocab_size": 13, "encoder_layers": 2, "decoder_layers": 1, "encoder_ffn_dim": 5,
            "decoder_ffn_dim": 7, "max_encoder_position_embeddings": 17, "max_decoder_position_embeddings": 11, **changes,
        }
        listed = [
            {"name": p.name, "shape": list(p.shape), "kind": p.kind, "xor_of_bits": int(np.bitwise_xor.reduce(w.view(np.uint32).ravel()))}
            for p, (_, w) in zip(led_parameters(config), led_weights(config, seed))
        ]
        models.append({"config": config, "seed": seed, "parameters": listed})
    return {
        "values": cases,
        "ids": [
            {"seed": seed, "name": "input_ids", "low": low, "high": high, "ids": counter_ids(seed, "input_ids", 24, low, high)}
            for seed, low, high in [(0, 3, 50264), (5, 0, 2)]
        ],
        "default_scales": SCALES,
        "models": models,
    }


if __name__ == "__main__":
    write_fixture(FIXTURES / "counter-weights.json", "counter_weights.py", ["numpy"], samples())
