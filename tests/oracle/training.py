"""Writes what ByteLevelBPETokenizer of tokenizers learns from texts: fixtures/training.json. The first case is the small
vocabulary of fixtures/tiny-tokenizer/, whose files are compared with it here. Each case is trained on three orders of its
texts, because the library's hash tables differ from run to run: a result that hung on them would be none to test against.

Run from anywhere, after tokenizer.py, which makes that folder: python tests/oracle/training.py
"""

from __future__ import annotations

import json
import random
from typing import Any

from tokenizers import ByteLevelBPETokenizer

from fixture_file import FIXTURES, write_fixture
from tokenizer_texts import CONTRACTIONS, SCRIPTS, SPACES, TRAINING

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
TINY = FIXTURES / "tiny-tokenizer"
TEXTS = ["low lower lowest", "newer newest wider", "low low lower", "it isn't wide, it's low"]


def words(seed: int, alphabet: str, count: int, longest: int) -> list[str]:
    """Texts of words over few letters: most counts are equal, so that ties decide."""
    rng = random.Random(seed)

    def word() -> str:
        return "".join(rng.choice(alphabet) for _ in range(rng.randint(1, longest)))

    return [" ".join(word() for _ in range(12)) for _ in range(count)]


# name, texts, options
CASES: list[tuple[str, list[str], dict[str, Any]]] = [
    ("the small vocabulary of the tests", [TRAINING], {"vocab_size": 999, "min_frequency": 1, "special_tokens": SPECIALS}),
    ("the same text, pairs that occur twice", [TRAINING], {"vocab_size": 999, "min_frequency": 2}),
    ("the same text, pairs that occur five times", [TRAINING], {"vocab_size": 999, "min_frequency": 5}),
    ("the same text by lines, with spaces before", TRAINING.split("\n"), {"vocab_size": 420, "min_frequency": 2, "add_prefix_space": True}),
    ("defaults", TEXTS, {}),
    ("everything merges", TEXTS, {"min_frequency": 1}),
    ("no room for a merge", TEXTS, {"vocab_size": 256}),
    ("room for one merge", TEXTS, {"vocab_size": 257}),
    ("one word often", ["banana " * 40], {"vocab_size": 300, "min_frequency": 2}),
    ("a run of one character", ["a" * 37, "a" * 5, "b" + "a" * 9], {"vocab_size": 300, "min_frequency": 1}),
    ("runs of signs", ["=" * 64, "-" * 33 + "=" * 7, "=-" * 20], {"vocab_size": 290, "min_frequency": 1}),
    ("two letters", words(1, "ab", 20, 9), {"vocab_size": 340, "min_frequency": 1}),
    ("three letters, pairs that occur five times", words(2, "abc", 25, 8), {"vocab_size": 400, "min_frequency": 5}),
    ("many ties", words(3, "abcdefghij", 12, 4), {"vocab_size": 500, "min_frequency": 1}),
    ("many ties, cut off among them", words(3, "abcdefghij", 12, 4), {"vocab_size": 333, "min_frequency": 1}),
    ("special tokens in the texts", ["<s>low</s> <pad>", "low <s> <mask></s>", "<unk>"] * 3, {"vocab_size": 300, "min_frequency": 1, "special_tokens": [*SPECIALS, "<mask>"]}),
    ("special tokens that merges spell", TEXTS, {"vocab_size": 300, "min_frequency": 1, "special_tokens": ["low", "we", "Ġlow", "er"]}),
    ("special tokens that are bytes", TEXTS, {"vocab_size": 290, "min_frequency": 1, "special_tokens": ["w", "Ġ", "zz"]}),
    ("Chinese and Japanese", ["灯台守は毎晩一行を書いた。風と波のことを書いた。", "她每天晚上在书里写一行。她写风，写水。", "漢字と仮名、仮名と漢字"], {"vocab_size": 420, "min_frequency": 1}),
    ("emoji", ["🙂🙂👍🏽 👩‍👩‍👧 🇪🇺🇪🇺 ❤️", "👍🏽👍 👩‍👧 🙂 🇪🇺"], {"vocab_size": 320, "min_frequency": 1}),
    ("scripts", SCRIPTS, {"vocab_size": 400, "min_frequency": 2}),
    ("contractions", CONTRACTIONS, {"vocab_size": 300, "min_frequency": 2}),
    ("white space", SPACES, {"vocab_size": 300, "min_frequency": 1}),
    ("white space, with spaces before", SPACES, {"vocab_size": 300, "min_frequency": 1, "add_prefix_space": True}),
]  # fmt: skip


def train(texts: list[str], options: dict[str, Any]) -> tuple[list[str], list[str]]:
    options = dict(options)
    tokenizer = ByteLevelBPETokenizer(add_prefix_space=options.pop("add_prefix_space", False))
    tokenizer.train_from_iterator(texts, show_progress=False, **options)
    model = json.loads(tokenizer.to_str())["model"]
    ids = model["vocab"]
    assert sorted(ids.values()) == list(range(len(ids)))
    return sorted(ids, key=ids.__getitem__), model["merges"]


def case(name: str, texts: list[str], options: dict[str, Any]) -> dict[str, Any]:
    tokens, merges = train(texts, options)
    for again in (texts[::-1], sorted(texts)):
        assert train(again, options) == (tokens, merges), f"{name}: the reference leaves the result open"
    return {"name": name, "texts": texts, "options": options, "tokens": tokens, "merges": merges}


def main() -> None:
    cases = [case(*given) for given in CASES]
    tiny = cases[0]
    vocab = json.loads((TINY / "vocab.json").read_text(encoding="utf-8"))
    assert vocab == {token: id for id, token in enumerate([*tiny["tokens"], "<mask>"])}
    assert (TINY / "merges.txt").read_text(encoding="utf-8") == "".join(f"{line}\n" for line in ["#version: 0.2", *tiny["merges"]])
    write_fixture(FIXTURES / "training.json", "training.py", ["tokenizers"], {"cases": cases})


if __name__ == "__main__":
    main()
