"""Cases with processors and criteria that the user gives, and with max_time."""

from __future__ import annotations

from typing import Any, Callable

from generation_modes_run import User
from generation_modes_sampling import PROMPT

MODES: list[tuple[str, dict[str, Any]]] = [
    ("greedy", {}),
    ("beams 3", {"num_beams": 3}),
    ("sample", {"do_sample": True, "top_k": 12}),
    ("beam sample", {"do_sample": True, "num_beams": 2}),
    ("group", {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.7}),
    ("constrained", {"num_beams": 3, "constraints": [{"phrasal": [5, 17]}]}),
]


def given(add: Callable[..., None]) -> None:
    add_seven = [{"token": 7, "add": 1.5}]

    def says_9(rows: list) -> bool:
        return rows[0][-1] == 9 and 3 < len(rows[0]) < 11

    for i, (mode, options) in enumerate(MODES):
        base = {"max_length": 12, **options}
        batch = 3 if i % 2 else 1
        add(f"{mode}, adds to a token", base, batch=batch, user=User(processors=add_seven))
        beams = "num_beams" in options
        add(f"{mode}, stops at 9", base, batch=batch, bias={"9": 1.0}, eos_bias=-2.0, user=User(criteria=[{"token": 9}]),
            want=(lambda rows: len(rows[0]) < 11) if beams else says_9)
        add(f"{mode}, stops at a length", base, batch=4 - batch, prompt=PROMPT, user=User(criteria=[{"length": 7}]))
        add(f"{mode}, max_time 0", {**base, "max_time": 0}, batch=batch, user=User())
        add(f"{mode}, everything", {**base, "repetition_penalty": 1.3, "renormalize_logits": True, "min_length": 5}, order=1,
            user=User(processors=[*add_seven, {"token": 4, "add": -2.0}], criteria=[{}, {"length": 9}]))
