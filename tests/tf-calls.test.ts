/**
 * TensorFlow's classes in every form of a call, against transformers 4.37.2 on TensorFlow 2.15 (tests/oracle/tf_calls.py). Cases
 * named in the sets below are the differences to the reference that are meant.
 */
import { afterAll, describe, expect, test } from "vitest";
import {
  Tensor,
  type TensorType,
  TFLEDEncoderBaseModelOutput,
  type TFLEDForConditionalGeneration,
} from "../src/index.ts";
import { expectOutput, expectRefused, type ShownOutput } from "./support/class-outputs.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { readFixture } from "./support/oracle.ts";
import { counterTensorFlow, type TFClassName } from "./support/tensorflow-models.ts";

type Inputs = Readonly<Record<string, unknown>>;

interface Case extends ShownOutput {
  readonly name: string;
  readonly about: string;
  readonly class: TFClassName;
  readonly model: string;
  readonly config?: Inputs;
  readonly part?: "encoder" | "decoder";
  readonly form: "keywords" | "object" | "list" | "tuple" | "positional";
  readonly inputs?: Inputs;
  readonly more?: Inputs;
  readonly beyond?: unknown[];
  readonly types?: Readonly<Record<string, TensorType>>;
  readonly raises?: string;
}

/** The reference raises; here the call has an obvious meaning and works. */
const alsoWorks: ReadonlySet<string> = new Set([
  // One object is keywords and dict at once, so that old names are known in both.
  "inputs as a keyword",
  "past in object",
  // A mask may be of booleans.
  "bool global mask",
  // Windows need not divide each other.
  "windows that do not divide",
  // An array is a tuple and a list.
  "encoder_outputs as list, tuple out",
]);

/** The reference passes over what it does not know; here it is an error that names it. */
const alsoRefused: ReadonlySet<string> = new Set([
  "TFLEDModel unknown key, keywords",
  "TFLEDModel unknown key, object",
  "unknown key with a text",
]);

const signature = [
  ...["input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask", "head_mask", "decoder_head_mask"],
  ...["encoder_outputs", "global_attention_mask", "past_key_values", "inputs_embeds", "decoder_inputs_embeds"],
  ...["use_cache", "output_attentions", "output_hidden_states", "return_dict", "labels", "training"],
];
const signatures = {
  TFLEDForConditionalGeneration: signature,
  TFLEDModel: signature.filter((name) => name !== "labels"),
  encoder: ["input_ids", "inputs_embeds", "attention_mask", "global_attention_mask", "head_mask"],
};

const { models: described, cases } = readFixture<{
  readonly models: Readonly<Record<string, CounterModel>>;
  readonly cases: Case[];
}>("tf-calls.json");

const models = new Map<string, Promise<TFLEDForConditionalGeneration>>();

function modelOf({ class: name, model, config = {} }: Case): Promise<TFLEDForConditionalGeneration> {
  const key = JSON.stringify([name, model, config]);
  const made = models.get(key) ?? counterTensorFlow(name, described[model]!, config);
  models.set(key, made);
  return made;
}

afterAll(async () => {
  for (const model of await Promise.allSettled(models.values())) {
    if (model.status === "fulfilled") await model.value.dispose();
  }
});

const cacheNames = ["past_key_values", "past", "decoder_cached_states"];

async function argument(
  model: TFLEDForConditionalGeneration,
  one: Case,
  name: string,
  value: unknown,
): Promise<unknown> {
  if (name === "encoder_outputs") return encoderOutputs(model, value as EncoderOutputs);
  if (cacheNames.includes(name)) {
    const { of } = value as { of: Inputs };
    return (await model.call({ ...(await argumentsOf(model, one, of)), use_cache: true })).past_key_values;
  }
  return Array.isArray(value) ? Tensor.from(value, one.types?.[name] ?? "int64") : value;
}

interface EncoderOutputs {
  readonly form: "output" | "tuple" | "list";
  readonly of: Inputs;
}

async function encoderOutputs(model: TFLEDForConditionalGeneration, { form, of }: EncoderOutputs): Promise<unknown> {
  const tensors = Object.entries(of).map(([name, value]) => [name, Array.isArray(value) ? Tensor.from(value) : value]);
  const output = await model.get_encoder()(Object.fromEntries(tensors) as Inputs);
  expect(output).toBeInstanceOf(TFLEDEncoderBaseModelOutput);
  return form === "output" ? output : Object.values(output);
}

async function argumentsOf(
  model: TFLEDForConditionalGeneration,
  one: Case,
  inputs: Inputs,
): Promise<Record<string, unknown>> {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(inputs)) given[name] = await argument(model, one, name, value);
  return given;
}

/** The arguments of `call` in the form that the case names. */
async function formed(model: TFLEDForConditionalGeneration, one: Case): Promise<unknown[]> {
  const inputs = await argumentsOf(model, one, one.inputs ?? {});
  const more = await argumentsOf(model, one, one.more ?? {});
  const keywords = Object.keys(more).length === 0 ? [] : [more];
  if (one.form === "keywords") {
    const { input_ids = null, ...rest } = inputs;
    return [input_ids, { ...rest, ...more }];
  }
  if (one.form === "object") return [inputs, ...keywords];
  const names = one.part === "encoder" ? signatures.encoder : signatures[one.class];
  const last = Math.max(-1, ...Object.keys(inputs).map((name) => names.indexOf(name)));
  const values = [...names.slice(0, last + 1).map((name) => inputs[name] ?? null), ...(one.beyond ?? [])];
  return one.form === "positional" ? [...values, ...keywords] : [values, ...keywords];
}

test("there are more than forty cases of what TensorFlow gives", () => {
  expect(cases.filter(({ raises }) => raises === undefined).length).toBeGreaterThan(40);
});

describe("TensorFlow's classes", () => {
  test.each(cases)("$name: $about", async (one) => {
    const run = async (): Promise<unknown> => {
      const model = await modelOf(one);
      const part = one.part === "encoder" ? model.get_encoder() : one.part === "decoder" ? model.get_decoder() : model;
      const given = await formed(model, one);
      return (part as TFLEDForConditionalGeneration).call(...(given as [Tensor]));
    };
    if (one.raises !== undefined ? !alsoWorks.has(one.name) : alsoRefused.has(one.name)) {
      // Where Keras shows Python's types, a sentence of our own says which kind is expected.
      const says = one.raises?.replace(/^InvalidArgumentError: The (head_mask|Head mask)/, "ValueError: The $1");
      return expectRefused(run, says?.includes("Data of type") ? undefined : says);
    }
    const output = await run();
    if (one.raises !== undefined) return;
    const { loss, ...outputs } = one.outputs ?? {};
    if (JSON.stringify(loss)?.includes("NaN")) {
      expect((output as { loss: Tensor }).loss.item()).toBeNaN();
      expectOutput(output, { ...one, outputs });
    } else expectOutput(output, one);
  });
});
