/** float16 (IEEE 754 binary16) and bfloat16 bits to numbers and back; Node 20 has no Float16Array. */

const floatScratch = new Float32Array(1);
const bitScratch = new Uint32Array(floatScratch.buffer);

export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Nearest float16, ties to even, as IEEE conversion does; numbers beyond 65504 become infinite. */
export function numberToFloat16(value: number): number {
  floatScratch[0] = value;
  return float32BitsToFloat16(bitScratch[0]!);
}

function float32BitsToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above round to infinity
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent from 127 to 15, then round the 13 bits that go; a carry reaches the exponent by itself.
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign; // below half of the smallest subnormal
  const shift = 126 - (magnitude >>> 23);
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const kept = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

export function float32ToFloat16Array(values: Float32Array, into = new Uint16Array(values.length)): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) into[i] = float32BitsToFloat16(bits[i]!);
  return into;
}

/** All 65,536 float16 values, so that whole tensors convert by look-up. */
let float16Table: Float32Array | undefined;

export function float16ToFloat32Array(bits: Uint16Array, into = new Float32Array(bits.length)): Float32Array {
  float16Table ??= Float32Array.from({ length: 65536 }, (_, index) => float16ToNumber(index));
  for (let i = 0; i < bits.length; i++) into[i] = float16Table[bits[i]!]!;
  return into;
}

/** bfloat16 is the upper half of a float32. */
export function bfloat16ToFloat32Array(bits: Uint16Array, into = new Float32Array(bits.length)): Float32Array {
  const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return into;
}
