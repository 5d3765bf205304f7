/** Matrices with zeros behind their rows: which, and that products by them are the same numbers. */
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { Graph } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx.ts";
import { crowdedMatrices } from "../graph/spaced-rows.ts";
import { Tensor } from "../tensor.ts";
import type { FloatWeight, Weights } from "./engine.ts";
import { nodeEngine } from "./node.ts";
import { matricesToSpace, spacedWeights } from "./spaced-weights.ts";

const [out, width] = [24, 2048];
const numbers = Float32Array.from({ length: out * width }, (_, i) => Math.sin(i * 0.37));
const rows = new Tensor(
  "float32",
  Float32Array.from({ length: 40 * width }, (_, i) => Math.cos(i * 0.11)),
  [40, width],
);

/** A matrix in chunks of this many numbers. */
const inChunks = (size: number): FloatWeight => ({
  shape: [out, width],
  async *stream() {
    for (let at = 0; at < numbers.length; at += size) yield numbers.slice(at, at + size);
  },
});

const bias: FloatWeight = {
  shape: [out],
  async *stream() {
    yield numbers.slice(0, out);
  },
};

/** rows [n, width] x matrix + bias, in a body as models have it. */
function product(manyRows: boolean): Graph {
  const g = new Graph();
  const x = g.input("rows", "float32", ["n", width]);
  const matrix = g.parameter("matrix", "float32", [out, width]);
  const bias = g.parameter("bias", "float32", [out]);
  const multiplied = () => g.gemm(x, matrix, bias, { transB: true, manyRows });
  const [y] = g.branch(
    g.equal(g.size("n"), g.scalar("int64", 0)),
    () => [multiplied()],
    () => [multiplied()],
  );
  g.output("product", y!);
  return g;
}

async function productOf(weights: Weights, manyRows: boolean): Promise<ArrayLike<unknown>> {
  const engine = await nodeEngine("cpu", () => {});
  const session = await engine.compile(product(manyRows), weights, { num_threads: 2 });
  try {
    return (await session.run({ rows }, ["product"])).product!.data;
  } finally {
    await session.dispose();
  }
}

afterEach(() => vi.unstubAllEnvs());

test.each([1, 7, 2047, 2048, 2049, 5000, out * width])("rows get zeros behind them, in chunks of %d", async (size) => {
  const weights = new Map([
    ["matrix", inChunks(size)],
    ["other", inChunks(size)],
  ]);
  const spaced = spacedWeights(weights, new Set(["matrix"]));
  expect(spaced.get("other")).toBe(weights.get("other"));
  const { shape, stream } = spaced.get("matrix")!;
  const [, wide] = shape as [number, number];
  expect(wide).toBeGreaterThan(width);
  const found: number[] = [];
  for await (const chunk of stream()) for (const one of chunk) found.push(one);
  expect(found.length).toBe(out * wide);
  const differing = found.findIndex((one, at) => {
    const [row, column] = [Math.floor(at / wide), at % wide];
    return one !== (column < width ? numbers[row * width + column] : 0);
  });
  expect(differing).toBe(-1);
});

test("only matrices that many rows and nothing else meet, and whose rows crowd a cache, get space", () => {
  expect([...crowdedMatrices(product(true))]).toEqual(["matrix"]);
  expect([...crowdedMatrices(product(false))]).toEqual([]);
  const g = product(true);
  const x = g.input("narrow", "float32", ["n", 768]);
  g.output("narrow product", g.gemm(x, g.parameter("narrow matrix", "float32", [3, 768]), undefined, { transB: true }));
  g.output("row", g.gather(g.parameters.get("matrix")!.value, g.scalar("int64", 0)));
  expect([...crowdedMatrices(g)]).toEqual([]);
});

test("what is written to a file anyway gets space, and what lies in one if it is small", () => {
  const loose = inChunks(1);
  const placed = (rows: number): FloatWeight => ({ ...loose, shape: [rows, width], place: { path: "w", offset: 0 } });
  const given = (rows: number) =>
    new Map([
      ["loose", loose],
      ["placed", placed(rows)],
      ["other", placed(2 ** 20)],
    ]);
  const crowded = new Set(["loose", "placed", "not there"]);
  expect([...matricesToSpace(given(2 ** 13), crowded)]).toEqual(["loose", "placed"]);
  expect([...matricesToSpace(given(2 ** 13 + 1), crowded)]).toEqual(["loose"]);
});

test("the engine is told of the space, and its products are the same bit for bit", async () => {
  const place = { location: "weights", offset: 0, length: 4 * out * width };
  const text = (spaced: ReadonlySet<string>) =>
    new TextDecoder("latin1").decode(writeOnnx(product(true), () => place, { spaced }));
  expect(text(new Set(["matrix"])).match(/Pad/g)?.length).toBe(2);
  expect(text(new Set())).not.toContain("Pad");

  const weights = new Map([
    ["matrix", inChunks(numbers.length)],
    ["bias", bias],
  ]);
  const [plain, spaced] = [await productOf(weights, false), await productOf(weights, true)];
  expect(spaced.length).toBe(40 * out);
  expect(spaced).toEqual(plain);
});

test("where the temporary folder cannot be written to, products are computed without", async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "led-spaced-")));
  try {
    const path = join(folder, "weights.bin");
    await writeFile(path, numbers);
    const place = { path, offset: 0 };
    const weights = new Map([
      ["matrix", { ...inChunks(numbers.length), place }],
      ["bias", { ...bias, place }],
    ]);
    const before = await productOf(weights, true);
    vi.stubEnv("TMPDIR", join(folder, "not there"));
    expect(await productOf(weights, true)).toEqual(before);
  } finally {
    await rm(folder, { recursive: true });
  }
});
