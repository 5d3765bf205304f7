import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Table, tableDecoder } from "../../tests/generation/table-decoder.ts";
import { InvalidArgumentError } from "../errors.ts";
import { setLogger } from "../log.ts";
import { type GenerateOptions, GenerationConfig, type GenerationOptions, generate } from "./index.ts";

interface Case {
  name: string;
  table: Table;
  sources: number[][];
  options: GenerationOptions;
  prompt?: number[][];
  /** Of the rule for prefix_allowed_tokens_fn. */
  modulus?: number;
  result: { sequences: number[][]; sequences_scores?: number[]; beam_indices?: number[][] };
  warnings: string[];
}

interface Refusal {
  options: GenerationOptions;
  message: string;
}

const fixture = JSON.parse(
  readFileSync(new URL("../../tests/oracle/fixtures/generation.json", import.meta.url), "utf8"),
) as { cases: Case[]; refusals: Refusal[] };

const table: Table = { vocab_size: 23, seed: 1, order: 2, bias: {} };
const source = [5, 9, 11, 4];
const tokens = { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2, decoder_start_token_id: 2 };

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setLogger({ warn: (message) => warnings.push(message) });
});
afterEach(() => void setLogger(null));

/** As the model does: the call's settings over those that the model has. */
function configure(options: GenerationOptions): GenerationConfig {
  const config = new GenerationConfig(tokens);
  expect(config.update(options)).toEqual({});
  return config;
}

function run(options: GenerationOptions, more: Partial<GenerateOptions<unknown>> = {}) {
  return generate({
    decoder: tableDecoder(table, [source]),
    config: configure({ max_length: 12, ...options }),
    batch: 1,
    encoderInputIds: [source],
    maxLengthGiven: true,
    ...more,
  });
}

describe("as transformers generates", () => {
  test.each(fixture.cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const { sources, options, prompt, modulus, result } = one;
    const eos = options.eos_token_id ?? tokens.eos_token_id;
    const allowed = (example: number, ids: readonly number[]) =>
      Array.from({ length: one.table.vocab_size }, (_, token) => token).filter(
        (token) => token === eos || (token + ids.at(-1)! + example) % modulus! === 0,
      );
    const out = await generate({
      decoder: tableDecoder(one.table, sources),
      config: configure(options),
      batch: sources.length,
      prompt,
      encoderInputIds: sources,
      maxLengthGiven: options.max_length != null,
      ...(modulus === undefined ? {} : { prefix_allowed_tokens_fn: allowed }),
    });
    expect(out.sequences).toEqual(result.sequences);
    expect(out.beam_indices).toEqual(result.beam_indices);
    expect(out.sequences_scores?.length).toBe(result.sequences_scores?.length);
    result.sequences_scores?.forEach((expected, i) => {
      const score = out.sequences_scores![i]!;
      expect(Math.abs(score - expected)).toBeLessThan(1e-4);
    });
    expect(warnings).toEqual(one.warnings);
  });

  test("the fixture has what it is for", () => {
    expect(fixture.cases.length).toBeGreaterThanOrEqual(60);
    const scores = fixture.cases.flatMap((one) => one.result.sequences_scores ?? []);
    expect(scores.length).toBeGreaterThan(100);
  });

  test.each(fixture.refusals.map((one) => [JSON.stringify(one.options), one] as const))(
    "refuses %s",
    async (_name, { options, message }) => {
      const error: unknown = await run(options).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect((error as Error).message.slice(0, message.length)).toBe(message);
    },
  );
});
