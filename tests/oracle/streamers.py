"""Writes fixtures/streamers.json: what TextStreamer and TextIteratorStreamer of transformers hand out, with the small
vocabulary (fixtures/tiny-tokenizer). Run from anywhere: python tests/oracle/streamers.py
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import LEDTokenizer, TextIteratorStreamer, TextStreamer

from fixture_file import FIXTURES, write_fixture
from tokenizer import tiny

TEXTS: list[tuple[str, str]] = [
    ("words", "Hello world, this is a test of the streamer."),
    ("one word", "word"),
    ("empty", ""),
    ("one space", " "),
    ("spaces alone", "    "),
    ("trailing spaces", "some words   "),
    ("leading spaces", "   some words"),
    ("spaces between", "a  b   c    d"),
    ("newlines", "first line\nsecond line\n\nthird"),
    ("newlines alone", "\n\n\n"),
    ("newline at the end", "a line\n"),
    ("newline after a space", "a line \n b"),
    ("carriage returns and tabs", "a\r\nb\tc\r\n"),
    ("other line ends", "a\u2028b\u0085c\x0bd"),
    ("emoji", "an 😀 emoji, 👍🏽 and 👨‍👩‍👧 more 🇩🇪"),
    ("emoji alone", "😀😀"),
    ("emoji and newline", "😀\n😀 x"),
    ("CJK", "漢字かな交じり文 and text"),
    ("Chinese", "这是一个测试。我们喜欢中文 text 好"),
    ("Chinese with spaces", "中 文 字"),
    ("Chinese and newlines", "中文\n中文"),
    ("Korean and kana", "한국어 텍스트 カタカナ"),
    ("ideographs beyond the first plane", "\U00020000\U0002a700\U0002b740\U0002b820 x \U0002f800\uf900\u3400"),
    ("ends of the ranges", "\u4dff\u4e00\u9fff\ua000 \u33ff\u3400\u4dbf\u4dc0 \uf8ff\uf900\ufaff\ufb00"),
    ("accents", "naïve café déjà-vu, combine\u0301 e"),
    ("right to left", "שלום עולם مرحبا"),
    ("punctuation that clean-up moves", "do n't , ca n't . It 's we 've ! is n't it ?"),
    ("a space before punctuation", "wait , what ? yes ! ok ."),
    ("special tokens in the text", "a <mask> b</s> c <pad>"),
    ("a no-break space", "a\u00a0b \u3000c"),
    ("numbers", "12345 67 890,000.5"),
    ("words after Chinese", "中文word word 字x y"),
]


class Heard(TextStreamer):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.heard: list[list[Any]] = []

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        self.heard.append([text, stream_end])


def streamed(tokenizer: Any, puts: list[Any], options: dict[str, Any]) -> dict[str, Any]:
    """`heard`: the text of each call of on_finalized_text, [text, true] with stream_end; the iterator gives the same texts."""
    streamer, iterator = Heard(tokenizer, **options), TextIteratorStreamer(tokenizer, timeout=1.0, **options)
    for one in (streamer, iterator):
        for put in puts:
            one.put(torch.tensor(put, dtype=torch.long))
        one.end()
    pieces = list(iterator)
    assert pieces == [text for text, _ in streamer.heard]
    return {"puts": puts, "options": options, "heard": [text if not end else [text, end] for text, end in streamer.heard]}


OPTIONS: list[dict[str, Any]] = [
    {}, {"skip_prompt": True}, {"skip_special_tokens": True}, {"skip_prompt": True, "skip_special_tokens": True},
    {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}, {"clean_up_tokenization_spaces": False},
    {"skip_special_tokens": True, "spaces_between_special_tokens": False},
]


def cases(tokenizer: LEDTokenizer) -> list[dict]:
    made = []
    for i, (name, text) in enumerate(TEXTS):
        ids = tokenizer(text).input_ids
        one_by_one = [[[2]], *([token] for token in ids)]
        for options in ({}, OPTIONS[3], OPTIONS[1 + i % 6]) if i % 6 != 2 else ({}, OPTIONS[3]):
            made.append({"name": name, **streamed(tokenizer, one_by_one, options)})
        if i % 4 == 0:
            bare = tokenizer(text, add_special_tokens=False).input_ids
            made.append({"name": f"{name}, a longer prompt", **streamed(tokenizer, [[[2, *bare[:3]]], *([token] for token in bare[3:])], OPTIONS[i // 4 % 4])})
        if i % 5 == 0:
            bare = tokenizer(text, add_special_tokens=False).input_ids
            pairs = [bare[j : j + 3] for j in range(0, len(bare), 3)]
            made.append({"name": f"{name}, three at a time", **streamed(tokenizer, [[[2]], *pairs], OPTIONS[i // 5 % 4])})
    words = tokenizer("some words 中文 here\nand 😀", add_special_tokens=False).input_ids
    for name, puts in [
        ("nothing put", []),
        ("a prompt alone", [[[2]]]),
        ("a flat prompt", [[2, 0], [words[0]], [words[1]]]),
        ("two dimensions throughout", [[[2]], [[words[0]]], [[words[1]]]]),
        ("padding after the end", [[[2]], *([token] for token in words[:4]), [2], [1], [1]]),
        ("the rest of a character is missing", [[[2]], *([token] for token in words[:-1])]),
        ("half a character at the end of a prompt", [[[2, *words[:3]]], *([token] for token in words[3:])]),
        ("an empty put", [[[2]], [], [words[0]], []]),
    ]:
        for options in OPTIONS[:4]:
            made.append({"name": name, **streamed(tokenizer, puts, options)})
    return made


def again(tokenizer: LEDTokenizer) -> dict[str, Any]:
    """One streamer for two generations: end() makes the next put a prompt again."""
    streamer = Heard(tokenizer, skip_prompt=True, skip_special_tokens=True)
    puts = [[[[2]], *([token] for token in tokenizer(text).input_ids)] for text in ("first text here", "second one 中")]
    for generation in puts:
        for put in generation:
            streamer.put(torch.tensor(put))
        streamer.end()
    return {"options": {"skip_prompt": True, "skip_special_tokens": True}, "puts": puts, "heard": [text if not end else [text, end] for text, end in streamer.heard]}


def refused(tokenizer: LEDTokenizer) -> list[dict]:
    made = []
    for options, put in [({}, [[2], [2]]), ({"skip_prompt": True}, [[2, 5], [2, 6], [2, 7]]), ({}, [[5], [6]])]:
        for kind in (TextStreamer, TextIteratorStreamer):
            try:
                kind(tokenizer, **options).put(torch.tensor(put))
            except ValueError as error:
                made.append({"class": kind.__name__, "options": options, "put": put, "message": str(error)})
    assert len(made) == 6
    return made


def main() -> None:
    torch.set_num_threads(1)
    tokenizer = tiny()
    write_fixture(FIXTURES / "streamers.json", "streamers.py", ["transformers", "tokenizers"],
                  {"cases": cases(tokenizer), "again": again(tokenizer), "refusals": refused(tokenizer)})


if __name__ == "__main__":
    main()
