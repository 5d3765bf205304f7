/**
 * The ops as methods: `g.matmul(x, w)`. Each is one node of core.ts, or a few where ONNX asks for shape tensors.
 * Arguments are values; sizes are numbers or symbols (types.ts).
 */
import { GraphCore, type Value } from "./core.ts";
import { type Dim, type DType, describeType, sameShape, sumDim } from "./types.ts";

export type { Value } from "./core.ts";

/** `end` beyond the axis means its end, as in ONNX. */
const toTheEnd = 2 ** 53 - 1;

export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Multiplies the result, bias included. */
  readonly scale?: number;
  /** That there are so many rows that the time is that of the arithmetic. */
  readonly manyRows?: boolean;
}

export class Graph extends GraphCore {
  add = (a: Value, b: Value): Value => this.emit("Add", [a, b], {});
  sub = (a: Value, b: Value): Value => this.emit("Sub", [a, b], {});
  mul = (a: Value, b: Value): Value => this.emit("Mul", [a, b], {});
  div = (a: Value, b: Value): Value => this.emit("Div", [a, b], {});
  min = (a: Value, b: Value): Value => this.emit("Min", [a, b], {});
  max = (a: Value, b: Value): Value => this.emit("Max", [a, b], {});
  neg = (x: Value): Value => this.emit("Neg", [x], {});
  exp = (x: Value): Value => this.emit("Exp", [x], {});
  log = (x: Value): Value => this.emit("Log", [x], {});
  sqrt = (x: Value): Value => this.emit("Sqrt", [x], {});
  erf = (x: Value): Value => this.emit("Erf", [x], {});
  tanh = (x: Value): Value => this.emit("Tanh", [x], {});
  sigmoid = (x: Value): Value => this.emit("Sigmoid", [x], {});
  relu = (x: Value): Value => this.emit("Relu", [x], {});
  softplus = (x: Value): Value => this.emit("Softplus", [x], {});
  leakyRelu = (x: Value, alpha: number): Value => this.emit("LeakyRelu", [x], { alpha });
  gelu = (x: Value, approximate: "none" | "tanh" = "none"): Value => this.emit("Gelu", [x], { approximate });
  softmax = (x: Value, axis = -1): Value => this.emit("Softmax", [x], { axis });
  logSoftmax = (x: Value, axis = -1): Value => this.emit("LogSoftmax", [x], { axis });
  equal = (a: Value, b: Value): Value => this.emit("Equal", [a, b], {});
  less = (a: Value, b: Value): Value => this.emit("Less", [a, b], {});
  lessOrEqual = (a: Value, b: Value): Value => this.emit("LessOrEqual", [a, b], {});
  and = (a: Value, b: Value): Value => this.emit("And", [a, b], {});
  not = (x: Value): Value => this.emit("Not", [x], {});
  where = (condition: Value, a: Value, b: Value): Value => this.emit("Where", [condition, a, b], {});
  cast = (x: Value, to: DType): Value => (x.dtype === to ? x : this.emit("Cast", [x], { to }));
  identity = (x: Value): Value => this.emit("Identity", [x], {});

  /** [..., n, k] x [..., k, m] -> [..., n, m] */
  matmul = (a: Value, b: Value): Value => this.emit("MatMul", [a, b], {});

  /** scale * (a x b + bias): a [n, k], b [k, m] or, with transB, [m, k]; bias [m] -> [n, m] */
  gemm(a: Value, b: Value, bias?: Value, options: GemmOptions = {}): Value {
    const { transA = false, transB = false, scale = 1, manyRows = false } = options;
    const inputs = bias === undefined ? [a, b] : [a, b, bias];
    const transposed = { transA: transA ? 1 : 0, transB: transB ? 1 : 0 } as const;
    return this.emit("Gemm", inputs, { ...transposed, alpha: scale, beta: scale, manyRows });
  }

  /** Over the last axis; scale and bias [d]. */
  layerNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
    return this.emit("LayerNormalization", [x, scale, bias], { axis: -1, epsilon });
  }

  /**
   * softmax(q k^T + bias) v for each head: q [B, n, h*e], scaled by the caller; k and v [B, h, m, e]; bias
   * [B or 1, h or 1, n, m] -> [B, n, h*e]
   */
  multiHeadAttention(q: Value, k: Value, v: Value, bias: Value): Value {
    const num_heads = k.shape[1] as number;
    return this.emit("MultiHeadAttention", [q, k, v, undefined, undefined, bias], { num_heads, scale: 1 });
  }

  /** round(x / scale) + zero as a byte, the nearest one where that is beyond. */
  quantizeLinear(x: Value, scale: number | Value, zero: number, to: "uint8" | "int8" = "uint8"): Value {
    const by = typeof scale === "number" ? this.scalar("float32", scale) : scale;
    return this.emit("QuantizeLinear", [x, by, this.scalar(to, zero)], {});
  }

  /**
   * The product of quantised a [..., n, k] and b [..., k, m] as float32 [..., n, m]; b has a scale for each column, or one. Signed
   * bytes in b are exact only where the engine says so (runtime/engine.ts: multipliesSignedBytes).
   */
  matmulIntegerToFloat(
    a: { value: Value; scale: number; zero: number },
    b: { value: Value; scales: Value; zero: number },
  ): Value {
    const [aScale, aZero, bZero] = [
      this.scalar("float32", a.scale),
      this.scalar("uint8", a.zero),
      this.scalar(b.value.dtype, b.zero),
    ];
    return this.emit("MatMulIntegerToFloat", [a.value, b.value, aScale, b.scales, aZero, bZero], {});
  }

  transpose = (x: Value, perm: readonly number[]): Value => this.emit("Transpose", [x], { perm });

  /** Swaps the last two axes. */
  swap(x: Value): Value {
    const last = x.shape.length - 1;
    const perm = x.shape.map((_, axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis));
    return this.transpose(x, perm);
  }

  reshape(x: Value, dims: readonly Dim[]): Value {
    if (sameShape(x.shape, dims)) return x;
    // 0 copies the dim of x at that place, -1 is what remains: most reshapes need no size at run time.
    const template = dims.map((dim, axis) => (typeof dim === "number" ? dim : x.shape[axis] === dim ? 0 : dim));
    const open = template.filter((dim) => typeof dim === "string").length;
    const copies = template.some((dim) => dim === 0);
    // -1 is undefined beside a 0, and a copied size may be 0 at run time.
    const computed = open > 1 || (open === 1 && copies) || dims.includes(0);
    const target = computed
      ? this.shapeVector(dims)
      : this.constant(
          "int64",
          [dims.length],
          template.map((dim) => (typeof dim === "string" ? -1 : dim)),
        );
    return this.emit("Reshape", [x, target], { dims, vouched: false, allowzero: computed ? 1 : 0 });
  }

  /** A reshape between sizes that are equal for a reason symbols cannot show ("S/b" blocks of "b" are "S"). */
  reshapeAs(x: Value, dims: readonly Dim[]): Value {
    return this.emit("Reshape", [x, this.shapeVector(dims)], { dims, vouched: true, allowzero: 1 });
  }

  expand(x: Value, dims: readonly Dim[]): Value {
    return this.emit("Expand", [x, this.shapeVector(dims)], { dims });
  }

  /** Elements [start, start + length) of one axis; `start` is a number or an int64 scalar, not negative. */
  slice(x: Value, axis: number, start: number | Value, length: Dim): Value {
    const at = this.#axis("Slice", axis, x);
    if (typeof start === "number" && !(Number.isInteger(start) && start >= 0)) {
      throw this.error("Slice", "a start from the front", String(start));
    }
    const from = typeof start === "number" ? this.constant("int64", [1], [start]) : this.#vector(start);
    const reachesEnd = x.shape[at] === sumDim([length, typeof start === "number" ? start : 0]);
    const to =
      typeof length === "number" && typeof start === "number"
        ? this.constant("int64", [1], [start + length])
        : reachesEnd && typeof start === "number"
          ? this.constant("int64", [1], [toTheEnd])
          : this.add(from, this.shapeVector([length]));
    const dims = x.shape.map((dim, index) => (index === at ? length : dim));
    return this.emit("Slice", [x, from, to, this.constant("int64", [1], [at])], { dims, axes: [at] });
  }

  /** Zeros (or `value`) before and after one axis; amounts are numbers or int64 scalars with `size` naming the result. */
  pad(x: Value, axis: number, before: number | Value, after: number | Value, size: Dim, value = 0): Value {
    const at = this.#axis("Pad", axis, x);
    const amount = (n: number | Value) => (typeof n === "number" ? this.constant("int64", [1], [n]) : this.#vector(n));
    const pads = this.concat([amount(before), amount(after)], 0);
    const dims = x.shape.map((dim, index) => (index === at ? size : dim));
    const inputs = [x, pads, this.scalar(x.dtype, value), this.constant("int64", [1], [at])];
    return this.emit("Pad", inputs, { dims, axes: [at], mode: "constant" });
  }

  concat = (values: readonly Value[], axis: number): Value => this.emit("Concat", values, { axis });

  /** Rows of `data` along an axis: [n, d] by [B, S] -> [B, S, d]. */
  gather = (data: Value, index: Value, axis = 0): Value => this.emit("Gather", [data, index], { axis });
  gatherND = (data: Value, index: Value, batchDims: number): Value =>
    this.emit("GatherND", [data, index], { batch_dims: batchDims });
  gatherElements = (data: Value, index: Value, axis: number): Value =>
    this.emit("GatherElements", [data, index], { axis });
  scatterND = (data: Value, index: Value, updates: Value): Value => this.emit("ScatterND", [data, index, updates], {});

  /** Adds updates[i, j, ..] to data[index[i, j, ..], j, ..] (so for axis 0); several may meet in one element. */
  scatterAdd = (data: Value, index: Value, updates: Value, axis: number): Value =>
    this.emit("ScatterElements", [data, index, updates], { axis, reduction: "add" });

  reduceSum = (x: Value, axes: readonly number[], options: { keepdims?: boolean } = {}): Value =>
    this.#reduce("ReduceSum", x, axes, options);
  reduceMax = (x: Value, axes: readonly number[], options: { keepdims?: boolean } = {}): Value =>
    this.#reduce("ReduceMax", x, axes, options);
  reduceMin = (x: Value, axes: readonly number[], options: { keepdims?: boolean } = {}): Value =>
    this.#reduce("ReduceMin", x, axes, options);

  #reduce(
    op: "ReduceSum" | "ReduceMax" | "ReduceMin",
    x: Value,
    axes: readonly number[],
    { keepdims = false }: { keepdims?: boolean },
  ): Value {
    const list = this.constant("int64", [axes.length], axes);
    return this.emit(op, [x, list], { keepdims: keepdims ? 1 : 0, axes });
  }

  /** 0, 1, ... n-1 as int64 [n]. */
  range(n: Dim): Value {
    const [zero, one] = [this.scalar("int64", 0), this.scalar("int64", 1)];
    return this.emit("Range", [zero, this.size(n), one], { dims: [n] });
  }

  /** An int64 scalar as a vector of one. */
  #vector(scalar: Value): Value {
    return this.emit("Reshape", [scalar, this.constant("int64", [1], [1])], {
      dims: [1],
      vouched: false,
      allowzero: 0,
    });
  }

  #axis(op: string, axis: number, x: Value): number {
    const rank = x.shape.length;
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
      throw this.error(op, `an axis of ${describeType(x)}`, String(axis));
    }
    return axis < 0 ? axis + rank : axis;
  }
}
