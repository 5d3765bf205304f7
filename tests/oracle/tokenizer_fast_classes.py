"""Which characters the native library takes for what. Its two regular-expression engines know other versions of Unicode
than Python's `regex` package, whose classes are in fixtures/character-classes.json.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

from tokenizer import ranges

SCALARS = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
CHUNK = 4096
TOKEN = "§§"


def classes() -> dict:
    """`letter`, `number` and `space` of the pattern that cuts text, as differences to `regex`; all of the others."""
    result: dict = {}
    for name, test in (("letter", r"\p{L}"), ("number", r"\p{N}"), ("space", r"\s")):
        native, python = of_pattern(test), {code for first, last in ranges(test) for code in range(first, last + 1)}
        result[name] = {"only_native": joined(native - python), "only_regex": joined(python - native)}
    result["word"] = joined(of_single_word())
    result["stripped"] = joined(of_stripped())
    return result


def of_pattern(test: str) -> set[int]:
    split = pre_tokenizers.Split(Regex(test), "removed")
    found = set(SCALARS)
    for first in range(0, len(SCALARS), CHUNK):
        chunk = SCALARS[first : first + CHUNK]
        for _, (start, end) in split.pre_tokenize_str("".join(map(chr, chunk))):
            found.difference_update(chunk[start:end])
    return found


def of_single_word() -> set[int]:
    """Characters beside which a `single_word` token is part of a longer word."""
    return set(SCALARS) - before_token(AddedToken(TOKEN, single_word=True, normalized=False))


def of_stripped() -> set[int]:
    """Characters that a token with `lstrip` takes with it."""
    return set(SCALARS) - before_token(AddedToken(TOKEN, lstrip=True, normalized=False))


def before_token(token: AddedToken) -> set[int]:
    """The characters behind which the token is found, without them."""
    tokenizer = Tokenizer(models.BPE(vocab={}, merges=[]))
    tokenizer.add_tokens([token])
    found = set()
    for first in range(0, len(SCALARS), CHUNK):
        chunk = SCALARS[first : first + CHUNK]
        encoding = tokenizer.encode("".join(f"-{chr(code)}{TOKEN}" for code in chunk))
        found.update(chunk[start // 4] for text, (start, _) in zip(encoding.tokens, encoding.offsets, strict=True) if text == TOKEN)
    return found


def joined(codes: Iterable[int]) -> list[list[int]]:
    result: list[list[int]] = []
    for code in sorted(codes):
        if result and result[-1][1] == code - 1:
            result[-1][1] = code
        else:
            result.append([code, code])
    return result
