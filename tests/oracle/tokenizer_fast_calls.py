"""Calls of the fast tokenizer: (settings, text, options), with True at the end where the tokens, words and sequences of
every row are wanted too; and what they give.
"""

from __future__ import annotations

from typing import Any

from tokenizer import CALLS, WORDS, A, B, C
from tokenizer_fast_common import kinds, outcome, tiny_fast

# One token a letter, so that budgets can be counted.
FIVE, FOUR, NINE = "a b c d e", "w x y a", "a b c d e f x y a"
OVER = {"return_overflowing_tokens": True}
PREFIX = {"add_prefix_space": True}
SPLIT = {"is_split_into_words": True}
OFFSETS = {"return_offsets_mapping": True}
ALL_FIELDS = {**OFFSETS, "return_token_type_ids": True, "return_special_tokens_mask": True, "return_length": True}

FIELDS = [
    ({}, A, ALL_FIELDS, True), ({}, [A, C], ALL_FIELDS, True), ({}, C, {**ALL_FIELDS, "text_pair": B}, True),
    ({}, [A, C], {**ALL_FIELDS, "text_pair": [C, "x"], "padding": True}, True),
    ({}, A, {**ALL_FIELDS, "add_special_tokens": False}, True), ({}, C, {**ALL_FIELDS, "add_special_tokens": False, "text_pair": B}, True), ({}, "", ALL_FIELDS, True),
    ({}, "", {**ALL_FIELDS, "add_special_tokens": False}, True),
    ({}, " é🙂 <mask>\u3000</s> x ", ALL_FIELDS, True), ({"trim_offsets": False}, " é🙂 <mask>\u3000</s> x ", OFFSETS, True),
    (PREFIX, " é🙂 <mask>\u3000</s> x ", OFFSETS, True), ({**PREFIX, "trim_offsets": False}, "é🙂 <mask>x", {**OFFSETS, "text_pair": "\tx <mask>y"}, True),
    ({}, A, {"return_attention_mask": False, "return_special_tokens_mask": True}), ({}, [A, C], {"return_attention_mask": False, "padding": True, **OFFSETS}),
    ({"model_input_names": ["input_ids", "token_type_ids"]}, C, {}), ({"model_input_names": ["input_ids"]}, C, {"return_attention_mask": True}),
    ({}, C, {"return_token_type_ids": False, "return_special_tokens_mask": False, "return_length": False}), ({}, [], {"add_special_tokens": False}),
    ({}, [""], ALL_FIELDS), ({}, ["", ""], {"padding": True, "add_special_tokens": False}),
    ({}, [C, ""], {"padding": True, "add_special_tokens": False, **OFFSETS}, True),
]  # fmt: skip

PAIRS = [
    ({}, "a", {"text_pair": ""}), ({}, "", {"text_pair": "a"}), ({}, "", {"text_pair": ""}), ({}, ["a"], {"text_pair": [""]}, True),
    ({}, [""], {"text_pair": ["a"]}, True), ({}, ["", "b"], {"text_pair": ["", ""]}), ({}, [""], {"text_pair": [""], "add_special_tokens": False}),
    ({}, "a", {"text_pair": []}),
    ({}, [["a", "b"]], {}, True), ({}, [["a", "b"], ["c", "d e"]], {"padding": True}, True), ({}, [["a", "b", "c"]], {}), ({}, [["a"]], {}), ({}, [[]], {}),
    ({}, ["a", ["b", "c"]], {}), ({}, [["a", "b"], "c"], {}), ({}, [FIVE, FOUR], {"text_pair": [FOUR, NINE], **OFFSETS}, True),
    ({}, "a", {"text_pair": ["b"]}), ({}, ["a"], {"text_pair": "b"}), ({}, ["a"], {"text_pair": [["b"]]}), ({}, ["a", "b"], {"text_pair": ["c"]}),
    ({}, ["a"], {"text_pair": []}), ({}, ["a"], {"text_pair": [5]}), ({}, "a", {"text_pair": 5}), ({}, [["a"]], {"text_pair": [["b"]]}),
]  # fmt: skip

SPLITS = [
    (PREFIX, WORDS, {**SPLIT, **OFFSETS}, True), (PREFIX, [WORDS, ["one"], []], {**SPLIT, **OFFSETS, "padding": True}, True),
    (PREFIX, ["a", "bc"], {**SPLIT, **OFFSETS, "text_pair": ["x", "yz w"]}, True),
    (PREFIX, [["a"], ["b", "c"]], {**SPLIT, "text_pair": [["d", "e"], ["f"]], **OFFSETS}, True),
    (PREFIX, [["a", "<mask>", " <mask>", "</s>b", "\n", "é🙂", "  c ", "it's 5"]], {**SPLIT, **OFFSETS}, True),
    ({**PREFIX, "trim_offsets": False}, ["a", " b", "\tc", "<mask>"], {**SPLIT, **OFFSETS}, True), (PREFIX, [], SPLIT), (PREFIX, [[]], SPLIT), (PREFIX, [""], SPLIT),
    (PREFIX, [["", ""]], SPLIT, True),
    (PREFIX, "a b", SPLIT), (PREFIX, ["a"], {**SPLIT, "text_pair": "b"}), (PREFIX, ["a"], {**SPLIT, "text_pair": [["b"]]}), (PREFIX, [["a", 5]], SPLIT),
    (PREFIX, ["a", 5], SPLIT), (PREFIX, ["a", None], SPLIT), (PREFIX, [["a"], None], SPLIT), (PREFIX, [["a"], "b"], SPLIT),
    (PREFIX, [["a"], ["b"]], {**SPLIT, "text_pair": [["c"]]}),
    (PREFIX, ["a", "b"], {**SPLIT, "text_pair": []}), (PREFIX, list("abcdefgh"), {**SPLIT, **OVER, **OFFSETS, "truncation": True, "max_length": 6, "stride": 2}, True),
    (PREFIX, ["lighthouse", "keeper"], {**SPLIT, "truncation": True, "max_length": 6}, True),
    (PREFIX, ["lighthouse", "keeper"], {**SPLIT, "add_special_tokens": False, "return_special_tokens_mask": True}, True),
    ({}, ["a"], SPLIT), ({}, [["a"]], SPLIT), ({}, "a", SPLIT), ({}, [], SPLIT), ({}, None, {**SPLIT, "text_target": ["a"]}), (PREFIX, A, {}),
    (PREFIX, [A, "\tx"], {"padding": True}),
]  # fmt: skip

WRONG = [
    *[({}, text, {}) for text in (5, 1.5, True, {"a": "b"}, [5], [None], [["a", 5]], ["a", 5], ["a", None], [[5]], [None, "a"], [["a", None]], [[["a"]]], [["a", ["b"]]],
        [["a", "b"], 5])],
    *[({}, "a", {name: 1}) for name in ("foo", "add_prefix_space", "split_special_tokens", "padding_side", "return_dict", "errors", "text_pairs")],
    ({}, ["a"], {"foo": 1}), ({"split_special_tokens": True}, "<s> a <mask>", {}), ({"split_special_tokens": True}, "<s> a <mask>", {"split_special_tokens": False}),
    ({}, "a", {"verbose": False}), ({}, "a", {"return_tensors": "ort"}),
    ({}, FIVE, {"max_length": -1, "truncation": True}), ({}, FIVE, {"max_length": 4.0, "truncation": True}), ({}, FIVE, {"max_length": "4", "truncation": True}),
    ({}, FIVE, {"max_length": 4, "truncation": True, "stride": -1}), ({}, FIVE, {"max_length": 4, "truncation": True, "stride": 0.5}),
    ({}, FIVE, {"padding": "max_length", "max_length": -3}), ({}, FIVE, {"max_length": -1}),
    ({}, FIVE, {"padding": True, "pad_to_multiple_of": 0}), ({}, FIVE, {"padding": True, "pad_to_multiple_of": -2}),
    ({}, FIVE, {"padding": True, "pad_to_multiple_of": 2.5}), ({}, FIVE, {"padding": "right"}), ({}, FIVE, {"truncation": "left"}), ({}, FIVE, {"padding": 1}),
    ({}, FIVE, {"truncation": 1, "max_length": 4}), ({}, FIVE, {"padding": None}), ({}, FIVE, {"truncation": "do_not_truncate", "max_length": 4}),
]  # fmt: skip

PADDING = [
    *[({"padding_side": side}, [FIVE, "a", ""], {"padding": True, **ALL_FIELDS}, True) for side in ("right", "left")],
    *[({"padding_side": side}, [FIVE, "a"], {"text_pair": ["x", "y z"], "padding": "max_length", "max_length": 12, **ALL_FIELDS}, True) for side in ("right", "left")],
    *[({"padding_side": side}, [FIVE, "a"], {"padding": True, "pad_to_multiple_of": 4}) for side in ("right", "left")],
    ({}, FIVE, {"padding": True}), ({}, FIVE, {"padding": "longest", "pad_to_multiple_of": 5}),
    ({}, FIVE, {"padding": "max_length", "max_length": 9, "pad_to_multiple_of": 4}), ({}, FIVE, {"padding": "max_length", "max_length": 9}),
    ({}, [FIVE, NINE], {"padding": "max_length", "max_length": 9, **ALL_FIELDS}), ({}, FIVE, {"padding": "max_length"}),
    ({}, FIVE, {"padding": "max_length", "max_length": 0}),
    ({"model_max_length": 9}, FIVE, {"padding": "max_length"}), ({"model_max_length": 9}, [NINE, "a"], {"padding": "max_length", "truncation": True}),
    ({}, [FIVE, "a"], {"padding": True, "truncation": True, "max_length": 4}),
    ({}, [FIVE, "a"], {"padding": "max_length", "truncation": True, "max_length": 6, "pad_to_multiple_of": 3}),
    ({}, [FIVE, "a"], {"padding": "max_length", "truncation": True, "max_length": 6, "pad_to_multiple_of": 4}),
    ({"pad_token": "</s>"}, [FIVE, "a"], {"padding": True}, True), ({"pad_token": "[PAD]"}, [FIVE, "a"], {"padding": True, "return_special_tokens_mask": True}, True),
    ({"pad_token": None}, [FIVE, "a"], {"padding": True}), ({"pad_token": None}, FIVE, {}), ({}, [FIVE, "a"], {"pad_to_multiple_of": 4}),
    ({}, FIVE, {"padding": False, "max_length": 20}), ({"padding_side": "up"}, "a", {}), ({"truncation_side": "up"}, "a", {}),
]  # fmt: skip

TRUNCATION = [
    *[({}, FIVE, {"truncation": True, "max_length": n}) for n in range(7)],
    *[({"truncation_side": "left"}, FIVE, {"truncation": how, "max_length": n, **OFFSETS}) for how in ("longest_first", "only_first") for n in (0, 2, 3, 5)],
    *[({}, FIVE, {"truncation": True, "max_length": n, "add_special_tokens": False}) for n in range(4)],
    *[({}, FIVE, {"text_pair": FOUR, "truncation": True, "max_length": n}) for n in range(13)],
    *[({}, FOUR, {"text_pair": NINE, "truncation": True, "max_length": n}) for n in (16, 13, 12, 11, 8, 6, 5, 4, 3)],
    *[({}, NINE, {"text_pair": FOUR, "truncation": True, "max_length": n}) for n in (16, 13, 12, 11, 7)],
    *[({}, FIVE, {"text_pair": "a f x y b", "truncation": True, "max_length": n}) for n in (14, 13, 12, 11)],
    *[({"truncation_side": "left"}, FOUR, {"text_pair": FIVE, "truncation": True, "max_length": n}) for n in (12, 11, 9, 6, 5, 4)],
    *[({"truncation_side": side}, FIVE, {"text_pair": FOUR, "truncation": how, "max_length": n}) for side in ("right", "left") for how in ("only_first",
        "only_second") for n in (12, 9, 8, 5)],
    *[({}, FIVE, {"text_pair": FOUR, "truncation": True, "max_length": n, "add_special_tokens": False}) for n in (6, 5, 1, 0)],
    ({}, FIVE, {"truncation": "only_second", "max_length": 4}), ({}, FIVE, {"truncation": "only_second", "max_length": 40}),
    ({}, FIVE, {"truncation": "only_first", "max_length": 2}), ({}, FIVE, {"truncation": "only_first", "max_length": 1}),
    ({}, [FIVE, "a"], {"truncation": "only_second", "max_length": 4}),
    ({}, [FIVE, FOUR], {"text_pair": [FOUR, NINE], "truncation": "only_second", "max_length": 10}),
    ({}, ["a", FIVE], {"text_pair": [NINE, FOUR], "truncation": "only_first", "max_length": 9}), ({}, "", {"truncation": True, "max_length": 2}),
    ({}, "", {"truncation": "only_first", "max_length": 1}), ({}, FIVE, {"max_length": 5}), ({}, FIVE, {"max_length": 5, "text_pair": FOUR}),
    ({}, FIVE, {"truncation": True}), ({"model_max_length": 5}, FIVE, {"truncation": True}), ({"model_max_length": 5}, FIVE, {}),
    ({"model_max_length": 5}, [FIVE, NINE], {}), ({"model_max_length": 5}, FIVE, {"verbose": False}),
    ({"model_max_length": 5}, FIVE, {"max_length": 6, "truncation": True}), ({"model_max_length": 5}, FIVE, {"text_pair": FOUR, "padding": True}),
    ({}, FIVE, {"max_length": 5, "verbose": False}), ({}, FIVE, {"truncation_strategy": "only_first", "max_length": 5}),
    ({}, FIVE, {"truncation_strategy": "only_first", "max_length": 5, "padding": True}), ({}, FIVE, {"pad_to_max_length": True, "max_length": 9}),
    ({}, FIVE, {"pad_to_max_length": True}), ({}, FIVE, {"pad_to_max_length": True, "padding": True}), ({}, FIVE, {"padding": True, "max_length": 4}),
]  # fmt: skip

OVERFLOW = [
    *[({"truncation_side": side}, NINE, {**OVER, **OFFSETS, "truncation": True, "max_length": 6, "stride": stride}, True) for side in ("right", "left") for stride in (0, 1, 3)],
    *[({}, NINE, {**OVER, "truncation": True, "max_length": n, "stride": stride}) for n, stride in ((11, 2), (10, 0), (10, 7), (3, 0), (2, 0), (1, 0), (0, 0))],
    *[({}, FIVE, {**OVER, "truncation": True, "max_length": n, "stride": stride}) for n, stride in ((4, 2), (4, 3), (4, 5), (5, 3), (2, 1), (3, 1), (0, 1), (20, 30))],
    *[({}, FIVE, {**OVER, "truncation": True, "max_length": n, "stride": stride, "add_special_tokens": False}) for n, stride in ((3, 1), (3, 3), (0, 0))],
    *[({}, [NINE, "a", FIVE], {**OVER, **OFFSETS, "truncation": True, "max_length": 5, "stride": 1, **more}, True) for more in ({}, {"padding": True},
        {"padding": "max_length"}, {"padding": True, "return_tensors": "np"})],
    *[({"truncation_side": side}, FIVE, {"text_pair": FOUR, **OVER, **OFFSETS, "truncation": True, "max_length": 8, "stride": 1}, True) for side in ("right", "left")],
    *[({}, FIVE, {"text_pair": FOUR, **OVER, "truncation": True, "max_length": n, "stride": stride}) for n,
        stride in ((9, 0), (10, 1), (12, 2), (11, 1), (8, 2), (8, 5), (6, 1), (5, 0), (4, 0), (3, 0), (20, 2))],
    *[({}, "a", {"text_pair": NINE, **OVER, "truncation": True, "max_length": n, "stride": 1}) for n in (10, 8, 6)],
    *[({"truncation_side": side}, FIVE, {"text_pair": FOUR, **OVER, **OFFSETS, "truncation": how, "max_length": 11, "stride": 1}, True) for side in ("right",
        "left") for how in ("only_first", "only_second")],
    *[({}, FIVE, {"text_pair": FOUR, **OVER, "truncation": how, "max_length": n, "stride": stride}) for how in ("only_first", "only_second") for n,
        stride in ((11, 0), (9, 3), (9, 1), (8, 0), (12, 2), (9, 6))],
    *[({"padding_side": side}, [FIVE, "a"],
        {"text_pair": [FOUR, NINE], **OVER, **ALL_FIELDS, "truncation": "only_second", "max_length": 12, "stride": 2, "padding": "max_length"},
        True) for side in ("right", "left")],
    ({}, [FIVE, FOUR], {"text_pair": [FOUR, NINE], **OVER, "truncation": True, "max_length": 8, "stride": 1, "padding": True}, True),
    ({}, FIVE, {"text_pair": FOUR, **OVER, "truncation": "only_first", "max_length": 10, "add_special_tokens": False}), ({}, FIVE, OVER),
    ({}, [FIVE, FOUR], {**OVER, "return_attention_mask": False}), ({}, NINE, {**OVER, "max_length": 6}),
    ({"model_max_length": 6}, NINE, {**OVER, "truncation": True, "stride": 1}),
    ({}, "lighthouse keeper's 🙂🙂", {**OVER, **OFFSETS, "truncation": True, "max_length": 6, "stride": 2}, True),
    ({}, NINE, {"truncation": True, "max_length": 6, "stride": 3}), ({"model_max_length": 3}, NINE, {**OVER, "truncation": True, "max_length": 6}),
    ({}, None, {"text_target": NINE, **OVER, "truncation": True, "max_length": 6}), ({}, FIVE, {"text_target": NINE, **OVER, "truncation": True, "max_length": 6}),
]  # fmt: skip

TENSORS = [
    ({}, C, {"return_tensors": "np"}), ({}, C, {"return_tensors": "pt", **ALL_FIELDS}), ({}, [A, C], {"return_tensors": "pt", "padding": True, **ALL_FIELDS}),
    ({}, [A, C], {"return_tensors": "pt"}), ({}, [A, C], {"return_tensors": "np"}), ({}, "", {"return_tensors": "pt"}),
    ({}, "", {"return_tensors": "pt", "add_special_tokens": False}), ({}, C, {"return_tensors": "pt", "text_pair": B}),
    ({}, NINE, {**OVER, "return_tensors": "pt", "truncation": True, "max_length": 6}),
    ({}, NINE, {**OVER, "return_tensors": "pt", "truncation": True, "max_length": 6, "padding": True, "stride": 1}), ({}, C, {"return_tensors": "pt", "text_target": C}),
    ({}, [A, C], {"return_tensors": "pt", "text_target": [C, A], "padding": True}), ({}, [], {"return_tensors": "pt"}),
    (PREFIX, ["a", "b c"], {**SPLIT, "return_tensors": "np"}),
]  # fmt: skip

TARGETS = [
    ({}, None, {}), ({}, None, {"text_target": [A, C]}), ({}, None, {"text_target": A, "text_pair_target": C}), ({}, [A], {"text_target": C}),
    ({}, A, {"text_target": [C]}), ({}, A, {"text_target": 5}), ({}, A, {"text_target": C, **ALL_FIELDS}, True), ({}, None, {"text_pair": "a"}),
    ({}, A, {"text_target": C, "truncation": True, "max_length": 5}),
]  # fmt: skip

MORE: list[tuple] = FIELDS + PAIRS + SPLITS + WRONG + PADDING + TRUNCATION + OVERFLOW + TENSORS + TARGETS
ALL: list[tuple] = MORE + [case for case in CALLS if case not in MORE]

# Several calls of one tokenizer: what a call leaves behind for the next, and what is said only once.
SEQUENCES: list[tuple[dict, list[tuple[Any, dict]]]] = [
    ({},
        [(FIVE, {"truncation": True, "max_length": 4}), (FIVE, {}), (FIVE, {"truncation": True, "max_length": 5, "padding": "max_length"}), (FIVE, {"padding": True}),
            (["a", FIVE], {})]),
    ({},
        [(FIVE, {"max_length": 4}), (FIVE, {"max_length": 4}), (FIVE, {"padding": "max_length"}), (FIVE, {"padding": "max_length"}), (FIVE, {"truncation": True}),
            (FIVE, {"truncation": True})]),
    ({"model_max_length": 4}, [(FIVE, {}), (FIVE, {}), ([FIVE, FIVE], {})]),
    ({"model_max_length": 4}, [(FIVE, {"verbose": False}), (FIVE, {"max_length": 6, "truncation": True}), ("a", {}), (FIVE, {})]),
    ({},
        [(FIVE, {"truncation": True, "max_length": 4, "stride": 9}), (FIVE, {}), (FIVE, {"truncation": "only_second", "max_length": 4}), (FIVE, {}),
            (FIVE, {"truncation": True, "max_length": 4})]),
]  # fmt: skip


def calls() -> list[dict]:
    rows = []
    for settings, text, options, *with_rows in ALL:
        encodings: list[Any] = []

        def call() -> Any:
            encodings.append(tiny_fast(**settings)(text, **options))
            return encodings[0]

        row = {"settings": settings, "text": text, "options": options, **outcome(call)}
        for encoding in encodings:
            row.update({"kinds": kinds(encoding)} if kinds(encoding) else {})
            if with_rows:
                row["rows"] = [{"tokens": one.tokens, "words": one.word_ids, "sequences": one.sequence_ids} for one in encoding.encodings]
        rows.append(row)
    return rows


def sequences() -> list[dict]:
    rows = []
    for settings, steps in SEQUENCES:
        tokenizer = tiny_fast(**settings)
        rows.append(
            {"settings": settings, "calls": [{"text": text, "options": options, **outcome(lambda: tokenizer(text, **options))} for text, options in steps]}
        )
    return rows
