"""resizing.json: resize_token_embeddings of every class, and the embedding tables before and after."""

from __future__ import annotations

from typing import Any

import torch

from led_classes_cases import Said, described, kept
from led_classes_models import HAW, build_class

BASE, LM = "LEDModel", "LEDForConditionalGeneration"
CLS, QA = "LEDForSequenceClassification", "LEDForQuestionAnswering"
UNTIED = {"tie_word_embeddings": False}
INPUTS = {"input_ids": [[5, 6, 7]], "decoder_input_ids": [[2, 5]]}

# class, config, arguments of one call after the other
CALLS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    *((name, config, [{"new_num_tokens": n}]) for name, config in [(LM, {}), (LM, UNTIED), (BASE, {}), (CLS, {}), (QA, {})] for n in (17, 9, 11)),
    (LM, {}, [{"new_num_tokens": None}]), (LM, UNTIED, [{"new_num_tokens": None}]), (BASE, {}, [{"new_num_tokens": None}]), (BASE, {}, [{}]), (LM, {}, [{}]),
    *((name, config, [{"new_num_tokens": n, "pad_to_multiple_of": m}]) for name, config in [(LM, {}), (LM, UNTIED), (BASE, {})]
      for n, m in [(13, 8), (16, 8), (None, 8), (None, 11), (5, 7)]),
    (LM, {}, [{"new_num_tokens": 17}, {"new_num_tokens": 9}, {"new_num_tokens": 12}]),
    (LM, UNTIED, [{"new_num_tokens": 9}, {"new_num_tokens": 11}]),
    (LM, {}, [{"new_num_tokens": 13, "pad_to_multiple_of": 2.5}]), (LM, {}, [{"new_num_tokens": 13, "pad_to_multiple_of": 0}]),
    (LM, {}, [{"new_num_tokens": 1}]), (LM, {}, [{"new_num_tokens": 0}]), (LM, {}, [{"new_num_tokens": -3}]), (LM, {}, [{"new_num_tokens": 12.5}]),
    (LM, {"init_std": 0.5}, [{"new_num_tokens": 400}]), (LM, {**UNTIED, "init_std": 0.5}, [{"new_num_tokens": 400}]),
    (BASE, {"pad_token_id": 10}, [{"new_num_tokens": 9}]),
    *((name, {}, [{"new_num_tokens": 17}]) for name in ("LEDEncoder", "LEDDecoder")),
]


def rows_kept(before: torch.Tensor, after: torch.Tensor) -> int:
    n = min(len(before), len(after))
    equal = (before[:n] == after[:n]).flatten(1).all(dim=1)
    return n if bool(equal.all()) else int(equal.long().argmin())


def new_rows(before: torch.Tensor, after: torch.Tensor) -> dict[str, Any]:
    """The mean and the deviation of rows that were added: those of a large addition can be compared."""
    added = after[len(before) :]
    if added.numel() < 1000:
        return {}
    return {"new_mean": float(f"{added.mean():.3g}"), "new_std": float(f"{added.std():.4g}")}


def resizing(class_name: str, config: dict[str, Any], calls: list[dict[str, Any]]) -> dict[str, Any]:
    torch.manual_seed(0)
    model = build_class(class_name, HAW, config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    row: dict[str, Any] = {"class": class_name, "config": config, "calls": calls}
    old = None
    with Said() as said:
        try:
            old = model.get_input_embeddings()
            for options in calls:
                given = model.resize_token_embeddings(**options)
        except Exception as error:  # What the reference raises is the fixture.
            row["raises"] = described(error)
    if said.messages:
        row["says"] = said.messages
    after = model.state_dict()
    changes = {name: [list(before[name].shape), list(tensor.shape)] for name, tensor in after.items() if before[name].shape != tensor.shape}
    row |= {"vocab_size": model.config.vocab_size, "dims": changes}
    if "raises" in row or old is None:
        return row
    row["returns"] = {"is_the_tables_own": given is model.get_input_embeddings(), "is_the_old_one": given is old, "num_embeddings": given.num_embeddings, "padding_idx": given.padding_idx}
    table = "shared.weight" if class_name == BASE else "led.shared.weight"
    row["rows_kept"] = rows_kept(before[table], after[table])
    row |= new_rows(before[table], after[table])
    if class_name == LM:
        bias = after["final_logits_bias"]
        n = min(bias.shape[1], before["final_logits_bias"].shape[1])
        same = torch.equal(bias[:, :n], before["final_logits_bias"][:, :n])
        row["final_logits_bias"] = {"kept": same, "zeros_after": bool((bias[:, n:] == 0).all())}
        row["tied"] = model.lm_head.weight is model.led.shared.weight
        row["head"] = {"in_features": model.lm_head.in_features, "out_features": model.lm_head.out_features}
        row["head_rows_kept"] = rows_kept(before["lm_head.weight"], after["lm_head.weight"])
        if config.get("tie_word_embeddings") is False:
            row |= {f"head_{key}": value for key, value in new_rows(before["lm_head.weight"], after["lm_head.weight"]).items()}
        if n > 8:
            with torch.no_grad(), Said():
                logits = model(**{name: torch.tensor(value) for name, value in INPUTS.items()}).logits
            # The new tokens' logits are random: only the old ones' can be compared.
            row["logits_dims"], row["logits"] = list(logits.shape), kept(logits[:, :, : before["final_logits_bias"].shape[1] if n >= 11 else n])
    return row


def content() -> dict[str, Any]:
    return {"model": HAW.described(), "inputs": INPUTS, "resizes": [resizing(*call) for call in CALLS]}
