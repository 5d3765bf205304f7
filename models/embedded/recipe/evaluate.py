"""ROUGE of the exported model and of the first three sentences, with rouge-score (stemmed; F1 of ROUGE-1, -2 and Lsum).

    python evaluate.py --data FOLDER --model models/embedded --split validation --count 100

As in the data's own baselines, chosen sentences are joined by newlines and the summary is taken as it is; generated text is cut into
sentences for ROUGE-Lsum. Documents longer than the position table are cut at its end. `--set length_penalty=0.8` and the like override
generation_config.json.
"""

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import torch
from rouge_score.rouge_scorer import RougeScorer
from transformers import LEDForConditionalGeneration, LEDTokenizer

from data import MAX_SOURCE, read_pairs

KINDS = ("rouge1", "rouge2", "rougeLsum")


@torch.no_grad()
def summarize(model, tokenizer, text, **options):
    ids = tokenizer(text, return_tensors="pt", truncation=True, max_length=MAX_SOURCE).input_ids
    first = torch.zeros_like(ids)
    first[:, 0] = 1
    out = model.generate(ids, attention_mask=torch.ones_like(ids), global_attention_mask=first, **options)
    return tokenizer.decode(out[0], skip_special_tokens=True), out.shape[1]


def longest_verbatim(text, document):
    """Share of the text's words that stand in a run of at least six words copied from the document."""
    words, source = text.split(), " " + " ".join(document.split()) + " "
    inside = np.zeros(len(words), dtype=bool)
    for i in range(len(words) - 5):
        if " " + " ".join(words[i : i + 6]) + " " in source:
            inside[i : i + 6] = True
    return inside.mean() if len(words) else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--split", default="validation", choices=("validation", "test"))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--show", type=int, default=0, help="print this many outputs")
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=JSON")
    args = parser.parse_args()
    torch.set_num_threads(1)
    options = {name: json.loads(value) for name, value in (s.split("=", 1) for s in args.set)}
    tokenizer = LEDTokenizer.from_pretrained(args.model)
    model = LEDForConditionalGeneration.from_pretrained(args.model).float().eval()
    pairs = read_pairs(args.data, args.split)
    chosen = np.random.default_rng(7).permutation(len(pairs))[: args.count]
    scorer = RougeScorer(KINDS, use_stemmer=True)
    scores = {"model": [], "lead-3": []}
    verbatim, whole, words, begin = [], [], [], time.perf_counter()
    for n, i in enumerate(chosen):
        pair = pairs[i]
        text, length = summarize(model, tokenizer, pair["document"], **options)
        text = text.strip()
        lead = [pair["document"][a:b] for a, b in pair["sentences"][:3]]
        for name, candidate in (("model", re.sub(r"(?<=[.!?]) (?=[A-Z])", "\n", text)), ("lead-3", "\n".join(lead))):
            result = scorer.score(pair["summary"], candidate)
            scores[name].append([result[kind].fmeasure * 100 for kind in KINDS])
        verbatim.append(longest_verbatim(text, pair["document"]))
        whole.append(text.endswith((".", "!", "?")))
        words.append(len(text.split()))
        if n < args.show:
            print(f"--- {pair['id']} ({len(pair['document'].split())} words)\n{text}\n    [{pair['summary'][:200]}]", flush=True)
    for name, rows in scores.items():
        print(name, " / ".join(f"{x:.1f}" for x in np.mean(rows, 0)))
    print(
        f"{len(chosen)} documents of {args.split}; {np.mean(words):.0f} words; {np.mean(verbatim):.0%} of the words in copied runs of six or more;"
        f" {np.mean(whole):.0%} end with a full stop; {(time.perf_counter() - begin) / len(chosen):.1f} s a document"
    )


if __name__ == "__main__":
    main()
