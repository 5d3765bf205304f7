/** resize_token_embeddings of every class: transformers 4.37.2 (tests/oracle/led_classes_resizing.py). */
import { describe, expect, test } from "vitest";
import { type LEDForConditionalGeneration, Tensor } from "../src/index.ts";
import type { CounterClass } from "./counter-weights.ts";
import { notResizedHere, resizedHere } from "./support/class-differences.ts";
import { differences, expectRefused } from "./support/class-outputs.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { counterClass } from "./support/led-classes.ts";
import { modelScene } from "./support/model-scene.ts";
import { type OracleTensor, readFixture } from "./support/oracle.ts";
import { expectDrawnLike } from "./support/random-numbers.ts";

interface Resize {
  readonly class: CounterClass;
  readonly config: Readonly<Record<string, unknown>>;
  readonly calls: { readonly new_num_tokens?: number | null; readonly pad_to_multiple_of?: number | null }[];
  readonly raises?: string;
  readonly vocab_size: number;
  readonly dims: Readonly<Record<string, [before: number[], after: number[]]>>;
  /** Python's identities of objects and its padding_idx have nothing here that they could be compared with. */
  readonly returns?: { readonly num_embeddings: number };
  readonly rows_kept: number;
  readonly new_mean?: number;
  readonly new_std?: number;
  // Of LEDForConditionalGeneration alone:
  readonly final_logits_bias?: { readonly kept: boolean; readonly zeros_after: boolean };
  readonly tied?: boolean;
  readonly head?: { readonly in_features: number; readonly out_features: number };
  readonly head_rows_kept?: number;
  readonly head_new_mean?: number;
  readonly head_new_std?: number;
  readonly logits_dims?: number[];
  /** Of the tokens that the model had before. */
  readonly logits?: OracleTensor;
}

interface Fixture {
  readonly model: CounterModel;
  readonly inputs: Readonly<Record<string, number[][]>>;
  readonly resizes: Resize[];
}

type Weights = ReadonlyMap<string, Tensor>;

const { model: described, inputs, resizes } = readFixture<Fixture>("classes/resizing.json");

/** Along the last axis. */
function rowsOf({ dims, data }: { dims: readonly number[]; data: ArrayLike<number | bigint> }): number[][] {
  const width = dims.at(-1)!;
  const values = Array.from(data, Number);
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
}

/** The first rows that are the old ones, and numbers like the reference's after the old ones. */
function expectTable(before: Tensor, after: Tensor, kept: number, mean?: number, deviation?: number): void {
  const [old, now] = [rowsOf(before), rowsOf(after)];
  const both = Math.min(old.length, now.length);
  const firstOther = now.slice(0, both).findIndex((row, i) => row.join() !== old[i]!.join());
  expect(firstOther === -1 ? both : firstOther).toBe(kept);
  if (mean !== undefined) expectDrawnLike(now.slice(old.length).flat(), mean, deviation!, "new rows");
}

async function expectHead(model: LEDForConditionalGeneration, before: Weights, after: Weights, one: Resize) {
  const [oldBias, bias] = [before, after].map((weights) => Array.from(weights.get("final_logits_bias")!.data, Number));
  const both = Math.min(oldBias!.length, bias!.length);
  expect({
    kept: bias!.slice(0, both).join() === oldBias!.slice(0, both).join(),
    zeros_after: bias!.slice(both).every((value) => value === 0),
  }).toEqual(one.final_logits_bias);
  const [head, oldHead] = [after.get("lm_head.weight")!, before.get("lm_head.weight")!];
  expect(head === after.get("led.shared.weight")).toBe(one.tied);
  const { embedding_dim, num_embeddings } = await model.get_output_embeddings();
  expect({ in_features: embedding_dim, out_features: num_embeddings }).toEqual(one.head);
  expectTable(oldHead, head, one.head_rows_kept!, one.head_new_mean, one.head_new_std);
  if (one.logits === undefined) return;
  const { logits } = await model(inputs);
  expect(logits.dims).toEqual(one.logits_dims);
  // Tokens that were cut off and added again have random logits in the reference too.
  const known = (tensor: Parameters<typeof rowsOf>[0]) =>
    rowsOf(tensor).flatMap((row) => row.slice(0, Math.min(one.rows_kept, one.head_rows_kept!)));
  const got = known(logits);
  expect(got.length).toBeGreaterThan(0);
  expect(
    differences(
      Tensor.from(got, "float32"),
      { dims: [got.length], data: known({ ...one.logits, data: one.logits.data.map(Number) }) },
      "logits",
    ),
  ).toEqual([]);
}

describe("resize_token_embeddings", () => {
  const { kept } = modelScene();

  test.each(resizes.map((one, row) => ({ ...one, row })))("$row: $class, $config, $calls", async (one) => {
    const calls = one.calls.map((call) => Object.values(call).join(" by ") || "nothing");
    const place = `${one.class} to ${calls.join(", ")}`;
    const model = kept(await counterClass(one.class, described, one.config));
    const before = await model.state_dict();
    const resize = async () => {
      let table = await model.get_input_embeddings();
      for (const call of one.calls) {
        table = await model.resize_token_embeddings(call.new_num_tokens, call.pad_to_multiple_of);
      }
      return table;
    };
    const expectUnchanged = async () => {
      expect(model.config.vocab_size).toBe(described.config.vocab_size);
      expect(await model.state_dict()).toEqual(before);
    };
    if (one.raises !== undefined ? !resizedHere.has(place) : notResizedHere.has(place)) {
      await expectRefused(resize, one.raises);
      return expectUnchanged();
    }
    const table = await resize();
    if (one.raises !== undefined) {
      const tokens = one.calls.at(-1)!.new_num_tokens ?? described.config.vocab_size;
      expect([table.num_embeddings, model.config.vocab_size]).toEqual([tokens, tokens]);
      await model({ input_ids: [[tokens - 1]] });
      return;
    }
    const after = await model.state_dict();
    expect(model.config.vocab_size).toBe(one.vocab_size);
    const changed = [...after].filter(([name, { dims }]) => dims.join() !== before.get(name)!.dims.join());
    expect(Object.fromEntries(changed.map(([name, { dims }]) => [name, [before.get(name)!.dims, dims]]))).toEqual(
      one.dims,
    );
    expect(table.num_embeddings).toBe(one.returns!.num_embeddings);
    const shared = one.class === "LEDModel" ? "shared.weight" : "led.shared.weight";
    expect(table.weight).toEqual(after.get(shared));
    expectTable(before.get(shared)!, after.get(shared)!, one.rows_kept, one.new_mean, one.new_std);
    if (one.final_logits_bias !== undefined) {
      await expectHead(model as unknown as LEDForConditionalGeneration, before, after, one);
    }
  });
});
