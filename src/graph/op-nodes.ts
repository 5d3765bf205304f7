import type { GraphCore, OpNode } from "./core.ts";

/** All ops of a graph, those of its bodies among them. */
export function* opNodes(graph: GraphCore): Generator<OpNode> {
  const blocks = [graph.root];
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) {
    for (const node of block.nodes) {
      if (node.kind === "op") yield node;
      else if (node.kind === "loop") blocks.push(node.body);
      else blocks.push(node.whenTrue, node.whenFalse);
    }
  }
}
