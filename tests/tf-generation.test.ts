/** generate() of TFLEDForConditionalGeneration against transformers 4.37.2 on TensorFlow 2.15 (tests/oracle/tf_generation.py). */
import { afterAll, describe, expect, test } from "vitest";
import { LogitsProcessor, Tensor, type TensorType, type TFLEDForConditionalGeneration } from "../src/index.ts";
import { StatelessSampler } from "../src/tf/stateless-categorical.ts";
import { differences, expectRefused, type Shown } from "./support/class-outputs.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { readFixture } from "./support/oracle.ts";
import { counterTensorFlow } from "./support/tensorflow-models.ts";

interface Case {
  readonly name: string;
  readonly about: string;
  readonly model: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly types?: Readonly<Record<string, TensorType>>;
  readonly favour?: [token: number, add: number];
  readonly sequences?: number[][];
  readonly class?: string;
  readonly keys?: string[];
  readonly outputs?: Readonly<Record<string, Shown>>;
  readonly raises?: string;
}

interface Fixture {
  readonly models: Readonly<Record<string, CounterModel>>;
  readonly cases: Case[];
  readonly draws: readonly {
    readonly seed: [number, number];
    readonly logits: (number | null)[][];
    readonly tokens: number[];
  }[];
}

const { models: described, cases, draws } = readFixture<Fixture>("tf-generation.json");
const models = new Map<string, Promise<TFLEDForConditionalGeneration>>();

function modelOf(name: string): Promise<TFLEDForConditionalGeneration> {
  const made = models.get(name) ?? counterTensorFlow("TFLEDForConditionalGeneration", described[name]!);
  models.set(name, made);
  return made;
}

afterAll(async () => {
  for (const model of await Promise.allSettled(models.values())) {
    if (model.status === "fulfilled") await model.value.dispose();
  }
});

/** The reference takes these settings and does nothing with them; here they are refused by name. */
const passedOver = (name: string): boolean => name.endsWith(", passed over");

/** The reference reads an end token of null as that of the model's own settings; here it is none. */
const endless: ReadonlySet<string> = new Set(["no end token"]);

class Favoured extends LogitsProcessor {
  readonly #token: number;
  readonly #add: number;

  constructor([token, add]: [number, number]) {
    super();
    this.#token = token;
    this.#add = add;
  }

  override process(_: readonly (readonly number[])[], scores: Tensor<"float32">): Tensor<"float32"> {
    const [rows, width] = scores.dims as [number, number];
    for (let row = 0; row < rows; row++) scores.data[row * width + this.#token]! += this.#add;
    return scores;
  }
}

async function generated({ model: name, inputs, options, types, favour }: Case): Promise<unknown> {
  const model = await modelOf(name);
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(inputs)) {
    if (key !== "encoder_outputs") given[key] = Tensor.from(value as number[], types?.[key] ?? "int64");
    else {
      const { of } = value as { of: { input_ids: number[][] } };
      given[key] = await model.get_encoder()({ input_ids: Tensor.from(of.input_ids) });
    }
  }
  const own = favour === undefined ? {} : { logits_processor: [new Favoured(favour)] };
  return model.generate({ ...given, ...options, ...own });
}

describe("generate", () => {
  test.each(cases)("$name: $about", async (one) => {
    if (one.raises !== undefined || passedOver(one.name)) return expectRefused(() => generated(one), one.raises);
    const output = await generated(one);
    if (output instanceof Tensor) {
      if (endless.has(one.name)) expect(output.tolist()).not.toEqual(one.sequences);
      else expect(output.tolist()).toEqual(one.sequences);
      return;
    }
    const fields = output as Readonly<Record<string, Tensor>>;
    expect(fields.constructor.name).toBe(one.class);
    expect(Object.keys(fields)).toEqual(one.keys);
    expect(fields.sequences!.tolist()).toEqual(one.sequences);
    const { beam_indices, cross_attentions, ...rest } = one.outputs!;
    if (beam_indices !== undefined) expect(fields.beam_indices!.tolist()).toEqual(beam_indices);
    // The reference forgets to collect them; here there is a step's for each step.
    if (cross_attentions !== undefined) {
      expect(cross_attentions).toEqual([]);
      expect(fields.cross_attentions).toHaveLength((rest.decoder_attentions as unknown[]).length);
    }
    expect(Object.entries(rest).flatMap(([key, value]) => differences(fields[key], value, key))).toEqual([]);
  });

  test("draws as tf.random.stateless_categorical does", () => {
    for (const { seed, logits, tokens } of draws) {
      const width = logits[0]!.length;
      const scores = Float32Array.from(logits.flat(), (value) => value ?? Number.NEGATIVE_INFINITY);
      const sampler = new StatelessSampler(seed, width);
      expect(logits.map((_, row) => sampler.one(scores, row * width, width))).toEqual(tokens);
    }
  });

  test("what searches of PyTorch's classes take and these do not is refused by name", async () => {
    const model = await modelOf("dunlin");
    const input_ids = Tensor.from([[5, 6, 7]]);
    for (const name of [
      "stopping_criteria",
      "streamer",
      "prefix_allowed_tokens_fn",
      "extractive",
      "decoder_attention_mask",
    ]) {
      await expect(model.generate({ input_ids, [name]: () => [] })).rejects.toThrow(
        `The following \`model_kwargs\` are not used by the model: ['${name}']`,
      );
    }
    await expect(model.generate({ input_ids: [[5]] as unknown as Tensor })).rejects.toThrow(/Tensor\.from/);
    await expect(
      model.generate({ input_ids, do_sample: true, seed: 3 as unknown as [number, number] }),
    ).rejects.toThrow(/two whole numbers as `seed`/);
  });

  test("beam sampling repeats under a seed, and differs under others", async () => {
    const model = await modelOf("dunlin");
    const input_ids = Tensor.from([[5, 6, 7, 8, 9]]);
    const options = { input_ids, do_sample: true, num_beams: 3, max_new_tokens: 8 };
    const draw = async (seed: [number, number]) => (await model.generate({ ...options, seed })).tolist();
    expect(await draw([1, 2])).toEqual(await draw([1, 2]));
    expect(await draw([1, 2])).not.toEqual(await draw([1, 3]));
  });

  test("an aborted call ends", async () => {
    const model = await modelOf("dunlin");
    const options = { input_ids: Tensor.from([[5, 6]]), num_beams: 2, signal: AbortSignal.abort() };
    await expect(model.generate(options)).rejects.toThrow(/abort/i);
  });
});
