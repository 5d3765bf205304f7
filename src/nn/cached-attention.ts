/**
 * The decoder's attention (transformers 4.37.2, modeling_led.py: LEDDecoderAttention) over keys and values that are
 * given, so that no layer remembers a call.
 *
 * B batch, Q query rows of an example (tokens of a prompt, or one token of each beam), P cached rows, S source
 * positions, D width, h heads, e = D/h. Beams are query rows, not examples: they share the example's source keys and its
 * cache, and a bias says which cached rows belong to a row's own past.
 */
import type { Graph, Value } from "../graph/graph.ts";
import type { Dim } from "../graph/types.ts";
import { type ByteRows, scoresByBytes, weightedByBytes } from "./byte-rows.ts";
import { type LinearOptions, linear } from "./linear.ts";
import { maskHeads, type Observation } from "./observation.ts";
import type { Parameters } from "./parameters.ts";
import { swappedScores } from "./swapped-scores.ts";
import { weightedRows } from "./weighted-rows.ts";

export interface KeysAndValues {
  /** [B, h, n, e] */
  readonly keys: Value;
  /** [B, h, n, e] */
  readonly values: Value;
}

/** [B, n, D] -> [B, h, n, e] */
export function splitHeads(g: Graph, x: Value, heads: number): Value {
  const [B, n, D] = x.shape as [Dim, Dim, number];
  return g.transpose(g.reshape(x, [B, n, heads, D / heads]), [0, 2, 1, 3]);
}

/** [B, h, n, e] -> [B, n, h*e] */
export function joinHeads(g: Graph, x: Value): Value {
  const [B, heads, n, e] = x.shape as [Dim, number, Dim, number];
  return g.reshape(g.transpose(x, [0, 2, 1, 3]), [B, n, heads * e]);
}

export function projectKeysAndValues(
  g: Graph,
  p: Parameters,
  x: Value,
  heads: number,
  { manyRows = false }: Pick<LinearOptions, "manyRows"> = {},
): KeysAndValues {
  const D = x.shape[2] as number;
  return {
    keys: splitHeads(g, linear(g, p.at("k_proj"), x, D, { manyRows }), heads),
    values: splitHeads(g, linear(g, p.at("v_proj"), x, D, { manyRows }), heads),
  };
}

/** Scaled by 1 / sqrt(e): [B, n, D] -> [B, h, n, e] */
export function projectQueries(g: Graph, p: Parameters, x: Value, heads: number): Value {
  const D = x.shape[2] as number;
  return splitHeads(g, linear(g, p.at("q_proj"), x, D, { scale: (D / heads) ** -0.5 }), heads);
}

/** Attention's output and, where it is observed, its probabilities before the head mask: without columns where unwanted. */
export interface Attended {
  /** [B, Q, D] */
  readonly output: Value;
  /** [B, h, Q, n or 0] */
  readonly probabilities: Value | undefined;
}

/** What is read of a source: as numbers [B, h, n, e], or as bytes. */
export type SourceRows =
  | ({
      readonly kind: "numbers";
      /** int64 []: of the source's rows, as weightedRows takes it. */
      readonly pieces: Value;
    } & KeysAndValues)
  | { readonly kind: "bytes"; readonly keys: ByteRows; readonly values: ByteRows };

/** Attention of x [B, Q, D] over given rows; bias broadcasts over [B, h, Q, n]. */
export function crossAttention(
  g: Graph,
  p: Parameters,
  x: Value,
  source: SourceRows,
  bias: Value,
  { heads, observation }: { readonly heads: number; readonly observation?: Observation | undefined },
): Attended {
  const D = x.shape[2] as number;
  const queries = projectQueries(g, p, x, heads); // [B, h, Q, e]
  // Keys on the left: the engine packs what is on the right, and the queries of a step are few.
  const scores =
    source.kind === "bytes"
      ? scoresByBytes(g, queries, source.keys)
      : swappedScores(g, g.matmul(source.keys, g.swap(queries))); // [B, h, Q, n]
  const probabilities = g.softmax(g.add(scores, bias));
  const weighted =
    source.kind === "bytes"
      ? weightedByBytes(g, probabilities, source.values)
      : weightedRows(g, probabilities, source.values, source.pieces); // [B, h, Q, e]
  const context = maskHeads(g, weighted, observation);
  return {
    output: linear(g, p.at("out_proj"), joinHeads(g, context), D),
    probabilities: shown(g, probabilities, observation),
  };
}

function shown(g: Graph, probabilities: Value, observation: Observation | undefined): Value | undefined {
  if (observation === undefined) return undefined;
  const columns = probabilities.shape[3]!;
  const name = `${columns} wanted`;
  g.bind(name, g.mul(g.size(columns), observation.wanted));
  return g.slice(probabilities, 3, 0, name);
}

/**
 * Self-attention of x [B, Q, D] over P cached rows and the Q new ones; bias [B, 1, Q, P+Q]. Gives the context's
 * projection [B, Q, D] and the new rows [B, h, Q, e]; the cache itself is neither copied nor extended.
 */
export function cachedSelfAttention(
  g: Graph,
  p: Parameters,
  x: Value,
  past: KeysAndValues,
  bias: Value,
  observation?: Observation,
): Attended & { added: KeysAndValues } {
  const D = x.shape[2] as number;
  const [, heads, P] = past.keys.shape as [Dim, number, string];
  const q = projectQueries(g, p, x, heads); // [B, h, Q, e]
  const added = projectKeysAndValues(g, p, x, heads);
  const scores = g.concat([g.matmul(q, g.swap(past.keys)), g.matmul(q, g.swap(added.keys))], -1); // [B, h, Q, P+Q]
  const probabilities = g.softmax(g.add(scores, bias));
  const onPast = g.slice(probabilities, 3, 0, P); // [B, h, Q, P]
  const onNew = g.slice(probabilities, 3, g.size(P), added.keys.shape[2]!); // [B, h, Q, Q]
  const unmasked = g.add(g.matmul(onPast, past.values), g.matmul(onNew, added.values)); // [B, h, Q, e]
  const context = maskHeads(g, unmasked, observation);
  return {
    output: linear(g, p.at("out_proj"), joinHeads(g, context), D),
    probabilities: shown(g, probabilities, observation),
    added,
  };
}
