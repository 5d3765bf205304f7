"""Compares model.py with transformers' LED on the same weights: encoder output and logits, for texts of several lengths."""

import argparse
from pathlib import Path

import numpy as np
import torch

from export import reference
from model import LED, start_from_copying
from train import collate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder of model.pt; without it, the starting weights")
    args = parser.parse_args()
    model = LED()
    start_from_copying(model)
    if args.work:
        model.load_state_dict(torch.load(args.work / "model.pt", weights_only=True)["model"])
    rng = np.random.default_rng(5)
    examples = [(rng.integers(4, 7000, n), 0, rng.integers(4, 7000, m)) for n, m in ((500, 9), (77, 20), (333, 14))]
    batch = collate(examples, 64)
    led = reference(model)
    first = torch.zeros_like(batch["ids"])
    first[:, 0] = 1
    with torch.no_grad():
        memory = model.encode(batch["ids"], batch["positions"], batch["valid"])
        logits = model.decode(batch["decoder_ids"], memory, batch["valid"]) @ model.shared.weight.T
        out = led(
            input_ids=batch["ids"],
            attention_mask=batch["valid"].long(),
            global_attention_mask=first,
            decoder_input_ids=batch["decoder_ids"],
        )
    apart = (out.encoder_last_hidden_state - memory)[batch["valid"]].abs().max().item()
    print("encoder", apart, "logits", (out.logits - logits)[batch["labels"] != -100].abs().max().item())
    assert apart < 1e-3


if __name__ == "__main__":
    main()
