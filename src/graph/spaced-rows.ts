/**
 * Products of many rows whose length is a multiple of 4,096 bytes. Numbers that lie so far apart share the few places of one set of a
 * processor's first cache, and kernels that read twelve rows at once (AVX-512) drive their own numbers out of it: products take up
 * to 1.5 times the time. Where rows and matrix get a line of zeros at their end, sums are the same and the time is gone.
 */
import type { GraphCore, OpNode, Value } from "./core.ts";
import { opNodes } from "./op-nodes.ts";

/** The numbers after which rows share a cache's sets. */
const crowded = 4096 / 4;

/** Zeros behind each row of a matrix: a line of the cache. */
export const rowSpace = 64 / 4;

/** Amounts of a Pad of two dims: `rowSpace` behind the last. */
export const spacing = { name: "space behind rows", numbers: [0, 0, 0, rowSpace] } as const;

/** The parameters [out, in] that gain by space behind their rows, which only products of many rows look at. */
export function crowdedMatrices(graph: GraphCore): ReadonlySet<string> {
  const found = new Set<string>();
  const elsewhere = new Set<string>();
  for (const node of opNodes(graph)) {
    const matrix = manyRowsMatrix(node);
    if (matrix !== undefined && (matrix.shape[1] as number) % crowded === 0) found.add(matrix.name);
    for (const input of node.inputs) if (input !== undefined && input !== matrix) elsewhere.add(input.name);
  }
  return new Set([...found].filter((name) => graph.parameters.has(name) && !elsewhere.has(name)));
}

/** The rows that a node multiplies by a matrix of `spaced`, and the name that they have with space behind them. */
export function spacedRows(node: OpNode, spaced: ReadonlySet<string>): { from: string; to: string } | undefined {
  const matrix = manyRowsMatrix(node);
  if (matrix === undefined || !spaced.has(matrix.name)) return undefined;
  return { from: node.inputs[0]!.name, to: `${node.outputs[0].name} rows` };
}

function manyRowsMatrix({ op, attributes, inputs }: OpNode): Value | undefined {
  return op === "Gemm" && "manyRows" in attributes && attributes.manyRows ? inputs[1] : undefined;
}
