/** Evaluation and prediction over all batches (transformers 4.37.2, trainer.py: evaluation_loop). */
import { InvalidArgumentError } from "../errors.ts";
import type { Metrics } from "./callbacks.ts";
import type { DataLoader } from "./data-loader.ts";
import { EvalPrediction, type Gathered, gathered } from "./gathered.ts";
import type { Predicted } from "./prediction-step.ts";
import type { Batch } from "./trainable-model.ts";

/** Scores of predictions, by name. */
export type ComputeMetrics = (prediction: EvalPrediction) => Metrics | Promise<Metrics>;
/** Makes outputs smaller before they are kept. */
export type PreprocessLogits = (logits: Gathered, labels: Gathered | undefined) => Gathered | Promise<Gathered>;

export interface EvaluationSteps {
  step(inputs: Batch): Promise<Predicted>;
  /** After each batch. */
  after(): Promise<void>;
  readonly compute_metrics: ComputeMetrics | null;
  readonly preprocess: PreprocessLogits | null;
  readonly include_inputs: boolean;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
}

export interface EvaluationOutput {
  readonly predictions: Gathered | null;
  readonly label_ids: Gathered | null;
  readonly metrics: Metrics;
}

/** Every batch once, in order. The loss is the mean of the batches' losses, as Seq2SeqTrainer has it. */
export async function evaluationLoop(loader: DataLoader, steps: EvaluationSteps): Promise<EvaluationOutput> {
  const { prefix, compute_metrics } = steps;
  const losses: number[] = [];
  const [logits, labels, inputs]: [Gathered[], Gathered[], Gathered[]] = [[], [], []];
  for await (const batch of loader.batches(0)) {
    steps.signal?.throwIfAborted();
    const predicted = await steps.step(batch.inputs);
    if (predicted.loss !== undefined) losses.push(predicted.loss);
    if (predicted.labels !== undefined) labels.push(predicted.labels);
    if (steps.include_inputs && batch.inputs.input_ids !== undefined) inputs.push(batch.inputs.input_ids);
    if (predicted.logits !== undefined) {
      logits.push((await steps.preprocess?.(predicted.logits, predicted.labels)) ?? predicted.logits);
    }
    await steps.after();
  }
  const predictions = logits.length === 0 ? null : gathered(logits, "predictions");
  const label_ids = labels.length === 0 ? null : gathered(labels, "label_ids");
  const metrics: Metrics = {};
  if (compute_metrics !== null && predictions !== null && label_ids !== null) {
    const given = inputs.length === 0 ? undefined : gathered(inputs, "inputs");
    Object.assign(metrics, await compute_metrics(new EvalPrediction(predictions, label_ids, given)));
    requireNumbers(metrics);
  }
  if (losses.length > 0) metrics[`${prefix}_loss`] = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const named = Object.entries(metrics).map(([name, value]) => [
    name.startsWith(`${prefix}_`) ? name : `${prefix}_${name}`,
    value,
  ]);
  return { predictions, label_ids, metrics: Object.fromEntries(named) };
}

function requireNumbers(metrics: Metrics): void {
  const wrong = Object.entries(metrics).find(([, value]) => typeof value !== "number");
  if (wrong === undefined) return;
  throw new InvalidArgumentError({
    operation: "compute_metrics",
    expected: "numbers by name",
    got: `\`${wrong[0]}\`, ${wrong[1] === null ? "null" : typeof wrong[1]}`,
    fix: "Give each score of an object a name of its own.",
  });
}
