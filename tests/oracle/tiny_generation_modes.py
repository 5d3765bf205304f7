"""Writes fixtures/models/generation-modes.json: generate() of the tiny LED models in the modes that generation.json has
not: contrastive search, sample, beam sample, group and constrained beam search; what generate() returns besides ids;
encoder outputs, embeddings and prompts that are given; what it refuses. As in tiny_generation.py the inputs of a case
are the first of a series for which nothing that decides is near to turning over (limits: tiny_generation_modes_run.py).
Run from anywhere: python tests/oracle/tiny_generation_modes.py
"""

from __future__ import annotations

from typing import Any

import torch

from fixture_file import FIXTURES, write_fixture
from generation_modes_refusals import Listener
from led_classes_cases import embeds
from models import source
from tiny_generation import early, left_padded, mixed, never, one, prompted, prompted_without_start, repetitive, three
from tiny_generation_modes_run import Inputs, Wanted, find, quiet, refused
from tiny_models import ODD, PLAIN, TALKER, TinyModel, build


def short(tiny: TinyModel, label: str) -> Inputs:
    """Two rows of little, so that outputs are small."""
    return source(tiny, label, 9, [9, 6], globals_=[[0], [0, 3]])


def encoded(tiny: TinyModel, label: str) -> Inputs:
    of = three(tiny, label)
    return {"encoder_outputs": {"form": "output", "of": of}, "attention_mask": of["attention_mask"]}


def embedded(tiny: TinyModel, label: str) -> Inputs:
    inputs = source(tiny, label, 13, [13, 9], globals_=[[0], [0, 4]])
    del inputs["input_ids"]
    return {"inputs_embeds": embeds(tiny, label, 2, 13), **inputs}


def contrastive(alpha: float, k: int, **options: Any) -> dict[str, Any]:
    return {"penalty_alpha": alpha, "top_k": k, **options}


def sample(**options: Any) -> dict[str, Any]:
    return {"do_sample": True, **options}


def group(beams: int, groups: int, penalty: float, **options: Any) -> dict[str, Any]:
    return {"num_beams": beams, "num_beam_groups": groups, "diversity_penalty": penalty, **options}


def constrained(beams: int, *constraints: Any, **options: Any) -> dict[str, Any]:
    return {"num_beams": beams, "constraints": list(constraints), **options}


PHRASE, WORDS = {"phrasal": [17, 23]}, {"disjunctive": [[30, 8], [30, 9], [41]]}

WANTED = [
    Wanted("contrastive", "top_k 4", ODD, contrastive(0.6, 4, max_length=20), one, never, ("penalty_alpha",)),
    Wanted("contrastive-batch", "padding and ragged globals", ODD, contrastive(0.6, 4, max_length=14), three, never, ("penalty_alpha", "global_attention_mask")),
    Wanted("contrastive-k2", "top_k 2", PLAIN, contrastive(0.5, 2, max_length=16), one, matters=("penalty_alpha",)),
    Wanted("contrastive-k6", "top_k 6, a large penalty, rows end at different lengths", TALKER, contrastive(0.85, 6, max_length=14), three, mixed, ("penalty_alpha",)),
    Wanted("contrastive-early", "ends by itself", TALKER, contrastive(0.4, 3, max_length=20), one, early, ("penalty_alpha",)),
    Wanted("contrastive-new-tokens", "max_new_tokens after a prompt, no n-gram twice", ODD, contrastive(0.3, 4, max_new_tokens=8, no_repeat_ngram_size=2), prompted,
           matters=("penalty_alpha", "no_repeat_ngram_size")),
    Wanted("contrastive-prompt-without-start", "a prompt to which the start token is prepended", ODD, contrastive(0.6, 5, max_length=12), prompted_without_start,
           matters=("penalty_alpha",)),
    Wanted("contrastive-low-memory", "candidates one by one", ODD, contrastive(0.6, 4, max_length=16, low_memory=True), one, matters=("penalty_alpha",)),
    Wanted("contrastive-low-memory-plain", "candidates one by one, top_k 6", PLAIN, contrastive(0.7, 6, max_length=14, low_memory=True), one, matters=("penalty_alpha",)),
    Wanted("contrastive-processors", "both n-gram bans and min_length", TALKER,
           contrastive(0.5, 4, max_length=16, no_repeat_ngram_size=2, encoder_no_repeat_ngram_size=2, min_length=8), repetitive, matters=("penalty_alpha", "min_length")),
    Wanted("contrastive-no-mask-left", "padding left", TALKER, contrastive(0.6, 4, max_length=12), left_padded, matters=("penalty_alpha",)),
    Wanted("contrastive-two-eos", "two eos tokens", PLAIN, contrastive(0.6, 4, max_length=16, eos_token_id=[3, 44]), three, matters=("penalty_alpha", "eos_token_id")),
    Wanted("contrastive-stream", "what a streamer gets", TALKER, contrastive(0.6, 4, max_length=12), three, mixed, streams=True),
    Wanted("greedy-stream", "what a streamer gets", TALKER, {"max_length": 12}, three, mixed, streams=True),
    Wanted("sample-stream", "what a streamer gets, two sequences of a prompt", TALKER, sample(max_length=12, num_return_sequences=2), prompted, streams=True),
    Wanted("sample", "default top_k", ODD, sample(max_length=16), one, never, ("do_sample",)),
    Wanted("sample-batch", "padding and ragged globals, rows end at different lengths", TALKER, sample(max_length=14, top_k=12), three, mixed, ("global_attention_mask",)),
    Wanted("sample-warpers", "temperature, top_k, top_p", PLAIN, sample(max_length=14, temperature=1.7, top_k=9, top_p=0.85), three),
    Wanted("sample-typical", "typical_p", ODD, sample(max_length=12, typical_p=0.7, temperature=0.8), one),
    Wanted("sample-cutoffs", "epsilon and eta, renormalised", ODD, sample(max_length=12, epsilon_cutoff=0.02, eta_cutoff=0.1, renormalize_logits=True), one),
    Wanted("sample-returns-3", "three sequences a row, no n-gram twice", TALKER, sample(max_length=12, top_k=8, num_return_sequences=3, no_repeat_ngram_size=2), three),
    Wanted("sample-prompt", "a prompt, min_new_tokens", TALKER, sample(max_new_tokens=9, min_new_tokens=4, top_p=0.9), prompted, matters=("min_new_tokens",)),
    Wanted("beam-sample", "three beams", ODD, sample(num_beams=3, max_length=10), one, never),
    Wanted("beam-sample-batch", "padding and ragged globals", TALKER, sample(num_beams=2, max_length=10, top_k=6), three),
    Wanted("beam-sample-returns", "both sequences, a prompt, length_penalty", TALKER,
           sample(num_beams=2, num_return_sequences=2, max_new_tokens=8, top_p=0.8, temperature=1.4, length_penalty=2.0), prompted),
    Wanted("group", "two groups of two", ODD, group(4, 2, 1.0, max_length=16), one, never),
    Wanted("group-batch", "three groups, padding and ragged globals", TALKER, group(6, 3, 0.6, max_length=14), three, mixed, ("num_beam_groups", "global_attention_mask")),
    Wanted("group-all", "all sequences, early_stopping", TALKER, group(4, 2, 0.8, max_length=14, num_return_sequences=4, early_stopping=True), prompted),
    Wanted("group-long", "length_penalty 2, no n-gram twice", PLAIN, group(4, 2, 1.5, max_length=14, length_penalty=2.0, no_repeat_ngram_size=2, num_return_sequences=2), three,
           matters=("num_beam_groups",)),
    Wanted("constrained", "one phrase", ODD, constrained(3, PHRASE, max_length=14), one, matters=("constraints",)),
    Wanted("constrained-batch", "a phrase and a choice, padding and ragged globals", TALKER, constrained(4, PHRASE, WORDS, max_length=14), three, matters=("constraints",)),
    Wanted("constrained-early", "early_stopping, length_penalty 0.5", TALKER, constrained(3, PHRASE, max_length=16, early_stopping=True, length_penalty=0.5), short,
           matters=("constraints",)),
    Wanted("constrained-prompt", "a prompt, two sequences, no n-gram twice", TALKER,
           constrained(3, WORDS, max_new_tokens=8, num_return_sequences=2, no_repeat_ngram_size=2), prompted, matters=("constraints",)),
    Wanted("constrained-forced-words", "force_words_ids of both kinds", PLAIN, {"num_beams": 3, "max_length": 12, "force_words_ids": [[17, 23], [[30, 8], [41]]]}, three,
           matters=("force_words_ids",)),
    Wanted("encoded-greedy", "encoder outputs given", TALKER, {"max_length": 14}, encoded, mixed),
    Wanted("encoded-beams", "encoder outputs given", TALKER, {"max_length": 12, "num_beams": 3}, encoded),
    Wanted("encoded-contrastive", "encoder outputs given", ODD, contrastive(0.6, 4, max_length=10), encoded),
    Wanted("encoded-sample", "encoder outputs given, two sequences a row", TALKER, sample(max_length=10, num_return_sequences=2), encoded),
    Wanted("embedded-greedy", "inputs_embeds given", TALKER, {"max_length": 12}, embedded),
    Wanted("embedded-beams", "inputs_embeds given", TALKER, {"max_length": 12, "num_beams": 3}, embedded),
    Wanted("embedded-contrastive", "inputs_embeds given", ODD, contrastive(0.6, 4, max_length=10), embedded),
    Wanted("embedded-prompt", "inputs_embeds and a prompt given", TALKER, {"max_length": 12},
           lambda tiny, label: {**embedded(tiny, label), "decoder_input_ids": prompted(tiny, label)["decoder_input_ids"]}),
    Wanted("outputs-greedy", "all outputs", ODD, {"max_length": 5}, short, outputs=True),
    Wanted("outputs-greedy-ended", "all outputs, a row that ends before the other", TALKER, {"max_length": 7}, short, mixed, outputs=True),
    Wanted("outputs-greedy-prompt", "all outputs after a prompt", PLAIN, {"max_length": 7}, prompted, outputs=True),
    Wanted("outputs-sample", "all outputs, two sequences a row", PLAIN, sample(max_length=5, top_k=7, num_return_sequences=2), short, outputs=True),
    Wanted("outputs-beams", "all outputs, two sequences a row", PLAIN, {"num_beams": 3, "max_length": 6, "num_return_sequences": 2}, short, outputs=True),
    Wanted("outputs-beam-sample", "all outputs", PLAIN, sample(num_beams=2, max_length=5), short, outputs=True),
    Wanted("outputs-contrastive", "all outputs", ODD, contrastive(0.6, 4, max_length=5), short, outputs=True),
    Wanted("outputs-contrastive-ended", "all outputs, a row that ends before the other", TALKER, contrastive(0.6, 3, max_length=7), short, mixed, outputs=True),
    Wanted("outputs-contrastive-prompt", "all outputs after a prompt", PLAIN, contrastive(0.6, 3, max_length=7), prompted, outputs=True),
    Wanted("outputs-group", "all outputs", PLAIN, group(4, 2, 1.0, max_length=5), short, outputs=True),
    Wanted("outputs-constrained", "all outputs", PLAIN, constrained(2, {"phrasal": [17]}, max_length=5), short, outputs=True),
    Wanted("outputs-encoded", "all outputs, encoder outputs given without states and attentions", PLAIN, {"max_length": 4}, encoded, outputs=True),
]


def refusals(built: dict[str, Any]) -> list[dict]:
    def of(name: str, tiny: TinyModel, inputs: Inputs, options: dict[str, Any], **more: Any) -> dict[str, Any]:
        return refused(built[tiny.name][0], name, tiny, inputs, options, **more)

    ids, embedding = short(PLAIN, "refused"), embedded(PLAIN, "refused")
    row = {name: value[:1] for name, value in ids.items()}
    return [
        of("low_memory with two rows", PLAIN, ids, contrastive(0.6, 3, max_length=6, low_memory=True)),
        of("low_memory with attentions", PLAIN, row, contrastive(0.6, 3, max_length=6, low_memory=True, output_attentions=True, return_dict_in_generate=True)),
        of("contrastive search without a cache", PLAIN, ids, contrastive(0.6, 3, max_length=6, use_cache=False)),
        of("contrastive search for two sequences", PLAIN, ids, contrastive(0.6, 3, max_length=6, num_return_sequences=2)),
        of("contrastive top_k above the vocabulary", PLAIN, ids, contrastive(0.6, 500, max_length=6)),
        of("ids and embeddings", PLAIN, {**ids, "inputs_embeds": embedding["inputs_embeds"]}, {"max_length": 6}),
        of("embeddings, encoder_no_repeat_ngram_size", PLAIN, embedding, {"max_length": 6, "encoder_no_repeat_ngram_size": 2}),
        of("embeddings, encoder_repetition_penalty", PLAIN, embedding, {"max_length": 6, "encoder_repetition_penalty": 1.5}),
        of("encoder outputs as a tuple", PLAIN, {"encoder_outputs": {"form": "tuple", "of": ids}}, {"max_length": 6}),
        of("encoder outputs, encoder_repetition_penalty", PLAIN, encoded(PLAIN, "refused"), {"max_length": 6, "encoder_repetition_penalty": 1.5}),
        of("a prompt longer than max_length, beams", TALKER, prompted(TALKER, "refused"), {"max_length": 3, "num_beams": 2}),
        of("a prompt longer than max_length, groups", TALKER, prompted(TALKER, "refused"), group(4, 2, 0.5, max_length=3)),
        of("prompt_lookup_num_tokens", PLAIN, row, {"max_length": 14, "prompt_lookup_num_tokens": 2}),
        of("prompt_lookup_num_tokens, two rows", PLAIN, ids, {"max_length": 6, "prompt_lookup_num_tokens": 2}),
        of("an argument that nothing knows", PLAIN, ids, {"max_length": 6, "temprature": 0.5}),
        of("a head mask by layer with beams", PLAIN, {**ids, "decoder_head_mask": [[1.0] * 5]}, {"max_length": 6, "num_beams": 2}),
        of("a constraint beyond the vocabulary", PLAIN, ids, constrained(2, {"phrasal": [53]}, max_length=6)),
        {**of("a streamer with beams", PLAIN, ids, {"max_length": 6, "num_beams": 2}, streamer=Listener()), "streamer": True},
    ]


def main() -> None:
    quiet()
    tinies = (ODD, TALKER, PLAIN)
    built = {tiny.name: (build(tiny), build(tiny, torch.float64)) for tiny in tinies}
    refused_ = refusals(built)
    cases = [find(wanted, *built[wanted.tiny.name]) for wanted in WANTED]
    write_fixture(
        FIXTURES / "models" / "generation-modes.json", "tiny_generation_modes.py", ["torch", "transformers", "numpy"],
        {"models": {tiny.name: tiny.described() for tiny in tinies}, "cases": cases, "refusals": refused_},
    )


if __name__ == "__main__":
    main()
