"""Writes fixtures/led-base-1024.json: slices of one forward pass of a model of led-base's size.

The weights (162 million) are the counter's, so only slices of the outputs are committed. `noise` is the largest
difference, over the whole outputs, between two equally good float32 computations: this one and the same with MKL-DNN off
and the hidden dimension of every matrix product cut in PIECES summed apart. It must stay far below the tolerance.
Needs about 2 GB and a minute on one core. Run from anywhere: python tests/oracle/led_base.py
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
import transformers

from counter_weights import counter_ids
from fixture_file import FIXTURES, write_fixture
from tiny_models import TinyModel, build

TOLERANCE = 1e-3
SOURCE_TOKENS, TARGET_TOKENS = 1024, 16
PIECES = 3

LED_BASE = TinyModel(
    name="led-base",
    seed=2020,
    # Sharper queries and keys than 0.02, whose attention would be almost uniform: scores here have a deviation near 2.
    scales={"query_key": (0.0, 0.05), "linear": (0.0, 0.028)},
    config={
        "model_type": "led", "vocab_size": 50265, "d_model": 768, "activation_function": "gelu",
        "encoder_layers": 6, "encoder_attention_heads": 12, "encoder_ffn_dim": 3072, "max_encoder_position_embeddings": 16384,
        "decoder_layers": 6, "decoder_attention_heads": 12, "decoder_ffn_dim": 3072, "max_decoder_position_embeddings": 1024,
        "attention_window": [1024] * 6, "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)


def piecewise_linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """x weight^T + bias, the sum taken in another order. x [..., in], weight [out, in]"""
    parts = zip(torch.tensor_split(x, PIECES, dim=-1), torch.tensor_split(weight, PIECES, dim=-1))
    total = sum(part @ columns.T for part, columns in parts)
    return total if bias is None else total + bias


def run(model: torch.nn.Module, inputs: dict[str, list[list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.no_grad():
        out = model(**{name: torch.tensor(value) for name, value in inputs.items()}, use_cache=False)
    return out.encoder_last_hidden_state[0], out.logits[0]


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    vocab = LED_BASE.config["vocab_size"]
    source = [0, *counter_ids(LED_BASE.seed, "input_ids", SOURCE_TOKENS - 2, 4, vocab), 2]
    target = [2, 0, *counter_ids(LED_BASE.seed, "decoder_input_ids", TARGET_TOKENS - 2, 4, vocab)]
    inputs = {
        "input_ids": [source],
        "attention_mask": [[1] * SOURCE_TOKENS],
        "global_attention_mask": [[1] + [0] * (SOURCE_TOKENS - 1)],
        "decoder_input_ids": [target],
    }
    model = build(LED_BASE)
    encoded, logits = run(model, inputs)  # [S, d], [T, V]

    linear = F.linear
    F.linear = piecewise_linear
    with torch.backends.mkldnn.flags(enabled=False):
        other_encoded, other_logits = run(model, inputs)
    F.linear = linear
    noise = {
        "encoder_last_hidden_state": float((encoded - other_encoded).abs().max()),
        "logits": float((logits - other_logits).abs().max()),
    }
    assert max(noise.values()) < TOLERANCE / 50, f"badly conditioned: {noise}"

    rows, columns = [0, 1, 255, 511, 512, 513, 768, 1022, 1023], [*range(0, 768, 24)]
    steps, tokens = [0, 1, 7, 15], [*range(0, vocab, 797), vocab - 1]
    best = logits.topk(2, dim=-1)
    write_fixture(
        FIXTURES / "led-base-1024.json",
        "led_base.py",
        ["torch", "transformers", "numpy"],
        {
            "model": LED_BASE.described(),
            "inputs": inputs,
            "tolerance": TOLERANCE,
            "noise": {name: float(f"{value:.2g}") for name, value in noise.items()},
            "encoder_last_hidden_state": {
                "positions": rows,
                "dims": columns,
                "values": encoded[rows][:, columns],
                "sum_by_position": encoded.double().sum(-1).float(),
                "norm": float(f"{encoded.double().norm():.9g}"),
            },
            "logits": {
                "positions": steps,
                "tokens": tokens,
                "values": logits[steps][:, tokens],
                "argmax": best.indices[:, 0],
                "lead_of_argmax": best.values[:, 0] - best.values[:, 1],
                "sum_by_position": logits.double().sum(-1).float(),
                "norm": float(f"{logits.double().norm():.9g}"),
            },
        },
    )
    print(f"noise {noise}; logits deviate by {float(logits.std()):.3g}, hidden states by {float(encoded.std()):.3g}")
