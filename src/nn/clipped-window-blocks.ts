/**
 * Window blocks as inference computes them: no rows of zeros around the sequence, and blocks at its ends see fewer keys. Of a
 * sequence of S = 4c that is an eighth of the attention's arithmetic, of shorter ones more.
 *
 * m keys of the sequence that a block can see, at most 2c + b; the other symbols are those of window-blocks.ts.
 */
import type { Graph, Value } from "../graph/graph.ts";
import { sumDim } from "../graph/types.ts";
import { linear } from "./linear.ts";
import type { Parameters } from "./parameters.ts";
import { bandBias, bindWindow, blockCount, type WindowBlocks, type WindowOptions } from "./window-blocks.ts";

export interface ClippedWindowBlocks extends Omit<WindowBlocks, "at"> {
  /** As WindowBlocks.at, of keys that are x and m. `m`: the symbol to bind, since blocks see different numbers. */
  at(index: Value, m: string): ReturnType<WindowBlocks["at"]>;
}

/** x [B, S, D]. Keys and values are [B, h, x+S, e]; binds what bindWindow does. */
export function clippedWindowBlocks(g: Graph, p: Parameters, x: Value, options: WindowOptions): ClippedWindowBlocks {
  const { heads, masks } = options;
  const [B, S, D] = x.shape as [string, string, number];
  const X = masks.slotBias.shape[1] as string;
  const c = bindWindow(g, options, S);
  const all = sumDim([X, S]);
  const rows = g.concat([g.gatherND(x, masks.globalIndex, 0), x], 1); // [B, x+S, D]
  const project = (name: string): Value => {
    const projected = linear(g, p.at(name), rows, D, { manyRows: true });
    return g.transpose(g.reshape(projected, [B, all, heads, D / heads]), [0, 2, 1, 3]);
  };
  const band = bandBias(g); // [b, 2c+b]
  const slotBand = g.expand(g.scalar("float32", 0), ["b", X]);
  const whole = g.concat([slotBand, band], 1); // [b, x+2c+b]
  const slotOrder = g.range(X);
  const order = g.add(g.range(S), g.size(X));
  return {
    keys: project("key"),
    values: project("value"),
    count: blockCount(g, S, masks),
    at(index, m) {
      const start = g.mul(index, masks.block);
      const before = g.sub(start, c); // the position of the band's first column
      const first = g.max(before, g.scalar("int64", 0));
      g.bind(m, g.sub(g.min(g.add(g.add(start, masks.block), c), g.size(S)), first));
      const seen = g.concat([slotOrder, g.slice(order, 0, first, m)], 0); // [x+m]
      const keyBias = g.concat([masks.slotBias, g.slice(masks.localBias, 1, first, m)], 1); // [B, x+m]
      const columns = seen.shape[0]!;
      const ofKeys = g.reshape(keyBias, [B, 1, 1, columns]);
      // Most blocks see all of the band, and a slice of all would be a copy.
      const bias = g.branch(
        g.equal(g.size(m), g.size("2c+b")),
        () => [g.add(ofKeys, g.reshapeAs(whole, ["b", columns]))],
        () => [g.add(ofKeys, g.concat([slotBand, g.slice(band, 1, g.sub(first, before), m)], 1))],
      )[0]!;
      return { start, seen, bias };
    },
  };
}
