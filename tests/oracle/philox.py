"""Philox4x32-10 and the streams of src/random.ts in numpy: what the dropout masks of model_gradients.py are drawn from."""

from __future__ import annotations

import json

import numpy as np

LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))


def philox4x32(counter: list[np.ndarray], key: tuple[int, int]) -> list[np.ndarray]:
    """The four 32-bit words of each counter, lowest first, under one key. uint64 arrays that hold 32-bit numbers."""
    c0, c1, c2, c3 = counter
    k0, k1 = np.uint64(key[0]), np.uint64(key[1])
    for _ in range(10):
        a, b = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (b >> HALF) ^ c1 ^ k0, b & LOW, (a >> HALF) ^ c3 ^ k1, a & LOW
        k0, k1 = (k0 + WEYL[0]) & LOW, (k1 + WEYL[1]) & LOW
    return [c0, c1, c2, c3]


def stream_of(*parts: str | int) -> int:
    """streamOf: 64 bits of FNV-1a over the parts as JavaScript's JSON has them."""
    value = 0xCBF29CE484222325
    for byte in json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def words(seed: int, stream: int, count: int) -> np.ndarray:
    """new Philox(seed, stream).uint32(i) for i of 0 to count - 1. uint32 [count]"""
    blocks = np.arange(-(-count // 4), dtype=np.uint64)
    seed %= 2**64
    high = np.full_like(blocks, stream >> 32)
    counter = [blocks & LOW, blocks >> HALF, np.full_like(blocks, stream % 2**32), high]
    return np.stack(philox4x32(counter, (seed % 2**32, seed >> 32)), axis=1).reshape(-1)[:count].astype(np.uint32)


def uniform(seed: int, stream: int) -> float:
    """new Philox(seed, stream).uniform(0)"""
    return (int(words(seed, stream, 1)[0]) >> 8) / 2**24


def halves(seed: int, stream: int, count: int) -> np.ndarray:
    """16 bits an element: of word i // 2 the low ones for even i, the high ones for odd i. uint32 [count]"""
    drawn = words(seed, stream, -(-count // 2))
    return np.stack([drawn & np.uint32(0xFFFF), drawn >> np.uint32(16)], axis=1).reshape(-1)[:count]


def check_known_answers() -> None:
    """Random123 1.14.0, tests/kat_vectors, and what src/random.test.ts knows of streams."""
    for counter, key, output in [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ]:
        given = [np.array([int(word, 16)], dtype=np.uint64) for word in counter.split()]
        found = philox4x32(given, tuple(int(word, 16) for word in key.split()))
        assert " ".join(f"{int(word[0]):08x}" for word in found) == output, f"Philox of {counter} is wrong"
    assert stream_of("dropout", 3, 1) == 229762745777716704, "streamOf is wrong"
    # The seed is the key; the counter is the block's number, then the stream.
    low = philox4x32([np.array([word], dtype=np.uint64) for word in (1, 0, 7, 9)], (5, 3))
    assert words((3 << 32) + 5, (9 << 32) + 7, 8)[4:].tolist() == [int(word[0]) for word in low], "counter and key are mixed up"
