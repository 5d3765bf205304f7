/**
 * Which tokens get global attention under heads over the encoder when nobody says: the first one for classification, the
 * question for question answering, as with Longformer (transformers 4.37.2, modeling_longformer.py:
 * LongformerForSequenceClassification.forward, _compute_global_attention_mask).
 */
import { InvalidArgumentError } from "../../errors.ts";
import { Tensor } from "../../tensor.ts";

/** [B, S]: the first token of each row. */
export function firstTokenMask(batch: number, length: number): Tensor<"int64"> {
  const mask = Tensor.zeros("int64", [batch, length]);
  for (let row = 0; row < batch; row++) mask.data[row * length] = 1n;
  return mask;
}

/** [B, S]: of `<s>question</s></s>text</s>` all before the first end token. */
export function questionMask(ids: Tensor<"int64">, eos: number | number[] | null): Tensor<"int64"> {
  const [batch, length] = ids.dims as [number, number];
  const ends = [eos].flat().map((id) => BigInt(id ?? -1));
  const mask = Tensor.zeros("int64", [batch, length]);
  for (let row = 0; row < batch; row++) {
    const own = ids.data.subarray(row * length, (row + 1) * length);
    const count = own.reduce((sum, id) => sum + (ends.includes(id) ? 1 : 0), 0);
    // A text alone would be its own question: global attention on all of it takes memory by the square of its length.
    if (count < 2) {
      throw new InvalidArgumentError({
        operation: "LEDForQuestionAnswering.forward",
        expected: `a question and a text in each row of input_ids, each with its end token (eos_token_id ${eos})`,
        got: `${count} end tokens in row ${row}`,
        fix: "Encode both with tokenizer(question, text), or pass global_attention_mask.",
      });
    }
    mask.data.fill(1n, row * length, row * length + own.findIndex((id) => ends.includes(id)));
  }
  return mask;
}
