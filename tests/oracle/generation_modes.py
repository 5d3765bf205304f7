"""Writes fixtures/generation-modes.json: what generate() of transformers gives beyond greedy and beam search, on table
models (table_model.py): sample, beam sample, group and constrained beam search, scores and transition scores, what a
user's processors and criteria do, and what is refused. No comparison that decides is nearer than the limits of
generation_modes_run.py: a case whose table has such a tie takes the next seed.
Run from anywhere: python tests/oracle/generation_modes.py
"""

from __future__ import annotations

from typing import Any

import torch

import generation_modes_beams as beams
import generation_modes_refusals as refusals
import generation_modes_sampling as sampling
import generation_modes_user as user
from fixture_file import FIXTURES, write_fixture
from generation import listen
from generation_modes_run import case


def cases(said: list[str], makers: tuple) -> list[dict]:
    made: list[dict] = []

    def add(name: str, options: dict[str, Any], **setting: Any) -> None:
        assert name not in {one["name"] for one in made}, name
        made.append(case(said, name, options, **setting))

    for maker in makers:
        maker(add)
        print(f"{maker.__name__}: {len(made)} cases so far", flush=True)
    return made


def main() -> None:
    torch.set_num_threads(1)
    said = listen()
    write_fixture(FIXTURES / "generation-modes.json", "generation_modes.py", ["torch", "transformers"], {
        "cases": cases(said, (sampling.sample, sampling.beam_sample, sampling.drawn, beams.greedy_and_beam_outputs,
                              beams.group, beams.drawn_groups, beams.constrained, beams.drawn_constraints)),
        "user": cases(said, (user.given,)),
        "refusals": refusals.refused(said),
        "warned": refusals.warned(said),
    })


if __name__ == "__main__":
    main()
