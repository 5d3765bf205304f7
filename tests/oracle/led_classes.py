"""Writes fixtures/classes/*.json: every LED class by itself. README.md beside this script says what is in them.

A module led_classes_X.py holds the cases of one idea; this one says which class runs which. Run from anywhere, about 40
seconds: python tests/oracle/led_classes.py [NAME ...], names of the files without .json; all by default.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

import torch
import transformers

import led_classes_init
import led_classes_loading
import led_classes_overrides
import led_classes_resizing
from fixture_file import FIXTURES, write_fixture
from led_classes_arguments import argument_cases, encoder_output_cases, past_cases, window_cases
from led_classes_cases import Case, Recorder
from led_classes_errors import error_cases
from led_classes_heads import answering_cases, classification_cases
from led_classes_lm import head_cases, label_cases, shifts
from led_classes_masks import mask_cases
from led_classes_models import MEDLAR, QUINCE, ROWAN, SLOE
from led_classes_parts import decoder_cases, encoder_cases
from tiny_models import TinyModel

PACKAGES = ["torch", "transformers", "numpy", "safetensors"]


def recorded(class_name: str, tiny: TinyModel, *cases: Iterable[Case]) -> dict[str, Any]:
    recorder = Recorder(class_name, tiny)
    for group in cases:
        for case in group:
            recorder.run(case)
    return recorder.content()


def also(tiny: TinyModel, cases: Iterable[Case]) -> Iterable[Case]:
    """Cases of another model than the file's: its name in theirs."""
    for case in cases:
        case.name, case.model = f"{tiny.name}: {case.name}", tiny.name
        yield case


def model() -> dict[str, Any]:
    return recorded(
        "LEDModel", QUINCE, argument_cases(QUINCE), encoder_output_cases(QUINCE), past_cases(QUINCE), window_cases(QUINCE), mask_cases(QUINCE, decoder=True),
        error_cases(QUINCE), also(ROWAN, argument_cases(ROWAN)),
    )


def lm() -> dict[str, Any]:
    content = recorded(
        "LEDForConditionalGeneration", MEDLAR, argument_cases(MEDLAR), encoder_output_cases(MEDLAR), past_cases(MEDLAR), label_cases(MEDLAR),
        also(SLOE, label_cases(SLOE)), head_cases(SLOE, ROWAN), error_cases(MEDLAR),
    )
    return {**content, "shifts": {"model": MEDLAR.name, "calls": shifts(MEDLAR)}}


def with_text_keys(value: Any) -> Any:
    """JSON's objects have no numbers for keys, as id2label has."""
    if isinstance(value, dict):
        return {str(key): with_text_keys(item) for key, item in value.items()}
    return [with_text_keys(item) for item in value] if isinstance(value, list) else value


FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "model": model,
    "lm": lm,
    "classification": lambda: recorded("LEDForSequenceClassification", QUINCE, classification_cases(QUINCE)),
    "qa": lambda: recorded("LEDForQuestionAnswering", SLOE, answering_cases(SLOE), also(MEDLAR, answering_cases(MEDLAR))),
    "encoder": lambda: recorded("LEDEncoder", ROWAN, encoder_cases(ROWAN), mask_cases(ROWAN, decoder=False), also(SLOE, mask_cases(SLOE, decoder=False))),
    "decoder": lambda: recorded("LEDDecoder", MEDLAR, decoder_cases(MEDLAR), also(SLOE, decoder_cases(SLOE))),
    "loading": led_classes_loading.content,
    "config_overrides": led_classes_overrides.content,
    "resizing": led_classes_resizing.content,
    "init": led_classes_init.content,
}


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_warning()
    transformers.utils.logging.disable_progress_bar()
    # Messages go into the fixtures, not to the screen.
    transformers.utils.logging.get_logger("transformers").handlers = [logging.NullHandler()]
    transformers.utils.logging.get_logger("transformers").propagate = False
    for name in sys.argv[1:] or FILES:
        write_fixture(FIXTURES / "classes" / f"{name}.json", "led_classes.py", PACKAGES, with_text_keys(FILES[name]()))
