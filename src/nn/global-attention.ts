/**
 * The rows of LED's global positions: attention over the whole sequence with projections of their own (transformers 4.37.2,
 * models/led/modeling_led.py: LEDEncoderSelfAttention._compute_global_attn_output_from_hidden).
 *
 * B batch, S positions, D width, h heads, e = D/h, x global rows.
 *
 * Up to e rows, key_global and value_global are absorbed into the rows instead of projecting all S positions:
 * q (W_k X^T) = (q W_k) X^T and P (X W_v^T) = (P X) W_v^T. That costs 4 S D h x operations against 4 S D (D + x). key_global's
 * bias only shifts a row of scores, and value_global's comes out once, since rows of P sum to one. More rows are computed with
 * projected keys and values, some rows at a time, so that scores for all of them never exist together.
 */
import type { Graph, Value } from "../graph/graph.ts";
import { joinHeads, type KeysAndValues, splitHeads } from "./cached-attention.ts";
import { dropoutFactor, type Kept } from "./dropout.ts";
import { linear } from "./linear.ts";
import { numbersOf } from "./matrix.ts";
import { maskHeads, type Observation } from "./observation.ts";
import type { Parameters } from "./parameters.ts";

export interface GlobalRows {
  readonly heads: number;
  /** int64 [B, x, 2]: (example, position) of each row. */
  readonly index: Value;
  /** [B, S]: 0 at keys that may be seen, else negative. */
  readonly bias: Value;
  readonly observation: Observation | undefined;
}

/** Rows computed together where there are many. */
const rowsAtOnce = 64;

/**
 * x [B, S, D] -> context of the rows [B, x, D], before the output projection; with an observation the probabilities too,
 * [B, h, x, S] before the head mask.
 */
export function globalRows(
  g: Graph,
  p: Parameters,
  x: Value,
  { heads, index, bias, observation }: GlobalRows,
): { context: Value; probabilities: Value | undefined } {
  const [B, S, D] = x.shape as [string, string, number];
  const X = index.shape[1] as string;
  const e = D / heads;
  const queries = queriesOf(g, p, x, heads, index);
  const keyBias = g.reshape(bias, [B, 1, S]);
  const few = g.lessOrEqual(g.size(X), g.scalar("int64", e));
  if (observation !== undefined) g.bind("S wanted", g.mul(g.size(S), observation.wanted));
  const [context, probabilities] = g.branch(
    few,
    () => {
      const rows = absorbedRows(g, p, x, queries, keyBias, undefined);
      const joined = joinHeads(g, maskHeads(g, rows.context, observation));
      if (observation === undefined) return [joined];
      return [joined, g.slice(rows.probabilities, 3, 0, "S wanted")];
    },
    () => projected(g, p, x, queries, keyBias, observation),
  );
  return { context: context!, probabilities };
}

/** The global queries of the rows, scaled: x [B, S, D], index [B, x, 2] -> [B, h, x, e] */
export function queriesOf(g: Graph, p: Parameters, x: Value, heads: number, index: Value): Value {
  const D = x.shape[2] as number;
  const scale = 1 / Math.sqrt(D / heads);
  return splitHeads(g, linear(g, p.at("query_global"), g.gatherND(x, index, 0), D, { scale }), heads);
}

/** queries [B, h, x, e], keyBias [B, 1, S], `kept` of [B, h, x, S] -> context [B, h, x, e], probabilities [B, h, x, S] */
export function absorbedRows(
  g: Graph,
  p: Parameters,
  x: Value,
  queries: Value,
  keyBias: Value,
  kept: Kept | undefined,
): { context: Value; probabilities: Value } {
  const [B, heads, X, e] = queries.shape as [string, number, string, number];
  const [, S, D] = x.shape as [string, string, number];
  const keyWeight = g.reshape(numbersOf(g, p.at("key_global").matrix("weight", [D, D])), [heads, e, D]);
  const valueWeight = g.reshape(numbersOf(g, p.at("value_global").matrix("weight", [D, D])), [heads, e, D]);
  const asked = g.reshape(g.matmul(queries, keyWeight), [B, `${heads}*${X}`, D]); // q W_k of every head
  const scores = g.add(g.matmul(asked, g.swap(x)), keyBias); // [B, h*x, S]
  const probabilities = g.softmax(scores);
  const factor = kept && g.reshape(dropoutFactor(g, kept), [B, `${heads}*${X}`, S]);
  const weights = factor === undefined ? probabilities : g.mul(probabilities, factor);
  const mixed = g.reshape(g.matmul(weights, x), [B, heads, X, D]); // P X
  const context = g.matmul(mixed, g.swap(valueWeight)); // [B, h, x, e]
  const bias = g.reshape(p.at("value_global").get("bias", [D]), [heads, 1, e]);
  const sums = factor && g.reshape(g.reduceSum(weights, [-1]), [B, heads, X, 1]); // of rows, which dropout changes
  return {
    context: g.add(context, sums === undefined ? bias : g.mul(sums, bias)),
    probabilities: g.reshape(probabilities, [B, heads, X, S]),
  };
}

/** x [B, S, D] -> keys and values [B, h, S, e] */
export function projectedKeys(g: Graph, p: Parameters, x: Value, heads: number): KeysAndValues {
  const D = x.shape[2] as number;
  return {
    keys: splitHeads(g, linear(g, p.at("key_global"), x, D), heads),
    values: splitHeads(g, linear(g, p.at("value_global"), x, D), heads),
  };
}

/** The same from projected keys and values, `rowsAtOnce` rows at a time. */
function projected(
  g: Graph,
  p: Parameters,
  x: Value,
  queries: Value,
  keyBias: Value,
  observation: Observation | undefined,
): Value[] {
  const [B, heads, X] = queries.shape as [string, number, string];
  const [, S, D] = x.shape as [string, string, number];
  const { keys, values } = projectedKeys(g, p, x, heads);
  const bias = g.reshape(keyBias, [B, 1, 1, S]);
  const R = rowsAtOnce;
  const length = g.scalar("int64", R);
  const count = g.emit("Div", [g.add(g.size(X), g.scalar("int64", R - 1)), length], {});
  g.bind("groups", count);
  g.bind("padded rows", g.mul(count, length));
  const padded = g.pad(queries, 2, 0, g.sub(g.size("padded rows"), g.size(X)), "padded rows");
  const { scan } = g.loop({ count, dim: "groups" }, (group) => {
    const some = g.slice(padded, 2, g.mul(group, length), R); // [B, h, R, e]
    const probabilities = g.softmax(g.add(g.matmul(some, g.swap(keys)), bias)); // [B, h, R, S]
    const context = maskHeads(g, g.matmul(probabilities, values), observation); // [B, h, R, e]
    const shown = observation === undefined ? [] : [g.slice(probabilities, 3, 0, "S wanted")];
    return { scan: [joinHeads(g, context), ...shown] }; // [B, R, D], [B, h, R, S or 0]
  });
  const rows = g.reshapeAs(g.transpose(scan[0]!, [1, 0, 2, 3]), [B, "padded rows", D]);
  const context = g.slice(rows, 1, 0, X);
  if (observation === undefined) return [context];
  const shown = g.reshapeAs(g.transpose(scan[1]!, [1, 2, 0, 3, 4]), [B, heads, "padded rows", "S wanted"]);
  return [context, g.slice(shown, 2, 0, X)];
}
