"""Writes what LEDTokenizerFast of transformers gives: fixtures/tokenizer-fast.json, over the small vocabulary in
fixtures/tiny-tokenizer/ that tokenizer.py makes (so that script comes first).

With the vocabulary of the released models in $LED_DATA/led-tokenizer it writes fixtures/tokenizer-fast-released.json
too, and leaves that file alone without. Run from anywhere: python tests/oracle/tokenizer_fast.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

# Of two panics in one batch the first one is to be reported, on every run.
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import transformers
from transformers import LEDTokenizer, LEDTokenizerFast

import tokenizer_fast_texts as texts
import tokenizer_texts
import tokenizer_texts_more
from fixture_file import FIXTURES, write_fixture
from tokenizer import PACKAGES
from tokenizer_fast_added import added
from tokenizer_fast_calls import calls, sequences
from tokenizer_fast_classes import classes
from tokenizer_fast_common import encoded, flat, sha256
from tokenizer_fast_loaded import after_calls, auto, constructed, loaded, saves
from tokenizer_fast_lookups import access, lookups
from tokenizer_fast_methods import attributes, facts, methods, pads

RELEASED = tokenizer_texts.ALL[::2] + tokenizer_texts_more.MORE[::11]
KNOWN = ["Hello world", " Hello world", "A long paragraph for summarization.", "A, <mask> AllenNLP sentence.", "Summary of the text.", "Another summary."]
FROG = "I am a small frog"


def main() -> None:
    assert transformers.__version__ == "4.37.2"
    transformers.logging.set_verbosity_warning()
    content = {
        "classes": classes(),
        "facts": facts(),
        "texts": texts.texts_of(),
        "lone_surrogates": texts.lone_surrogates(),
        "untrimmed": texts.untrimmed(),
        "prefixed": texts.prefixed(),
        "prefixed_untrimmed": texts.prefixed_untrimmed(),
        "added": added(),
        "calls": calls(),
        "sequences": sequences(),
        "lookups": lookups(),
        "access": access(),
        "methods": methods(),
        "pads": pads(),
        "attributes": attributes(),
        "constructed": constructed(),
        "loaded": loaded(),
        "saves": saves(),
        "after_calls": after_calls(),
        "auto": auto(),
    }
    write_fixture(FIXTURES / "tokenizer-fast.json", "tokenizer_fast.py", PACKAGES, content)

    data = Path(os.environ.get("LED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (data / "led-tokenizer").is_dir():
        print(f"no {data / 'led-tokenizer'}: tokenizer-fast-released.json is left as it is")
        return
    write_fixture(FIXTURES / "tokenizer-fast-released.json", "tokenizer_fast.py", PACKAGES, released(data))


def released(data: Path) -> dict[str, Any]:
    files = (data / "led-tokenizer" / "vocab.json", data / "led-tokenizer" / "merges.txt")
    fast, slow = LEDTokenizerFast(*files), LEDTokenizer(*files)
    frogs = fast([FROG * 1024, FROG], padding=True, truncation=True, max_length=5122)
    summaries = fast(KNOWN[-2:])
    summaries["global_attention_mask"] = [[0] * len(ids) for ids in summaries["input_ids"]]
    return {
        "texts": [{"text": text, **encoded(fast, text, "ids", "offsets")} for text in RELEASED],
        "slow_differs": [{"text": text, "ids": slow(text)["input_ids"],
            **encoded(fast, text, "words")} for text in texts.ALL if slow(text)["input_ids"] != fast(text)["input_ids"]],
        "known": [{"text": text, **encoded(fast, text), "decoded": fast.decode(fast(text)["input_ids"])} for text in KNOWN],
        "frogs": {"texts": [f"1024 times {FROG!r}", FROG], "lengths": [len(ids) for ids in frogs["input_ids"]],
            "unpadded": [sum(mask) for mask in frogs["attention_mask"]], "begins": frogs["input_ids"][0][:8], "ends": frogs["input_ids"][0][-8:],
            "second": frogs["input_ids"][1][:8]},
        "global": dict(fast.pad(summaries)),
        "documents": [document(fast, path) for path in sorted((data / "documents").iterdir()) if path.suffix == ".txt"],
    }  # fmt: skip


def document(tokenizer: LEDTokenizerFast, path: Path) -> dict[str, Any]:
    """A long text's ids and flat offsets, as hashes of their JSON without spaces."""
    row = tokenizer(path.read_text(encoding="utf-8"), return_offsets_mapping=True, verbose=False)
    return {
        "name": path.name,
        "tokens": len(row["input_ids"]),
        "words": max(word for word in row.word_ids() if word is not None) + 1,
        "ids": digest(row["input_ids"]),
        "offsets": digest(flat(row["offset_mapping"])),
    }


def digest(numbers: list[int]) -> str:
    return sha256(json.dumps(numbers, separators=(",", ":")))


if __name__ == "__main__":
    main()
