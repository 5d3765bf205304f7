/** Progress and abort of generate(). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LEDForConditionalGeneration } from "../src/models/led/for-conditional-generation.ts";
import type { GenerateProgress } from "../src/models/led/generate.ts";
import { type CounterModel, temporaryFolder, writeCounterModel } from "./support/counter-model.ts";
import { readFixture } from "./support/oracle.ts";

let model: LEDForConditionalGeneration;

beforeAll(async () => {
  const folder = await temporaryFolder();
  await writeCounterModel(folder.files, readFixture<{ model: CounterModel }>("models/odd.json").model);
  model = await LEDForConditionalGeneration.from_pretrained(folder.path, { device: "cpu" });
  await folder.remove();
});

afterAll(() => model.dispose());

const input_ids = [[0, 63, 76, 18, 68, 12, 2]];
const settings = { input_ids, num_beams: 2, max_new_tokens: 6, min_new_tokens: 6 };

test("progress is told after each layer and each token, in tokens", async () => {
  const seen: GenerateProgress[] = [];
  await model.generate({ ...settings, progress_callback: (progress) => seen.push(progress) });
  const of = (stage: string) =>
    seen.filter((progress) => progress.stage === stage).map(({ done, total }) => [done, total]);
  // Two layers after the embedding; three decoder layers; six tokens.
  expect(of("encode")).toEqual([
    [2, 7],
    [5, 7],
    [7, 7],
  ]);
  expect(of("prepare")).toEqual([
    [2, 7],
    [5, 7],
    [7, 7],
  ]);
  expect(of("generate")).toEqual([1, 2, 3, 4, 5, 6].map((step) => [step, 6]));
  expect(seen.every(({ unit }) => unit === "tokens")).toBe(true);
});

test.each(["encode", "prepare", "generate"])(
  "an abort during %s rejects with its reason and the model goes on",
  async (stage) => {
    const controller = new AbortController();
    const stages = new Set<string>();
    const aborted = model.generate({
      ...settings,
      signal: controller.signal,
      progress_callback: (progress) => {
        stages.add(progress.stage);
        if (progress.stage === stage) controller.abort(new Error("changed my mind"));
      },
    });
    await expect(aborted).rejects.toThrow("changed my mind");
    expect([...stages].at(-1)).toBe(stage);
    expect((await model.generate(settings)).dims).toEqual([1, 7]);
  },
);

test("a signal that is aborted already computes nothing", async () => {
  let calls = 0;
  const signal = AbortSignal.abort();
  await expect(model.generate({ ...settings, signal, progress_callback: () => calls++ })).rejects.toThrow(/abort/i);
  expect(calls).toBe(0);
});

test("what generate() cannot use is refused with the reference's words", async () => {
  await expect(model.generate({ ...settings, num_beam: 4 })).rejects.toThrow(
    "The following `model_kwargs` are not used by the model: ['num_beam'] " +
      "(note: typos in the generate arguments will also show up in this list)",
  );
  await expect(model.generate(input_ids as never)).rejects.toThrow(
    "generate: expected an object of inputs and options, got an array. Write generate({ input_ids, max_new_tokens: 100 }).",
  );
  await expect(model.generate({ ...settings, input_ids: [[5, 97]] })).rejects.toThrow(
    "input_ids: expected ids from 0 to 96 (vocab_size 97), got 97 at [0, 1]. Is this the tokenizer that belongs to the model?",
  );
  await expect(model.generate({ ...settings, input_ids: [5, 6] })).rejects.toThrow(
    "Put a single row of ids in an array: [ids].",
  );
  await expect(model.generate({ ...settings, input_ids: [Array(321).fill(5)] })).rejects.toThrow(
    "LEDEncoder: expected at most 320 tokens (max_encoder_position_embeddings), got 321.",
  );
  await expect(model({ input_ids, decoder_input_ids: [Array(41).fill(5)] })).rejects.toThrow(
    "LEDDecoder: expected at most 40 target tokens (max_decoder_position_embeddings), got 41.",
  );
  await expect(model({ input_id: input_ids } as never)).rejects.toThrow("Did you mean `input_ids`?");
});
