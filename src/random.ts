/**
 * Random numbers by counter: the number at an index is a function of (seed, stream, index), so that any part of a weight,
 * a mask or a sampled sequence can be made alone, in any order, with the same result.
 *
 * Philox4x32-10 of J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3"
 * (SC 2011, doi:10.1145/2063384.2063405); constants and known answers as in their library Random123. Departure from
 * torch: its CPU generator is a Mersenne twister, so a seed gives other numbers here than there.
 *
 * The numbers are the same on every platform. ECMAScript leaves the last bits of Math.log, Math.sin and Math.cos to the
 * engine, and engines differ; normals are therefore made with + - * / alone, which IEEE 754 rounds exactly, and with
 * Math.sqrt, which every engine takes from IEEE 754 too. Float32 rounding happens once, at the end.
 */
import { InvalidArgumentError } from "./errors.ts";

/** Multipliers and key increments of Philox 4x32. The halves of the multipliers serve `highWord`. */
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/**
 * The four 32-bit words of one counter (c0 lowest) under one key, into `out`: the bijection itself.
 * The high half of a 32 x 32 product is put together from products of 16-bit halves: measured (Node 20, x64), 50 ns a
 * call, against 53 ns by way of float64 and 20 times that with BigInt.
 */
export function philox4x32(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < rounds; round++) {
    const high0 = highWord(c0, multiplier0 >>> 16, multiplier0 & 0xffff);
    const high1 = highWord(c2, multiplier1 >>> 16, multiplier1 & 0xffff);
    const low0 = Math.imul(c0, multiplier0);
    const low1 = Math.imul(c2, multiplier1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Bits 32 to 63 of word * (high * 2^16 + low). */
function highWord(word: number, high: number, low: number): number {
  const wordLow = word & 0xffff;
  const wordHigh = word >>> 16;
  const cross0 = Math.imul(wordHigh, low);
  const cross1 = Math.imul(wordLow, high);
  // At most three times 2^16: no carry is lost.
  const middle = (cross0 & 0xffff) + (cross1 & 0xffff) + (Math.imul(wordLow, low) >>> 16);
  return (Math.imul(wordHigh, high) + (cross0 >>> 16) + (cross1 >>> 16) + (middle >>> 16)) | 0;
}

/** Numbers a block gives, whatever their kind: kinds read the same words, so that a use takes a stream for itself. */
const perBlock = 4;

/**
 * An endless row of numbers, read at any index. Each kind of number (uint32, uniform, normal) has one at each index; they
 * are made of the same bits, so that one stream is for one kind. Indices are whole numbers below 2^53.
 */
export class Philox {
  readonly #key0: number;
  readonly #key1: number;
  readonly #stream0: number;
  readonly #stream1: number;
  readonly #words = new Uint32Array(perBlock);
  readonly #normals = new Float64Array(perBlock);

  /** `seed` and `stream` are whole numbers, of which the low 64 bits count. `streamOf` makes streams of names. */
  constructor(seed: number | bigint, stream: number | bigint = 0) {
    [this.#key0, this.#key1] = twoWords(seed, "seed");
    [this.#stream0, this.#stream1] = twoWords(stream, "stream");
  }

  /** A whole number below 2^32. */
  uint32(index: number): number {
    this.#generate(blockOf(index));
    return this.#words[index % perBlock]!;
  }

  /** A number in [0, 1) that float32 holds: a multiple of 2^-24. */
  uniform(index: number): number {
    return toUniform(this.uint32(index));
  }

  /** A number of the standard normal distribution, as a float32. */
  normal(index: number): number {
    this.#generate(blockOf(index));
    this.#transform();
    return Math.fround(this.#normals[index % perBlock]!);
  }

  /** Uniform numbers of the indices from `start` on. */
  fillUniform(into: Float32Array, start = 0): void {
    const words = this.#words;
    let block = blockOf(start);
    for (let at = -(start % perBlock); at < into.length; at += perBlock) {
      this.#generate(block++);
      const end = Math.min(perBlock, into.length - at);
      for (let lane = Math.max(0, -at); lane < end; lane++) into[at + lane] = toUniform(words[lane]!);
    }
  }

  /** Ones where the whole numbers below 2^16 of the indices from `start` on are at least `threshold`: two to a word, low half first. */
  fillAtLeast(into: Uint8Array, threshold: number, start = 0): void {
    const words = this.#words;
    const halves = 2 * perBlock;
    let block = Math.floor(blockOf(start) / 2);
    for (let at = -(start % halves); at < into.length; at += halves) {
      this.#generate(block++);
      const end = Math.min(halves, into.length - at);
      for (let lane = Math.max(0, -at); lane < end; lane++) {
        const word = words[lane >> 1]!;
        into[at + lane] = ((lane & 1) === 0 ? word & 0xffff : word >>> 16) >= threshold ? 1 : 0;
      }
    }
  }

  /** N(0, std^2) numbers of the indices from `start` on, each rounded to float32 once. */
  fillNormal(into: Float32Array, start = 0, std = 1): void {
    const normals = this.#normals;
    let block = blockOf(start);
    for (let at = -(start % perBlock); at < into.length; at += perBlock) {
      this.#generate(block++);
      this.#transform();
      const end = Math.min(perBlock, into.length - at);
      for (let lane = Math.max(0, -at); lane < end; lane++) into[at + lane] = std * normals[lane]!;
    }
  }

  /** The counter is the block's number in its low half and the stream in its high half; the key is the seed. */
  #generate(block: number): void {
    const high = Math.floor(block / 2 ** 32);
    philox4x32(this.#words, block | 0, high, this.#stream0, this.#stream1, this.#key0, this.#key1);
  }

  /** The block's words as normals: two pairs. */
  #transform(): void {
    const words = this.#words;
    boxMuller(words[0]!, words[1]!, this.#normals, 0);
    boxMuller(words[2]!, words[3]!, this.#normals, 2);
  }
}

/** The numbers below `length`, shuffled (R. A. Fisher and F. Yates, as D. E. Knuth has it: algorithm 3.4.2 P). */
export function shuffledOrder(random: Philox, length: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, place) => place);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor((random.uint32(last) / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/**
 * The stream of a use, from what tells it from others: ("initial weight", name), ("dropout", step, site). 64 bits of
 * FNV-1a over the parts' JSON, so that ("a", 1) and ("a1") differ.
 */
export function streamOf(...parts: readonly (string | number)[]): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(JSON.stringify(parts))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}

function toUniform(word: number): number {
  return (word >>> 8) * 2 ** -24;
}

/** 2^-e for e of 0 to 32. */
const negativePowers = Float64Array.from({ length: 33 }, (_, e) => 2 ** -e);

const ln2 = 0.6931471805599453;
const sqrt2 = 1.4142135623730951;
/** 2 pi / 2^33: half a step of the angle. */
const halfStep = 7.314590396335798e-10;

/** Cosine and sine of a whole number of quarter turns. */
const turnCos = Float64Array.of(1, 0, -1, 0);
const turnSin = Float64Array.of(0, 1, 0, -1);

/**
 * Two words become two independent standard normals: r cos(t) and r sin(t) with r = sqrt(-2 ln u), u = (w0 + 1/2) / 2^32 and
 * t = 2 pi (w1 + 1/2) / 2^32 - pi / 4 (G. E. P. Box and M. E. Muller, 1958; the constant turns nothing but the naming of
 * angles, and leaves the polynomials arguments within pi / 4 of 0). |values| are below 6.77. The series are cut where their
 * error is below 2e-11 of the value; half a unit of float32's last place is 3e-8 of it or more.
 */
function boxMuller(w0: number, w1: number, into: Float64Array, at: number): void {
  // u = (2 w0 + 1) / 2^33 = m 2^(e - 33) with m in [1, 2), then moved to [1/sqrt 2, sqrt 2).
  let e = 32 - Math.clz32(w0);
  let m = (2 * w0 + 1) * negativePowers[e]!;
  if (m > sqrt2) {
    m *= 0.5;
    e++;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), by its series.
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  const artanh = s + s * s2 * (1 / 3 + s2 * (1 / 5 + s2 * (1 / 7 + s2 * (1 / 9 + s2 * (1 / 11 + s2 * (1 / 13))))));
  const r = Math.sqrt(-2 * ((e - 33) * ln2 + 2 * artanh));

  // Whole quarter turns stand in the upper two bits, the rest of the angle, in [-pi/4, pi/4), in the others.
  const turn = w1 >>> 30;
  const t = (2 * ((w1 & 0x3fffffff) - 0x20000000) + 1) * halfStep;
  const t2 = t * t;
  const cos =
    1 + t2 * (-1 / 2 + t2 * (1 / 24 + t2 * (-1 / 720 + t2 * (1 / 40320 + t2 * (-1 / 3628800 + t2 * (1 / 479001600))))));
  const sin = t + t * t2 * (-1 / 6 + t2 * (1 / 120 + t2 * (-1 / 5040 + t2 * (1 / 362880 + t2 * (-1 / 39916800)))));
  into[at] = r * (cos * turnCos[turn]! - sin * turnSin[turn]!);
  into[at + 1] = r * (cos * turnSin[turn]! + sin * turnCos[turn]!);
}

function blockOf(index: number): number {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new InvalidArgumentError({
      operation: "Philox",
      expected: "an index of 0 to 2^53 - 1",
      got: String(index),
    });
  }
  return Math.floor(index / perBlock);
}

/** Low and high word of the low 64 bits, in two's complement. */
function twoWords(value: number | bigint, what: "seed" | "stream"): [number, number] {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError({
      operation: "Philox",
      expected: `a whole number as ${what} (beyond 2^53 a bigint)`,
      got: String(value),
    });
  }
  const bits = BigInt.asUintN(64, BigInt(value));
  return [Number(bits & 0xffffffffn) | 0, Number(bits >> 32n) | 0];
}
