"""Gradients of a small network by torch autograd: expected values for src/graph/gradients.test.ts.

    python -m venv .venv && .venv/bin/pip install -r tests/oracle/requirements.txt
    .venv/bin/python tests/oracle/gradients.py

Writes tests/oracle/fixtures/gradients.json; running it again gives the same bytes.
"""

import torch
import torch.nn.functional as F
from fixture_file import FIXTURES, write_fixture

torch.set_num_threads(1)
torch.manual_seed(20)

# Rows of x, its width, the hidden width, the classes.
N, D, H, C = 5, 7, 11, 3


def draw(*shape: int, scale: float = 1.0) -> torch.Tensor:
    """Multiples of 1/1024, so that the fixture is short and exact."""
    return torch.round(torch.randn(*shape) * scale * 1024) / 1024


names = ["x", "fc1.weight", "fc1.bias", "layer_norm.weight", "layer_norm.bias", "fc2.weight", "fc2.bias"]
tensors = [
    draw(N, D), draw(H, D, scale=D**-0.5), draw(H, scale=0.1), 1 + draw(H, scale=0.1), draw(H, scale=0.1),
    draw(C, H, scale=H**-0.5), draw(C, scale=0.1),
]
labels = torch.tensor([2, 0, 1, 1, 2])


def run(approximate: str) -> dict:
    # In double precision, so that the expected numbers are right to the last digit of a float32.
    values = {name: tensor.double().requires_grad_() for name, tensor in zip(names, tensors, strict=True)}
    hidden = F.gelu(F.linear(values["x"], values["fc1.weight"], values["fc1.bias"]), approximate=approximate)
    normed = F.layer_norm(hidden, [H], values["layer_norm.weight"], values["layer_norm.bias"], 1e-5)
    # The first weight is used twice, so that its gradients must be added.
    back = F.linear(normed, values["fc1.weight"].T)
    logits = F.linear(F.linear(values["x"] + back, values["fc1.weight"]), values["fc2.weight"], values["fc2.bias"])
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    return {
        "approximate": approximate,
        "loss": loss.detach().float().reshape(1),
        "gradients": {name: value.grad.float() for name, value in values.items()},
    }


write_fixture(
    FIXTURES / "gradients.json",
    "gradients.py",
    ["torch", "numpy"],
    {
        "inputs": dict(zip(names, tensors, strict=True)),
        "labels": labels,
        "cases": [run("none"), run("tanh")],
    },
)
