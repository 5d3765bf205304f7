/** What a call of loss_and_gradients takes and gives beside the arguments and outputs of its class. */
import { InvalidArgumentError, refuseUnknownOptions } from "../../../errors.ts";
import type { Tensor } from "../../../tensor.ts";
import type { LEDCore } from "../core.ts";
import { encoderInputNames, type Seq2SeqForwardInputs, seq2seqInputNames } from "../forward-inputs.ts";
import { Draws } from "./draws.ts";
import { TrainingContext } from "./training-context.ts";

export interface LossOptions {
  /** The key of dropout's masks: the model's seed by default. */
  dropout_seed?: number;
  /** Tells the steps of a training apart: the number of this model's calls so far by default. */
  dropout_step?: number;
  /** false leaves `outputs` out, whose logits may be large. */
  return_outputs?: boolean;
}

/** Arguments of the forward pass that training takes: what it keeps and shows otherwise has no place in it. */
export type TrainingInputs = Omit<
  Seq2SeqForwardInputs,
  "past_key_values" | "use_cache" | "output_attentions" | "output_hidden_states" | "return_dict"
>;

export interface LossAndGradients<Output> {
  /** [] */
  readonly loss: Tensor<"float32">;
  /** As forward gives them; undefined where they are not wanted. */
  readonly outputs: Output | undefined;
  /**
   * By parameter name, tied tables once; the caller's to change, and to dispose of after a step. Absent: parameters that are frozen or
   * took no part, such as the *_global projections where no token is global.
   */
  readonly gradients: Map<string, Tensor<"float32">>;
}

const lossOptionNames = ["dropout_seed", "dropout_step", "return_outputs"];
const untrained: readonly string[] = [
  "past_key_values",
  "use_cache",
  "output_attentions",
  "output_hidden_states",
  "return_dict",
];

export interface ContextRequest {
  readonly operation: string;
  readonly inputs: LossOptions & { readonly signal?: AbortSignal | undefined };
  /** Beyond the inputs of encoder and decoder. */
  readonly names: readonly string[];
  /** Whether dropout is on. */
  readonly training: boolean;
}

/** Checks a call's names and options and prepares the model. */
export async function openContext(core: LEDCore, request: ContextRequest): Promise<TrainingContext> {
  const { operation, inputs, names, training } = request;
  const known = [...seq2seqInputNames, ...encoderInputNames].filter((name) => !untrained.includes(name));
  refuseUnknownOptions(operation, inputs, [...new Set([...known, ...names, ...lossOptionNames])]);
  const { dropout_seed = core.loaded.seed, dropout_step = core.trainingCalls } = inputs;
  for (const [name, value] of Object.entries({ dropout_seed, dropout_step })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new InvalidArgumentError({
      operation,
      expected: `\`${name}\` a whole number of at least 0`,
      got: String(value),
    });
  }
  await core.prepareTraining();
  core.trainingCalls++;
  return new TrainingContext(core, {
    draws: training ? new Draws(dropout_seed, dropout_step) : undefined,
    signal: inputs.signal,
  });
}

/** What a class computes. */
export interface Computed {
  readonly loss: Tensor<"float32">;
  /** Fields of the output, in the reference's order. */
  readonly fields: Record<string, object | undefined>;
}

export function finished<Output>(
  context: TrainingContext,
  { loss, fields }: Computed,
  wanted: boolean,
  Output: new (fields: Record<string, object | undefined>) => Output,
): LossAndGradients<Output> {
  return {
    loss,
    outputs: wanted ? new Output({ loss, ...fields }) : undefined,
    gradients: context.gradients.tensors,
  };
}
