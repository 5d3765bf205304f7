"""Writes fixtures/classes/{odd,plain,tight}.json: every LED class with its arguments, outputs, losses and errors.

A case names a class and gives its inputs; two of them stand for what a run of the same model gives:
`encoder_outputs` { of: inputs, form: object | array } and `past_key_values` { of: inputs }. README.md beside this script
has the format. Run from anywhere: python tests/oracle/classes.py
"""

from __future__ import annotations

import copy
import math
import re
import warnings
from typing import Any

import torch
import transformers
from transformers import LEDConfig
from transformers.models.led import modeling_led

from counter_weights import SCALES, counter_values
from fixture_file import FIXTURES, write_fixture
from models import ids, marks, odd_cases, plain_cases, source, target
from tiny_models import ODD, PLAIN, TinyModel

ALL = {"output_attentions": True, "output_hidden_states": True}
Inputs = dict[str, Any]

# Few positions on either side, three encoder layers of different windows, and special tokens in an unusual order.
TIGHT = TinyModel(
    name="tight",
    seed=331,
    scales=PLAIN.scales,
    config={
        "model_type": "led", "vocab_size": 41, "d_model": 12, "activation_function": "gelu_new",
        "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 18, "max_encoder_position_embeddings": 24,
        "decoder_layers": 2, "decoder_attention_heads": 3, "decoder_ffn_dim": 16, "max_decoder_position_embeddings": 9,
        "attention_window": [12, 4, 6], "tie_word_embeddings": True,
        "bos_token_id": 3, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 3,
    },
)


def kind_of(name: str) -> str:
    """The scale of a parameter, by its name in any class."""
    if "norm" in name:
        return "norm_weight" if name.endswith("weight") else "norm_bias"
    if name == "final_logits_bias":
        return "logits_bias"
    if name.endswith("bias"):
        return "bias"
    if re.search(r"(^|\.)(shared|embed_tokens)\.weight$", name):
        return "embedding"
    if "embed_positions" in name:
        return "position"
    if re.search(r"\.(query|key|query_global|key_global|q_proj|k_proj)\.weight$", name):
        return "query_key"
    return "head" if re.match(r"lm_head|qa_outputs|classification_head", name) else "linear"


class Models:
    """Each class of one geometry, made when it is first needed; `settings` are further keys of its config."""

    def __init__(self, tiny: TinyModel):
        self.tiny = tiny
        self.made: dict[str, torch.nn.Module] = {}

    def get(self, name: str, settings: dict[str, Any]) -> torch.nn.Module:
        key = f"{name} {settings}"
        if key not in self.made:
            config = LEDConfig(**copy.deepcopy({**self.tiny.config, **settings}))
            model = getattr(modeling_led, name)(config).eval()
            scales = {**SCALES, **self.tiny.scales}
            with torch.no_grad():
                for name_, tensor in [*model.named_parameters(), *model.named_buffers()]:
                    values = counter_values(self.tiny.seed, name_, tensor.numel(), *scales[kind_of(name_)])
                    tensor.copy_(torch.from_numpy(values).reshape(tensor.shape))
            self.made[key] = model
        # problem_type is written into the config by the first loss: each case finds what it was given.
        self.made[key].config.problem_type = settings.get("problem_type")
        return self.made[key]


def as_tensor(value: Any) -> Any:
    return torch.tensor(value) if isinstance(value, list) else value


def arguments(model: torch.nn.Module, inputs: Inputs) -> dict[str, Any]:
    given = {}
    for name, value in inputs.items():
        if name == "encoder_outputs":
            encoded = model.get_encoder()(**{k: as_tensor(v) for k, v in value["of"].items()}, return_dict=True)
            given[name] = encoded if value["form"] == "object" else encoded.to_tuple()
        elif name == "past_key_values":
            given[name] = model(**{k: as_tensor(v) for k, v in value["of"].items()}, use_cache=True).past_key_values
        else:
            given[name] = as_tensor(value)
    return given


def shown(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        if value.dim() == 0 and math.isnan(value.item()):
            return "NaN"
        flat = value.detach().reshape(-1)
        # A 1-D array would be a plain list: say the dims of those too.
        return {"dims": list(value.shape), "data": [float(str(v)) for v in flat.numpy()]}
    return [shown(item) for item in value] if isinstance(value, (list, tuple)) else value


class Cases:
    def __init__(self, tiny: TinyModel):
        self.models = Models(tiny)
        self.written: list[dict[str, Any]] = []

    def add(self, cls: str, name: str, inputs: Inputs, keep: set[str] | None = None, **settings: Any) -> None:
        """`keep` names the outputs to compare; all by default."""
        case: dict[str, Any] = {"class": cls, "name": name, **({"settings": settings} if settings else {}), "inputs": inputs}
        try:
            with torch.no_grad():
                model = self.models.get(cls, settings)
                output = model(**arguments(model, inputs))
        except Exception as error:  # The kind of error is what the case is about.
            case["raises"] = f"{type(error).__name__}: {error}"
        else:
            if isinstance(output, tuple):
                case["tuple"] = shown(output)
            else:
                case["keys"] = list(output.keys())
                case["outputs"] = {key: shown(value) for key, value in output.items() if keep is None or key in keep}
            problem = model.config.problem_type
            if problem is not None and settings.get("problem_type") is None:
                case["problem_type"] = problem
        self.written.append(case)


def head_masks(config: dict) -> dict[str, list[list[float]]]:
    def mask(layers: int, heads: int, start: int) -> list[list[float]]:
        return [[((start + 3 * layer + 5 * head) % 7) / 6 for head in range(heads)] for layer in range(layers)]

    decoder = (config["decoder_layers"], config["decoder_attention_heads"])
    return {
        "head_mask": mask(config["encoder_layers"], config["encoder_attention_heads"], 1),
        "decoder_head_mask": mask(*decoder, 2),
        "cross_attn_head_mask": mask(*decoder, 4),
    }


def embeddings(tiny: TinyModel, label: str, rows: int, length: int) -> list:
    d = tiny.config["d_model"]
    values = counter_values(tiny.seed, label, rows * length * d, 0.0, 0.5).reshape(rows, length, d)
    # Three digits survive the way through JSON on both sides.
    return [[[round(float(x), 3) for x in row] for row in example] for example in values]


def common(cases: Cases, tiny: TinyModel, sources: list[tuple[str, Inputs]]) -> None:
    """What every geometry runs: the traps of masks and globals in every class, arguments, losses, errors."""
    config = tiny.config
    encoder_names = ("input_ids", "attention_mask", "global_attention_mask")
    for name, inputs in sources:
        length = len(inputs["input_ids"][0])
        small = length <= 16
        last = {"last_hidden_state", "encoder_last_hidden_state"}
        cases.add("LEDModel", name, {**inputs, **ALL}, None if small else last)
        encoder = {key: value for key, value in inputs.items() if key in encoder_names}
        cases.add("LEDEncoder", name, {**encoder, **ALL}, None if small else {"last_hidden_state", "global_attentions"})
        if length <= config["max_decoder_position_embeddings"]:
            cases.add("LEDForQuestionAnswering", name, encoder, {"start_logits", "end_logits"})

    def src(label: str, length: int, *args: Any, **options: Any) -> Inputs:
        return source(tiny, label, length, *args, **options)

    base = src("base", 8, [8, 6], globals_=[[0, 3], [5]]) | target(tiny, "base", 2, 4)
    rows = {key: base[key] for key in encoder_names}
    masks = head_masks(config)
    decoder_mask = {"decoder_attention_mask": [[1, 1, 1, 1], [1, 1, 0, 0]]}
    lm, model = "LEDForConditionalGeneration", "LEDModel"

    # Arguments.
    for cls in (model, lm):
        cases.add(cls, "head masks", {**base, **masks, **ALL})
        cases.add(cls, "head_mask alone", {**base, "head_mask": masks["head_mask"]}, {"encoder_last_hidden_state"})
        cases.add(cls, "cross_attn_head_mask alone", {**base, "cross_attn_head_mask": masks["cross_attn_head_mask"], "output_attentions": True})
        cases.add(cls, "as a tuple", {**base, **ALL, "return_dict": False})
        cases.add(cls, "as a tuple, bare", {**base, "return_dict": False, "use_cache": False})
        cases.add(cls, "without a cache", {**base, "use_cache": False})
        cases.add(cls, "decoder ids by default", rows)
        cases.add(cls, "decoder mask", {**base, **decoder_mask, "output_attentions": True})
        cases.add(cls, "hidden states alone", {**base, "output_hidden_states": True, "use_cache": False})
        for form in ("object", "array"):
            encoded = {"of": {**rows, **ALL}, "form": form}
            given = {key: base[key] for key in ("attention_mask", "decoder_input_ids")}
            cases.add(cls, f"encoder_outputs as {form}", {**given, "encoder_outputs": encoded})
        past = {"of": {**base, "decoder_input_ids": [row[:3] for row in base["decoder_input_ids"]]}}
        last_token = {"decoder_input_ids": [row[3:] for row in base["decoder_input_ids"]]}
        cases.add(cls, "continued", {**base, **last_token, "past_key_values": past})
        cases.add(cls, "continued, attentions", {**base, **last_token, "past_key_values": past, **ALL})
        one = {"decoder_input_ids": [row[:1] for row in base["decoder_input_ids"]], "decoder_attention_mask": [[0], [1]]}
        cases.add(cls, "one target ignores its mask", {**base, **one})
        embedded = {"inputs_embeds": embeddings(tiny, "in", 2, 8), "attention_mask": base["attention_mask"]}
        cases.add(cls, "embeddings", {**embedded, "decoder_inputs_embeds": embeddings(tiny, "out", 2, 4), **ALL})
        cases.add(cls, "embeddings without decoder ids", embedded)
        # Errors.
        cases.add(cls, "ids and embeddings", {**rows, "inputs_embeds": embedded["inputs_embeds"]})
        cases.add(cls, "no source", {"decoder_input_ids": base["decoder_input_ids"]})
        cases.add(cls, "decoder ids and embeddings", {**base, "decoder_inputs_embeds": embeddings(tiny, "out", 2, 4)})
        cases.add(cls, "head_mask of too few layers", {**base, "head_mask": masks["head_mask"][:1]})
        cases.add(cls, "head_mask of too few heads", {**base, "head_mask": [row + [1.0] for row in masks["head_mask"]]})
        cases.add(cls, "decoder_head_mask of too many layers", {**base, "decoder_head_mask": [*masks["decoder_head_mask"], masks["decoder_head_mask"][0]]})
        cases.add(cls, "decoder_head_mask of too many heads", {**base, "decoder_head_mask": [row + [1.0] for row in masks["decoder_head_mask"]]})
        cases.add(cls, "an id outside the vocabulary", {"input_ids": [[config["vocab_size"]]]})
        too_long = [[5] * (config["max_decoder_position_embeddings"] + 1)]
        cases.add(cls, "a target past the table", {"input_ids": [[5, 6, 7]], "decoder_input_ids": too_long})
        cases.add(cls, "a source past the table", {"input_ids": [[5] * (config["max_encoder_position_embeddings"] + 1)], "decoder_input_ids": [[5]]})

    # The language model's loss.
    labels = [[7, 8, 9, -100], [10, 11, -100, -100]]
    cases.add(lm, "labels", {**rows, "labels": labels})
    cases.add(lm, "labels, as a tuple", {**rows, "labels": labels, "return_dict": False})
    cases.add(lm, "labels, all ignored", {**rows, "labels": [[-100] * 4] * 2}, {"loss"})
    cases.add(lm, "labels beside decoder ids", {**base, "labels": labels})
    cases.add(lm, "labels with attentions", {**rows, "labels": labels, "output_attentions": True}, {"loss", "cross_attentions"})
    cases.add(lm, "a label outside the vocabulary", {**rows, "labels": [[config["vocab_size"], 5], [5, 6]]})

    # Classification.
    cls, eos = "LEDForSequenceClassification", config["eos_token_id"]
    ends = [[*row[:6], eos] for row in ids(tiny, "ends", 3, 7)]
    ends[1][2] = ends[1][6]
    ends[1][6] = 6
    for labels_, count, settings in [
        ([0, 2, 1], 3, {}), ([0.5, -1.0, 2.0], 1, {}), ([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], 3, {}),
        ([1, 0, 1], 2, {"problem_type": "single_label_classification"}),
        ([[0.25, 1.5], [0.0, 2.0], [-1.0, 0.5]], 2, {"problem_type": "regression"}),
        ([[1.0, 0.0], [0.0, 0.5], [1.0, 1.0]], 2, {"problem_type": "multi_label_classification"}),
        ([[0.5], [1.5], [2.0]], 1, {"problem_type": "regression"}),
    ]:
        name = f"labels {count} {settings.get('problem_type', 'inferred')}"
        cases.add(cls, f"{name} {type(labels_[0]).__name__}", {"input_ids": ends, "labels": labels_}, None, num_labels=count, **settings)
    cases.add(cls, "as a tuple", {"input_ids": ends, "labels": [0, 2, 1], "return_dict": False}, None, num_labels=3)
    cases.add(cls, "all outputs", {"input_ids": ends, "global_attention_mask": marks(7, [[0]] * 3), **masks, **ALL}, None, num_labels=3)
    cases.add(cls, "uneven end tokens", {"input_ids": [ends[0], [eos, *ends[1][1:]], ends[2]]}, None, num_labels=3)
    cases.add(cls, "embeddings", {"inputs_embeds": embedded["inputs_embeds"]}, None, num_labels=3)
    cases.add(cls, "no end token", {"input_ids": [[5, 6, 7]]}, None, num_labels=3)
    cases.add(cls, "a label outside", {"input_ids": ends, "labels": [0, 3, 1]}, None, num_labels=3)

    # Question answering.
    cls = "LEDForQuestionAnswering"
    cases.add(cls, "all outputs", {**rows, **masks, **ALL})
    cases.add(cls, "positions", {**rows, "start_positions": [1, 4], "end_positions": [3, 5]})
    cases.add(cls, "positions clamped", {**rows, "start_positions": [-3, 4], "end_positions": [3, 99]})
    cases.add(cls, "positions all outside", {**rows, "start_positions": [8, 99], "end_positions": [3, 4]}, {"loss"})
    cases.add(cls, "positions [B, 1]", {**rows, "start_positions": [[1], [2]], "end_positions": [[3], [4]]})
    cases.add(cls, "a start alone", {**rows, "start_positions": [1, 2]})
    cases.add(cls, "as a tuple", {**rows, "start_positions": [1, 4], "end_positions": [3, 5], "return_dict": False})
    cases.add(cls, "other decoder ids", base)

    # The parts by themselves.
    cases.add("LEDEncoder", "head_mask, as a tuple", {**rows, "head_mask": masks["head_mask"], **ALL, "return_dict": False})
    cases.add("LEDEncoder", "embeddings", {**embedded, **ALL})
    decoder = {"input_ids": base["decoder_input_ids"]}
    states = {"encoder_hidden_states": embedded["inputs_embeds"], "encoder_attention_mask": base["attention_mask"]}
    parts = {"head_mask": masks["decoder_head_mask"], "cross_attn_head_mask": masks["cross_attn_head_mask"]}
    cases.add("LEDDecoder", "with a source", {**decoder, **states, **ALL, "attention_mask": decoder_mask["decoder_attention_mask"]})
    cases.add("LEDDecoder", "head masks", {**decoder, **states, **parts, **ALL})
    cases.add("LEDDecoder", "without a source", {**decoder, **ALL})
    cases.add("LEDDecoder", "embeddings, as a tuple", {"inputs_embeds": embeddings(tiny, "out", 2, 4), **states, "return_dict": False})
    cases.add("LEDDecoder", "cross_attn_head_mask of too few layers", {**decoder, **states, **parts, "cross_attn_head_mask": parts["cross_attn_head_mask"][:1]})


def sources(cases: list) -> list[tuple[str, Inputs]]:
    """The forward cases of models.py, but the long ones, which have a fixture of their own."""
    return [(name, inputs) for name, _, inputs, _ in cases if len(inputs["input_ids"][0]) <= 60]


def tight_sources() -> list[tuple[str, Inputs]]:
    def src(label: str, length: int, *args: Any, **options: Any) -> Inputs:
        return source(TIGHT, label, length, *args, **options)

    masked_global = src("masked global", 8, [5, 8], globals_=[[0, 6], [7]])
    negative = src("negative", 9, [9, 9], globals_=[[0], []])
    negative["global_attention_mask"][0][4] = negative["global_attention_mask"][1][8] = -1
    return [
        ("a masked token marked global", masked_global | target(TIGHT, "masked global", 2, 3)),
        ("-1 in the global mask", negative | target(TIGHT, "negative", 2, 3)),
        ("ragged globals, windows of 12, 4 and 6", src("ragged", 9, [9, 7, 4], globals_=[[0, 2, 8], [], [3]]) | target(TIGHT, "ragged", 3, 3)),
        ("the whole table", src("table", 24, [24], globals_=[[0, 23]]) | target(TIGHT, "table", 1, 9)),
        ("a row without a visible token", src("masked row", 7, [7, 0], globals_=[[0], [2]]) | target(TIGHT, "masked row", 2, 2)),
        ("one token", src("one", 1) | target(TIGHT, "one", 1, 1)),
    ]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    total = 0
    for tiny, given in [(ODD, sources(odd_cases())), (PLAIN, sources(plain_cases())), (TIGHT, tight_sources())]:
        cases = Cases(tiny)
        common(cases, tiny, given)
        total += len(cases.written)
        write_fixture(
            FIXTURES / "classes" / f"{tiny.name}.json", "classes.py", ["torch", "transformers", "numpy"],
            {"model": tiny.described(), "cases": cases.written},
        )
    print(f"{total} cases")
