/**
 * What blocks of queries see in LED's sliding-window attention (sliding-window-attention.ts says how it works): the keys and
 * values of a layer, and which of them a block may see.
 *
 * B batch, S positions (a multiple of the block), D width, h heads, e = D/h, x global slots, b queries of a block,
 * c = half the window, n = x + 2c + b keys that one block can see.
 */
import type { Graph, Value } from "../graph/graph.ts";
import { sumDim } from "../graph/types.ts";
import { mostNegativeFloat32 } from "../tensor.ts";
import { linear } from "./linear.ts";
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

export interface WindowOptions {
  readonly heads: number;
  /** int64 []: half the two-sided window, the keys that a query sees before and after it. */
  readonly halfWindow: Value;
  readonly masks: SequenceMasks;
}

export interface WindowBlocks {
  /** [B, h, x+S+2c, e]: global slots in front, then the sequence with c zero rows at each end (here; clipped-window-blocks.ts has none). */
  readonly keys: Value;
  readonly values: Value;
  /** int64 []: S/b. */
  readonly count: Value;
  /** Where a block begins, which of the keys it sees [n], and the bias of its scores [B, 1, b, n]. */
  at(index: Value): { readonly start: Value; readonly seen: Value; readonly bias: Value };
}

/** Binds the symbols c, b, 2c and 2c+b. -> c */
export function bindWindow(g: Graph, { halfWindow, masks }: WindowOptions, S: string): Value {
  // Beyond the sequence's own length a window shows only padding.
  const c = g.min(halfWindow, g.size(S));
  g.bind("c", c);
  g.bind("b", masks.block);
  g.bind("2c", g.add(c, c));
  g.bind("2c+b", g.add(g.size("2c"), masks.block));
  return c;
}

/** x [B, S, D]. Every block sees as many keys: binds n, and what bindWindow does. */
export function windowBlocks(g: Graph, p: Parameters, x: Value, options: WindowOptions): WindowBlocks {
  const { heads, masks } = options;
  const [B, S, D] = x.shape as [string, string, number];
  const X = masks.slotBias.shape[1] as string;
  const c = bindWindow(g, options, S);
  g.bind("n", g.add(g.size(X), g.size("2c+b")));

  const padded = sumDim([S, "2c"]);
  const allRows = (name: string): Value => {
    const rows = linear(g, p.at(name), x, D);
    const slots = g.gatherND(rows, masks.globalIndex, 0); // [B, x, D]
    const all = g.concat([slots, g.pad(rows, 1, c, c, padded)], 1);
    return g.transpose(g.reshape(all, [B, all.shape[1]!, heads, D / heads]), [0, 2, 1, 3]);
  };
  const keys = allRows("key");
  const values = allRows("value");
  const keyBias = g.concat([masks.slotBias, g.pad(masks.localBias, 1, c, c, padded, mostNegativeFloat32)], 1); // [B, x+S+2c]
  const slotBand = g.expand(g.scalar("float32", 0), ["b", X]);
  const band = g.reshapeAs(g.concat([slotBand, bandBias(g)], 1), ["b", "n"]);
  const slotOrder = g.range(X);
  const windowOrder = g.add(g.range("2c+b"), g.size(X));
  return {
    keys,
    values,
    count: blockCount(g, S, masks),
    at(index) {
      const start = g.mul(index, masks.block);
      const seen = g.reshapeAs(g.concat([slotOrder, g.add(windowOrder, start)], 0), ["n"]);
      return { start, seen, bias: g.add(g.reshape(g.gather(keyBias, seen, 1), [B, 1, 1, "n"]), band) };
    },
  };
}

export function blockCount(g: Graph, S: string, masks: SequenceMasks): Value {
  return g.emit("Div", [g.size(S), masks.block], {});
}

/** 0 where key column j of a block's window may be seen by its query row i, as far as the distance decides: [b, 2c+b]. */
export function bandBias(g: Graph): Value {
  const row = g.reshape(g.range("b"), ["b", 1]);
  const column = g.reshape(g.range("2c+b"), [1, "2c+b"]);
  // Column j is position start - c + j, so the distance to query start + i is j - i - c.
  const ahead = g.sub(column, row);
  const near = g.and(g.lessOrEqual(g.scalar("int64", 0), ahead), g.lessOrEqual(ahead, g.size("2c")));
  return g.where(near, g.scalar("float32", 0), g.scalar("float32", mostNegativeFloat32));
}
