"""What LEDConfig of transformers holds and writes: expected values for src/config.test.ts.

    python -m venv .venv && .venv/bin/pip install -r tests/oracle/requirements.txt
    .venv/bin/python tests/oracle/config.py

Writes tests/oracle/fixtures/config.json; running it again gives the same bytes.
"""

import json
import logging

import transformers
from fixture_file import FIXTURES, write_fixture
from transformers import LEDConfig, LEDModel
from transformers.activations import ACT2CLS
from transformers.models.led.modeling_led import LEDEncoder

assert transformers.__version__ == "4.37.2"
transformers.logging.set_verbosity_error()

BASE = dict(
    d_model=768, encoder_layers=6, decoder_layers=6, encoder_attention_heads=12, decoder_attention_heads=12,
    encoder_ffn_dim=3072, decoder_ffn_dim=3072, attention_window=[1024] * 6,
)

# name -> keyword arguments of the constructor
CONSTRUCTED = {
    "defaults": {},
    "led-base geometry": BASE,
    "aliases": dict(num_attention_heads=8, hidden_size=512, attention_probs_dropout_prob=0.25, initializer_range=0.5),
    "alias beats name": dict(d_model=64, hidden_size=96),
    "unknown keys": dict(max_position_embeddings=32, zebra={"b": [1, 2.5, None, True], "a": {}}, empty=[], note="x"),
    "num_hidden_layers given": dict(encoder_layers=3, num_hidden_layers=5),
    "num_hidden_layers derived": dict(encoder_layers=3),
    "five labels": dict(num_labels=5),
    "eleven labels": dict(num_labels=11),
    "id2label beats num_labels": dict(num_labels=3, id2label={"0": "only"}),
    "id2label without label2id": dict(id2label={"10": "ten", "2": "two", "0": "none"}),
    "both label maps": dict(id2label={"0": "no", "1": "yes"}, label2id={"no": 0, "yes": 1}),
    "label2id alone is lost": dict(label2id={"no": 0, "yes": 1}),
    "problem_type": dict(problem_type="multi_label_classification", num_labels=1),
    "torch_dtype": dict(torch_dtype="half"),
    "null ids differ from LED's": dict(pad_token_id=None, decoder_start_token_id=None),
    "base default differs from LED's": dict(is_encoder_decoder=False),
    "several eos": dict(eos_token_id=[2, 50]),
    "generation fields": dict(
        max_length=142, min_length=56, num_beams=4, length_penalty=2.0, early_stopping="never", temperature=2.0,
        no_repeat_ngram_size=3, bad_words_ids=[[5, 6], [7]], exponential_decay_length_penalty=[10, 1.5],
    ),
    "task_specific_params": dict(
        task_specific_params={"summarization": {"length_penalty": 2.0, "num_beams": 4, "early_stopping": True}}
    ),
    "floats": dict(dropout=0.0, init_std=1e-5, extra=1e-7, huge=1.5e300, layer_norm_eps=0.0001, activation_dropout=1.0),
    "text": dict(prefix="Zusammenfassung für „\U0001F600“:\t\x7f\"\\", labels={"\uff5e": 1, "\U0001F600": 2, "a": 3}),
    "gradient_checkpointing": dict(gradient_checkpointing=True),
    "name": dict(name_or_path="somewhere/led", architectures=["LEDForConditionalGeneration"]),
    "name twice": dict(name_or_path="somewhere/led", _name_or_path="elsewhere"),
    "read from a file": dict(model_type="led", transformers_version="4.2.0", _name_or_path="./led"),
    "whole int beyond 2**53": dict(model_max_length=int(1e30)),
    "attn_implementation": dict(attn_implementation="eager", use_cache=False),
    "return_dict off": dict(return_dict=False),
}

# name -> (dictionary, keyword arguments of from_dict)
FROM_DICT = {
    "overrides": (dict(BASE), dict(num_labels=3, hidden_size=96, attention_window=64)),
    "pruned_heads": (dict(pruned_heads={"10": [1], "2": [0, 1]}), {}),
    "consistent labels": ({}, dict(num_labels=1, id2label={"0": "x"})),
    "unused": (dict(d_model=8), dict(revision="main", d_model=16, torch_dtype="float16")),
}

# Where JavaScript, with one type of number, cannot write what Python writes.
DEPARTURES = {
    "whole number for a rate": dict(dropout=0),
    "whole float under an unknown key": dict(extra=1.0),
}

ERRORS = {
    "problem_type": dict(problem_type="ranking"),
    "id2label": dict(id2label=["a", "b"]),
    "label2id": dict(label2id="a"),
}

WARNINGS = {
    "num_labels": dict(num_labels=3, id2label={"0": "only"}),
    "xla_device": dict(xla_device=True),
}

TINY = dict(
    vocab_size=16, d_model=12, encoder_layers=3, encoder_attention_heads=3, encoder_ffn_dim=4,
    max_encoder_position_embeddings=32,
)
WINDOWS = {
    "one for all": dict(attention_window=8),
    "a list": dict(attention_window=[4, 8, 16]),
    "more layers than the encoder has": dict(attention_window=4, num_hidden_layers=5),
    "unused window is not checked": dict(attention_window=[4, 4, 4, 3], num_hidden_layers=4),
    "odd": dict(attention_window=7),
    "zero": dict(attention_window=0),
    "negative": dict(attention_window=-4),
    "negative and odd": dict(attention_window=-3),
    "short list": dict(attention_window=[4, 8]),
    "long list": dict(attention_window=[4, 8, 8, 8]),
    "odd in a list": dict(attention_window=[4, 5, 8]),
    "zero in a list": dict(attention_window=[4, 4, 0]),
}


def written(config):
    return {
        "json": config.to_json_string(),
        "full_json": config.to_json_string(use_diff=False),
        "num_labels": config.num_labels,
        "use_return_dict": config.use_return_dict,
    }


def constructed(cases):
    return [{"name": name, "options": options, **written(LEDConfig(**options))} for name, options in cases.items()]


def from_dict(name, values, overrides):
    given = json.loads(json.dumps(values))
    config, unused = LEDConfig.from_dict(dict(given), return_unused_kwargs=True, **overrides)
    # A dtype read by name is a torch.dtype in Python; the name is all that a file holds.
    return {"name": name, "values": given, "overrides": overrides, "unused": unused, **written(config)}


def error(make):
    try:
        make()
    except (ValueError, AssertionError) as raised:
        return str(raised)
    raise SystemExit("no error")


def windows(name, options):
    config = LEDConfig(**TINY, **options)
    try:
        LEDEncoder(config)
    except (ValueError, AssertionError) as raised:
        return {"name": name, "options": {**TINY, **options}, "error": str(raised)}
    return {"name": name, "options": {**TINY, **options}, "windows": config.attention_window}


class Said(logging.Handler):
    """Warnings of the library, as text."""

    def __init__(self, name):
        super().__init__()
        self.lines = []
        logging.getLogger(name).addHandler(self)

    def emit(self, record):
        self.lines.append(record.getMessage())


def warned(name, options):
    transformers.logging.set_verbosity_warning()
    said = Said("transformers.configuration_utils")
    LEDConfig(**options)
    transformers.logging.set_verbosity_error()
    (warning,) = said.lines
    return {"name": name, "options": options, "warning": warning}


inconsistent = dict(num_labels=3, id2label={"0": "only"})
write_fixture(
    FIXTURES / "config.json",
    "config.py",
    ["torch", "transformers"],
    {
        "constructed": constructed(CONSTRUCTED),
        "from_dict": [from_dict(name, *case) for name, case in FROM_DICT.items()],
        "departures": constructed(DEPARTURES),
        "errors": [
            {"name": name, "options": options, "error": error(lambda: LEDConfig(**options))}
            for name, options in ERRORS.items()
        ],
        "warnings": [warned(name, options) for name, options in WARNINGS.items()],
        "inconsistent": {"overrides": inconsistent, "error": error(lambda: LEDConfig.from_dict({}, **inconsistent))},
        "windows": [windows(name, options) for name, options in WINDOWS.items()],
        "activations": list(ACT2CLS),
        "implementations": [
            {"name": name, "error": error(lambda: LEDModel(LEDConfig(**TINY, attn_implementation=name)))}
            for name in ("sdpa", "flash_attention_2", "fast")
        ],
    },
)
