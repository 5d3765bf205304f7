"""The calls of fixtures/tf-calls.json: forms, masks, outputs, caches, losses and errors of the TensorFlow classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator

from counter_weights import counter_ids
from led_classes_cases import embeds
from tf_models import TF_MODELS

BASE, LM = "TFLEDModel", "TFLEDForConditionalGeneration"


@dataclass
class Case:
    name: str
    about: str
    inputs: dict[str, Any]
    class_name: str = LM
    model: str = "quince"
    form: str = "keywords"
    # Keywords beside an object, a list or positional arguments.
    more: dict[str, Any] = field(default_factory=dict)
    # Positional arguments behind the last of `inputs`.
    beyond: list[Any] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    # "encoder" or "decoder": what get_encoder() or get_decoder() gives is called.
    part: str = "model"


def ids(model: str, label: str, rows: int, length: int) -> list[list[int]]:
    tiny = TF_MODELS[model]
    flat = counter_ids(tiny.seed, f"tf {label}", rows * length, 6, tiny.config["vocab_size"])
    return [flat[row * length : (row + 1) * length] for row in range(rows)]


def mask(*kept: int, length: int) -> list[list[int]]:
    """Ones for the first so many positions of each row."""
    return [[1] * n + [0] * (length - n) for n in kept]


def marked(length: int, *rows: list[int]) -> list[list[int]]:
    return [[int(i in row) for i in range(length)] for row in rows]


S, T = 11, 4


def source(model: str = "quince", length: int = S) -> dict[str, Any]:
    """Two rows, one of them padded, with global positions that are not equally many."""
    return {
        "input_ids": ids(model, "source", 2, length),
        "attention_mask": mask(length, length - 3, length=length),
        "global_attention_mask": marked(length, [0, 4], [0]),
    }


def target(model: str = "quince", length: int = T) -> dict[str, Any]:
    return {"decoder_input_ids": ids(model, "target", 2, length)}


def whole(model: str = "quince") -> dict[str, Any]:
    return {**source(model), **target(model)}


def forms() -> Iterator[Case]:
    for class_name in (BASE, LM):
        for form in ("keywords", "object", "list", "tuple", "positional"):
            yield Case(f"{class_name} {form}", "all forms give the same", whole(), class_name, form=form)
    yield Case("tensor first", "input_ids as a tensor, the rest as keywords", {"input_ids": source()["input_ids"]}, form="positional", more=target())
    some = {name: whole()[name] for name in ("input_ids", "decoder_input_ids")}
    rest = {name: whole()[name] for name in ("attention_mask", "global_attention_mask")}
    yield Case("object and keywords", "what the object lacks comes from the keywords", some, form="object", more=rest)
    yield Case(
        "object over keywords", "where both have a key, the object's counts", whole(), form="object", more={"attention_mask": mask(S, S, length=S)}
    )
    yield Case(
        "list over keywords",
        "None in a list counts too",
        {"input_ids": source()["input_ids"], "attention_mask": None, **target()},
        form="list",
        more={"attention_mask": mask(S, 5, length=S)},
    )
    yield Case(
        "flags in the object", "as any key", {**whole(), "output_hidden_states": True, "use_cache": False, "return_dict": False}, form="object"
    )
    yield Case(
        "third of a list",
        "decoder_input_ids, not the decoder's mask",
        {"input_ids": source()["input_ids"], "attention_mask": source()["attention_mask"], **target()},
        form="list",
    )
    renamed = whole()
    renamed["inputs"] = renamed.pop("input_ids")
    yield Case("inputs in an object", "an old name of input_ids", renamed, form="object")
    yield Case("inputs as a keyword", "which Keras does not let through", renamed)
    for key, form in (("past", "keywords"), ("past", "object"), ("decoder_cached_states", "object")):
        inputs = {"input_ids": source()["input_ids"], "decoder_input_ids": [[9], [8]], key: {"of": {"input_ids": source()["input_ids"], **target()}}}
        yield Case(f"{key} in {form}", "an old name of past_key_values", inputs, form=form)
    for class_name in (BASE, LM):
        for form in ("keywords", "object"):
            yield Case(
                f"{class_name} unknown key, {form}", "a tensor under a name that is no argument", {**whole(), "foo": [[1]]}, class_name, form=form
            )
    yield Case("unknown key with a text", "of a foreign type", {**whole(), "foo": "bar"}, form="object")
    yield Case("too many in a list", "one more than there are arguments", {**whole(), "training": False}, form="list", beyond=[None])
    yield Case("a text as mask", "of a foreign type", {**whole(), "attention_mask": "all"})
    yield Case("int64", "is cast", whole(), types={name: "int64" for name in whole()})
    yield Case("training false", "the default", {**whole(), "training": False})


def masks() -> Iterator[Case]:
    plain = {"input_ids": source()["input_ids"], **target()}
    show = {"output_attentions": True}
    yield Case("no masks", "", plain)
    yield Case("padding", "", {**plain, "attention_mask": source()["attention_mask"]}, more=show)
    yield Case("globals without padding", "", {**plain, "global_attention_mask": source()["global_attention_mask"]}, more=show)
    yield Case("float masks", "", {**whole()}, types={"attention_mask": "float32", "global_attention_mask": "float32"})
    yield Case("bool global mask", "", whole(), types={"global_attention_mask": "bool"})
    yield Case(
        "half a mask",
        "below 1 is masked: the mask is cast to int8",
        {**plain, "attention_mask": [[1.0] * S, [1.0] * 6 + [0.5] * 5]},
        types={"attention_mask": "float32"},
        more=show,
    )
    two = [[1] * S, [2] + [1] * 7 + [0] * 3]
    yield Case("2 in the attention mask", "global in the encoder; cross-attention sees nothing else", {**plain, "attention_mask": two}, more=show)
    yield Case(
        "half a global mask",
        "cut to whole numbers before it is added up",
        {**plain, "global_attention_mask": [[0.5] + [0.0] * 10, [1.0] + [0.0] * 10]},
        types={"global_attention_mask": "float32"},
        more=show,
    )
    yield Case(
        "nothing to see",
        "a row in which everything is masked: cross-attention in steps of e^8",
        {**plain, "attention_mask": mask(S, 0, length=S)},
        more=show,
    )
    left = {"decoder_attention_mask": [[1] * T, [0, 0, 1, 1]]}
    yield Case("decoder padding on the left", "rows that see only masked keys", {**whole(), **left}, more=show)
    yield Case(
        "one target token",
        "its mask is not looked at",
        {**source(), "decoder_input_ids": [[7], [9]], "decoder_attention_mask": [[0], [0]]},
        more=show,
    )
    yield Case("decoder mask too long", "", {**whole(), "decoder_attention_mask": [[1] * (T + 1)] * 2})
    sharp = {"model": "sloe", "class_name": BASE, "more": show}
    for name, extra in (
        ("nothing to see", {"attention_mask": mask(9, 0, length=9)}),
        ("decoder padding on the left", {"decoder_attention_mask": [[1] * 5, [0, 0, 0, 1, 1]]}),
    ):
        yield Case(
            f"{name}, sharp",
            "scores large enough for the rounding to show",
            {"input_ids": ids("sloe", "source", 2, 9), "decoder_input_ids": ids("sloe", "target", 2, 5), **extra},
            **sharp,
        )
    yield Case("every position global", "", {**plain, "global_attention_mask": [[1] * S, [1] * S]}, more=show)


def outputs() -> Iterator[Case]:
    all_of_it = {"output_attentions": True, "output_hidden_states": True, "use_cache": True}
    for class_name in (BASE, LM):
        yield Case(f"{class_name} everything", "", whole(), class_name, more=all_of_it)
        yield Case(f"{class_name} everything, tuple", "without global attentions", whole(), class_name, more={**all_of_it, "return_dict": False})
        yield Case(
            f"{class_name} no global position",
            "global_attentions are there, without columns",
            {"input_ids": source()["input_ids"], **target()},
            class_name,
            more={"output_attentions": True},
        )
    yield Case("without cache, tuple", "", whole(), more={"use_cache": False, "return_dict": False})
    yield Case("flags of the config", "", whole(), config={"output_hidden_states": True, "use_cache": False})
    yield Case("a flag against the config", "", whole(), config={"output_hidden_states": True}, more={"output_hidden_states": False})
    yield Case("return_dict of the config", "", whole(), config={"return_dict": False})
    for model in ("medlar", "sloe", "rowan", "briar"):
        length = 9 if model != "rowan" else 17
        yield Case(f"{model}", "another geometry", {**source(model, length), **target(model)}, model=model, more={"output_attentions": True})
    yield Case(
        "windows that do not divide",
        "padded to the widest, which the other does not divide",
        {"input_ids": ids("quince", "source", 1, 5), "decoder_input_ids": [[7]]},
        config={"attention_window": [4, 6]},
    )


def encoded() -> Iterator[Case]:
    of = {**source(), "output_attentions": True, "output_hidden_states": True}
    rest = {"attention_mask": source()["attention_mask"], **target()}
    for form in ("output", "tuple", "list"):
        for return_dict in (True, False):
            name = f"encoder_outputs as {form}{'' if return_dict else ', tuple out'}"
            yield Case(
                name,
                "ids are ignored; of a tuple the fourth item is dropped",
                {"encoder_outputs": {"form": form, "of": of}, **rest},
                more={"return_dict": return_dict},
            )
    yield Case(
        "ids beside encoder_outputs",
        "are ignored",
        {"input_ids": ids("quince", "other", 2, S), "encoder_outputs": {"form": "output", "of": source()}, **rest},
    )
    yield Case(
        "embeddings",
        "",
        {"inputs_embeds": embeds(TF_MODELS["quince"], "tf source", 2, S), "decoder_inputs_embeds": embeds(TF_MODELS["quince"], "tf target", 2, T)},
        types={"inputs_embeds": "float32", "decoder_inputs_embeds": "float32"},
    )
    yield Case("encoder alone", "", {**source(), "output_attentions": True, "output_hidden_states": True}, part="encoder", more={"return_dict": True})
    yield Case("encoder alone, tuple", "", source(), part="encoder", more={"return_dict": False, "output_attentions": True})
    yield Case(
        "encoder alone, list",
        "inputs_embeds comes second",
        {"input_ids": source()["input_ids"], "inputs_embeds": None, "attention_mask": source()["attention_mask"]},
        part="encoder",
        form="list",
    )
    yield Case(
        "decoder alone",
        "",
        {
            "input_ids": target()["decoder_input_ids"],
            "encoder_hidden_states": embeds(TF_MODELS["quince"], "tf states", 2, S),
            "encoder_attention_mask": source()["attention_mask"],
        },
        part="decoder",
        types={"encoder_hidden_states": "float32"},
        more={"output_attentions": True, "use_cache": True},
    )


def caches() -> Iterator[Case]:
    past = {"past_key_values": {"of": whole()}}
    rest = {"attention_mask": source()["attention_mask"], "input_ids": source()["input_ids"]}
    yield Case("one more token", "", {**rest, "decoder_input_ids": [[7], [12]], **past}, more={"use_cache": True})
    longer = {"decoder_input_ids": [[7, 8], [12, 9]], "decoder_attention_mask": [[1] * (T + 2)] * 2}
    yield Case(
        "two more tokens", "with a mask over the old ones too", {**rest, **longer, **past}, more={"use_cache": True, "output_attentions": True}
    )


def heads() -> Iterator[Case]:
    inputs = {**source("briar", 9), **target("briar")}
    show = {"output_attentions": True}
    masked = [[1.0, 0.0, 0.5, 1.0], [0.0, 1.0, 1.0, 0.25], [1.0, 1.0, 0.0, 1.0]]
    kinds = {"head_mask": "float32", "decoder_head_mask": "float32"}
    yield Case(
        "head_mask", "masks the encoder and, layer by layer, cross-attention", {**inputs, "head_mask": masked}, model="briar", types=kinds, more=show
    )
    yield Case(
        "decoder_head_mask", "masks the decoder's self-attention", {**inputs, "decoder_head_mask": masked[1:]}, model="briar", types=kinds, more=show
    )
    yield Case("both head masks", "", {**inputs, "head_mask": masked, "decoder_head_mask": masked[:2]}, model="briar", class_name=BASE, types=kinds)
    yield Case(
        "cross_attn_head_mask",
        "is no argument",
        {**inputs, "cross_attn_head_mask": masked[:2]},
        model="briar",
        types={"cross_attn_head_mask": "float32"},
    )
    yield Case("head_mask for other layers", "", {**inputs, "head_mask": masked[:2]}, model="briar", types=kinds)
    yield Case("decoder_head_mask for other layers", "", {**inputs, "decoder_head_mask": masked}, model="briar", types=kinds)
    yield Case("head_mask for other heads", "", {**inputs, "head_mask": [row[:3] for row in masked]}, model="briar", types=kinds)
    yield Case("head_mask, heads differ", "encoder and decoder have not equally many", {**whole(), "head_mask": [[1.0] * 5] * 2}, types=kinds)


def labels() -> Iterator[Case]:
    goal = ids("quince", "goal", 2, T)
    padded = [goal[0], goal[1][:2] + [1, 1]]
    ignored = [goal[0], goal[1][:2] + [-100, -100]]
    yield Case("labels", "decoder ids are the labels shifted; no cache", {**source(), "labels": goal})
    yield Case("labels with padding", "which the loss leaves out", {**source(), "labels": padded})
    yield Case("labels with -100", "count as class 0", {**source(), "labels": ignored})
    yield Case("labels, use_cache", "is false all the same", {**source(), "labels": goal}, more={"use_cache": True})
    yield Case("labels beside decoder ids", "", {**whole(), "labels": padded})
    yield Case("labels, tuple", "the loss comes first", {**source(), "labels": padded}, more={"return_dict": False})
    yield Case("labels are all padding", "no number", {**source(), "labels": [[1] * T] * 2})
    yield Case("label out of the vocabulary", "", {**source(), "labels": [goal[0], [61] * T]})
    yield Case("last label out of the vocabulary", "is no decoder id", {**source(), "labels": [goal[0], goal[1][:3] + [61]]})
    yield Case("negative label", "below zero and not -100", {**source(), "labels": [goal[0], [-5] * T]})
    yield Case("legacy loss", "the loss of each label that is no padding", {**source(), "labels": padded}, config={"tf_legacy_loss": True})
    yield Case("legacy loss with -100", "is not clipped", {**source(), "labels": ignored}, config={"tf_legacy_loss": True})
    untied = ids("medlar", "goal", 2, T)
    yield Case("untied", "logits are by the token table all the same", {**source("medlar", 9), "labels": untied}, model="medlar")
    yield Case("labels in a list", "after return_dict", {**source(), "labels": goal}, form="list")


def errors() -> Iterator[Case]:
    ids_only = {"input_ids": source()["input_ids"]}
    for class_name in (BASE, LM):
        yield Case(f"{class_name} no decoder ids", "none are made of input_ids", ids_only, class_name)
    yield Case("no input", "", target())
    both = {"inputs_embeds": embeds(TF_MODELS["quince"], "tf source", 2, S)}
    yield Case("ids and embeddings", "", {**whole(), **both}, types={"inputs_embeds": "float32"})
    twice = {"decoder_inputs_embeds": embeds(TF_MODELS["quince"], "tf target", 2, T)}
    yield Case("decoder ids and embeddings", "", {**whole(), **twice}, types={"decoder_inputs_embeds": "float32"})
    yield Case("id out of the vocabulary", "", {"input_ids": [[61]], "decoder_input_ids": [[2]]})
    yield Case("negative id", "", {"input_ids": [[-1]], "decoder_input_ids": [[2]]})
    yield Case("decoder id out of the vocabulary", "", {"input_ids": [[5]], "decoder_input_ids": [[61]]})
    yield Case("too long a source", "", {"input_ids": ids("quince", "source", 1, 41), "decoder_input_ids": [[2]]})
    yield Case("too long a target", "", {"input_ids": [[5]], "decoder_input_ids": ids("quince", "target", 1, 24)})


def all_cases() -> Iterator[Case]:
    for group in (forms, masks, outputs, encoded, caches, heads, labels, errors):
        yield from group()
