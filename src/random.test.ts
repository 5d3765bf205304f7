import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Philox, philox4x32, shuffledOrder, streamOf } from "./random.ts";

const words = (hex: string): number[] => hex.split(" ").map((word) => Number.parseInt(word, 16));

// Random123 1.14.0, tests/kat_vectors: counter, key, output.
test.each([
  ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
])("the published known answer for counter %s", (counter, key, output) => {
  const out = new Uint32Array(4);
  philox4x32(out, ...(words(counter) as [number, number, number, number]), ...(words(key) as [number, number]));
  expect([...out]).toEqual(words(output));
});

/** The paper's round in whole numbers of any size. */
function slowPhilox(counter: bigint, key: bigint): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = [0n, 32n, 64n, 96n].map((shift) => (counter >> shift) & mask) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  let [k0, k1] = [key & mask, key >> 32n];
  for (let round = 0; round < 10; round++) {
    const product0 = c0 * 0xd2511f53n;
    const product1 = c2 * 0xcd9e8d57n;
    [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

test("index, stream and seed are the counter's halves and the key", () => {
  const word64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(word64, word64, fc.maxSafeNat(), (seed, stream, index) => {
      const block = slowPhilox((stream << 64n) | BigInt(Math.floor(index / 4)), seed);
      expect(new Philox(seed, stream).uint32(index)).toBe(block[index % 4]);
    }),
  );
});

test("seeds and streams are taken in two's complement", () => {
  expect(new Philox(-1, -2).uint32(5)).toBe(new Philox(2n ** 64n - 1n, 2n ** 64n - 2n).uint32(5));
  expect(new Philox(2 ** 40 + 3).uint32(0)).toBe(new Philox(2n ** 40n + 3n).uint32(0));
});

describe("every kind of number", () => {
  test("fills any part with the numbers of its indices", () => {
    const philox = new Philox(3, 9);
    fc.assert(
      fc.property(fc.nat(40), fc.nat(30), (start, length) => {
        const [uniform, normal] = [new Float32Array(length), new Float32Array(length)];
        philox.fillUniform(uniform, start);
        philox.fillNormal(normal, start);
        const indices = Array.from({ length }, (_, i) => start + i);
        expect([...uniform]).toEqual(indices.map((index) => philox.uniform(index)));
        expect([...normal]).toEqual(indices.map((index) => philox.normal(index)));
      }),
    );
    const far = new Float32Array(3);
    philox.fillUniform(far, 2 ** 50 + 2);
    expect([...far]).toEqual([2, 3, 4].map((i) => philox.uniform(2 ** 50 + i)));
  });

  test("uniform is the upper 24 bits, below 1 also for the largest word", () => {
    const philox = new Philox(12);
    for (let i = 0; i < 1000; i++) expect(philox.uniform(i)).toBe(Math.floor(philox.uint32(i) / 256) / 2 ** 24);
    expect(Math.fround((0xffffffff >>> 8) * 2 ** -24)).toBeLessThan(1);
  });

  test("normal is Box and Muller's formula, nearer than a float32 shows", () => {
    const philox = new Philox(77, streamOf("formula"));
    let worst = 0;
    for (let i = 0; i < 20_000; i += 2) {
      const r = Math.sqrt(-2 * Math.log((philox.uint32(i) + 0.5) / 2 ** 32));
      const t = (2 * Math.PI * (philox.uint32(i + 1) + 0.5)) / 2 ** 32 - Math.PI / 4;
      for (const [index, exact] of [
        [i, r * Math.cos(t)],
        [i + 1, r * Math.sin(t)],
      ] as const) {
        // Half a unit of float32's last place is 2^-24 of a number that is just above a power of two.
        worst = Math.max(worst, Math.abs(philox.normal(index) - exact) / Math.abs(exact));
      }
    }
    expect(worst).toBeLessThan(2 ** -24 + 1e-10);
  });

  test("std multiplies before the one rounding", () => {
    const philox = new Philox(4);
    const scaled = new Float32Array(64);
    philox.fillNormal(scaled, 0, 0.02);
    // 0.02 z rounded once lies within half a unit of 0.02 times the float32 z, which was rounded too.
    for (const [i, value] of scaled.entries()) expect(value / (0.02 * philox.normal(i))).toBeCloseTo(1, 6);
  });
});

test("numbers stay what they were: seeds that people noted depend on them", () => {
  // The hash by Python's integers, the normals by mpmath 1.3.0 at 40 digits, from the formula above, rounded to float32.
  const philox = new Philox(42, streamOf("dropout", 3, 1));
  expect([0, 1, 2, 3].map((i) => philox.uint32(i))).toEqual(slowPhilox(streamOf("dropout", 3, 1) << 64n, 42n));
  expect(streamOf("dropout", 3, 1)).toBe(229762745777716704n);
  expect([0, 1, 2, 3, 4, 5].map((i) => philox.normal(i))).toEqual([
    0.430794358253479, 0.14031490683555603, -0.8327426910400391, 0.4796215891838074, 0.885333240032196,
    0.3574312925338745,
  ]);
});

describe("statistics of 2^18 numbers", () => {
  const count = 2 ** 18;
  const normals = new Float32Array(count);
  new Philox(2024, 1).fillNormal(normals);
  const average = (value: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += value(i);
    return sum / count;
  };
  // Each average is within 4 standard errors: sqrt(variance of the summand / count).
  test.each<[string, (i: number) => number, number, number]>([
    ["mean", (i) => normals[i]!, 0, 1],
    ["variance", (i) => normals[i]! ** 2, 1, 2],
    ["skewness", (i) => normals[i]! ** 3, 0, 15],
    ["kurtosis", (i) => normals[i]! ** 4, 3, 96],
    ["product of the two of a pair", (i) => normals[i]! * normals[i ^ 1]!, 0, 2],
    ["product of the pairs of a block", (i) => normals[i]! * normals[i ^ 2]!, 0, 2],
    ["product of neighbouring blocks", (i) => normals[i]! * normals[(i + 4) % count]!, 0, 1],
  ])("%s", (_, summand, expected, variance) => {
    expect(Math.abs(average(summand) - expected)).toBeLessThan(4 * Math.sqrt(variance / count));
  });

  test("each tenth of the distribution holds its share", () => {
    // Deciles of the standard normal distribution.
    const bounds = [-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0, 0.2533471, 0.5244005, 0.8416212, 1.2815516];
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const value of normals) tenths[bounds.filter((bound) => value >= bound).length]!++;
    for (const held of tenths) expect(Math.abs(held - count / 10)).toBeLessThan(4 * Math.sqrt(count * 0.1 * 0.9));
  });

  test("each sixteenth of [0, 1) holds its share", () => {
    const uniforms = new Float32Array(count);
    new Philox(2024, 2).fillUniform(uniforms);
    const held = Array.from({ length: 16 }, () => 0);
    for (const value of uniforms) held[Math.floor(value * 16)]!++;
    for (const one of held) expect(Math.abs(one - count / 16)).toBeLessThan(4 * Math.sqrt((count / 16) * (15 / 16)));
  });

  test.each<[string, Philox]>([
    ["the next seed", new Philox(2025, 1)],
    ["the next stream", new Philox(2024, 2)],
  ])("%s is independent", (_, other) => {
    const others = new Float32Array(count);
    other.fillNormal(others);
    expect(Math.abs(average((i) => normals[i]! * others[i]!))).toBeLessThan(4 / Math.sqrt(count));
  });
});

test("streams differ where parts differ", () => {
  const parts = [
    ["a", 1],
    ["a1"],
    ["a", "1"],
    ["a", 1, 0],
    ["1", "a"],
    [],
    [""],
    ["a", 10],
    ["dropout", 1, 2],
    ["dropout", 12],
  ];
  expect(new Set(parts.map((part) => streamOf(...part))).size).toBe(parts.length);
  const sites = new Set<bigint>();
  for (let step = 0; step < 200; step++)
    for (let site = 0; site < 100; site++) sites.add(streamOf("dropout", step, site));
  expect(sites.size).toBe(20_000);
});

test.each<[string, () => unknown, string]>([
  ["half a seed", () => new Philox(0.5), "Philox: expected a whole number as seed (beyond 2^53 a bigint), got 0.5"],
  [
    "a seed that lost digits",
    () => new Philox(2 ** 60),
    "Philox: expected a whole number as seed (beyond 2^53 a bigint), got 1152921504606847000",
  ],
  [
    "no stream",
    () => new Philox(1, Number.NaN),
    "Philox: expected a whole number as stream (beyond 2^53 a bigint), got NaN",
  ],
  ["a negative index", () => new Philox(1).uniform(-1), "Philox: expected an index of 0 to 2^53 - 1, got -1"],
  [
    "half an index",
    () => new Philox(1).fillNormal(new Float32Array(1), 1.5),
    "Philox: expected an index of 0 to 2^53 - 1, got 1.5",
  ],
])("refuses %s", (_, run, message) => {
  expect(run).toThrow(expect.objectContaining({ name: "InvalidArgumentError", message }));
});

describe("ones and zeros", () => {
  test("are halves of words held against a threshold, from any index on", () => {
    const philox = new Philox(3, 5);
    const half = (index: number) => {
      const word = philox.uint32(Math.floor(index / 2));
      return index % 2 === 0 ? word & 0xffff : word >>> 16;
    };
    for (const start of [0, 1, 7, 8, 13, 2 ** 40 + 3]) {
      const into = new Uint8Array(29);
      new Philox(3, 5).fillAtLeast(into, 20_000, start);
      expect([...into]).toEqual(Array.from(into, (_, i) => Number(half(start + i) >= 20_000)));
    }
  });

  test("are ones as often as the threshold says", () => {
    const into = new Uint8Array(100_000);
    new Philox(1, 2).fillAtLeast(into, Math.round(0.1 * 2 ** 16));
    const ones = into.reduce((sum, one) => sum + one, 0) / into.length;
    // Five standard deviations of 100,000 draws.
    expect(Math.abs(ones - 0.9)).toBeLessThan(5 * Math.sqrt((0.1 * 0.9) / 100_000));
  });
});

test("a shuffled order holds each number once", () => {
  const order = shuffledOrder(new Philox(9, 1), 1000);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  expect(shuffledOrder(new Philox(9, 1), 1000)).toEqual(order);
  expect([...shuffledOrder(new Philox(9, 1), 0)]).toEqual([]);
});
