"""Times transformers on CPU, one measurement a process, so that the peak memory is that measurement's own. Prints JSON.

    python tests/oracle/bench_reference.py --kind encoder     --geometry led-base --tokens 4096 --threads 2
    python tests/oracle/bench_reference.py --kind decode-step --geometry led-base --tokens 4096 --threads 2
    python tests/oracle/bench_reference.py --kind open        --folder FOLDER --threads 2

encoder      one pass over --batch documents of --tokens source tokens, the first of each global: the median of --repeats
             after --warmups.
decode-step  one step of beam search with --beams beams of each of --batch documents (of greedy search with one beam): the
             model with its cache, log-softmax, the best 2 x beams candidates of each document, and the cache put in the new
             order of the beams. The median over --steps steps.
training-step  one step of training over --batch documents of --tokens source and --target target tokens, the first of each
             global: forward with dropout, backward (with gradient checkpointing where --checkpointing is given), AdamW. The
             median of --repeats after --warmups.
open         LEDForConditionalGeneration.from_pretrained(--folder), once: a process opens a model once.

The whole LEDForConditionalGeneration is in memory in all of them, as it is for someone who summarises. Weights are the
library's random ones, except for those of --folder: time does not depend on them. Memory is the process's peak resident
size (ru_maxrss), in bytes; `peak_rss_before` is that peak when the model stood and nothing had run.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time

import torch
import transformers
from transformers import LEDConfig, LEDForConditionalGeneration
from transformers.models.led.modeling_led import LEDEncoderBaseModelOutput

GEOMETRIES = {
    "led-tiny": {
        "d_model": 64, "vocab_size": 1000, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
        "decoder_attention_heads": 4, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128, "attention_window": 64,
    },
    "led-base": {
        "d_model": 768, "vocab_size": 50265, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 12,
        "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "attention_window": 1024,
    },
    "led-large": {
        "d_model": 1024, "vocab_size": 50265, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16,
        "decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "attention_window": 1024,
    },
}


def peak_rss() -> int:
    """Bytes. Linux counts ru_maxrss in KiB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def new_model(args: argparse.Namespace) -> LEDForConditionalGeneration:
    positions = {
        "max_encoder_position_embeddings": max(16384, args.tokens),
        "max_decoder_position_embeddings": max(1024, 1 + args.warmups + args.steps),
    }
    return LEDForConditionalGeneration(LEDConfig(**GEOMETRIES[args.geometry], **positions)).eval()


def time_encoder(model: LEDForConditionalGeneration, args: argparse.Namespace) -> list[float]:
    ids = torch.randint(4, model.config.vocab_size, (args.batch, args.tokens))
    masks = {"attention_mask": torch.ones_like(ids), "global_attention_mask": torch.zeros_like(ids)}
    masks["global_attention_mask"][:, 0] = 1
    seconds = []
    for _ in range(args.warmups + args.repeats):
        start = time.perf_counter()
        model.get_encoder()(input_ids=ids, **masks)
        seconds.append(time.perf_counter() - start)
    return seconds[args.warmups :]


def time_decode_step(model: LEDForConditionalGeneration, args: argparse.Namespace) -> list[float]:
    # As beam_search does it: every beam has its own copy of the encoder's output, hence of the cross-attention cache.
    batch, beams = args.batch, args.beams
    encoded = LEDEncoderBaseModelOutput(
        torch.randn(batch, args.tokens, model.config.d_model).repeat_interleave(beams, 0)
    )
    mask = torch.ones(batch * beams, args.tokens, dtype=torch.long)
    ids = torch.full((batch * beams, 1), model.config.decoder_start_token_id)
    scores, past = torch.zeros(batch * beams), None
    first_rows = torch.arange(batch)[:, None] * beams
    vocab = model.config.vocab_size
    seconds = []
    for _ in range(1 + args.warmups + args.steps):
        start = time.perf_counter()
        out = model(
            encoder_outputs=encoded, attention_mask=mask, decoder_input_ids=ids[:, -1:], past_key_values=past, use_cache=True
        )
        totals = torch.log_softmax(out.logits[:, -1], dim=-1) + scores[:, None]
        best = torch.topk(totals.view(batch, -1), 2 * beams)
        chosen = best.indices[:, :beams]
        rows = (torch.div(chosen, vocab, rounding_mode="floor") + first_rows).view(-1)
        ids = torch.cat([ids[rows], (chosen % vocab).view(-1, 1)], dim=1)
        scores = best.values[:, :beams].reshape(-1)
        past = model._reorder_cache(out.past_key_values, rows)
        seconds.append(time.perf_counter() - start)
    # The first call also projects the source into the cross-attention cache: it is no step.
    return seconds[1 + args.warmups :]


def time_training_step(model: LEDForConditionalGeneration, args: argparse.Namespace) -> list[float]:
    model.train()
    if args.checkpointing:
        model.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    ids = torch.randint(4, model.config.vocab_size, (args.batch, args.tokens))
    labels = torch.randint(4, model.config.vocab_size, (args.batch, args.target))
    masks = {"attention_mask": torch.ones_like(ids), "global_attention_mask": torch.zeros_like(ids)}
    masks["global_attention_mask"][:, 0] = 1
    seconds = []
    for _ in range(args.warmups + args.repeats):
        start = time.perf_counter()
        with torch.enable_grad():
            model(input_ids=ids, labels=labels, use_cache=False, **masks).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        seconds.append(time.perf_counter() - start)
    return seconds[args.warmups :]


def open_model(args: argparse.Namespace) -> list[float]:
    start = time.perf_counter()
    LEDForConditionalGeneration.from_pretrained(args.folder, local_files_only=True)
    return [time.perf_counter() - start]


# What is timed over a model that stands; a further kind is an entry here.
KINDS = {"encoder": time_encoder, "decode-step": time_decode_step, "training-step": time_training_step}


def natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text}")
    return int(text)


def positive(text: str) -> int:
    if not natural(text):
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return int(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=[*KINDS, "open"], required=True)
    parser.add_argument("--geometry", choices=list(GEOMETRIES), default="led-base")
    parser.add_argument("--folder", help="of the model to open")
    parser.add_argument("--tokens", type=positive, default=4096)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--repeats", type=positive, default=1, help="measured encoder passes")
    parser.add_argument("--warmups", type=natural, default=1, help="passes or steps before those")
    parser.add_argument("--batch", type=positive, default=1, help="documents at once")
    parser.add_argument("--beams", type=positive, default=4)
    parser.add_argument("--steps", type=positive, default=16, help="measured decode steps")
    parser.add_argument("--target", type=positive, default=128, help="target tokens of a training step")
    parser.add_argument("--checkpointing", action="store_true", help="compute layers again on the way back")
    args = parser.parse_args()
    if (args.kind == "open") != (args.folder is not None):
        parser.error("--folder goes with --kind open, and only with it")

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()
    with torch.no_grad():
        if args.kind == "open":
            before, seconds = peak_rss(), open_model(args)
        else:
            model = new_model(args)
            before = peak_rss()
            seconds = KINDS[args.kind](model, args)
    result = {
        "kind": args.kind,
        "geometry": args.geometry if args.folder is None else None,
        "tokens": args.tokens,
        "threads": args.threads,
        "batch": args.batch,
        "beams": args.beams if args.kind == "decode-step" else None,
        "seconds": statistics.median(seconds),
        "all_seconds": seconds,
        "peak_rss": peak_rss(),
        "peak_rss_before": before,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
