/**
 * What cost.ts knows of each op: the work of one execution, as a table over the ops of ops.ts, so that an op without a line
 * here does not compile; and the small integers that sizes are computed with at run time.
 *
 * A multiplication with its addition is two FLOP.
 */
import { bytesPerElement } from "../tensor.ts";
import type { OpNode } from "./core.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import type { DType } from "./types.ts";

export interface Work {
  /** FLOP of matrix products. */
  readonly products: number;
  /** Numbers computed otherwise, whatever one of them takes. */
  readonly elements: number;
}

/** A shape whose dims are numbers. */
export interface Sized {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

const bytesPer: { readonly [T in DType]: number } = { ...bytesPerElement, bfloat16: 2, float64: 8 };

export function count(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

export function bytesOf({ dtype, shape }: Sized): number {
  return count(shape) * bytesPer[dtype];
}

export type WorkRule<A> = (inputs: readonly (Sized | undefined)[], output: Sized, attributes: A) => Work;

/** It moves, names or describes numbers. */
const nothing: WorkRule<unknown> = () => ({ products: 0, elements: 0 });
/** One for each number that it gives. */
const each: WorkRule<unknown> = (_, output) => ({ products: 0, elements: count(output.shape) });
/** One for each number of an input. */
const ofInput =
  (index: number): WorkRule<unknown> =>
  (inputs) => ({ products: 0, elements: count(inputs[index]!.shape) });

/** [..., n, k] x [..., k, m] */
const product: WorkRule<unknown> = ([a], output) => ({
  products: 2 * count(output.shape) * a!.shape.at(-1)!,
  elements: 0,
});

/** What one execution amounts to: the arithmetic of every op. */
export const workRules: { readonly [K in OpName]: WorkRule<OpAttributes[K]> } = {
  Add: each,
  Sub: each,
  Mul: each,
  Div: each,
  Min: each,
  Max: each,
  Neg: each,
  Exp: each,
  Log: each,
  Sqrt: each,
  Erf: each,
  Tanh: each,
  Sigmoid: each,
  Relu: each,
  Gelu: each,
  Softplus: each,
  LeakyRelu: each,
  Softmax: each,
  LogSoftmax: each,
  LayerNormalization: each,
  Where: each,
  Equal: each,
  Less: each,
  LessOrEqual: each,
  And: each,
  Not: each,
  Cast: each,
  QuantizeLinear: each,
  ReduceSum: ofInput(0),
  ReduceMax: ofInput(0),
  ReduceMin: ofInput(0),
  ScatterElements: ofInput(2),
  // A bias, scales and zeros are part of the product's writing.
  MatMul: product,
  MatMulIntegerToFloat: product,
  Gemm: ([a], output, { transA }) => ({ products: 2 * count(output.shape) * a!.shape[transA ? 0 : 1]!, elements: 0 }),
  // As the ops it stands for: two products, and for each score the bias and the softmax.
  MultiHeadAttention: ([q, k], _, { num_heads }) => {
    const keys = k!.shape[2]!;
    const rows = q!.shape[0]! * q!.shape[1]!;
    return { products: 4 * rows * q!.shape[2]! * keys, elements: 2 * rows * num_heads * keys };
  },
  Transpose: nothing,
  Reshape: nothing,
  Expand: nothing,
  Slice: nothing,
  Pad: nothing,
  Concat: nothing,
  Gather: nothing,
  GatherND: nothing,
  GatherElements: nothing,
  ScatterND: nothing,
  Range: nothing,
  Shape: nothing,
  Identity: nothing,
};

/** Ops that give an input another shape and copy nothing. */
export const views: ReadonlySet<OpName> = new Set<OpName>(["Reshape"]);
/** Ops that look at the shape of what they are given. */
export const shapeReaders: ReadonlySet<OpName> = new Set<OpName>([...views, "Shape"]);
/** Ops that read of their first input what they give. */
export const pickers: ReadonlySet<OpName> = new Set<OpName>(["Gather", "GatherND", "GatherElements", "Slice"]);

export interface Known extends Sized {
  /** Integers and truth values where there are few of them; else the name of the value that they hang on. */
  readonly numbers: readonly number[] | { readonly missing: string };
}

/** Longest list of integers that is followed: dims of shapes, not indices. */
const fewNumbers = 64;

/** Types whose numbers are followed. */
export const counts = (dtype: DType): boolean => dtype === "int64" || dtype === "int32" || dtype === "bool";

const arithmetic: { readonly [K in OpName]?: (a: number, b: number) => number } = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
  Min: Math.min,
  Max: Math.max,
  Equal: (a, b) => Number(a === b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
};

/** The integers that an op computes, as far as they follow from those of its inputs. */
export function numbersOf(
  { op, attributes }: OpNode,
  inputs: readonly (Known | undefined)[],
  shape: readonly number[],
) {
  const size = count(shape);
  if (size > fewNumbers) return undefined;
  const [x] = inputs;
  if (op === "Shape") {
    const { start, end } = attributes as OpAttributes["Shape"];
    return x!.shape.slice(start, end);
  }
  const lists: (readonly number[])[] = [];
  for (const known of inputs) {
    if (known === undefined) return undefined;
    if ("missing" in known.numbers) return known.numbers;
    lists.push(known.numbers);
  }
  const [a, b] = lists as [readonly number[], readonly number[]];
  const compute = arithmetic[op];
  // Of broadcasts only those with one number.
  if (compute !== undefined && [a, b].every(({ length }) => length === 1 || length === size)) {
    return Array.from({ length: size }, (_, i) =>
      compute(a.length === 1 ? a[0]! : a[i]!, b.length === 1 ? b[0]! : b[i]!),
    );
  }
  switch (op) {
    case "Reshape":
    case "Identity":
      return a;
    case "Not":
      return a.map((flag) => Number(flag === 0));
    case "Cast":
      return (attributes as OpAttributes["Cast"]).to === "bool" ? a.map((n) => Number(n !== 0)) : a.map(Math.trunc);
    case "Concat":
      return shape.length === 1 ? lists.flat() : undefined;
    default:
      return undefined;
  }
}
