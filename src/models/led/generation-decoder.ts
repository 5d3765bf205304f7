/** LED's decoder in the form that generation/ drives: one document batch, its beams sharing source and cache. */
import { InvalidArgumentError } from "../../errors.ts";
import type { Decoder } from "../../generation/decoder.ts";
import { Tensor } from "../../tensor.ts";
import { ancestryBias, appendRows, type BeamCache, emptyCache, extended } from "./beam-cache.ts";
import { causalBias, type DecoderRunner, type Source } from "./decoder.ts";

export interface LEDDecodingState {
  readonly source: Source;
  readonly cache: BeamCache;
  /** Position of the next token. */
  readonly position: number;
}

/** `prepare` gives the source; it is asked for once, when the search begins. */
export function generationDecoder(
  runner: DecoderRunner,
  batch: number,
  prepare: () => Promise<Source>,
): Decoder<LEDDecodingState> {
  const { config } = runner;
  const heads = config.decoder_attention_heads;
  const positionRow = (position: number): void => {
    const rows = config.max_decoder_position_embeddings;
    if (position < rows) return;
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `at most ${rows} decoder positions (max_decoder_position_embeddings)`,
      got: `a sequence of ${position + 1} tokens`,
      fix: `Set max_new_tokens below ${rows}.`,
    });
  };
  return {
    vocabSize: config.vocab_size,

    async start(prompt, beams) {
      const length = prompt[0]!.length;
      positionRow(length - 1);
      const source = await prepare();
      const width = config.d_model / heads;
      const empty = emptyCache({ batch, beams, layers: config.decoder_layers, heads, width });
      const { logits, added } = await runner.step({
        tokens: Tensor.from(prompt, "int64") as Tensor<"int64">,
        position_ids: positions(0, length),
        self_bias: causalBias(batch, 0, length, undefined),
        past: empty.layers,
        source,
      });
      const cache = appendRows(empty, added, () => Int32Array.from({ length }, (_, row) => row));
      return { logits: lastPositions(logits!), state: { source, cache, position: length } };
    },

    async step({ source, cache, position }, tokens, parents) {
      positionRow(position);
      const { beams } = cache.geometry;
      const { logits, added } = await runner.step({
        tokens: new Tensor("int64", BigInt64Array.from(tokens, BigInt), [batch, beams]),
        position_ids: new Tensor("int64", new BigInt64Array(beams).fill(BigInt(position)), [beams]),
        self_bias: ancestryBias(cache, parents),
        past: cache.layers,
        source,
      });
      const pasts = cache.ancestry;
      const next = appendRows(cache, added, (sequence, firstNewRow) =>
        extended(pasts[parents[sequence]!]!, firstNewRow + (sequence % beams)),
      );
      return { logits: logits!.data, state: { source, cache: next, position: position + 1 } };
    },
  };
}

function positions(first: number, count: number): Tensor<"int64"> {
  return new Tensor(
    "int64",
    BigInt64Array.from({ length: count }, (_, index) => BigInt(first + index)),
    [count],
  );
}

/** [B, Q, V] -> the last position's rows [B, V] */
function lastPositions(logits: Tensor<"float32">): Float32Array {
  const [batch, length, vocabulary] = logits.dims as [number, number, number];
  const last = new Float32Array(batch * vocabulary);
  for (let example = 0; example < batch; example++) {
    const start = ((example + 1) * length - 1) * vocabulary;
    last.set(logits.data.subarray(start, start + vocabulary), example * vocabulary);
  }
  return last;
}
