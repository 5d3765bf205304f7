/**
 * Whether an engine multiplies unsigned by signed bytes exactly on this machine. Without VNNI instructions x86 processors add
 * two products in 16 bits, which the largest numbers overflow; nothing tells a program which instructions there are, so it tries.
 */
import type { GraphCore } from "../graph/core.ts";
import { Graph } from "../graph/graph.ts";
import { Tensor } from "../tensor.ts";
import type { ByteWeight, FloatWeight, Session, Weights } from "./engine.ts";

const inner = 64;
const columns = 32;
/** One row, and several, for which engines have kernels of their own. */
const rowCounts = [1, 8];
const zero = 128;
const largest = 255;

/** `open` opens a graph whose matrices of bytes are multiplied by as signed ones. */
export async function signedProductsAreExact(
  open: (graph: GraphCore, weights: Weights) => Promise<Session>,
): Promise<boolean> {
  const g = new Graph();
  const rows = g.input("rows", "uint8", ["n", inner]);
  const matrix = g.parameter("matrix", "uint8", [inner, columns]);
  const scales = g.parameter("scales", "float32", [columns]);
  g.output("product", g.matmulIntegerToFloat({ value: rows, scale: 1, zero }, { value: matrix, scales, zero }));
  const session = await open(
    g,
    new Map<string, ByteWeight | FloatWeight>(Object.entries({ matrix: largestBytes, scales: ones })),
  );
  try {
    for (const n of rowCounts) {
      const given = new Tensor("uint8", new Uint8Array(n * inner).fill(largest), [n, inner]);
      const { product } = await session.run({ rows: given }, ["product"]);
      const expected = inner * (largest - zero) ** 2;
      if (!(product!.data as Float32Array).every((number) => number === expected)) return false;
    }
    return true;
  } finally {
    await session.dispose();
  }
}

const largestBytes: ByteWeight = {
  dtype: "uint8",
  shape: [inner, columns],
  async *stream() {
    yield new Uint8Array(inner * columns).fill(largest);
  },
};

const ones: FloatWeight = {
  shape: [columns],
  async *stream() {
    yield new Float32Array(columns).fill(1);
  },
};
