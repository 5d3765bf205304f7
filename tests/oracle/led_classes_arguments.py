"""Cases of every forward argument of LEDModel and LEDForConditionalGeneration, alone and together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_cases import Case, Inputs, embeds
from models import source, target
from tiny_models import TinyModel

EVERYTHING = {"use_cache": True, "output_attentions": True, "output_hidden_states": True}


def head_masks(tiny: TinyModel) -> dict[str, list[list[float]]]:
    """Weights of heads that are neither all 0 nor all 1; negative and above 1 too, which the reference does not mind."""
    config = tiny.config
    decoder = (config["decoder_layers"], config["decoder_attention_heads"])
    sizes = {"head_mask": (config["encoder_layers"], config["encoder_attention_heads"]), "decoder_head_mask": decoder, "cross_attn_head_mask": decoder}
    values = [0.0, 1.0, 0.5, -0.25, 1.5, 0.75, 0.25]
    return {
        name: [[values[(start + 3 * layer + 2 * head) % 7] for head in range(heads)] for layer in range(layers)]
        for start, (name, (layers, heads)) in enumerate(sizes.items())
    }


def without(inputs: Inputs, *names: str) -> Inputs:
    return {name: value for name, value in inputs.items() if name not in names}


def cut(inputs: Inputs, start: int, end: int | None = None) -> Inputs:
    """The decoder's ids of a range."""
    return {**inputs, "decoder_input_ids": [row[start:end] for row in inputs["decoder_input_ids"]]}


def argument_cases(tiny: TinyModel) -> Iterator[Case]:
    """Every argument of the forward pass by itself, and then all of them."""
    full = source(tiny, "arguments", 7, [7, 5], globals_=[[0, 3], [2]])
    source_ids, mask = without(full, "attention_mask", "global_attention_mask"), without(full, "global_attention_mask")
    tgt = target(tiny, "arguments", 2, 5)
    masks = head_masks(tiny)
    yield Case("input_ids", "ids alone: the decoder gets them shifted right", source_ids)
    yield Case("attention_mask", "padding right, decoder ids by default", mask)
    yield Case("decoder_input_ids", "a target of another length than the source", source_ids | tgt)
    yield Case("decoder_attention_mask", "a row padded left (uniform over keys with one penalty) and one padded right",
               mask | tgt | {"decoder_attention_mask": [[0, 0, 1, 1, 1], [1, 1, 1, 0, 0]], "output_attentions": True})
    yield Case("decoder_attention_mask, one token", "it is not looked at", mask | cut(tgt, 0, 1) | {"decoder_attention_mask": [[0], [1]], "output_attentions": True})
    yield Case("head_mask", "weights of the encoder's heads", mask | cut(tgt, 0, 2) | {"head_mask": masks["head_mask"]})
    for name in ("decoder_head_mask", "cross_attn_head_mask"):
        yield Case(name, "weights of the decoder's heads; returned attentions have them",
                   mask | cut(tgt, 0, 3) | {name: masks[name], "output_attentions": True})
    yield Case("encoder_outputs", "the encoder's result in place of a source; no mask, so that padding is attended to",
               cut(tgt, 0, 3) | {"encoder_outputs": {"form": "output", "of": mask}})
    yield Case("global_attention_mask", "globals without an attention_mask", without(full, "attention_mask") | cut(tgt, 0, 3))
    yield Case("past_key_values", "the last two tokens after a cache of three", full | cut(tgt, 3) | {"past_key_values": {"of": full | cut(tgt, 0, 3)}})
    yield Case("inputs_embeds", "embeddings in place of ids; window padding gets the pad token's embedding",
               cut(tgt, 0, 3) | {"inputs_embeds": embeds(tiny, "arguments", 2, 7), "output_hidden_states": True})
    yield Case("decoder_inputs_embeds", "embeddings of the target", mask | {"decoder_inputs_embeds": embeds(tiny, "target", 2, 3)})
    yield Case("use_cache false", "no past_key_values", mask | cut(tgt, 0, 3) | {"use_cache": False})
    yield Case("use_cache true", "past_key_values", mask | cut(tgt, 0, 1) | {"use_cache": True})
    yield Case("output_attentions", "without globals: no encoder_global_attentions", mask | cut(tgt, 0, 3) | {"output_attentions": True})
    yield Case("output_hidden_states", "one more than layers on both sides", mask | cut(tgt, 0, 3) | {"output_hidden_states": True})
    yield Case("flags false", "attentions and hidden states refused", mask | cut(tgt, 0, 2) | {"output_attentions": False, "output_hidden_states": False, "return_dict": True})
    yield Case("return_dict false", "a tuple of what there is", mask | cut(tgt, 0, 3) | {"return_dict": False})
    yield Case("return_dict false, no cache", "two tensors", mask | cut(tgt, 0, 2) | {"return_dict": False, "use_cache": False})
    yield Case("return_dict false, everything", "all fields in their order", full | cut(tgt, 0, 3) | {"return_dict": False, **EVERYTHING})
    yield Case("return_dict false, attentions without globals", "one tuple less", mask | cut(tgt, 0, 2) | {"return_dict": False, "output_attentions": True})
    decoder_mask = {"decoder_attention_mask": [[1, 1, 1, 1, 1], [1, 0, 1, 1, 1]]}
    yield Case("all together, ids", "masks, globals, head masks, all outputs", full | tgt | decoder_mask | masks | EVERYTHING)
    yield Case("all together, continued", "and a cache of three tokens of the same arguments",
               full | cut(tgt, 3) | decoder_mask | masks | EVERYTHING | {"past_key_values": {"of": full | cut(tgt, 0, 3)}})
    yield Case("all together, embeddings", "embeddings on both sides",
               {"inputs_embeds": embeds(tiny, "arguments", 2, 7), "decoder_inputs_embeds": embeds(tiny, "target", 2, 3)}
               | without(full, "input_ids") | {"decoder_attention_mask": [[1, 1, 1], [1, 1, 0]]} | masks | EVERYTHING)
    yield Case("arguments as null", "what is null was not given",
               {**mask, "decoder_input_ids": None, "head_mask": None, "global_attention_mask": None, "past_key_values": None,
                "encoder_outputs": None, "inputs_embeds": None, "use_cache": None, "output_attentions": None, "return_dict": None})


def encoder_output_cases(tiny: TinyModel) -> Iterator[Case]:
    """encoder_outputs in every form: what is in them comes out again."""
    full = source(tiny, "encoded", 6, [6, 4], globals_=[[1], [0, 2]])
    mask = {"attention_mask": full["attention_mask"]}
    tgt = cut(target(tiny, "encoded", 2, 5), 0, 2)
    asked = {"output_attentions": True, "output_hidden_states": True}

    def given(form: str, of: Inputs | None = None, **values: Any) -> Inputs:
        return mask | tgt | {"encoder_outputs": {"form": form, "of": of} if of is not None else {"form": form, "values": values}}

    yield Case("encoded, output", "its last hidden state; attention_mask is the cross attention's", given("output", full))
    yield Case("encoded, output with everything", "hidden states and attentions of the encoder come out, none of the decoder", given("output", full | asked))
    yield Case("encoded, tuple of one", "the last hidden state", given("tuple", full))
    yield Case("encoded, tuple of two", "and hidden states", given("tuple", full | {"output_hidden_states": True}))
    yield Case("encoded, tuple of four", "and attentions and global attentions", given("tuple", full | asked))
    yield Case("encoded, tuple with attentions second", "attentions alone stand where hidden states are read: they come out as encoder_hidden_states",
               given("tuple", full | {"output_attentions": True}))
    yield Case("encoded, list", "a list is read as a tuple", given("list", full | {"output_hidden_states": True}))
    yield Case("encoded, another output class", "BaseModelOutput is wrapped by position", given("other output", full | {"output_hidden_states": True}))
    last = embeds(tiny, "encoded", 2, 4)
    made_up = {"attention_mask": [[1, 1, 1, 1], [0, 1, 1, 0]]}
    yield Case("encoded, made up", "any tensor [B, S, d]", given("output", None, last_hidden_state=last) | made_up)
    yield Case("encoded, made up tuple", "any tensor [B, S, d] in a tuple, a target of one token", given("tuple", None, last_hidden_state=last) | made_up | cut(tgt, 0, 1))
    yield Case("encoded, ids too", "ids beside encoder_outputs only give the decoder its ids; masks and head_mask of the encoder are not used",
               without(given("output", full), "decoder_input_ids") | {"input_ids": full["input_ids"], "global_attention_mask": [[1] * 6] * 2, "head_mask": [[0.0]]})
    yield Case("encoded, tuple as tuple", "return_dict false with a tuple", given("tuple", full | asked) | {"return_dict": False})
    yield Case("encoded, tuple as tuple, no cache", "return_dict false with a tuple of one", given("tuple", full) | {"return_dict": False, "use_cache": False})
    yield Case("encoded, output as tuple", "return_dict false with an output object: TypeError", given("output", full) | {"return_dict": False})
    yield Case("encoded, attentions asked", "attentions of the decoder, none of the encoder", given("output", full) | {"output_attentions": True, "output_hidden_states": True})
    yield Case("encoded, no decoder ids", "nothing to shift: AttributeError", without(given("output", full), "decoder_input_ids"))
    yield Case("encoded, continued", "the cache of one token, then another, both with encoder_outputs",
               given("output", full) | cut(tgt, 1) | {"past_key_values": {"of": given("output", full) | cut(tgt, 0, 1)}})


def past_cases(tiny: TinyModel) -> Iterator[Case]:
    """Continuation from a cache."""
    full = source(tiny, "past", 6, [6, 3], globals_=[[0], []])
    tgt = target(tiny, "past", 2, 9)
    mask = [[1, 0, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 1, 1, 0, 1, 1]]

    def after(start: int, end: int, **more: Any) -> Inputs:
        return full | cut(tgt, start, end) | {"past_key_values": {"of": full | cut(tgt, 0, start)}} | more

    yield Case("one after one", "a token after a cache of one", after(1, 2, output_attentions=True))
    yield Case("one after four", "a token after a cache of four", after(4, 5))
    yield Case("three after two", "three tokens at once: causal among themselves", after(2, 5, output_attentions=True))
    yield Case("three after two, masked", "a mask over cache and tokens", after(2, 5, decoder_attention_mask=[row[:5] for row in mask], output_attentions=True))
    yield Case("one after four, masked", "a single token: the mask is not looked at", after(4, 5, decoder_attention_mask=[row[:5] for row in mask]))
    yield Case("one after four, any mask", "not even its shape", after(4, 5, decoder_attention_mask=[[0, 0]]))
    chain = full | cut(tgt, 1, 4) | {"past_key_values": {"of": full | cut(tgt, 0, 1)}}
    yield Case("one, three, one", "a chain of caches", full | cut(tgt, 4, 5) | {"past_key_values": {"of": chain}, "use_cache": True})
    yield Case("three after one, no cache back", "use_cache false with a cache", after(1, 4, use_cache=False))
    yield Case("embeddings after two", "decoder_inputs_embeds after a cache",
               without(after(2, 5), "decoder_input_ids") | {"decoder_inputs_embeds": embeds(tiny, "past", 2, 2)})
    yield Case("other source", "the cross attention's keys are the cache's: another source of another length changes nothing in the decoder",
               source(tiny, "elsewhere", 5, rows=2) | without(after(2, 3), "input_ids", "attention_mask", "global_attention_mask"))
    d, heads, layers = tiny.config["d_model"], tiny.config["decoder_attention_heads"], tiny.config["decoder_layers"]
    flat = embeds(tiny, "made up", 2, 5)

    def part(length: int, start: int) -> list:
        """[2, heads, length, d / heads] of made-up numbers"""
        size = d // heads
        return [[[[row[(start + at) % 5][(h * size + i + start) % d] for i in range(size)] for at in range(length)] for h in range(heads)] for row in flat]

    values = [[part(2, layer), part(2, layer + 1), part(3, layer + 2), part(3, layer + 3)] for layer in range(layers)]
    yield Case("made-up cache", "any tensors of the right shapes; the source has three positions as the cache",
               source(tiny, "made up", 3, [3, 2]) | cut(tgt, 0, 2) | {"past_key_values": {"values": values}})
    yield Case("prompt without its past", "decoder ids of the whole target by default, after a cache of two: positions go on",
               full | {"past_key_values": {"of": full | cut(tgt, 0, 2)}})


def window_cases(tiny: TinyModel) -> Iterator[Case]:
    """Window padding and position tables. `tiny` has windows of 4 and 8 over two layers."""
    tgt = cut(target(tiny, "windows", 1, 4), 0, 2)

    def src(length: int, *globals_: int) -> Inputs:
        return source(tiny, f"windows {length}", length, globals_=[list(globals_)]) | tgt

    attentions = {"output_attentions": True}
    yield Case("one token", "S = 1", source(tiny, "windows 1", 1))
    yield Case("one global token", "S = 1, global", src(1, 0) | attentions)
    yield Case("exactly a window", "S = 8: no padding", src(8, 7) | attentions)
    yield Case("one past a window", "S = 9 becomes 16", src(9) | attentions)
    yield Case("the whole encoder table", "S = 40 is the table", src(40, 0, 39))
    yield Case("padded to the whole table", "S = 33 becomes 40", src(33, 12) | attentions)
    yield Case("past the table by padding", "S = 10 fits a table of 13, S' = 16 does not", src(10), config={"max_encoder_position_embeddings": 13})
    yield Case("past the table", "S = 41", src(41))
    yield Case("window larger than the source", "S = 3 in a window of 40", src(3, 1) | attentions, config={"attention_window": [40, 40]})
    yield Case("wide then narrow", "windows [8, 4]: the widest decides the padding, wherever it stands", src(5, 0) | attentions, config={"attention_window": [8, 4]})
    yield Case("windows that do not divide", "[4, 6], S = 5 becomes 6: not a multiple of 4", src(5), config={"attention_window": [4, 6]})
    yield Case("windows that happen to divide", "[4, 6], S = 12", src(12, 3) | attentions, config={"attention_window": [4, 6]})
    yield Case("one integer window", "the constructor writes the list into the config", src(5), config={"attention_window": 4}, watch=("attention_window",))
    yield Case("window 2", "never works in the reference", src(5), config={"attention_window": 2})
    yield Case("odd window", "refused", src(5), config={"attention_window": 5})
    yield Case("window 0", "refused", src(5), config={"attention_window": 0})
    yield Case("odd window in the list", "refused by its layer", src(5), config={"attention_window": [4, 7]})
    yield Case("negative window in the list", "refused by its layer", src(5), config={"attention_window": [-4, 8]})
    yield Case("too few windows", "refused", src(5), config={"attention_window": [8]})
    yield Case("head count that does not divide, encoder", "refused", src(5), config={"encoder_attention_heads": 4})
    yield Case("head count that does not divide, decoder", "refused", src(5), config={"decoder_attention_heads": 2})
    yield Case("the whole decoder table", "T = 23 is the table", source(tiny, "windows 4", 4, rows=1) | target(tiny, "long target", 1, 23) | {"use_cache": False})
    yield Case("past the decoder table", "T = 24", source(tiny, "windows 4", 4, rows=1) | target(tiny, "long target", 1, 24))
    yield Case("past the decoder table by default", "S = 24 is the default target's length", source(tiny, "windows 24", 24))
    long = target(tiny, "long target", 1, 23)
    yield Case("past the decoder table by a cache", "22 cached and 2 more", source(tiny, "windows 4", 4, rows=1)
               | {"decoder_input_ids": [[9, 9]], "past_key_values": {"of": source(tiny, "windows 4", 4, rows=1) | cut(long, 0, 22)}})
