/** float16 (IEEE 754 binary16) and bfloat16 bits to numbers and back; Node 20 has no Float16Array. */

const scratch = new DataView(new ArrayBuffer(4));

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
  scratch.setFloat32(0, value);
  const sign = (scratch.getUint8(0) & 0x80) << 8;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundTiesToEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  // log2 may round up to the next power for values just below it.
  const exact = 2 ** exponent > magnitude ? exponent - 1 : exponent;
  const fraction = roundTiesToEven((magnitude / 2 ** exact - 1) * 1024);
  // A fraction of 1024 carries into the exponent field by itself.
  return sign | (((exact + 15) << 10) + fraction);
}

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
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
