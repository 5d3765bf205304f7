"""What trainer.py writes beside whole runs: arguments, predictions with generate, data collators, groups of like length."""

import torch
import transformers.trainer_pt_utils
from fixture_file import FIXTURES
from transformers import (
    DataCollatorForSeq2Seq,
    DataCollatorWithPadding,
    GenerationConfig,
    LEDTokenizerFast,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    default_data_collator,
)
from transformers.trainer_pt_utils import get_length_grouped_indices

# What the machine or the clock decides, and where the reference's default means "whatever is installed".
NOT_COMPARED = ["output_dir", "logging_dir", "run_name", "report_to", "disable_tqdm"]


def arguments():
    defaults = Seq2SeqTrainingArguments("out", report_to="none").to_dict()
    refused = [
        {"evaluation_strategy": "sometimes"},
        {"evaluation_strategy": "steps", "logging_steps": 0, "logging_strategy": "no"},
        {"logging_steps": 0},
        {"logging_steps": 2.5},
        {"evaluation_strategy": "steps", "eval_steps": 1.5},
        {"save_steps": 7.5},
        {"load_best_model_at_end": True},
        {"load_best_model_at_end": True, "evaluation_strategy": "steps", "eval_steps": 200},
        {"load_best_model_at_end": True, "evaluation_strategy": "steps", "eval_steps": 0.2},
        {"load_best_model_at_end": True, "evaluation_strategy": "steps", "eval_steps": 0.2, "save_steps": 0.3},
        {"lr_scheduler_type": "reduce_lr_on_plateau"},
        {"warmup_ratio": 1.5},
    ]
    refusals = []
    for options in refused:
        try:
            Seq2SeqTrainingArguments("out", report_to="none", **options)
        except ValueError as error:
            refusals.append({"options": options, "says": str(error)})
    derived = []
    for options in [
        {"evaluation_strategy": "epoch"},
        {"evaluation_strategy": "steps", "logging_steps": 20},
        {"load_best_model_at_end": True, "evaluation_strategy": "epoch", "save_strategy": "epoch"},
        {"metric_for_best_model": "rouge1"},
        {"metric_for_best_model": "eval_loss"},
        {"adafactor": True},
        {"logging_steps": 20.0, "save_steps": 30.0},
        {"no_cuda": True},
    ]:
        made = Seq2SeqTrainingArguments("out", report_to="none", **options).to_dict()
        differs = {key: value for key, value in made.items() if value != defaults[key] and key not in NOT_COMPARED}
        derived.append({"options": options, "differs": differs})
    compared = {key: value for key, value in defaults.items() if key not in NOT_COMPARED}
    return {"defaults": compared, "names": sorted(defaults), "derived": derived, "refusals": refusals}


class Config:
    pad_token_id = 1
    keys_to_ignore_at_inference = ["past"]


class Echo(torch.nn.Module):
    """Generates its source backwards, without padding; its loss and logits are sums."""

    def __init__(self, max_length):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor([0.5]))
        self.config = Config()
        self.generation_config = GenerationConfig(max_length=max_length)
        self.asked = []

    def forward(self, input_ids, attention_mask=None, decoder_input_ids=None, labels=None):
        logits = self.scale * input_ids[:, :, None] * torch.ones(3)
        states = -logits[:, :1]
        output = {} if labels is None else {"loss": logits.mean() + labels.sum()}
        return {**output, "logits": logits, "past": logits, "states": states}

    def generate(self, input_ids, **options):
        self.asked.append(sorted(key for key in options if key != "synced_gpus"))
        return input_ids.flip(1)


def sources():
    lengths = [3, 5, 2, 2, 4]
    return [
        {"input_ids": [10 * i + j + 2 for j in range(n)], "attention_mask": [1] * n, "labels": [i + 2] * (i % 3 + 1)}
        for i, n in enumerate(lengths)
    ]


class Padding:
    """A tokenizer as far as the trainer asks it."""

    pad_token_id, eos_token_id, padding_side, model_input_names = 1, 2, "right", ["input_ids"]

    def pad(self, features, return_tensors=None, **options):
        longest = max(len(feature["input_ids"]) for feature in features)
        fill = {"input_ids": self.pad_token_id, "attention_mask": 0}
        batch = {
            key: [f[key] + [fill[key]] * (longest - len(f[key])) if key in fill else f[key] for f in features]
            for key in features[0]
        }
        return {key: torch.tensor(value) for key, value in batch.items()}

    def save_pretrained(self, folder):
        pass


def predictions():
    cases = [
        ("outputs", {}, 6, {}, True),
        ("outputs, some left out", {}, 6, {"ignore_keys": ["states"]}, True),
        ("losses alone", {"prediction_loss_only": True}, 6, {}, True),
        ("generated", {"predict_with_generate": True, "generation_num_beams": 2}, 6, {}, True),
        ("generated, longer than max_length", {"predict_with_generate": True, "generation_max_length": 9}, 3, {}, True),
        ("generated, max_length in the call", {"predict_with_generate": True}, 6, {"max_length": 8}, True),
        ("generated without labels", {"predict_with_generate": True}, 7, {}, False),
        ("outputs without labels", {}, 6, {}, False),
    ]
    made = []
    for name, options, max_length, call, with_labels in cases:
        model = Echo(max_length)
        args = Seq2SeqTrainingArguments(
            "out", report_to="none", use_cpu=True, disable_tqdm=True, per_device_eval_batch_size=2, **options
        )
        tokenizer = Padding()
        trainer = Seq2SeqTrainer(
            model=model, args=args, tokenizer=tokenizer, data_collator=DataCollatorForSeq2Seq(tokenizer)
        )
        rows = sources()
        if not with_labels:
            for row in rows:
                del row["labels"]
        output = trainer.predict(rows, **call)
        steady = {k: v for k, v in output.metrics.items() if not k.endswith(("_runtime", "_per_second"))}
        several = isinstance(output.predictions, tuple)
        made.append(
            {
                "name": name,
                "options": options,
                "max_length": max_length,
                "call": call,
                "labels": with_labels,
                "predictions": None if output.predictions is None
                else [array(p) for p in (output.predictions if several else [output.predictions])],
                "several": several,
                "label_ids": None if output.label_ids is None else array(output.label_ids),
                "metrics": steady,
                "asked": model.asked,
            }
        )  # fmt: skip
    return made


def array(values):
    return {"dims": list(values.shape), "data": [float(v) for v in values.reshape(-1)]}


def collated():
    def features():
        return [
            {"input_ids": [0, 5, 6, 2], "attention_mask": [1] * 4, "global_attention_mask": [1, 0, 0, 0], "labels": [0, 7, 2]},
            {"input_ids": [0, 5, 2], "attention_mask": [1] * 3, "global_attention_mask": [1, 0, 0], "labels": [0, 7, 8, 9, 2]},
        ]  # fmt: skip

    cases = []
    for options, side in [
        ({}, "right"),
        ({"pad_to_multiple_of": 4}, "right"),
        ({"label_pad_token_id": 1}, "right"),
        ({}, "left"),
        ({"padding": "max_length", "max_length": 6}, "right"),
    ]:
        tokenizer = LEDTokenizerFast.from_pretrained(FIXTURES / "tiny-tokenizer")
        tokenizer.padding_side = side
        batch = DataCollatorForSeq2Seq(tokenizer, **options)(features())
        cases.append({"collator": "DataCollatorForSeq2Seq", "options": options, "padding_side": side, "batch": typed(batch)})
    tokenizer = LEDTokenizerFast.from_pretrained(FIXTURES / "tiny-tokenizer")

    def without(*names):
        return [{key: value for key, value in f.items() if key not in names} for f in features()]

    labelled = [{**f, "label": i} for i, f in enumerate(without("labels"))]
    cases.append(
        {
            "collator": "DataCollatorWithPadding",
            "options": {},
            "features": labelled,
            "batch": typed(DataCollatorWithPadding(tokenizer)(labelled)),
        }
    )
    for rows in [
        [{"x": [0.5, 1.5], "label": 1, "text": "a"}, {"x": [2.5, 3.5], "label": 0, "text": "b"}],
        [{"x": [1, 2], "label": 0.5}, {"x": [3, 4], "label": 1.5}],
        [{"x": [1, 2], "label_ids": [1, 0]}, {"x": [3, 4], "label_ids": [0, 1]}],
        [{"x": [1, 2], "labels": 2, "none": None}, {"x": [3, 4], "labels": 1, "none": None}],
    ]:
        cases.append(
            {"collator": "default_data_collator", "features": rows, "batch": typed(default_data_collator(rows))}
        )
    return cases


def typed(batch):
    return {key: {"type": str(value.dtype).removeprefix("torch."), "values": value.tolist()} for key, value in batch.items()}


def groups():
    made = []
    real = torch.randperm
    for count, batch_size in [(23, 2), (9, 4), (3, 4), (40, 5)]:
        lengths = [(37 * i * i + 11 * i) % 29 + 1 for i in range(count)]
        order = [(i * 7 + 3) % count for i in range(count)] if count % 7 else list(range(count))
        transformers.trainer_pt_utils.torch.randperm = lambda n, generator=None, order=order: torch.tensor(order)
        made.append(
            {
                "lengths": lengths,
                "batch_size": batch_size,
                "permutation": order,
                "indices": get_length_grouped_indices(lengths, batch_size),
            }
        )
    torch.randperm = real
    return made
