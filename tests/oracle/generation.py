"""Writes fixtures/generation.json: what greedy and beam search of transformers give on table models (table_model.py),
and what they refuse. No two candidates of a step are nearer than GAP to each other: a case whose table has such a tie
takes the next seed. Run from anywhere: python tests/oracle/generation.py
"""

from __future__ import annotations

import logging
import math
import random
import warnings
from typing import Any

import torch
import transformers

from fixture_file import FIXTURES, shortest, write_fixture
from table_model import Table, TableModel

GAP = 5e-5
SOURCES = [[5, 9, 11, 4, 9, 11, 7, 3], [8, 3, 3, 12, 6, 5, 20, 13], [14, 4, 10, 5, 9, 21, 17, 6]]


class Watch:
    """Stands in for torch.topk and torch.argmax and notes the smallest gap between the values they order."""

    def __init__(self) -> None:
        self.topk, self.argmax = torch.topk, torch.argmax
        self.gap = math.inf

    def __enter__(self) -> Watch:
        def topk(values: torch.Tensor, k: int, *args: Any, **kwargs: Any) -> Any:
            self.note(values, k + 1)
            return self.topk(values, k, *args, **kwargs)

        def argmax(values: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            self.note(values, 2)
            return self.argmax(values, *args, **kwargs)

        torch.topk, torch.argmax = topk, argmax
        return self

    def __exit__(self, *_: Any) -> None:
        torch.topk, torch.argmax = self.topk, self.argmax

    def note(self, values: torch.Tensor, k: int) -> None:
        best = self.topk(values, min(k, values.shape[-1])).values
        # Beams that cannot be chosen start at -1e9, forbidden tokens at -inf: their order decides nothing.
        for row in best.tolist():
            real = [value for value in row if value > -1e8]
            self.gap = min([self.gap, *(a - b for a, b in zip(real, real[1:]))])


def listen() -> list[str]:
    """The list that everything the reference warns of is added to."""
    said: list[str] = []
    warnings.simplefilter("always")
    warnings.showwarning = lambda message, *_, **__: said.append(str(message))

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    transformers.logging.disable_default_handler()
    transformers.logging.add_handler(Handler())
    return said


def run(table: Table, sources: list[list[int]], options: dict[str, Any], prompt: Any, modulus: int | None) -> Any:
    model = TableModel(table)
    extra: dict[str, Any] = {}
    if prompt is not None:
        extra["decoder_input_ids"] = torch.tensor(prompt)
    if modulus is not None:
        eos = options.get("eos_token_id", 2)
        extra["prefix_allowed_tokens_fn"] = lambda example, ids: [
            token
            for token in range(table.vocab_size)
            if token == eos or (token + int(ids[-1]) + example) % modulus == 0
        ]
    return model.generate(
        input_ids=torch.tensor(sources),
        attention_mask=torch.ones(len(sources), len(sources[0]), dtype=torch.long),
        return_dict_in_generate=True,
        output_scores=True,
        **as_python(options),
        **extra,
    )


def case(
    said: list[str],
    name: str,
    options: dict[str, Any],
    batch: int = 1,
    order: int = 2,
    eos_bias: float = 0.5,
    bias: dict[str, float] | None = None,
    prompt: Any = None,
    modulus: int | None = None,
    vocab_size: int = 23,
) -> dict:
    seed = sum(map(ord, name))
    while True:
        table = Table(vocab_size, seed, order, {"2": eos_bias, **(bias or {})})
        said.clear()
        with Watch() as watch:
            out = run(table, SOURCES[:batch], options, prompt, modulus)
        if watch.gap > GAP:
            break
        seed += 1
    result: dict[str, Any] = {"sequences": out.sequences}
    if options.get("num_beams", 1) > 1:
        scores = out.sequences_scores.numpy()
        result["sequences_scores"] = shortest(scores)
        result["beam_indices"] = out.beam_indices
    given = {} if prompt is None else {"prompt": prompt}
    rule = {} if modulus is None else {"modulus": modulus}
    return {"name": name, "table": vars(table), "sources": SOURCES[:batch], "options": options, **given, **rule,
            "result": result, "warnings": list(said)}


def cases(said: list[str]) -> list[dict]:
    made: list[dict] = []

    def add(name: str, options: dict[str, Any], **setting: Any) -> None:
        made.append(case(said, name, options, **setting))

    # Length penalty x early stopping, batch 1 and 3, 2 to 5 beams.
    for i, penalty in enumerate([-1.0, 0.0, 0.5, 1.0, 2.0]):
        for j, early in enumerate([False, True, "never"]):
            beams, batch = 2 + (i + j) % 4, 3 if (i + j) % 2 else 1
            add(f"beams {beams}, length_penalty {penalty}, early_stopping {early}, batch {batch}",
                {"num_beams": beams, "length_penalty": penalty, "early_stopping": early, "max_length": 16}, batch=batch)
    # What each processor does, greedy and with beams.
    for name, options, setting in [
        ("plain", {}, {}),
        ("eos never", {}, {"eos_bias": -20.0}),
        ("eos at once", {}, {"eos_bias": 12.0}),
        ("no_repeat_ngram_size 1", {"no_repeat_ngram_size": 1}, {"order": 1}),
        ("no_repeat_ngram_size 2", {"no_repeat_ngram_size": 2}, {"order": 1, "eos_bias": -1.0}),
        ("no_repeat_ngram_size 3", {"no_repeat_ngram_size": 3}, {"order": 1, "eos_bias": -1.0}),
        ("encoder_no_repeat_ngram_size 1", {"encoder_no_repeat_ngram_size": 1}, {}),
        ("encoder_no_repeat_ngram_size 2", {"encoder_no_repeat_ngram_size": 2},
         {"bias": {"9": 3.0, "11": 3.0, "3": 3.0}}),
        ("min_length", {"min_length": 9}, {"eos_bias": 4.0}),
        ("min_new_tokens", {"min_new_tokens": 6}, {"eos_bias": 4.0}),
        ("min_length above max_length", {"min_length": 30}, {"eos_bias": 4.0}),
        ("max_new_tokens", {"max_length": None, "max_new_tokens": 5}, {}),
        ("max_new_tokens over max_length", {"max_new_tokens": 7}, {}),
        ("several eos", {"eos_token_id": [2, 7, 15]}, {"bias": {"7": 0.5, "15": 0.25}}),
        ("pad is eos", {"pad_token_id": 2}, {"eos_bias": 1.0}),
        ("pad missing", {"pad_token_id": None}, {"eos_bias": 1.0}),
        ("repetition_penalty", {"repetition_penalty": 1.7}, {"order": 1}),
        ("repetition_penalty below 1", {"repetition_penalty": 0.8}, {}),
        ("encoder_repetition_penalty", {"encoder_repetition_penalty": 1.5}, {}),
        ("bad_words_ids", {"bad_words_ids": [[4], [6, 8], [2], [9, 11, 7]]}, {"bias": {"6": 2.0, "8": 2.0, "4": 3.0}}),
        ("sequence_bias", {"sequence_bias": [[[10], -5.0], [[12, 5], 6.0], [[12], 2.5]]}, {}),
        ("forced_bos_token_id", {"forced_bos_token_id": 13}, {}),
        ("forced_eos_token_id", {"forced_eos_token_id": 2}, {"eos_bias": -20.0}),
        ("forced_eos_token_id, several", {"forced_eos_token_id": [14]}, {"eos_bias": -20.0}),
        ("forced_decoder_ids", {"forced_decoder_ids": [[1, 12], [2, 4], [5, 19]]}, {}),
        ("suppress_tokens", {"suppress_tokens": [3, 5, 8]}, {"bias": {"3": 4.0, "5": 4.0}}),
        ("suppress_tokens, from the end", {"suppress_tokens": [-1, -3]}, {"bias": {"22": 4.0, "20": 4.0}}),
        ("begin_suppress_tokens", {"begin_suppress_tokens": [2, 6]}, {"eos_bias": 6.0, "bias": {"6": 6.0}}),
        ("begin_suppress_tokens after forced ones", {"begin_suppress_tokens": [6], "forced_bos_token_id": 0,
         "forced_decoder_ids": [[2, 9]]}, {"bias": {"6": 6.0}}),
        ("exponential_decay_length_penalty", {"exponential_decay_length_penalty": [3, 1.4]}, {"eos_bias": -3.0}),
        ("exponential decay of a forbidden eos", {"exponential_decay_length_penalty": [1, 1.4], "min_length": 8}, {}),
        ("renormalize_logits", {"renormalize_logits": True, "suppress_tokens": [3, 5]}, {}),
        ("remove_invalid_values", {"remove_invalid_values": True, "bad_words_ids": [[6]]}, {"bias": {"6": 4.0}}),
        ("prompt", {}, {"prompt": [[2, 8, 5], [2, 4, 4], [2, 6, 10]]}),
        ("prompt without start", {}, {"prompt": [[8, 5], [4, 4], [6, 10]]}),
        ("prompt, one row with start", {}, {"prompt": [[2, 5], [4, 4], [6, 10]]}),
        ("prompt, lengths", {"min_new_tokens": 4, "max_new_tokens": 6, "no_repeat_ngram_size": 2,
         "exponential_decay_length_penalty": [4, 1.5], "begin_suppress_tokens": [9]},
         {"prompt": [[8, 5, 9], [4, 4, 9], [6, 10, 9]], "order": 1}),
        ("prefix_allowed_tokens_fn", {}, {"modulus": 3}),
        ("everything", {"no_repeat_ngram_size": 2, "encoder_no_repeat_ngram_size": 3, "repetition_penalty": 1.2,
         "min_length": 5, "bad_words_ids": [[3, 3]], "suppress_tokens": [17], "forced_bos_token_id": 0,
         "forced_eos_token_id": 2, "renormalize_logits": True, "sequence_bias": [[[9], 0.5]]}, {"order": 1}),
    ]:
        for beams in (1, 4):
            if beams == 4 and name == "exponential decay of a forbidden eos":
                continue  # nan for every beam: torch.topk leaves their order open
            batch = 3 if "prompt" in setting or beams == 4 else 1
            if name in ("plain", "several eos", "pad is eos", "eos at once"):
                batch = 3
            add(f"{name}, {'greedy' if beams == 1 else 'beams 4'}",
                {"max_length": 14, **options, **({} if beams == 1 else {"num_beams": beams})}, batch=batch, **setting)
    for returned in (2, 3):
        for early in (True, False):
            add(f"num_return_sequences {returned}, early_stopping {early}",
                {"num_beams": 3, "num_return_sequences": returned, "early_stopping": early, "max_length": 12}, batch=3,
                eos_bias=1.5)
    add("num_return_sequences, prompt", {"num_beams": 4, "num_return_sequences": 4, "max_new_tokens": 6,
        "length_penalty": 0.7}, batch=3, eos_bias=1.0, prompt=[[2, 8], [2, 4], [2, 6]])
    add("several eos, num_return_sequences", {"num_beams": 5, "num_return_sequences": 2, "max_length": 15,
        "eos_token_id": [7, 2]}, batch=3, bias={"7": 1.0})
    add("default lengths, greedy", {}, batch=1)
    add("default lengths, beams 2", {"num_beams": 2}, batch=3)
    add("long, beams 5", {"num_beams": 5, "max_length": 60, "no_repeat_ngram_size": 3}, batch=3, order=3, eos_bias=-3.0,
        vocab_size=101)
    add("long, greedy", {"max_length": 60, "no_repeat_ngram_size": 3}, batch=3, order=3, eos_bias=-3.0, vocab_size=101)
    add("prompt as long as max_length, greedy", {"max_length": 3}, batch=3, prompt=[[2, 8, 5], [2, 4, 4], [2, 6, 10]])
    add("unused sampling and beam options, greedy", {"temperature": 0.7, "top_p": 0.9, "top_k": 5,
        "length_penalty": 2.0, "early_stopping": True, "max_length": 8})
    # Whatever else may meet.
    draw = random.Random(11)
    for i in range(60):
        beams = draw.choice([1, 2, 3, 4, 5])
        options: dict[str, Any] = {"max_length": draw.randint(6, 24)}
        if beams > 1:
            options |= {"num_beams": beams, "length_penalty": draw.choice([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]),
                        "early_stopping": draw.choice([False, True, "never"]),
                        "num_return_sequences": draw.randint(1, beams)}
        for name, values in [
            ("no_repeat_ngram_size", [1, 2, 3]),
            ("encoder_no_repeat_ngram_size", [1, 2, 3]),
            ("min_length", [3, 6, 10]),
            ("min_new_tokens", [2, 5]),
            ("repetition_penalty", [0.7, 1.3, 2.5]),
            ("encoder_repetition_penalty", [0.7, 1.4]),
            ("bad_words_ids", [[[3], [5, 5]], [[7, 9, 11], [9, 11]]]),
            ("suppress_tokens", [[0, 1], [20, 21, 22]]),
            ("forced_eos_token_id", [2]),
            ("eos_token_id", [[2, 9], [14, 2, 4]]),
            ("renormalize_logits", [True]),
        ]:
            if draw.random() < 0.2:
                options[name] = draw.choice(values)
        batch = draw.choice([1, 3])
        prompt = [[2, 3 + k, draw.randint(3, 9)] for k in range(batch)] if draw.random() < 0.2 else None
        add(f"drawn {i}", options, batch=batch, order=draw.choice([1, 2, 3]), prompt=prompt,
            eos_bias=draw.choice([-2.0, 0.0, 1.0, 2.0, 3.0]))
    return made


def refusals(said: list[str]) -> list[dict]:
    made = []
    for options in [
        {"num_beams": 0},
        {"num_return_sequences": 2},
        {"num_beams": 2, "num_return_sequences": 3},
        {"early_stopping": "always"},
        {"num_beams": 4, "num_beam_groups": 3, "diversity_penalty": 0.5},
        {"num_beams": 4, "num_beam_groups": 2},
        {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.5, "do_sample": True},
        {"repetition_penalty": 0.0},
        {"repetition_penalty": -1.5},
        {"encoder_repetition_penalty": -1.5},
        {"no_repeat_ngram_size": 1.5},
        {"encoder_no_repeat_ngram_size": 2.5},
        {"min_length": 1.5},
        {"min_new_tokens": 1.5},
        {"bad_words_ids": []},
        {"bad_words_ids": [5]},
        {"bad_words_ids": [[-1]]},
        {"bad_words_ids": [[4, 23]]},
        {"sequence_bias": []},
        {"sequence_bias": [[[4, 23], 1.5]]},
        {"sequence_bias": [[[], 1.5]]},
        {"sequence_bias": [[[-4], 1.5]]},
        {"decoder_start_token_id": None, "bos_token_id": None},
    ]:
        model_options = dict(options)
        model = TableModel(Table())
        if "decoder_start_token_id" in options:
            model.generation_config.update(**options)
            model_options = {}
        try:
            model.generate(input_ids=torch.tensor(SOURCES[:1]), max_length=12, **as_python(model_options))
        except ValueError as error:
            made.append({"options": options, "message": str(error)})
        else:
            raise AssertionError(f"{options} was accepted")
    return made


def as_python(options: dict[str, Any]) -> dict[str, Any]:
    """Pairs of ids and bias, as JSON holds them, to the dict with tuples for keys that transformers takes."""
    if "sequence_bias" not in options:
        return options
    return {**options, "sequence_bias": {tuple(ids): value for ids, value in options["sequence_bias"]}}


def main() -> None:
    torch.set_num_threads(1)
    said = listen()
    write_fixture(FIXTURES / "generation.json", "generation.py", ["torch", "transformers"],
                  {"cases": cases(said), "refusals": refusals(said)})


if __name__ == "__main__":
    main()
