/**
 * compile and fit (transformers 4.37.2, modeling_tf_utils.py: compile, train_step; keras 2.15, engine/training.py: fit) with the
 * model's own loss: batches in turn, a step of the optimiser each.
 *
 * Departure: of fit's arguments those that make callbacks, sample weights or several workers are refused by name.
 */
import { InvalidArgumentError, nearestName, refuseUnknownOptions } from "../errors.ts";
import { ModelOutput } from "../models/led/model-output.ts";
import { Philox, streamOf } from "../random.ts";
import { elementCount, Tensor } from "../tensor.ts";
import { conditionalGenerationSignature, readCall, type TFConditionalGenerationInputs } from "./call-arguments.ts";
import { Adam, type KerasOptimizer, type LearningRate, RMSprop, SGD } from "./optimizers.ts";

export interface CompileOptions {
  /** "rmsprop", the default as in Keras, "adam", "sgd", or one that is made. */
  optimizer?: string | KerasOptimizer;
  /** Of an optimiser that is given by name. */
  learning_rate?: LearningRate;
  /** The model's own loss, by any of its names. */
  loss?: "auto" | "auto_with_warning" | "passthrough";
}

export interface Compiled {
  readonly optimizer: KerasOptimizer;
}

export interface FitOptions {
  /** Labels [N, T], where they are not in `x`. */
  y?: Tensor | { readonly labels: Tensor } | undefined;
  /** 32 by default. */
  batch_size?: number;
  /** 1 by default. */
  epochs?: number;
  /** Another order of the examples in each epoch; the default. */
  shuffle?: boolean;
  /** Of the order; 0 by default. */
  seed?: number;
  /** [x, y]: evaluated after each epoch. `y` is null where labels are in `x`. */
  validation_data?: readonly [TFConditionalGenerationInputs | Tensor | readonly unknown[], FitOptions["y"] | null];
  /** Called after each step. */
  progress_callback?: (progress: FitProgress) => void;
  signal?: AbortSignal;
}

export interface FitProgress {
  /** From 1. */
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

export interface History {
  /** Of each epoch the mean of its batches' losses. */
  readonly loss: number[];
  readonly val_loss?: number[];
}

/** What fit needs of the model. */
export interface Fitted {
  call(inputs: TFConditionalGenerationInputs): Promise<unknown>;
  loss_and_gradients(inputs: TFConditionalGenerationInputs & { return_outputs: boolean }): Promise<{
    readonly loss: Tensor<"float32">;
    readonly gradients: Map<string, Tensor<"float32">>;
  }>;
  trainable_parameters(): ReadonlyMap<string, Tensor<"float32">>;
  parameters_changed(): void;
}

const named: { readonly [name: string]: new (options: { learning_rate?: LearningRate }) => KerasOptimizer } = {
  adam: Adam,
  rmsprop: RMSprop,
  sgd: SGD,
};
const ownLosses: readonly unknown[] = [undefined, "auto", "auto_with_warning", "passthrough"];

export function compiled(options: CompileOptions): Compiled {
  refuseUnknownOptions("compile", options, ["optimizer", "learning_rate", "loss"]);
  const { optimizer = "rmsprop", learning_rate, loss } = options;
  if (!ownLosses.includes(loss)) {
    throw new InvalidArgumentError({
      operation: "compile",
      expected: 'no `loss`, or "auto": the model\'s own',
      got: String(loss),
    });
  }
  if (typeof optimizer !== "string") {
    if (learning_rate === undefined) return { optimizer };
    throw new InvalidArgumentError({
      operation: "compile",
      expected: "`learning_rate` in the optimiser that is given",
      got: "one beside it",
    });
  }
  const Optimizer = named[optimizer.toLowerCase()];
  if (Optimizer === undefined) {
    const near = nearestName(optimizer, Object.keys(named));
    throw new InvalidArgumentError({
      operation: "compile",
      expected: `an optimiser among ${Object.keys(named).join(", ")}`,
      got: `"${optimizer}"`,
      ...(near === undefined ? {} : { fix: `Did you mean "${near}"?` }),
    });
  }
  return { optimizer: new Optimizer(learning_rate === undefined ? {} : { learning_rate }) };
}

/** Without an optimiser the losses alone, as evaluate() gives them. */
export async function runFit(
  model: Fitted,
  optimizer: KerasOptimizer | undefined,
  x: TFConditionalGenerationInputs | Tensor | readonly unknown[],
  options: FitOptions,
): Promise<History> {
  const known = ["y", "batch_size", "epochs", "shuffle", "seed", "validation_data", "progress_callback", "signal"];
  refuseUnknownOptions("fit", options, known);
  const { batch_size = 32, epochs = 1, shuffle = true, seed = 0, validation_data, signal } = options;
  for (const [name, value] of Object.entries({ batch_size, epochs })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new InvalidArgumentError({ operation: "fit", expected: `\`${name}\` above 0`, got: String(value) });
  }
  const examples = examplesOf(x, options.y ?? undefined);
  const steps = Math.ceil(examples.count / batch_size);
  const history: History = { loss: [], ...(validation_data === undefined ? {} : { val_loss: [] }) };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = shuffle ? shuffled(examples.count, seed, epoch) : Array.from({ length: examples.count }, (_, i) => i);
    let sum = 0;
    for (let step = 1; step <= steps; step++) {
      signal?.throwIfAborted();
      const batch = { ...examples.rows(order.slice((step - 1) * batch_size, step * batch_size)), signal };
      const loss = optimizer === undefined ? await lossOf(model, batch) : await takeStep(model, optimizer, batch);
      sum += loss;
      options.progress_callback?.({ epoch, step, steps, loss });
    }
    history.loss.push(sum / steps);
    if (validation_data === undefined) continue;
    const [held, labels] = validation_data;
    const { loss } = await runFit(model, undefined, held, { y: labels ?? undefined, batch_size, shuffle: false });
    history.val_loss!.push(loss[0]!);
  }
  return history;
}

async function takeStep(
  model: Fitted,
  optimizer: KerasOptimizer,
  batch: TFConditionalGenerationInputs,
): Promise<number> {
  const { loss, gradients } = await model.loss_and_gradients({ ...batch, training: true, return_outputs: false });
  // Of a legacy loss the mean is what Keras minimises.
  const count = loss.data.length;
  if (count > 1) for (const { data } of gradients.values()) for (let i = 0; i < data.length; i++) data[i]! /= count;
  optimizer.apply(model.trainable_parameters(), gradients);
  for (const gradient of gradients.values()) gradient.dispose();
  model.parameters_changed();
  return meanOf(loss);
}

async function lossOf(model: Fitted, batch: TFConditionalGenerationInputs): Promise<number> {
  const output = (await model.call({ ...batch, return_dict: true })) as { readonly loss: Tensor<"float32"> };
  return meanOf(output.loss);
}

function meanOf({ data }: Tensor<"float32">): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}

interface Examples {
  readonly count: number;
  rows(order: readonly number[]): TFConditionalGenerationInputs;
}

function examplesOf(x: TFConditionalGenerationInputs | Tensor | readonly unknown[], y: FitOptions["y"]): Examples {
  const inputs = readCall<{ [name: string]: unknown }>("fit", conditionalGenerationSignature, [x]);
  const labels = y instanceof Tensor ? y : y?.labels;
  // Labels in x count before y.
  if (inputs.labels === undefined && labels !== undefined) inputs.labels = labels;
  if (inputs.labels === undefined) {
    throw new InvalidArgumentError({
      operation: "fit",
      says: "Could not find label column(s) in input dict and no separate labels were provided!",
    });
  }
  const given = Object.entries(inputs).filter(([, value]) => value !== undefined);
  const tensors = given.filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor);
  const other = given.find(([, value]) => value instanceof ModelOutput || Array.isArray(value));
  if (other !== undefined) {
    throw new InvalidArgumentError({ operation: "fit", expected: "tensors of examples", got: `\`${other[0]}\`` });
  }
  const counts = tensors.map(([, { dims }]) => dims[0]);
  const count = counts[0] ?? 0;
  if (count === 0 || counts.some((one) => one !== count)) {
    throw new InvalidArgumentError({
      operation: "fit",
      says: "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.",
      got: tensors.map(([name], i) => `${name}: ${counts[i]}`).join(", "),
    });
  }
  const flags = Object.fromEntries(given.filter(([, value]) => typeof value === "boolean"));
  return {
    count,
    rows: (order) => ({ ...flags, ...Object.fromEntries(tensors.map(([name, one]) => [name, rowsOf(one, order)])) }),
  };
}

function rowsOf(tensor: Tensor, order: readonly number[]): Tensor {
  const row = elementCount(tensor.dims.slice(1));
  const result = Tensor.zeros(tensor.type, [order.length, ...tensor.dims.slice(1)]);
  order.forEach((from, to) => {
    (result.data as Float32Array).set(tensor.data.subarray(from * row, (from + 1) * row) as Float32Array, to * row);
  });
  return result;
}

/** Another order of 0 .. count-1 in each epoch (Fisher and Yates). */
function shuffled(count: number, seed: number, epoch: number): number[] {
  const random = new Philox(seed, streamOf("fit", epoch));
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((random.uint32(i) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
