/** generate() of LED in every mode against transformers 4.37.2 (tests/oracle/tiny_generation_modes.py): ids, scores, and all that outputs hold. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BaseStreamer,
  DisjunctiveConstraint,
  type EncoderForwardInputs,
  GenerateBeamEncoderDecoderOutput,
  GenerateEncoderDecoderOutput,
  type GenerateOptions,
  LEDError,
  type LEDForConditionalGeneration,
  PhrasalConstraint,
  type Tensor,
} from "../src/index.ts";
import { differences, type Shown } from "./support/class-outputs.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { counterClass } from "./support/led-classes.ts";
import { readFixture } from "./support/oracle.ts";

type Encoded = { form: string; of: EncoderForwardInputs };

interface Case {
  name: string;
  about: string;
  model: string;
  inputs: Omit<GenerateOptions, "encoder_outputs"> & { encoder_outputs?: Encoded };
  options: Omit<GenerateOptions, "constraints"> & {
    constraints?: ({ phrasal: number[] } | { disjunctive: number[][] })[];
  };
  draws?: number[];
  sequences: number[][];
  sequences_scores?: number[];
  beam_indices?: number[][];
  streamed?: (number[] | number[][] | null)[];
  class?: string;
  keys?: string[];
  outputs?: Record<string, Shown>;
}

const fixture = readFixture<{
  models: Record<string, CounterModel>;
  cases: Case[];
  refusals: (Pick<Case, "name" | "model" | "inputs" | "options"> & {
    error: string;
    message: string;
    streamer?: boolean;
  })[];
}>("models/generation-modes.json");

/** Notes what it is put. */
class Notes extends BaseStreamer {
  readonly put_: (readonly number[] | readonly (readonly number[])[] | null)[] = [];

  put(ids: readonly number[] | readonly (readonly number[])[]): void {
    this.put_.push(ids);
  }

  end(): void {
    this.put_.push(null);
  }
}

describe.each(Object.keys(fixture.models))("generate, model %s", (name) => {
  let model: LEDForConditionalGeneration;

  beforeAll(async () => {
    const made: unknown = await counterClass(
      "LEDForConditionalGeneration",
      fixture.models[name]!,
      {},
      { device: "cpu" },
    );
    model = made as LEDForConditionalGeneration;
  });

  afterAll(() => model.dispose());

  async function argumentsOf({ inputs, options, draws }: Pick<Case, "inputs" | "options" | "draws">) {
    const { encoder_outputs, ...given } = inputs;
    const { constraints, ...settings } = options;
    const left = [...(draws ?? [])];
    const encoded = encoder_outputs && {
      encoder_outputs: await model.get_encoder()({
        ...encoder_outputs.of,
      } as EncoderForwardInputs),
    };
    const made = constraints?.map((one) =>
      "phrasal" in one ? new PhrasalConstraint(one.phrasal) : new DisjunctiveConstraint(one.disjunctive),
    );
    const seed = draws && { seed: () => left.shift()! / 2 ** 32 };
    return { ...given, ...settings, ...encoded, ...(made && { constraints: made }), ...seed };
  }

  const cases = fixture.cases.filter((one) => one.model === name);
  test.each(cases.map((one) => [`${one.name}: ${one.about}`, one] as const))("%s", async (_name, one) => {
    const notes = one.streamed && new Notes();
    const given = { ...(await argumentsOf(one)), ...(notes && { streamer: notes }) };
    const out = await model.generate({ ...given, output_scores: true, return_dict_in_generate: true });
    expect(out.sequences.tolist()).toEqual(one.sequences);
    if (one.sequences_scores !== undefined) {
      const { sequences_scores, beam_indices } = out as GenerateBeamEncoderDecoderOutput;
      one.sequences_scores.forEach((score, i) => {
        expect(Math.abs(sequences_scores!.at(i) - score)).toBeLessThan(1e-4);
      });
      // Those of groups are other groups' in the reference, and drawn beams begin all alike, but for rounding.
      const vague = one.options.num_beam_groups !== undefined || one.options.do_sample === true;
      if (!vague && one.beam_indices != null) expect(beam_indices!.tolist()).toEqual(one.beam_indices);
    }
    if (notes !== undefined) {
      // One example's prompt is put without its batch.
      const [prompt, ...rest] = one.streamed!;
      expect(notes.put_).toEqual([prompt!.length === 1 ? prompt![0] : prompt, ...rest]);
    }
    if (one.outputs === undefined) return;
    const classes = { GenerateEncoderDecoderOutput, GenerateBeamEncoderDecoderOutput };
    expect(out).toBeInstanceOf(classes[one.class as keyof typeof classes]);
    expect(Object.keys(out)).toEqual(one.keys);
    const contrastive = one.options.penalty_alpha !== undefined;
    for (const [key, value] of Object.entries(one.outputs)) {
      const got = (out as unknown as Record<string, unknown>)[key];
      if (key === "past_key_values" && contrastive) {
        // The reference's lose a position of the source.
        const self = (layers: unknown) => (layers as unknown[][]).map((layer) => layer.slice(0, 2));
        expect(differences(self(got), self(value) as Shown, key)).toEqual([]);
        const source = (got as Tensor[][])[0]![2]!.dims[2];
        expect(source).toBe((value as { dims: number[] }[][])[0]![2]!.dims[2]! + 1);
      } else expect(differences(got, value, key)).toEqual([]);
    }
  });

  const refusals = fixture.refusals.filter((one) => one.model === name);
  test.each(refusals.map((one) => [one.name, one] as const))("refused: %s", async (_name, one) => {
    const streamer = one.streamer === undefined ? {} : { streamer: new Notes() };
    const run = async () => model.generate({ ...(await argumentsOf(one)), ...streamer });
    if (worksHere.has(one.name)) return void (await run());
    const error = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(LEDError);
    if (one.error === "ValueError" && !saysItself.has(one.name))
      expect((error as Error).message).toContain(one.message);
  });
});

/** Crashes of the reference where the call has an obvious meaning. */
const worksHere = new Set([
  "low_memory with two rows",
  "low_memory with attentions",
  "encoder outputs as a tuple",
  "a head mask by layer with beams",
]);
/** Refused in words of this package's own. */
const saysItself = new Set(["prompt_lookup_num_tokens, two rows"]);
