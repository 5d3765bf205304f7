/** y = scale * (x W^T + b), the weight [out, in] as PyTorch's nn.Linear stores it. B batch, S positions. */
import type { GemmOptions, Graph, Value } from "../graph/graph.ts";
import { productDim } from "../graph/types.ts";
import { multiply } from "./matrix.ts";
import type { Parameters } from "./parameters.ts";

export interface LinearOptions extends Pick<GemmOptions, "scale" | "manyRows"> {
  readonly bias?: boolean;
}

/** [..., in] -> [..., out] */
export function linear(g: Graph, p: Parameters, x: Value, out: number, options: LinearOptions = {}): Value {
  const width = x.shape.at(-1) as number;
  const leading = x.shape.slice(0, -1);
  return g.scope(p.nameOf("").replace(/\.$/, ""), () => {
    const weight = p.matrix("weight", [out, width]);
    const bias = options.bias === false ? undefined : p.get("bias", [out]);
    const rows = leading.length === 1 ? x : g.reshape(x, [productDim(leading), width]); // [B*S, in]
    const y = multiply(g, rows, weight, bias, options); // [B*S, out]
    return leading.length === 1 ? y : g.reshape(y, [...leading, out]);
  });
}
