/**
 * What type rules (ops.ts) demand of an op's inputs, and the few rules that many ops share. Each demand throws a
 * RuleViolation that says what was expected and what was got.
 */
import {
  axisOf,
  broadcast,
  type Dim,
  type DType,
  describeType,
  RuleViolation,
  sameShape,
  type ValueType,
} from "./types.ts";

export type OpInputs = readonly (ValueType | undefined)[];

export type TypeRule<A> = (inputs: OpInputs, attributes: A) => ValueType;

export const floats: readonly DType[] = ["float32", "float16"];
export const numbers: readonly DType[] = ["float32", "float16", "float64", "int64", "int32"];
export const integers: readonly DType[] = ["int64", "int32"];

export function input(inputs: OpInputs, index: number): ValueType {
  const value = inputs[index];
  if (value === undefined) throw new RuleViolation(`an input ${index}`, `${inputs.length} inputs`);
  return value;
}

export function requireCount(inputs: OpInputs, count: number): void {
  if (inputs.length !== count) throw new RuleViolation(`${count} inputs`, String(inputs.length));
}

export function requireDType(value: ValueType, allowed: readonly DType[]): void {
  if (!allowed.includes(value.dtype))
    throw new RuleViolation(`a value of ${allowed.join(" or ")}`, describeType(value));
}

export function requireRank(value: ValueType, rank: number): void {
  if (value.shape.length !== rank) throw new RuleViolation(`a value of rank ${rank}`, describeType(value));
}

export function requireVector(value: ValueType, length: Dim): void {
  requireRank(value, 1);
  if (value.shape[0] !== length) throw new RuleViolation(`a vector of ${length}`, describeType(value));
}

export function requireSameDType(a: ValueType, b: ValueType): void {
  if (a.dtype !== b.dtype) throw new RuleViolation("values of one dtype", `${describeType(a)} and ${describeType(b)}`);
}

/** One input, same type out. */
export function unary(allowed: readonly DType[]): TypeRule<unknown> {
  return (inputs) => {
    requireCount(inputs, 1);
    const value = input(inputs, 0);
    requireDType(value, allowed);
    return value;
  };
}

/** Two inputs that broadcast; `result` overrides the dtype of the output. */
export function binary(allowed: readonly DType[], result?: DType): TypeRule<unknown> {
  return (inputs) => {
    requireCount(inputs, 2);
    const a = input(inputs, 0);
    const b = input(inputs, 1);
    requireDType(a, allowed);
    requireSameDType(a, b);
    return { dtype: result ?? a.dtype, shape: broadcast(a.shape, b.shape) };
  };
}

export function requireIndices(value: ValueType): void {
  requireDType(value, integers);
}

/** The stated dims differ from x's on `axes` alone, where `fits` holds as far as both are numbers. */
export function resized(
  x: ValueType,
  dims: readonly Dim[],
  axes: readonly number[],
  fits: (old: number, now: number) => boolean,
) {
  const bad =
    dims.length !== x.shape.length ||
    dims.some((dim, axis) => {
      const old = x.shape[axis]!;
      if (!axes.includes(axis)) return dim !== old;
      return typeof dim === "number" && (dim < 0 || (typeof old === "number" && !fits(old, dim)));
    });
  if (bad) throw new RuleViolation(`dims of ${describeType(x)} but on axis ${axes.join(", ")}`, `[${dims.join(", ")}]`);
  return { dtype: x.dtype, shape: dims };
}

/** The shape of an index with one entry per element, like data's but on one axis. */
export function elementIndices(data: ValueType, index: ValueType, axis: number): readonly Dim[] {
  requireIndices(index);
  const at = axisOf(axis, data.shape.length);
  const expected = replaceAxis(data.shape, at, [index.shape[at] ?? "n"]);
  if (!sameShape(index.shape, expected)) {
    throw new RuleViolation(`indices of [${expected.join(", ")}]`, describeType(index));
  }
  return index.shape;
}

export function replaceAxis(shape: readonly Dim[], axis: number, dims: readonly Dim[]): Dim[] {
  return [...shape.slice(0, axis), ...dims, ...shape.slice(axis + 1)];
}
