import fc from "fast-check";
import { expect, test } from "vitest";
import { dequantized, type FloatMatrix, isQuantized, quantizedTensors } from "./quantize.ts";

/** A matrix whose numbers come in chunks of `chunk`. */
function matrix(rows: readonly (readonly number[])[], chunk = 5): FloatMatrix {
  const numbers = Float32Array.from(rows.flat());
  return {
    name: "fc1.weight",
    shape: [rows.length, rows[0]!.length],
    async *stream() {
      for (let at = 0; at < numbers.length; at += chunk) yield numbers.slice(at, at + chunk);
    },
  };
}

async function bytesOf(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const part of parts) all.push(...part);
  return Uint8Array.from(all);
}

async function quantized(from: FloatMatrix): Promise<{ scales: Float32Array; bytes: Uint8Array }> {
  const { scales, bytes } = quantizedTensors(from);
  return {
    scales: new Float32Array((await bytesOf(scales.data())).buffer),
    bytes: await bytesOf(bytes.data()),
  };
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

async function numbersOf(shape: readonly number[], parts: { scales: Float32Array; bytes: Uint8Array }) {
  const rows: number[] = [];
  for await (const chunk of dequantized(shape, once(parts.bytes), once(parts.scales))) rows.push(...chunk);
  return rows;
}

test("a row's largest number is 127 scales, and bytes are laid by columns", async () => {
  const rows = [
    [1, -2, 0.5],
    [0, 0, 0],
    [254, 127, -64],
  ];
  const { scales, bytes } = quantizedTensors(matrix(rows));
  expect([scales, bytes].map(({ name, type, shape }) => ({ name, type, shape }))).toEqual([
    { name: "fc1.weight_scale", type: "F32", shape: [3] },
    { name: "fc1.weight_q8", type: "U8", shape: [3, 3] },
  ]);
  const parts = await quantized(matrix(rows));
  expect([...parts.scales]).toEqual([Math.fround(2 / 127), 0, 2]);
  // 63.5 and 31.75 scales; halves go up.
  expect([...parts.bytes]).toEqual([192, 128, 255, 1, 128, 192, 160, 128, 96]);
  expect(await numbersOf([3, 3], parts)).toEqual([
    ...[64, -127, 32].map((steps) => Math.fround(steps * parts.scales[0]!)),
    ...[0, 0, 0],
    ...[254, 128, -64],
  ]);
});

test("every number comes back within half a scale, whatever the chunks", async () => {
  const number = fc.float({ min: -1000, max: 1000, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 1, max: 7 })
        .chain((width) =>
          fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 140 }),
        ),
      fc.integer({ min: 1, max: 300 }),
      async (rows, chunk) => {
        const width = rows[0]!.length;
        const parts = await quantized(matrix(rows, chunk));
        const numbers = await numbersOf([rows.length, width], parts);
        rows.flat().forEach((value, i) => {
          const scale = parts.scales[Math.floor(i / width)]!;
          expect(Math.abs(numbers[i]! - value)).toBeLessThanOrEqual(scale * 0.5001 + 1e-30);
        });
        // Bytes made of what bytes gave are the same.
        const again = await quantized(matrix(Array.from(rows, (_, r) => numbers.slice(r * width, (r + 1) * width))));
        expect(again.bytes).toEqual(parts.bytes);
      },
    ),
    { numRuns: 60 },
  );
});

test("a stream that is not as long as its shape", async () => {
  const short = { ...matrix([[1, 2]]), shape: [2, 2] };
  await expect(quantized(short)).rejects.toThrow("quantise fc1.weight: expected 4 numbers, got 2");
});

test("a checkpoint in bytes is known by its names", () => {
  expect(isQuantized(["a.weight", "b.weight_q8"])).toBe(true);
  expect(isQuantized(["a.weight", "b.bias"])).toBe(false);
});
