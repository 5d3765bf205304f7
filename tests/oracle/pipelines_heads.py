"""Writes fixtures/pipelines-heads.json: what transformers' pipelines for question answering, text classification and filling
masks give on tiny LED models with the small vocabulary (fixtures/tiny-tokenizer). Run from anywhere, after tokenizer.py:
python tests/oracle/pipelines_heads.py

Answers, classes and tokens are in the order of their scores; the script fails where two of them are too near for that.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import torch
from transformers import FillMaskPipeline, LEDTokenizerFast, QuestionAnsweringPipeline, TextClassificationPipeline

from fixture_file import FIXTURES, write_fixture
from led_classes_cases import Said
from led_classes_models import QUINCE, build_class

# Tables that hold the texts below; heads that prefer some tokens to others.
MODEL = replace(
    QUINCE,
    name="quince of 1000",
    seed=406,
    scales={**QUINCE.scales, "embedding": (0.0, 0.8), "head": (0.0, 1.2)},
    config={**QUINCE.config, "vocab_size": 1000, "max_encoder_position_embeddings": 160, "max_decoder_position_embeddings": 130},
)

STORY = (
    "The lighthouse keeper wrote a letter every evening. Her name was Ada, and she lived near the harbour of the old town. "
    "In the second winter the ships brought euros, coffee and a new lamp, which she had looked for in the summer."
)
ODD_TEXT = "Größe: 🙂🙂 the façade, «1 234»\n\n  the   coöperate end — 漢字 and 👩‍👧 stop."
QUESTION = "Who wrote a letter?"

LABELS = {"0": "calm", "1": "storm", "2": "fog"}
CLASSIFIERS: dict[str, dict[str, Any]] = {
    "three": {"id2label": LABELS},
    "single label": {"id2label": LABELS, "problem_type": "single_label_classification"},
    "multi label": {"id2label": LABELS, "problem_type": "multi_label_classification"},
    "one": {"id2label": {"0": "depth"}},
    "regression": {"id2label": {"0": "depth"}, "problem_type": "regression"},
    "regressions": {"id2label": LABELS, "problem_type": "regression"},
    "all scores": {"id2label": LABELS, "return_all_scores": True},
}

PAIR = {"text": "The ships reached the shore.", "text_pair": "A summary of the text"}
LETTERS = ["She wrote before the second step.", "The answer", "Between the ships and the shore they looked back."]


def policy_masks(model: Any, policy: str) -> None:
    """The pipelines never pass a global_attention_mask: the model's forward gets it here."""
    forward = model.forward
    eos = model.config.eos_token_id

    @functools.wraps(forward)
    def with_mask(input_ids: torch.Tensor, **inputs: Any) -> Any:
        mask = torch.zeros_like(input_ids)
        for row, ids in zip(mask, input_ids.tolist(), strict=True):
            row[: ids.index(eos) if policy == "question" else 1] = 1
        return forward(input_ids=input_ids, global_attention_mask=mask, **inputs)

    model.forward = with_mask


def scores_of(value: Any) -> list[list[float]]:
    """The lists of scores whose order the result shows."""
    if isinstance(value, dict):
        return [[value["score"]]]
    if value and all(isinstance(item, dict) for item in value):
        return [[item["score"] for item in value]]
    return [scores for item in value for scores in scores_of(item)]


def require_apart(name: str, value: Any) -> None:
    for scores in scores_of(value):
        falling = sorted(scores, reverse=True)
        for higher, lower in zip(falling, falling[1:], strict=False):
            if higher - lower < 1e-3 * abs(higher):
                raise AssertionError(f"{name}: {higher} and {lower} are too near to each other")


def called(name: str, pipe: Any, inputs: Any, options: dict[str, Any], **about: Any) -> dict[str, Any]:
    case = {"name": name, **about, "inputs": inputs, "options": options}
    with Said() as said:
        try:
            case["gives"] = pipe(**inputs, **options) if about.get("keywords") else pipe(inputs, **options)
        except Exception as error:
            case["raises"] = f"{type(error).__name__}: {error.args[0]}"
    says = [*said.messages, *(str(w.message) for w in said.raised)]
    says = [text for text in says if "Input ids are automatically padded" not in text and "`LEDForSequence" not in text]
    if says:
        case["says"] = says
    for result in case.get("gives", []) if isinstance(inputs, list) else [case.get("gives", [])]:
        require_apart(name, result)
    return case


def question_cases(tokenizer: Any) -> list[dict[str, Any]]:
    pipes = {}
    for policy in ("none", "question"):
        model = build_class("LEDForQuestionAnswering", MODEL)
        if policy != "none":
            policy_masks(model, policy)
        pipes[policy] = QuestionAnsweringPipeline(model=model, tokenizer=tokenizer)
    one = {"question": QUESTION, "context": STORY}
    odd = {"question": " What is  there?", "context": ODD_TEXT}
    two = [one, {"question": "Where did she live?", "context": STORY[60:]}]
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("an answer", one, {}),
        ("three answers", one, {"top_k": 3}),
        ("the deprecated name", one, {"topk": 2}),
        ("short answers", one, {"top_k": 4, "max_answer_len": 1}),
        ("long answers", one, {"top_k": 4, "max_answer_len": 60}),
        ("tokens in place of words", one, {"top_k": 5, "align_to_words": False}),
        ("a null answer", one, {"handle_impossible_answer": True, "top_k": 3}),
        ("a null answer among many", one, {"handle_impossible_answer": True, "top_k": 40}),
        ("other characters", odd, {"top_k": 4}),
        ("other characters by tokens", odd, {"top_k": 6, "align_to_words": False}),
        ("windows", one, {"max_seq_len": 36, "doc_stride": 7}),
        ("windows, several answers", one, {"max_seq_len": 36, "doc_stride": 7, "top_k": 5}),
        ("windows of the usual stride", one, {"max_seq_len": 60, "top_k": 3}),
        ("windows without a stride", one, {"max_seq_len": 30, "doc_stride": 0, "top_k": 3}),
        ("windows and a null answer", one, {"max_seq_len": 36, "doc_stride": 7, "top_k": 9, "handle_impossible_answer": True}),
        ("windows of other characters", odd, {"max_seq_len": 28, "doc_stride": 5, "top_k": 5, "align_to_words": False}),
        ("windows cut words", odd, {"max_seq_len": 28, "doc_stride": 5, "top_k": 5}),
        ("windows, padded", one, {"max_seq_len": 36, "doc_stride": 7, "top_k": 5, "padding": "max_length"}),
        ("a list", two, {}),
        ("a list of lists", two, {"top_k": 2}),
        ("a batch", two, {"top_k": 2, "batch_size": 3, "max_seq_len": 44, "doc_stride": 9}),
        ("a long question that fits", {"question": STORY[:100], "context": "Ada"}, {"max_seq_len": 80, "doc_stride": 60}),
        ("a question cut", one, {"max_question_len": 3}),
        ("top_k 0", one, {"top_k": 0}),
        ("max_answer_len 0", one, {"max_answer_len": 0}),
        ("a stride above the length", one, {"max_seq_len": 30, "doc_stride": 31}),
        ("no context", {"question": QUESTION}, {}),
        ("no question", {"context": STORY}, {}),
        ("None as a question", {"question": None, "context": STORY}, {}),
        ("an empty question", {"question": "", "context": STORY}, {}),
        ("an empty context", {"question": QUESTION, "context": ""}, {}),
    ]
    made = [
        called(f"{name}, global attention {policy}", pipe, inputs, options, policy=policy)
        for name, inputs, options in cases
        for policy, pipe in pipes.items()
        # What is refused is refused before the model is asked.
        if policy == "none" or name in ("an answer", "three answers", "windows, several answers", "a list of lists", "a batch")
    ]
    keywords: list[tuple[str, dict[str, Any]]] = [
        ("questions of one context", {"question": [QUESTION, "Where did she live?"], "context": STORY}),
        ("questions and contexts", {"question": [QUESTION, "Where?"], "context": [STORY, STORY[60:]]}),
        ("lists of different lengths", {"question": [QUESTION, "Where?"], "context": [STORY]}),
        ("a question of two contexts", {"question": QUESTION, "context": [STORY, STORY]}),
    ]
    made += [called(name, pipes["none"], inputs, {"top_k": 2}, policy="none", keywords=True) for name, inputs in keywords]
    return made


def classification_cases(tokenizer: Any) -> list[dict[str, Any]]:
    pipes = {}
    for name, config in CLASSIFIERS.items():
        model = build_class("LEDForSequenceClassification", MODEL, config)
        pipes[name] = TextClassificationPipeline(model=model, tokenizer=tokenizer)
    first = build_class("LEDForSequenceClassification", MODEL, CLASSIFIERS["three"])
    policy_masks(first, "first")
    pipes["first"] = TextClassificationPipeline(model=first, tokenizer=tokenizer)
    text = LETTERS[0]
    cases: list[tuple[str, str, Any, dict[str, Any]]] = [
        *((f"a text, {name}", name, text, {}) for name in pipes),
        *((f"all classes, {name}", name, text, {"top_k": None}) for name in pipes),
        ("one class in a list", "three", text, {"top_k": 1}),
        ("two classes", "three", text, {"top_k": 2}),
        ("more classes than there are", "three", text, {"top_k": 7}),
        ("texts", "three", LETTERS, {}),
        ("texts, two classes each", "three", LETTERS, {"top_k": 2}),
        ("a list of one text", "three", [text], {}),
        ("a list of one text, two classes", "three", [text], {"top_k": 2}),
        ("a pair", "three", PAIR, {}),
        ("a pair, two classes", "three", PAIR, {"top_k": 2}),
        ("pairs and texts", "three", [PAIR, {"text": text}, text], {}),
        ("the old form of a pair", "three", [[[PAIR["text"], PAIR["text_pair"]]]], {}),
        ("all scores", "three", text, {"return_all_scores": True}),
        ("all scores of texts", "three", LETTERS, {"return_all_scores": True}),
        ("not all scores", "three", text, {"return_all_scores": False}),
        ("all scores of a pair", "three", PAIR, {"return_all_scores": True}),
        *((f"function {name}", "three", text, {"function_to_apply": name, "top_k": None}) for name in ("sigmoid", "softmax", "none")),
        ("regression with a sigmoid", "regression", text, {"function_to_apply": "sigmoid"}),
        ("regression as it is", "regression", text, {"function_to_apply": "none"}),
        ("cut", "three", STORY, {"truncation": True, "max_length": 20, "top_k": None}),
        ("a pair, its second text cut", "three", {"text": text, "text_pair": STORY},
         {"truncation": "only_second", "max_length": 40, "top_k": None}),
        ("padded", "three", text, {"padding": "max_length", "max_length": 50, "truncation": True, "top_k": None}),
        ("an empty text", "three", "", {"top_k": None}),
        ("a list in a list", "three", [[PAIR["text"], PAIR["text_pair"]]], {}),
        ("a function that is none", "three", text, {"function_to_apply": "default"}),
    ]
    return [called(name, pipes[model], inputs, options, model=model) for name, model, inputs, options in cases]


def mask_cases(tokenizer: Any) -> list[dict[str, Any]]:
    pipe = FillMaskPipeline(model=build_class("LEDForConditionalGeneration", MODEL), tokenizer=tokenizer)
    masked_text = "The ships <mask> the shore before."
    several = "The <mask> wrote a <mask> in the text"
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("a mask", masked_text, {}),
        ("one token", masked_text, {"top_k": 1}),
        ("eight tokens", masked_text, {"top_k": 8}),
        ("masks", several, {"top_k": 3}),
        ("a mask at the end", "The ships reached the<mask>", {"top_k": 2}),
        ("texts", [masked_text, "She <mask> back"], {"top_k": 2}),
        ("texts with several masks", [masked_text, several], {"top_k": 2}),
        ("a list of one text", [masked_text], {"top_k": 2}),
        ("a target", masked_text, {"targets": "Ġreached"}),
        ("targets", masked_text, {"targets": ["Ġreached", "Ġbrought", "Ġlooks", "Ġbrought"], "top_k": 2}),
        ("fewer targets than asked for", masked_text, {"targets": ["Ġreached", "Ġbrought"], "top_k": 5}),
        ("targets that are no tokens", masked_text, {"targets": ["reached the shore", "", "Ġbrought"]}),
        ("targets of masks", several, {"targets": ["Ġreached", "Ġbrought", "Ġlooks"], "top_k": 3}),
        ("padding in the text", "The <pad>ships <mask> the shore", {"top_k": 2}),
        ("cut", f"The <mask> wrote. {STORY}", {"tokenizer_kwargs": {"truncation": True, "max_length": 20}, "top_k": 3}),
        ("no mask", "The ships", {}),
        ("no mask in the second text", [masked_text, "The ships"], {}),
        ("no targets", masked_text, {"targets": []}),
        ("targets that are nothing", masked_text, {"targets": [""]}),
    ]
    return [called(name, pipe, inputs, options) for name, inputs, options in cases]


def main() -> None:
    torch.set_num_threads(1)
    tokenizer = LEDTokenizerFast.from_pretrained(FIXTURES / "tiny-tokenizer")
    with torch.no_grad():
        content = {
            "model": MODEL.described(),
            "question_answering": question_cases(tokenizer),
            "classifiers": CLASSIFIERS,
            "text_classification": classification_cases(tokenizer),
            "fill_mask": mask_cases(tokenizer),
        }
    write_fixture(FIXTURES / "pipelines-heads.json", "pipelines_heads.py", ["transformers", "torch", "tokenizers"], content)


if __name__ == "__main__":
    main()
