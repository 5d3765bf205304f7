/**
 * Sliding-window self-attention with global positions (transformers 4.37.2, models/led/modeling_led.py:
 * LEDEncoderSelfAttention), computed block by block: nothing of size S x S or S x w exists for the whole sequence. What
 * follows attention in a layer is computed within the block too, so that of the layer's inner tensors only keys and
 * values exist for all positions. Blocks go in twos: attention is each one's own, and the layer's weights, which are
 * read again for every two, meet the rows of both.
 *
 * B batch, S positions (a multiple of the block), D width, h heads, e = D/h, x global slots, b queries of a block,
 * n = x + window + b keys that one block can see (window-blocks.ts).
 *
 * A query i attends to the local keys |i - j| <= c and, through the same local projections, to all global positions.
 * The rows of global positions are then replaced by attention over everything with the *_global projections
 * (global-attention.ts).
 *
 * Instead of tensors of masks the layers share the few vectors of SequenceMasks. trainable-window-attention.ts is the same
 * attention for training.
 */
import type { Graph, Value } from "../graph/graph.ts";
import { sumDim } from "../graph/types.ts";
import { joinHeads, splitHeads } from "./cached-attention.ts";
import { clippedWindowBlocks } from "./clipped-window-blocks.ts";
import { globalRows } from "./global-attention.ts";
import { linear } from "./linear.ts";
import { maskHeads, type Observation } from "./observation.ts";
import type { Parameters } from "./parameters.ts";
import { type WindowOptions, windowBlocks } from "./window-blocks.ts";

export interface SlidingWindowOptions extends WindowOptions {
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

/**
 * Attention over x [B, S, D], without output projection, then `finish`, two blocks at a time; where attention is observed, block by
 * block. -> [S/2b, B, 2b, D] or [S/b, B, b, D], and what was observed
 */
export function slidingWindowAttention(
  g: Graph,
  p: Parameters,
  x: Value,
  options: SlidingWindowOptions,
  finish: BlockFunction,
): { blocks: Value; observed: Observed | undefined } {
  const { heads, masks, observation } = options;
  const D = x.shape[2] as number;
  const X = masks.slotBias.shape[1] as string;
  const rowsOfGlobals = globalRows(g, p, x, { heads, index: masks.globalIndex, bias: masks.unmaskedBias, observation });
  // Rows of globals, and a row of zeros for queries that are none: [B, x+1, D]
  const globals = g.pad(rowsOfGlobals.context, 1, 0, 1, sumDim([X, 1]));
  const rows: RowFunctions = {
    queries: (input) => linear(g, p.at("query"), input, D, { scale: 1 / Math.sqrt(D / heads), manyRows: true }),
    finish(context, input, start) {
      const count = input.shape[1]!;
      const local = g.mul(context, g.slice(masks.localQuery, 1, start, count));
      const global = g.gatherND(globals, g.slice(masks.slotOfQuery, 1, start, count), 1);
      return finish(g.add(local, global), input);
    },
  };
  if (observation === undefined) return { blocks: blocksInTwos(g, p, x, options, rows), observed: undefined };
  const { blocks, local } = observedBlocks(g, p, x, { ...options, observation }, rows);
  return { blocks, observed: { local, global: rowsOfGlobals.probabilities! } };
}

/** What is done with rows [B, n, D] from `start` on. */
interface RowFunctions {
  /** Scaled queries, [B, n, D]. */
  queries(input: Value): Value;
  /** Puts the rows of global positions in their places and does what the layer does with the context. */
  finish(context: Value, input: Value, start: Value): Value;
}

function blocksInTwos(g: Graph, p: Parameters, x: Value, options: WindowOptions, rows: RowFunctions): Value {
  const blocks = clippedWindowBlocks(g, p, x, options);
  const { block } = options.masks;
  const two = g.scalar("int64", 2);
  g.bind("2b", g.mul(block, two));
  const { scan } = g.loop({ count: g.div(blocks.count, two), dim: "S/2b" }, (index) => {
    const first = g.mul(index, two);
    const start = g.mul(first, block);
    const input = g.slice(x, 1, start, "2b"); // [B, 2b, D]
    const q = rows.queries(input);
    const attended = (at: Value, from: Value, m: string): Value => {
      const { seen, bias } = blocks.at(at, m);
      const [k, v] = [g.gather(blocks.keys, seen, 2), g.gather(blocks.values, seen, 2)]; // [B, h, x+m, e]
      return g.multiHeadAttention(g.slice(q, 1, from, "b"), k, v, bias);
    };
    const [zero, one] = [g.scalar("int64", 0), g.scalar("int64", 1)];
    const both = g.concat([attended(first, zero, "m"), attended(g.add(first, one), block, "m'")], 1);
    return { scan: [rows.finish(g.reshapeAs(both, input.shape), input, start)] };
  });
  return scan[0]!;
}

/** In single steps, for who wants to see probabilities, which are of one size for all blocks. */
function observedBlocks(
  g: Graph,
  p: Parameters,
  x: Value,
  options: WindowOptions & { readonly observation: Observation },
  rows: RowFunctions,
): { blocks: Value; local: Value } {
  const { observation } = options;
  const blocks = windowBlocks(g, p, x, options);
  g.bind("n wanted", g.mul(g.size("n"), observation.wanted));
  const { scan } = g.loop({ count: blocks.count, dim: "S/b" }, (index) => {
    const { start, seen, bias } = blocks.at(index);
    const input = g.slice(x, 1, start, "b"); // [B, b, D]
    const [k, v] = [g.gather(blocks.keys, seen, 2), g.gather(blocks.values, seen, 2)]; // [B, h, n, e]
    const { context, shown } = observedAttention(g, rows.queries(input), k, v, bias, observation);
    return { scan: [rows.finish(context, input, start), shown] };
  });
  return { blocks: scan[0]!, local: scan[1]! };
}

/** q [B, b, D], k and v [B, h, n, e]. Gives probabilities without columns where they are not wanted. */
function observedAttention(
  g: Graph,
  q: Value,
  k: Value,
  v: Value,
  bias: Value,
  observation: Observation,
): { context: Value; shown: Value } {
  const heads = k.shape[1] as number;
  const probabilities = g.softmax(g.add(g.matmul(splitHeads(g, q, heads), g.swap(k)), bias)); // [B, h, b, n]
  const context = joinHeads(g, maskHeads(g, g.matmul(probabilities, v), observation)); // [B, b, D]
  return { context, shown: g.slice(probabilities, 3, 0, "n wanted") };
}
