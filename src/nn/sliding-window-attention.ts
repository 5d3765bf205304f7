/**
 * Sliding-window self-attention with global positions (transformers 4.37.2, models/led/modeling_led.py:
 * LEDEncoderSelfAttention), computed block by block: nothing of size S x S or S x w exists for the whole sequence. What
 * follows attention in a layer is computed within the block too, so that of the layer's inner tensors only keys and
 * values exist for all positions.
 *
 * B batch, S positions (a multiple of the block), D width, h heads, e = D/h, x global slots, b queries of a block,
 * c = half the window, n = x + 2c + b keys that one block can see.
 *
 * A query i attends to the local keys |i - j| <= c and, through the same local projections, to all global positions.
 * The rows of global positions are then replaced by attention over everything with the *_global projections
 * (global-attention.ts).
 *
 * Instead of tensors of masks the layers share the few vectors of SequenceMasks.
 */
import type { Graph, Value } from "../graph/graph.ts";
import { sumDim } from "../graph/types.ts";
import { mostNegativeFloat32 } from "../tensor.ts";
import { joinHeads, splitHeads } from "./cached-attention.ts";
import { globalRows } from "./global-attention.ts";
import { linear } from "./linear.ts";
import { maskHeads, type Observation } from "./observation.ts";
import type { Parameters } from "./parameters.ts";

/** Which keys may be seen. Biases are 0 or the most negative float32, and are added to scores. */
export interface SequenceMasks {
  /** int64 []: b, a divisor of S. */
  readonly block: Value;
  /** [B, S]: 0 at local keys, else negative (masked, or global and so seen through its slot). */
  readonly localBias: Value;
  /** [B, S]: 0 at unmasked keys. Seen by global queries. */
  readonly unmaskedBias: Value;
  /** [B, S, 1]: 1 at local queries, 0 at masked and at global ones. */
  readonly localQuery: Value;
  /** int64 [B, S, 1]: the slot of a global query; x at all others. */
  readonly slotOfQuery: Value;
  /** int64 [B, x, 2]: (example, position) of each global slot. Empty slots repeat any position. */
  readonly globalIndex: Value;
  /** [B, x]: 0 at slots in use. */
  readonly slotBias: Value;
}

export interface SlidingWindowOptions {
  readonly heads: number;
  /** Two-sided: w/2 keys before and after a query. */
  readonly window: number;
  readonly masks: SequenceMasks;
  readonly observation?: Observation | undefined;
}

/** Probabilities before the head mask; without columns where they are not wanted. */
export interface Observed {
  /** [S/b, B, h, b, n] by block: the x slots, then the window's 2c+b keys. */
  readonly local: Value;
  /** [B, h, x, S] of the rows of global positions. */
  readonly global: Value;
}

/** What the layer does with a block's context [B, b, D] and its input [B, b, D]. -> [B, b, D] */
export type BlockFunction = (context: Value, input: Value) => Value;

/** Attention over x [B, S, D], without output projection, then `finish` block by block. -> [B, S, D], and what was observed */
export function slidingWindowAttention(
  g: Graph,
  p: Parameters,
  x: Value,
  { heads, window, masks, observation }: SlidingWindowOptions,
  finish: BlockFunction,
): { x: Value; observed: Observed | undefined } {
  const [B, S, D] = x.shape as [string, string, number];
  const X = masks.slotBias.shape[1] as string;
  const e = D / heads;
  // Beyond the sequence's own length a window shows only padding.
  const c = g.min(g.scalar("int64", window / 2), g.size(S));
  g.bind("c", c);
  g.bind("b", masks.block);
  g.bind("2c", g.add(c, c));
  g.bind("2c+b", g.add(g.size("2c"), masks.block));
  g.bind("n", g.add(g.size(X), g.size("2c+b")));

  if (observation !== undefined) g.bind("n wanted", g.mul(g.size("n"), observation.wanted));
  const rowsOfGlobals = globalRows(g, p, x, { heads, index: masks.globalIndex, bias: masks.unmaskedBias, observation });
  // Rows of globals, and a row of zeros for queries that are none: [B, x+1, D]
  const globals = g.pad(rowsOfGlobals.context, 1, 0, 1, sumDim([X, 1]));
  const padded = sumDim([S, "2c"]);
  const allRows = (name: string): Value => {
    // Global slots in front, then the sequence with c zero rows at each end: [B, h, x+S+2c, e]
    const rows = linear(g, p.at(name), x, D);
    const slots = g.gatherND(rows, masks.globalIndex, 0); // [B, x, D]
    const all = g.concat([slots, g.pad(rows, 1, c, c, padded)], 1);
    return g.transpose(g.reshape(all, [B, all.shape[1]!, heads, e]), [0, 2, 1, 3]);
  };
  const keys = allRows("key");
  const values = allRows("value");
  const bias = g.concat([masks.slotBias, g.pad(masks.localBias, 1, c, c, padded, mostNegativeFloat32)], 1); // [B, x+S+2c]
  const band = bandBias(g, X); // [b, n]
  const slotOrder = g.range(X);
  const windowOrder = g.add(g.range("2c+b"), g.size(X));

  const count = g.emit("Div", [g.size(S), masks.block], {});
  const { scan } = g.loop({ count, dim: "S/b" }, (index) => {
    const start = g.mul(index, masks.block);
    const input = g.slice(x, 1, start, "b"); // [B, b, D]
    const seen = g.reshapeAs(g.concat([slotOrder, g.add(windowOrder, start)], 0), ["n"]);
    const q = linear(g, p.at("query"), input, D, { scale: 1 / Math.sqrt(e) });
    const kb = g.gather(keys, seen, 2); // [B, h, n, e]
    const vb = g.gather(values, seen, 2);
    const hidden = g.add(g.reshape(g.gather(bias, seen, 1), [B, 1, 1, "n"]), band); // [B, 1, b, n]
    const attended =
      observation === undefined
        ? { context: g.multiHeadAttention(q, kb, vb, hidden), shown: [] }
        : observedAttention(g, q, kb, vb, hidden, observation);
    const local = g.mul(attended.context, g.slice(masks.localQuery, 1, start, "b"));
    const global = g.gatherND(globals, g.slice(masks.slotOfQuery, 1, start, "b"), 1); // [B, b, D]
    return { scan: [finish(g.add(local, global), input), ...attended.shown] };
  });
  const blocks = g.transpose(scan[0]!, [1, 0, 2, 3]); // [B, S/b, b, D]
  const observed = observation && { local: scan[1]!, global: rowsOfGlobals.probabilities! };
  return { x: g.reshapeAs(blocks, [B, S, D]), observed };
}

/** The same attention in single steps, for who wants to see its probabilities. q [B, b, D], k and v [B, h, n, e] */
function observedAttention(
  g: Graph,
  q: Value,
  k: Value,
  v: Value,
  bias: Value,
  observation: Observation,
): { context: Value; shown: Value[] } {
  const heads = k.shape[1] as number;
  const probabilities = g.softmax(g.add(g.matmul(splitHeads(g, q, heads), g.swap(k)), bias)); // [B, h, b, n]
  const context = joinHeads(g, maskHeads(g, g.matmul(probabilities, v), observation)); // [B, b, D]
  return { context, shown: [g.slice(probabilities, 3, 0, "n wanted")] };
}

/** 0 where key column j of a block's n may be seen by its query row i, as far as the distance decides: [b, n]. */
function bandBias(g: Graph, slots: string): Value {
  const row = g.reshape(g.range("b"), ["b", 1]);
  const column = g.reshape(g.range("2c+b"), [1, "2c+b"]);
  // Column j is position start - c + j, so the distance to query start + i is j - i - c.
  const ahead = g.sub(column, row);
  const near = g.and(g.lessOrEqual(g.scalar("int64", 0), ahead), g.lessOrEqual(ahead, g.size("2c")));
  const windowBias = g.where(near, g.scalar("float32", 0), g.scalar("float32", mostNegativeFloat32)); // [b, 2c+b]
  const slotBias = g.expand(g.scalar("float32", 0), ["b", slots]);
  return g.reshapeAs(g.concat([slotBias, windowBias], 1), ["b", "n"]);
}
