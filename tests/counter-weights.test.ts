import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  counterIds,
  counterValues,
  type LEDGeometry,
  ledParameters,
  ledWeights,
  type ParameterKind,
  SCALES,
  type Scale,
} from "./counter-weights.ts";

interface Samples {
  values: {
    seed: number;
    name: string;
    mean: number;
    std: number;
    indices: number[];
    values: number[];
    first: { count: number; xor_of_bits: number };
  }[];
  ids: { seed: number; name: string; low: number; high: number; ids: number[] }[];
  default_scales: { [K in ParameterKind]: Scale };
  models: {
    config: LEDGeometry;
    seed: number;
    parameters: { name: string; shape: number[]; kind: ParameterKind; xor_of_bits: number }[];
  }[];
}

const samples = JSON.parse(
  readFileSync(new URL("./oracle/fixtures/counter-weights.json", import.meta.url), "utf8"),
) as Samples;

const xorOfBits = (values: Float32Array) =>
  new Uint32Array(values.buffer, values.byteOffset, values.length).reduce((all, bits) => all ^ bits, 0) >>> 0;

describe("counterValues", () => {
  it.each(samples.values)("gives Python's bits for $name, seed $seed", (sample) => {
    const { seed, name, indices, first } = sample;
    const scale: Scale = [sample.mean, sample.std];
    const picked = indices.map((index) => counterValues(seed, name, 1, scale, index)[0]);
    expect(picked).toEqual(sample.values.map(Math.fround));
    expect(xorOfBits(counterValues(seed, name, first.count, scale))).toBe(first.xor_of_bits);
  });

  it("has the mean and the standard deviation asked for, and no correlation between neighbours or tensors", () => {
    const count = 1_000_000;
    const a = counterValues(3, "a", count, [0.5, 2]);
    const b = counterValues(3, "b", count, [0.5, 2]);
    const mean = (of: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += of(i);
      return sum / count;
    };
    const standard = (values: Float32Array, i: number) => (values[i % count]! - 0.5) / 2;
    // Each is a mean of a million terms of variance about 1: 0.005 is five standard errors.
    expect(Math.abs(mean((i) => standard(a, i)))).toBeLessThan(0.005);
    expect(Math.abs(mean((i) => standard(a, i) ** 2) - 1)).toBeLessThan(0.007);
    expect(Math.abs(mean((i) => standard(a, i) * standard(a, i + 1)))).toBeLessThan(0.005);
    expect(Math.abs(mean((i) => standard(a, i) * standard(b, i)))).toBeLessThan(0.005);
  });
});

describe("counterIds", () => {
  it.each(samples.ids)("gives Python's ids $low .. $high - 1, seed $seed", ({ seed, name, low, high, ids }) => {
    expect(counterIds(seed, name, ids.length, low, high)).toEqual(ids);
  });
});

describe("ledParameters and ledWeights", () => {
  it("have Python's default scales", () => {
    expect(SCALES).toEqual(samples.default_scales);
  });

  it.each(samples.models)("list what Python lists, with its bits, seed $seed", ({ config, seed, parameters }) => {
    const listed = [...ledParameters(config)];
    expect(listed).toEqual(parameters.map(({ name, shape, kind }) => ({ name, shape, kind })));
    const bits = [...ledWeights(config, seed)].map(([name, tensor]) => ({ name, bits: xorOfBits(tensor.data) }));
    expect(bits).toEqual(parameters.map(({ name, xor_of_bits }) => ({ name, bits: xor_of_bits })));
  });
});
