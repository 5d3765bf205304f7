"""What the scripts of the fast tokenizer's fixture share: tokenizers over the small vocabulary and how results are written.

A result is `gives`, or `raises` as "Class: message" (a panic of the native library is "PanicException: …"), and `says`
where something was logged or warned. An added token is written as the arguments of its constructor, with `content`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from transformers import AddedToken, LEDTokenizerFast

from tokenizer import TINY, Said

FLAGS = ["single_word", "lstrip", "rstrip", "normalized", "special"]


def revived(value: Any) -> Any:
    """Added tokens in place of the objects that stand for them."""
    if isinstance(value, dict) and "content" in value:
        return AddedToken(**value)
    if isinstance(value, dict):
        return {key: revived(item) for key, item in value.items()}
    return [revived(item) for item in value] if isinstance(value, list) else value


def tiny_fast(**settings: Any) -> LEDTokenizerFast:
    return LEDTokenizerFast(TINY / "vocab.json", TINY / "merges.txt", **revived(settings))


def written(value: Any) -> Any:
    """Tensors, spans and encodings as JSON can hold them."""
    if isinstance(value, AddedToken):
        return {"content": value.content, "flags": flags(value)}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: written(item) for key, item in value.items()}
    return [written(item) for item in value] if isinstance(value, (list, tuple)) else value


def flags(token: AddedToken) -> str:
    return " ".join(flag for flag in FLAGS if getattr(token, flag))


def outcome(call: Callable[[], Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    with Said() as said, without_stderr():
        try:
            row["gives"] = written(call())
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 what the reference raises is the fixture, panics included
            row["raises"] = described(error)
    if said.messages:
        row["says"] = said.messages
    return row


def value_or_error(call: Callable[[], Any]) -> Any:
    """For tables of values that are never text: an error is a text among them."""
    row = outcome(call)
    return row["raises"] if "raises" in row else row["gives"]


def described(error: BaseException) -> str:
    message = str(error.args[0]) if len(error.args) == 1 else str(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


@contextmanager
def without_stderr() -> Iterator[None]:
    """A panic prints its backtrace past Python's own streams."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def flat(offsets: list[tuple[int, int]]) -> list[int]:
    return [place for pair in offsets for place in pair]


def encoded(tokenizer: LEDTokenizerFast, text: str, *fields: str) -> dict[str, Any]:
    """A text's `ids`, `tokens`, flat `offsets` in code points and `words`, or those of them that are named."""
    encoding = tokenizer(text, return_offsets_mapping=True)
    row = {"ids": encoding["input_ids"], "tokens": encoding.tokens(), "offsets": flat(encoding["offset_mapping"]), "words": encoding.word_ids()}
    return {name: row[name] for name in fields or row}


def decoded(tokenizer: Any, text: str, ids: list[int]) -> dict[str, str]:
    """What decoding gives, without what follows from the text: `raw` is <s>text</s>, `decoded` is `raw`, `skipped` is the text."""
    raw = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    row = {"raw": raw, "decoded": tokenizer.decode(ids), "skipped": tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)}
    usual = {"raw": f"<s>{text}</s>", "decoded": raw, "skipped": text}
    return {name: value for name, value in row.items() if value != usual[name]}


def kinds(encoding: Any) -> dict[str, str]:
    """The tensors of an encoding that hold something else than int64."""
    named = {key: str(value.dtype).removeprefix("torch.") for key, value in encoding.items() if hasattr(value, "dtype")}
    return {key: kind for key, kind in named.items() if kind != "int64"}
