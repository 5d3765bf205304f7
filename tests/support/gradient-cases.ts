/** The cases of fixtures/model-gradients.json (tests/oracle/model_gradients.py): their models, weights and inputs. */
import { LEDConfig, Tensor, type TensorType } from "../../src/index.ts";
import { elementCount } from "../../src/tensor.ts";
import {
  type ClassParameterSpec,
  type CounterClass,
  classParameters,
  counterValues,
  type LEDGeometry,
  SCALES,
} from "../counter-weights.ts";
import type { CounterModel } from "./counter-model.ts";
import { ledClass } from "./led-classes.ts";
import { readFixture } from "./oracle.ts";

type Floats = Tensor<"float32">;
type Inputs = Readonly<Record<string, unknown>>;

export interface GradientCase {
  readonly name: string;
  readonly about: string;
  readonly class: CounterClass;
  readonly model: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly inputs: Inputs;
  readonly types?: Readonly<Record<string, TensorType>>;
  readonly label_smoothing?: number;
  /** In training mode, with these draws. */
  readonly train?: { readonly dropout_seed: number; readonly dropout_step: number };
  readonly loss: number;
  /** The dims of each. */
  readonly outputs: Readonly<Record<string, number[]>>;
  /** Parameters that the loss does not depend on. */
  readonly absent?: string[];
}

interface Fixture {
  readonly models: Readonly<Record<string, CounterModel>>;
  readonly cases: GradientCase[];
}

/** What all classes with a loss have, whatever the inputs of each. */
export interface TrainedModel {
  readonly config: LEDConfig;
  prepare_for_training(): Promise<unknown>;
  parameters_changed(): void;
  trainable_parameters(): ReadonlyMap<string, Floats>;
  train(): unknown;
  eval(): unknown;
  gradient_checkpointing_enable(): unknown;
  gradient_checkpointing_disable(): unknown;
  loss_and_gradients(inputs: Inputs): Promise<{
    readonly loss: Floats;
    readonly outputs: unknown;
    readonly gradients: ReadonlyMap<string, Floats>;
  }>;
  dispose(): Promise<void>;
}

export const { models: described, cases } = readFixture<Fixture>("model-gradients.json");

/** The config of a case's model. */
function configOf({ model, config = {} }: GradientCase): LEDGeometry & Inputs {
  return { ...described[model]!.config, ...config };
}

/** All weights of a case's model, and buffers; a head over the encoder is there without a decoder and has names of its own. */
export function weightsOf(one: GradientCase): ClassParameterSpec[] {
  const config = configOf(one);
  const weights = [...classParameters(config, one.class)];
  if (config.head !== "encoder") return weights;
  return weights
    .filter(({ name }) => !name.startsWith("led.decoder."))
    .map((spec) => (spec.name.startsWith("led.") ? spec : { ...spec, name: `encoder_${spec.name}` }));
}

export const parametersOf = (one: GradientCase): ClassParameterSpec[] =>
  weightsOf(one).filter(({ name }) => name !== "final_logits_bias");

export function argumentsOf({ inputs, types, label_smoothing, train }: GradientCase): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(inputs)) {
    const tensor = (list: unknown, type: TensorType): Tensor => Tensor.from(list as number[], type);
    given[name] =
      name === "encoder_outputs"
        ? { last_hidden_state: tensor((value as { last_hidden_state: unknown }).last_hidden_state, "float32") }
        : tensor(value, types?.[name] ?? "int64");
  }
  return { ...given, ...(label_smoothing === undefined ? {} : { label_smoothing }), ...train };
}

/** A model of its own, with the case's weights. */
export async function modelOf(one: GradientCase, device: "cpu" | "wasm"): Promise<TrainedModel> {
  const { seed, scales = {} } = described[one.model]!;
  const model = await ledClass(one.class).from_config(LEDConfig.from_dict({ ...configOf(one) }), { device });
  const weights = weightsOf(one).map(({ name, drawnAs, shape, kind }): [string, Floats] => {
    const values = counterValues(seed, drawnAs, elementCount(shape), scales[kind] ?? SCALES[kind]);
    return [name, new Tensor("float32", values, shape)];
  });
  await model.load_state_dict(new Map(weights), { strict: false });
  const trainable = model as unknown as TrainedModel;
  await trainable.prepare_for_training();
  return trainable;
}
