"""What the snippets of the reference's LED page give: expected values for tests/reference-page.test.ts.

The code is taken from the docstrings that the page is made of and run as it stands, but for the names of the checkpoints:
in their place is a small model of the counter's weights, with the vocabulary of fixtures/tiny-tokenizer/ and, where
$LED_DATA/led-tokenizer is, with that of the released models. (Without it the released part stays as it is.)

The two snippets of TensorFlow's classes are run on PyTorch's, with the same weights and with the decoder ids that they lack.

    .venv/bin/python tests/oracle/reference_page.py

Writes tests/oracle/fixtures/reference-page.json; running it again gives the same bytes.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import doctest
import inspect
import io
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import LEDConfig, LEDTokenizer, LEDTokenizerFast
from transformers.models.led import modeling_led

from fixture_file import FIXTURES, write_fixture
from led_classes_models import build_class
from tiny_models import SHARP, TinyModel

assert transformers.__version__ == "4.37.2"
transformers.logging.set_verbosity_error()
warnings.simplefilter("ignore")
torch.set_num_threads(1)

SMALL = {
    "model_type": "led", "d_model": 24, "activation_function": "gelu",
    "encoder_layers": 2, "encoder_attention_heads": 3, "encoder_ffn_dim": 40, "max_encoder_position_embeddings": 2048,
    "decoder_layers": 2, "decoder_attention_heads": 4, "decoder_ffn_dim": 56, "max_decoder_position_embeddings": 64,
    "attention_window": 32, "tie_word_embeddings": True,
    "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
}
RELEASED = "released"
VOCABULARIES = {"tiny": 1000, RELEASED: 50265}


def snippets(doc: str) -> list[list[str]]:
    """The fenced snippets of a docstring, each as its statements."""
    found = [doctest.DocTestParser().get_examples(part) for part in re.findall(r"```python\n(.*?)```", doc, re.S)]
    return [[example.source for example in part] for part in found if part]


def run(snippet: list[str], folder: Path) -> dict[str, Any]:
    """Every name that the snippet leaves, and under "shown" and "printed" what a console shows of it."""
    names: dict[str, Any] = {}
    shown: list[Any] = []
    before = sys.displayhook
    sys.displayhook = lambda value: shown.append(value) if value is not None else None
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            for source in snippet:
                here = re.sub(r'"allenai/led-[a-z0-9-]+"', lambda _: repr(str(folder)), source)
                exec(compile(here, "snippet", "single"), names)
    finally:
        sys.displayhook = before
    return {**names, "shown": shown, "printed": printed.getvalue()}


def write_folder(class_name: str, tiny: TinyModel, vocabulary: Path, folder: Path) -> Path:
    build_class(class_name, tiny).save_pretrained(folder)
    for path in vocabulary.iterdir():
        shutil.copy(path, folder / path.name)
    return folder


def numbers(tensor: torch.Tensor) -> dict[str, Any]:
    """Dimensions, and the first numbers, which is what the examples print."""
    return {"dims": list(tensor.shape), "first": tensor.detach().reshape(-1)[:4].tolist()}


def arguments(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "kwargs")]


def tf_classes() -> dict[str, list[str]]:
    """What the page shows of TensorFlow's classes, read from the source: importing it needs TensorFlow."""
    source = Path(modeling_led.__file__).with_name("modeling_tf_led.py").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for one in ast.parse(source).body:
        if not isinstance(one, ast.ClassDef):
            continue
        if one.name.endswith("Output"):
            found[one.name] = [part.target.id for part in one.body if isinstance(part, ast.AnnAssign)]
        elif one.name in ("TFLEDModel", "TFLEDForConditionalGeneration"):
            (call,) = [part for part in one.body if isinstance(part, ast.FunctionDef) and part.name == "call"]
            found[f"{one.name}.call"] = [argument.arg for argument in call.args.args if argument.arg != "self"]
    return found


def members() -> dict[str, list[str]]:
    """The classes and methods that the page shows, with their arguments or fields in order."""
    found = {"LEDConfig": arguments(LEDConfig)}
    for tokenizer in (LEDTokenizer, LEDTokenizerFast):
        found[tokenizer.__name__] = arguments(tokenizer)
    for method in (
        "build_inputs_with_special_tokens", "get_special_tokens_mask", "create_token_type_ids_from_sequences", "save_vocabulary",
    ):
        found[f"LEDTokenizer.{method}"] = arguments(getattr(LEDTokenizer, method))
    for name, one in vars(modeling_led).items():
        if name.startswith("LED") and name.endswith("Output"):
            found[name] = [field.name for field in dataclasses.fields(one)]
    for name in ("LEDModel", "LEDForConditionalGeneration", "LEDForSequenceClassification", "LEDForQuestionAnswering"):
        found[f"{name}.forward"] = arguments(getattr(modeling_led, name).forward)
    return {**found, **tf_classes()}


def config_snippet() -> dict[str, Any]:
    (snippet,) = snippets(LEDConfig.__doc__)
    with tempfile.TemporaryDirectory() as folder:
        names = run(snippet, Path(folder))
    return {"made": json.loads(LEDConfig().to_json_string()), "attention_window": names["configuration"].attention_window}


def page(vocabulary: Path, size: int) -> dict[str, Any]:
    tiny = TinyModel(name="page", seed=636, scales=SHARP, config={**SMALL, "vocab_size": size})
    with tempfile.TemporaryDirectory() as root:
        lm, classes, answers = (
            write_folder(name, tiny, vocabulary, Path(root) / name)
            for name in ("LEDForConditionalGeneration", "LEDForSequenceClassification", "LEDForQuestionAnswering")
        )
        return {"model": tiny.described(), **tokenizers(lm), **torch_snippets(lm, classes, answers), **tf_snippets(lm)}


def tokenizers(folder: Path) -> dict[str, Any]:
    gives = {}
    for key, tokenizer in (("tokenizer", LEDTokenizer), ("tokenizer_fast", LEDTokenizerFast)):
        (snippet,) = snippets(tokenizer.__doc__)
        gives[key] = run(snippet, folder)["shown"]
    return gives


def torch_snippets(lm: Path, classes: Path, answers: Path) -> dict[str, Any]:
    (base,) = snippets(modeling_led.LEDModel.forward.__doc__)
    # The page's order: the summary first, then the fill-in, both in the docstring of forward.
    summary, fill_in = snippets(modeling_led.LEDForConditionalGeneration.forward.__doc__)
    single, multi = snippets(modeling_led.LEDForSequenceClassification.forward.__doc__)
    (span,) = snippets(modeling_led.LEDForQuestionAnswering.forward.__doc__)
    if "ARTICLE_TO_SUMMARIZE" in "".join(fill_in):
        summary, fill_in = fill_in, summary

    hidden = run(base, lm)["last_hidden_states"]
    filled = run(fill_in, lm)
    summarized = run(summary, lm)
    one, many, answered = run(single, classes), run(multi, classes), run(span, answers)
    return {
        "last_hidden_states": numbers(hidden),
        "fill_in": {"ids": filled["prediction"].tolist(), "text": filled["printed"].removesuffix("\n")},
        "summary": {
            "tokens": summarized["inputs"].shape[1],
            "ids": summarized["summary_ids"][0].tolist(),
            "text": summarized["printed"].removesuffix("\n"),
        },
        "single_label": {
            "logits": numbers(one["logits"]),
            "label": one["model"].config.id2label[one["predicted_class_id"]],
            "loss": one["loss"].item(),
        },
        "multi_label": {
            "logits": numbers(many["logits"]),
            "predicted": many["predicted_class_ids"].tolist(),
            "labels": many["labels"].tolist(),
            "loss": many["loss"].item(),
        },
        "answer": {
            "start": answered["answer_start_index"].item(),
            "end": answered["answer_end_index"].item(),
            "text": answered["tokenizer"].decode(answered["predict_answer_tokens"], skip_special_tokens=True),
            "loss": answered["loss"].item(),
        },
    }


def tf_snippets(folder: Path) -> dict[str, Any]:
    tokenizer = LEDTokenizerFast.from_pretrained(folder)
    model = modeling_led.LEDForConditionalGeneration.from_pretrained(folder)
    batch = tokenizer(["My friends are <mask> but they eat too many carbs."], return_tensors="pt")
    ids = batch.input_ids
    with torch.no_grad():
        # Decoder ids: the input's, shifted right, as LEDModel makes them by itself.
        logits = model(ids, decoder_input_ids=model.prepare_decoder_input_ids_from_labels(ids)).logits
    mask = ids[0].tolist().index(tokenizer.mask_token_id)
    best = torch.softmax(logits[0], dim=-1)[mask].topk(5)
    return {"probs": {"dims": list(logits.shape[1:]), "mask": mask, "best": best.values.tolist(), "ids": best.indices.tolist()}}


def main() -> None:
    path = FIXTURES / "reference-page.json"
    content = {"members": members(), "config": config_snippet(), "tiny": page(FIXTURES / "tiny-tokenizer", VOCABULARIES["tiny"])}
    data = Path(os.environ.get("LED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "led-tokenizer"
    if data.is_dir():
        content[RELEASED] = page(data, VOCABULARIES[RELEASED])
    else:
        print(f"no {data}: the part {RELEASED} is left as it is")
        content[RELEASED] = json.loads(path.read_text(encoding="utf-8"))[RELEASED]
    write_fixture(path, "reference_page.py", ["transformers", "torch", "numpy", "tokenizers"], content)


if __name__ == "__main__":
    main()
