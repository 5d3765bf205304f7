/**
 * How each op of ops.ts is differentiated: a table over the same names, so an op without an entry does not compile. A
 * rule gives, for y = op(a, b, ..) and dy = d loss / dy, the values da, db, .. of the inputs' own types. gradients.ts
 * walks the graph with it. At kinks and ties the rules do as PyTorch: relu'(0) = 0, min and max share a tie equally.
 */
import { InternalError } from "../errors.ts";
import type { Value } from "./core.ts";
import type { Graph } from "./graph.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import { axisOf, type Dim, type DType, productDim, sumDim } from "./types.ts";

export interface GradientContext<K extends OpName> {
  readonly g: Graph;
  readonly inputs: readonly (Value | undefined)[];
  readonly output: Value;
  /** Of the output's type. */
  readonly dOutput: Value;
  readonly attributes: OpAttributes[K];
  /** Which inputs want a gradient; a rule builds nothing for the others. */
  readonly needs: readonly boolean[];
}

/** The gradient of each input; undefined where none is needed or none exists (indices, shapes, conditions). */
export type GradientRule<K extends OpName> = (context: GradientContext<K>) => readonly (Value | undefined)[];

export interface NotDifferentiable {
  readonly notDifferentiable: string;
}

/** Undoes broadcasting: sums `value` over the axes on which `shape` has 1 or nothing. */
export function sumTo(g: Graph, value: Value, shape: readonly Dim[]): Value {
  const extra = value.shape.length - shape.length;
  const stretched = shape.flatMap((dim, axis) => (dim === 1 && value.shape[axis + extra] !== 1 ? [axis + extra] : []));
  const leading = Array.from({ length: extra }, (_, axis) => axis);
  const inner = stretched.length === 0 ? value : g.reduceSum(value, stretched, { keepdims: true });
  return leading.length === 0 ? inner : g.reduceSum(inner, leading);
}

const like = (g: Graph, x: Value, number: number): Value => g.scalar(x.dtype, number);
const zeros = (g: Graph, { dtype, shape }: { dtype: DType; shape: readonly Dim[] }): Value =>
  g.expand(g.scalar(dtype, 0), shape);
const scaled = (g: Graph, x: Value, factor: number): Value => (factor === 1 ? x : g.mul(x, like(g, x, factor)));

function operand(inputs: readonly (Value | undefined)[], index: number): Value {
  const value = inputs[index];
  if (value === undefined) throw new InternalError({ operation: "gradient", expected: `input ${index}`, got: "none" });
  return value;
}

/** Builds the gradients that are needed. */
function each(needs: readonly boolean[], ...build: ((() => Value) | undefined)[]): (Value | undefined)[] {
  return build.map((make, index) => (needs[index] ? make?.() : undefined));
}

interface Unary<K extends OpName> {
  readonly g: Graph;
  readonly x: Value;
  readonly y: Value;
  readonly dy: Value;
  readonly attributes: OpAttributes[K];
}

/** An op of one differentiable input x. */
function unary<K extends OpName>(dx: (context: Unary<K>) => Value): GradientRule<K> {
  return ({ g, inputs, output, dOutput, attributes }) => [
    dx({ g, x: operand(inputs, 0), y: output, dy: dOutput, attributes }),
  ];
}

interface Binary {
  readonly g: Graph;
  readonly a: Value;
  readonly b: Value;
  readonly y: Value;
  readonly dy: Value;
}

/** An op of two inputs that broadcast; `da` and `db` may have the shape of y. */
function binary<K extends OpName>(da: (context: Binary) => Value, db: (context: Binary) => Value): GradientRule<K> {
  return ({ g, inputs, output, dOutput, needs }) => {
    const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
    const context = { g, a, b, y: output, dy: dOutput };
    return each(
      needs,
      () => sumTo(g, da(context), a.shape),
      () => sumTo(g, db(context), b.shape),
    );
  };
}

/** dy where `low` < `high`, half of it where they are equal. */
function share(g: Graph, dy: Value, low: Value, high: Value): Value {
  const half = g.mul(dy, like(g, dy, 0.5));
  const zero = like(g, dy, 0);
  return g.add(g.where(g.less(low, high), half, zero), g.where(g.lessOrEqual(low, high), half, zero));
}

/** The standard normal distribution's integral P and density p: gelu(x) = x P(x), gelu'(x) = P(x) + x p(x). */
function geluSlope(g: Graph, x: Value): Value {
  const integral = g.mul(g.add(g.erf(scaled(g, x, Math.SQRT1_2)), like(g, x, 1)), like(g, x, 0.5));
  const density = scaled(g, g.exp(scaled(g, g.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return g.add(integral, g.mul(x, density));
}

/** y = x (1 + t) / 2 with t = tanh(u), u = k (x + c x^3): y' = (1 + t) / 2 + x (1 - t^2) k (1 + 3 c x^2) / 2. */
function geluTanhSlope(g: Graph, x: Value): Value {
  const [k, c] = [Math.sqrt(2 / Math.PI), 0.044715];
  const one = like(g, x, 1);
  const square = g.mul(x, x);
  const t = g.tanh(g.mul(scaled(g, x, k), g.add(scaled(g, square, c), one)));
  const du = scaled(g, g.add(scaled(g, square, 3 * c), one), k);
  const curved = g.mul(g.mul(x, g.sub(one, g.mul(t, t))), du);
  return scaled(g, g.add(g.add(t, one), curved), 0.5);
}

/**
 * y = n scale + bias with n = (x - mean) r, r = 1 / sqrt(variance + epsilon), over the last axis. Mean and variance
 * depend on x too, which takes the mean and the part along n out: dx = r (dn - mean(dn) - n mean(dn n)), dn = dy scale.
 */
const layerNormalization: GradientRule<"LayerNormalization"> = ({ g, inputs, dOutput: dy, attributes, needs }) => {
  const [x, scale, bias] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
  const width = g.cast(g.size(x.shape.at(-1)!), x.dtype);
  const mean = (value: Value) => g.div(g.reduceSum(value, [-1], { keepdims: true }), width);
  const centred = g.sub(x, mean(x));
  const variance = mean(g.mul(centred, centred));
  const r = g.div(like(g, x, 1), g.sqrt(g.add(variance, like(g, x, attributes.epsilon))));
  const n = g.mul(centred, r);
  return each(
    needs,
    () => {
      const dn = g.mul(dy, scale);
      return g.mul(r, g.sub(g.sub(dn, mean(dn)), g.mul(n, mean(g.mul(dn, n)))));
    },
    () => sumTo(g, g.mul(dy, n), scale.shape),
    () => sumTo(g, dy, bias.shape),
  );
};

/** y = a b: da = dy b^T, db = a^T dy, summed over the batch axes that were broadcast. */
const matmul: GradientRule<"MatMul"> = ({ g, inputs, dOutput: dy, needs }) => {
  const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
  const rows = (value: Value) => g.reshape(value, [productDim(value.shape.slice(0, -1)), value.shape.at(-1)!]);
  return each(
    needs,
    () => sumTo(g, g.matmul(dy, g.swap(b)), a.shape),
    // One b for a batch of a: a product of all rows, instead of one per example and their sum.
    () => (b.shape.length === 2 ? g.gemm(rows(a), rows(dy), undefined, { transA: true }) : batched()),
  );
  function batched(): Value {
    return sumTo(g, g.matmul(g.swap(a), dy), b.shape);
  }
};

/** y = alpha A B + beta bias, where A is a or its transpose and B is b or its transpose. */
const gemm: GradientRule<"Gemm"> = ({ g, inputs, dOutput: dy, attributes, needs }) => {
  const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
  const { alpha, beta } = attributes;
  const [transA, transB] = [attributes.transA === 1, attributes.transB === 1];
  const product = (left: Value, right: Value, options: { transA?: boolean; transB?: boolean }) =>
    scaled(g, g.gemm(left, right, undefined, options), alpha);
  return each(
    needs,
    () => (transA ? product(b, dy, { transA: transB, transB: true }) : product(dy, b, { transB: !transB })),
    () => (transB ? product(dy, a, { transA: true, transB: transA }) : product(a, dy, { transA: !transA })),
    () => scaled(g, sumTo(g, dy, operand(inputs, 2).shape), beta),
  );
};

/** dy, whose axes from `at` on are the index's, added to the rows of zeros that the index names. */
const gather: GradientRule<"Gather"> = ({ g, inputs, dOutput: dy, attributes }) => {
  const [data, index] = [operand(inputs, 0), operand(inputs, 1)];
  const at = axisOf(attributes.axis, data.shape.length);
  const n = productDim(index.shape);
  const place = (dims: (dim: Dim) => Dim): Dim[] => data.shape.map((dim, axis) => (axis === at ? n : dims(dim)));
  const rows = g.expand(
    g.reshape(
      index,
      place(() => 1),
    ),
    place((dim) => dim),
  );
  const updates = g.reshape(
    dy,
    place((dim) => dim),
  );
  return [g.scatterAdd(zeros(g, data), rows, updates, at)];
};

/** As gather, after numbering the indexed axes of data [batch.., q.., rest..] as one: [batch*q, rest]. */
const gatherND: GradientRule<"GatherND"> = ({ g, inputs, dOutput: dy, attributes: { batch_dims } }) => {
  const [data, index] = [operand(inputs, 0), operand(inputs, 1)];
  const indexed = batch_dims + (index.shape.at(-1) as number);
  const component = (axis: number): Value => {
    if (axis < batch_dims) {
      const dims = index.shape.map((_, at) => (at === axis ? data.shape[axis]! : 1));
      return g.reshape(g.range(data.shape[axis]!), dims);
    }
    const part = g.slice(index, -1, axis - batch_dims, 1); // [.., 1]
    const fromTheEnd = g.add(part, g.size(data.shape[axis]!));
    return g.where(g.less(part, g.scalar("int64", 0)), fromTheEnd, part);
  };
  const flat = Array.from({ length: indexed }, (_, axis) => component(axis)).reduce((number, part, axis) =>
    g.add(g.mul(number, g.size(data.shape[axis]!)), part),
  );
  const rows = productDim(index.shape.slice(0, -1));
  const rest = productDim(data.shape.slice(indexed));
  const target = zeros(g, { dtype: data.dtype, shape: [productDim(data.shape.slice(0, indexed)), rest] });
  const places = g.expand(g.reshape(flat, [rows, 1]), [rows, rest]);
  return [g.reshape(g.scatterAdd(target, places, g.reshape(dy, [rows, rest]), 0), data.shape)];
};

const concat: GradientRule<"Concat"> = ({ g, inputs, dOutput: dy, attributes: { axis }, needs }) =>
  inputs.map((_, index) => {
    if (!needs[index]) return undefined;
    const sizes = inputs.map((_, at) => operand(inputs, at).shape.at(axis)!);
    const start = sumDim(sizes.slice(0, index));
    return g.slice(dy, axis, typeof start === "number" ? start : g.size(start), sizes[index]!);
  });

/** Zeros around dy, to x's size. */
const slice: GradientRule<"Slice"> = ({ g, inputs, dOutput: dy, attributes: { axes } }) => {
  const x = operand(inputs, 0);
  const at = axes[0]!;
  const before = g.reshape(operand(inputs, 1), []);
  const after = g.sub(g.sub(g.size(x.shape[at]!), before), g.size(dy.shape[at]!));
  return [g.pad(dy, at, before, after, x.shape[at]!)];
};

/** The middle of dy; the padding value receives what lies outside. */
const pad: GradientRule<"Pad"> = ({ g, inputs, dOutput: dy, attributes: { axes }, needs }) => {
  const x = operand(inputs, 0);
  const at = axes[0]!;
  const before = g.reshape(g.slice(operand(inputs, 1), 0, 0, 1), []);
  const dx = g.slice(dy, at, before, x.shape[at]!);
  return each(
    needs,
    () => dx,
    undefined,
    () => g.sub(sumTo(g, dy, []), sumTo(g, dx, [])),
  );
};

const scatterND: GradientRule<"ScatterND"> = ({ g, inputs, dOutput: dy, needs }) => {
  const [index, updates] = [operand(inputs, 1), operand(inputs, 2)];
  return each(
    needs,
    () => g.scatterND(dy, index, zeros(g, updates)),
    undefined,
    () => g.gatherND(dy, index, 0),
  );
};

const scatterElements: GradientRule<"ScatterElements"> = ({ g, inputs, dOutput: dy, attributes: { axis }, needs }) =>
  each(
    needs,
    () => dy,
    undefined,
    () => g.gatherElements(dy, operand(inputs, 1), axis),
  );

const reduceSum = unary<"ReduceSum">(({ g, x, dy, attributes: { axes } }) => {
  const reduced = new Set(axes.map((axis) => axisOf(axis, x.shape.length)));
  const kept = x.shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
  return g.expand(g.reshape(dy, kept), x.shape);
});

/** Those that are the extreme share its gradient equally. */
const extreme = unary<"ReduceMax" | "ReduceMin">(({ g, x, y, dy, attributes: { axes } }) => {
  const reduced = new Set(axes.map((axis) => axisOf(axis, x.shape.length)));
  const kept = x.shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
  const found = g.cast(g.equal(x, g.reshape(y, kept)), x.dtype);
  return g.mul(found, g.div(g.reshape(dy, kept), g.reduceSum(found, axes, { keepdims: true })));
});

const where: GradientRule<"Where"> = ({ g, inputs, dOutput: dy, needs }) => {
  const [condition, a, b] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
  const zero = like(g, dy, 0);
  return each(
    needs,
    undefined,
    () => sumTo(g, g.where(condition, dy, zero), a.shape),
    () => sumTo(g, g.where(condition, zero, dy), b.shape),
  );
};

/** Probabilities are computed again: dV = P^T dy, dS = P (dy V^T - rows of their sums with P), dQ = dS K, dK = dS^T Q. */
const multiHeadAttention: GradientRule<"MultiHeadAttention"> = ({ g, inputs, dOutput, attributes, needs }) => {
  const { num_heads, scale } = attributes;
  const [q, k, v, bias] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2), operand(inputs, 5)];
  const [B, n, D] = q.shape as [Dim, Dim, number];
  const heads = (x: Value) => g.transpose(g.reshape(x, [B, n, num_heads, D / num_heads]), [0, 2, 1, 3]);
  const joined = (x: Value) => g.reshape(g.transpose(x, [0, 2, 1, 3]), [B, n, D]);
  const [queries, dContext] = [scaled(g, heads(q), scale), heads(dOutput)];
  const p = g.softmax(g.add(g.matmul(queries, g.swap(k)), bias));
  const dp = g.matmul(dContext, g.swap(v));
  const ds = g.mul(p, g.sub(dp, g.reduceSum(g.mul(dp, p), [-1], { keepdims: true })));
  return each(
    needs,
    () => joined(scaled(g, g.matmul(ds, k), scale)),
    () => g.matmul(g.swap(ds), queries),
    () => g.matmul(g.swap(p), dContext),
    undefined,
    undefined,
    () => sumTo(g, ds, bias.shape),
  );
};

const truth: NotDifferentiable = { notDifferentiable: "it gives truth values" };
const rounds: NotDifferentiable = { notDifferentiable: "it rounds" };
const integers: NotDifferentiable = { notDifferentiable: "it gives integers" };

export const gradientRules: { readonly [K in OpName]: GradientRule<K> | NotDifferentiable } = {
  Add: binary(
    ({ dy }) => dy,
    ({ dy }) => dy,
  ),
  Sub: binary(
    ({ dy }) => dy,
    ({ g, dy }) => g.neg(dy),
  ),
  Mul: binary(
    ({ g, b, dy }) => g.mul(dy, b),
    ({ g, a, dy }) => g.mul(dy, a),
  ),
  Div: binary(
    ({ g, b, dy }) => g.div(dy, b),
    ({ g, b, y, dy }) => g.neg(g.div(g.mul(dy, y), b)),
  ),
  Min: binary(
    ({ g, a, b, dy }) => share(g, dy, a, b),
    ({ g, a, b, dy }) => share(g, dy, b, a),
  ),
  Max: binary(
    ({ g, a, b, dy }) => share(g, dy, b, a),
    ({ g, a, b, dy }) => share(g, dy, a, b),
  ),
  Neg: unary(({ g, dy }) => g.neg(dy)),
  Exp: unary(({ g, y, dy }) => g.mul(dy, y)),
  Log: unary(({ g, x, dy }) => g.div(dy, x)),
  Sqrt: unary(({ g, y, dy }) => g.div(scaled(g, dy, 0.5), y)),
  Erf: unary(({ g, x, dy }) => g.mul(dy, scaled(g, g.exp(g.neg(g.mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  Tanh: unary(({ g, y, dy }) => g.mul(dy, g.sub(like(g, y, 1), g.mul(y, y)))),
  Sigmoid: unary(({ g, y, dy }) => g.mul(dy, g.mul(y, g.sub(like(g, y, 1), y)))),
  Relu: unary(({ g, y, dy }) => g.where(g.less(like(g, y, 0), y), dy, like(g, y, 0))),
  Gelu: unary(({ g, x, dy, attributes: { approximate } }) =>
    g.mul(dy, approximate === "tanh" ? geluTanhSlope(g, x) : geluSlope(g, x)),
  ),
  Softplus: unary(({ g, x, dy }) => g.mul(dy, g.sigmoid(x))),
  LeakyRelu: unary(({ g, x, dy, attributes: { alpha } }) =>
    g.where(g.less(like(g, x, 0), x), dy, scaled(g, dy, alpha)),
  ),
  Softmax: unary(({ g, y: p, dy: dp, attributes: { axis } }) =>
    g.mul(p, g.sub(dp, g.reduceSum(g.mul(dp, p), [axis], { keepdims: true }))),
  ),
  LogSoftmax: unary(({ g, y, dy, attributes: { axis } }) =>
    g.sub(dy, g.mul(g.exp(y), g.reduceSum(dy, [axis], { keepdims: true }))),
  ),
  LayerNormalization: layerNormalization,
  MatMul: matmul,
  Gemm: gemm,
  Transpose: unary(({ g, dy, attributes: { perm } }) =>
    g.transpose(
      dy,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ),
  Reshape: unary(({ g, x, dy, attributes }) =>
    attributes.vouched ? g.reshapeAs(dy, x.shape) : g.reshape(dy, x.shape),
  ),
  Expand: unary(({ g, x, dy }) => sumTo(g, dy, x.shape)),
  Slice: slice,
  Pad: pad,
  Concat: concat,
  Gather: gather,
  GatherND: gatherND,
  GatherElements: ({ g, inputs, dOutput: dy, attributes: { axis } }) => [
    g.scatterAdd(zeros(g, operand(inputs, 0)), operand(inputs, 1), dy, axis),
  ],
  ScatterND: scatterND,
  ScatterElements: scatterElements,
  ReduceSum: reduceSum,
  ReduceMax: extreme,
  ReduceMin: extreme,
  Where: where,
  Equal: truth,
  Less: truth,
  LessOrEqual: truth,
  And: truth,
  Not: truth,
  Cast: unary(({ g, x, dy }) => g.cast(dy, x.dtype)),
  Range: integers,
  Shape: integers,
  Identity: unary(({ dy }) => dy),
  MultiHeadAttention: multiHeadAttention,
  QuantizeLinear: rounds,
  MatMulIntegerToFloat: rounds,
};
