/**
 * What a case of the op table says: inputs, the graph, and the result as a plain formula of the output's index. One
 * checker (check.ts) takes every case through shape, dtype, forward and backward.
 */
import type { Graph, Value } from "../../../src/graph/graph.ts";
import type { Dim } from "../../../src/graph/types.ts";
import { elementCount, Tensor, type TensorType } from "../../../src/tensor.ts";

/** An input: its symbolic shape in the graph, the tensor that is run, and its elements for formulas. */
export interface Given {
  readonly shape: readonly Dim[];
  readonly tensor: Tensor;
  readonly at: (...index: number[]) => number;
}

export interface OpCase {
  readonly name: string;
  readonly inputs: readonly Given[];
  readonly build: (g: Graph, ...inputs: Value[]) => Value;
  /** The output's type, as describeType writes it. */
  readonly type: string;
  readonly dims: readonly number[];
  /** The output's element at an index. */
  readonly at: (...index: number[]) => number;
}

/** What an op's rule refuses, and the whole message. Built within the scope "layer.1". */
export interface Refusal {
  readonly build: (g: Graph) => Value;
  readonly message: string;
}

export interface OpEntry {
  readonly cases: readonly [OpCase, ...OpCase[]];
  readonly refusals: readonly Refusal[];
}

/** "B=2 S=3 5": the shape [B, S, 5] run with dims [2, 3, 5]. */
function parse(sizes: string): { shape: Dim[]; dims: number[] } {
  const parts = sizes.split(" ").filter((part) => part !== "");
  return {
    shape: parts.map((part) => (part.includes("=") ? part.slice(0, part.indexOf("=")) : Number(part))),
    dims: parts.map((part) => Number(part.slice(part.indexOf("=") + 1))),
  };
}

export function indicesOf(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, dim) => all.flatMap((index) => Array.from({ length: dim }, (_, i) => [...index, i])),
    [[]],
  );
}

function given(type: TensorType, sizes: string, number: (place: number) => number): Given {
  const { shape, dims } = parse(sizes);
  const flat = Array.from({ length: elementCount(dims) }, (_, place) => number(place));
  const tensor = Tensor.from(flat, type).reshape(dims);
  const at = (...index: number[]) => tensor.at(index.reduce((flat, i, axis) => flat * dims[axis]! + i, 0));
  return { shape, tensor, at };
}

/** In [0, 1), evenly spread, none twice: the fractional parts of multiples of the golden ratio. */
function spread(place: number, seed: number): number {
  return ((place + 1) * seed * 0.618033988749895) % 1;
}

/** Numbers spread over (low, high). */
export function floats(sizes: string, seed = 1, [low, high]: readonly [number, number] = [-1.5, 1.5]): Given {
  return given("float32", sizes, (place) => low + (high - low) * spread(place, seed));
}

/** Tenths, all odd or all even, so that none is nearer than 0.1 to 0 (odd) or to a number of the other kind. */
export function tenths(sizes: string, kind: "odd" | "even", seed = 1): Given {
  const shift = kind === "odd" ? 1 : 0;
  return given("float32", sizes, (place) => (2 * Math.floor(spread(place, seed) * 20) - 20 + shift) / 10);
}

/** int64 elements, given in order. */
export function ints(sizes: string, numbers: readonly number[]): Given {
  return given("int64", sizes, (place) => numbers[place]!);
}

/** uint8 elements over the whole range; with seed 0 the ends of it, by turns. */
export function bytes(sizes: string, seed: number): Given {
  return given("uint8", sizes, (place) => (seed === 0 ? 255 * (place % 2) : Math.floor(256 * spread(place, seed))));
}

/** int8 elements over the whole range. */
export function signedBytes(sizes: string, seed: number): Given {
  return given("int8", sizes, (place) => Math.floor(255 * spread(place, seed)) - 127);
}

export function bools(sizes: string, truth: (place: number) => boolean): Given {
  return given("bool", sizes, (place) => (truth(place) ? 1 : 0));
}

export function sum(count: number, term: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += term(index);
  return total;
}

/** The series of the error function; exact to double precision for the |x| < 3 of the cases. */
export function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}
