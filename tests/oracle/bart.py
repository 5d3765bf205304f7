"""Writes what a tiny BART computes, and the LED that allenai/longformer's conversion makes of it: fixtures/bart.json. Weights are
counter_weights.py's, so that the tests build the same checkpoint."""

import torch
from counter_weights import counter_ids, counter_values
from fixture_file import FIXTURES, write_fixture
from transformers import BartConfig, BartForConditionalGeneration, LEDConfig, LEDForConditionalGeneration

SEED = 211
WINDOW = 8
ROWS = 100
CONFIG = {
    "vocab_size": 61, "d_model": 12, "max_position_embeddings": 40, "activation_function": "gelu",
    "encoder_layers": 2, "encoder_attention_heads": 3, "encoder_ffn_dim": 20,
    "decoder_layers": 2, "decoder_attention_heads": 2, "decoder_ffn_dim": 18,
    "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2, "forced_eos_token_id": 2,
}


def scale_of(name):
    if "norm" in name and name.endswith("weight"):
        return (1.0, 0.1)
    return (0.0, 0.3)


def bart():
    model = BartForConditionalGeneration(BartConfig(**CONFIG)).eval()
    tensors = [{"name": "final_logits_bias", "shape": list(model.final_logits_bias.shape), "scale": [0.0, 0.3]}]
    for name, parameter in model.named_parameters():
        tensors.append({"name": name, "shape": list(parameter.shape), "scale": list(scale_of(name))})
    targets = dict(model.named_parameters()) | {"final_logits_bias": model.final_logits_bias}
    with torch.no_grad():
        for one in tensors:
            target = targets[one["name"]]
            values = counter_values(SEED, one["name"], target.numel(), *one["scale"])
            target.copy_(torch.from_numpy(values).reshape(target.shape))
    return model, tensors


def converted(model):
    """As convert_bart_to_longformerencoderdecoder.py, in the names and positions of transformers' LED."""
    shared = {key: value for key, value in CONFIG.items() if key != "max_position_embeddings"}
    config = LEDConfig(
        **shared,
        attention_window=[WINDOW] * CONFIG["encoder_layers"],
        max_encoder_position_embeddings=ROWS,
        max_decoder_position_embeddings=CONFIG["max_position_embeddings"],
    )
    led = LEDForConditionalGeneration(config).eval()
    state = {}
    for name, tensor in model.state_dict().items():
        name = name.replace("model.", "led.", 1) if name.startswith("model.") else name
        if name.endswith("encoder.embed_positions.weight"):
            learned = tensor[2:]
            copies = -(-ROWS // len(learned))
            state[name] = learned.repeat(copies, 1)[:ROWS]
        elif name.endswith("decoder.embed_positions.weight"):
            state[name] = tensor[2:]
        elif ".encoder.layers." in name and ".self_attn." in name:
            path, rest = name.split(".self_attn.")
            part, kind = rest.split(".")
            if part == "out_proj":
                state[f"{path}.self_attn.output.{kind}"] = tensor
            else:
                own = {"q_proj": "query", "k_proj": "key", "v_proj": "value"}[part]
                for suffix in ("", "_global"):
                    state[f"{path}.self_attn.longformer_self_attn.{own}{suffix}.{kind}"] = tensor
        else:
            state[name] = tensor
    led.load_state_dict(state)
    return led


def logits(model, **inputs):
    with torch.no_grad():
        return model(**{key: torch.tensor(value) for key, value in inputs.items()}).logits


if __name__ == "__main__":
    model, tensors = bart()
    led = converted(model)
    decoder = [[2, *counter_ids(SEED, "decoder", 4, 6, CONFIG["vocab_size"])]]
    # Within half a window all sees all, and LED computes what BART does.
    short = {"input_ids": [counter_ids(SEED, "short", 4, 6, CONFIG["vocab_size"])], "decoder_input_ids": decoder}
    assert torch.allclose(logits(model, **short), logits(led, **short), atol=1e-5)
    long_ids = [counter_ids(SEED, "long", 90, 6, CONFIG["vocab_size"])]
    marks = [[1 if i == 0 or i == 50 else 0 for i in range(90)]]
    long = {"input_ids": long_ids, "global_attention_mask": marks, "decoder_input_ids": decoder}
    content = {
        "seed": SEED,
        "config": {**CONFIG, "model_type": "bart", "architectures": ["BartForConditionalGeneration"]},
        "attention_window": WINDOW,
        "max_position_embeddings": ROWS,
        "tensors": tensors,
        "state_dict": {name: list(tensor.shape) for name, tensor in led.state_dict().items()},
        "short": {"inputs": short, "bart": logits(model, **short)},
        "long": {"inputs": long, "led": logits(led, **long)},
    }
    write_fixture(FIXTURES / "bart.json", "bart.py", ["torch", "transformers", "numpy"], content)
