/** Where results differ from the reference on purpose (README.md): each test fails the day the difference vanishes. */
import { expect, test } from "vitest";
import { GenerationConfig } from "../src/generation/config.ts";
import type { Decoder } from "../src/generation/decoder.ts";
import { generate } from "../src/generation/generate.ts";
import { LEDForConditionalGeneration } from "../src/models/led/for-conditional-generation.ts";
import { type CounterModel, temporaryFolder, writeCounterModel } from "./support/counter-model.ts";
import { readFixture } from "./support/oracle.ts";

const { model: plain } = readFixture<{ model: CounterModel }>("models/plain.json");

/** Encoder outputs [S, D] of the plain model with some of its config changed. */
async function encode(changes: Record<string, unknown>, ids: number[]): Promise<number[][]> {
  const folder = await temporaryFolder();
  try {
    await writeCounterModel(folder.files, { ...plain, config: { ...plain.config, ...changes } });
    const model = await LEDForConditionalGeneration.from_pretrained(folder.path, { device: "cpu" });
    try {
      const output = await model({ input_ids: [ids], decoder_input_ids: [[5]] });
      return (output.encoder_last_hidden_state.tolist() as number[][][])[0]!;
    } finally {
      await model.dispose();
    }
  } finally {
    await folder.remove();
  }
}

const ids = Array.from({ length: 57 }, (_, position) => 6 + ((position * 7) % 47));

test("attention_window 2 sees one neighbour on each side", async () => {
  const one = { encoder_layers: 1, attention_window: 2 };
  const before = await encode(one, ids);
  const after = await encode(
    one,
    ids.map((id, position) => (position === 20 ? id - 1 : id)),
  );
  const changed = before.flatMap((row, position) => (row.some((x, i) => x !== after[position]![i]) ? [position] : []));
  expect(changed).toEqual([19, 20, 21]);
});

test("a document may fill a position table that is no multiple of the window", async () => {
  // The table of 57 rows is the beginning of the one of 60, so the outputs are the same.
  expect(await encode({ max_encoder_position_embeddings: 57 }, ids)).toEqual(await encode({}, ids));
});

test("max_time counts from the beginning of encoding", async () => {
  const logits = () => Float32Array.of(0, 0, 0, 0, 1);
  const slowToStart: Decoder<null> = {
    vocabSize: 5,
    async start() {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return { logits: logits(), state: null };
    },
    step: async () => ({ logits: logits(), state: null }),
  };
  const options = { max_time: 0.03, max_new_tokens: 9, decoder_start_token_id: 0, eos_token_id: 1, pad_token_id: 2 };
  const { sequences } = await generate({ decoder: slowToStart, config: new GenerationConfig(options), batch: 1 });
  expect(sequences).toEqual([[0, 4]]);
});
