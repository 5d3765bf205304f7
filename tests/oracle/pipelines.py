"""Writes fixtures/pipelines.json: what transformers' pipelines for summarization, text2text-generation and translation give on a
tiny LED model with the small vocabulary (fixtures/tiny-tokenizer). Run from anywhere, after tokenizer.py:
python tests/oracle/pipelines.py

Each case gives the same in float64: what rounding could decide is no case.
"""

from __future__ import annotations

import copy
import functools
from dataclasses import replace
from typing import Any

import torch
from transformers import LEDTokenizerFast, SummarizationPipeline, Text2TextGenerationPipeline, TranslationPipeline

from fixture_file import FIXTURES, write_fixture
from led_classes_cases import Said
from tiny_models import TALKER, TinyModel, build, default_dtype

# Tokens that the model's table holds; the tokenizer is told, for the reference cuts where the tokenizer says.
LIMIT = 48

MODEL = replace(
    TALKER,
    name="talker of 1000",
    config={**TALKER.config, "vocab_size": 1000, "max_encoder_position_embeddings": LIMIT},
)

CLASSES = {
    "summarization": SummarizationPipeline,
    "text2text-generation": Text2TextGenerationPipeline,
    "translation": TranslationPipeline,
}

STORY = "The lighthouse keeper wrote a letter every evening. Her name was Ada."
LONG = f"{STORY} In the second winter the ships brought euros, coffee and a new lamp, which she had looked for. 漢字 and 👩‍👧 stop."
TEXTS = ["The ships reached the shore.", STORY, "Größe: «1 234»"]

# What a model's config says about tasks; a name under which cases ask for it.
CONFIGS: dict[str, dict[str, Any]] = {
    "plain": {"max_length": 12},
    "prefix": {"max_length": 12, "prefix": " "},
    "tasks": {
        "max_length": 9,
        "task_specific_params": {
            "summarization": {"max_length": 14, "min_length": 6, "num_beams": 2, "no_repeat_ngram_size": 2, "prefix": "summarize: "},
            "translation_en_to_de": {"max_length": 11, "num_beams": 3, "early_stopping": True, "prefix": "to German: "},
        },
    },
}


def made(tokenizer: Any, case: dict[str, Any], dtype: torch.dtype) -> Any:
    model = build(TinyModel(MODEL.name, MODEL.seed, MODEL.scales, {**MODEL.config, **copy.deepcopy(CONFIGS[case["config"]])}), dtype)
    generate = model.generate

    @functools.wraps(generate)
    def with_mask(input_ids: torch.Tensor, **inputs: Any) -> Any:
        """The pipelines never pass a global_attention_mask: generate gets it here."""
        mask = torch.zeros_like(input_ids)
        mask[:, 0] = 1
        return generate(input_ids=input_ids, global_attention_mask=mask, **inputs)

    if case["global_attention"] == "first":
        model.generate = with_mask
    return CLASSES[case["task"].split("_")[0]](model=model, tokenizer=tokenizer, task=case["task"])


def plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def called(tokenizer: Any, case: dict[str, Any]) -> dict[str, Any]:
    pipe = made(tokenizer, case, torch.float32)
    with Said() as said:
        try:
            case["gives"] = plain(pipe(case["texts"], **case["options"]))
        except Exception as error:
            case["raises"] = f"{type(error).__name__}: {error}"
    case["says"] = [text for text in said.messages if text.startswith(("Your ", "Stopping "))]
    if "gives" in case:
        with default_dtype(torch.float64), Said():
            exact = plain(made(tokenizer, case, torch.float64)(case["texts"], **case["options"]))
        if exact != case["gives"]:
            raise AssertionError(f"{case['name']}: rounding decides")
    return case


def cases(tokenizer: Any) -> list[dict[str, Any]]:
    def case(name: str, task: str, texts: Any, config: str = "plain", global_attention: str = "first", **options: Any) -> dict[str, Any]:
        about = {"name": name, "task": task, "config": config, "global_attention": global_attention}
        return called(tokenizer, {**about, "texts": texts, "options": options})

    beams = {"num_beams": 4, "num_return_sequences": 3}
    stops = [[place + 2, token] for place, token in enumerate(tokenizer.encode(" .", add_special_tokens=False))]
    first = [
        case("a text", "summarization", STORY),
        case("no global attention", "summarization", STORY, global_attention="none"),
        case("beams", "summarization", STORY, num_beams=3, max_length=14, min_length=5, length_penalty=0.6),
        case("several sequences", "summarization", STORY, **beams),
        case("ids", "summarization", STORY, return_tensors=True),
        case("ids of several sequences", "summarization", STORY, return_tensors=True, **beams),
        case("texts", "summarization", TEXTS),
        case("a list of one", "summarization", [STORY]),
        case("texts in batches", "summarization", TEXTS, batch_size=2, num_beams=2),
        case("several sequences of texts", "summarization", TEXTS, batch_size=3, num_beams=2, num_return_sequences=2),
        case("max_new_tokens", "summarization", STORY, max_new_tokens=5),
        case("no text", "summarization", ""),
        case("white space", "summarization", " \n "),
        case("cut", "summarization", LONG, truncation=True),
        case("cut by name", "summarization", LONG, truncation="only_first", num_beams=2),
        case("one of them cut", "summarization", [STORY, LONG], truncation="longest_first", batch_size=2),
        case("not cleaned up", "summarization", STORY, forced_decoder_ids=stops),
        case("cleaned up", "summarization", STORY, forced_decoder_ids=stops, clean_up_tokenization_spaces=True),
        case("lengths that contradict each other", "summarization", STORY, min_length=9, max_length=6),
        case("longer than its source", "summarization", "The ships.", max_length=20),
        case("a prefix", "summarization", STORY, config="prefix"),
        case("what the config says of the task", "summarization", STORY, config="tasks"),
        case("what the call says instead", "summarization", STORY, config="tasks", max_length=8, min_length=0, num_beams=1),
        case("nothing about the task", "text2text-generation", STORY, config="tasks"),
        case("nothing about the languages", "translation", STORY, config="tasks"),
        case("what the config says of the languages", "translation_en_to_de", STORY, config="tasks"),
        case("a text", "text2text-generation", STORY, num_beams=2),
        case("texts in batches", "text2text-generation", TEXTS, batch_size=3),
        case("ids", "text2text-generation", TEXTS[0], return_tensors=True),
        case("a text", "translation", STORY, max_length=30),
        case("longer than the output", "translation", STORY),
        case("texts in batches", "translation", TEXTS, batch_size=2, max_length=40),
        case("ids", "translation", TEXTS, return_tensors=True, max_length=40),
        case("more sequences than beams", "summarization", STORY, num_beams=2, num_return_sequences=3),
        case("greedy and several sequences", "text2text-generation", STORY, num_return_sequences=2),
    ]
    # Outputs of unlike length: one ends at a token that the others have not written by then.
    ids = case("", "summarization", TEXTS, return_tensors=True)["gives"]
    fresh = [token for token in ids[1]["summary_token_ids"][3:] if token not in ids[0]["summary_token_ids"]]
    end = next(token for token in fresh if tokenizer.encode(tokenizer.decode([token]), add_special_tokens=False) == [token])
    word = tokenizer.decode([end])
    return [
        *first,
        case("outputs of unlike length", "summarization", TEXTS, batch_size=3, return_tensors=True, eos_token_id=end),
        case("a token that ends", "text2text-generation", TEXTS, batch_size=3, stop_sequence=word),
        case("a text that ends", "text2text-generation", STORY, stop_sequence=f"{word} the winter"),
    ]


def main() -> None:
    torch.set_num_threads(1)
    tokenizer = LEDTokenizerFast.from_pretrained(FIXTURES / "tiny-tokenizer", model_max_length=LIMIT)
    with torch.no_grad():
        content = {"model": MODEL.described(), "limit": LIMIT, "configs": CONFIGS, "cases": cases(tokenizer)}
    write_fixture(FIXTURES / "pipelines.json", "pipelines.py", ["transformers", "torch", "tokenizers"], content)


if __name__ == "__main__":
    main()
