/**
 * A dense, row-major array of numbers with a type and dimensions: what goes into a model and comes out of it.
 * float16 data is held as its bits in a Uint16Array, bool as 0 and 1 in a Uint8Array, int64 in a BigInt64Array.
 */
import { InvalidArgumentError } from "./errors.ts";
import { float16ToNumber, numberToFloat16 } from "./half.ts";

export interface TensorData {
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  bool: Uint8Array;
  uint8: Uint8Array;
  int8: Int8Array;
}

export type TensorType = keyof TensorData;

export type NestedNumbers = number | boolean | bigint | readonly NestedNumbers[];

/** Numbers nested as deep as a tensor has dimensions. */
export type NestedList = number | NestedList[];

const arrays: { [T in TensorType]: new (length: number) => TensorData[T] } = {
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
};

export const bytesPerElement: { readonly [T in TensorType]: number } = {
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  bool: 1,
  uint8: 1,
  int8: 1,
};

/** The most negative finite float32: what the reference adds to the scores of keys that must not be seen. */
export const mostNegativeFloat32 = -3.4028234663852886e38;

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export class Tensor<T extends TensorType = TensorType> {
  readonly type: T;
  readonly dims: readonly number[];
  readonly data: TensorData[T];

  /** `data` is kept, not copied; its length must be the product of `dims`. */
  constructor(type: T, data: TensorData[T], dims: readonly number[]) {
    if (!(data instanceof arrays[type])) {
      throw new InvalidArgumentError({
        operation: "Tensor",
        expected: `${arrays[type].name} for ${type}`,
        got: data.constructor.name,
      });
    }
    if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || data.length !== elementCount(dims)) {
      throw new InvalidArgumentError({
        operation: "Tensor",
        expected: `dims whose product is the ${data.length} elements given`,
        got: `[${dims.join(", ")}]`,
      });
    }
    this.type = type;
    this.data = data;
    this.dims = dims;
  }

  static zeros<T extends TensorType>(type: T, dims: readonly number[]): Tensor<T> {
    return new Tensor(type, new arrays[type](elementCount(dims)), dims);
  }

  /** From nested arrays; without `type`, int64 when every number is an integer, bool when all are booleans, else float32. */
  static from(nested: NestedNumbers, type?: TensorType): Tensor {
    const dims: number[] = [];
    for (let level: NestedNumbers | undefined = nested; Array.isArray(level); level = level[0]) dims.push(level.length);
    const flat: (number | boolean | bigint)[] = [];
    flatten(nested, dims, 0, flat);
    const chosen = type ?? inferType(flat);
    const tensor = Tensor.zeros(chosen, dims);
    for (let i = 0; i < flat.length; i++) store(tensor, i, flat[i]!);
    return tensor;
  }

  /** The element at a flat index as a plain number (bool: 0 or 1). */
  at(index: number): number {
    const value = this.data[index];
    if (value === undefined) {
      throw new InvalidArgumentError({
        operation: "Tensor.at",
        expected: `an index below ${this.data.length}`,
        got: String(index),
      });
    }
    return this.type === "float16" ? float16ToNumber(value as number) : Number(value);
  }

  /** The only element of a tensor that has one. */
  item(): number {
    if (this.data.length !== 1) {
      throw new InvalidArgumentError({
        operation: "Tensor.item",
        expected: "a tensor of one element",
        got: `dims [${this.dims.join(", ")}]`,
      });
    }
    return this.at(0);
  }

  /** Nested plain numbers. */
  tolist(): NestedList {
    let index = 0;
    const build = (axis: number): NestedList => {
      if (axis === this.dims.length) return this.at(index++);
      return Array.from({ length: this.dims[axis]! }, () => build(axis + 1));
    };
    return build(0);
  }

  /** The same data under other dims of the same product. */
  reshape(dims: readonly number[]): Tensor<T> {
    return new Tensor(this.type, this.data, dims);
  }

  /** The same numbers as another type; `this` when it is that type already. */
  to<U extends TensorType>(type: U): Tensor<U> {
    if ((this.type as TensorType) === type) return this as unknown as Tensor<U>;
    const result = Tensor.zeros(type, this.dims);
    for (let i = 0; i < this.data.length; i++) store(result, i, this.at(i));
    return result;
  }

  /**
   * Gives the memory back at once instead of when the collector finds it, which may be gigabytes later. What else reads the same memory
   * has no elements then, as this tensor has. A tensor over a part of a buffer, or over shared memory, leaves it alone.
   */
  dispose(): void {
    const { buffer, byteLength } = this.data;
    if (!(buffer instanceof ArrayBuffer) || byteLength === 0 || byteLength !== buffer.byteLength) return;
    // A message takes its buffers along, and one that nobody can receive ends where it is sent.
    nowhere ??= closedPort();
    nowhere.postMessage(undefined, [buffer]);
  }
}

let nowhere: MessagePort | undefined;

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  for (const port of [port1, port2]) port.close();
  return port1;
}

function inferType(flat: readonly (number | boolean | bigint)[]): TensorType {
  if (flat.length > 0 && flat.every((value) => typeof value === "boolean")) return "bool";
  return flat.length > 0 && flat.every((value) => typeof value === "bigint" || Number.isInteger(value))
    ? "int64"
    : "float32";
}

function flatten(
  nested: NestedNumbers,
  dims: readonly number[],
  axis: number,
  into: (number | boolean | bigint)[],
): void {
  if (axis === dims.length) {
    if (typeof nested === "object") throw ragged(dims, axis, "an array");
    into.push(nested);
    return;
  }
  if (!Array.isArray(nested) || nested.length !== dims[axis]) {
    throw ragged(dims, axis, Array.isArray(nested) ? `${nested.length} elements` : typeof nested);
  }
  for (const part of nested) flatten(part, dims, axis + 1, into);
}

function ragged(dims: readonly number[], axis: number, got: string): InvalidArgumentError {
  return new InvalidArgumentError({
    operation: "Tensor.from",
    expected: `${axis < dims.length ? `${dims[axis]} elements` : "a number"} at depth ${axis}, as in the first row`,
    got,
    fix: "Pad the rows to one length (tokenizer option padding: true).",
  });
}

function store(tensor: Tensor, index: number, value: number | boolean | bigint): void {
  if (tensor.type === "int64") {
    if (typeof value === "number" && !Number.isInteger(value)) {
      throw new InvalidArgumentError({ operation: "Tensor", expected: "integers for int64", got: String(value) });
    }
    (tensor.data as BigInt64Array)[index] = BigInt(value);
    return;
  }
  const number = Number(value);
  const data = tensor.data as Exclude<TensorData[TensorType], BigInt64Array>;
  if (tensor.type === "float16") data[index] = numberToFloat16(number);
  else if (tensor.type === "bool") data[index] = number === 0 ? 0 : 1;
  else data[index] = number;
}
