import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bfloat16ToFloat32Array,
  float16ToFloat32Array,
  float16ToNumber,
  float32ToFloat16Array,
  numberToFloat16,
} from "./half.ts";

test("every float16 survives the way to a number and back", () => {
  const lost = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => {
    const value = float16ToNumber(bits);
    const back = numberToFloat16(value);
    return Number.isNaN(value) ? (back & 0x7fff) <= 0x7c00 : back !== bits;
  });
  expect(lost).toEqual([]);
});

// Values from IEEE 754-2019, 3.6: binary16 has 11 significant bits and exponents from -14 to 15.
test.each([
  [65504, 0x7bff],
  [65519.99, 0x7bff],
  [65520, 0x7c00],
  [-1e30, 0xfc00],
  [1 + 2 ** -11, 0x3c00], // a tie goes to the even neighbour below
  [1 + 3 * 2 ** -11, 0x3c02], // and above
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [2 ** -25 * 1.01, 0x0001],
  [-0, 0x8000],
])("%d rounds to %i", (value, bits) => {
  expect(numberToFloat16(value)).toBe(bits);
});

test("rounding never leaves a nearer float16 behind", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -65504, max: 65504 }), (value) => {
      const bits = numberToFloat16(value);
      const error = Math.abs(float16ToNumber(bits) - value);
      for (const other of [bits - 1, bits + 1]) {
        const near = float16ToNumber(other & 0xffff);
        if (Number.isFinite(near)) expect(Math.abs(near - value)).toBeGreaterThanOrEqual(error);
      }
    }),
  );
});

test("arrays convert as single numbers do", () => {
  const values = Float32Array.of(0.1, -3.14159, 70000, 6e-8, 2 ** -14);
  const bits = float32ToFloat16Array(values);
  expect([...bits]).toEqual([...values].map(numberToFloat16));
  expect([...float16ToFloat32Array(bits)]).toEqual([...bits].map(float16ToNumber));
  expect([...bfloat16ToFloat32Array(Uint16Array.of(0x3f80, 0xc000, 0x7f80))]).toEqual([
    1,
    -2,
    Number.POSITIVE_INFINITY,
  ]);
});
