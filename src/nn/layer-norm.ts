/** Layer normalisation over the last axis, epsilon 1e-5 as PyTorch's nn.LayerNorm. */
import type { Graph, Value } from "../graph/graph.ts";
import type { Parameters } from "./parameters.ts";

/** [..., D] -> [..., D] */
export function layerNorm(g: Graph, p: Parameters, x: Value): Value {
  const width = x.shape.at(-1) as number;
  return g.layerNormalization(x, p.get("weight", [width]), p.get("bias", [width]), 1e-5);
}
