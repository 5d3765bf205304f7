"""The fast tokenizer over the texts of tokenizer_texts.py and tokenizer_texts_more.py, and where the slow one differs."""

from __future__ import annotations

from typing import Any

import tokenizer_texts as texts
import tokenizer_texts_more as more
from tokenizer import tiny
from tokenizer_fast_common import decoded, encoded, tiny_fast, value_or_error

ALL = texts.ALL + more.MORE
UNTRIMMED = texts.SPACES + texts.SPECIALS + more.MORE[::16]
PREFIXED = texts.SPACES + texts.SPECIALS + texts.SENTENCES + texts.MARKS + more.MORE[::4]
BOTH = texts.SPACES + texts.SPECIALS[:12] + more.MORE[::20]
LONE_SURROGATES = ["\ud800", "a\udfffb", "\udc00\ud800", "x \ud83d y", "<s>\ud83d</s>"]


def texts_of() -> list[dict]:
    fast, slow = tiny_fast(), tiny()
    rows = []
    for text in ALL:
        row = {"text": text, **encoded(fast, text)}
        row.update(decoded(fast, text, row["ids"]))
        other = {"ids": slow(text)["input_ids"], "tokens": slow.tokenize(text)}
        other.update(decoded(slow, text, other["ids"]))
        differs = {name: value for name, value in other.items() if value != (row["tokens"][1:-1] if name == "tokens" else row.get(name))}
        rows.append({**row, **({"slow": differs} if differs else {})})
    return rows


def untrimmed() -> list[dict]:
    tokenizer = tiny_fast(trim_offsets=False)
    return [{"text": text, **encoded(tokenizer, text, "offsets")} for text in UNTRIMMED]


def prefixed() -> list[dict]:
    fast, slow = tiny_fast(add_prefix_space=True), tiny(add_prefix_space=True)
    rows = []
    for text in PREFIXED:
        row = {"text": text, **encoded(fast, text)}
        ids = slow(text)["input_ids"]
        rows.append({**row, **({"slow_ids": ids} if ids != row["ids"] else {})})
    return rows


def prefixed_untrimmed() -> list[dict]:
    tokenizer = tiny_fast(add_prefix_space=True, trim_offsets=False)
    return [{"text": text, **encoded(tokenizer, text, "offsets")} for text in BOTH]


def lone_surrogates() -> list[dict[str, Any]]:
    """Halves of a pair cannot stand in UTF-8, so the texts are given as UTF-16 code units."""
    fast, slow = tiny_fast(), tiny()
    return [
        {"units": [ord(c) for c in text], "fast": value_or_error(lambda: fast(text)["input_ids"]), "slow": value_or_error(lambda: slow(text)["input_ids"])}
        for text in LONE_SURROGATES
    ]
