/** LED's decoder in the form that generation/ drives: one document batch, its beams sharing source and cache. */
import { InvalidArgumentError } from "../../errors.ts";
import type { Decoder, Observed, PastKeyValues, Wanted } from "../../generation/decoder.ts";
import { takeRows } from "../../generation/rows.ts";
import { mostNegativeFloat32, Tensor } from "../../tensor.ts";
import { ancestryBias, appendRows, type BeamCache, compacted, emptyCache, extended, gathered } from "./beam-cache.ts";
import { causalBias, type DecoderRunner, type Source, type StepOutputs } from "./decoder.ts";
import { numbersOfSource } from "./source-rows.ts";

export interface LEDDecodingState {
  readonly source: Source;
  readonly cache: BeamCache;
  /** Position of the next token. */
  readonly position: number;
  readonly wanted: Wanted;
}

/** [layers, heads] each; undefined for heads as they are. */
export interface DecoderHeadMasks {
  readonly head_mask: Tensor<"float32"> | undefined;
  readonly cross_attn_head_mask: Tensor<"float32"> | undefined;
}

/** `prepare` gives the source; it is asked for once, when the search begins. */
export function generationDecoder(
  runner: DecoderRunner,
  batch: number,
  masks: DecoderHeadMasks,
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
  const optionsFor = ({ hidden = false, hidden_states = false, attentions = false, log_probs = false }: Wanted) => ({
    hidden,
    log_probs,
    output_hidden_states: hidden_states,
    output_attentions: attentions,
  });
  return {
    vocabSize: config.vocab_size,

    async start(prompt, beams, _maxLength, wanted = {}) {
      const length = prompt[0]!.length;
      positionRow(length - 1);
      const source = await prepare();
      const width = config.d_model / heads;
      const empty = emptyCache({ batch, beams, layers: config.decoder_layers, heads, width });
      const outputs = await runner.step(
        {
          tokens: Tensor.from(prompt, "int64") as Tensor<"int64">,
          position_ids: positions(0, length),
          self_bias: causalBias(batch, 0, length, undefined),
          past: empty.layers,
          source,
          ...masks,
        },
        optionsFor(wanted),
      );
      const cache = appendRows(empty, outputs.added, () => Int32Array.from({ length }, (_, row) => row));
      return {
        logits: lastPositions(outputs.logits!),
        normalized: wanted.log_probs,
        state: { source, cache, position: length, wanted },
        hidden: outputs.hidden,
        observed: observedAtStart(outputs, batch, beams),
      };
    },

    async step({ source, cache, position, wanted }, tokens, parents) {
      positionRow(position);
      const { beams } = cache.geometry;
      const outputs = await runner.step(
        {
          tokens: new Tensor("int64", BigInt64Array.from(tokens, BigInt), [batch, beams]),
          position_ids: new Tensor("int64", new BigInt64Array(beams).fill(BigInt(position)), [beams]),
          self_bias: ancestryBias(cache, parents),
          past: cache.layers,
          source,
          ...masks,
        },
        optionsFor(wanted),
      );
      const pasts = cache.ancestry;
      const next = appendRows(cache, outputs.added, (sequence, firstNewRow) =>
        extended(pasts[parents[sequence]!]!, firstNewRow + (sequence % beams)),
      );
      return {
        logits: outputs.logits!.data,
        normalized: wanted.log_probs,
        state: { source, cache: next, position: position + 1, wanted },
        hidden: outputs.hidden?.reshape([batch * beams, 1, config.d_model]),
        observed: observedOfRows(outputs, cache, parents),
      };
    },

    async extend({ source, cache, position, wanted }, tokens) {
      positionRow(position + tokens.length - 1);
      const past = cache.ancestry[0]!;
      const outputs = await runner.step({
        tokens: new Tensor("int64", BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
        position_ids: positions(position, tokens.length),
        self_bias: draftBias(cache, tokens.length),
        past: cache.layers,
        source,
        ...masks,
      });
      return {
        logits: outputs.logits!.data,
        keep(count) {
          // Rows of drafts that were wrong stay behind, in no sequence's past.
          const next = appendRows(cache, outputs.added, (_sequence, firstNewRow) =>
            Int32Array.of(...past, ...Array.from({ length: count }, (_, row) => firstNewRow + row)),
          );
          return { source, cache: next, position: position + count, wanted };
        },
      };
    },

    compact: (state, parents) => ({ ...state, cache: compacted(state.cache, parents) }),

    past({ source, cache }, parents, drop): PastKeyValues {
      const examples = parents.map((sequence) => Math.floor(sequence / cache.geometry.beams));
      return gathered(cache, parents, drop).map(({ keys, values }, layer) => {
        const read = numbersOfSource(source.layers[layer]!);
        return [keys, values, takeRows(read.keys, examples), takeRows(read.values, examples)];
      });
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

/** The bias of several new tokens of the only sequence: its past, and of the new ones those up to each. [1, 1, Q, P+Q] */
function draftBias(cache: BeamCache, tokens: number): Tensor<"float32"> {
  const width = cache.room + tokens;
  const bias = Tensor.zeros("float32", [1, 1, tokens, width]);
  bias.data.fill(mostNegativeFloat32);
  for (let query = 0; query < tokens; query++) {
    for (const row of cache.ancestry[0]!) bias.data[query * width + row] = 0;
    bias.data.fill(0, query * width + cache.room, query * width + cache.room + query + 1);
  }
  return bias;
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

/** What the prompt's pass showed, once for each beam: [R, ...]. */
function observedAtStart(outputs: StepOutputs, batch: number, beams: number): Observed | undefined {
  const rows = Array.from({ length: batch * beams }, (_, row) => Math.floor(row / beams));
  return observedThrough(outputs, (tensor) => takeRows(tensor, rows));
}

/** What a step showed, as the rows of its sequences: attentions [R, h, 1, n], hidden states [R, 1, D]. */
function observedOfRows(outputs: StepOutputs, cache: BeamCache, parents: Int32Array): Observed | undefined {
  const { batch, beams, heads } = cache.geometry;
  const pasts = Array.from(parents, (parent, sequence) =>
    extended(cache.ancestry[parent]!, cache.room + (sequence % beams)),
  );
  const length = pasts[0]!.length;
  return observedThrough(outputs, (tensor, kind) => {
    const columns = tensor.dims.at(-1)!;
    if (kind === "hidden") return tensor.reshape([batch * beams, 1, columns]);
    const kept = kind === "self" ? length : columns;
    const result = Tensor.zeros("float32", [batch * beams, heads, 1, kept]);
    for (let sequence = 0; sequence < batch * beams; sequence++) {
      for (let head = 0; head < heads; head++) {
        const from = ((Math.floor(sequence / beams) * heads + head) * beams + (sequence % beams)) * columns;
        const to = (sequence * heads + head) * kept;
        // Of the cache's rows a sequence sees its own past alone; the others' probabilities are zero.
        if (kind === "self")
          result.data.set(
            Array.from(pasts[sequence]!, (row) => tensor.data[from + row]!),
            to,
          );
        else result.data.set(tensor.data.subarray(from, from + columns), to);
      }
    }
    return result;
  });
}

type Kind = "self" | "cross" | "hidden";

function observedThrough(
  { attentions, cross_attentions, hidden_states }: StepOutputs,
  rows: (tensor: Tensor<"float32">, kind: Kind) => Tensor<"float32">,
): Observed | undefined {
  if (attentions === undefined && hidden_states === undefined) return undefined;
  return {
    decoder_attentions: attentions?.map((tensor) => rows(tensor, "self")),
    cross_attentions: cross_attentions?.map((tensor) => rows(tensor, "cross")),
    decoder_hidden_states: hidden_states?.map((tensor) => rows(tensor, "hidden")),
  };
}
