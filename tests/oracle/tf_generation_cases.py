"""The calls of fixtures/tf-generation.json, and the models that they are of: sequences of the first end now and then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator

from counter_weights import counter_ids
from led_classes_cases import embeds
from tiny_models import SHARP, TinyModel

LIVELY = {**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.3), "embedding": (0.0, 0.35), "position": (0.0, 1.0), "logits_bias": (0.0, 0.7)}
CONFIG = {
    "model_type": "led",
    "vocab_size": 41,
    "d_model": 24,
    "activation_function": "gelu",
    "encoder_layers": 1,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 40,
    "max_encoder_position_embeddings": 64,
    "decoder_layers": 2,
    "decoder_attention_heads": 4,
    "decoder_ffn_dim": 56,
    "max_decoder_position_embeddings": 40,
    "attention_window": [8],
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
}
WREN = TinyModel("wren", 332, LIVELY, CONFIG)
DUNLIN = TinyModel("dunlin", 331, LIVELY, CONFIG)
LINNET = TinyModel("linnet", 325, LIVELY, CONFIG)
MODEL_CONFIGS = (WREN, DUNLIN, LINNET)


@dataclass
class Case:
    name: str
    about: str
    options: dict[str, Any]
    model: str = "wren"
    inputs: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    # A user's processor: [token, added to its score].
    favour: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.inputs:
            self.inputs = {"input_ids": source(self.model)}


def source(model: str, rows: int = 3, length: int = 11) -> list[list[int]]:
    seed = {tiny.name: tiny.seed for tiny in MODEL_CONFIGS}[model]
    flat = counter_ids(seed, "tf source", 3 * 11, 6, 41)
    return [flat[row * 11 : row * 11 + length] for row in range(rows)]


def padded(model: str) -> list[list[int]]:
    first, second, third = source(model)
    return [first, second[:6] + [1] * 5, third[:9] + [1] * 2]


def tokens() -> Iterator[Case]:
    for model in ("wren", "dunlin", "linnet"):
        yield Case(f"greedy, {model}", "", {"max_length": 16}, model)
    yield Case("greedy, padding in the source", "masked by default", {"max_new_tokens": 8}, "dunlin", {"input_ids": padded("dunlin")})
    yield Case(
        "greedy, global attention",
        "",
        {"max_new_tokens": 8},
        "dunlin",
        {"input_ids": source("dunlin"), "global_attention_mask": [[1] + [0] * 10] * 3},
    )
    yield Case("greedy, mask given", "", {"max_new_tokens": 8}, "dunlin", {"input_ids": source("dunlin"), "attention_mask": [[1] * 7 + [0] * 4] * 3})
    yield Case(
        "processors in order",
        "",
        {
            "max_length": 14,
            "repetition_penalty": 1.7,
            "no_repeat_ngram_size": 2,
            "min_length": 9,
            "forced_bos_token_id": 7,
            "forced_eos_token_id": 2,
            "suppress_tokens": [11],
        },
        "dunlin",
    )
    yield Case("bad words", "", {"max_new_tokens": 9, "bad_words_ids": [[11], [30, 33], [30, 30]]}, "dunlin")
    yield Case("the end token as a bad word", "is banned as any other, unlike in PyTorch", {"max_length": 12, "bad_words_ids": [[2]]}, "wren")
    yield Case("suppressed at the beginning", "", {"max_new_tokens": 6, "begin_suppress_tokens": [2, 27]}, "wren")
    yield Case("forced tokens", "", {"max_new_tokens": 8, "forced_decoder_ids": [[1, 9], [3, 12]], "begin_suppress_tokens": [30, 11]}, "dunlin")
    yield Case("own processor", "after all others", {"max_new_tokens": 8, "min_length": 5}, "dunlin", favour=[13, 2.5])
    yield Case("several end tokens", "", {"max_length": 16, "eos_token_id": [2, 30]}, "dunlin")
    yield Case("no end token", "", {"max_length": 9, "eos_token_id": None}, "wren")
    yield Case(
        "prompt without start token",
        "gets one",
        {"max_length": 9},
        "dunlin",
        {"input_ids": source("dunlin"), "decoder_input_ids": [[12, 30], [9, 9], [17, 4]]},
    )
    yield Case(
        "prompt with start token",
        "",
        {"max_length": 9, "num_beams": 2},
        "dunlin",
        {"input_ids": source("dunlin"), "decoder_input_ids": [[2, 30], [2, 9], [2, 4]]},
    )
    yield Case("top_k 1", "leaves no choice", {"max_new_tokens": 7, "do_sample": True, "top_k": 1}, "dunlin")
    states = {"form": "output", "of": {"input_ids": source("dunlin")}}
    yield Case(
        "encoder_outputs", "in place of a source", {"max_new_tokens": 7}, "dunlin", {"encoder_outputs": states, "attention_mask": [[1] * 11] * 3}
    )
    tiny = {one.name: one for one in MODEL_CONFIGS}["dunlin"]
    made_up = {"inputs_embeds": embeds(tiny, "tf source", 2, 5), "attention_mask": [[1] * 5] * 2}
    yield Case("inputs_embeds", "", {"max_new_tokens": 6}, "dunlin", made_up, types={"inputs_embeds": "float32"})
    masked = {"input_ids": source("dunlin"), "decoder_head_mask": [[0.0, 1.0, 1.0, 1.0]] * 2}
    yield Case("decoder_head_mask", "", {"max_new_tokens": 6}, "dunlin", masked, types={"decoder_head_mask": "float32"})
    shown = {"return_dict_in_generate": True, "output_scores": True, "output_attentions": True, "output_hidden_states": True}
    yield Case(
        "greedy, all outputs", "cross_attentions are there, and empty", {"max_new_tokens": 4, **shown}, "dunlin", {"input_ids": source("dunlin", 2)}
    )
    yield Case("contrastive", "", {"max_new_tokens": 8, "penalty_alpha": 0.6, "top_k": 4}, "dunlin")
    yield Case(
        "contrastive before beams", "penalty_alpha decides first", {"max_new_tokens": 6, "penalty_alpha": 0.6, "top_k": 3, "num_beams": 2}, "dunlin"
    )


def samples() -> Iterator[Case]:
    plain = {"do_sample": True, "max_new_tokens": 10}
    yield Case("sample", "the same seed at every step", {**plain, "seed": [3, 4]}, "dunlin")
    yield Case("sample, another seed", "", {**plain, "seed": [-5, 17]}, "dunlin")
    yield Case("sample, warped", "", {**plain, "seed": [8, 1], "temperature": 1.8, "top_k": 12, "top_p": 0.9}, "dunlin")
    yield Case("sample, several of each", "rows of an example side by side", {**plain, "seed": [8, 2], "num_return_sequences": 3, "top_k": 0}, "wren")
    yield Case(
        "sample, scores",
        "",
        {**plain, "max_new_tokens": 3, "seed": [8, 3], "top_p": 0.8, "return_dict_in_generate": True, "output_scores": True},
        "dunlin",
        {"input_ids": source("dunlin", 2)},
    )


def beams() -> Iterator[Case]:
    for model in ("wren", "dunlin", "linnet"):
        for length_penalty in (1.0, 0.0, 2.0, -0.5):
            yield Case(
                f"beams, {model}, length_penalty {length_penalty}",
                "",
                {"max_length": 14, "num_beams": 3, "num_return_sequences": 3, "length_penalty": length_penalty, "return_dict_in_generate": True},
                model,
            )
    for early_stopping in (True, "never"):
        for model in ("wren", "linnet"):
            yield Case(
                f"beams, {model}, early_stopping {early_stopping}",
                "",
                {"max_length": 16, "num_beams": 4, "early_stopping": early_stopping, "num_return_sequences": 2, "return_dict_in_generate": True},
                model,
            )
    for row in range(3):
        yield Case(
            f"beams, row {row} alone",
            "other rows of the batch decide how long it is improved",
            {"max_length": 16, "num_beams": 3, "return_dict_in_generate": True},
            "wren",
            {"input_ids": [source("wren")[row]]},
        )
    yield Case("beams together", "as wide as the search ran", {"max_length": 16, "num_beams": 3, "return_dict_in_generate": True}, "wren")
    yield Case(
        "slots without a hypothesis",
        "are padding",
        {"max_length": 6, "num_beams": 4, "num_return_sequences": 4, "return_dict_in_generate": True},
        "wren",
    )
    yield Case(
        "beams, several end tokens", "", {"max_length": 14, "num_beams": 3, "eos_token_id": [2, 30], "return_dict_in_generate": True}, "dunlin"
    )
    yield Case(
        "beams, no end token",
        "",
        {"max_length": 8, "num_beams": 3, "eos_token_id": None, "num_return_sequences": 2, "return_dict_in_generate": True},
        "dunlin",
    )
    yield Case(
        "beams, processors",
        "",
        {"max_length": 12, "num_beams": 3, "min_length": 7, "no_repeat_ngram_size": 2, "repetition_penalty": 1.5, "forced_eos_token_id": 2},
        "dunlin",
    )
    shown = {"return_dict_in_generate": True, "output_scores": True, "output_attentions": True, "output_hidden_states": True}
    yield Case(
        "beams, all outputs", "", {"max_length": 5, "num_beams": 2, "num_return_sequences": 2, **shown}, "wren", {"input_ids": source("wren", 2)}
    )
    yield Case(
        "beams, padding in the source",
        "",
        {"max_length": 12, "num_beams": 3, "return_dict_in_generate": True},
        "linnet",
        {"input_ids": padded("linnet")},
    )
    yield Case("beams, one new token", "", {"max_new_tokens": 1, "num_beams": 3, "return_dict_in_generate": True}, "wren")


def refusals() -> Iterator[Case]:
    yield Case("prompt as long as max_length", "", {"max_length": 2}, "dunlin", {"input_ids": source("dunlin"), "decoder_input_ids": [[2, 5]] * 3})
    yield Case("min_length above max_length", "", {"max_length": 5, "min_length": 6})
    yield Case(
        "cross_attn_head_mask",
        "",
        {"max_length": 5},
        "dunlin",
        {"input_ids": source("dunlin"), "cross_attn_head_mask": [[1.0] * 4] * 2},
        types={"cross_attn_head_mask": "float32"},
    )
    yield Case("min_length, end tokens in a list", "", {"max_length": 9, "min_length": 4, "eos_token_id": [2, 30]})
    yield Case("several sequences, greedy", "", {"max_length": 5, "num_return_sequences": 2})
    yield Case("more sequences than beams", "", {"max_length": 5, "num_beams": 2, "num_return_sequences": 3})
    yield Case("a setting that is none", "", {"max_length": 5, "max_lenght": 3})
    yield Case("repetition_penalty below zero", "", {"max_length": 5, "repetition_penalty": -1.0})
    for name, value in (
        ("min_new_tokens", 4),
        ("encoder_repetition_penalty", 1.5),
        ("encoder_no_repeat_ngram_size", 2),
        ("typical_p", 0.5),
        ("epsilon_cutoff", 0.1),
        ("eta_cutoff", 0.1),
        ("remove_invalid_values", True),
        ("exponential_decay_length_penalty", [2, 1.5]),
        ("renormalize_logits", True),
        ("max_time", 0.0),
        ("force_words_ids", [[5]]),
    ):
        yield Case(f"{name}, passed over", "the reference takes the setting and does nothing with it", {"max_length": 7, name: value}, "dunlin")
    yield Case(
        "diverse beams, passed over", "plain beam search", {"max_length": 7, "num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.0}, "dunlin"
    )


def all_cases() -> Iterator[Case]:
    for group in (tokens, samples, beams, refusals):
        yield from group()
