/** Every LED class against transformers 4.37.2 on PyTorch: arguments, outputs, losses and errors (tests/oracle/classes.py). */
import { afterAll, describe, expect, test } from "vitest";
import {
  InvalidArgumentError,
  LEDConfig,
  LEDDecoder,
  LEDEncoder,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDModel,
  Tensor,
} from "../src/index.ts";
import { counterValues, type ParameterKind, SCALES, type Scale } from "./counter-weights.ts";
import { distance, type OracleTensor, readFixture } from "./support/oracle.ts";

const classes = {
  LEDModel,
  LEDForConditionalGeneration,
  LEDForSequenceClassification,
  LEDForQuestionAnswering,
  LEDEncoder,
  LEDDecoder,
};
type Shown = OracleTensor | "NaN" | null | readonly Shown[];

interface Case {
  readonly class: keyof typeof classes;
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly keys?: string[];
  readonly outputs?: Readonly<Record<string, Shown>>;
  readonly tuple?: readonly Shown[];
  readonly raises?: string;
  readonly problem_type?: string;
}

interface Fixture {
  readonly model: {
    readonly seed: number;
    readonly scales: Readonly<Record<ParameterKind, Scale>>;
    readonly config: Readonly<Record<string, unknown>>;
  };
  readonly cases: Case[];
}

const tolerance = 1e-4;
/** Sentences that the reference's authors wrote for its users; other errors are crashes on the way. */
const deliberate = /^(ValueError|AssertionError|NotImplementedError): /;

function kindOf(name: string): ParameterKind {
  if (name.includes("norm")) return name.endsWith("weight") ? "norm_weight" : "norm_bias";
  if (name === "final_logits_bias") return "logits_bias";
  if (name.endsWith("bias")) return "bias";
  if (/(^|\.)(shared|embed_tokens)\.weight$/.test(name)) return "embedding";
  if (name.includes("embed_positions")) return "position";
  if (/\.(query|key|query_global|key_global|q_proj|k_proj)\.weight$/.test(name)) return "query_key";
  return /^(lm_head|qa_outputs|classification_head)/.test(name) ? "head" : "linear";
}

/** Whether all of `got` is what the reference gave; says where not. */
function differences(got: unknown, expected: Shown, path: string): string[] {
  if (expected === null) return got === undefined || got === null ? [] : [`${path}: expected nothing`];
  if (expected === "NaN") return got instanceof Tensor && Number.isNaN(got.item()) ? [] : [`${path}: expected NaN`];
  if ("dims" in expected) {
    const apart = got instanceof Tensor ? distance(got, expected) : Number.POSITIVE_INFINITY;
    return apart < tolerance ? [] : [`${path}: ${apart} away`];
  }
  if (!Array.isArray(got) || got.length !== expected.length) return [`${path}: expected ${expected.length} of them`];
  return expected.flatMap((item, i) => differences(got[i], item, `${path}[${i}]`));
}

describe.each(
  ["odd", "plain", "tight"].flatMap((name) => (["cpu", "wasm"] as const).map((device) => ({ name, device }))),
)("the classes, model $name on $device", ({ name, device }) => {
  const { model: described, cases } = readFixture<Fixture>(`classes/${name}.json`);
  const models = new Map<string, Promise<LEDModel>>();

  /** The case's class with its weights, made once; all classes can do what is done here. */
  function modelOf({ class: className, settings = {} }: Case): Promise<LEDModel> {
    const key = `${className} ${JSON.stringify(settings)}`;
    const made = models.get(key) ?? make(classes[className] as unknown as typeof LEDModel, settings);
    models.set(key, made);
    return made;
  }

  async function make(Class: typeof LEDModel, settings: Readonly<Record<string, unknown>>): Promise<LEDModel> {
    const config = LEDConfig.from_dict({ ...described.config, ...settings });
    const model = await Class.from_config(config, { device });
    const drawn = new Map<Tensor, Tensor>();
    const weights = [...(await model.state_dict())].map(([weight, tensor]): [string, Tensor] => {
      const scale = described.scales[kindOf(weight)] ?? SCALES[kindOf(weight)];
      const values =
        drawn.get(tensor) ??
        new Tensor("float32", counterValues(described.seed, weight, tensor.data.length, scale), tensor.dims);
      drawn.set(tensor, values);
      return [weight, values];
    });
    await model.load_state_dict(new Map(weights));
    return model;
  }

  async function argumentsOf(model: LEDModel, inputs: Case["inputs"]): Promise<Record<string, unknown>> {
    const given: Record<string, unknown> = { ...inputs };
    if (inputs.encoder_outputs !== undefined) {
      const { of, form } = inputs.encoder_outputs as { of: object; form: string };
      const encoded = await model.get_encoder()(of);
      given.encoder_outputs = form === "object" ? encoded : encoded.to_tuple();
    }
    if (inputs.past_key_values !== undefined) {
      const { of } = inputs.past_key_values as { of: object };
      given.past_key_values = (await model({ ...of, use_cache: true })).past_key_values;
    }
    return given;
  }

  afterAll(async () => {
    for (const model of models.values()) await (await model).dispose();
  });

  test.each(cases)("$class: $name", async (one) => {
    const model = await modelOf(one);
    model.config.problem_type = (one.settings?.problem_type ?? null) as typeof model.config.problem_type;
    const run = async (): Promise<unknown> => model(await argumentsOf(model, one.inputs));
    if (one.raises !== undefined) {
      const error = await run().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(InvalidArgumentError);
      // The reference's count of cross_attn_head_mask is that of head_mask: here it is the right one.
      if (deliberate.test(one.raises) && !one.name.startsWith("cross_attn_head_mask")) {
        expect((error as Error).message).toContain(one.raises.replace(deliberate, ""));
      }
      return;
    }
    const output = await run();
    if (one.tuple !== undefined) expect(differences(output, one.tuple, "tuple")).toEqual([]);
    else {
      const fields = output as Readonly<Record<string, unknown>>;
      expect(Object.keys(fields)).toEqual(one.keys);
      const expected = Object.entries(one.outputs!);
      expect(expected.flatMap(([key, value]) => differences(fields[key], value, key))).toEqual([]);
    }
    if (one.problem_type !== undefined) expect(model.config.problem_type).toBe(one.problem_type);
  });
});
