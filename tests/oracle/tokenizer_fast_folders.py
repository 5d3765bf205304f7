"""The folders of tokenizer_fast_loaded.py."""

from __future__ import annotations

from typing import Any

MASK = {"content": "<mask>", "lstrip": False, "rstrip": True, "normalized": True, "single_word": False}
FILES_OF_PLAIN: dict[str, Any] = {"vocab.json": "…", "merges.txt": "…"}


def with_flags(index: int, content: str, **values: bool) -> dict[str, Any]:
    return {"id": index, "content": content, **dict.fromkeys(("single_word", "lstrip", "rstrip"), False), "normalized": True, "special": True, **values}


TOKENS = [with_flags(0, "<s>"), with_flags(1, "<pad>"), with_flags(2, "</s>"), with_flags(3, "<unk>"), with_flags(999, "<mask>", lstrip=True)]
MODEL = {"dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False, "vocab": "…", "merges": "…"}


def tokenizer_json(**changes: Any) -> dict[str, Any]:
    return {"changed": changes}


def post_processor(**changes: Any) -> dict[str, Any]:
    return {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False, **changes}


# As tokenizers of 2020 wrote it, and so the released models have it: no type, no byte_fallback, no use_regex, other orders.
OLD_JSON = {
    "version": "1.0", "truncation": None, "padding": None,
    "added_tokens": [{"id": t["id"], "special": True, "content": t["content"], "single_word": False, "lstrip": t["lstrip"], "rstrip": False,
        "normalized": t["content"] == "<mask>"} for t in TOKENS], "normalizer": None,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}, "post_processor": post_processor(),
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}, "model": MODEL,
}  # fmt: skip
PREFIXING = tokenizer_json(
    pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, post_processor=post_processor(add_prefix_space=True)
)
UNTRIMMED = tokenizer_json(post_processor=post_processor(trim_offsets=False))
MORE_TOKENS = [
    *TOKENS[:4],
    with_flags(999, "<mask>", rstrip=True),
    with_flags(1000, "<z>", special=False),
    with_flags(1001, "<q>", lstrip=True, normalized=False),
]
TRUNCATION = {"direction": "Left", "max_length": 12, "strategy": "OnlyFirst", "stride": 3}
PADDING = {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": 4, "pad_id": 2, "pad_type_id": 1, "pad_token": "</s>"}

CONFIG = {
    "model_max_length": 77,
    "padding_side": "left",
    "add_prefix_space": True,
    "zebra": [1],
    "unk_token": {"__type": "AddedToken", "content": "<unk>", "lstrip": True, "rstrip": False, "normalized": True, "single_word": False},
    "tokenizer_class": "LEDTokenizer",
}
DECODER = {
    "added_tokens_decoder": {
        "999": {**MASK, "special": True},
        "1000": {"content": "<q>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False, "special": True},
        "1001": {"content": "<new>", "lstrip": False, "rstrip": False, "normalized": True, "single_word": False, "special": False},
    },
    "additional_special_tokens": ["<q>"],
    "tokenizer_class": "LEDTokenizer",
}
OWN_MASK = {"mask_token": MASK, "additional_special_tokens": ["<x>", {"content": "<y>", "lstrip": True}]}
ADDED = {"<new>": 1000, "<mask>": 999}


def both_ways(name: str, files: dict[str, Any], options: dict[str, Any] | None = None) -> list[tuple[str, dict, dict]]:
    """The files beside vocab.json and merges.txt, and beside a tokenizer.json too."""
    return [
        (name, {**FILES_OF_PLAIN, **files}, options or {}),
        (f"{name}, with tokenizer.json", {**FILES_OF_PLAIN, "tokenizer.json": "…", **files}, options or {}),
    ]


CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("vocab and merges alone", FILES_OF_PLAIN, {}),
    ("tokenizer.json alone", {"tokenizer.json": "…"}, {}),
    ("all three", {**FILES_OF_PLAIN, "tokenizer.json": "…"}, {}),
    ("saved by the slow class", {**FILES_OF_PLAIN, "tokenizer_config.json": "…", "special_tokens_map.json": "…"}, {}),
    ("saved by the slow class, with tokenizer.json", {**FILES_OF_PLAIN, "tokenizer_config.json": "…", "special_tokens_map.json": "…", "tokenizer.json": "…"}, {}),
    ("an old tokenizer.json", {**FILES_OF_PLAIN, "tokenizer.json": OLD_JSON}, {}),
    ("merges of tokenizer.json as lists", {"tokenizer.json": tokenizer_json(model={"type": "BPE", **MODEL, "merges": ["…"]})}, {}),
    ("tokenizer.json with ignore_merges", {"tokenizer.json": tokenizer_json(model={"type": "BPE", **MODEL, "byte_fallback": False, "ignore_merges": False})}, {}),
    ("vocab without some specials", {"vocab.json": {"without": ["<pad>", "<mask>", "</s>"]}, "merges.txt": "…"}, {}),
    ("vocab without some specials, but tokenizer.json has them", {"vocab.json": {"without": ["<pad>", "<mask>", "</s>"]}, "merges.txt": "…", "tokenizer.json": "…"}, {}),
    ("merges without a final newline", {"vocab.json": "…", "merges.txt": {"form": "unterminated"}}, {}),
    ("merges with CRLF", {"vocab.json": "…", "merges.txt": {"form": "crlf"}}, {}),
    ("merges without a version line", {"vocab.json": "…", "merges.txt": {"form": "headless"}}, {}),
    *both_ways("special_tokens_map with a mask of its own", {"special_tokens_map.json": OWN_MASK}),
    *both_ways("special_tokens_map of strings", {"special_tokens_map.json": {"mask_token": "<mask>", "pad_token": "<pad>", "cls_token": "<s>"}}),
    *both_ways("added_tokens", {"added_tokens.json": ADDED, "special_tokens_map.json": {"mask_token": "<mask>"}}),
    *both_ways("added_tokens and special ones", {"added_tokens.json": {"<x>": 1001, "<new>": 1000}, "special_tokens_map.json": {"additional_special_tokens": ["<x>"]}}),
    *both_ways("tokenizer_config", {"tokenizer_config.json": CONFIG}),
    *both_ways("added_tokens_decoder", {"tokenizer_config.json": DECODER, "special_tokens_map.json": {"bos_token": "<ignored>"}}),
    *both_ways("other specials in tokenizer_config", {"tokenizer_config.json": {"cls_token": "<x>", "sep_token": "<y>", "pad_token": "<new>"}}),
    ("added tokens of tokenizer.json", {**FILES_OF_PLAIN, "tokenizer.json": tokenizer_json(added_tokens=MORE_TOKENS)}, {}),
    ("added tokens of tokenizer.json alone, and others in the config", {"tokenizer.json": tokenizer_json(added_tokens=MORE_TOKENS), "tokenizer_config.json": DECODER}, {}),
    ("a tokenizer.json without some specials", {"tokenizer.json": tokenizer_json(added_tokens=TOKENS[:2])}, {}),
    ("a tokenizer.json without added tokens", {**FILES_OF_PLAIN, "tokenizer.json": tokenizer_json(added_tokens=[])}, {}),
    ("specials of tokenizer.json that are not special", {"tokenizer.json": tokenizer_json(added_tokens=[{**t, "special": False} for t in TOKENS])}, {}),
    ("tokenizer.json prefixes, the options do not", {"tokenizer.json": PREFIXING}, {}),
    ("tokenizer.json prefixes, the options too", {"tokenizer.json": PREFIXING}, {"add_prefix_space": True}),
    ("tokenizer.json prefixes, the config too", {"tokenizer.json": PREFIXING, "tokenizer_config.json": {"add_prefix_space": True}}, {}),
    ("the options prefix, tokenizer.json does not", {"tokenizer.json": "…"}, {"add_prefix_space": True}),
    ("only the pre-tokenizer prefixes", {"tokenizer.json": tokenizer_json(pre_tokenizer=PREFIXING["changed"]["pre_tokenizer"])}, {}),
    ("only the post-processor prefixes", {"tokenizer.json": tokenizer_json(post_processor=post_processor(add_prefix_space=True))}, {}),
    ("tokenizer.json does not trim, the options do", {"tokenizer.json": UNTRIMMED}, {}),
    ("tokenizer.json does not trim, the options neither", {"tokenizer.json": UNTRIMMED}, {"trim_offsets": False}),
    ("tokenizer.json does not trim, the config neither", {"tokenizer.json": UNTRIMMED, "tokenizer_config.json": {"trim_offsets": False}}, {}),
    ("the options do not trim, tokenizer.json does", {**FILES_OF_PLAIN, "tokenizer.json": "…"}, {"trim_offsets": False}),
    ("the options do not trim", FILES_OF_PLAIN, {"trim_offsets": False, "add_prefix_space": True}),
    ("a post-processor with other ends", {"tokenizer.json": tokenizer_json(post_processor=post_processor(sep=["<unk>", 3], cls=["<mask>", 999]))}, {}),
    ("no post-processor", {"tokenizer.json": tokenizer_json(post_processor=None)}, {}),
    ("truncation in tokenizer.json", {"tokenizer.json": tokenizer_json(truncation=TRUNCATION)}, {}),
    ("padding in tokenizer.json", {"tokenizer.json": tokenizer_json(padding=PADDING)}, {}),
    ("truncation and padding in tokenizer.json",
        {**FILES_OF_PLAIN,
            "tokenizer.json": tokenizer_json(truncation={**TRUNCATION, "direction": "Right", "strategy": "LongestFirst"},
                padding={**PADDING, "strategy": {"Fixed": 20}, "direction": "Right"})}, {"padding_side": "left", "truncation_side": "left"}),
    *((f"tokenizer_class {name}", {**FILES_OF_PLAIN, "tokenizer.json": "…", "tokenizer_config.json": {"tokenizer_class": name}}, {}) for name in ("BartTokenizer",
        "BartTokenizerFast", "LEDTokenizerFast")),
    ("config.json of LED", {**FILES_OF_PLAIN, "config.json": {"model_type": "led"}}, {}),
    ("config.json of Bart", {**FILES_OF_PLAIN, "config.json": {"model_type": "bart"}}, {}),
    ("config.json with a tokenizer_class", {**FILES_OF_PLAIN, "config.json": {"model_type": "led", "tokenizer_class": "BartTokenizer"}}, {}),
    ("from_slow", {**FILES_OF_PLAIN, "tokenizer.json": tokenizer_json(added_tokens=MORE_TOKENS)}, {"from_slow": True}),
    *both_ways("options over files", {"tokenizer_config.json": CONFIG, "special_tokens_map.json": OWN_MASK},
        {"model_max_length": 55, "padding_side": "right", "add_prefix_space": False, "additional_special_tokens": ["<new>"], "pad_token": "<z>",
            "mask_token": {"content": "<mask>", "lstrip": False, "special": True}, "zebra": 2}),
    ("an empty folder", {}, {}), ("vocab alone", {"vocab.json": "…"}, {}), ("merges alone", {"merges.txt": "…"}, {}),
    ("vocab that is no JSON", {"vocab.json": "{", "merges.txt": "…"}, {}), ("tokenizer.json that is no JSON", {"tokenizer.json": "{"}, {}),
    ("tokenizer_config that is no JSON", {**FILES_OF_PLAIN, "tokenizer_config.json": "{"}, {}),
]  # fmt: skip

# Folders for AutoTokenizer.
LED_CONFIG = {"config.json": {"model_type": "led"}}
AUTO: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *(({**FILES_OF_PLAIN, **LED_CONFIG, **({"tokenizer_config.json": {"tokenizer_class": name}} if name else {})}, options) for name in (None, "LEDTokenizer",
        "LEDTokenizerFast", "BartTokenizer", "BartTokenizerFast", "RobertaTokenizerFast", "PreTrainedTokenizerFast", "NoTokenizer") for options in ({},
        {"use_fast": False})),
    *(({**FILES_OF_PLAIN, "tokenizer.json": "…", **files}, options) for files in (LED_CONFIG, {"tokenizer_config.json": {"tokenizer_class": "LEDTokenizer"}},
        {"tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"}}, {}) for options in ({}, {"use_fast": False})),
    ({"tokenizer.json": "…", **LED_CONFIG}, {"use_fast": False}), ({**FILES_OF_PLAIN, "config.json": {"model_type": "bart"}}, {}),
    ({**FILES_OF_PLAIN, **LED_CONFIG}, {"tokenizer_type": "led"}), ({**FILES_OF_PLAIN}, {"tokenizer_type": "led", "use_fast": False}),
    ({**FILES_OF_PLAIN, "config.json": {"model_type": "led", "tokenizer_class": "LEDTokenizer"}}, {"add_prefix_space": True}),
]  # fmt: skip

SAVES: list[tuple[str, dict, list, dict]] = [
    *[("save_pretrained", {}, ["there"], options) for options in ({}, {"legacy_format": True}, {"legacy_format": False}, {"filename_prefix": "my"},
        {"filename_prefix": "my", "legacy_format": False}, {"legacy_format": True, "filename_prefix": ""})],
    ("save_pretrained", {}, ["new/deep"], {}), ("save_pretrained", {}, ["a_file"], {}),
    ("save_pretrained", {"add_prefix_space": True, "trim_offsets": False}, ["there"], {}),
    ("save_vocabulary", {}, ["there"], {}), ("save_vocabulary", {}, ["there", "my"], {}), ("save_vocabulary", {}, ["there"], {"filename_prefix": "a-b"}),
    ("save_vocabulary", {}, ["not there"], {}), ("save_vocabulary", {}, ["a_file"], {}),
]  # fmt: skip
