"""Cases of group and constrained beam search, and the scores of greedy and beam search."""

from __future__ import annotations

import random
from typing import Any, Callable

from generation_modes_sampling import PROMPT, ended, long_enough

Add = Callable[..., None]


def greedy_and_beam_outputs(add: Add) -> None:
    for name, options, setting in [
        ("greedy", {}, {"batch": 1}),
        ("greedy, rows that end", {}, {"batch": 3, "eos_bias": 2.5, "want": ended(1, 5)}),
        ("greedy, forbidden tokens", {"no_repeat_ngram_size": 1, "suppress_tokens": [3, 4]}, {"batch": 1, "order": 1}),
        ("greedy, prompt and renormalize_logits", {"renormalize_logits": True}, {"batch": 3, "prompt": PROMPT}),
        ("beams 2", {"num_beams": 2}, {"batch": 1, "eos_bias": 1.5}),
        ("beams 3, rows that end", {"num_beams": 3, "early_stopping": True, "num_return_sequences": 2},
         {"batch": 2, "eos_bias": 2.5, "want": ended(1, 5)}),
        ("beams 3, forbidden tokens", {"num_beams": 3, "no_repeat_ngram_size": 1, "suppress_tokens": [3, 4]}, {"batch": 1, "order": 1}),
        ("beams 2, prompt, renormalize_logits, length_penalty", {"num_beams": 2, "renormalize_logits": True, "length_penalty": 2.0,
         "repetition_penalty": 1.3}, {"batch": 2, "prompt": PROMPT}),
    ]:
        add(f"outputs, {name}", {"max_length": 7, **options}, vocab_size=13, outputs=True, **{"want": long_enough, **setting})


# Group -------------------------------------------------------------------------------------------------------------------


def group(add: Add) -> None:
    def one(name: str, beams: int, groups: int, options: dict[str, Any] | None = None, penalty: float = 0.7, **setting: Any) -> None:
        add(f"group {beams}/{groups}, {name}", {"num_beams": beams, "num_beam_groups": groups, "diversity_penalty": penalty,
            "max_length": 10, **(options or {})}, **setting)

    for i, (penalty, early) in enumerate((p, e) for p in (-1.0, 0.0, 1.0, 2.0) for e in (False, True, "never")):
        beams, groups = [(4, 2), (6, 3), (6, 2), (4, 4)][i % 4]
        one(f"length_penalty {penalty}, early_stopping {early}", beams, groups, {"length_penalty": penalty, "early_stopping": early,
            "max_length": 13}, batch=3 if i % 2 else 1, eos_bias=1.5)
    for penalty in (-0.5, 0.01, 0.3, 1.5, 20.0):
        one(f"diversity_penalty {penalty}", 4, 2, penalty=penalty, batch=3 if penalty > 1 else 1)
    for i, (name, options, setting) in enumerate([
        ("eos never", {}, {"eos_bias": -20.0}),
        ("eos at once", {}, {"eos_bias": 12.0, "batch": 3}),
        ("rows that end early", {"early_stopping": True}, {"eos_bias": 4.0, "batch": 3}),
        ("groups that end apart", {"max_length": 16}, {"eos_bias": 2.5, "batch": 3, "order": 3}),
        ("num_return_sequences 3", {"num_return_sequences": 3}, {"batch": 3, "eos_bias": 1.5}),
        ("all returned", {"num_return_sequences": 4}, {"batch": 1}),
        ("all returned, several eos", {"num_return_sequences": 4, "eos_token_id": [7, 2]}, {"batch": 3, "bias": {"7": 0.5}}),
        ("pad is eos", {"pad_token_id": 2}, {"batch": 3, "eos_bias": 2.0}),
        ("prompt", {"num_return_sequences": 2}, {"batch": 3, "prompt": PROMPT, "eos_bias": 1.0}),
        ("prompt without start", {"max_new_tokens": 6, "max_length": None}, {"batch": 3, "prompt": [row[1:] for row in PROMPT]}),
        ("no_repeat_ngram_size", {"no_repeat_ngram_size": 2}, {"order": 1, "eos_bias": -2.0, "batch": 3}),
        ("repetition_penalty", {"repetition_penalty": 1.5}, {"order": 1, "batch": 3}),
        ("encoder_no_repeat_ngram_size", {"encoder_no_repeat_ngram_size": 1}, {"batch": 3}),
        ("encoder_repetition_penalty", {"encoder_repetition_penalty": 1.5}, {"batch": 1}),
        ("bad_words_ids", {"bad_words_ids": [[4], [6, 8]]}, {"bias": {"6": 2.0, "4": 3.0}}),
        ("sequence_bias", {"sequence_bias": [[[10], -5.0], [[12, 5], 6.0], [[12], 2.5]]}, {"batch": 3}),
        ("min_length", {"min_length": 7}, {"eos_bias": 3.0}),
        ("min_new_tokens", {"min_new_tokens": 5}, {"eos_bias": 3.0, "batch": 3}),
        ("forced_bos_token_id", {"forced_bos_token_id": 13}, {}),
        ("forced_eos_token_id", {"forced_eos_token_id": 2}, {"eos_bias": -20.0, "batch": 3}),
        ("exponential_decay_length_penalty", {"exponential_decay_length_penalty": [3, 1.4]}, {"eos_bias": -2.0}),
        ("suppress_tokens", {"suppress_tokens": [3, 5], "begin_suppress_tokens": [9]}, {"bias": {"3": 3.0, "9": 3.0}, "batch": 3}),
        ("prefix_allowed_tokens_fn", {}, {"modulus": 3, "batch": 3}),
        ("renormalize_logits", {"renormalize_logits": True, "suppress_tokens": [3, 5]}, {"bias": {"3": 3.0}}),
        ("remove_invalid_values", {"remove_invalid_values": True}, {}),
    ]):
        one(name, *((4, 2) if i % 3 else (6, 3)), options, **setting)
    for name, beams, groups, options, setting in [
        ("one row", 4, 2, {}, {"eos_bias": 1.5}),
        ("all returned", 4, 2, {"num_return_sequences": 4}, {"eos_bias": 1.5}),
        ("two rows", 4, 2, {"num_return_sequences": 2, "early_stopping": True}, {"batch": 2, "eos_bias": 2.5}),
        ("three groups", 3, 3, {"num_return_sequences": 3, "length_penalty": 2.0}, {"batch": 1, "eos_bias": 0.5, "prompt": PROMPT}),
    ]:
        one(f"outputs, {name}", beams, groups, {"max_length": 6, **options}, vocab_size=13, outputs=True,
            want=lambda rows: len(rows[0]) > 3, **setting)


def drawn_groups(add: Add) -> None:
    draw = random.Random(13)
    for i in range(16):
        beams, groups = draw.choice([(4, 2), (6, 2), (6, 3), (4, 4), (2, 2)])
        options: dict[str, Any] = {
            "num_beams": beams, "num_beam_groups": groups, "diversity_penalty": draw.choice([0.2, 0.8, 2.5]), "max_length": draw.randint(5, 16),
            "length_penalty": draw.choice([-0.5, 0.0, 1.0, 1.5]), "early_stopping": draw.choice([False, True, "never"]),
            "num_return_sequences": draw.randint(1, beams),
        }
        for name, values in [("no_repeat_ngram_size", [2, 3]), ("repetition_penalty", [0.8, 1.3]), ("min_length", [4, 6]),
                             ("eos_token_id", [[2, 9]]), ("suppress_tokens", [[0, 1]])]:
            if draw.random() < 0.25:
                options[name] = draw.choice(values)
        add(f"group, drawn {i}", options, batch=draw.choice([1, 3]), order=draw.choice([1, 2, 3]), eos_bias=draw.choice([0.0, 1.0, 2.0, 3.0]))


# Constrained -------------------------------------------------------------------------------------------------------------


def phrasal(*ids: int) -> dict[str, Any]:
    return {"phrasal": list(ids)}


def disjunctive(*words: list[int]) -> dict[str, Any]:
    return {"disjunctive": list(words)}


def all_in(*phrases: list[int]) -> Callable[[list], bool]:
    """The first row holds each of these."""
    return lambda rows: all(any(rows[0][i : i + len(p)] == p for i in range(len(rows[0]))) for p in phrases)


def constrained(add: Add) -> None:
    def one(name: str, constraints: list | None, options: dict[str, Any] | None = None, **setting: Any) -> None:
        given = {} if constraints is None else {"constraints": constraints}
        add(f"constrained, {name}", {"num_beams": 3, "max_length": 12, **given, **(options or {})}, **setting)

    for i, (name, constraints, options, setting) in enumerate([
        ("one token", [phrasal(5)], {}, {"want": all_in([5])}),
        ("one phrase", [phrasal(5, 17)], {}, {"want": all_in([5, 17])}),
        ("a phrase of four", [phrasal(5, 17, 5, 8)], {}, {"want": all_in([5, 17, 5, 8])}),
        ("a token twice", [phrasal(6, 6)], {}, {"want": all_in([6, 6])}),
        ("two phrases", [phrasal(5, 17), phrasal(9, 4)], {}, {"want": all_in([5, 17], [9, 4])}),
        ("three tokens", [phrasal(3), phrasal(11), phrasal(19)], {}, {"want": all_in([3], [11], [19])}),
        ("the same phrase twice", [phrasal(9, 4), phrasal(9, 4)], {}, {}),
        ("two phrases that begin alike", [phrasal(9, 4), phrasal(9, 12, 3)], {}, {}),
        ("a phrase within another", [phrasal(9, 4, 7), phrasal(4)], {}, {}),
        ("disjunctive", [disjunctive([5], [9, 4])], {}, {}),
        ("disjunctive, shared prefix", [disjunctive([5, 9], [5, 4], [5, 7, 8])], {}, {}),
        ("disjunctive, shared prefix of two", [disjunctive([5, 9, 3], [5, 9, 4], [5, 9, 7], [11])], {"num_beams": 4}, {}),
        ("disjunctive and phrasal", [disjunctive([5, 9], [11]), phrasal(8, 3)], {}, {}),
        ("two disjunctive that share words", [disjunctive([5, 9], [11]), disjunctive([5, 9], [12, 3])], {"num_beams": 4}, {}),
        ("phrase beginning with the start token", [phrasal(2, 6)], {}, {}),
        ("the start token alone", [phrasal(2)], {}, {}),
        ("eos within a phrase", [phrasal(6, 2, 7)], {}, {}),
        ("eos at the end of a phrase", [phrasal(6, 2)], {}, {}),
        ("pad within a phrase", [phrasal(1, 6)], {}, {}),
        ("force_words_ids", None, {"force_words_ids": [[5, 17], [9]]}, {}),
        ("force_words_ids, nested", None, {"force_words_ids": [[[5, 17], [9]], [[3]]]}, {}),
        ("force_words_ids, mixed", None, {"force_words_ids": [[[5, 17], [5, 9]], [3, 8]]}, {}),
        ("constraints and force_words_ids", [phrasal(7)], {"force_words_ids": [[9, 4]]}, {}),
    ]):
        batch = 3 if i % 3 == 1 else 1
        one(name, constraints, options, **{"batch": batch, "eos_bias": 1.5 if i % 2 else 0.5, **setting})
    two = [phrasal(5, 17), disjunctive([9, 4], [9, 7], [11])]
    for i, (penalty, early) in enumerate((p, e) for p in (-1.0, 0.0, 1.0, 2.0) for e in (False, True, "never")):
        one(f"length_penalty {penalty}, early_stopping {early}", two, {"num_beams": 2 + i % 4, "length_penalty": penalty,
            "early_stopping": early, "max_length": 14}, batch=3 if i % 2 else 1, eos_bias=1.5)
    for name, constraints, options, setting in [
        ("eos at once", two, {"max_length": 10}, {"eos_bias": 12.0, "batch": 3}),
        ("eos early, early_stopping", two, {"early_stopping": True, "max_length": 16}, {"eos_bias": 5.0, "batch": 3}),
        ("eos never", two, {}, {"eos_bias": -20.0, "batch": 3}),
        ("several eos", two, {"eos_token_id": [7, 2]}, {"batch": 3, "bias": {"7": 1.0}, "eos_bias": 1.5}),
        ("pad is eos", two, {"pad_token_id": 2}, {"batch": 3, "eos_bias": 1.5}),
        ("longer than max_length", [phrasal(5, 17, 5, 8, 9, 10, 11)], {"max_length": 5}, {"batch": 3}),
        ("met by max_length exactly", [phrasal(5, 17, 8)], {"max_length": 4}, {"batch": 3, "want": all_in([5, 17, 8])}),
        ("more than fit", [phrasal(5, 17), phrasal(8, 9), phrasal(12)], {"max_length": 5}, {"batch": 1}),
        ("longer than max_length, all returned", [phrasal(5, 17, 5, 8, 9, 10, 11)], {"max_length": 5, "num_return_sequences": 3}, {"batch": 3}),
        ("some beams complete", [phrasal(5, 17)], {"max_length": 4, "num_beams": 4, "num_return_sequences": 4}, {"batch": 1, "eos_bias": -20.0}),
        ("some rows complete", [disjunctive([5, 17, 8], [9])], {"max_length": 3, "num_return_sequences": 1}, {"batch": 3}),
        ("forbidden by suppress_tokens", [phrasal(5, 17)], {"suppress_tokens": [17], "max_length": 7}, {"batch": 1}),
        ("made unlikely by sequence_bias", [phrasal(5, 17)], {"sequence_bias": [[[17], -40.0]]}, {"batch": 1}),
        ("num_return_sequences 2", two, {"num_return_sequences": 2}, {"batch": 3, "eos_bias": 1.5}),
        ("num_return_sequences 4", two, {"num_return_sequences": 4, "num_beams": 4, "max_length": 9}, {"batch": 1, "eos_bias": 0.5}),
        ("prompt", two, {}, {"batch": 3, "prompt": PROMPT}),
        ("prompt that meets it", [phrasal(8, 5), phrasal(9)], {}, {"batch": 1, "prompt": PROMPT}),
        ("prompt that begins it", [phrasal(5, 7), phrasal(9)], {"length_penalty": 2.0}, {"batch": 1, "prompt": PROMPT}),
        ("prompt without start", two, {}, {"batch": 3, "prompt": [row[1:] for row in PROMPT]}),
        ("no_repeat_ngram_size", [phrasal(6, 8, 6)], {"no_repeat_ngram_size": 2}, {"order": 1, "eos_bias": -1.0, "batch": 3}),
        ("no_repeat_ngram_size 1", two, {"no_repeat_ngram_size": 1}, {"order": 1}),
        ("repetition_penalty", two, {"repetition_penalty": 1.6}, {"order": 1, "batch": 3}),
        ("encoder_repetition_penalty", two, {"encoder_repetition_penalty": 1.6}, {"batch": 1}),
        ("min_length", two, {"min_length": 9}, {"eos_bias": 4.0, "batch": 3}),
        ("forced_eos_token_id", two, {"forced_eos_token_id": 2}, {"eos_bias": -20.0, "batch": 1}),
        ("exponential_decay_length_penalty", two, {"exponential_decay_length_penalty": [3, 1.4]}, {"eos_bias": -2.0}),
        ("prefix_allowed_tokens_fn", [phrasal(9)], {}, {"modulus": 2, "batch": 3}),
        ("renormalize_logits", two, {"renormalize_logits": True, "suppress_tokens": [3]}, {"bias": {"3": 3.0}}),
        ("sequence_bias and bad_words_ids", two, {"sequence_bias": [[[17], 2.0]], "bad_words_ids": [[4, 5]]}, {"batch": 3}),
        ("six beams", two, {"num_beams": 6}, {"batch": 3}),
        ("long", two + [phrasal(20, 3, 14)], {"num_beams": 5, "max_length": 40, "no_repeat_ngram_size": 3}, {"eos_bias": 1.0, "order": 3}),
        ("force_words_ids with do_sample, which is ignored", None, {"force_words_ids": [[5, 17]], "do_sample": True, "num_beams": 2}, {}),
    ]:
        one(name, constraints, options, **setting)
    add("constrained, default lengths", {"num_beams": 3, "constraints": two})
    for name, constraints, options, setting in [
        ("one row", [phrasal(5, 7)], {"num_beams": 2}, {"eos_bias": 1.5}),
        ("disjunctive", [disjunctive([5, 9], [5, 4]), phrasal(8)], {"num_return_sequences": 3, "num_beams": 3}, {}),
        ("two rows", [phrasal(5)], {"num_beams": 2, "early_stopping": True}, {"batch": 2, "eos_bias": 2.5}),
        ("prompt, nothing completes", [phrasal(5, 6, 7, 8, 9)], {"num_beams": 2}, {"batch": 2, "prompt": PROMPT}),
    ]:
        one(f"outputs, {name}", constraints, {"max_length": 6, **options}, vocab_size=13, outputs=True, **setting)


def drawn_constraints(add: Add) -> None:
    draw = random.Random(14)

    def word(most: int) -> list[int]:
        return [draw.randint(3, 10) for _ in range(draw.randint(1, most))]

    made = 0
    while made < 24:
        constraints = []
        for _ in range(draw.randint(1, 3)):
            if draw.random() < 0.5:
                constraints.append(phrasal(*word(3)))
            else:
                first = draw.randint(3, 10)
                words = [[first, *word(2)], [first, *word(2)], word(3)]
                if any(a[: len(b)] == b for a in words for b in words if a is not b):
                    break  # one begins with another
                constraints.append(disjunctive(*words))
        else:
            beams = draw.randint(2, 5)
            options: dict[str, Any] = {
                "num_beams": beams, "constraints": constraints, "max_length": draw.randint(6, 14),
                "length_penalty": draw.choice([-0.5, 0.0, 1.0, 1.5]), "early_stopping": draw.choice([False, True, "never"]),
            }
            for name, values in [("no_repeat_ngram_size", [2, 3]), ("repetition_penalty", [0.8, 1.3]), ("min_length", [4, 6]),
                                 ("eos_token_id", [[2, 12]])]:
                if draw.random() < 0.2:
                    options[name] = draw.choice(values)
            add(f"constrained, drawn {made}", options, batch=draw.choice([1, 3]), order=draw.choice([1, 2, 3]),
                eos_bias=draw.choice([0.0, 1.0, 2.0, 3.0]), vocab_size=17)
            made += 1
