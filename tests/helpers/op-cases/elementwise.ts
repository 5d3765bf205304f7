/** Ops that work element by element. Sizes are primes: B 2, S 3, T 5, U 7. */
import type { Graph, Value } from "../../../src/graph/graph.ts";
import type { OpName } from "../../../src/graph/ops.ts";
import { bools, erf, floats, type Given, ints, type OpCase, type OpEntry, type Refusal, tenths } from "./case.ts";

const x = floats("B=2 S=3 5");
const positive = floats("B=2 S=3 5", 1, [0.6, 2]);
const kinked = tenths("B=2 S=3 5", "odd");

function refusesInteger(op: OpName, build: (g: Graph, x: Value) => Value, allowed = "float32 or float16"): Refusal {
  return {
    build: (g) => build(g, g.input("k", "int64", ["B", 5])),
    message: `layer.1: ${op}: expected a value of ${allowed}, got int64 [B, 5]`,
  };
}

/** y = f(x) for each element. */
function unary(
  op: OpName,
  build: (g: Graph, x: Value) => Value,
  f: (x: number) => number,
  { input = x, more = [] }: { input?: Given; more?: OpCase[] } = {},
): OpEntry {
  const at = (...index: number[]) => f(input.at(...index));
  const none = floats("B=0 S=3 5");
  const cases: OpEntry["cases"] = [
    { name: op, inputs: [input], build, type: "float32 [B, S, 5]", dims: [2, 3, 5], at },
    { name: `${op} of nothing`, inputs: [none], build, type: "float32 [B, S, 5]", dims: [0, 3, 5], at },
    ...more,
  ];
  return { cases, refusals: [refusesInteger(op, build)] };
}

const scalar = floats("", 3, [0.6, 2]);
const a = floats("B=2 1 5", 1);
const b = floats("S=3 1", 2, [0.6, 2]);
const p = ints("B=2 3", [7, -7, 5, 2, 11, -13]);
const q = ints("3", [2, 2, -3]);

/** y = f(a, b), a [B, 1, 5] and b [S, 1] giving [B, S, 5]; of integers too. */
function binary(
  op: OpName,
  build: (g: Graph, a: Value, b: Value) => Value,
  f: (a: number, b: number) => number,
  {
    left = a,
    right = b,
    integer = f,
  }: { left?: Given; right?: Given; integer?: (a: number, b: number) => number } = {},
): OpEntry {
  return {
    cases: [
      {
        name: `${op} broadcasting both ways`,
        inputs: [left, right],
        build,
        type: "float32 [B, S, 5]",
        dims: [2, 3, 5],
        at: (i, j, k) => f(left.at(i, 0, k), right.at(j, 0)),
      },
      {
        name: `${op} of equal shapes`,
        inputs: [left, left],
        build: (g, u, v) => build(g, u, g.add(v, g.scalar("float32", 3))),
        type: "float32 [B, 1, 5]",
        dims: [2, 1, 5],
        at: (i, _, k) => f(left.at(i, 0, k), left.at(i, 0, k) + 3),
      },
      {
        name: `${op} with a number`,
        inputs: [left, scalar],
        build,
        type: "float32 [B, 1, 5]",
        dims: [2, 1, 5],
        at: (i, _, k) => f(left.at(i, 0, k), scalar.at()),
      },
      {
        name: `${op} of integers`,
        inputs: [p, q],
        build,
        type: "int64 [B, 3]",
        dims: [2, 3],
        at: (i, j) => integer(p.at(i, j), q.at(j)),
      },
    ],
    refusals: [
      {
        build: (g) => build(g, g.input("u", "float32", ["B", 5]), g.input("v", "float32", ["S", 5])),
        message: `layer.1: ${op}: expected shapes that broadcast, got [B, 5] and [S, 5]`,
      },
      {
        build: (g) => build(g, g.input("u", "float32", ["B"]), g.input("v", "int64", ["B"])),
        message: `layer.1: ${op}: expected values of one dtype, got float32 [B] and int64 [B]`,
      },
      {
        build: (g) => build(g, g.input("u", "bool", ["B"]), g.input("v", "bool", ["B"])),
        message: `layer.1: ${op}: expected a value of float32 or float16 or float64 or int64 or int32, got bool [B]`,
      },
    ],
  };
}

/** y = f(a, b) as truth, of integers. */
function comparison(
  op: OpName,
  build: (g: Graph, a: Value, b: Value) => Value,
  f: (a: number, b: number) => boolean,
): OpEntry {
  const [m, n] = [ints("B=2 3", [1, 2, 3, 3, 2, 1]), ints("3", [1, 3, 2])];
  const [s, t] = [tenths("B=2 1 5", "odd"), tenths("S=3 1", "odd", 2)];
  return {
    cases: [
      {
        name: `${op} of integers`,
        inputs: [m, n],
        build,
        type: "bool [B, 3]",
        dims: [2, 3],
        at: (i, j) => Number(f(m.at(i, j), n.at(j))),
      },
      {
        name: `${op} of floats`,
        inputs: [s, t],
        build,
        type: "bool [B, S, 5]",
        dims: [2, 3, 5],
        at: (i, j, k) => Number(f(s.at(i, 0, k), t.at(j, 0))),
      },
    ],
    refusals: [
      {
        build: (g) => build(g, g.input("u", "float32", [7]), g.input("v", "float32", [5])),
        message: `layer.1: ${op}: expected shapes that broadcast, got [7] and [5]`,
      },
    ],
  };
}

const gelu = (v: number) => (v * (1 + erf(v / Math.SQRT2))) / 2;
const geluTanh = (v: number) => (v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)))) / 2;
const odd = bools("B=2 5", (place) => place % 3 !== 1);
const even = bools("5", (place) => place % 2 === 0);
const [big, small] = [tenths("B=2 1 5", "odd"), tenths("S=3 1", "even", 2)];

export const elementwise = {
  Add: binary(
    "Add",
    (g, u, v) => g.add(u, v),
    (u, v) => u + v,
  ),
  Sub: binary(
    "Sub",
    (g, u, v) => g.sub(u, v),
    (u, v) => u - v,
  ),
  Mul: binary(
    "Mul",
    (g, u, v) => g.mul(u, v),
    (u, v) => u * v,
  ),
  Div: binary(
    "Div",
    (g, u, v) => g.div(u, v),
    (u, v) => u / v,
    { integer: (u, v) => Math.trunc(u / v) },
  ),
  Min: binary("Min", (g, u, v) => g.min(u, v), Math.min, { left: big, right: small }),
  Max: binary("Max", (g, u, v) => g.max(u, v), Math.max, { left: big, right: small }),
  Neg: {
    ...unary(
      "Neg",
      (g, v) => g.neg(v),
      (v) => -v,
    ),
    refusals: [
      {
        build: (g: Graph) => g.neg(g.input("v", "bool", ["B"])),
        message: "layer.1: Neg: expected a value of float32 or float16 or float64 or int64 or int32, got bool [B]",
      },
    ],
  },
  Exp: unary("Exp", (g, v) => g.exp(v), Math.exp),
  Log: unary("Log", (g, v) => g.log(v), Math.log, { input: positive }),
  Sqrt: unary("Sqrt", (g, v) => g.sqrt(v), Math.sqrt, { input: positive }),
  Erf: unary("Erf", (g, v) => g.erf(v), erf),
  Tanh: unary("Tanh", (g, v) => g.tanh(v), Math.tanh),
  Sigmoid: unary(
    "Sigmoid",
    (g, v) => g.sigmoid(v),
    (v) => 1 / (1 + Math.exp(-v)),
  ),
  Relu: unary(
    "Relu",
    (g, v) => g.relu(v),
    (v) => Math.max(v, 0),
    { input: kinked },
  ),
  Gelu: unary("Gelu", (g, v) => g.gelu(v), gelu, {
    more: [
      {
        name: "Gelu by tanh",
        inputs: [x],
        build: (g, v) => g.gelu(v, "tanh"),
        type: "float32 [B, S, 5]",
        dims: [2, 3, 5],
        at: (...index) => geluTanh(x.at(...index)),
      },
    ],
  }),
  Softplus: unary(
    "Softplus",
    (g, v) => g.softplus(v),
    (v) => Math.log1p(Math.exp(v)),
  ),
  LeakyRelu: unary(
    "LeakyRelu",
    (g, v) => g.leakyRelu(v, 0.07),
    (v) => (v > 0 ? v : 0.07 * v),
    { input: kinked },
  ),
  Where: {
    cases: [
      {
        name: "Where broadcasting three ways",
        inputs: [even, a, b],
        build: (g, c, u, v) => g.where(c, u, v),
        type: "float32 [B, S, 5]",
        dims: [2, 3, 5],
        at: (i, j, k) => (even.at(k) ? a.at(i, 0, k) : b.at(j, 0)),
      },
    ],
    refusals: [
      {
        build: (g) => {
          const v = g.input("v", "float32", ["B"]);
          return g.where(v, v, v);
        },
        message: "layer.1: Where: expected a value of bool, got float32 [B]",
      },
      {
        build: (g) => g.where(g.input("c", "bool", [3]), g.input("u", "float32", [3]), g.input("v", "float32", [7])),
        message: "layer.1: Where: expected shapes that broadcast, got [3] and [7]",
      },
    ],
  },
  Equal: comparison(
    "Equal",
    (g, u, v) => g.equal(u, v),
    (u, v) => u === v,
  ),
  Less: comparison(
    "Less",
    (g, u, v) => g.less(u, v),
    (u, v) => u < v,
  ),
  LessOrEqual: comparison(
    "LessOrEqual",
    (g, u, v) => g.lessOrEqual(u, v),
    (u, v) => u <= v,
  ),
  And: {
    cases: [
      {
        name: "And",
        inputs: [odd, even],
        build: (g, u, v) => g.and(u, v),
        type: "bool [B, 5]",
        dims: [2, 5],
        at: (i, j) => odd.at(i, j) * even.at(j),
      },
    ],
    refusals: [
      {
        build: (g) => g.and(g.input("u", "int64", []), g.input("v", "int64", [])),
        message: "layer.1: And: expected a value of bool, got int64 []",
      },
    ],
  },
  Not: {
    cases: [
      {
        name: "Not",
        inputs: [odd],
        build: (g, v) => g.not(v),
        type: "bool [B, 5]",
        dims: [2, 5],
        at: (i, j) => 1 - odd.at(i, j),
      },
    ],
    refusals: [refusesInteger("Not", (g, v) => g.not(v), "bool")],
  },
  Cast: {
    cases: [
      {
        name: "Cast to float64 and back",
        inputs: [x],
        build: (g, v) => g.cast(g.mul(g.cast(v, "float64"), g.scalar("float64", 3)), "float32"),
        type: "float32 [B, S, 5]",
        dims: [2, 3, 5],
        at: (...index) => 3 * x.at(...index),
      },
      {
        name: "Cast truth to numbers",
        inputs: [odd],
        build: (g, v) => g.cast(v, "int64"),
        type: "int64 [B, 5]",
        dims: [2, 5],
        at: odd.at,
      },
      {
        name: "Cast to integers, towards zero",
        inputs: [positive],
        build: (g, v) => g.cast(g.neg(v), "int32"),
        type: "int32 [B, S, 5]",
        dims: [2, 3, 5],
        at: (...index) => Math.trunc(-positive.at(...index)),
      },
    ],
    refusals: [],
  },
  Identity: {
    ...unary(
      "Identity",
      (g, v) => g.identity(v),
      (v) => v,
    ),
    refusals: [],
  },
} satisfies { [op: string]: OpEntry };
