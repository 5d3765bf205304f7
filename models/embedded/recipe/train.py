"""Trains the model: sentence copying on short pieces of the documents first, then summaries of whole documents.

    python train.py --work FOLDER --stage copy
    python train.py --work FOLDER --stage summary

FOLDER is data.py's. A stage saves model.pt every few minutes, with the optimiser and the step, and goes on from there when it is run
again; the next stage starts from the last one's weights. Examples depend on the seed and the step only.
"""

import argparse
import math
import pickle
import time
from pathlib import Path

import numpy as np
import torch

from data import BOS, EOS, MAX_SOURCE, PAD, join
from model import C, LED, start_from_copying

SEED = 20
STAGES = {  # a step of either takes two cores about half a second
    "copy": dict(steps=700, batch=32, rate=1e-3, warm=100, target=72),
    "summary": dict(steps=1550, batch=8, rate=6e-4, warm=50, target=128, mixed=480),
}


def draw_copy(row, rng, room=254):
    """A piece of the document, and one or two of its sentences to be repeated: half of the time sentences that the summary rests on."""
    candidates = [i for i in np.flatnonzero(row["prose"]) if 6 <= len(row["first"][i]) <= 60]
    if not candidates:
        return None
    best = [i for i in candidates if row["oracle"][i]]
    if best and rng.random() < 0.5:
        one = int(rng.choice(best))
        low = max(0, int(row["spans"][one, 1]) - room)
        begin = int(rng.integers(low, row["spans"][one, 0] + 1))
        if low == 0 and rng.random() < 0.5:
            begin = 0
    else:
        one = int(rng.choice(candidates))
        begin = max(0, int(row["spans"][one, 0]) - int(rng.integers(0, 40)))
        one = next((i for i in candidates if row["spans"][i, 0] >= begin), one)
    chosen = [one]
    later = [i for i in candidates if i > one and row["spans"][i, 1] <= begin + room]
    if later and rng.random() < 0.3:
        chosen.append(next((i for i in later if row["oracle"][i]), later[0]))
    source = row["ids"][begin : begin + room]
    place = begin if begin + room < MAX_SOURCE - 2 and rng.random() < 0.5 else int(rng.integers(0, MAX_SOURCE - room - 2))
    return source, (0 if begin == 0 else place), join(row, chosen)


def draw_summary(row, rng, abstractive):
    """The document's beginning with the sentences its summary rests on, or, with the chance `abstractive`, with the summary itself."""
    room = int(rng.choice([766, 1022, 2046, 4094], p=[0.3, 0.35, 0.25, 0.1]))
    source = row["ids"][:room]
    if rng.random() < abstractive:
        return source, 0, row["summary"]
    chosen = [i for i in np.flatnonzero(row["oracle"]) if row["spans"][i, 1] <= room]
    if not chosen:
        chosen = [i for i in np.flatnonzero(row["prose"]) if row["spans"][i, 1] <= room][:2]
    if not chosen:
        return source, 0, row["summary"]
    return source, 0, join(row, chosen)


def collate(examples, target):
    """Encoder: <s> source </s>, padded to whole blocks. Labels: <s> target </s>; the decoder reads them shifted behind </s>."""
    length = max(len(source) for source, _, _ in examples) + 2
    length = -(-length // C) * C
    texts = [np.concatenate([[BOS], t[: target - 2], [EOS] if len(t) <= target - 2 else []]) for _, _, t in examples]
    width = max(len(t) for t in texts)
    ids = np.full((len(examples), length), PAD, dtype=np.int64)
    positions = np.zeros_like(ids)
    labels = np.full((len(examples), width), -100, dtype=np.int64)
    decoder_ids = np.full((len(examples), width), PAD, dtype=np.int64)
    for n, ((source, place, _), text) in enumerate(zip(examples, texts)):
        ids[n, : len(source) + 2] = np.concatenate([[BOS], source, [EOS]])
        positions[n, 1:] = place + np.arange(1, length)
        labels[n, : len(text)] = text
        decoder_ids[n, 0] = EOS
        decoder_ids[n, 1 : len(text)] = text[:-1]
    batch = dict(ids=ids, positions=np.minimum(positions, MAX_SOURCE - 1), labels=labels, decoder_ids=decoder_ids)
    batch = {name: torch.from_numpy(value) for name, value in batch.items()}
    batch["valid"] = batch["ids"] != PAD
    return batch


def make_batch(rows, stage, step, seed=SEED):
    """The examples of one step. For summaries, documents of like length share a batch: the pieces drawn are the same for every batch of a group of eight steps."""
    settings = STAGES[stage]
    if stage == "copy":
        rng = np.random.default_rng([seed, step])
        examples = []
        while len(examples) < settings["batch"]:
            example = draw_copy(rows[int(rng.integers(len(rows)))], rng)
            if example is not None:
                examples.append(example)
        return collate(examples, settings["target"])
    rng = np.random.default_rng([seed, 1, step // 8])
    abstractive = 0.3 if step < settings["mixed"] else 0.0  # copying gets surer without the summaries, whose words the model must invent
    examples = [draw_summary(rows[i], rng, abstractive) for i in rng.choice(len(rows), 8 * settings["batch"], replace=False)]
    examples.sort(key=lambda e: len(e[0]))
    group = int(rng.permutation(8)[step % 8])
    return collate(examples[group * settings["batch"] : (group + 1) * settings["batch"]], settings["target"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--stage", required=True, choices=STAGES)
    parser.add_argument("--steps", type=int, help="length of the stage; the learning rate falls over it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bfloat16", action="store_true", help="matrix products in bfloat16, weights in float32")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(SEED)
    settings = STAGES[args.stage]
    with open(args.work / "train.pickle", "rb") as file:
        rows = pickle.load(file)
    with open(args.work / "validation.pickle", "rb") as file:
        held_out = pickle.load(file)

    model = LED()
    start_from_copying(model)
    trained = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in trained if p.dim() == 2]
    plain = [p for p in trained if p.dim() == 1]
    optimiser = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=0.01), dict(params=plain, weight_decay=0.0)], lr=0.0, betas=(0.9, 0.98), fused=True
    )
    step, spent = 0, 0.0
    saved = args.work / "model.pt"
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        if state["stage"] == args.stage:
            optimiser.load_state_dict(state["optimiser"])
            step, spent = state["step"], state["spent"]
        print(f"from {saved}: stage {state['stage']}, step {state['step']}", flush=True)

    def save():
        state = dict(model=model.state_dict(), optimiser=optimiser.state_dict(), stage=args.stage, step=step, spent=spent)
        torch.save(state, saved.with_suffix(".new"))
        saved.with_suffix(".new").replace(saved)

    @torch.no_grad()
    def validate():
        return float(np.mean([model.loss(make_batch(held_out, args.stage, s, seed=SEED + 1)).item() for s in range(steps, steps + 64, 8)]))

    steps = args.steps or settings["steps"]
    marks = {"said": spent, "saved": spent}
    losses = []
    while step < steps:
        begin = time.perf_counter()
        rate = settings["rate"] * min(1, (step + 1) / settings["warm"]) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = make_batch(rows, args.stage, step)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
            loss = model.loss(batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        losses.append(loss.item())
        step += 1
        spent += time.perf_counter() - begin
        if spent - marks["said"] > 30:
            marks["said"] = spent
            print(f"{args.stage} step {step} {spent:6.0f} s rate {rate:.1e} loss {np.mean(losses):.3f}", flush=True)
            losses = []
        if spent - marks["saved"] > 150:
            marks["saved"] = spent
            save()
            print(f"{args.stage} step {step} held-out loss {validate():.3f}", flush=True)
    save()
    print(f"{args.stage} ended: {step} steps in {spent:.0f} s, held-out loss {validate():.3f}", flush=True)


if __name__ == "__main__":
    main()
