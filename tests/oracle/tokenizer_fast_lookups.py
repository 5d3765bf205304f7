"""The ways from tokens to words and characters and back (BatchEncoding), as tables over all indices and some beyond.

A table is a list of [arguments, value]: an argument that is null was not given, a span is [start, end], and an error is
its text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from transformers import BatchEncoding

from tokenizer import tiny
from tokenizer_fast_common import outcome, revived, tiny_fast, value_or_error

OF_TOKENS = ["token_to_sequence", "token_to_word", "token_to_chars"]
OF_CHARACTERS = ["char_to_token", "char_to_word"]
OF_WORDS = ["word_to_tokens", "word_to_chars"]
OVER = {"return_overflowing_tokens": True, "truncation": True}

# (name, settings, text, options, are there two sequences)
ENCODINGS: list[tuple[str, dict, Any, dict, bool]] = [
    ("single", {}, "The keeper's <mask> 🙂é 5.", {}, False),
    ("no specials", {}, "\tIt's a tide ", {"add_special_tokens": False}, False),
    ("untrimmed", {"trim_offsets": False}, "In  her <mask> book", {}, False),
    ("prefixed", {"add_prefix_space": True}, "In her<mask>book", {}, False),
    ("empty", {}, "", {}, False),
    ("pair", {}, "On calm days", {"text_pair": "It isn't 🙂"}, True),
    ("pair without specials", {}, "On calm", {"text_pair": "days, she", "add_special_tokens": False}, True),
    ("batch", {}, ["The reef", "a", "漢字 x"], {}, False),
    ("padded left", {"padding_side": "left"}, ["The reef", "a"], {"padding": True}, False),
    ("padded pairs", {}, ["The reef", "a"], {"text_pair": ["x", "wind"], "padding": "max_length", "max_length": 9}, True),
    ("split words", {"add_prefix_space": True}, ["The", "reef's", "", " 🙂", "x y"], {"is_split_into_words": True}, False),
    ("split pairs", {"add_prefix_space": True}, [["a", "reef's"], ["b"]], {"is_split_into_words": True, "text_pair": [["x"], ["y z", "w"]]}, True),
    ("overflow", {}, "On calm days she wrote it", {**OVER, "max_length": 6, "stride": 2}, False),
    ("overflow left", {"truncation_side": "left"}, "On calm days she wrote it", {**OVER, "max_length": 6, "stride": 1}, False),
    ("overflow pair", {}, "On calm days", {"text_pair": "a reef x", **OVER, "max_length": 8, "stride": 1}, True),
    ("tensors", {}, ["The reef", "a"], {"padding": True, "return_tensors": "np"}, False),
]  # fmt: skip


def lookups() -> list[dict]:
    rows = []
    for name, settings, text, options, pair in ENCODINGS:
        encoding = tiny_fast(**revived(settings))(text, **options)
        rows.append(
            {
                "name": name,
                "settings": settings,
                "text": text,
                "options": options,
                "n_sequences": encoding.n_sequences,
                "is_fast": encoding.is_fast,
                "size": len(encoding.encodings),
                "tables": tables(encoding, pair),
            }
        )
    return rows


def tables(encoding: BatchEncoding, pair: bool) -> dict[str, list]:
    size, batched = len(encoding.encodings), np.ndim(encoding["input_ids"][0]) == 1
    result: dict[str, list] = {method: [] for method in OF_TOKENS + OF_CHARACTERS + OF_WORDS}
    for row in range(size):
        one = encoding.encodings[row]
        ends = {
            **dict.fromkeys(OF_TOKENS, len(one.ids)),
            **dict.fromkeys(OF_CHARACTERS, max((end for _, end in one.offsets), default=0)),
            **dict.fromkeys(OF_WORDS, max((word + 1 for word in one.word_ids if word is not None), default=0)),
        }
        for method in result:
            sequences = [None] if method in OF_TOKENS else [None, 1] if pair else [None]
            for sequence in sequences:
                places = range(-2 if row == 0 else 0, ends[method] + 2)
                arguments = [[place] if row == 0 and not batched else [row, place] for place in places]
                result[method] += [
                    table_row(encoding, method, [*given, *([] if sequence is None else [sequence] if len(given) == 2 else [None, sequence])])
                    for given in arguments
                ]
    for method in result:
        beyond = [
            [0, 1],
            [-1, 0],
            [-1, -1],
            [-size, 1],
            [size, 0],
            [-size - 1, 0],
            [0, 2**32],
            *([[1]] if batched else []),
            *([] if method in OF_TOKENS else [[0, 0, 1], [0, 1, 2], [0, 0, -1]]),
        ]
        result[method] += [table_row(encoding, method, given) for given in beyond]
    return result


def table_row(encoding: BatchEncoding, method: str, arguments: list) -> list:
    return [arguments, value_or_error(lambda: getattr(encoding, method)(*arguments))]


def access() -> list[dict]:
    """Everything else that can be asked of an encoding: `asked` is a method with `args`, a property, or [] for an item."""
    fast = tiny_fast()
    encodings = {
        "fast": fast("a <mask>"),
        "slow": tiny()("a <mask>"),
        "batch": fast(["a <mask>", "It"], text_pair=["b", ""]),
        "padded": fast.pad(fast(["a <mask>", "It"])),
    }
    rows = []
    for name, encoding in encodings.items():
        of_rows = [[], [1], [-1], [5]] if encoding.is_fast else [[]]
        cases: list[tuple[str, list]] = [(method, args) for method in ("tokens", "words", "word_ids", "sequence_ids") for args in of_rows]
        cases += [(method, [0]) for method in OF_TOKENS + OF_CHARACTERS + OF_WORDS if not encoding.is_fast]
        rows += [{"of": name, "asked": asked, "args": args, **outcome(lambda: getattr(encoding, asked)(*args))} for asked, args in cases]
        rows += [{"of": name, "asked": asked, **outcome(lambda: getattr(encoding, asked))} for asked in ("is_fast", "n_sequences", "data", "labels")]
        rows += [{"of": name, "asked": "[]", "args": [item], **outcome(lambda: ids_of(encoding[item]))} for item in (0, 5, "input_ids", "labels")]
    return rows


def ids_of(item: Any) -> Any:
    return {"ids": item.ids} if hasattr(item, "ids") else item
