/**
 * What the trainer asks of a model. The LED classes with a head have all of it; a test's model of two matrices can too.
 */
import type { Files } from "../files.ts";
import type { Tensor } from "../tensor.ts";
import type { Trainable } from "./parameters.ts";

/** Inputs of a model by the names of its arguments. */
export type Batch = { readonly [name: string]: Tensor };

/** What a model's loss and its gradients are asked with, beside the inputs. */
export interface LossOptions {
  /** Of the targets' probability, so much is spread over all classes. */
  readonly label_smoothing?: number;
  /** With `dropout_step` it decides what dropout drops. */
  readonly dropout_seed?: number;
  readonly dropout_step?: number;
  readonly return_outputs?: boolean;
  readonly signal?: AbortSignal;
}

/** A batch and how its loss is asked for. Of the three sorts of targets a class takes its own. */
export type LossInputs = Batch &
  LossOptions & { readonly [target in "labels" | "start_positions" | "end_positions"]: Tensor | undefined };

export interface LossAndGradients {
  /** [] */
  readonly loss: Tensor<"float32">;
  /** By parameter name; one that the loss does not depend on is absent. The caller may change the numbers and dispose of them. */
  readonly gradients: Map<string, Tensor<"float32">>;
}

/** How long generated texts may be. */
export interface GenerationLimits {
  readonly max_length: number | null;
  readonly max_new_tokens: number | null;
}

export interface TrainableModel extends Trainable {
  readonly config: object;
  /** Names of what forward takes, labels apart; LED's where there are none. */
  readonly forward_inputs?: readonly string[];
  /** Brings the weights into memory, where training changes them. Called again it does nothing. */
  prepare_for_training(): Promise<void>;
  /** Dropout on. */
  train(): unknown;
  /** Dropout off. */
  eval(): unknown;
  loss_and_gradients(inputs: LossInputs): Promise<LossAndGradients>;
  /** An output object; with labels `loss` is in it. */
  forward(inputs: Batch & { readonly signal?: AbortSignal }): Promise<object>;
  /** Every weight by its name. */
  state_dict(): Promise<ReadonlyMap<string, Tensor>>;
  save_pretrained(folder: Files, options: { safe_serialization?: boolean; signal?: AbortSignal }): Promise<unknown>;
  gradient_checkpointing_enable?(): unknown;
  /** Generated rows int64 [B, T]. Inputs of the model and settings of generation. */
  generate?(options: object): Promise<object>;
  generation_config?: GenerationLimits;
  num_parameters?(options: { exclude_embeddings?: boolean }): number;
}

/** A model's config as plain values; empty where it does not say them. */
export function configValues({ config }: TrainableModel): { readonly [key: string]: unknown } {
  return "to_dict" in config && typeof config.to_dict === "function" ? config.to_dict() : {};
}

/** The name of the model's class, as LED's classes have it in every build. */
export function classNameOf(model: TrainableModel): string {
  const own = model.constructor;
  return "className" in own ? String(own.className) : own.name;
}
