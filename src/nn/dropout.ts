/**
 * Dropout by masks that are given, so that a layer that is computed a second time, for its gradients, drops the same numbers.
 * Graphs that are built without it compute nothing for it.
 */
import type { Graph, Value } from "../graph/graph.ts";
import type { Dim } from "../graph/types.ts";

/** What a site keeps. */
export interface Kept {
  /** bool, true where a number stays. */
  readonly keep: Value;
  /** The probability with which one is dropped. */
  readonly p: number;
}

/** What is kept of a tensor of that shape at a named site of a layer; undefined where nothing is dropped. */
export type Dropout = (site: string, shape: readonly Dim[]) => Kept | undefined;

export const nothingDropped: Dropout = () => undefined;

/** What numbers are multiplied by: 0, or 1 / (1 - p) so that their mean stays. float32, of the mask's shape */
export function dropoutFactor(g: Graph, { keep, p }: Kept): Value {
  return g.mul(g.cast(keep, "float32"), g.scalar("float32", 1 / (1 - p)));
}

/** Any shape -> same shape. */
export function dropout(g: Graph, x: Value, dropped: Dropout, site: string): Value {
  const kept = dropped(site, x.shape);
  return kept === undefined ? x : g.mul(x, dropoutFactor(g, kept));
}
