"""Writes what optimisers and schedules of PyTorch and transformers do over some steps: fixtures/optimizers.json. Gradients are
functions of the step and the parameters, so that an error grows with the steps."""

import math

import torch
from fixture_file import FIXTURES, write_fixture
from transformers import get_scheduler
from transformers.optimization import Adafactor, get_inverse_sqrt_schedule

STEPS = 30
SHAPES = {"fc.weight": (3, 5), "fc.bias": (5,), "conv.weight": (2, 3, 4), "layer_norm.weight": (4,)}


def first(shape, salt):
    count = math.prod(shape)
    return torch.tensor([math.sin(1.7 * i + salt) for i in range(count)], dtype=torch.float32).reshape(shape)


def gradient(parameter, step, salt):
    count = parameter.numel()
    wave = torch.tensor([math.cos(0.9 * i + 0.37 * step * (1 + salt)) for i in range(count)], dtype=torch.float32)
    return 0.3 * parameter.detach() + wave.reshape(parameter.shape)


def trajectory(make, schedule=None, max_norm=None, no_decay=()):
    parameters = {name: torch.nn.Parameter(first(shape, i)) for i, (name, shape) in enumerate(SHAPES.items())}
    decayed = [p for name, p in parameters.items() if name not in no_decay]
    groups = [{"params": decayed}]
    if no_decay:
        groups.append({"params": [parameters[name] for name in no_decay], "weight_decay": 0.0})
    optimizer = make(groups)
    scheduler = schedule(optimizer) if schedule else None
    rates, norms = [], []
    for step in range(STEPS):
        for i, (name, parameter) in enumerate(parameters.items()):
            # One parameter now and then has none, as those that a batch does not touch.
            skipped = name == "fc.bias" and step % 7 == 3
            parameter.grad = None if skipped else gradient(parameter, step, i)
        if max_norm is not None:
            norms.append(float(torch.nn.utils.clip_grad_norm_(parameters.values(), max_norm)))
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return {
        "rates": rates,
        **({"norms": norms} if max_norm is not None else {}),
        "parameters": {name: parameter.detach().flatten().tolist() for name, parameter in parameters.items()},
    }


def adamw(**options):
    return lambda groups: torch.optim.AdamW(groups, **options)


def adafactor(**options):
    return lambda groups: Adafactor(groups, **options)


def linear(optimizer):
    return get_scheduler("linear", optimizer, num_warmup_steps=5, num_training_steps=STEPS)


def optimizers():
    no_decay = ["fc.bias", "layer_norm.weight"]
    cases = {
        "AdamW": (adamw(), {}),
        "AdamW, all options": (adamw(lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1), {}),
        "AdamW, groups": (adamw(lr=0.05, weight_decay=0.3), {"no_decay": no_decay}),
        "AdamW, clipped, linear": (adamw(lr=0.02), {"schedule": linear, "max_norm": 1.0}),
        "Adafactor": (adafactor(), {}),
        "Adafactor, warm-up": (adafactor(warmup_init=True), {}),
        "Adafactor, no scale": (adafactor(scale_parameter=False, relative_step=True), {}),
        "Adafactor, rate": (adafactor(lr=1e-2, scale_parameter=False, relative_step=False), {"schedule": linear}),
        "Adafactor, moment": (
            adafactor(lr=1e-2, relative_step=False, beta1=0.9, weight_decay=0.1, clip_threshold=0.5, decay_rate=-0.6),
            {"max_norm": 2.0},
        ),
    }
    return {name: trajectory(make, **options) for name, (make, options) in cases.items()}


def rates(name, steps=26, **options):
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = name(optimizer) if callable(name) else get_scheduler(name, optimizer, **options)
    result = []
    for _ in range(steps):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


def schedules():
    both = {"num_warmup_steps": 4, "num_training_steps": 20}
    asked = [
        ["linear", both],
        ["linear", {"num_warmup_steps": 0, "num_training_steps": 20}],
        ["linear", {"num_warmup_steps": 20, "num_training_steps": 20}],
        ["cosine", both],
        ["cosine", {**both, "scheduler_specific_kwargs": {"num_cycles": 1.25}}],
        ["cosine_with_restarts", both],
        ["cosine_with_restarts", {**both, "scheduler_specific_kwargs": {"num_cycles": 3}}],
        ["polynomial", both],
        ["polynomial", {**both, "scheduler_specific_kwargs": {"lr_end": 0.01, "power": 2.0}}],
        ["constant", {}],
        ["constant_with_warmup", {"num_warmup_steps": 4}],
        ["inverse_sqrt", {"num_warmup_steps": 4}],
    ]
    cases = [{"name": name, "options": options, "rates": rates(name, **options)} for name, options in asked]
    # get_scheduler does not hand its settings on to this one.
    options = {"num_warmup_steps": 4, "scheduler_specific_kwargs": {"timescale": 7}}
    own = rates(lambda optimizer: get_inverse_sqrt_schedule(optimizer, num_warmup_steps=4, timescale=7))
    return [*cases, {"name": "inverse_sqrt", "options": options, "rates": own}]


def plateaus():
    metrics = [1.0, 0.9, 0.9, 0.91, 0.9, 0.89995, 0.8, 0.85, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.7, 0.71, 0.72, 0.73]
    cases = []
    for settings in [
        {"patience": 2},
        {"patience": 1, "factor": 0.5, "cooldown": 2, "min_lr": 0.03},
        {"mode": "max", "patience": 3, "threshold": 0.05},
    ]:
        optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        scheduler = get_scheduler("reduce_lr_on_plateau", optimizer, scheduler_specific_kwargs=settings)
        seen = []
        for metric in metrics:
            optimizer.step()
            scheduler.step(metric)
            seen.append(optimizer.param_groups[0]["lr"])
        cases.append({"settings": settings, "metrics": metrics, "rates": seen})
    return cases


if __name__ == "__main__":
    content = {"shapes": SHAPES, "steps": STEPS, "optimizers": optimizers(), "schedules": schedules(), "plateaus": plateaus()}
    write_fixture(FIXTURES / "optimizers.json", "optimizers.py", ["torch", "transformers"], content)
