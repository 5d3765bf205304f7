"""The models of fixtures/model-gradients.json, among them the package's own heads over the encoder, and what each trains."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch.nn import BCEWithLogitsLoss, CrossEntropyLoss, Embedding, Linear, Module, MSELoss
from transformers import LEDConfig
from transformers.models.led.modeling_led import LEDClassificationHead, LEDEncoder

from counter_weights import Parameter, class_parameters, counter_values
from led_classes_models import build_class
from tiny_models import SCALES, SHARP, TinyModel, default_dtype

# Small enough for a fixture to hold every gradient of some sixty passes; encoder heads of width 5, decoder heads of width 2.
DAMSON = TinyModel(
    name="damson",
    seed=406,
    scales={**SHARP, "query_key": (0.0, 0.3), "linear": (0.0, 0.25), "head": (0.0, 0.3)},
    config={
        "model_type": "led", "vocab_size": 43, "d_model": 10, "activation_function": "gelu",
        "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 7, "max_encoder_position_embeddings": 29,
        "decoder_layers": 2, "decoder_attention_heads": 5, "decoder_ffn_dim": 11, "max_decoder_position_embeddings": 13,
        "attention_window": [4, 8], "tie_word_embeddings": True,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    },
)

# One layer a side and a window of 6, where depth is not the subject: most of a fixture's bytes are gradients of layers.
BULLACE = TinyModel(
    name="bullace",
    seed=407,
    scales=DAMSON.scales,
    config={**DAMSON.config, "encoder_layers": 1, "decoder_layers": 1, "attention_window": [6]},
)


def over_encoder(config: dict[str, Any]) -> bool:
    return config.get("head") == "encoder"


def trained(config: dict[str, Any], class_name: str) -> Iterator[tuple[str, Parameter]]:
    """Names and shapes of what has a gradient: class_parameters without buffers; of a head over the encoder without a decoder."""
    for name, p in class_parameters(config, class_name):
        if name == "final_logits_bias" or (over_encoder(config) and name.startswith("led.decoder.")):
            continue
        head = over_encoder(config) and not name.startswith("led.")
        yield f"encoder_{name}" if head else name, p


class EncoderHead(Module):
    """LEDForSequenceClassification or LEDForQuestionAnswering with config key `head: "encoder"`: no class of transformers.

    Its parts are the reference's LEDEncoder and head; what it reads and which tokens are global unless a mask says
    otherwise are as in src/models/led/for-sequence-classification.ts and for-question-answering.ts.
    """

    def __init__(self, config: LEDConfig, class_name: str):
        super().__init__()
        self.config, self.classifies = config, class_name == "LEDForSequenceClassification"
        self.led = Module()
        self.led.shared = Embedding(config.vocab_size, config.d_model, config.pad_token_id)
        self.led.encoder = LEDEncoder(config, self.led.shared)
        if self.classifies:
            self.encoder_classification_head = LEDClassificationHead(config.d_model, config.d_model, config.num_labels, config.classifier_dropout)
        else:
            self.encoder_qa_outputs = Linear(config.d_model, 2)

    def forward(
        self, labels: Any = None, start_positions: Any = None, end_positions: Any = None, global_attention_mask: Any = None, **inputs: Any
    ) -> SimpleNamespace:
        if global_attention_mask is None:
            global_attention_mask = self.default_globals(**inputs)
        states = self.led.encoder(global_attention_mask=global_attention_mask, **inputs)[0]
        if self.classifies:
            logits = self.encoder_classification_head(states[:, 0])
            return SimpleNamespace(loss=self.label_loss(logits, labels), logits=logits)
        starts, ends = self.encoder_qa_outputs(states).unbind(-1)
        length = starts.shape[1]
        loss = CrossEntropyLoss(ignore_index=length)
        both = [loss(logits, at.clamp(0, length)) for logits, at in ((starts, start_positions), (ends, end_positions))]
        return SimpleNamespace(loss=sum(both) / 2, start_logits=starts, end_logits=ends)

    def default_globals(self, input_ids: Any = None, inputs_embeds: Any = None, **_: Any) -> torch.Tensor:
        """The first token for a class; for an answer the question, which ends with the first end token."""
        shape = (inputs_embeds[..., 0] if input_ids is None else input_ids).shape
        if self.classifies:
            return (torch.arange(shape[1]) == 0).long().expand(shape)
        ends = input_ids.eq(self.config.eos_token_id)
        assert bool((ends.sum(1) >= 2).all()), "a question and a text have an end token each"
        return ends.cumsum(1).eq(0).long()

    def label_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        config = self.config
        if config.num_labels == 1:
            return MSELoss()(logits.squeeze(), labels.squeeze())
        return CrossEntropyLoss()(logits, labels) if labels.dtype == torch.long else BCEWithLogitsLoss()(logits, labels)


def build(class_name: str, tiny: TinyModel, changes: dict[str, Any], dtype: torch.dtype) -> Module:
    """A class of the reference or a head over the encoder, with the counter's weights."""
    config = {**tiny.config, **changes}
    if not over_encoder(config):
        return build_class(class_name, tiny, changes, dtype)
    scales = {**SCALES, **tiny.scales}
    with default_dtype(dtype):
        model = EncoderHead(LEDConfig(**copy.deepcopy(config)), class_name).eval()
        targets = dict(model.named_parameters())
        expected = dict(trained(config, class_name))
        assert {name: p.shape for name, p in expected.items()} == {name: tuple(t.shape) for name, t in targets.items()}
        with torch.no_grad():
            for name, p in expected.items():
                values = counter_values(tiny.seed, p.name, targets[name].numel(), *scales[p.kind])
                targets[name].copy_(torch.from_numpy(values).reshape(p.shape))
    return model
