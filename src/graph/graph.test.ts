/** Bodies, stages, sizes, names and weights: graphs are built, run on both engines of Node, and compared with plain sums. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, Weight, Weights } from "../runtime/engine.ts";
import { nodeEngine } from "../runtime/node.ts";
import { type NestedNumbers, Tensor } from "../tensor.ts";
import { Graph, type Value } from "./graph.ts";
import { addStages } from "./stages.ts";
import { describeType } from "./types.ts";

function counted(dims: readonly number[], scale = 1): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return new Tensor(
    "float32",
    Float32Array.from({ length: size }, (_, i) => scale * (i + 1)),
    dims,
  );
}

describe.each(["cpu", "wasm"] as const)("on %s", (device) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await nodeEngine(device, () => {});
  });

  async function run(
    g: Graph,
    inputs: Record<string, Tensor>,
    { outputs = g.root.outputs.map(({ name }) => name), weights = new Map() as Weights } = {},
  ): Promise<Record<string, NestedNumbers>> {
    const session = await engine.compile(g, weights, { num_threads: 1 });
    try {
      const results = await session.run(inputs, outputs);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.tolist()]));
    } finally {
      await session.dispose();
    }
  }

  describe("loop", () => {
    /** Running sums of the rows of x [S, 3]: the last one, all of them, and the row numbers. */
    function runningSums(): Graph {
      const g = new Graph();
      const x = g.input("x", "float32", ["S", 3]);
      const start = g.expand(g.scalar("float32", 0), [3]);
      const { carried, scan } = g.loop({ count: g.size("S"), dim: "S", carried: [start] }, (index, [sum]) => {
        const next = g.add(sum!, g.gather(x, index));
        return { carried: [next], scan: [next, index] };
      });
      expect(describeType(carried[0]!)).toBe("float32 [3]");
      expect(scan.map(describeType)).toEqual(["float32 [S, 3]", "int64 [S]"]);
      g.output("last", carried[0]!);
      g.output("all", scan[0]!);
      g.output("rows", scan[1]!);
      return g;
    }

    it("carries values and stacks others", async () => {
      expect(await run(runningSums(), { x: counted([2, 3]) })).toEqual({
        last: [5, 7, 9],
        all: [
          [1, 2, 3],
          [5, 7, 9],
        ],
        rows: [0, 1],
      });
    });

    it("may run no time at all", async () => {
      expect(await run(runningSums(), { x: counted([0, 3]) })).toEqual({ last: [0, 0, 0], all: [], rows: [] });
    });

    it("gives back values of the outside, its inputs and one value twice", async () => {
      const g = new Graph();
      const x = g.input("x", "float32", [2]);
      const { carried, scan } = g.loop({ count: g.scalar("int64", 3), dim: 3, carried: [x, x] }, (_, [a, b]) => {
        const sum = g.add(a!, b!);
        return { carried: [b!, sum], scan: [sum, sum, x, a!] };
      });
      [...carried, ...scan].forEach((value, index) => {
        g.output(`y${index}`, value);
      });
      // Fibonacci's 1, 1, 2, 3, 5 times x.
      const times = (...factors: number[]) => factors.map((factor) => [factor, 2 * factor]);
      expect(await run(g, { x: counted([2]) })).toEqual({
        y0: times(3)[0],
        y1: times(5)[0],
        y2: times(2, 3, 5),
        y3: times(2, 3, 5),
        y4: times(1, 1, 1),
        y5: times(1, 1, 2),
      });
    });

    it("nests, with branches within", async () => {
      const g = new Graph();
      const x = g.input("x", "float32", ["S", 3]);
      const zero = g.scalar("float32", 0);
      // Sum over i and j of x[i, j], or of its negative where i < j.
      const outer = g.loop({ count: g.size("S"), dim: "S", carried: [zero] }, (i, [total]) => {
        const inner = g.loop({ count: g.scalar("int64", 3), dim: 3, carried: [total!] }, (j, [sum]) => {
          const element = g.gather(g.gather(x, i), j);
          const [signed] = g.branch(
            g.less(i, j),
            () => [g.neg(element)],
            () => [element],
          );
          return { carried: [g.add(sum!, signed!)] };
        });
        return { carried: inner.carried };
      });
      g.output("total", outer.carried[0]!);
      expect(await run(g, { x: counted([2, 3]) })).toEqual({ total: 1 - 2 - 3 + 4 + 5 - 6 });
    });
  });

  it("branch computes one body, whose values may repeat or come from outside", async () => {
    const g = new Graph();
    const x = g.input("x", "float32", ["S"]);
    const outputs = g.branch(
      g.less(g.size("S"), g.scalar("int64", 3)),
      () => {
        const twice = g.add(x, x);
        return [twice, twice, x];
      },
      () => [x, g.neg(x), g.reshape(g.slice(x, 0, 0, 1), [1])],
    );
    expect(outputs.map(describeType)).toEqual(["float32 [S]", "float32 [S]", "float32 [S]"]);
    outputs.forEach((value, index) => {
      g.output(`y${index}`, value);
    });
    expect(await run(g, { x: counted([2]) })).toEqual({ y0: [2, 4], y1: [2, 4], y2: [1, 2] });
    expect(await run(g, { x: counted([3]) })).toEqual({ y0: [1, 2, 3], y1: [-1, -2, -3], y2: [1] });
  });

  it("stages: the chosen one is computed, outputs of the others are empty", async () => {
    const g = new Graph();
    const a = g.input("a", "float32", ["B", "S"]);
    const b = g.input("b", "float32", ["B", 3]);
    addStages(g, [
      { name: "first", inputs: [a], build: () => ({ flat: g.reshape(g.neg(a), ["B*S"]) }) },
      {
        name: "second",
        inputs: [b],
        build: () => ({ wide: g.expand(g.reshape(b, ["B", 1, 3]), ["B", 2, 3]), same: b }),
      },
    ]);
    const names = ["first.flat", "second.wide", "second.same"];
    expect(g.root.outputs.map(({ name }) => name)).toEqual(names);
    const stage = (index: number) => Tensor.from(index, "int64");
    expect(await run(g, { stage: stage(0), a: counted([2, 2]) })).toEqual({
      "first.flat": [-1, -2, -3, -4],
      "second.wide": [],
      "second.same": [],
    });
    // B is read from b, though a, where it was first seen, is absent.
    expect(await run(g, { stage: stage(1), b: counted([1, 3]) })).toEqual({
      "first.flat": [],
      "second.wide": [
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
      ],
      "second.same": [[1, 2, 3]],
    });
  });

  it("computes sizes of sums, products and bound symbols, in bodies too", async () => {
    const g = new Graph();
    g.input("x", "float32", ["B", "S"]);
    g.bind("b", g.add(g.size("B"), g.scalar("int64", 11)));
    g.output("sum", g.size("B+S+7"));
    g.output("product", g.size("2*B*S"));
    g.output("mixed", g.size("B*S+2*(S+1)+1"));
    g.output("bound", g.size("b*S"));
    g.output("number", g.size(13));
    const { scan } = g.loop({ count: g.scalar("int64", 2), dim: 2 }, (index) => {
      g.bind("b", index);
      return { scan: [g.size("b+S"), g.shapeVector(["b", 5, "B"])] };
    });
    g.output("inner", scan[0]!);
    g.output("vectors", scan[1]!);
    g.output("after", g.size("b"));
    expect(await run(g, { x: counted([2, 3]) })).toEqual({
      sum: 12,
      product: 12,
      mixed: 15,
      bound: 39,
      number: 13,
      inner: [3, 4],
      vectors: [
        [0, 5, 2],
        [1, 5, 2],
      ],
      after: 13,
    });
  });

  it("gives back inputs, constants and weights as they are", async () => {
    const g = new Graph();
    g.output("x", g.input("x", "float32", [2]));
    g.output("half", g.cast(g.constant("float16", [2], [0.5, -3]), "float32"));
    g.output("double", g.cast(g.constant("float64", [2], [0.1, 2 ** 24]), "float32"));
    g.output("small", g.constant("int8", [2], [-7, 5]));
    g.output("infinite", g.constant("float32", [2], [Number.NEGATIVE_INFINITY, Number.NaN]));
    g.output("w", g.parameter("w", "float32", [1, 2]));
    const weights = new Map([["w", weight([1, 2], Float32Array.of(3, 5))]]);
    expect(await run(g, { x: counted([2]) }, { weights })).toEqual({
      x: [1, 2],
      half: [0.5, -3],
      double: [Math.fround(0.1), 2 ** 24],
      small: [-7, 5],
      infinite: [Number.NEGATIVE_INFINITY, Number.NaN],
      w: [[3, 5]],
    });
  });

  it("adds several updates of one element without losing any, whatever the threads", async () => {
    const g = new Graph();
    const updates = g.input("updates", "float32", ["n", "d"]);
    const index = g.input("index", "int64", ["n", 1]);
    const zeros = g.expand(g.scalar("float32", 0), [2, "d"]);
    g.output("sums", g.scatterAdd(zeros, g.expand(index, ["n", "d"]), updates, 0));
    // At this size two threads lose additions in ScatterND with reduction add.
    const [n, d] = [4999, 769];
    const session = await engine.compile(g, new Map(), device === "cpu" ? { num_threads: 2 } : {});
    const { sums } = await session.run(
      {
        updates: new Tensor("float32", new Float32Array(n * d).fill(1), [n, d]),
        index: new Tensor("int64", new BigInt64Array(n), [n, 1]),
      },
      ["sums"],
    );
    await session.dispose();
    expect(new Set(sums!.data as Float32Array)).toEqual(new Set([n, 0]));
    expect(sums!.at(d - 1)).toBe(n);
  });

  describe("weights", () => {
    const numbers = [0.5, -1.25, 3, 7, 11, -0.375];
    const names = ["encoder.fc1.weight", "encoder/fc2.weight", "lm_head.weight"];
    let folder: string;
    beforeAll(async () => {
      folder = await realpath(await mkdtemp(join(tmpdir(), "graph-")));
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** x [S, 2] times a + 2 b + 4 c. */
    function weighted(): Graph {
      const g = new Graph();
      const [a, b, c] = names.map((name) => g.parameter(name, "float32", [2, 3])) as [Value, Value, Value];
      const two = g.scalar("float32", 2);
      const sum = g.add(a, g.mul(two, g.add(b, g.mul(two, c))));
      g.output("y", g.matmul(g.input("x", "float32", ["S", 2]), sum));
      return g;
    }
    const x = new Tensor("float32", Float32Array.of(2, 4), [1, 2]);
    const weights = new Map(
      names.map((name, index) => [
        name,
        weight(
          [2, 3],
          Float32Array.from(numbers, (n) => n + index),
        ),
      ]),
    );
    // Of each column: x times n (1 + 2 + 4) + (0 + 2 + 8).
    const expected = { y: [[0, 1, 2].map((j) => 2 * (7 * numbers[j]! + 10) + 4 * (7 * numbers[j + 3]! + 10))] };

    it("from buffers", async () => {
      expect(await run(weighted(), { x }, { weights })).toEqual(expected);
    });

    it("from two files at odd offsets and from a buffer", async () => {
      const [first, second] = [join(folder, "a", "weights.bin"), join(folder, "other.bin")];
      await mkdir(join(folder, "a"));
      const bytes = (index: number) => new Uint8Array(Float32Array.from(numbers, (n) => n + index).buffer);
      await writeFile(first, [Uint8Array.of(1, 2, 3), bytes(0)]);
      await writeFile(second, [Uint8Array.of(1), bytes(1), Uint8Array.of(1)]);
      const mixed = new Map(weights);
      mixed.set(names[0]!, { ...weights.get(names[0]!)!, place: { path: first, offset: 3 } });
      mixed.set(names[1]!, { ...weights.get(names[1]!)!, place: { path: second, offset: 1 } });
      expect(await run(weighted(), { x }, { weights: mixed })).toEqual(expected);
    });
  });

  it("takes a weight without bytes at every run, and says which one is missing", async () => {
    const g = new Graph();
    g.output("y", g.neg(g.parameter("fc1.weight", "float32", [2])));
    const session = await engine.compile(g, new Map());
    const { y } = await session.run({ "fc1.weight": Tensor.from([1, 2], "float32") }, ["y"]);
    expect(y!.tolist()).toEqual([-1, -2]);
    await expect(session.run({}, ["y"])).rejects.toThrow(
      "run graph, input fc1.weight: expected float32 [2], got nothing",
    );
    await session.dispose();
  });
});

/** Numbers that arrive in two chunks. */
function weight(shape: readonly number[], data: Float32Array): Weight {
  return {
    shape,
    async *stream() {
      yield data.slice(0, 1);
      yield data.slice(1);
    },
  };
}
