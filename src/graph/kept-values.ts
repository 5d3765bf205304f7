/**
 * The cut between way forward and way back: which values are worth keeping from one to the other, and a body that is given them
 * in place of computing them again.
 */
import type { Block, GraphNode, Value } from "./core.ts";
import { readBy } from "./gradients.ts";
import type { Graph } from "./graph.ts";

/**
 * What a body computes at more cost than that of writing it down: products of matrices and loops. In the order in which they are
 * computed, so that two bodies that were built alike have the same ones at the same places.
 */
export function costlyValues({ nodes }: Block): Value[] {
  const isCostly = (node: GraphNode): boolean => node.kind === "loop" || (node.kind === "op" && products.has(node.op));
  return nodes.filter(isCostly).flatMap(({ outputs }) => outputs);
}

const products: ReadonlySet<string> = new Set(["Gemm", "MatMul"]);

/**
 * Drops from the body being built what none of `wanted` needs. Of `given`, those that are needed become inputs of the graph,
 * `nameOf` their place in the list, in place of what computed them.
 */
export function cutBody(
  g: Graph,
  wanted: readonly Value[],
  given: readonly Value[],
  nameOf: (at: number) => string,
): void {
  const { nodes } = g.currentBlock;
  const places = new Map(given.map((value, at) => [value, at]));
  const needed = new Set(wanted);
  const rest: GraphNode[] = [];
  for (const node of [...nodes].reverse()) {
    const outputs = node.outputs.filter((value) => needed.has(value));
    if (outputs.length === 0) continue;
    if (!outputs.every((value) => places.has(value))) {
      for (const value of readBy(node)) needed.add(value);
      rest.push(node);
      continue;
    }
    for (const value of outputs) {
      const input = g.input(nameOf(places.get(value)!), value.dtype, value.shape);
      const { scope } = node;
      rest.push({ kind: "op", op: "Identity", inputs: [input], outputs: [value], attributes: {}, scope });
    }
  }
  nodes.splice(0, nodes.length, ...rest.reverse());
}
