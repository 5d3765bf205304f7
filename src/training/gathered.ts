/**
 * Outputs of all batches as one tensor (transformers 4.37.2, trainer_pt_utils.py: nested_concat): rows below one another, and
 * where rows of batches differ in length, padded with -100 on the right.
 */
import { InvalidArgumentError } from "../errors.ts";
import { elementCount, Tensor } from "../tensor.ts";

/** A tensor, or several as a model gives them. */
export type Gathered = Tensor | readonly Gathered[];

const padding = -100;

/** One tensor, or a list, of what each batch gave. `name` is what an error calls it. */
export function gathered(batches: readonly Gathered[], name: string): Gathered {
  const [first] = batches;
  if (first === undefined) return [];
  if (first instanceof Tensor) return concatenated(batches as readonly Tensor[], name);
  return first.map((_, i) =>
    gathered(
      batches.map((batch) => (batch as readonly Gathered[])[i]!),
      `${name}[${i}]`,
    ),
  );
}

/** [b, n, ...] of each batch -> [B, N, ...] */
function concatenated(batches: readonly Tensor[], name: string): Tensor {
  // A batch may be without its axis.
  const tensors = batches.map((tensor) => (tensor.dims.length === 0 ? tensor.reshape([1]) : tensor));
  const [first] = tensors;
  const rank = first!.dims.length;
  const length = Math.max(...tensors.map(({ dims }) => dims[1] ?? 1));
  const rest = first!.dims.slice(2);
  for (const { dims } of tensors) {
    if (dims.length === rank && dims.slice(2).join() === rest.join()) continue;
    throw new InvalidArgumentError({
      operation: "evaluation",
      expected: `\`${name}\` of each batch as [batch, length, ${rest.join(", ")}], as in the first one`,
      got: `[${dims.join(", ")}]`,
      fix: "Name what is not needed in ignore_keys, or give preprocess_logits_for_metrics.",
    });
  }
  const rows = tensors.reduce((sum, { dims }) => sum + dims[0]!, 0);
  const whole = Tensor.zeros(first!.type, rank === 1 ? [rows] : [rows, length, ...rest]);
  const width = elementCount(rest);
  let at = 0;
  for (const { dims, data } of tensors) {
    const own = (rank === 1 ? 1 : dims[1]!) * width;
    const full = (rank === 1 ? 1 : length) * width;
    for (let row = 0; row < dims[0]!; row++, at += full) {
      // The types are one: those of the first.
      (whole.data as Float32Array).set((data as Float32Array).subarray(row * own, (row + 1) * own), at);
      if (own < full)
        (whole.data as { fill(value: unknown, from: number, to: number): void }).fill(
          paddingOf(whole),
          at + own,
          at + full,
        );
    }
  }
  return whole;
}

const paddingOf = ({ type }: Tensor): number | bigint => (type === "int64" ? BigInt(padding) : padding);

/** Rows [b, n] made [b, length] with `value` on the right. */
export function paddedTo(tensor: Tensor, length: number, value: number): Tensor {
  const [rows, own] = tensor.dims as [number, number];
  const longer = Tensor.zeros("int64", [rows, length]);
  longer.data.fill(BigInt(value));
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < own; i++) longer.data[row * length + i] = BigInt(tensor.at(row * own + i));
  }
  return longer;
}

/** What compute_metrics gets: by name, by index or as a list of two, with inputs of three. */
export class EvalPrediction {
  readonly predictions: Gathered;
  readonly label_ids: Gathered;
  /** Of each row the model's input_ids, where include_inputs_for_metrics is set. */
  readonly inputs: Gathered | undefined;

  constructor(predictions: Gathered, label_ids: Gathered, inputs?: Gathered) {
    this.predictions = predictions;
    this.label_ids = label_ids;
    this.inputs = inputs;
  }

  get 0(): Gathered {
    return this.predictions;
  }

  get 1(): Gathered {
    return this.label_ids;
  }

  get 2(): Gathered | undefined {
    return this.inputs;
  }

  *[Symbol.iterator](): Generator<Gathered> {
    yield this.predictions;
    yield this.label_ids;
    if (this.inputs !== undefined) yield this.inputs;
  }
}
