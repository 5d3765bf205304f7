"""Writes what LEDTokenizer of transformers gives: fixtures/tokenizer.json, fixtures/character-classes.json and the
small vocabulary in fixtures/tiny-tokenizer/ (about 1,000 tokens, trained here on the text of tokenizer_texts.py).

With the vocabulary of the released models in $LED_DATA/led-tokenizer it writes fixtures/tokenizer-released.json too, and
leaves that file alone without. Run from anywhere: python tests/oracle/tokenizer.py
"""

from __future__ import annotations

import copy
import json
import logging
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import regex
import transformers
from tokenizers import ByteLevelBPETokenizer
from transformers import AddedToken, LEDTokenizer

import tokenizer_texts as texts
from fixture_file import FIXTURES, write_fixture

TINY = FIXTURES / "tiny-tokenizer"
PACKAGES = ["transformers", "tokenizers", "regex"]
PATTERN = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]

ADDED = [
    AddedToken("<ent>"), AddedToken("[L]", lstrip=True), AddedToken("[R]", rstrip=True), AddedToken("[LR]", lstrip=True, rstrip=True),
    AddedToken("zzqx", single_word=True), AddedToken("abc"), AddedToken("b"), AddedToken("id_1"), AddedToken("id_100"), AddedToken("two words"),
    AddedToken("Ġwind"),
]  # fmt: skip


def train() -> None:
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator([texts.TRAINING], vocab_size=999, min_frequency=1, special_tokens=SPECIALS, show_progress=False)
    with tempfile.TemporaryDirectory() as folder:
        trained.save_model(folder)
        vocab = json.loads(Path(folder, "vocab.json").read_text(encoding="utf-8"))
        vocab["<mask>"] = len(vocab)
        Path(folder, "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
        tokenizer = LEDTokenizer(f"{folder}/vocab.json", f"{folder}/merges.txt", model_max_length=512)
    shutil.rmtree(TINY, ignore_errors=True)
    tokenizer.save_pretrained(TINY)


def tiny(**options: Any) -> LEDTokenizer:
    return LEDTokenizer(TINY / "vocab.json", TINY / "merges.txt", **options)


def with_added() -> LEDTokenizer:
    tokenizer = tiny()
    tokenizer.add_tokens([AddedToken(**{k: getattr(t, k) for k in ("content", "lstrip", "rstrip", "single_word")}) for t in ADDED])
    tokenizer.add_special_tokens({"additional_special_tokens": ["<sp>"]})
    return tokenizer


def texts_of(tokenizer: LEDTokenizer, cases: list[str], **how: Any) -> list[dict]:
    rows = []
    for text in cases:
        ids = tokenizer(text, **how)["input_ids"]
        row = {
            "text": text,
            "tokens": tokenizer.tokenize(text, **how),
            "ids": ids,
            "decoded": tokenizer.decode(ids),
            "raw": tokenizer.decode(ids, clean_up_tokenization_spaces=False),
            "skipped": tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False),
        }
        rows.append(row)
    return rows


class Said(logging.Handler):
    """Collects what transformers logs and warns."""

    def __enter__(self) -> Said:
        self.messages: list[str] = []
        transformers.utils.logging.get_logger("transformers").addHandler(self)
        self.caught = warnings.catch_warnings(record=True)
        self.raised = self.caught.__enter__()
        warnings.simplefilter("always")
        return self

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def __exit__(self, *args: Any) -> None:
        self.messages += [str(w.message) for w in self.raised]
        self.caught.__exit__(*args)
        transformers.utils.logging.get_logger("transformers").removeHandler(self)


A, B, C = "The keeper of the lighthouse wrote a line in her book", "She wrote what the wind did", "On calm days"
WORDS = ["The", " keeper", "wrote", "", "lines", "in-a-book", "\ttab"]

# name -> (settings, text, options); text None, and lists stand for batches.
CALLS: list[tuple[dict, Any, dict]] = [
    ({}, A, {}),
    ({}, [A, C], {}),
    ({}, A, {"text_pair": B}),
    ({}, [A, C], {"text_pair": [B, A]}),
    ({}, "", {}),
    ({}, "", {"add_special_tokens": False}),
    ({}, "", {"add_special_tokens": False, "padding": "max_length", "max_length": 5, "truncation": True}),
    ({}, ["", C], {"padding": True}),
    ({}, ["", C], {"padding": True, "add_special_tokens": False}),
    ({}, [""], {"add_special_tokens": False}),
    ({}, [], {}),
    ({}, None, {}),
    ({}, None, {"text_target": A}),
    ({}, C, {"text_target": A}),
    ({}, [C, A], {"text_target": [A, B], "padding": True}),
    ({}, C, {"text_target": A, "text_pair_target": B, "text_pair": B}),
    ({}, A, {"add_special_tokens": False, "text_pair": B}),
    ({}, 5, {}),
    ({}, [5], {}),
    ({}, [[5]], {}),
    ({}, A, {"text_pair": 7}),
    ({}, [A, C], {"text_pair": B}),
    ({}, [A, C], {"text_pair": [B]}),
    ({}, WORDS, {"is_split_into_words": True}),
    ({}, [WORDS, ["one"]], {"is_split_into_words": True, "padding": True}),
    ({}, WORDS, {"is_split_into_words": True, "text_pair": ["a", "b"]}),
    ({"add_prefix_space": True}, WORDS, {}),
    ({}, A, {"add_prefix_space": True}),
    ({"add_prefix_space": True}, A, {"add_prefix_space": False}),
    ({}, "<s> a <mask>", {"split_special_tokens": True}),
    ({"split_special_tokens": True}, "<s> a <mask>", {}),
    # padding
    ({}, [A, C, B], {"padding": True}),
    ({}, [A, C, B], {"padding": "longest", "return_special_tokens_mask": True, "return_token_type_ids": True, "return_length": True}),
    ({}, A, {"padding": True, "return_length": True, "pad_to_multiple_of": 16}),
    ({}, A, {"padding": "max_length", "max_length": 40, "return_special_tokens_mask": True}),
    ({}, A, {"padding": "max_length", "max_length": 5}),
    ({}, [A, C], {"padding": "max_length", "max_length": 17}),
    ({"padding_side": "left"}, [A, C], {"padding": True, "return_special_tokens_mask": True, "return_token_type_ids": True}),
    ({}, [A, C], {"padding": True, "pad_to_multiple_of": 7}),
    ({}, [A, C], {"padding": True, "max_length": 4}),
    ({}, [A, C], {"padding": True, "return_attention_mask": False}),
    ({}, [A, C], {"padding": "do_not_pad"}),
    ({}, [A, C], {"padding": "max_length"}),
    ({"model_max_length": 30}, [A, C], {"padding": "max_length"}),
    ({}, A, {"padding": "widest"}),
    ({"pad_token": None}, [A, C], {"padding": True}),
    ({"model_input_names": ["input_ids", "token_type_ids"]}, [A, C], {"padding": True}),
    # truncation
    ({}, A, {"truncation": True, "max_length": 9}),
    ({}, A, {"max_length": 9}),
    ({}, A, {"truncation": False, "max_length": 9}),
    ({}, [A, C], {"truncation": True, "max_length": 9, "padding": True}),
    ({"truncation_side": "left"}, A, {"truncation": True, "max_length": 9}),
    ({}, A, {"truncation": "only_first", "max_length": 9}),
    ({}, A, {"truncation": "only_second", "max_length": 9}),
    ({}, A, {"truncation": True}),
    ({"model_max_length": 10}, A, {"truncation": True}),
    ({"model_max_length": 10}, A, {}),
    ({}, A, {"truncation": True, "max_length": 2}),
    ({}, A, {"truncation": True, "max_length": 1}),
    ({}, A, {"truncation": True, "max_length": 0}),
    ({}, A, {"truncation": "only_first", "max_length": 1}),
    ({}, A, {"truncation": "sometimes"}),
    ({}, A, {"truncation": True, "max_length": 9, "padding": True, "pad_to_multiple_of": 4}),
    ({}, A, {"truncation": True, "max_length": 8, "add_special_tokens": False}),
    *[({"truncation_side": side}, A, {"text_pair": B, "truncation": how, "max_length": n})
      for side in ("right", "left") for how in ("longest_first", "only_first", "only_second") for n in (27, 20, 13, 8, 4, 3)],
    *[({}, C, {"text_pair": A, "truncation": True, "max_length": n}) for n in (24, 15, 14, 13, 12, 9)],
    # overflow
    ({}, A, {"truncation": True, "max_length": 9, "stride": 3, "return_overflowing_tokens": True}),
    ({"truncation_side": "left"}, A, {"truncation": True, "max_length": 9, "stride": 3, "return_overflowing_tokens": True}),
    ({}, A, {"truncation": True, "max_length": 9, "stride": 300, "return_overflowing_tokens": True}),
    ({}, C, {"truncation": True, "max_length": 50, "return_overflowing_tokens": True}),
    ({}, [A, B, C], {"truncation": True, "max_length": 9, "stride": 2, "return_overflowing_tokens": True}),
    ({}, A, {"text_pair": B, "truncation": "only_second", "max_length": 20, "stride": 2, "return_overflowing_tokens": True}),
    ({}, A, {"text_pair": B, "truncation": "only_first", "max_length": 20, "stride": 2, "return_overflowing_tokens": True}),
    ({}, A, {"text_pair": B, "truncation": True, "max_length": 20, "return_overflowing_tokens": True}),
    # other outputs
    ({}, A, {"return_special_tokens_mask": True, "text_pair": B, "return_token_type_ids": True, "return_length": True}),
    ({}, A, {"return_special_tokens_mask": True, "add_special_tokens": False}),
    ({}, A, {"return_token_type_ids": True, "add_special_tokens": False}),
    ({}, A, {"return_attention_mask": False}),
    ({}, A, {"return_offsets_mapping": True}),
    ({}, [A, C], {"return_length": True}),
    ({}, [A, C], {"return_tensors": "np"}),
    ({}, [A, A], {"return_tensors": "np", "return_length": True}),
    ({}, [A, C], {"return_tensors": "pt"}),
    ({}, [A, C], {"return_tensors": "pt", "padding": True}),
    ({}, A, {"return_tensors": "pt", "text_target": C}),
    ({}, A, {"return_tensors": "xx"}),
]  # fmt: skip


def listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def calls() -> list[dict]:
    rows = []
    for settings, text, options in CALLS:
        tokenizer = tiny(**settings)
        row = {"settings": settings, "text": text, "options": options}
        with Said() as said:
            try:
                row["gives"] = {name: listed(value) for name, value in tokenizer(text, **options).items()}
            except Exception as error:  # noqa: BLE001 what the reference raises is the fixture
                row["raises"] = str(error).strip('"')
        row["says"] = said.messages
        rows.append(row)
    return rows


def pads() -> list[dict]:
    """tokenizer.pad, with what fine-tuning gives it."""
    one = {"input_ids": [0, 5, 6, 2], "attention_mask": [1, 1, 1, 1], "global_attention_mask": [1, 0, 0, 0]}
    two = {"input_ids": [0, 5, 2], "attention_mask": [1, 1, 1], "global_attention_mask": [1, 0, 0]}
    three = {"input_ids": [0, 2], "special_tokens_mask": [1, 1], "token_type_ids": [0, 0], "global_attention_mask": [0, 0]}
    cases: list[tuple[dict, Any, dict]] = [
        ({}, [one, two], {}), ({"padding_side": "left"}, [one, two], {}), ({}, [one, two], {"return_attention_mask": False}),
        ({}, three, {"padding": "max_length", "max_length": 5}), ({}, [three], {"pad_to_multiple_of": 4}), ({}, one, {"padding": "longest", "pad_to_multiple_of": 3}),
        ({}, {"input_ids": [[0, 5, 6, 2], [0, 2]]}, {}), ({}, {"input_ids": [[], [0, 2]]}, {}), ({}, {"input_ids": []}, {"return_attention_mask": True}), ({}, {"attention_mask": [1]}, {}),
        ({}, {"input_ids": [[0, 5], [0]], "labels": [1]}, {}), ({}, [one, two], {"padding": False}), ({}, [one, two], {"padding": "max_length", "max_length": 3}),
    ]  # fmt: skip
    rows = []
    for settings, encoded, options in cases:
        row = {"settings": settings, "encoded": encoded, "options": options}
        try:
            row["gives"] = dict(tiny(**settings).pad(copy.deepcopy(encoded), **options))
        except Exception as error:  # noqa: BLE001
            row["raises"] = str(error)
        rows.append(row)
    return rows


def loaded() -> list[dict]:
    """Folders of older and odder forms: which files, and what from_pretrained makes of them."""
    vocab = json.loads((TINY / "vocab.json").read_text(encoding="utf-8"))
    merges = (TINY / "merges.txt").read_text(encoding="utf-8")
    fewer = {token: i for i, token in enumerate(t for t in sorted(vocab, key=vocab.get) if t not in ("<pad>", "<mask>", "</s>"))}
    mask = {"content": "<mask>", "lstrip": False, "rstrip": True, "normalized": True, "single_word": False}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("vocab and merges alone", {}),
        ("vocab without some specials", {"vocab.json": fewer}),
        ("merges without a final newline", {"merges.txt": merges.rstrip("\n")}),
        ("merges with CRLF", {"merges.txt": merges.replace("\n", "\r\n")}),
        ("merges without a version line", {"merges.txt": merges.split("\n", 1)[1]}),
        ("special_tokens_map with a mask of its own", {"special_tokens_map.json": {"mask_token": mask, "additional_special_tokens": ["<x>", {"content": "<y>", "lstrip": True}]}}),
        ("added_tokens", {"added_tokens.json": {"<new>": 1000, "<mask>": 999}, "special_tokens_map.json": {"mask_token": "<mask>"}}),
        ("added tokens of tokenizer.json", {"tokenizer.json": {"added_tokens": [{"id": 999, **mask, "special": True}, {"id": 1000, "content": "<z>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False}]}}),
        ("tokenizer_config", {"tokenizer_config.json": {"model_max_length": 77, "padding_side": "left", "add_prefix_space": True, "zebra": [1], "unk_token": {"__type": "AddedToken", "content": "<unk>", "lstrip": True, "rstrip": False, "normalized": True, "single_word": False}, "tokenizer_class": "LEDTokenizer"}}),
        ("added_tokens_decoder", {"tokenizer_config.json": {"added_tokens_decoder": {"999": {**mask, "special": True}, "1000": {"content": "<q>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False, "special": True}}, "additional_special_tokens": ["<q>"], "tokenizer_class": "LEDTokenizer"}, "special_tokens_map.json": {"bos_token": "<ignored>"}}),
    ]  # fmt: skip
    rows = []
    for name, files in cases:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(TINY / "vocab.json", folder)
            shutil.copy(TINY / "merges.txt", folder)
            for file, content in files.items():
                text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
                Path(folder, file).write_bytes(text.encode())
            tokenizer = LEDTokenizer.from_pretrained(folder)
            saved = Path(folder, "saved")
            tokenizer.save_pretrained(saved)
            probe = "The keeper <mask> wrote\t<x> <y> <new> <z> <q> documents <pad> </s> <unk> and lighthouses."
            # The vocabulary and the merges are large: the test makes them from the small ones by the case's name.
            rows.append({
                "name": name,
                "files": {file: content for file, content in files.items() if file not in ("vocab.json", "merges.txt")},
                "length": len(tokenizer),
                "added": tokenizer.get_added_vocab(),
                "specials": tokenizer.all_special_tokens,
                "special_ids": tokenizer.all_special_ids,
                "ids": tokenizer(probe)["input_ids"],
                "saved": {f.name: f.read_text(encoding="utf-8") for f in sorted(saved.iterdir()) if f.name not in ("vocab.json", "merges.txt")},
            })  # fmt: skip
    return rows


def decodes() -> list[dict]:
    """Ids that no text gives: bytes that are no UTF-8, under each way of treating them."""
    plain = tiny()
    byte = {b: plain.encoder[c] for b, c in plain.byte_encoder.items()}
    cases = [b"\xff", b"a\xc3", b"\xe2\x82", b"\xe2\x82a", b"\xf0\x9f\x98x", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbfbom", b"ok \xe2\x82\xac"]
    rows = []
    for case in cases:
        ids = [byte[b] for b in case]
        row: dict[str, Any] = {"ids": ids}
        for errors in ("replace", "ignore", "backslashreplace"):
            row[errors] = tiny(errors=errors).decode(ids, clean_up_tokenization_spaces=False)
        rows.append(row)
    return rows


def ranges(test: str) -> list[list[int]]:
    matches = regex.compile(test).match
    result: list[list[int]] = []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or not matches(chr(code)):
            continue
        if result and result[-1][1] == code - 1:
            result[-1][1] = code
        else:
            result.append([code, code])
    return result


def main() -> None:
    assert transformers.__version__ == "4.37.2"
    transformers.logging.set_verbosity_warning()
    train()
    classes = {name: ranges(test) for name, test in (("letter", r"\p{L}"), ("number", r"\p{N}"), ("space", r"\s"), ("unassigned", r"\p{Cn}"))}
    classes["python_space"] = [[c, c] for c in range(0x110000) if chr(c).isspace()]
    write_fixture(FIXTURES / "character-classes.json", "tokenizer.py", ["regex"], classes)
    added = with_added()
    with tempfile.TemporaryDirectory() as folder:
        added.save_pretrained(folder)
        saved = {f.name: f.read_text(encoding="utf-8") for f in sorted(Path(folder).iterdir()) if f.name not in ("vocab.json", "merges.txt")}
    content = {
        "pieces": [{"text": text, "pieces": regex.findall(PATTERN, text)} for text in texts.ALL],
        "plain": texts_of(tiny(), texts.ALL),
        "prefixed": [{"text": text, "ids": tiny_prefixed(text)["input_ids"]} for tiny_prefixed in [tiny(add_prefix_space=True)] for text in texts.SPACES + texts.SPECIALS + texts.SENTENCES],
        "added_vocab": added.get_added_vocab(),
        "added": texts_of(added, texts.ADDED),
        "added_saved": saved,
        "calls": calls(),
        "pads": pads(),
        "loaded": loaded(),
        "decodes": decodes(),
    }  # fmt: skip
    write_fixture(FIXTURES / "tokenizer.json", "tokenizer.py", PACKAGES, content)

    data = Path(os.environ.get("LED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "led-tokenizer"
    if not data.is_dir():
        print(f"no {data}: tokenizer-released.json is left as it is")
        return
    released = LEDTokenizer(data / "vocab.json", data / "merges.txt")
    rows = [{"text": text, "ids": released(text)["input_ids"]} for text in texts.ALL + [texts.TRAINING]]
    write_fixture(FIXTURES / "tokenizer-released.json", "tokenizer.py", PACKAGES, {"texts": rows})


if __name__ == "__main__":
    main()
