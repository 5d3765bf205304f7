"""Cases of LEDEncoder and LEDDecoder by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_arguments import head_masks, without
from led_classes_cases import Case, Inputs, embeds
from models import source, target
from tiny_models import TinyModel


def encoder_cases(tiny: TinyModel) -> Iterator[Case]:
    """What mask_cases has not: flags, embeddings, errors."""
    full = source(tiny, "encoder", 7, [7, 5], globals_=[[0, 3], [2]])
    made = embeds(tiny, "encoder", 2, 7)
    masks = {"head_mask": head_masks(tiny)["head_mask"]}
    yield Case("ids", "alone", {"input_ids": full["input_ids"]})
    yield Case("everything", "all outputs", full | masks | {"output_attentions": True, "output_hidden_states": True})
    yield Case("hidden states", "one more than layers, without window padding", full | {"output_hidden_states": True})
    yield Case("tuple of one", "return_dict false", full | {"return_dict": False})
    yield Case("tuple of four", "return_dict false, everything", full | {"return_dict": False, "output_attentions": True, "output_hidden_states": True})
    yield Case("tuple without globals", "three elements", without(full, "global_attention_mask") | {"return_dict": False, "output_attentions": True, "output_hidden_states": True})
    yield Case("tuple with attentions alone", "three elements with globals", full | {"return_dict": False, "output_attentions": True})
    yield Case("embeddings", "window padding gets the pad token's embedding", without(full, "input_ids") | {"inputs_embeds": made, "output_hidden_states": True})
    yield Case("embeddings, everything", "with masks", without(full, "input_ids") | masks | {"inputs_embeds": made, "output_attentions": True})
    yield Case("embeddings of exactly a window", "no padding", {"inputs_embeds": embeds(tiny, "encoder 16", 1, 16)})
    yield Case("another pad id", "only padding has it: nothing changes but hidden states that are cut off", full | {"output_hidden_states": True}, config={"pad_token_id": 7})
    yield Case("three rows", "a batch of 3, S = 13", source(tiny, "encoder three", 13, [13, 9, 11], globals_=[[12], [], [0, 5]]) | {"output_attentions": True})
    yield Case("nothing", "no argument", {})
    yield Case("ids and embeddings", "both", full | {"inputs_embeds": made})
    yield Case("decoder ids", "not an argument of this class", full | {"decoder_input_ids": [[7]]})
    yield Case("past the table", "S' beyond it", source(tiny, "encoder long", tiny.config["max_encoder_position_embeddings"] + 1))


def decoder_cases(tiny: TinyModel) -> Iterator[Case]:
    ids = {"input_ids": target(tiny, "decoder", 2, 5)["decoder_input_ids"]}
    states = {"encoder_hidden_states": embeds(tiny, "decoder source", 2, 4)}
    source_mask = {"encoder_attention_mask": [[1, 1, 1, 1], [1, 0, 1, 0]]}
    mask = {"attention_mask": [[1, 1, 1, 1, 1], [0, 1, 1, 0, 1]]}
    heads = head_masks(tiny)
    masks = {"head_mask": heads["decoder_head_mask"], "cross_attn_head_mask": heads["cross_attn_head_mask"]}
    every = {"output_attentions": True, "output_hidden_states": True}

    def part(start: int, end: int, inputs: Inputs = ids) -> Inputs:
        return {**inputs, "input_ids": [row[start:end] for row in ids["input_ids"]]}

    yield Case("ids", "no source: no cross attention, caches of two tensors a layer", ids)
    yield Case("ids, everything", "cross attentions are null", ids | every)
    yield Case("ids, tuple of everything", "five elements, the last of nulls", ids | every | {"return_dict": False})
    yield Case("ids, tuple", "two elements", ids | {"return_dict": False})
    yield Case("ids, no cache", "one element", ids | {"return_dict": False, "use_cache": False})
    yield Case("mask", "over the target", ids | mask | {"output_attentions": True})
    yield Case("mask, one token", "not looked at", part(0, 1) | {"attention_mask": [[0], [0]], "output_attentions": True})
    yield Case("mask of zeros", "every key has one penalty at least", ids | {"attention_mask": [[0] * 5, [1, 1, 1, 1, 1]], "output_attentions": True})
    yield Case("source", "without its mask", ids | states)
    yield Case("source, everything", "with both masks and both head masks", ids | states | source_mask | mask | masks | every)
    yield Case("source mask", "with a row of two", ids | states | source_mask | {"output_attentions": True})
    yield Case("source mask of 2", "all the weight on such keys", ids | states | {"encoder_attention_mask": [[1, 2, 1, 0], [2, 1, 2, 1]], "output_attentions": True})
    yield Case("source mask of fractions", "0.5 is a penalty of half the most negative number", ids | states | {"encoder_attention_mask": [[1.0, 0.5, 1.0, 0.0], [0.5, 0.5, 0.25, 0.0]], "output_attentions": True})
    yield Case("source mask of zeros", "uniform over the source", ids | states | {"encoder_attention_mask": [[0] * 4, [1, 1, 0, 0]], "output_attentions": True})
    yield Case("source mask without a source", "not looked at", ids | {"encoder_attention_mask": [[1, 1]]})
    yield Case("source mask of another length", "refused", ids | states | {"encoder_attention_mask": [[1, 1, 1], [1, 1, 0]]})
    yield Case("head_mask", "self attention", ids | states | {"head_mask": masks["head_mask"], "output_attentions": True})
    yield Case("cross_attn_head_mask", "cross attention", ids | states | {"cross_attn_head_mask": masks["cross_attn_head_mask"], "output_attentions": True})
    yield Case("cross_attn_head_mask without a source", "not looked at, but for its layers", ids | {"cross_attn_head_mask": masks["cross_attn_head_mask"]})
    yield Case("embeddings", "in place of ids", {"inputs_embeds": embeds(tiny, "decoder", 2, 3)} | states)
    yield Case("embeddings, everything", "with masks", {"inputs_embeds": embeds(tiny, "decoder", 2, 3)} | states | source_mask | masks | every)
    yield Case("past of two", "then three", part(2, 5) | states | {"past_key_values": {"of": part(0, 2) | states}} | {"output_attentions": True})
    yield Case("past of four", "then one", part(4, 5) | states | source_mask | {"past_key_values": {"of": part(0, 4) | states | source_mask}})
    yield Case("past without a source", "two tensors a layer", part(3, 5) | {"past_key_values": {"of": part(0, 3)}})
    yield Case("past without a source, masked", "the mask covers both", part(3, 5) | mask | {"past_key_values": {"of": part(0, 3)}, "output_attentions": True})
    yield Case("past without a source, then a source", "the last two tensors of a layer are taken for the cross attention's: the cached target itself, never the source",
               part(3, 5) | states | {"past_key_values": {"of": part(0, 3)}, "output_attentions": True})
    yield Case("past with a source, then none", "no cross attention, caches of two tensors", part(3, 5) | {"past_key_values": {"of": part(0, 3) | states}})
    yield Case("past with a source of another length", "the cached keys are used", part(3, 5) | {"encoder_hidden_states": embeds(tiny, "elsewhere", 2, 2)} | {"past_key_values": {"of": part(0, 3) | states}})
    yield Case("a global mask", "taken and not used", ids | {"global_attention_mask": [[1, 0, 0, 0, 0]] * 2})
    yield Case("nothing", "no argument", {})
    yield Case("ids and embeddings", "both", ids | {"inputs_embeds": embeds(tiny, "decoder", 2, 5)})
    yield Case("head_mask of too many layers", "one more", ids | {"head_mask": [*masks["head_mask"], masks["head_mask"][0]]})
    yield Case("head_mask of too many heads", "one more", ids | {"head_mask": [[*row, 1.0] for row in masks["head_mask"]]})
    yield Case("cross_attn_head_mask of too many layers", "the message reads the other mask", ids | states | {"cross_attn_head_mask": [*masks["head_mask"], masks["head_mask"][0]]})
    yield Case("cross_attn_head_mask of too many heads", "one more", ids | states | {"cross_attn_head_mask": [[*row, 1.0] for row in masks["head_mask"]]})
    yield Case("mask too short", "4 for 5", ids | {"attention_mask": [[1] * 4] * 2})
    yield Case("past the table", "one more than it has", {"input_ids": target(tiny, "decoder long", 1, tiny.config["max_decoder_position_embeddings"] + 1)["decoder_input_ids"]})
    yield Case("source of another width", "d_model - 1", ids | {"encoder_hidden_states": [[state[1:] for state in row] for row in states["encoder_hidden_states"]]})
    yield Case("source of other rows", "one for two: each target sees one half of it", ids | {"encoder_hidden_states": states["encoder_hidden_states"][:1]})
    yield Case("encoder_outputs", "not an argument of this class", ids | {"encoder_outputs": None})
