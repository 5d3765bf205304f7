"""Fast tokenizers with added tokens: how each was made (`steps`), what it then knows, what it saves, and texts."""

from __future__ import annotations

import json
from typing import Any

import tokenizer_texts as texts
from tokenizer import ADDED
from tokenizer_fast_common import decoded, encoded, flags, outcome, revived, sha256, tiny_fast


def token(content: str, *names: str, **values: bool) -> dict:
    return {"content": content, **dict.fromkeys(names, True), **values}


def tokens(*given: dict | str, **options: Any) -> list:
    return ["add_tokens", list(given), options]


def specials(given: dict, **options: Any) -> list:
    return ["add_special_tokens", given, options]


AS_SLOW = [{"content": t.content, "lstrip": t.lstrip, "rstrip": t.rstrip, "single_word": t.single_word} for t in ADDED]
MORE_ADDED = [
    "a <ent>\u3000b", "a\u3000[L]\u3000b", "[R]\u00a0\u2003b", "[LR][LR]", "[L]  [L]", "[R]  [R]", "[R]  [L]", "[R] <mask>", "<mask> [L]", " <mask>[L] <mask>",
    "<s>[L]</s>", "<ent>\u0301", "é<ent>é", "🙂[LR]🙂", "x [L]", "[R] x", "zzqx's", "_zzqx", "5zzqx", "ézzqx zzqxé", "\u0301zzqx", "zzqx\u0301", "漢zzqx漢", "zzqx\u200d", "-zzqx-",
    "abcabc", "abcb", "a b", "ab c", "id_1id_100", "id_100id_1", "id_1000", "two words two words", "two\u00a0words", "<sp>[R] x [L]<sp>", "the wind and the wind's",
    "ĠwindĠwind", "  <sp>  ", "<SP> <Ent>", "b'b \"b\"", "a [L].", "[R]'s",
]  # fmt: skip

# (name, settings, steps, texts)
SETS: list[tuple[str, dict, list[list], list[str]]] = [
    ("as tokenizer.py's with_added", {}, [tokens(*AS_SLOW), specials({"additional_special_tokens": ["<sp>"]})], texts.ADDED + MORE_ADDED),
    ("the same, prefixed", {"add_prefix_space": True}, [tokens(*AS_SLOW), specials({"additional_special_tokens": ["<sp>"]})], texts.ADDED[::3] + MORE_ADDED[::2]),
    ("the same, untrimmed", {"trim_offsets": False}, [tokens(*AS_SLOW), specials({"additional_special_tokens": ["<sp>"]})], texts.ADDED[::3] + MORE_ADDED[::3]),
    # Tokens that are not normalized are found first, the others in what is left between them.
    ("normalized and not", {}, [tokens(
        token("abc", normalized=True), token("ab", normalized=False), token("(x", normalized=True), token("x)", normalized=False), token("[bcd]", normalized=False),
        token("bcd", normalized=True), token("[N]", "lstrip", "rstrip", normalized=True), token("[M]", "lstrip", "rstrip", normalized=False),
        token("word", "single_word", normalized=True), token("#", normalized=False),
    )],
    ["abc", "xabcx", "ab abc abcab", "(x)", "(x) (x", "x)(x", "[bcd]", "bcd [bcd]bcd", "a [N] b", "a [M] b", "a [N] [M] b", "a [M] [N] b", "[N]  [N]", "[M] [M]",
        "[N] [N] [M] [M] [N]", "word", "#word#", "word#word", "wordy #word sword", "a <mask> [N] <mask>", "[N] <mask>", "[M] <mask>", "<mask> [M]", " [M] "]),
    ("overlapping", {},
        [tokens("xyz", "yzw", token("y", normalized=False), token("aa", normalized=False), token("aaa", normalized=False), "<a>", "<a><b>", "<b>", "a<",
            token("one two", normalized=False), "two three")],
        ["xyzw", "xyz yzw", "yzwxyz", "aaaa", "aaaaa", "aa aaa a", "<a><b>", "<a> <b>", "a<a><b>", "<a<a>", "one two three", "two three one two", "one  two", "xy yz"]),
    ("single words", {},
        [tokens(token("qq", "single_word"), token("q-q", "single_word"), token("<q>", "single_word"), token("é", "single_word"),
            token("q r", "single_word", "lstrip", "rstrip"))],
        ["qq", "qqq", "aqq qqa", "(qq)", "qq.qq", "qq_qq", "qq's", "5qq qq5", "éqq", "qq\u0301", "\u0301qq", "漢qq", "🙂qq🙂", "٣qq", "ªqq", "\u200dqq", "\u203fqq", "Ⅷqq",
            "②qq", "q-q", "aq-q", "q-qa -q-q-", "a<q>b", " <q> ", "é ée eé e\u0301", "a q r b", "aq r", "  q r  q r", "qq\x00qq", "qq\U00010400", "\U0001d7d8qq"]),
    ("special", {},
        [tokens(token("<one>", "special"), token("<two>", "special", "lstrip", normalized=True)), ["add_tokens", ["<three>", token("<four>")], {"special_tokens": True}],
            tokens("<five>")],
        ["a <one> b", "a <two> b", "a <three> b", "a <four> b", "a <five> b", "<one><two> <three><four> <five>", "<one>  <two>", " <s><one></s> "]),
    ("in the vocabulary", {},
        [tokens("the", token("a", "single_word"), "Ġwind", token("<s>", "lstrip", "special"), token("<mask>", "special", normalized=False), " of", "<unk>"),
            tokens("the"), tokens(token("<pad>", "special", normalized=True))],
        ["the theory", "a ab a", "the wind", "a <s> b", "a <mask> b", "rock of age", "<unk> <pad>", " <s>  <mask>  </s>"]),
    ("again with other flags", {},
        [tokens("<x>"), tokens("<x>"), tokens(token("<x>", "lstrip")), tokens(token("<x>", "rstrip", normalized=False)),
            tokens("<y>", "<y>", token("<y>", "single_word")), tokens(token("<z>", "special")), tokens(token("<z>", "lstrip")),
            tokens(token("<z>", "special", "rstrip", normalized=True))],
        ["a <x> b", "a<x>b", " <y> a<y>b", "a <z> b", "<x><y><z>", "<z>  <x>  <z>"]),
    ("again, the other way", {},
        [tokens(token("<x>", normalized=False)), tokens(token("<x>", normalized=True)), specials({"mask_token": "<mask>"}),
            specials({"additional_special_tokens": ["<x>"]}), tokens("<mask>")],
        ["a <x> b", "a <mask> b", "a<mask><x>"]),
    # Whether a token that is added again is looked for among the normalized ones, the others or both.
    ("passes after changes", {}, [
        tokens(*(token(f"{end}>", normalized=False) for end in "k123456")), specials({"mask_token": "<mask>"}), tokens("<1>"), tokens(token("<1>", normalized=False)),
        tokens(token("<2>", normalized=False)), tokens(token("<2>", normalized=True)),
        specials({"additional_special_tokens": ["<3>"]}), ["add_tokens", [token("<3>", "special", normalized=True)], {"special_tokens": True}],
        ["add_tokens", [token("<4>", "special", normalized=True)], {"special_tokens": True}], specials({"additional_special_tokens": ["<4>"]}),
        tokens("<5>"), specials({"additional_special_tokens": ["<5>"]}), specials({"additional_special_tokens": ["<6>"]}), tokens("<6>"),
    ], ["a<mask>b", *(f"a<{end}>b" for end in "123456")]),
    ("spaces", {}, [tokens("  ", token("\n", normalized=False), "\t\t", " y", "y ", token(" z ", "lstrip"), "two words", token("\u3000", "rstrip"), "a\nb")],
        ["a  b", "a   b", "a    b", "a\nb", "a\n\nb", "\t\t\t", "x y z", "xy y", " y y ", "a z b", "a   z   b", "two words", "two  words", "a\u3000\u3000b", "a \u3000 b",
            "  <mask>  ", "a \n b", "<mask>\n<mask>"]),
    ("other scripts", {},
        [tokens("é", "e\u0301", "🙂", "👩\u200d👩", "漢字", "ß", token("\u200d", "lstrip"), "\ufeff", "İ", token("\x00", normalized=False), "Ġ", "Ċx", "Ã©")],
        ["é e\u0301 e", "a🙂b 🙂", "👩\u200d👩\u200d👧", "漢字漢", "ß SS ss", "a \u200d b", "\ufeffa", "İi i\u0307", "a\x00b", "Ġ x", "Ċx\nx", "Ã©é", "🙂\ufe0f"]),
    ("nothing and wrong", {},
        [tokens(), tokens(""), tokens("", "<n>"), ["add_tokens", "<str>", {}], ["add_tokens", token("<one>"), {}], tokens("<n>", "<n>"), specials({}),
            specials({"bos_token": 5}), specials({"colour": "<c>"}), specials({"additional_special_tokens": "<c>"}), specials({"additional_special_tokens": [5]}),
            ["add_tokens", [5], {}], ["add_tokens", [None], {}]],
        ["<n><str><one>"]),
    ("named specials", {},
        [specials({"pad_token": "[PAD]", "sep_token": "[SEP]", "additional_special_tokens": ["<a>", token("<b>", "lstrip")]}),
            specials({"additional_special_tokens": ["<c>"]}), specials({"additional_special_tokens": ["<c>", "<d>"]}, replace_additional_special_tokens=False),
            specials({"mask_token": token("[M]", "rstrip")}), specials({"additional_special_tokens": []})],
        ["a [PAD] [SEP] b", "a <a> <b> <c> <d> b", "a [M] b <mask> c"]),
    ("given to the constructor",
        {"additional_special_tokens": ["<a>", token("<b>", "lstrip", normalized=False), "the"], "pad_token": "[PAD]", "mask_token": token("[M]", "rstrip"),
            "unk_token": "wind"}, [tokens("<c>")],
        ["a <a> <b> <c> b", "a [PAD] [M] b", "the wind", "a <mask> <unk> <pad> b"]),
    ("other ends", {"cls_token": "<c>", "sep_token": "<d>", "bos_token": "<e>", "eos_token": "<f>"}, [],
        ["a <c> b", "<d><e><f>", "<s> </s>"]),
    ("mask without lstrip", {"mask_token": token("<mask>", "special")}, [], ["a <mask> b", " <mask>", "a<mask>b"]),
    ("split_special_tokens", {"split_special_tokens": True}, [tokens("<n>"), tokens(token("<sp>", "special"))], ["<s> <mask> <n><sp>"]),
]  # fmt: skip


def added() -> list[dict]:
    rows = []
    for name, settings, steps, cases in SETS:
        tokenizer = tiny_fast(**settings)
        done = []
        for method, given, options in steps:
            done.append({"method": method, "given": given, "options": options, **outcome(lambda: getattr(tokenizer, method)(revived(given), **options))})
        saved = tokenizer.backend_tokenizer.to_str(pretty=True)
        rows.append({
            "name": name, "settings": settings, "steps": done,
            "length": len(tokenizer), "vocab_size": tokenizer.vocab_size, "vocab": tokenizer.get_added_vocab(),
            "decoder": [[index, one.content, flags(one)] for index, one in sorted(tokenizer.added_tokens_decoder.items())],
            "special_tokens": tokenizer.all_special_tokens, "special_ids": tokenizer.all_special_ids, "map": tokenizer.special_tokens_map,
            "tokenizer_json": {"sha256": sha256(saved), "post_processor": json.loads(saved)["post_processor"]},
            "texts": [text_row(tokenizer, text) for text in cases],
        })  # fmt: skip
    return rows


def text_row(tokenizer: Any, text: str) -> dict:
    row = {"text": text, **encoded(tokenizer, text)}
    return {**row, **decoded(tokenizer, text, row["ids"])}
