"""A decoder without a network: its logits are an integer hash of the example's source ids and of the last few ids of
the row. src/generation/table-decoder.ts computes the same numbers, so that search is compared without a model.

All logits are multiples of 2**-17 between -4 and 4 (plus the table's `bias`, multiples of 1/8), exact in float32.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

WORD = 0xFFFFFFFF


def mix(h: int, x: int) -> int:
    h = ((h ^ x) * 0x9E3779B1) & WORD
    return h ^ (h >> 15)


@dataclass
class Table:
    """`order`: how many of the last ids count. `bias`: added to the logit of a token, by its id as a string."""

    vocab_size: int = 23
    seed: int = 1
    order: int = 2
    bias: dict[str, float] = field(default_factory=dict)

    def logits(self, source: list[int], ids: list[int]) -> list[float]:
        h = mix(self.seed, 0)
        for token in source:
            h = mix(h, token + 1)
        for token in ids[-self.order :]:
            h = mix(h, token + 1)
        values = [(mix(mix(h, token + 1), 7) >> 12) / 2**17 - 4 for token in range(self.vocab_size)]
        for token, bias in self.bias.items():
            values[int(token)] += bias
        return values


class TableConfig(PretrainedConfig):
    model_type = "table"

    def __init__(self, vocab_size: int = 23, **kwargs: Any) -> None:
        self.vocab_size = vocab_size
        super().__init__(is_encoder_decoder=True, **kwargs)


class TableEncoder(torch.nn.Module):
    """Gives the ids themselves as hidden states, so that the decoder sees which example a row belongs to."""

    main_input_name = "input_ids"

    def forward(self, input_ids: torch.Tensor, attention_mask: Any = None, **_: Any) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=input_ids[:, :, None].float())


class TableModel(PreTrainedModel):
    config_class = TableConfig
    main_input_name = "input_ids"

    def __init__(self, table: Table) -> None:
        super().__init__(
            TableConfig(
                vocab_size=table.vocab_size, pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2
            )
        )
        self.table = table
        self.encoder = TableEncoder()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def get_encoder(self) -> TableEncoder:
        return self.encoder

    def prepare_inputs_for_generation(
        self, decoder_input_ids: torch.Tensor, encoder_outputs: Any = None, **_: Any
    ) -> dict[str, Any]:
        return {"decoder_input_ids": decoder_input_ids, "encoder_outputs": encoder_outputs}

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        decoder_input_ids: Any = None,
        encoder_outputs: Any = None,
        **_: Any,
    ) -> Seq2SeqLMOutput:
        sources = encoder_outputs.last_hidden_state[:, :, 0].long().tolist()
        rows = [self.table.logits(source, ids) for source, ids in zip(sources, decoder_input_ids.tolist(), strict=True)]
        return Seq2SeqLMOutput(logits=torch.tensor(rows, dtype=torch.float32)[:, None, :])
