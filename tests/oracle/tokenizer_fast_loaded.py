"""Folders of older and odder forms: which files, what from_pretrained of the fast class makes of them, and what it saves.

In a folder "…" stands for what the small vocabulary has there: a whole file, or `vocab` and `merges` in the model of a
tokenizer.json. An object in the place of a file of the vocabulary says how it is changed.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, LEDTokenizer, LEDTokenizerFast

from tokenizer import TINY
from tokenizer_fast_common import encoded, flags, outcome, revived, sha256, tiny_fast
from tokenizer_fast_folders import AUTO, CASES, FILES_OF_PLAIN, SAVES

PROBE = "The keeper <mask> wrote\t<x> <y> <new> <z> <q> documents <pad> </s> <unk> and lighthouses."
VOCAB, MERGES = ((TINY / name).read_text(encoding="utf-8") for name in ("vocab.json", "merges.txt"))
TOKENIZER_JSON = json.loads(tiny_fast().backend_tokenizer.to_str())
SETTINGS = ["add_prefix_space", "model_max_length", "padding_side", "truncation_side", "clean_up_tokenization_spaces", "model_input_names"]


@contextmanager
def folder(files: dict[str, Any]) -> Iterator[None]:
    """A new working directory with the files in ./here: names of random folders would get into messages."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        os.mkdir("here")
        for name, content in files.items():
            Path("here", name).write_bytes(content_of(name, content).encode())
        try:
            yield
        finally:
            os.chdir(before)


def content_of(name: str, content: Any) -> str:
    if name == "vocab.json" and isinstance(content, dict):
        kept = [token for token, _ in sorted(json.loads(VOCAB).items(), key=lambda item: item[1]) if token not in content["without"]]
        return json.dumps({token: index for index, token in enumerate(kept)}, ensure_ascii=False)
    if name == "merges.txt" and isinstance(content, dict):
        return {"crlf": MERGES.replace("\n", "\r\n"), "headless": MERGES.split("\n", 1)[1], "unterminated": MERGES.rstrip("\n")}[content["form"]]
    if content == "…":
        return json.dumps(TOKENIZER_JSON) if name == "tokenizer.json" else (TINY / name).read_text(encoding="utf-8")
    if name == "tokenizer.json" and isinstance(content, dict):
        content = {**TOKENIZER_JSON, **content["changed"]} if "changed" in content else content
        content = {**content, "model": {key: filled(key, value) for key, value in content["model"].items()}}
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def filled(key: str, value: Any) -> Any:
    if value == ["…"]:
        return [merge.split(" ") for merge in TOKENIZER_JSON["model"][key]]
    return TOKENIZER_JSON["model"][key] if value == "…" else value


def loaded() -> dict[str, Any]:
    """The first case in full; of the others what differs from it, where they loaded at all."""
    plain = saved_by(lambda: LEDTokenizerFast.from_pretrained("here"), FILES_OF_PLAIN)
    cases: list[dict[str, Any]] = []
    for name, files, options in CASES:
        with folder(files):
            made: list[LEDTokenizerFast] = []
            result = outcome(lambda: made.append(LEDTokenizerFast.from_pretrained("here", **revived(options))))
            result.pop("gives", None)
            row = {"name": name, "files": files, "options": options, **result}
            if made:
                first = known(made[0])
                facts = {
                    **first,
                    "names_saved": names(made[0].save_pretrained("saved")),
                    "saved": differing("saved", plain),
                    "slow_reads": reads(LEDTokenizer, first),
                    "again": reads(LEDTokenizerFast, first),
                }
                row.update({key: value for key, value in facts.items() if not cases or value != cases[0][key]})
            cases.append(row)
    texts = {name: text if name in ("tokenizer_config.json", "special_tokens_map.json") else sha256(text) for name, text in plain.items()}
    forms = {
        name: {"characters": len(plain[name]), "begins": plain[name][:60], "ends": plain[name][-30:]} for name in ("vocab.json", "merges.txt", "tokenizer.json")
    }
    return {"probe": PROBE, "tokenizer_json": shortened(TOKENIZER_JSON), "saved": texts, "forms": forms, "cases": cases}


def known(tokenizer: Any) -> dict[str, Any]:
    result = {
        "length": len(tokenizer), "decoder": [[index, token.content, flags(token)] for index, token in sorted(tokenizer.added_tokens_decoder.items())],
        "added_vocab": tokenizer.get_added_vocab(),
        "map": tokenizer.special_tokens_map, "special_ids": tokenizer.all_special_ids, "values": {name: getattr(tokenizer, name, None) for name in SETTINGS},
    }  # fmt: skip
    return {**result, **(encoded(tokenizer, PROBE, "ids", "offsets") if tokenizer.is_fast else {"ids": tokenizer(PROBE)["input_ids"]})}


def reads(kind: Any, before: dict[str, Any]) -> dict[str, Any]:
    """What a class makes of the saved folder, where that is not what it was before."""
    made: list[Any] = []
    row = outcome(lambda: made.append(kind.from_pretrained("saved")))
    row.pop("gives", None)
    after = known(made[0]) if made else {}
    return {**row, **{key: value for key, value in after.items() if value != before[key]}}


def saved_by(make: Callable[[], Any], files: dict[str, Any]) -> dict[str, str]:
    with folder(files):
        make().save_pretrained("saved")
        return texts_in("saved")


def texts_in(place: str) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(Path(place).iterdir())}


def differing(place: str, plain: dict[str, str]) -> dict[str, Any]:
    """The files that are not what the first case saves: of JSON the keys that differ; null for files that are missing."""
    found = texts_in(place)
    result: dict[str, Any] = {name: None for name in plain if name not in found}
    for name, text in found.items():
        if plain.get(name) == text:
            continue
        result[name] = {"sha256": sha256(text)}
        if name not in ("vocab.json", "merges.txt"):
            usual, value = (shortened(json.loads(t)) for t in (plain.get(name, "{}"), text))
            result[name].update(
                {
                    "differs": {key: condensed(item) for key, item in value.items() if item != usual.get(key)},
                    "without": [key for key in usual if key not in value],
                }
            )
    return result


def shortened(value: dict[str, Any]) -> dict[str, Any]:
    if "model" not in value:
        return value
    return {**value, "model": {key: brief(key, item) for key, item in value["model"].items()}}


def brief(key: str, value: Any) -> Any:
    if key not in ("vocab", "merges"):
        return value
    return "…" if value == TOKENIZER_JSON["model"][key] else f"{len(value)} of its own"


def condensed(value: Any) -> Any:
    """Added tokens as [id?, content, flags]."""
    if isinstance(value, dict) and "content" in value:
        return [*([value["id"]] if "id" in value else []), value["content"], " ".join(key for key, item in value.items() if item is True)]
    if isinstance(value, dict):
        return {key: condensed(item) for key, item in value.items()}
    return [condensed(item) for item in value] if isinstance(value, list) else value


def names(paths: Any) -> Any:
    return [Path(path).as_posix() for path in paths] if paths is not None else None


def saves() -> list[dict]:
    """save_pretrained and save_vocabulary with their options, of a tokenizer with two added tokens."""
    rows = []
    for method, settings, args, options in SAVES:
        with folder(FILES_OF_PLAIN):
            tokenizer = LEDTokenizerFast.from_pretrained("here", **settings)
            tokenizer.add_tokens(["<ent>"])
            tokenizer.add_special_tokens({"additional_special_tokens": ["<sp>"]})
            Path("a_file").write_text("")
            os.mkdir("there")
            row = {
                "method": method,
                "settings": settings,
                "args": args,
                "options": options,
                **outcome(lambda: names(getattr(tokenizer, method)(*args, **options))),
            }
            place = Path(args[0]) if args and Path(args[0]).is_dir() else Path("there")
            row["files"] = {file.name: sha256(file.read_text(encoding="utf-8")) for file in sorted(place.iterdir())}
            row["slow_reads"] = outcome(lambda: LEDTokenizer.from_pretrained(str(place))(PROBE)["input_ids"])
            row["fast_reads"] = outcome(lambda: LEDTokenizerFast.from_pretrained(str(place))(PROBE)["input_ids"])
        rows.append(row)
    return rows


def after_calls() -> list[dict]:
    """tokenizer.json remembers the truncation and padding of the last call."""
    rows = []
    for options in (
        {"truncation": True, "max_length": 9, "stride": 2},
        {"padding": True},
        {"padding": "max_length", "max_length": 12, "pad_to_multiple_of": 4},
        {"truncation": "only_first", "max_length": 16, "padding": True},
    ):
        tokenizer = tiny_fast(padding_side="left", truncation_side="left")
        tokenizer("a", **options)
        text = tokenizer.backend_tokenizer.to_str(pretty=True)
        rows.append({"options": options, "sha256": sha256(text), **{key: json.loads(text)[key] for key in ("truncation", "padding")}})
    return rows


def auto() -> list[dict]:
    rows = []
    for files, options in AUTO:
        with folder(files):
            made: list[Any] = []
            row = outcome(lambda: made.append(AutoTokenizer.from_pretrained("here", **options)))
            row.pop("gives", None)
            if made:
                row.update({"class": type(made[0]).__name__, "length": len(made[0]), "ids": made[0](PROBE)["input_ids"]})
            rows.append({"files": files, "options": options, **row})
    return rows


def constructed() -> list[dict]:
    """The constructor with what it should not get, and with each kind of file; of what it knows then, what is not as usual."""
    cases: list[tuple[str, dict]] = [
        ("nothing", {}), ("no merges", {"vocab_file": "here/vocab.json"}), ("no vocabulary", {"merges_file": "here/merges.txt"}),
        ("files that are not there", {"vocab_file": "no.json", "merges_file": "no.txt"}), ("a tokenizer.json that is not there", {"tokenizer_file": "no.json"}),
        ("tokenizer.json", {"tokenizer_file": "here/tokenizer.json"}),
        ("tokenizer.json and slow files that are not there", {"tokenizer_file": "here/tokenizer.json", "vocab_file": "no.json", "merges_file": "no.txt"}),
        ("from_slow without files", {"tokenizer_file": "here/tokenizer.json", "from_slow": True}),
        ("vocab.json as tokenizer.json", {"tokenizer_file": "here/vocab.json"}),
        ("merges as vocabulary", {"vocab_file": "here/merges.txt", "merges_file": "here/merges.txt"}),
        *((f"{name} {value!r}", {"tokenizer_file": "here/tokenizer.json", name: value}) for name,
            value in (("padding_side", "up"), ("truncation_side", "up"), ("pad_token", 5), ("mask_token", 5), ("additional_special_tokens", "<x>"),
                ("additional_special_tokens", [5]), ("zebra", 1), ("max_len", 12), ("add_prefix_space", None), ("trim_offsets", None), ("errors", "strict"),
                ("model_max_length", None))),
    ]  # fmt: skip
    rows, usual = [], known(tiny_fast())
    with folder({**FILES_OF_PLAIN, "tokenizer.json": "…"}):
        for name, options in cases:
            row = outcome(lambda: known(LEDTokenizerFast(**options)))
            if "gives" in row:
                row["gives"] = {key: value for key, value in row["gives"].items() if value != usual[key]}
            rows.append({"name": name, "options": options, **row})
    return rows
