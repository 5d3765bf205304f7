/** generate() of LED against transformers 4.37.2: token ids of greedy and beam search (tests/oracle/tiny_generation.py). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDForConditionalGeneration } from "../src/models/led/for-conditional-generation.ts";
import type { GenerateOptions } from "../src/models/led/generate.ts";
import { type CounterModel, temporaryFolder, writeCounterModel } from "./support/counter-model.ts";
import { readFixture } from "./support/oracle.ts";

interface Case {
  name: string;
  about: string;
  model: string;
  inputs: GenerateOptions;
  options: GenerateOptions;
  sequences: number[][];
}

const fixture = readFixture<{ models: Record<string, CounterModel>; cases: Case[] }>("models/generation.json");

describe.each(Object.keys(fixture.models))("generate, model %s", (name) => {
  const cases = fixture.cases.filter((item) => item.model === name);
  let model: LEDForConditionalGeneration;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    try {
      await writeCounterModel(folder.files, fixture.models[name]!);
      model = await LEDForConditionalGeneration.from_pretrained(folder.path, { device: "cpu" });
    } finally {
      await folder.remove();
    }
  });

  afterAll(() => model.dispose());

  test.each(cases)("$name: $about", async ({ inputs, options, sequences }) => {
    const got = await model.generate({ ...inputs, ...options });
    expect(got.tolist()).toEqual(sequences);
  });

  const alone = cases.filter(({ inputs, options }) => {
    return (inputs.input_ids as number[][]).length === 1 && (options.num_beams ?? 1) === 1;
  });
  test.each(alone)("$name: drafts from the source change no token", async ({ inputs, options, sequences }) => {
    for (const draft_from_source of [1, 6]) {
      const call = { ...inputs, ...options, draft_from_source, return_dict_in_generate: true } as const;
      const got = await model.generate(call);
      expect(got.sequences.tolist()).toEqual(sequences);
      expect(got.drafting!.passes).toBeLessThanOrEqual(got.drafting!.tokens);
    }
  });

  test("a source encoded before gives the same", async () => {
    const { inputs, options, sequences } = cases[0]!;
    const { encoder_last_hidden_state } = await model({
      input_ids: inputs.input_ids!,
      decoder_input_ids: (inputs.input_ids as number[][]).map(() => [2]),
      ...(inputs.attention_mask === undefined ? {} : { attention_mask: inputs.attention_mask }),
      ...(inputs.global_attention_mask === undefined ? {} : { global_attention_mask: inputs.global_attention_mask }),
    });
    const encoder_outputs = { last_hidden_state: encoder_last_hidden_state };
    const got = await model.generate({ ...inputs, ...options, encoder_outputs });
    expect(got.tolist()).toEqual(sequences);
  });
});
