/** Counts of small graphs, each computed by hand beside it. */
import { describe, expect, it } from "vitest";
import { costByKind, type GraphCost, graphCost, largestOutput } from "./cost.ts";
import { Graph, type Value } from "./graph.ts";
import { addStages } from "./stages.ts";

const total = ({ nodes }: GraphCost, what: "products" | "elements" | "written") =>
  nodes.reduce((sum, node) => sum + node[what], 0);

/** Dims of the output of the only node of a kind. */
function dimsOf(cost: GraphCost, kind: string): readonly number[] {
  const nodes = cost.nodes.filter((node) => node.kind === kind);
  expect(nodes).toHaveLength(1);
  return nodes[0]!.dims;
}

describe("work", () => {
  it("of gemm: 2 n k m, a weight read whole, a bias for nothing", () => {
    const g = new Graph();
    const x = g.input("x", "float32", ["n", 3]);
    g.output("y", g.gemm(x, g.parameter("w", "float32", [5, 3]), g.parameter("b", "float32", [5]), { transB: true }));
    const cost = graphCost(g, { sizes: { n: 7 } });
    expect(costByKind(cost.nodes).Gemm).toEqual({
      nodes: 1,
      executions: 1,
      products: 2 * 7 * 3 * 5,
      elements: 0,
      written: 7 * 5 * 4,
    });
    expect(Object.fromEntries(cost.reads)).toEqual({ x: 7 * 3 * 4, w: 5 * 3 * 4, b: 5 * 4 });
  });

  it("of gemm with its first matrix transposed", () => {
    const g = new Graph();
    g.output(
      "y",
      g.gemm(g.input("x", "float32", ["k", 3]), g.input("z", "float32", ["k", 5]), undefined, { transA: true }),
    );
    expect(total(graphCost(g, { sizes: { k: 11 } }), "products")).toBe(2 * 3 * 11 * 5);
  });

  it("of matmul: every pair of broadcast matrices", () => {
    const g = new Graph();
    g.output("y", g.matmul(g.input("x", "float32", [2, 1, "n", 4]), g.input("z", "float32", [5, 4, 6])));
    const cost = graphCost(g, { sizes: { n: 3 } });
    expect(dimsOf(cost, "MatMul")).toEqual([2, 5, 3, 6]);
    expect(total(cost, "products")).toBe(2 * (2 * 5 * 3 * 6) * 4);
  });

  it("of attention in one op: what its parts would be", () => {
    const build = (fused: boolean): GraphCost => {
      const g = new Graph();
      const q = g.input("q", "float32", ["B", "n", 8]);
      const k = g.input("k", "float32", ["B", 2, "m", 4]);
      const v = g.input("v", "float32", ["B", 2, "m", 4]);
      const bias = g.input("bias", "float32", [1, 1, "n", "m"]);
      const heads = g.transpose(g.reshape(q, ["B", "n", 2, 4]), [0, 2, 1, 3]);
      const parts = () => g.matmul(g.softmax(g.add(g.matmul(heads, g.swap(k)), bias)), v);
      g.output("y", fused ? g.multiHeadAttention(q, k, v, bias) : parts());
      return graphCost(g, { sizes: { B: 2, n: 3, m: 5 } });
    };
    const [fused, parts] = [build(true), build(false)];
    expect(total(fused, "products")).toBe(2 * (2 * 3 * 5 * 8) * 2);
    expect(total(parts, "products")).toBe(total(fused, "products"));
    expect(total(fused, "elements")).toBe(2 * (2 * 2 * 3 * 5));
    expect(total(parts, "elements")).toBe(total(fused, "elements"));
  });

  it("of everything else: one for each number that comes out, of a sum for each that goes in, none for what moves", () => {
    const g = new Graph();
    const x = g.input("x", "float32", ["n", 4]);
    const row = g.input("row", "float32", [4]);
    g.output("sum", g.reduceSum(g.add(x, row), [0]));
    g.output("moved", g.transpose(g.pad(x, 0, 1, 2, "n+3"), [1, 0]));
    const cost = graphCost(g, { sizes: { n: 10 } });
    expect(costByKind(cost.nodes)).toMatchObject({
      Add: { elements: 40, written: 160 },
      ReduceSum: { elements: 40, written: 16 },
      Pad: { elements: 0, written: 13 * 4 * 4 },
      Transpose: { elements: 0, written: 13 * 4 * 4 },
    });
    expect(largestOutput(cost.nodes)).toMatchObject({ kind: "Pad", dims: [13, 4], bytes: 208 });
  });

  it("of a look-up: the rows that it gives", () => {
    const g = new Graph();
    const table = g.parameter("table", "float32", [1000, 6]);
    g.output("rows", g.gather(table, g.input("ids", "int64", ["B", "S"])));
    const cost = graphCost(g, { sizes: { B: 2, S: 3 } });
    expect(costByKind(cost.nodes).Gather).toMatchObject({ elements: 0, written: 2 * 3 * 6 * 4 });
    expect(Object.fromEntries(cost.reads)).toEqual({ table: 2 * 3 * 6 * 4, ids: 2 * 3 * 8 });
  });

  it("of a reshape: nothing, and whoever reads the result reads what is behind it", () => {
    const g = new Graph();
    const w = g.reshape(g.parameter("w", "float32", [6, 2]), [3, 4]);
    g.output("y", g.exp(w));
    const cost = graphCost(g, { sizes: {} });
    expect(costByKind(cost.nodes)).toMatchObject({ Reshape: { nodes: 1, written: 0 }, Exp: { written: 48 } });
    expect(Object.fromEntries(cost.reads)).toEqual({ w: 48 });
  });
});

describe("loops and branches", () => {
  /** Blocks of "b" rows of x [S, 4], each times w [4, 4]. */
  function blocks(): Graph {
    const g = new Graph();
    const x = g.input("x", "float32", ["S", 4]);
    const b = g.input("block", "int64", []);
    const w = g.parameter("w", "float32", [4, 4]);
    g.bind("b", b);
    const { scan } = g.loop({ count: g.div(g.size("S"), b), dim: "S/b" }, (index) => ({
      scan: [g.scope("layer", () => g.matmul(g.slice(x, 0, g.mul(index, b), "b"), w))],
    }));
    g.output("y", g.reshapeAs(scan[0]!, ["S", 4]));
    return g;
  }

  it("runs a body as often as the count says", () => {
    const cost = graphCost(blocks(), { sizes: { S: 24 }, numbers: { block: 8 } });
    const kinds = costByKind(cost.nodes);
    expect(kinds.MatMul).toEqual({ nodes: 1, executions: 3, products: 2 * 24 * 4 * 4, elements: 0, written: 24 * 16 });
    expect(kinds.Slice).toMatchObject({ nodes: 1, executions: 3, written: 24 * 16 });
    expect(kinds.Loop).toMatchObject({ nodes: 1, executions: 1, written: 24 * 16 });
    expect(dimsOf(cost, "Loop")).toEqual([3, 8, 4]);
    expect(cost.nodes.find(({ kind }) => kind === "MatMul")).toMatchObject({
      scope: "layer",
      dims: [8, 4],
      bytes: 128,
    });
    // The weight again for each block, the slices of x once each.
    expect(Object.fromEntries(cost.reads)).toMatchObject({ w: 3 * 64, x: 24 * 16 });
  });

  it("may run a body no time at all", () => {
    const cost = graphCost(blocks(), { sizes: { S: 0 }, numbers: { block: 8 } });
    expect(total(cost, "products")).toBe(0);
    expect(costByKind(cost.nodes).MatMul).toBeUndefined();
  });

  it("carries values and sizes from one run to the next", () => {
    const g = new Graph();
    const start = g.scalar("int64", 1);
    const { carried } = g.loop({ count: g.scalar("int64", 3), dim: 3, carried: [start] }, (_, [n]) => {
      g.bind("width", n!);
      g.expand(g.scalar("float32", 0), ["width"]);
      return { carried: [g.add(n!, n!)] };
    });
    g.bind("last", carried[0]!);
    g.output("y", g.range("last"));
    const cost = graphCost(g, { sizes: {} });
    expect(costByKind(cost.nodes).Expand).toMatchObject({ executions: 3, written: (1 + 2 + 4) * 4 });
    expect(cost.nodes.find(({ kind }) => kind === "Expand")).toMatchObject({ dims: [4], bytes: 16 });
    expect(dimsOf(cost, "Range")).toEqual([8]);
  });

  it("takes the branch that the condition says", () => {
    const g = new Graph();
    const x = g.input("x", "float32", ["n", 4]);
    const few = g.lessOrEqual(g.size("n"), g.scalar("int64", 2));
    const [y] = g.branch(
      few,
      () => [g.matmul(x, g.parameter("w", "float32", [4, 4]))],
      () => [g.tanh(x)],
    );
    g.output("y", g.exp(y!));
    const [small, large] = [2, 3].map((n) => costByKind(graphCost(g, { sizes: { n } }).nodes));
    expect(small).toMatchObject({ If: { nodes: 1, executions: 1 }, MatMul: { products: 64 }, Exp: { elements: 8 } });
    expect(small!.Tanh).toBeUndefined();
    expect(large).toMatchObject({ Tanh: { elements: 12 }, Exp: { elements: 12 } });
    expect(large!.MatMul).toBeUndefined();
  });
});

describe("stages", () => {
  function twoStages(): Graph {
    const g = new Graph();
    const x = g.input("x", "float32", ["n", 4]);
    const y = g.input("y", "float32", ["m", 4]);
    addStages(g, [
      { name: "first", inputs: [x], build: () => ({ out: g.exp(x) }) },
      { name: "second", inputs: [y], build: () => ({ out: g.matmul(y, g.parameter("w", "float32", [4, 4])) }) },
    ]);
    return g;
  }

  it("counts the one that runs and what stands outside, not the choice", () => {
    const cost = graphCost(twoStages(), { sizes: { n: 0, m: 5 }, numbers: { stage: 1 } });
    const kinds = costByKind(cost.nodes);
    // Sizes: n and m of the inputs outside, m again within the stage.
    expect(Object.entries(kinds).map(([kind, { nodes }]) => [kind, nodes])).toEqual([
      ["MatMul", 1],
      ["Reshape", 3],
      ["Shape", 3],
    ]);
    expect(total(cost, "products")).toBe(2 * 5 * 4 * 4);
  });

  it("refuses one that does not exist", () => {
    expect(() => graphCost(twoStages(), { sizes: { n: 1, m: 1 }, numbers: { stage: 2 } })).toThrow(
      "graphCost: expected a stage below 2, got 2",
    );
  });
});

describe("sizes that the graph computes", () => {
  const run = (build: (g: Graph, x: Value) => Value, n: number): GraphCost => {
    const g = new Graph();
    const x = g.input("x", "float32", ["n", 4]);
    g.output("y", build(g, x));
    return graphCost(g, { sizes: { n } });
  };

  it.each([
    { n: 3, c: 3 },
    { n: 9, c: 5 },
  ])("min, sum, product and quotient of $n", ({ n, c }) => {
    const cost = run((g, x) => {
      const least = g.min(g.size("n"), g.scalar("int64", 5));
      g.bind("c", least);
      g.bind("2c+1", g.add(g.add(least, least), g.scalar("int64", 1)));
      g.bind("half", g.div(g.mul(least, g.scalar("int64", 3)), g.scalar("int64", 2)));
      g.range("2c+1");
      g.expand(g.scalar("float32", 0), ["half", 2]);
      return g.pad(x, 0, least, least, "n+2c");
    }, n);
    expect(dimsOf(cost, "Range")).toEqual([2 * c + 1]);
    expect(dimsOf(cost, "Expand")).toEqual([Math.floor((c * 3) / 2), 2]);
    expect(dimsOf(cost, "Pad")).toEqual([n + 2 * c, 4]);
  });

  it("a slice to the end, reshapes by copied and remaining dims", () => {
    const cost = run((g, x) => g.reshape(g.slice(x, 0, 0, "n"), ["n", 2, 2]), 6);
    expect(dimsOf(cost, "Slice")).toEqual([6, 4]);
    expect(cost.nodes.at(-1)).toMatchObject({ kind: "Reshape", dims: [6, 2, 2] });
  });

  it("sums and products of symbols in an input's shape", () => {
    const g = new Graph();
    g.output("y", g.exp(g.input("x", "float32", ["P+Q", "2*(P+1)"])));
    expect(dimsOf(graphCost(g, { sizes: { P: 3, Q: 4 } }), "Exp")).toEqual([7, 8]);
  });

  it("finds a vouched size that is wrong", () => {
    const build = () => run((g, x) => g.scope("part", () => g.reshapeAs(x, [5, 4])), 6);
    expect(build).toThrow("part: Reshape at run time: expected dims of the size of float32 [6, 4], got [5, 4]");
  });
});

describe("what is missing or unknown", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["n", 4]);
  const start = g.input("start", "int64", []);
  g.output(
    "y",
    g.scope("part", () => g.slice(x, 0, g.add(start, g.scalar("int64", 1)), 2)),
  );

  it("names a size", () => {
    expect(() => graphCost(g, { sizes: {}, numbers: { start: 0 } })).toThrow(
      "graphCost: expected a size of n, for x, got none",
    );
  });

  it("names a number, through what was computed from it", () => {
    expect(() => graphCost(g, { sizes: { n: 6 } })).toThrow(
      "graphCost, part: Slice: expected the number that start holds, got none",
    );
  });

  it("refuses names that the graph does not have", () => {
    expect(() => graphCost(g, { sizes: { n: 6, S: 1 } })).toThrow("graphCost, sizes: expected one of n, got S");
    expect(() => graphCost(g, { sizes: { n: 6 }, numbers: { x: 1 } })).toThrow(
      "graphCost, numbers: expected one of start, got x",
    );
  });
});
