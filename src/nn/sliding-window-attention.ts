/**
 * Sliding-window self-attention with global positions (transformers 4.37.2, models/led/modeling_led.py:
 * LEDEncoderSelfAttention), computed block by block: nothing of size S x S or S x w exists for the whole sequence. What
 * follows attention in a layer is computed within the block too, so that of the layer's inner tensors only keys and
 * values exist for all positions.
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

/** Attention over x [B, S, D], without output projection, then `finish` block by block. -> [S/b, B, b, D], and what was observed */
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
  // What is observed is of one size for all blocks.
  const blocks = (observation === undefined ? clippedWindowBlocks : windowBlocks)(g, p, x, options);
  if (observation !== undefined) g.bind("n wanted", g.mul(g.size("n"), observation.wanted));
  // Rows of globals, and a row of zeros for queries that are none: [B, x+1, D]
  const globals = g.pad(rowsOfGlobals.context, 1, 0, 1, sumDim([X, 1]));
  const { scan } = g.loop({ count: blocks.count, dim: "S/b" }, (index) => {
    const { start, seen, bias } = blocks.at(index);
    const input = g.slice(x, 1, start, "b"); // [B, b, D]
    const q = linear(g, p.at("query"), input, D, { scale: 1 / Math.sqrt(D / heads), manyRows: true });
    const kb = g.gather(blocks.keys, seen, 2); // [B, h, n, e]
    const vb = g.gather(blocks.values, seen, 2);
    const attended =
      observation === undefined
        ? { context: g.multiHeadAttention(q, kb, vb, bias), shown: [] }
        : observedAttention(g, q, kb, vb, bias, observation);
    const local = g.mul(attended.context, g.slice(masks.localQuery, 1, start, "b"));
    const global = g.gatherND(globals, g.slice(masks.slotOfQuery, 1, start, "b"), 1); // [B, b, D]
    return { scan: [finish(g.add(local, global), input), ...attended.shown] };
  });
  const observed = observation && { local: scan[1]!, global: rowsOfGlobals.probabilities! };
  return { blocks: scan[0]!, observed };
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
