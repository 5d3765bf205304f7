/**
 * The table of ops: for each ONNX operator (opset 20) its attributes and the rule that gives the
 * output's type from the inputs' types or refuses them. Semantics: https://onnx.ai/onnx/operators/, and for those of
 * `engineOps` https://github.com/microsoft/onnxruntime/blob/v1.30.0/docs/ContribOperators.md. The rules are
 * stricter than ONNX: no implicit casts, and symbolic dims must match by name. Gradients (gradient-rules.ts) and test
 * cases (tests/helpers/op-cases) are tables over the same names, so an op without them does not compile. Loop and If
 * hold graphs and live in core.ts.
 *
 * Where ONNX computes a shape from tensors at run time (Reshape, Slice, Expand, Range), the author states the result
 * as `dims`; it is checked as far as symbols allow and is not written to the file.
 */
import {
  binary,
  elementIndices,
  floats,
  input,
  integers,
  numbers,
  replaceAxis,
  requireCount,
  requireDType,
  requireIndices,
  requireRank,
  requireSameDType,
  requireVector,
  resized,
  type TypeRule,
  unary,
} from "./type-checks.ts";
import {
  axisOf,
  broadcast,
  type Dim,
  type DType,
  describeType,
  RuleViolation,
  sameShape,
  sameSize,
  sumDim,
  type ValueType,
} from "./types.ts";

type None = Record<never, never>;

/** The attributes of every op, under ONNX's names; `dims` as said above. */
export interface OpAttributes {
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  Min: None;
  Max: None;
  Neg: None;
  Exp: None;
  Log: None;
  Sqrt: None;
  Erf: None;
  Tanh: None;
  Sigmoid: None;
  Relu: None;
  Gelu: { approximate: "none" | "tanh" };
  Softplus: None;
  LeakyRelu: { alpha: number };
  Softmax: { axis: number };
  LogSoftmax: { axis: number };
  LayerNormalization: { axis: number; epsilon: number };
  MatMul: None;
  /** alpha * a x b + beta * bias. `manyRows`: there are so many of a that the time is that of the arithmetic (spaced-rows.ts). */
  Gemm: { transA: 0 | 1; transB: 0 | 1; alpha: number; beta: number; manyRows: boolean };
  Transpose: { perm: readonly number[] };
  /** `vouched`: the author answers for sizes that symbols cannot show equal. `allowzero`: 0 means 0, not "as in x". */
  Reshape: { dims: readonly Dim[]; vouched: boolean; allowzero: 0 | 1 };
  Expand: { dims: readonly Dim[] };
  /** Starts, ends and axes are inputs in ONNX; `axes` repeats the last. */
  Slice: { dims: readonly Dim[]; axes: readonly number[] };
  Pad: { dims: readonly Dim[]; axes: readonly number[]; mode: "constant" };
  Concat: { axis: number };
  Gather: { axis: number };
  GatherND: { batch_dims: number };
  GatherElements: { axis: number };
  /** No reduction: ONNX Runtime 1.30 loses additions to one element between its threads (scatterAdd keeps them). */
  ScatterND: None;
  ScatterElements: { axis: number; reduction: "add" };
  ReduceSum: { keepdims: 0 | 1; axes: readonly number[] };
  ReduceMax: { keepdims: 0 | 1; axes: readonly number[] };
  ReduceMin: { keepdims: 0 | 1; axes: readonly number[] };
  Where: None;
  Equal: None;
  Less: None;
  LessOrEqual: None;
  And: None;
  Not: None;
  Cast: { to: DType };
  Range: { dims: readonly Dim[] };
  /** Shape of input as int64; `start`/`end` select axes. */
  Shape: { start: number; end: number };
  Identity: None;
  /** softmax(scale * q k^T + bias) v for each head, as one kernel. */
  MultiHeadAttention: { num_heads: number; scale: number };
  /** round(x / scale) + zero, held within a byte. */
  QuantizeLinear: None;
  /** (a - aZero) (b - bZero) aScale bScale, summed in whole numbers. */
  MatMulIntegerToFloat: None;
}

export type OpName = keyof OpAttributes;

/** Ops of ONNX Runtime's own domain: fused kernels that no composition of standard ops reaches. */
export const engineOps: ReadonlySet<OpName> = new Set<OpName>(["MultiHeadAttention", "MatMulIntegerToFloat"]);

const alongAxis: TypeRule<{ axis: number }> = (inputs, { axis }) => {
  const value = unary(floats)(inputs, undefined);
  axisOf(axis, value.shape.length);
  return value;
};

/** [..., n, k] by [..., k, m] */
function matrixProduct(a: ValueType, b: ValueType): { shape: Dim[] } {
  const [k, n] = [a.shape.at(-1), a.shape.at(-2)];
  const [m, k2] = [b.shape.at(-1), b.shape.at(-2)];
  if (k === undefined || n === undefined || m === undefined || k !== k2) {
    throw new RuleViolation("[..., n, k] and [..., k, m]", `${describeType(a)} and ${describeType(b)}`);
  }
  return { shape: [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), n, m] };
}

/** The axes are an input in ONNX; the graph makes it from the attribute. */
const reduction: TypeRule<OpAttributes["ReduceSum"]> = (inputs, { keepdims, axes }) => {
  const x = input(inputs, 0);
  requireDType(x, numbers);
  // ONNX reads an empty list as all axes.
  if (axes.length === 0) throw new RuleViolation("at least one axis", "none");
  const reduced = new Set(axes.map((axis) => axisOf(axis, x.shape.length)));
  const shape = x.shape.flatMap((dim, index) => (reduced.has(index) ? (keepdims ? [1] : []) : [dim]));
  return { dtype: x.dtype, shape };
};

export const typeRules: { readonly [K in OpName]: TypeRule<OpAttributes[K]> } = {
  Add: binary(numbers),
  Sub: binary(numbers),
  Mul: binary(numbers),
  Div: binary(numbers),
  Min: binary(numbers),
  Max: binary(numbers),
  Neg: unary(numbers),
  Exp: unary(floats),
  Log: unary(floats),
  Sqrt: unary(floats),
  Erf: unary(floats),
  Tanh: unary(floats),
  Sigmoid: unary(floats),
  Relu: unary(floats),
  Gelu: unary(floats),
  Softplus: unary(floats),
  LeakyRelu: unary(floats),
  Softmax: alongAxis,
  LogSoftmax: alongAxis,
  // inputs: x [..., d], scale [d], bias [d]
  LayerNormalization: (inputs, { axis }) => {
    requireCount(inputs, 3);
    const x = input(inputs, 0);
    requireDType(x, floats);
    const last = x.shape.length - 1;
    if (axisOf(axis, x.shape.length) !== last) throw new RuleViolation("axis -1", String(axis));
    for (const parameter of [input(inputs, 1), input(inputs, 2)]) {
      requireVector(parameter, x.shape[last]!);
      requireSameDType(x, parameter);
    }
    return x;
  },
  // [..., n, k] x [..., k, m] -> [..., n, m]
  MatMul: (inputs) => {
    requireCount(inputs, 2);
    const a = input(inputs, 0);
    const b = input(inputs, 1);
    requireDType(a, floats);
    requireSameDType(a, b);
    return { dtype: a.dtype, ...matrixProduct(a, b) };
  },
  // a [n, k] (or its transpose), b [k, m] (or its transpose), bias [m]
  Gemm: (inputs, { transA, transB }) => {
    if (inputs.length !== 3) requireCount(inputs, 2);
    const a = input(inputs, 0);
    const b = input(inputs, 1);
    for (const value of [a, b]) {
      requireDType(value, floats);
      requireRank(value, 2);
    }
    requireSameDType(a, b);
    const [n, k] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
    const [k2, m] = transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
    if (k !== k2) throw new RuleViolation(`an inner dim of ${k}`, `${describeType(a)} and ${describeType(b)}`);
    const bias = inputs[2];
    if (bias !== undefined) {
      requireVector(bias, m);
      requireSameDType(a, bias);
    }
    return { dtype: a.dtype, shape: [n, m] };
  },
  Transpose: (inputs, { perm }) => {
    const x = input(inputs, 0);
    const axes = [...perm].sort((p, q) => p - q);
    if (axes.length !== x.shape.length || axes.some((axis, index) => axis !== index)) {
      throw new RuleViolation(`a permutation of ${x.shape.length} axes`, `[${perm.join(", ")}]`);
    }
    return { dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]!) };
  },
  Reshape: (inputs, { dims, vouched }) => {
    const x = input(inputs, 0);
    if (!vouched && !sameSize(x.shape, dims))
      throw new RuleViolation(`dims of the size of ${describeType(x)}`, `[${dims.join(", ")}]`);
    return { dtype: x.dtype, shape: dims };
  },
  Expand: (inputs, { dims }) => {
    const x = input(inputs, 0);
    return { dtype: x.dtype, shape: broadcast(x.shape, dims) };
  },
  // x, starts [1], ends [1], axes [1]
  Slice: (inputs, { dims, axes }) => {
    requireCount(inputs, 4);
    return resized(input(inputs, 0), dims, axes, (old, now) => now <= old);
  },
  // x, pads [2] (before, after), value [], axes [1]
  Pad: (inputs, { dims, axes }) => {
    requireCount(inputs, 4);
    return resized(input(inputs, 0), dims, axes, (old, now) => now >= old);
  },
  Concat: (inputs, { axis }) => {
    const first = input(inputs, 0);
    const at = axisOf(axis, first.shape.length);
    for (const other of inputs) {
      const fits =
        other !== undefined &&
        other.dtype === first.dtype &&
        other.shape.length === first.shape.length &&
        other.shape.every((dim, index) => index === at || dim === first.shape[index]);
      if (!fits) {
        throw new RuleViolation(
          `values like ${describeType(first)} but on axis ${at}`,
          other ? describeType(other) : "none",
        );
      }
    }
    return {
      dtype: first.dtype,
      shape: replaceAxis(first.shape, at, [sumDim(inputs.map((value) => value!.shape[at]!))]),
    };
  },
  Gather: (inputs, { axis }) => {
    requireCount(inputs, 2);
    const data = input(inputs, 0);
    const index = input(inputs, 1);
    requireIndices(index);
    return { dtype: data.dtype, shape: replaceAxis(data.shape, axisOf(axis, data.shape.length), index.shape) };
  },
  // data [batch..., n, rest...], index [batch..., m..., 1]: one index per row
  GatherND: (inputs, { batch_dims }) => {
    requireCount(inputs, 2);
    const data = input(inputs, 0);
    const index = input(inputs, 1);
    requireDType(index, ["int64"]);
    const width = index.shape.at(-1);
    const batch = data.shape.slice(0, batch_dims);
    if (!sameShape(batch, index.shape.slice(0, batch_dims))) {
      throw new RuleViolation(`indices for each of [${batch.join(", ")}]`, describeType(index));
    }
    if (typeof width !== "number" || width < 1 || width + batch_dims > data.shape.length) {
      throw new RuleViolation(`1 to ${data.shape.length - batch_dims} indices a row`, describeType(index));
    }
    return { dtype: data.dtype, shape: [...index.shape.slice(0, -1), ...data.shape.slice(batch_dims + width)] };
  },
  // data and index of one shape but on `axis`
  GatherElements: (inputs, { axis }) => {
    requireCount(inputs, 2);
    const data = input(inputs, 0);
    return { dtype: data.dtype, shape: elementIndices(data, input(inputs, 1), axis) };
  },
  // data, index [..., q], updates [..., rest of data after q axes]
  ScatterND: (inputs) => {
    requireCount(inputs, 3);
    const data = input(inputs, 0);
    const index = input(inputs, 1);
    const updates = input(inputs, 2);
    requireDType(index, ["int64"]);
    requireSameDType(data, updates);
    const width = index.shape.at(-1);
    const expected = typeof width === "number" ? [...index.shape.slice(0, -1), ...data.shape.slice(width)] : [];
    if (typeof width !== "number" || expected.join() !== updates.shape.join()) {
      throw new RuleViolation(`updates of [${expected.join(", ")}]`, describeType(updates));
    }
    return data;
  },
  // data, index and updates of one shape but on `axis`
  ScatterElements: (inputs, { axis }) => {
    requireCount(inputs, 3);
    const data = input(inputs, 0);
    const updates = input(inputs, 2);
    requireSameDType(data, updates);
    const shape = elementIndices(data, input(inputs, 1), axis);
    if (!sameShape(shape, updates.shape))
      throw new RuleViolation(`updates of [${shape.join(", ")}]`, describeType(updates));
    return data;
  },
  ReduceSum: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  Where: (inputs) => {
    requireCount(inputs, 3);
    const condition = input(inputs, 0);
    requireDType(condition, ["bool"]);
    const a = input(inputs, 1);
    const b = input(inputs, 2);
    requireSameDType(a, b);
    return { dtype: a.dtype, shape: broadcast(condition.shape, broadcast(a.shape, b.shape)) };
  },
  Equal: binary([...numbers, "bool"], "bool"),
  Less: binary(numbers, "bool"),
  LessOrEqual: binary(numbers, "bool"),
  And: binary(["bool"], "bool"),
  Not: unary(["bool"]),
  Cast: (inputs, { to }) => ({ dtype: to, shape: input(inputs, 0).shape }),
  Range: (inputs, { dims }) => {
    requireCount(inputs, 3);
    requireDType(input(inputs, 0), integers);
    for (const at of [0, 1, 2]) {
      requireRank(input(inputs, at), 0);
      requireSameDType(input(inputs, 0), input(inputs, at));
    }
    return { dtype: input(inputs, 0).dtype, shape: dims };
  },
  Shape: (inputs, { start, end }) => {
    const { shape } = input(inputs, 0);
    if (start < 0 || end > shape.length || start >= end) {
      throw new RuleViolation(`axes within [0, ${shape.length})`, `[${start}, ${end})`);
    }
    return { dtype: "int64", shape: [end - start] };
  },
  Identity: (inputs) => input(inputs, 0),
  // q [B, n, h*e], k and v [B, h, m, e], key bias and mask (absent), bias [B or 1, h or 1, n, m] -> [B, n, h*e]
  MultiHeadAttention: (inputs, { num_heads: h }) => {
    requireCount(inputs, 6);
    const [q, k, v, bias] = [input(inputs, 0), input(inputs, 1), input(inputs, 2), input(inputs, 5)];
    const [B, n, D] = q.shape;
    const m = k.shape[2];
    for (const value of [q, k, v, bias]) requireDType(value, ["float32"]);
    requireRank(q, 3);
    const fits = (value: ValueType, shape: readonly (Dim | undefined)[], ones: number) =>
      value.shape.length === 4 &&
      shape.every((dim, axis) => value.shape[axis] === dim || (axis < ones && value.shape[axis] === 1));
    if (
      typeof D !== "number" ||
      !fits(k, [B, h, m, D / h], 0) ||
      !fits(v, [B, h, m, D / h], 0) ||
      !fits(bias, [B, h, n, m], 2)
    ) {
      throw new RuleViolation(
        `q [B, n, ${h}*e], k and v [B, ${h}, m, e], bias [B, ${h}, n, m]`,
        [q, k, v, bias].map(describeType).join(", "),
      );
    }
    return q;
  },
  // x float32, scale [], zero uint8 []
  QuantizeLinear: (inputs) => {
    requireCount(inputs, 3);
    const [x, scale, zero] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
    for (const value of [x, scale]) requireDType(value, ["float32"]);
    requireDType(zero, ["uint8", "int8"]);
    for (const value of [scale, zero]) requireRank(value, 0);
    return { dtype: zero.dtype, shape: x.shape };
  },
  // a uint8 [..., n, k], b uint8 or int8 [..., k, m], a's scale [], b's scales [m] or [], a's zero [], b's zero []
  MatMulIntegerToFloat: (inputs) => {
    requireCount(inputs, 6);
    const [a, b, aScale, bScale] = [input(inputs, 0), input(inputs, 1), input(inputs, 2), input(inputs, 3)];
    const [aZero, bZero] = [input(inputs, 4), input(inputs, 5)];
    for (const value of [a, aZero]) requireDType(value, ["uint8"]);
    requireDType(b, ["uint8", "int8"]);
    requireSameDType(b, bZero);
    for (const value of [aScale, bScale]) requireDType(value, ["float32"]);
    for (const value of [aScale, aZero, bZero]) requireRank(value, 0);
    const { shape } = matrixProduct(a, b);
    if (bScale.shape.length > 0) requireVector(bScale, shape.at(-1)!);
    return { dtype: "float32", shape };
  },
};
