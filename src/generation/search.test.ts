import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Table, tableDecoder } from "../../tests/generation/table-decoder.ts";
import { setLogger } from "../log.ts";
import type { Decoder } from "./decoder.ts";
import {
  type GenerateOptions,
  GenerationConfig,
  type GenerationOptions,
  type GenerationProgress,
  generate,
} from "./index.ts";
import { MaxTimeCriteria, Stopping } from "./stopping.ts";

const table: Table = { vocab_size: 13, seed: 5, order: 2, bias: { "2": -20 } };
const source = [5, 9, 11, 4];

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setLogger({ warn: (message) => warnings.push(message) });
});
afterEach(() => void setLogger(null));

/** The table's decoder, and how often it was called. */
function counted<State>(decoder: Decoder<State>): Decoder<State> & { calls: number } {
  return {
    calls: 0,
    vocabSize: decoder.vocabSize,
    start(...given) {
      this.calls += 1;
      return decoder.start(...given);
    },
    step(...given) {
      this.calls += 1;
      return decoder.step(...given);
    },
  };
}

function run(options: GenerationOptions, more: Partial<GenerateOptions<unknown>> = {}) {
  const decoder = counted(tableDecoder(table, [source]) as Decoder<unknown>);
  const tokens = { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2, decoder_start_token_id: 2 };
  const result = generate({
    decoder,
    config: new GenerationConfig({ ...tokens, max_length: 9, ...options }),
    batch: 1,
    maxLengthGiven: true,
    ...more,
  });
  return { decoder, result };
}

describe.each([1, 3])("the way there, %i beams", (num_beams) => {
  test("progress after every step", async () => {
    const seen: GenerationProgress[] = [];
    const { result } = run({ num_beams, max_new_tokens: 3 }, { progress_callback: (progress) => seen.push(progress) });
    await result;
    expect(seen).toEqual([1, 2, 3].map((step) => ({ step, maximum: 3 })));
  });

  test("a signal that is aborted before, and one aborted on the way", async () => {
    const reason = new Error("enough");
    const before = run({ num_beams }, { signal: AbortSignal.abort(reason) });
    await expect(before.result).rejects.toBe(reason);
    expect(before.decoder.calls).toBe(0);

    const controller = new AbortController();
    const progress_callback = ({ step }: GenerationProgress) => {
      if (step === 2) controller.abort(reason);
    };
    const during = run({ num_beams }, { signal: controller.signal, progress_callback });
    await expect(during.result).rejects.toBe(reason);
    expect(during.decoder.calls).toBe(2);
  });

  test("max_time ends it with what there is", async () => {
    const { sequences } = await run({ num_beams, max_time: -1 }).result;
    // Beams have room for an end token.
    expect(sequences[0]!.length).toBe(num_beams === 1 ? 2 : 3);
  });

  test("without end tokens it goes on to max_length", async () => {
    const { result } = run({ num_beams, eos_token_id: null, pad_token_id: null });
    expect((await result).sequences.map((ids) => ids.length)).toEqual([9]);
    expect(warnings).toEqual([]);
    const short = await run({ num_beams, eos_token_id: null, max_time: -1 }).result;
    expect(short.sequences.map((ids) => ids.length)).toEqual([2]);
  });

  test("a failing decoder's error comes through", async () => {
    const decoder = tableDecoder(table, [source]) as Decoder<unknown>;
    const failing = { ...decoder, step: () => Promise.reject(new Error("no memory")) };
    await expect(run({ num_beams }, { decoder: failing }).result).rejects.toThrow("no memory");
    const short = { ...decoder, vocabSize: 14 };
    await expect(run({ num_beams }, { decoder: short }).result).rejects.toThrow(
      "internal: decoder: expected logits [1, 14], got 13 numbers",
    );
  });
});

test("the clock of max_time", () => {
  const now = performance.now() / 1000;
  expect(new MaxTimeCriteria(1000, now - 999).should_stop()).toBe(false);
  expect(new MaxTimeCriteria(1000, now - 1001).should_stop()).toBe(true);
  const timeless = new Stopping({ max_length: 9, prompt_length: 1, max_time: null });
  expect(timeless.after([new Array<number>(8)], [])).toBe(false);
  expect(timeless.after([new Array<number>(9)], [])).toBe(true);
});

describe("what is refused, before the decoder is asked", () => {
  test.each<[GenerationOptions, string]>([
    [{ guidance_scale: 2 }, "expected `guidance_scale` to be unset, got 2.0"],
    [{ prompt_lookup_num_tokens: 3 }, "expected `prompt_lookup_num_tokens` to be unset, got 3"],
    [{ num_assistant_tokens: 3 }, "expected `num_assistant_tokens` to be unset, got 3"],
    [{ num_assistant_tokens_schedule: "constant" }, "`num_assistant_tokens_schedule` to be unset, got constant"],
    [{ generation_kwargs: { a: 1 } }, "expected `generation_kwargs` to be unset, got {'a': 1}"],
  ])("%j is not served", async (options, message) => {
    const { decoder, result } = run(options);
    await expect(result).rejects.toThrow(message);
    expect(decoder.calls).toBe(0);
  });

  test.each<[GenerationOptions, string]>([
    [{ max_length: 1.5 }, "expected `max_length` to be a whole number, 0 or more, got 1.5"],
    [{ max_length: null }, "expected `max_length` to be a whole number, 0 or more, got None"],
    [{ max_new_tokens: -2 }, "expected `max_new_tokens` to be a whole number, 0 or more, got -2"],
    [{ num_beams: 2, max_length: 1 }, "max_length is not larger than decoder prompt length"],
    [{ num_beams: 2, length_penalty: Number.NaN }, "expected `length_penalty` to be a finite number, got nan"],
    [
      { num_beams: 2, eos_token_id: Array.from({ length: 13 }, (_, id) => id) },
      "expected at least 14 tokens in the voca",
    ],
    [{ num_beams: 2.5 }, "`num_beams` has to be an integer strictly greater than 1, but is 2.5."],
    [{ pad_token_id: 13 }, "expected `pad_token_id` from 0 to 12, to fill sequences that have ended, got 13"],
    [{ eos_token_id: [2, 3.5] }, "expected `eos_token_id` to be a token id or a list of them, got [2,3.5]"],
    [{ decoder_start_token_id: 99 }, "expected `decoder_start_token_id` to hold token ids from 0 to 12, got 99"],
    [{ max_time: Number.NaN }, "expected `max_time` in seconds, got null"],
  ])("settings %j", async (options, message) => {
    const { decoder, result } = run(options);
    await expect(result).rejects.toThrow(message);
    expect(decoder.calls).toBe(0);
  });

  test.each<[string, Partial<GenerateOptions<unknown>>, string]>([
    ["no examples", { batch: 0 }, "generate: expected at least one example, got 0"],
    ["rows of a prompt", { prompt: [[2], [2]] }, "expected decoder_input_ids to be 1 rows, one per example, got 2"],
    [
      "an empty prompt",
      { prompt: [[]] },
      "expected decoder_input_ids to be rows of one length, at least 1, got lengths 0",
    ],
    ["a ragged prompt", { prompt: [[2], [2, 3]], batch: 2 }, "got lengths 1, 2"],
    ["ids of a prompt", { prompt: [[2, 13]] }, "expected decoder_input_ids to hold token ids from 0 to 12, got 13"],
    ["rows of the source", { encoderInputIds: [] }, "expected 1 rows of source ids, one per example, got 0"],
  ])("%s", async (_name, more, message) => {
    const { decoder, result } = run({}, more);
    await expect(result).rejects.toThrow(message);
    expect(decoder.calls).toBe(0);
  });

  test("an option by the wrong name", async () => {
    const wrong = { prompts: [[2]] } as Partial<GenerateOptions<unknown>>;
    await expect(run({}, wrong).result).rejects.toThrow("got `prompts`. Did you mean `prompt`?");
  });
});

test("the config given is not changed", async () => {
  const config = new GenerationConfig({
    num_beams: null,
    eos_token_id: 2,
    decoder_start_token_id: 2,
    max_new_tokens: 2,
  });
  const before = config.to_json_string(false);
  warnings = [];
  await generate({ decoder: tableDecoder(table, [source]), config, batch: 1 });
  expect(config.to_json_string(false)).toBe(before);
  expect(warnings).toEqual(["Setting `pad_token_id` to `eos_token_id`:2 for open-end generation."]);
});
