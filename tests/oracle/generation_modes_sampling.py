"""Cases of sample and beam sample."""

from __future__ import annotations

import random
from typing import Any, Callable

Add = Callable[..., None]
PROMPT = [[2, 8, 5], [2, 4, 4], [2, 6, 10]]


def ended(after: int, before: int) -> Callable[[list], bool]:
    """Some row ends in between."""
    return lambda rows: any(2 in row[1:] and after < row.index(2, 1) < before for row in rows)


def long_enough(rows: list) -> bool:
    return len(rows[0]) > 5


WARPERS: list[tuple[str, dict[str, Any]]] = [
    ("temperature 0.4", {"temperature": 0.4}),
    ("temperature 3.5", {"temperature": 3.5}),
    ("top_k 3", {"top_k": 3}),
    ("top_k 0", {"top_k": 0}),
    ("top_k 1", {"top_k": 1}),
    ("top_k above the vocabulary", {"top_k": 500}),
    ("top_p 0.6", {"top_p": 0.6}),
    ("top_p 0.0", {"top_p": 0.0}),
    ("top_p 0.97", {"top_p": 0.97}),
    ("typical_p 0.3", {"typical_p": 0.3}),
    ("typical_p 0.9", {"typical_p": 0.9}),
    ("epsilon_cutoff 0.08", {"epsilon_cutoff": 0.08}),
    ("epsilon_cutoff 0.9", {"epsilon_cutoff": 0.9}),
    ("eta_cutoff 0.3", {"eta_cutoff": 0.3}),
    ("eta_cutoff 0.02", {"eta_cutoff": 0.02}),
    ("temperature, top_k", {"temperature": 2.0, "top_k": 4}),
    ("temperature, top_p", {"temperature": 1.7, "top_p": 0.7}),
    ("top_k, top_p", {"top_k": 6, "top_p": 0.8}),
    ("temperature, typical_p, renormalize", {"temperature": 1.5, "typical_p": 0.6, "renormalize_logits": True}),
    ("epsilon_cutoff, eta_cutoff", {"epsilon_cutoff": 0.03, "eta_cutoff": 0.4}),
    ("every warper", {"temperature": 1.3, "top_k": 12, "top_p": 0.95, "typical_p": 0.9, "epsilon_cutoff": 0.01,
                      "eta_cutoff": 0.03, "renormalize_logits": True}),
    ("settings that are out of range and ignored", {"top_p": 1.5, "epsilon_cutoff": 1.2, "eta_cutoff": -0.5, "typical_p": 1.0}),
    ("None for each", {"temperature": None, "top_k": None, "top_p": None, "typical_p": None, "epsilon_cutoff": None, "eta_cutoff": None}),
]

PROCESSORS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("no_repeat_ngram_size", {"no_repeat_ngram_size": 2}, {"order": 1, "eos_bias": -2.0}),
    ("repetition_penalty", {"repetition_penalty": 1.6, "temperature": 0.8}, {"order": 1}),
    ("encoder_repetition_penalty", {"encoder_repetition_penalty": 1.4}, {}),
    ("encoder_no_repeat_ngram_size", {"encoder_no_repeat_ngram_size": 1}, {}),
    ("bad_words_ids", {"bad_words_ids": [[4], [6, 8]]}, {"bias": {"6": 2.0, "8": 2.0, "4": 3.0}}),
    ("sequence_bias", {"sequence_bias": [[[10], -5.0], [[12, 5], 6.0], [[12], 2.5]]}, {}),
    ("min_length", {"min_length": 7}, {"eos_bias": 3.0}),
    ("min_new_tokens", {"min_new_tokens": 5, "top_k": 8}, {"eos_bias": 3.0}),
    ("forced_bos_token_id", {"forced_bos_token_id": 13}, {}),
    ("forced_eos_token_id", {"forced_eos_token_id": 2}, {"eos_bias": -20.0}),
    ("exponential_decay_length_penalty", {"exponential_decay_length_penalty": [3, 1.4]}, {"eos_bias": -2.0}),
    ("suppress_tokens", {"suppress_tokens": [3, 5, 8], "begin_suppress_tokens": [9]}, {"bias": {"3": 3.0, "9": 3.0}}),
    ("remove_invalid_values", {"remove_invalid_values": True, "bad_words_ids": [[6]]}, {"bias": {"6": 4.0}}),
    ("prefix_allowed_tokens_fn", {}, {"modulus": 3}),
    ("prompt", {"top_k": 9}, {"prompt": PROMPT}),
    ("prompt without start", {"top_k": 9}, {"prompt": [row[1:] for row in PROMPT]}),
]


def sample(add: Add) -> None:
    for i, (name, options) in enumerate(WARPERS):
        add(f"sample, {name}", {"do_sample": True, "max_length": 12, **options},
            batch=3 if i % 3 == 1 else 1, want=long_enough)
    for i, (name, options, setting) in enumerate(PROCESSORS):
        add(f"sample, {name}", {"do_sample": True, "max_length": 12, **options},
            **{"batch": 3 if i % 2 or "prompt" in setting else 1, "want": long_enough, **setting})
    few = {"do_sample": True, "max_length": 14}
    add("sample, plain, batch 3", few, batch=3, eos_bias=1.5, want=ended(2, 8))
    add("sample, eos at once", few, batch=3, eos_bias=12.0)
    add("sample, eos never", few, batch=3, eos_bias=-20.0)
    add("sample, several eos", {**few, "eos_token_id": [7, 2, 15]}, batch=3, bias={"7": 1.0, "15": 1.0})
    add("sample, pad is eos", {**few, "pad_token_id": 2}, batch=3, eos_bias=2.5, want=ended(2, 8))
    add("sample, no eos", {**few, "eos_token_id": None, "max_length": 8}, batch=1, eos_bias=3.0, want=long_enough)
    add("sample, max_new_tokens", {"do_sample": True, "max_new_tokens": 6}, batch=3, prompt=PROMPT)
    for returned in (2, 3):
        add(f"sample, num_return_sequences {returned}", {**few, "num_return_sequences": returned, "top_k": 10},
            batch=returned if returned == 3 else 1, eos_bias=1.5)
    add("sample, num_return_sequences 2 with a prompt", {**few, "num_return_sequences": 2, "max_length": 9}, batch=3, prompt=PROMPT)
    add("sample, num_return_sequences 2 with what depends on the source", {**few, "num_return_sequences": 2, "max_length": 9,
        "encoder_no_repeat_ngram_size": 1}, batch=1, modulus=2)
    add("sample, default top_k drops half of a vocabulary of 101", few, batch=3, vocab_size=101, eos_bias=2.0)
    add("sample, default lengths", {"do_sample": True}, eos_bias=-1.0)
    add("sample, early_stopping and length_penalty unused", {**few, "length_penalty": 2.0, "early_stopping": True, "max_length": 6})
    add("sample, penalty_alpha and top_k", {**few, "penalty_alpha": 0.6, "top_k": 4, "max_length": 8})
    short = {"do_sample": True, "max_length": 7}
    for name, options, setting in [
        ("plain", {}, {"want": long_enough}), ("top_k, temperature", {"top_k": 5, "temperature": 0.7}, {"batch": 3, "eos_bias": 2.0, "want": ended(1, 5)}),
        ("top_p, renormalize", {"top_p": 0.8, "renormalize_logits": True}, {"batch": 2}),
        ("num_return_sequences", {"num_return_sequences": 2, "max_length": 8, "typical_p": 0.8}, {"batch": 2, "prompt": PROMPT}),
    ]:
        add(f"sample, outputs, {name}", {**short, **options}, vocab_size=13, outputs=True, **setting)


def beam_sample(add: Add) -> None:
    base = {"do_sample": True, "max_length": 9}
    for i, (name, options) in enumerate(WARPERS):
        add(f"beam sample, {name}", {**base, "num_beams": 2 + i % 3, **options},
            batch=3 if i % 5 == 1 else 1, want=long_enough)
    for i, (name, options, setting) in enumerate(PROCESSORS):
        add(f"beam sample, {name}", {**base, "num_beams": 2 + i % 2, **options},
            **{"batch": 3 if "prompt" in setting or i % 4 == 1 else 1, "want": long_enough, **setting})
    for i, (penalty, early) in enumerate([(-1.0, False), (0.0, True), (2.0, "never"), (0.5, True), (1.5, False), (-0.5, "never")]):
        add(f"beam sample, length_penalty {penalty}, early_stopping {early}", {**base, "num_beams": 2 + i % 3,
            "length_penalty": penalty, "early_stopping": early, "max_length": 12}, batch=3 if i % 2 else 1, eos_bias=2.5)
    add("beam sample, eos at once", {**base, "num_beams": 3}, batch=3, eos_bias=12.0)
    add("beam sample, eos never", {**base, "num_beams": 3}, eos_bias=-20.0)
    add("beam sample, two eos", {**base, "num_beams": 3, "eos_token_id": [7, 2]}, batch=3, bias={"7": 0.5})
    add("beam sample, pad is eos", {**base, "num_beams": 2, "pad_token_id": 2}, batch=3, eos_bias=2.5)
    for returned in (2, 3):
        add(f"beam sample, num_return_sequences {returned}", {**base, "num_beams": 3, "num_return_sequences": returned,
            "top_k": 8}, batch=returned, eos_bias=1.5)
    add("beam sample, too many eos", {**base, "num_beams": 2, "eos_token_id": [7, 2, 9]}, bias={"7": 6.0, "2": 6.0, "9": 6.0}, raises=True)
    for name, options, setting in [
        ("plain", {"num_beams": 2}, {"eos_bias": 1.5}), ("top_k", {"num_beams": 3, "top_k": 4, "temperature": 0.8}, {"eos_bias": 2.0}),
        ("batch", {"num_beams": 2, "num_return_sequences": 2, "top_p": 0.9}, {"batch": 2, "eos_bias": 2.5}),
    ]:
        add(f"beam sample, outputs, {name}", {**base, "max_length": 6, **options}, vocab_size=13, outputs=True, **setting)


def drawn(add: Add) -> None:
    draw = random.Random(12)
    for i in range(24):
        beams = draw.choice([1, 1, 2, 3])
        options: dict[str, Any] = {"do_sample": True, "max_length": draw.randint(5, 12)}
        if beams > 1:
            options |= {"num_beams": beams, "length_penalty": draw.choice([-1.0, 0.0, 1.0, 2.0]),
                        "early_stopping": draw.choice([False, True, "never"]), "num_return_sequences": draw.randint(1, beams)}
        for name, values in [
            ("temperature", [0.6, 1.4, 2.5]), ("top_k", [2, 5, 11]), ("top_p", [0.5, 0.8, 0.95]), ("typical_p", [0.5, 0.8]),
            ("epsilon_cutoff", [0.02, 0.1]), ("eta_cutoff", [0.05, 0.2]), ("renormalize_logits", [True]),
            ("no_repeat_ngram_size", [2, 3]), ("repetition_penalty", [1.2, 2.0]), ("min_length", [4]),
            ("suppress_tokens", [[0, 1], [20, 21]]),
        ]:
            if draw.random() < 0.3:
                options[name] = draw.choice(values)
        add(f"sampling, drawn {i}", options, batch=draw.choice([1, 1, 3]), order=draw.choice([1, 2]), eos_bias=draw.choice([0.0, 1.0, 2.0, 3.0]))
