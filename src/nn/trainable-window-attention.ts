/**
 * Sliding-window attention for training: the same as sliding-window-attention.ts, for the whole sequence at a time, with a
 * gradient of its own and with dropout of its probabilities.
 *
 * The local part is computed in blocks of queries forward and backward, so that probabilities exist for one block only. Backward,
 * blocks overlap in the keys that they see. What a block adds to the gradient of keys and values before the next block's first
 * key is final when it is done; the rest, 2c rows, is carried to the next block.
 *
 * B batch, S positions (a multiple of the block), D width, h heads, e = D/h, x global slots, b queries of a block,
 * c = half the window, n = x + 2c + b keys that one block can see.
 */
import type { Graph, Value } from "../graph/graph.ts";
import { sumDim } from "../graph/types.ts";
import { joinHeads, splitHeads } from "./cached-attention.ts";
import { type Dropout, dropoutFactor, type Kept } from "./dropout.ts";
import { absorbedRows, projectedKeys, queriesOf } from "./global-attention.ts";
import { linear } from "./linear.ts";
import { maskHeads } from "./observation.ts";
import type { Parameters } from "./parameters.ts";
import { attentionByHead } from "./trainable-attention.ts";
import { type WindowBlocks, type WindowOptions, windowBlocks } from "./window-blocks.ts";

/** How many positions are global: none; up to a head's width, whose projections are absorbed; or more (global-attention.ts). */
export type GlobalRowCount = "none" | "few" | "many";

export interface TrainableWindowOptions extends WindowOptions {
  readonly globals: GlobalRowCount;
  /** Sites "attention", of [S/b, B, h, b, n] by block, and "global_attention", of [B, h, x, S]. */
  readonly dropout: Dropout;
  /** [h] */
  readonly headMask: Value | undefined;
}

/** Attention over x [B, S, D], without output projection. -> [B, S, D] */
export function trainableWindowAttention(g: Graph, p: Parameters, x: Value, options: TrainableWindowOptions): Value {
  const { heads, masks, headMask, globals } = options;
  const [B, S, D] = x.shape as [string, string, number];
  const X = masks.slotBias.shape[1] as string;
  const blocks = windowBlocks(g, p, x, options);
  const queries = linear(g, p.at("query"), x, D, { scale: 1 / Math.sqrt(D / heads) });
  const kept = options.dropout("attention", ["S/b", B, heads, "b", "n"]);
  const attended = localContext(g, queries, blocks, kept);
  const masked = headMask === undefined ? attended : maskedByHead(g, attended, headMask);
  const local = g.mul(masked, masks.localQuery);
  if (globals === "none") return local;
  const rows = globalContext(g, p, x, options); // [B, x, D]
  const placed = g.composite(
    {
      inputs: [rows],
      // A slot in use is read at its own position only, an empty one nowhere.
      gradient: (dOutput) => {
        const used = g.cast(g.equal(masks.slotBias, g.scalar("float32", 0)), "float32");
        return [g.mul(g.gatherND(dOutput, masks.globalIndex, 0), g.reshape(used, [B, X, 1]))];
      },
    },
    () => g.reshape(g.gatherND(g.pad(rows, 1, 0, 1, sumDim([X, 1])), masks.slotOfQuery, 1), [B, S, D]),
  );
  return g.add(local, placed);
}

function maskedByHead(g: Graph, context: Value, headMask: Value): Value {
  const [B, S, D] = context.shape as [string, string, number];
  const heads = headMask.shape[0] as number;
  const rows = g.mul(g.reshape(context, [B, S, heads, D / heads]), g.reshape(headMask, [heads, 1]));
  return g.reshape(rows, [B, S, D]);
}

/** Every query over the keys that its block sees: queries [B, S, D], scaled -> [B, S, D] */
function localContext(g: Graph, queries: Value, blocks: WindowBlocks, kept: Kept | undefined): Value {
  const { keys, values } = blocks;
  const [B, S, D] = queries.shape as [string, string, number];
  const heads = keys.shape[1] as number;
  const rowsOf = (byBlock: Value): Value => g.reshapeAs(g.transpose(byBlock, [1, 0, 2, 3]), [B, S, D]);
  let context: Value | undefined;

  const compute = (index: Value) => {
    const { start, seen, bias } = blocks.at(index);
    const q = splitHeads(g, g.slice(queries, 1, start, "b"), heads); // [B, h, b, e]
    const [k, v] = [g.gather(keys, seen, 2), g.gather(values, seen, 2)]; // [B, h, n, e]
    const probabilities = g.softmax(g.add(g.matmul(q, g.swap(k)), bias)); // [B, h, b, n]
    const factor = kept && dropoutFactor(g, { ...kept, keep: g.gather(kept.keep, index) });
    return { start, q, k, v, probabilities, factor };
  };
  const scaled = (x: Value, factor: Value | undefined): Value => (factor === undefined ? x : g.mul(x, factor));

  const forward = (): Value => {
    const { scan } = g.loop({ count: blocks.count, dim: "S/b" }, (index) => {
      if (kept === undefined) {
        const { start, seen, bias } = blocks.at(index);
        const q = g.slice(queries, 1, start, "b");
        return { scan: [g.multiHeadAttention(q, g.gather(keys, seen, 2), g.gather(values, seen, 2), bias)] };
      }
      const { probabilities, factor, v } = compute(index);
      return { scan: [joinHeads(g, g.matmul(scaled(probabilities, factor), v))] };
    });
    context = rowsOf(scan[0]!);
    return context;
  };

  const gradient = (dOutput: Value): Value[] => {
    // The sum of dP P over a row of probabilities is that of dContext context over its row of the context.
    const inner = g.reduceSum(g.reshape(g.mul(dOutput, context!), [B, S, heads, D / heads]), [-1]); // [B, S, h]
    const nothing = (dims: readonly (string | number)[]): Value => g.expand(g.scalar("float32", 0), dims);
    const X = slotsOf(keys);
    const slots = nothing([B, heads, X, D / heads]);
    const tail = nothing([B, heads, "2c", D / heads]);
    const { carried, scan } = g.loop(
      { count: blocks.count, dim: "S/b", carried: [slots, tail, slots, tail] },
      (index, [keySlots, keyTail, valueSlots, valueTail]) => {
        const { start, q, k, v, probabilities: P, factor } = compute(index);
        const dContext = splitHeads(g, g.slice(dOutput, 1, start, "b"), heads); // [B, h, b, e]
        const rowSums = g.transpose(g.slice(inner, 1, start, "b"), [0, 2, 1]); // [B, h, b]
        const dP = scaled(g.matmul(dContext, g.swap(v)), factor); // [B, h, b, n]
        const dScores = g.mul(P, g.sub(dP, g.reshape(rowSums, [B, heads, "b", 1])));
        const dKeys = overlapped(g, g.matmul(g.swap(dScores), q), keySlots!, keyTail!);
        const dValues = overlapped(g, g.matmul(g.swap(scaled(P, factor)), dContext), valueSlots!, valueTail!);
        return {
          carried: [dKeys.slots, dKeys.tail, dValues.slots, dValues.tail],
          scan: [joinHeads(g, g.matmul(dScores, k)), dKeys.done, dValues.done],
        };
      },
    );
    const whole = (done: Value, slotRows: Value, tailRows: Value): Value => {
      const rows = g.reshapeAs(g.transpose(done, [1, 2, 0, 3, 4]), [B, heads, S, D / heads]);
      return g.concat([slotRows, rows, tailRows], 2); // [B, h, x+S+2c, e]
    };
    const [dQueries, keysDone, valuesDone] = scan as [Value, Value, Value];
    return [rowsOf(dQueries), whole(keysDone, carried[0]!, carried[1]!), whole(valuesDone, carried[2]!, carried[3]!)];
  };

  return g.composite({ inputs: [queries, keys, values], gradient }, forward);
}

/** x of keys [B, h, x+S+2c, e]. */
function slotsOf(keys: Value): string {
  return (keys.shape[2] as string).split("+")[0]!;
}

/** A block's share [B, h, n, e] of a gradient: added to the slots', and to what the blocks before it have left. */
function overlapped(g: Graph, share: Value, slots: Value, tail: Value): { slots: Value; done: Value; tail: Value } {
  const X = slots.shape[2]!;
  const window = g.slice(share, 2, g.size(X), "2c+b");
  const total = g.add(window, g.pad(tail, 2, 0, g.size("b"), "2c+b"));
  return {
    slots: g.add(slots, g.slice(share, 2, 0, X)),
    done: g.slice(total, 2, 0, "b"),
    tail: g.slice(total, 2, g.size("b"), "2c"),
  };
}

/** The context of the rows of global positions, [B, x, D]. */
function globalContext(g: Graph, p: Parameters, x: Value, options: TrainableWindowOptions): Value {
  const { heads, masks, headMask } = options;
  const [B, S] = x.shape as [string, string];
  const X = masks.slotBias.shape[1] as string;
  const queries = queriesOf(g, p, x, heads, masks.globalIndex); // [B, h, x, e]
  const kept = options.dropout("global_attention", [B, heads, X, S]);
  const context = (): Value => {
    if (options.globals === "few") {
      return absorbedRows(g, p, x, queries, g.reshape(masks.unmaskedBias, [B, 1, S]), kept).context;
    }
    const { keys, values } = projectedKeys(g, p, x, heads);
    return attentionByHead(g, queries, keys, values, g.reshape(masks.unmaskedBias, [B, 1, 1, S]), kept);
  };
  return joinHeads(g, maskHeads(g, context(), headMask && { headMask }));
}
