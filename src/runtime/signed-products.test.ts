/** Matrices of bytes multiplied by as signed ones, where that is exact. */
import { expect, test } from "vitest";
import type { GraphCore } from "../graph/core.ts";
import { Graph } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx.ts";
import { byteMatrices } from "../graph/signed-bytes.ts";
import { Tensor } from "../tensor.ts";
import type { Session, Weight } from "./engine.ts";
import { nodeEngine } from "./node.ts";
import { signedProductsAreExact } from "./signed-products.ts";

/** A session whose products are all what `sum` says of the rows' length. */
function giving(graph: GraphCore, sum: (inner: number) => number, dispose = () => {}): Session {
  return {
    async run({ rows }, [name]) {
      const [n, inner] = rows!.dims as [number, number];
      const columns = graph.parameters.get("scales")!.shape[0]!;
      return { [name!]: new Tensor("float32", new Float32Array(n * columns).fill(sum(inner)), [n, columns]) };
    },
    dispose: async () => dispose(),
  };
}

test("a processor that overflows is found out, and one whose sums are right is not suspected", async () => {
  // Two products are added in 16 bits; then zero, 128, is taken off.
  const overflowing = (inner: number) => (Math.min(255 * 127 * 2, 2 ** 15 - 1) * inner) / 2 - 128 * 127 * inner;
  expect(await signedProductsAreExact(async (graph) => giving(graph, overflowing))).toBe(false);
  let disposed = 0;
  const right = (inner: number) => 127 ** 2 * inner;
  expect(await signedProductsAreExact(async (graph) => giving(graph, right, () => disposed++))).toBe(true);
  expect(disposed).toBe(1);
});

const [inner, columns] = [70, 33];
const bytes = Uint8Array.from({ length: inner * columns }, (_, i) => (i * 37) % 256);
const scales = Float32Array.from({ length: columns }, (_, i) => 2 ** -(i % 5));
const weightOf = (data: Uint8Array | Float32Array, shape: readonly number[]) =>
  ({
    ...(data instanceof Uint8Array ? { dtype: "uint8" } : {}),
    shape,
    async *stream() {
      yield data;
    },
  }) as Weight;

function productAndRow(): Graph {
  const g = new Graph();
  const rows = g.input("rows", "uint8", ["n", inner]);
  const matrix = g.parameter("matrix", "uint8", [inner, columns]);
  const scale = g.parameter("scales", "float32", [columns]);
  // In a body, as models have it; and the same bytes looked at as they are.
  const [product] = g.branch(
    g.equal(g.size("n"), g.scalar("int64", 0)),
    () => [g.matmulIntegerToFloat({ value: rows, scale: 1, zero: 0 }, { value: matrix, scales: scale, zero: 128 })],
    () => [g.matmulIntegerToFloat({ value: rows, scale: 1, zero: 128 }, { value: matrix, scales: scale, zero: 128 })],
  );
  g.output("product", product!);
  g.output("first", g.cast(g.gather(matrix, g.scalar("int64", 0)), "float32"));
  return g;
}

test.each(["cpu", "wasm"] as const)("on %s products are the whole numbers that they should be", async (device) => {
  const engine = await nodeEngine(device, () => {});
  const weights = new Map([
    ["matrix", weightOf(bytes, [inner, columns])],
    ["scales", weightOf(scales, [columns])],
  ]);
  for (const low_memory of device === "cpu" ? [false, true] : [false]) {
    const session = await engine.compile(productAndRow(), weights, { low_memory });
    for (const n of [1, 9]) {
      const rows = Uint8Array.from({ length: n * inner }, (_, i) => 255 - ((i * 11) % 256));
      const { product, first } = await session.run({ rows: new Tensor("uint8", rows, [n, inner]) }, [
        "product",
        "first",
      ]);
      const expected = Array.from({ length: n * columns }, (_, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += (rows[row * inner + k]! - 128) * (bytes[k * columns + column]! - 128);
        return sum * scales[column]!;
      });
      expect(Array.from(product!.data, Number)).toEqual(expected);
      expect(Array.from(first!.data, Number)).toEqual(Array.from(bytes.subarray(0, columns)));
    }
    await session.dispose();
  }
});

test("only matrices that rows of bytes are multiplied by, and that lie somewhere, are turned", () => {
  const g = productAndRow();
  expect([...byteMatrices(g).keys()]).toEqual(["matrix"]);
  const place = { location: "weights", offset: 0, length: inner * columns };
  const texts = (locate: () => typeof place | undefined, signedBytes: boolean) =>
    new TextDecoder("latin1").decode(writeOnnx(g, locate, { signedBytes }));
  expect(texts(() => place, true)).toContain("BitwiseXor");
  expect(texts(() => place, false)).not.toContain("BitwiseXor");
  expect(texts(() => undefined, true)).not.toContain("BitwiseXor");
});
