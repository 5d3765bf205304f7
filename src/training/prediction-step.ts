/**
 * One batch of evaluation or prediction: its loss, what the model gives for it, and its labels (transformers 4.37.2, trainer.py and
 * trainer_seq2seq.py: prediction_step).
 */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import { type Gathered, paddedTo } from "./gathered.ts";
import { smoothedLoss } from "./label-smoother.ts";
import type { PaddingTokenizer } from "./padding-tokenizer.ts";
import type { Batch, GenerationLimits, TrainableModel } from "./trainable-model.ts";

export interface PredictionSettings {
  /** Inputs that are labels. */
  readonly label_names: readonly string[];
  readonly loss_only: boolean;
  /** Settings of generate(), where the predictions are generated texts. */
  readonly generation: object | undefined;
  /** Output fields that are left out; by default those of the model's config. */
  readonly ignore_keys: readonly string[] | undefined;
  readonly label_smoothing: number;
  readonly tokenizer: PaddingTokenizer | null;
  readonly signal?: AbortSignal | undefined;
}

export interface Predicted {
  readonly loss: number | undefined;
  readonly logits: Gathered | undefined;
  readonly labels: Gathered | undefined;
}

export async function predictionStep(
  model: TrainableModel,
  inputs: Batch,
  settings: PredictionSettings,
): Promise<Predicted> {
  const { generation, loss_only } = settings;
  return generation === undefined || loss_only
    ? outputsOf(model, inputs, settings)
    : generated(model, inputs, generation, settings);
}

async function outputsOf(model: TrainableModel, inputs: Batch, settings: PredictionSettings): Promise<Predicted> {
  const { label_names, loss_only, ignore_keys = ignoredKeys(model) } = settings;
  const labelled = label_names.length > 0 && label_names.every((name) => inputs[name] !== undefined);
  const outputs = await forward(model, inputs, settings);
  const loss = labelled ? lossOf(outputs, inputs, settings) : undefined;
  if (loss_only) return { loss, logits: undefined, labels: undefined };
  const fields = Object.entries(outputs).filter(
    ([name, value]) => !ignore_keys.includes(name) && !(labelled && name === "loss") && value !== undefined,
  );
  const labels = label_names.map((name) => inputs[name]!);
  return {
    loss,
    logits: alone(fields.map(([, value]) => value as Gathered)),
    labels: labelled ? alone(labels) : undefined,
  };
}

async function generated(
  model: TrainableModel,
  inputs: Batch,
  generation: object,
  settings: PredictionSettings,
): Promise<Predicted> {
  if (model.generate === undefined) {
    throw new InvalidArgumentError({
      operation: "predict_with_generate",
      expected: "a model that generates",
      got: "one without `generate`",
      fix: "Set predict_with_generate false.",
    });
  }
  const { labels, decoder_input_ids: prompt, decoder_attention_mask: mask, ...sources } = inputs;
  // What the collator made of the labels would be a prompt that holds the answer.
  const shifted = labels !== undefined && prompt?.dims.join() === labels.dims.join();
  const given = {
    ...sources,
    ...(shifted || prompt === undefined ? {} : { decoder_input_ids: prompt }),
    ...(shifted || mask === undefined ? {} : { decoder_attention_mask: mask }),
  };
  const { signal } = settings;
  const result = await model.generate({ ...given, ...generation, ...(signal && { signal }) });
  const sequences = result instanceof Tensor ? result : (result as { readonly sequences: Tensor }).sequences;
  const limits = model.generation_config;
  const pad = () => padId(model, settings.tokenizer);
  const logits = padded(sequences, limits, pad);
  const loss = labels === undefined ? undefined : lossOf(await forward(model, inputs, settings), inputs, settings);
  return { loss, logits, labels: labels && padded(labels, limits, pad) };
}

/** A batch of short rows, as long as the model's generation_config allows them to be. */
function padded(rows: Tensor, limits: GenerationLimits | undefined, pad: () => number): Tensor {
  const length = rows.dims.at(-1)!;
  if (limits === undefined) return rows;
  const { max_length, max_new_tokens } = limits;
  if (max_length !== null && length < max_length) return paddedTo(rows, max_length, pad());
  if (max_new_tokens !== null && length < max_new_tokens + 1) return paddedTo(rows, max_new_tokens + 1, pad());
  return rows;
}

function padId({ config }: TrainableModel, tokenizer: PaddingTokenizer | null): number {
  const known = config as { readonly pad_token_id?: number | null };
  const id = tokenizer === null ? known.pad_token_id : (tokenizer.pad_token_id ?? tokenizer.eos_token_id);
  if (id !== null && id !== undefined) return id;
  throw new InvalidArgumentError({
    operation: "predict_with_generate",
    says: "Pad_token_id must be set in the configuration of the model, in order to pad tensors",
  });
}

type Outputs = { readonly [name: string]: unknown };

async function forward(model: TrainableModel, inputs: Batch, { signal }: PredictionSettings): Promise<Outputs> {
  return (await model.forward({ ...inputs, ...(signal && { signal }) } as Batch)) as Outputs;
}

function lossOf(outputs: Outputs, inputs: Batch, { label_smoothing }: PredictionSettings): number {
  const { labels } = inputs;
  if (label_smoothing > 0 && labels !== undefined) {
    return smoothedLoss(outputs.logits as Tensor, labels, label_smoothing).item();
  }
  if (outputs.loss instanceof Tensor) return outputs.loss.item();
  throw new InvalidArgumentError({
    operation: "evaluation",
    says:
      "The model did not return a loss from the inputs, only the following keys: " +
      `${Object.keys(outputs).join(",")}. For reference, the inputs it received are ${Object.keys(inputs).join(",")}.`,
  });
}

/** Fields that the model's config says no metric wants. */
function ignoredKeys({ config }: TrainableModel): readonly string[] {
  const own = config as { readonly keys_to_ignore_at_inference?: readonly string[] };
  const ofClass = config.constructor as { readonly keys_to_ignore_at_inference?: readonly string[] };
  return own.keys_to_ignore_at_inference ?? ofClass.keys_to_ignore_at_inference ?? [];
}

const alone = (values: readonly Gathered[]): Gathered => (values.length === 1 ? values[0]! : values);
