/**
 * Another number of tokens for a model (transformers 4.37.2, modeling_utils.py: _get_resized_embeddings; modeling_led.py:
 * _resize_final_logits_bias): the rows that both have are copied, new ones are as at initialisation, new logits have no bias.
 */
import type { FloatWeight } from "../../runtime/engine.ts";
import { elementCount } from "../../tensor.ts";

/** A table [rows, width] out of one with another number of rows; `fresh` gives those that it lacks. */
export function resizedTable(table: FloatWeight, rows: number, fresh: FloatWeight): FloatWeight {
  const [, width] = table.shape as [number, number];
  return {
    shape: [rows, width],
    async *stream() {
      const kept = Math.min(rows, table.shape[0]!) * width;
      yield* firstNumbers(table, kept);
      yield* numbersFrom(fresh, kept);
    },
  };
}

/** final_logits_bias [1, n] cut or filled up with zeros. */
export function widenedBias(bias: FloatWeight, columns: number): FloatWeight {
  return {
    shape: [1, columns],
    async *stream() {
      const kept = Math.min(columns, elementCount(bias.shape));
      yield* firstNumbers(bias, kept);
      if (columns > kept) yield new Float32Array(columns - kept);
    },
  };
}

async function* firstNumbers(weight: FloatWeight, count: number): AsyncGenerator<Float32Array> {
  let left = count;
  for await (const chunk of weight.stream()) {
    if (left <= 0) return;
    yield chunk.length <= left ? chunk : chunk.slice(0, left);
    left -= chunk.length;
  }
}

async function* numbersFrom(weight: FloatWeight, start: number): AsyncGenerator<Float32Array> {
  let at = 0;
  for await (const chunk of weight.stream()) {
    const end = at + chunk.length;
    if (end > start) yield chunk.slice(Math.max(0, start - at));
    at = end;
  }
}
