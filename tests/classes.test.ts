/** Every LED class against transformers 4.37.2 on PyTorch: arguments, outputs, losses and errors (tests/oracle/led_classes.py). */
import { afterAll, describe, expect, test } from "vitest";
import { type LEDModel, Tensor, type TensorType } from "../src/index.ts";
import type { CounterClass } from "./counter-weights.ts";
import { alsoRefused, alsoWorks } from "./support/class-differences.ts";
import { expectOutput, expectRefused, type ShownOutput } from "./support/class-outputs.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { counterClass } from "./support/led-classes.ts";
import { readFixture } from "./support/oracle.ts";

type Inputs = Readonly<Record<string, unknown>>;

interface Case extends ShownOutput {
  readonly name: string;
  readonly about: string;
  readonly model: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly inputs: Inputs;
  readonly types?: Readonly<Record<string, TensorType | "bool">>;
  readonly raises?: string;
  readonly config_after?: Readonly<Record<string, unknown>>;
}

interface Fixture {
  readonly class: CounterClass;
  readonly models: Readonly<Record<string, CounterModel>>;
  readonly cases: Case[];
}

/** Arguments whose tensors are float32 unless a case says otherwise. */
const floats = ["encoder_hidden_states", "inputs_embeds", "decoder_inputs_embeds"];

function tensorOf(value: unknown, type: TensorType | "bool" = "int64"): unknown {
  if (!Array.isArray(value)) return value;
  return Tensor.from(value, type === "bool" ? "int64" : type);
}

describe.each(
  ["model", "lm", "classification", "qa", "encoder", "decoder"].flatMap((file) =>
    (["cpu", "wasm"] as const).map((device) => ({ file, device })),
  ),
)("$file on $device", ({ file, device }) => {
  const { class: className, models: described, cases } = readFixture<Fixture>(`classes/${file}.json`);
  const models = new Map<string, Promise<LEDModel>>();

  /** The case's model with its weights, made once. All classes can do what is done here. */
  function modelOf({ model, config = {} }: Case): Promise<LEDModel> {
    const key = JSON.stringify([model, config]);
    const made = models.get(key) ?? counterClass(className, described[model]!, config, { device });
    models.set(key, made);
    return made;
  }

  /** A value of the fixture, as a tensor or as what the same model gives for inputs. */
  async function argument(model: LEDModel, name: string, value: unknown, types: Case["types"]): Promise<unknown> {
    const described = typeof value === "object" && value !== null && !Array.isArray(value);
    if (name === "encoder_outputs" && described && "form" in value) {
      return encoderOutputs(model, value as unknown as EncoderOutputs);
    }
    if (!described) return tensorOf(value, types?.[name] ?? (floats.includes(name) ? "float32" : "int64"));
    const { of, values } = value as { of?: Inputs; values?: number[][][][][][] };
    if (values !== undefined) return values.map((layer) => layer.map((one) => tensorOf(one, "float32")));
    return (await model({ ...(await argumentsOf(model, of!, types)), use_cache: true })).past_key_values;
  }

  interface EncoderOutputs {
    readonly form: "output" | "other output" | "tuple" | "list";
    readonly of?: Inputs;
    readonly values?: Readonly<Record<string, unknown>>;
  }

  async function encoderOutputs(model: LEDModel, { form, of, values }: EncoderOutputs): Promise<unknown> {
    const encoded =
      of === undefined
        ? Object.fromEntries(Object.entries(values!).map(([key, one]) => [key, tensorOf(one, "float32")]))
        : await model.get_encoder()(await argumentsOf(model, of, undefined));
    return form === "tuple" || form === "list" ? Object.values(encoded) : encoded;
  }

  async function argumentsOf(model: LEDModel, inputs: Inputs, types: Case["types"]): Promise<Record<string, unknown>> {
    const given: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(inputs)) given[name] = await argument(model, name, value, types);
    return given;
  }

  afterAll(async () => {
    for (const model of await Promise.allSettled(models.values())) {
      if (model.status === "fulfilled") await model.value.dispose();
    }
  });

  test.each(cases)("$name: $about", async (one) => {
    const place = one.name.replace(/^[a-z]+: /, "");
    const run = async (): Promise<[unknown, LEDModel]> => {
      const model = await modelOf(one);
      model.config.problem_type = (one.config?.problem_type ?? null) as typeof model.config.problem_type;
      return [await model(await argumentsOf(model, one.inputs, one.types)), model];
    };
    if (one.raises !== undefined ? !alsoWorks.has(place) : alsoRefused.has(place)) {
      // The reference's count of cross_attn_head_mask is that of head_mask: here it is the right one.
      return expectRefused(run, one.raises?.includes("cross_attn_head_mask") ? undefined : one.raises);
    }
    const [output, model] = await run();
    if (one.raises !== undefined) return;
    expectOutput(output, one);
    if (one.config_after !== undefined) expect(model.config).toMatchObject(one.config_after);
  });
});
