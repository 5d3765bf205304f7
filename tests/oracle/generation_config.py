"""Writes fixtures/generation-config.json: what GenerationConfig of transformers makes of settings, as dict, JSON text,
warnings and errors. Run from anywhere: python tests/oracle/generation_config.py
"""

from __future__ import annotations

import json
import warnings
from typing import Any, Callable

from transformers import GenerationConfig, LEDConfig

from fixture_file import FIXTURES, write_fixture

SETTINGS: list[dict[str, Any]] = [
    {},
    {"max_length": 40, "num_beams": 4, "length_penalty": 2.0, "early_stopping": True, "no_repeat_ngram_size": 3},
    {"num_beams": 2, "early_stopping": "never", "eos_token_id": [2, 50], "pad_token_id": 1, "bos_token_id": 0},
    {"my_setting": {"deep": [1, 2, {"x": None}]}, "another": "é ☃"},
    {"bad_words_ids": [[4], [5, 6]], "suppress_tokens": [], "exponential_decay_length_penalty": [5, 1.5]},
    {"transformers_version": "4.20.0", "_from_model_config": False, "max_new_tokens": 0},
    {"_from_model_config": True, "num_beams": 4, "not_kept": 1},
    {"do_sample": True, "temperature": 0.7, "top_k": 0, "top_p": 0.92, "typical_p": 0.9, "num_return_sequences": 3},
    {"do_sample": True, "epsilon_cutoff": 0.0003, "eta_cutoff": 1e-05, "repetition_penalty": 2.0},
    {"temperature": 0.7, "top_k": 5, "top_p": 0.5, "typical_p": 0.4, "epsilon_cutoff": 0.1, "eta_cutoff": 0.2},
    {"temperature": None, "top_k": None},
    {"penalty_alpha": 0.6, "top_k": 4},
    {"num_beams": None},
    {"early_stopping": True, "num_beam_groups": 2, "diversity_penalty": 0.5, "length_penalty": 2.0},
    {"num_beams": 1, "constraints": ["x"]},
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.0},
    {"early_stopping": "sometimes"},
    {"early_stopping": None},
    {"num_return_sequences": 2},
    {"num_beams": 2, "num_return_sequences": 5},
    {"num_beams": 4, "num_beam_groups": 2},
    {"num_beams": 4, "num_beam_groups": 3, "diversity_penalty": 1.0},
    {"num_beams": 4, "diversity_penalty": 1.0, "do_sample": True},
    {"num_beams": 2, "constraints": ["x"], "do_sample": True},
    {"num_beams": 4, "constraints": ["x"], "num_beam_groups": 2},
    {"streamer": 1},
    {"stopping_criteria": None},
]

MODEL_CONFIGS: list[dict[str, Any]] = [
    {},
    {"max_length": 142, "num_beams": 4, "length_penalty": 2.0, "no_repeat_ngram_size": 3, "early_stopping": True},
    {"eos_token_id": [2, 4], "use_cache": False, "output_attentions": True, "foo": 1},
    {"decoder": {"num_beams": 3, "max_length": 50, "bar": 2}, "max_length": 30},
]


def watched(make: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made, outcome = make(), {}
        except ValueError as error:
            made, outcome = None, {"error": str(error)}
    return made, {**outcome, "warnings": [str(warning.message) for warning in caught]}


def written(config: GenerationConfig) -> dict[str, Any]:
    return {
        "diff": config.to_json_string(),
        "whole": config.to_json_string(use_diff=False),
        "bare": config.to_json_string(ignore_metadata=True),
    }


def settings() -> list[dict]:
    made = []
    for i, options in enumerate(SETTINGS):
        config, outcome = watched(lambda: GenerationConfig(**options))
        if config is not None:
            texts = written(config)
            if i > 4:
                del texts["whole"]  # says little more than diff
            outcome |= texts
            outcome["again"] = watched(config.validate)[1]
        made.append({"options": json.dumps(options), **outcome})
    return made


def model_configs() -> list[dict]:
    made = []
    for options in MODEL_CONFIGS:
        config = LEDConfig(**options)
        derived, outcome = watched(lambda: GenerationConfig.from_model_config(config))
        made.append({"model_config": json.dumps(config.to_dict()), **outcome, **written(derived)})
    return made


def main() -> None:
    write_fixture(
        FIXTURES / "generation-config.json",
        "generation_config.py",
        ["transformers"],
        {"settings": settings(), "model_configs": model_configs()},
    )


if __name__ == "__main__":
    main()
