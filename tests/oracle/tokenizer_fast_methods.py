"""Methods of the fast tokenizer beside the call: (settings, method, arguments, options), and where the slow one differs.

`pad` gets the cases of fixtures/tokenizer.json, so that script comes first.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from fixture_file import FIXTURES
from tokenizer import A, C, tiny
from tokenizer_fast_common import outcome, revived, tiny_fast

BYTE = {b: index for index, b in ((tiny().encoder[c], b) for b, c in tiny().byte_encoder.items())}
NOT_UTF8 = [
    b"\xff",
    b"a\xc3",
    b"\xe2\x82",
    b"\xe2\x82a",
    b"\xf0\x9f\x98x",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbfbom",
    b"ok \xe2\x82\xac",
    b"\xf0\x9f\x98\xff\xf0\x9f",
    b"\x80\x80a\xe1\x80\xc2",
]
TRUNCATED = {"truncation": True, "max_length": 4}
SKIPPING, FORMATTED, UNCLEANED = {"skip_special_tokens": True}, {"already_has_special_tokens": True}, {"clean_up_tokenization_spaces": False}
OVERFLOWING = {"truncation": True, "max_length": 5, "stride": 1, "return_overflowing_tokens": True}
UNCLEAN = [[tiny()(text)["input_ids"]] for text in ("Is it , or n't ? I 'm ' x ' . They 've ! It 's 're", "a .b ,c ?d !e n'tx")]
BUILT = [[[68]], [[68], [275]], [[], []]]
SPECIAL = {"additional_special_tokens": ["<x>"], "clean_up_tokenization_spaces": False}

# ids of "a b c d e" and "w x y"
IDS, PAIR = [68, 275, 285, 271, 278], [90, 662, 347]
TRUNCATIONS = [
    ([IDS, pair], {"num_tokens_to_remove": n, "truncation_strategy": how, "stride": 1})
    for pair, how, n in (
        (None, "longest_first", 2), (PAIR, "longest_first", 4), (None, "only_first", 5), (PAIR, "only_first", 2), (PAIR, "only_second", 2), (PAIR, "only_second", 3),
        (None, "only_second", 1), (PAIR, "do_not_truncate", 1), (PAIR, "longest_first", 0), (PAIR, "sometimes", 1),
    )
]  # fmt: skip


def of(method: str, *calls: Any, **settings: Any) -> list[tuple[dict, str, list, dict]]:
    """Calls of one method: a list of arguments each, or (arguments, options)."""
    return [(settings, method, *(given if isinstance(given, tuple) else (given, {}))) for given in calls]


def each(method: str, *values: Any) -> list[tuple[dict, str, list, dict]]:
    return of(method, *([value] for value in values))


CASES = [
    *of("tokenize", ["a <mask> it's"], [""], [" a\u00a0<mask>"], ["a b", "c <mask>"], ["a", ""], (["a"], {"add_special_tokens": True}),
        (["a b", "c"], {"add_special_tokens": True}), (["a"], {"pair": "b", "add_special_tokens": True}), (["a b c d e"], TRUNCATED),
        (["a b c d e"], {**TRUNCATED, "add_special_tokens": True}), (["a"], {"padding": "max_length", "max_length": 3}), (["a b c"], {"return_tensors": "np"}),
        (["a"], {"foo": 1}), (["a"], {"add_prefix_space": True}), [["a", "b"]], ([["a"]], {"is_split_into_words": True}), [5], [None]),
    *of("encode", [A], [A, C], ([A], {"add_special_tokens": False}), ([A], TRUNCATED), (["a", "b"], TRUNCATED), ([C], {"return_tensors": "np"}),
        ([C], {"padding": "max_length", "max_length": 8}), [[68, 275]], [["a", "b"]], [["a", "b", "c"]], [["a"]], [[]], ["a", [275]], [5], [None],
        ([C], {"return_offsets_mapping": True}), ([C], {"foo": 1})),
    *of("encode_plus", ([A], {"return_offsets_mapping": True}), ([C, "a"], {"return_token_type_ids": True}), [[68, 275]], [["a", "b"]], [["a", "b", "c"]], [[]],
        ["a", ["b"]], ([C], {**TRUNCATED, "return_overflowing_tokens": True}), [5], [None], (["a"], {"return_tensors": "np"}), ([IDS], {"text_pair": PAIR})),
    *of("batch_encode_plus", ([["a", "b c"]], {"padding": True}), [[["a", "b"]]], [["a", ["b", "c"]]], [[[68, 275], [5]]], [[68]], ["ab"], [[]], [None], [[None]],
        ([[["a"], ["b"]]], {"is_split_into_words": True}), ([["a b c d e"]], {**TRUNCATED, "return_overflowing_tokens": True})),
    *each("convert_tokens_to_ids", "Ġthe", "<mask>", " <mask>", "nope", "", ["a", "nope", "Ġb", "</s>"], [], None, 5, [5], [None], "the"),
    *of("convert_tokens_to_ids", ["nope"], unk_token=None), *of("convert_tokens_to_ids", [["<x>", "a"]], **SPECIAL),
    *each("convert_ids_to_tokens", 0, 999, 1000, 68, -1, 2**32, 2**31, True, 1.5, "3", None, [], [0, 68, 999, 2], [1000, 68], [-1], [2**32], [1.7], ["68"], [[68]]),
    *of("convert_ids_to_tokens", ([[0, 68, 999, 1, 3, 2]], SKIPPING), ([0], SKIPPING)), *of("convert_ids_to_tokens", ([[0, 1000, 68]], SKIPPING), **SPECIAL),
    *each("convert_tokens_to_string", ["Ġthe", "Ġwind"], ["<s>", "a", "</s>"], ["漢"], ["Ã"], ["Ã", "©"], ["Ã", "漢", "©"], ["Ã漢"], [" a"], ["a b"], ["Ġ漢Ġ"],
        ["Ġ", " ", "Ġ"], [], "abc", [""], ["ÿ"], ["Ń"], ["🙂Ġ"], ["\n", "Ċ"], [5], [None], None),
    *each("decode", [], 0, 68, -1, [-1], [1000], [68, 1000, 275], [68, 5000, 4294967295], [2**32], ["a"], [[68]], None, 1.5, [68.0], "a", True, [0, 0, 2, 2]),
    *of("decode", ([[0, 68, 999, 1, 3, 2]], SKIPPING), ([[1, 1, 68, 1]], SKIPPING), ([IDS], {"spaces_between_special_tokens": False}),
        ([IDS], {"use_source_tokenizer": True}), ([IDS], {"foo": 1}), ([IDS], {"clean_up_tokenization_spaces": None})),
    *of("decode", *((given, options) for given in UNCLEAN for options in ({}, UNCLEANED))),
    *of("decode", *((given, options) for given in UNCLEAN for options in ({}, {"clean_up_tokenization_spaces": True})), **UNCLEANED),
    *each("decode", *([BYTE[b] for b in case] for case in NOT_UTF8)),
    *(case for errors in ("ignore", "strict", "backslashreplace") for case in of("decode", [[BYTE[b] for b in b"a\xe2\x82b"]], errors=errors)),
    *of("decode", *(([given], options) for given in ([68, 1000, 275], [1000, 1000], [224, 1000, 224]) for options in ({}, SKIPPING)), **SPECIAL),
    *of("batch_decode", [[[68, 275], [0]]], [[68, 275]], [[]], [[[]]], ([[[0, 68, 2], [999, 68]]], SKIPPING), [[[68], [-1]]]),
    *of("get_special_tokens_mask", [[0, 68, 2]], [[68], [275]], ([[0, 68, 999, 1, 3, 2]], FORMATTED), ([[0, 68], [275]], FORMATTED), ([[1000, -1]], FORMATTED),
        ([[]], FORMATTED)),
    *of("get_special_tokens_mask", ([[1000, 68]], FORMATTED), **SPECIAL),
    *of("build_inputs_with_special_tokens", *BUILT), *of("build_inputs_with_special_tokens", *BUILT, cls_token="the", sep_token="a"),
    *of("build_inputs_with_special_tokens", *BUILT, bos_token="the", eos_token="a"),
    *of("create_token_type_ids_from_sequences", [[68]], [[68], [275, 285]], [[]]), *of("num_special_tokens_to_add", [], [False], [True], ([], {"pair": True})),
    *of("prepare_for_model", [IDS], [IDS, PAIR], [[]], ([IDS], {"add_special_tokens": False}),
        ([IDS, PAIR], {"add_special_tokens": False, "return_special_tokens_mask": True}), ([IDS], {"add_special_tokens": False, "return_token_type_ids": True}),
        ([IDS, PAIR], {"return_token_type_ids": True, "return_special_tokens_mask": True, "return_length": True}),
        ([IDS, PAIR], {"return_token_type_ids": True, "return_length": True}), ([IDS], {"truncation": True, "max_length": 5}),
        ([IDS, PAIR], {"truncation": True, "max_length": 9}), ([IDS, PAIR], {"truncation": "only_first", "max_length": 9}),
        ([IDS, PAIR], {"truncation": "only_second", "max_length": 10}), ([IDS], OVERFLOWING), ([IDS, PAIR], {**OVERFLOWING, "max_length": 9}),
        ([IDS, PAIR], {**OVERFLOWING, "truncation": "only_second", "max_length": 10}), ([IDS], {"padding": "max_length", "max_length": 9}),
        ([IDS], {"padding": True, "pad_to_multiple_of": 4}), ([IDS], {"truncation": True, "max_length": 1}), ([IDS], {"return_tensors": "np"}),
        ([IDS], {"return_tensors": "np", "prepend_batch_axis": True}), ([IDS], {"return_attention_mask": False}), ([IDS], {"return_offsets_mapping": True}), [["a"]], [5],
        ["a b"], ([IDS], {"max_length": 4}), ([IDS], {"foo": 1})),
    *of("prepare_for_model", ([IDS], OVERFLOWING), truncation_side="left"), *of("prepare_for_model", [IDS], model_max_length=4),
    *of("prepare_for_model", ([IDS], {"padding": "max_length", "max_length": 9}), padding_side="left"),
    *(case for side in ("right", "left") for case in of("truncate_sequences", *TRUNCATIONS, truncation_side=side)),
]  # fmt: skip


def methods() -> list[dict]:
    rows = []
    for settings, method, args, options in CASES:
        row = {"settings": settings, "method": method, "args": args, "options": options}
        fast, slow = (outcome(lambda: call(make(**settings), method, args, options)) for make in (tiny_fast, tiny))
        differs = {name: slow.get(name) for name in ("gives", "raises", "says") if slow.get(name) != fast.get(name)}
        rows.append({**row, **fast, **({"slow": differs} if differs else {})})
    return rows


def call(tokenizer: Any, method: str, args: list, options: dict) -> Any:
    return getattr(tokenizer, method)(*copy.deepcopy(args), **options)


def pads() -> list[dict]:
    cases = json.loads((FIXTURES / "tokenizer.json").read_text(encoding="utf-8"))["pads"]
    rows = []
    for case in cases:
        given = {name: case[name] for name in ("settings", "encoded", "options")}
        rows.append({**given, **outcome(lambda: tiny_fast(**case["settings"]).pad(copy.deepcopy(case["encoded"]), **case["options"]))})
    encoded = tiny_fast()(C)
    result = tiny_fast().pad(encoded, padding="max_length", max_length=8)
    rows.append(
        {
            "about": "an encoding is padded in place",
            "text": C,
            "options": {"padding": "max_length", "max_length": 8},
            "gives": dict(result),
            "given_now": dict(encoded),
            "is_fast": result.is_fast,
        }
    )
    return rows


def facts() -> dict[str, Any]:
    tokenizer = tiny_fast()
    vocab = tokenizer.get_vocab()
    named = [
        "vocab_size",
        "is_fast",
        "can_save_slow_tokenizer",
        "model_max_length",
        "max_len_single_sentence",
        "max_len_sentences_pair",
        "padding_side",
        "truncation_side",
        "model_input_names",
        "pad_token_type_id",
        "clean_up_tokenization_spaces",
        "add_prefix_space",
        "all_special_tokens",
        "all_special_ids",
        "additional_special_tokens",
    ]
    ids = [f"{name}_token{end}" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask") for end in ("", "_id")]
    return {
        "values": {name: getattr(tokenizer, name) for name in named + ids}, "length": len(tokenizer), "vocab_entries": len(vocab),
        "vocab_is_the_file": vocab == tiny().encoder,
        "added_vocab": tokenizer.get_added_vocab(), "map": tokenizer.special_tokens_map, "repr": repr(tokenizer).replace(repr(tokenizer.name_or_path), "''"),
    }  # fmt: skip


# Attributes set after the tokenizer was made: (settings, attributes, text, options).
ATTRIBUTES: list[tuple[dict, dict, Any, dict]] = [
    ({}, {"cls_token": "the", "sep_token": "a"}, "x", {}), ({}, {"bos_token": "the", "eos_token": "a"}, "x", {}),
    ({}, {"pad_token": "</s>"}, ["x", "x y"], {"padding": True}), ({}, {"pad_token": "[NEW]"}, ["x", "x y"], {"padding": True}),
    ({}, {"pad_token": None}, ["x", "x y"], {"padding": True}), ({}, {"pad_token_id": 68}, ["x", "x y"], {"padding": True}),
    ({}, {"mask_token": "wind"}, "a wind", {}), ({}, {"mask_token": {"content": "<m>", "rstrip": True}}, "a <m> b", {}),
    ({}, {"additional_special_tokens": ["<x>"]}, "a <x> b", {}), ({}, {"unk_token": "a"}, "x", {}), ({}, {"padding_side": "left"}, ["x", "x y"], {"padding": True}),
    ({}, {"truncation_side": "left"}, "x y z", {"truncation": True, "max_length": 3}),
    ({}, {"model_max_length": 3}, "x y z", {"truncation": True}), ({}, {"model_max_length": 3}, "x y z", {}),
    ({}, {"model_input_names": ["input_ids", "token_type_ids"]}, "x", {}), ({}, {"add_prefix_space": True}, "x", {}),
    ({}, {"add_prefix_space": True}, ["x", "y"], {"is_split_into_words": True}),
    ({"add_prefix_space": True}, {"add_prefix_space": False}, ["x", "y"], {"is_split_into_words": True}),
    ({}, {"_pad_token_type_id": 7}, ["x", "x y"], {"padding": True, "return_token_type_ids": True}),
]  # fmt: skip


def attributes() -> list[dict]:
    rows = []
    for settings, changes, text, options in ATTRIBUTES:
        tokenizer = tiny_fast(**settings)

        def steps() -> Any:
            for name, value in changes.items():
                setattr(tokenizer, name, revived(value))
            return tokenizer(text, **options)

        row = {"settings": settings, "set": changes, "text": text, "options": options, **outcome(steps)}
        after = outcome(
            lambda: {
                "special_tokens": tokenizer.all_special_tokens,
                "special_ids": tokenizer.all_special_ids,
                "built": tokenizer.build_inputs_with_special_tokens([5], [6]),
                "length": len(tokenizer),
            }
        )
        rows.append({**row, "after": after})
    return rows
