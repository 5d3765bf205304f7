"""Writes what transformers' Seq2SeqTrainer does with a small model: fixtures/trainer.json. The model is a softmax regression that
the test writes again, batches come in the order of the data set, and nothing is random: what is left is the trainer's arithmetic.

Rounding of losses and epochs in the log is switched off, so that the numbers show where they come from.
"""

import math
import tempfile
from pathlib import Path

import torch
import transformers.trainer
import transformers.trainer_utils
from fixture_file import FIXTURES, write_fixture
from torch.utils.data import SequentialSampler
from trainer_parts import arguments, collated, groups, predictions
from transformers import EarlyStoppingCallback, Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerCallback

WIDTH, CLASSES, LOSS_SCALE = 4, 3, 10.0


class SoftmaxRegression(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = torch.nn.Linear(WIDTH, CLASSES)
        with torch.no_grad():
            weight = torch.tensor([0.5 * math.cos(0.9 * i) for i in range(WIDTH * CLASSES)], dtype=torch.float32)
            self.dense.weight.copy_(weight.reshape(CLASSES, WIDTH))
            self.dense.bias.zero_()

    def forward(self, x, labels=None):
        logits = self.dense(x)
        if labels is None:
            return {"logits": logits}
        return {"loss": LOSS_SCALE * torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def data(count, salt=0):
    def row(i):
        x = [2 * math.sin(1.3 * (i + salt) + 0.7 * j) for j in range(WIDTH)]
        # Rows of a data set may have more than the model takes.
        return {"x": x, "labels": (7 * i + i // 4) % CLASSES, "place": i}

    return [row(i) for i in range(count)]


class InOrder(Seq2SeqTrainer):
    def _get_train_sampler(self):
        return SequentialSampler(self.train_dataset)


class Watch(TrainerCallback):
    """What happens, in order; of the many steps only those at which something does."""

    def __init__(self):
        self.events, self.rates = [], []

    def note(self, event, state):
        self.events.append([event, state.global_step])

    def on_train_begin(self, args, state, control, **kwargs):
        self.note("train_begin", state)

    def on_train_end(self, args, state, control, **kwargs):
        self.note("train_end", state)

    def on_epoch_begin(self, args, state, control, **kwargs):
        self.note("epoch_begin", state)

    def on_epoch_end(self, args, state, control, **kwargs):
        self.note("epoch_end", state)

    def on_step_begin(self, args, state, control, **kwargs):
        self.note("step_begin", state)

    def on_substep_end(self, args, state, control, **kwargs):
        self.note("substep_end", state)

    def on_step_end(self, args, state, control, lr_scheduler=None, **kwargs):
        self.note("step_end", state)
        self.rates.append(kwargs["optimizer"].param_groups[0]["lr"])

    def on_prediction_step(self, args, state, control, **kwargs):
        self.note("prediction_step", state)

    def on_evaluate(self, args, state, control, **kwargs):
        self.note("evaluate", state)

    def on_save(self, args, state, control, **kwargs):
        self.note("save", state)

    def on_log(self, args, state, control, **kwargs):
        self.note("log", state)


def accuracy(prediction):
    logits, labels = prediction
    return {"accuracy": float((logits.argmax(-1) == labels).mean())}


def steady(logs):
    """Without what depends on the clock."""
    return {key: value for key, value in logs.items() if not key.endswith(("_runtime", "_per_second"))}


def run(name, options, rows, eval_rows=0, patience=None):
    with tempfile.TemporaryDirectory() as folder:
        args = Seq2SeqTrainingArguments(folder, report_to="none", use_cpu=True, disable_tqdm=True, **options)
        watch, model = Watch(), SoftmaxRegression()
        trainer = InOrder(
            model=model,
            args=args,
            train_dataset=data(rows),
            eval_dataset=data(eval_rows, salt=0.4) if eval_rows else None,
            compute_metrics=accuracy,
            callbacks=[watch, *([EarlyStoppingCallback(patience)] if patience else [])],
        )
        trainer.remove_callback(transformers.trainer_callback.PrinterCallback)
        norms, clip = [], trainer.accelerator.clip_grad_norm_

        def clip_grad_norm_(*given):
            norm = clip(*given)
            norms.append(float(norm))
            return norm

        trainer.accelerator.clip_grad_norm_ = clip_grad_norm_
        output = trainer.train()
        state = trainer.state
        kept = sorted(int(path.name.split("-")[1]) for path in Path(folder).glob("checkpoint-*"))
        best = state.best_model_checkpoint and Path(state.best_model_checkpoint).name
        return {
            "name": name,
            "options": options,
            "rows": rows,
            "eval_rows": eval_rows,
            **({"patience": patience} if patience else {}),
            "logs": [steady(logs) for logs in state.log_history],
            "norms": norms,
            "rates": watch.rates,
            "events": watch.events,
            "kept": kept,
            "state": {
                key: getattr(state, key)
                for key in ["epoch", "global_step", "max_steps", "num_train_epochs", "logging_steps", "eval_steps", "save_steps"]
            },
            "best_metric": state.best_metric,
            "best_model_checkpoint": best,
            "global_step": output.global_step,
            "training_loss": output.training_loss,
            "parameters": {key: value.flatten().tolist() for key, value in model.state_dict().items()},
        }


def runs():
    small = {"per_device_train_batch_size": 3, "per_device_eval_batch_size": 4, "learning_rate": 0.05}
    by_epoch = {"evaluation_strategy": "epoch", "save_strategy": "epoch"}
    by_step = {"evaluation_strategy": "steps", "save_strategy": "steps"}
    cases = [
        ("epochs", {**small, **by_epoch, "logging_steps": 2}, 10, 7),
        ("accumulation that crosses epochs", {**small, "gradient_accumulation_steps": 2, "max_grad_norm": 0.5, "warmup_steps": 2, "logging_steps": 1}, 13),
        ("accumulation over more than an epoch", {**small, "gradient_accumulation_steps": 4, "logging_steps": 1}, 8),
        (
            "steps, cosine, decay",
            {**small, **by_step, "max_steps": 7, "eval_steps": 2, "save_steps": 4, "lr_scheduler_type": "cosine", "warmup_ratio": 0.2,
             "weight_decay": 0.1, "logging_first_step": True, "logging_steps": 3, "adam_beta1": 0.8, "adam_beta2": 0.9, "adam_epsilon": 1e-6},
            10, 5,
        ),
        (
            "label smoothing, Adafactor, whole batches",
            {**small, **by_epoch, "label_smoothing_factor": 0.1, "dataloader_drop_last": True, "optim": "adafactor", "weight_decay": 0.2, "logging_steps": 1},
            11, 9,
        ),
        (
            "best model, early stopping",
            {**small, **by_step, "learning_rate": 1.5, "num_train_epochs": 8, "eval_steps": 1, "save_steps": 1, "logging_steps": 2, "save_total_limit": 1,
             "load_best_model_at_end": True, "metric_for_best_model": "accuracy"},
            10, 7, 3,
        ),
        (
            "best model, two kept",
            {**small, **by_step, "learning_rate": 0.8, "max_steps": 9, "eval_steps": 1, "save_steps": 1, "logging_steps": 4, "save_total_limit": 2,
             "load_best_model_at_end": True},
            10, 7,
        ),
        (
            "plateau",
            {**small, **by_epoch, "lr_scheduler_type": "reduce_lr_on_plateau", "lr_scheduler_kwargs": {"patience": 0, "factor": 0.5}, "learning_rate": 0.7,
             "num_train_epochs": 5, "logging_strategy": "epoch", "save_strategy": "no"},
            10, 7,
        ),
        (
            "shares of the steps",
            {**small, **by_step, "num_train_epochs": 2.5, "logging_steps": 0.3, "eval_steps": 0.25, "save_steps": 0.5, "eval_delay": 4, "max_grad_norm": 0},
            14, 5,
        ),
        ("logs off", {**small, "num_train_epochs": 1, "logging_strategy": "no", "save_strategy": "no", "max_steps": 3}, 4),
    ]  # fmt: skip
    return [run(*case) for case in cases]


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.trainer.round = lambda value, digits=None: value
    transformers.trainer_utils.round = lambda value, digits=None: value
    content = {
        "runs": runs(),
        "arguments": arguments(),
        "predictions": predictions(),
        "collated": collated(),
        "groups": groups(),
    }
    write_fixture(FIXTURES / "trainer.json", "trainer.py", ["torch", "transformers", "accelerate"], content)
