"""Cases of inputs that do not fit: what the reference raises, and what it takes though it looks wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_arguments import cut, head_masks, without
from led_classes_cases import Case, Inputs, embeds
from models import source, target
from tiny_models import TinyModel


def error_cases(tiny: TinyModel) -> Iterator[Case]:
    """For LEDModel and LEDForConditionalGeneration."""
    vocab, heads = tiny.config["vocab_size"], head_masks(tiny)
    base = source(tiny, "errors", 6, [6, 4], globals_=[[0], []]) | target(tiny, "errors", 2, 4)
    ids, tgt = {"input_ids": base["input_ids"]}, {"decoder_input_ids": base["decoder_input_ids"]}
    made, made_tgt = embeds(tiny, "errors", 2, 6), embeds(tiny, "errors target", 2, 3)

    def wrong(name: str, about: str, inputs: Inputs, **more: Any) -> Case:
        return Case(name, about, inputs, **more)

    # Which inputs.
    yield wrong("ids and embeddings", "both sources", ids | tgt | {"inputs_embeds": made})
    yield wrong("no source", "neither ids nor embeddings of the source", tgt)
    yield wrong("nothing", "no argument at all: the shift is first", {})
    yield wrong("embeddings without decoder ids", "there are no ids to shift", {"inputs_embeds": made})
    yield wrong("decoder ids and embeddings", "both targets", base | {"decoder_inputs_embeds": made_tgt})
    # Shapes and values of ids.
    yield wrong("ids of one dimension", "a row without its batch", {"input_ids": base["input_ids"][0]})
    yield wrong("ids of one dimension, decoder ids given", "the same without a shift", {"input_ids": base["input_ids"][0]} | tgt)
    yield wrong("ids of three dimensions", "one too many", {"input_ids": [base["input_ids"]]} | tgt)
    yield wrong("decoder ids of one dimension", "a target without its batch", {"input_ids": base["input_ids"][:1], "decoder_input_ids": base["decoder_input_ids"][0]})
    yield wrong("an id past the vocabulary", "vocab_size itself", {"input_ids": [[7, vocab, 8]]})
    yield wrong("a negative id", "-100 belongs into labels", {"input_ids": [[7, -100, 8]]} | cut(tgt, 0, 2) | {"decoder_input_ids": [[7, 8]]})
    yield wrong("-100 in ids by default", "the shift turns it into pad for the decoder, the encoder does not", {"input_ids": [[7, -100, 8]]})
    yield wrong("a decoder id past the vocabulary", "vocab_size itself", ids | {"decoder_input_ids": [[7, vocab], [7, 8]]})
    yield wrong("a negative decoder id", "no shift, no pad", ids | {"decoder_input_ids": [[7, -100], [7, 8]]})
    yield wrong("ids as fractions", "an embedding needs integers", {"input_ids": [[7.5, 8.0, 9.0]]} | {"decoder_input_ids": [[7, 8]]})
    yield wrong("embeddings of another width", "d_model + 1",
                {"inputs_embeds": [[[*token, 0.0] for token in row] for row in made]} | tgt)
    yield wrong("embeddings of two dimensions", "a row without its batch", {"inputs_embeds": made[0]} | tgt)
    yield wrong("rows of source and target differ", "two and one: the target sees both sources, one after the other", ids | {"decoder_input_ids": base["decoder_input_ids"][:1]})
    yield wrong("one source row for two targets", "not repeated: each target sees one half of it", {"input_ids": base["input_ids"][:1]} | tgt)
    # Masks.
    short = [row[:5] for row in base["attention_mask"]]
    yield wrong("attention mask too short", "5 for 6 tokens", ids | tgt | {"attention_mask": short})
    yield wrong("attention mask too long", "7 for 6 tokens", ids | tgt | {"attention_mask": [[*row, 0] for row in base["attention_mask"]]})
    yield wrong("attention mask of one row", "for two: repeated in sums, not in the cross attention", ids | tgt | {"attention_mask": base["attention_mask"][:1]})
    yield wrong("attention mask of one dimension", "a row without its batch", ids | tgt | {"attention_mask": base["attention_mask"][0]})
    yield wrong("global mask too short", "5 for 6 tokens", ids | tgt | {"global_attention_mask": short})
    yield wrong("global mask of one row", "for two rows with an attention mask: repeated", base | {"global_attention_mask": [[1, 0, 0, 0, 0, 0]]})
    yield wrong("both masks too short", "agreeing with each other", base | {"attention_mask": short, "global_attention_mask": short})
    encoded = tgt | {"encoder_outputs": {"form": "output", "of": ids}}
    yield wrong("attention mask beside encoder_outputs, too short", "the cross attention's", encoded | {"attention_mask": short})
    yield wrong("decoder mask too short", "3 for 4 tokens", base | {"decoder_attention_mask": [[1, 1, 1]] * 2})
    yield wrong("decoder mask without the cache's part", "2 for 2 cached and 2 tokens",
                base | cut(tgt, 2) | {"decoder_attention_mask": [[1, 1]] * 2, "past_key_values": {"of": base | cut(tgt, 0, 2)}})
    yield wrong("decoder mask of one row", "for two: repeated", base | {"decoder_attention_mask": [[1, 1, 0, 1]]})
    yield wrong("decoder mask of one column", "for 4: repeated", base | {"decoder_attention_mask": [[1], [0]]})
    # Head masks.
    encoder, decoder, cross = heads["head_mask"], heads["decoder_head_mask"], heads["cross_attn_head_mask"]
    yield wrong("head_mask of too many layers", "one more", base | {"head_mask": [*encoder, encoder[0]]})
    yield wrong("head_mask of too many heads", "one more", base | {"head_mask": [[*row, 1.0] for row in encoder]})
    yield wrong("head_mask of one dimension", "as many values as heads", base | {"head_mask": encoder[0]})
    yield wrong("head_mask of one dimension, one a layer", "as many values as layers", base | {"head_mask": [row[0] for row in encoder]})
    yield wrong("decoder_head_mask of too many layers", "one more", base | {"decoder_head_mask": [*decoder, decoder[0]]})
    yield wrong("decoder_head_mask of too few heads", "one less", base | {"decoder_head_mask": [row[1:] for row in decoder]})
    yield wrong("cross_attn_head_mask of too many layers", "alone: the message reads the other mask, and there is none",
                base | {"cross_attn_head_mask": [*cross, cross[0]]})
    yield wrong("cross_attn_head_mask of too many layers, decoder_head_mask right", "the message gives the other mask's layers",
                base | {"cross_attn_head_mask": [*cross, cross[0]], "decoder_head_mask": decoder})
    yield wrong("cross_attn_head_mask of too few heads", "one less", base | {"cross_attn_head_mask": [row[1:] for row in cross]})
    # Caches.
    past = {"of": base | cut(tgt, 0, 1)}
    yield wrong("cache of other rows", "two rows cached, one token given", {"input_ids": base["input_ids"][:1], "decoder_input_ids": [[7]], "past_key_values": past})
    yield wrong("cache of too few layers", "cut to none", base | {"past_key_values": {"values": []}})
    # Special ids.
    yield wrong("no pad id", "nothing is shifted without one", ids, config={"pad_token_id": None})
    yield wrong("no pad id, decoder ids given", "window padding needs it too", ids | tgt, config={"pad_token_id": None})
    window = max(tiny.config["attention_window"]) if isinstance(tiny.config["attention_window"], list) else tiny.config["attention_window"]
    exact = source(tiny, "exact", window, rows=2) | tgt
    yield wrong("no pad id, nothing to pad", "a source of exactly a window", exact, config={"pad_token_id": None})
    yield wrong("pad id -1", "the last row of the table is the padding's; as an id it is out of range", ids | tgt, config={"pad_token_id": -1})
    yield wrong("pad id past the vocabulary", "refused by the embedding table", ids | tgt, config={"pad_token_id": vocab})
    yield wrong("no start id", "the shift has nothing to begin with", ids, config={"decoder_start_token_id": None})
    yield wrong("no start id, decoder ids given", "it is not needed then", ids | cut(tgt, 0, 1), config={"decoder_start_token_id": None})
    yield wrong("an argument of another class", "start_positions", base | {"start_positions": [1, 2]})
    yield wrong("source of no tokens", "S = 0", {"input_ids": [[], []], "decoder_input_ids": [[7], [8]]}, types={"input_ids": "int64"})
    yield wrong("target of no tokens", "T = 0", ids | {"decoder_input_ids": [[], []]}, types={"decoder_input_ids": "int64"})
    yield wrong("tie_encoder_decoder", "encoder and decoder layers have different parts", ids, config={"tie_encoder_decoder": True})
    yield wrong("an unknown activation", "by its name", ids, config={"activation_function": "foo"})
    yield wrong("cache with ids by default", "the whole source shifted after a cache", without(base, "decoder_input_ids") | {"past_key_values": past})
