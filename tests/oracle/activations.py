"""What the reference's activation functions give: expected values for src/nn/activation.test.ts.

    .venv/bin/python tests/oracle/activations.py

Writes tests/oracle/fixtures/activations.json; running it again gives the same bytes.
"""

import torch
from fixture_file import FIXTURES, write_fixture
from transformers.activations import ACT2FN

torch.set_num_threads(1)

# The names of ACT2FN that need no argument and that a config can hold.
names = sorted(ACT2FN)
x = torch.tensor([-20.0, -7.0, -3.0, -2.0, -1.0, -0.5, -0.001, 0.0, 0.25, 0.7071, 1.0, 2.0, 5.5, 6.5, 11.0, 20.0])

write_fixture(
    FIXTURES / "activations.json",
    "activations.py",
    ["torch", "transformers"],
    {"x": x, "activations": {name: ACT2FN[name](x) for name in names}},
)
