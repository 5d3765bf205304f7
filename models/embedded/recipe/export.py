"""Writes the trained weights as transformers' LEDForConditionalGeneration reads them, in float16.

    python export.py --work FOLDER --out models/embedded
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LEDConfig, LEDForConditionalGeneration

from model import GEOMETRY, LED

GENERATION = dict(
    bos_token_id=0,
    pad_token_id=1,
    eos_token_id=2,
    decoder_start_token_id=2,
    num_beams=4,
    no_repeat_ngram_size=3,
    min_length=40,
    max_length=128,
    length_penalty=1.0,
    early_stopping=True,
)


def config():
    return LEDConfig(**GEOMETRY, architectures=["LEDForConditionalGeneration"], torch_dtype="float16")


def reference(model):
    """transformers' model with the same weights."""
    led = LEDForConditionalGeneration(config()).eval()
    missing, unexpected = led.load_state_dict({f"led.{name}": value for name, value in model.state_dict().items()}, strict=False)
    tied = {"final_logits_bias", "lm_head.weight", "led.encoder.embed_tokens.weight", "led.decoder.embed_tokens.weight"}
    assert set(missing) <= tied and not unexpected, (missing, unexpected)
    return led


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    model = LED()
    model.load_state_dict(torch.load(args.work / "model.pt", weights_only=True)["model"])
    args.out.mkdir(parents=True, exist_ok=True)
    tensors = {f"led.{name}": value.half().contiguous() for name, value in sorted(model.state_dict().items())}
    tensors["final_logits_bias"] = torch.zeros(1, GEOMETRY["vocab_size"], dtype=torch.float16)
    save_file(tensors, args.out / "model.safetensors", metadata={"format": "pt"})
    config().to_json_file(args.out / "config.json")
    (args.out / "generation_config.json").write_text(json.dumps(GENERATION, indent=2) + "\n")
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(args.work / "tokenizer" / name, args.out / name)
    led, found = LEDForConditionalGeneration.from_pretrained(args.out, output_loading_info=True)
    assert not any(found.values()), found
    total = sum(f.stat().st_size for f in args.out.iterdir() if f.is_file())
    print(f"{sum(p.numel() for p in led.parameters()):,} parameters, {total:,} bytes in {args.out}")


if __name__ == "__main__":
    main()
