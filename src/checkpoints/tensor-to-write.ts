/** A tensor on its way into a file: what both formats ask of it, and check. */
import { InternalError, InvalidArgumentError } from "../errors.ts";
import { float32ToFloat16Array } from "../half.ts";
import { bytesPerStored, countElements, type StoredType, showShape } from "./stored-tensor.ts";

export interface TensorToWrite {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** The bytes, little-endian and row by row; called once, when their turn comes. */
  data(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export function byteLength({ name, type, shape }: Omit<TensorToWrite, "data">, operation: string): number {
  const count = countElements(shape);
  if (count === undefined || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new InvalidArgumentError({
      operation,
      expected: `a shape of whole numbers for tensor \`${name}\``,
      got: showShape(shape),
    });
  }
  return count * bytesPerStored[type];
}

export function refuseRepeatedName(name: string, seen: { has(name: string): boolean }, operation: string): void {
  if (!seen.has(name)) return;
  throw new InvalidArgumentError({ operation, expected: "a name of its own for each tensor", got: `\`${name}\`` });
}

/** The tensor's bytes; an InternalError where they are not as many as its shape says. */
export async function* checkedBytes(tensor: TensorToWrite, operation: string): AsyncGenerator<Uint8Array> {
  const expected = byteLength(tensor, operation);
  let got = 0;
  for await (const part of tensor.data()) {
    got += part.length;
    yield part;
  }
  if (got !== expected) {
    throw new InternalError({
      operation,
      expected: `${expected} bytes for tensor \`${tensor.name}\` of type ${tensor.type} and shape ${showShape(tensor.shape)}`,
      got: String(got),
    });
  }
}

/** Numbers of tensor `name` as the file holds them; an InvalidArgumentError for one that fp16 would make infinite. */
export function floatBytes(values: Float32Array, type: "F32" | "F16", name: string, operation: string): Uint8Array {
  const out = type === "F32" ? values : toFloat16(values, name, operation);
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}

function toFloat16(values: Float32Array, name: string, operation: string): Uint16Array {
  const out = float32ToFloat16Array(values);
  const infinite = out.findIndex((bits, i) => (bits & 0x7fff) === 0x7c00 && Number.isFinite(values[i]));
  if (infinite < 0) return out;
  throw new InvalidArgumentError({
    operation,
    expected: `values of \`${name}\` within ±65504, the range of fp16`,
    got: String(values[infinite]),
    fix: "Keep fp32.",
  });
}

/** The same tensor, whose bytes are told as they are written. */
export function reported(tensor: TensorToWrite, report: (name: string, bytes: number) => void): TensorToWrite {
  return {
    ...tensor,
    async *data() {
      if (tensor.shape.includes(0)) report(tensor.name, 0);
      for await (const part of tensor.data()) {
        yield part;
        report(tensor.name, part.length);
      }
    },
  };
}
