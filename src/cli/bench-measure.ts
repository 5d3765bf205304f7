/** The measurements of `led bench`: passes of the encoder, and steps of the decoder. */
import type { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import { Tensor } from "../tensor.ts";

/** Seconds of each pass or step that counted. */
export interface Spread {
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly count: number;
}

/** Steps that do not count: the first ones make room in the engine's memory. */
export const warmupSteps = 4;

/** Passes over one document of `tokens`, its first token global. The first pass does not count. */
export async function measureEncoding(
  model: LEDForConditionalGeneration,
  tokens: number,
  repeats: number,
  onPass: (done: number) => void,
): Promise<Spread> {
  const { vocab_size } = model.config;
  const ids = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(4 + ((i * 7919) % (vocab_size - 4))));
  const global_attention_mask = Tensor.zeros("int64", [1, tokens]);
  global_attention_mask.data[0] = 1n;
  const inputs = { input_ids: new Tensor("int64", ids, [1, tokens]), global_attention_mask };
  const encoder = model.get_encoder();
  const seconds: number[] = [];
  for (let pass = 0; pass <= repeats; pass++) {
    const start = performance.now();
    await encoder.forward(inputs);
    seconds.push((performance.now() - start) / 1000);
    onPass(pass + 1);
  }
  return spreadOf(seconds.slice(1));
}

/**
 * Whole steps of a search over a source of `tokens` that is encoded already: the decoder's pass, scores, the choice of tokens.
 * The call of generate() is ended after the last.
 */
export async function measureSteps(
  model: LEDForConditionalGeneration,
  { tokens, num_beams, steps }: { readonly tokens: number; readonly num_beams: number; readonly steps: number },
): Promise<Spread> {
  const last_hidden_state = Tensor.zeros("float32", [1, tokens, model.config.d_model]);
  last_hidden_state.data.forEach((_, i, data) => {
    data[i] = Math.sin(i);
  });
  const wanted = warmupSteps + steps;
  const ended = new AbortController();
  const times: number[] = [];
  const call = model.generate({
    encoder_outputs: { last_hidden_state },
    num_beams,
    // What a checkpoint says of lengths and ends would only be warned about.
    min_length: 0,
    early_stopping: false,
    // One more than is measured, so that the search does not end by itself.
    min_new_tokens: wanted + 1,
    max_new_tokens: wanted + 1,
    signal: ended.signal,
    progress_callback({ stage }) {
      if (stage !== "generate" || ended.signal.aborted) return;
      times.push(performance.now());
      if (times.length > wanted) ended.abort();
    },
  });
  await call.catch((error: unknown) => {
    if (!ended.signal.aborted) throw error;
  });
  const seconds = times.slice(1).map((time, i) => (time - times[i]!) / 1000);
  return spreadOf(seconds.slice(warmupSteps));
}

function spreadOf(seconds: readonly number[]): Spread {
  const sorted = seconds.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index]!;
  return {
    // The same one twice where the count is odd.
    median: (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2,
    fastest: at(0),
    slowest: at(sorted.length - 1),
    count: sorted.length,
  };
}
