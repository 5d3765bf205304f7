"""From the pairs to token ids: trains the tokenizer, encodes the documents once, and draws training examples.

    python data.py --data FOLDER --work FOLDER

FOLDER of --data holds {train,validation,test}.jsonl.gz, one pair a line: `document`, `summary`, `sentences` ([start, end) character
offsets into the document) and `oracle` (the sentences that best cover the summary). Only training documents shape the tokenizer.
"""

import argparse
import gzip
import json
import pickle
from pathlib import Path

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

BOS, PAD, EOS, UNK = 0, 1, 2, 3
VOCAB_SIZE = 7168
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
MAX_SOURCE = 4096


def read_pairs(folder, split):
    with gzip.open(Path(folder) / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def train_tokenizer(pairs, out):
    """Byte-level BPE in LED's layout: ids 0..3 are <s> <pad> </s> <unk>, <mask> is the last id."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE - 1,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for p in pairs for text in (p["document"], p["summary"])), trainer)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.model.save(str(out))
    vocab = json.loads((out / "vocab.json").read_text(encoding="utf-8"))
    vocab["<mask>"] = len(vocab)
    assert len(vocab) == VOCAB_SIZE and [vocab[s] for s in SPECIALS] == [0, 1, 2, 3]
    ordered = dict(sorted(vocab.items(), key=lambda item: item[1]))
    (out / "vocab.json").write_text(json.dumps(ordered, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    (out / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "add_prefix_space": False,
                "bos_token": "<s>",
                "cls_token": "<s>",
                "eos_token": "</s>",
                "sep_token": "</s>",
                "unk_token": "<unk>",
                "pad_token": "<pad>",
                "mask_token": "<mask>",
                "errors": "replace",
                "model_max_length": MAX_SOURCE,
                "tokenizer_class": "LEDTokenizer",
            },
            indent=2,
        )
        + "\n"
    )


def load_tokenizer(folder):
    tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(s, special=True) for s in [*SPECIALS, "<mask>"]])
    return tokenizer


def is_prose(sentence):
    """A whole sentence a reader would take as one: no heading, list scrap, table row or code."""
    words = sentence.split()
    if not 7 <= len(words) <= 45 or "\n" in sentence or sentence[-1] not in ".!?" or not sentence[0].isupper():
        return False
    return sum(c.isalpha() or c == " " for c in sentence) / len(sentence) > 0.88


def encode(tokenizer, pair):
    """Document ids; for every sentence its span of document tokens, whether it is prose, whether it is oracle, and its own ids as the
    first sentence of a target and as a later one (byte-level BPE keeps the space before a word in the word's token)."""
    text = pair["document"]
    whole = tokenizer.encode(text, add_special_tokens=False)
    starts = np.array([o[0] for o in whole.offsets])
    spans = np.array(pair["sentences"], dtype=np.int64).reshape(-1, 2)
    texts = [text[a:b].strip() for a, b in spans]
    prose = np.array([bool(t) and is_prose(t) for t in texts])
    oracle = np.zeros(len(texts), dtype=bool)
    oracle[pair["oracle"]] = True
    wanted = prose | oracle

    def ids(string):
        return np.array(tokenizer.encode(string, add_special_tokens=False).ids, dtype=np.uint16)

    return {
        "ids": np.array(whole.ids, dtype=np.uint16),
        "spans": np.searchsorted(starts, spans).astype(np.int32),
        "prose": prose,
        "oracle": oracle,
        "first": [ids(t) if w else None for t, w in zip(texts, wanted)],
        "later": [ids(" " + t) if w else None for t, w in zip(texts, wanted)],
        "summary": ids(pair["summary"]),
    }


def join(row, chosen):
    """Ids of the chosen sentences with one space between them, as the tokenizer gives them for the joined text."""
    return np.concatenate([row["first" if n == 0 else "later"][i] for n, i in enumerate(chosen)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    args = parser.parse_args()
    pairs = read_pairs(args.data, "train")
    folder = args.work / "tokenizer"
    train_tokenizer(pairs, folder)
    tokenizer = load_tokenizer(folder)
    for split in ("train", "validation"):
        rows = [encode(tokenizer, p) for p in (pairs if split == "train" else read_pairs(args.data, split))]
        with open(args.work / f"{split}.pickle", "wb") as out:
            pickle.dump(rows, out)
        lengths = [len(r["ids"]) for r in rows]
        summary = [len(r["summary"]) for r in rows]
        print(split, len(rows), "documents; tokens", np.percentile(lengths, [5, 50, 95]), "summary", np.percentile(summary, [5, 50, 95]), flush=True)


if __name__ == "__main__":
    main()
