/** A model of led-base's size at 1,024 tokens against PyTorch (tests/oracle/led_base.py): slices of its outputs, to 1e-3. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LEDForConditionalGeneration } from "../src/models/led/for-conditional-generation.ts";
import type { LEDSeq2SeqLMOutput } from "../src/models/led/outputs.ts";
import type { Tensor } from "../src/tensor.ts";
import { type CounterModel, temporaryFolder, writeCounterModel } from "./support/counter-model.ts";
import { readFixture } from "./support/oracle.ts";

interface Slices {
  positions: number[];
  values: { dims: [number, number]; data: number[] };
  sum_by_position: number[];
  norm: number;
}

interface Fixture {
  model: CounterModel;
  inputs: Record<"input_ids" | "attention_mask" | "global_attention_mask" | "decoder_input_ids", number[][]>;
  tolerance: number;
  encoder_last_hidden_state: Slices & { dims: number[] };
  logits: Slices & { tokens: number[]; argmax: number[] };
}

const fixture = readFixture<Fixture>("led-base-1024.json");
let output: LEDSeq2SeqLMOutput;
let model: LEDForConditionalGeneration;

beforeAll(async () => {
  const folder = await temporaryFolder();
  try {
    await writeCounterModel(folder.files, fixture.model);
    model = await LEDForConditionalGeneration.from_pretrained(folder.path, { device: "cpu" });
  } finally {
    await folder.remove();
  }
  output = await model(fixture.inputs);
});

afterAll(() => model?.dispose());

/** The values at [position, column] for all pairs, row by row. */
function pick(tensor: Tensor, positions: readonly number[], columns: readonly number[]): number[] {
  const width = tensor.dims[2]!;
  return positions.flatMap((position) => columns.map((column) => tensor.at(position * width + column)));
}

function rows(tensor: Tensor): Float32Array[] {
  const [, count, width] = tensor.dims as [number, number, number];
  return Array.from({ length: count }, (_, row) =>
    (tensor.data as Float32Array).subarray(row * width, (row + 1) * width),
  );
}

function largestDifference(got: readonly number[], expected: readonly number[]): number {
  expect(got.length).toBe(expected.length);
  return Math.max(...got.map((value, index) => Math.abs(value - expected[index]!)));
}

/** A sum over a row gathers the row's differences; PyTorch's own order of adding is unknown. */
const sumTolerance = 0.01;

test("encoder output", () => {
  const { positions, dims, values, sum_by_position, norm } = fixture.encoder_last_hidden_state;
  const got = output.encoder_last_hidden_state;
  expect(got.dims).toEqual([1, 1024, 768]);
  expect(largestDifference(pick(got, positions, dims), values.data)).toBeLessThan(fixture.tolerance);
  const sums = rows(got).map((row) => row.reduce((sum, value) => sum + value, 0));
  expect(largestDifference(sums, sum_by_position)).toBeLessThan(sumTolerance);
  const length = Math.sqrt(got.data.reduce((sum, value) => sum + value * value, 0));
  expect(Math.abs(length - norm)).toBeLessThan(fixture.tolerance * norm);
});

test("logits", () => {
  const { positions, tokens, values, argmax, sum_by_position } = fixture.logits;
  const got = output.logits;
  expect(got.dims).toEqual([1, 16, 50265]);
  expect(largestDifference(pick(got, positions, tokens), values.data)).toBeLessThan(fixture.tolerance);
  expect(rows(got).map((row) => row.indexOf(Math.max(...row)))).toEqual(argmax);
  const sums = rows(got).map((row) => row.reduce((sum, value) => sum + value, 0));
  expect(largestDifference(sums, sum_by_position)).toBeLessThan(10 * sumTolerance);
});
