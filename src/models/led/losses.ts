/**
 * The losses of the LED heads, as PyTorch 2.5.1 computes them with reduction "mean", and their gradients; numbers in double
 * precision, results float32. n rows, C classes.
 */
import { InvalidArgumentError } from "../../errors.ts";
import { Tensor } from "../../tensor.ts";

type Floats = Tensor<"float32">;

export interface Loss {
  /** [] */
  readonly loss: Floats;
  /** Of the logits, in their dims. */
  gradient(): Floats;
}

const scalar = (value: number): Floats => new Tensor("float32", Float32Array.of(value), []);

/**
 * CrossEntropyLoss of logits [n, C] and classes [n]: the mean over rows whose class is not `ignored`, NaN without any, whose
 * gradient is zeros. A class that is none of C is an error, as in PyTorch. A row may have a list of classes, each of which is as
 * right as the others (PyTorch's class probabilities, in equal shares); one without classes is left out.
 */
export function crossEntropy(logits: Floats, classes: readonly (number | readonly number[])[], ignored = -100): Loss {
  const width = logits.dims.at(-1)!;
  const rows = [...classes.entries()]
    .map(([row, given]) => ({ row, labels: [given].flat().filter((label) => label !== ignored) }))
    .filter(({ labels }) => labels.length > 0);
  for (const { row, labels } of rows) {
    const bad = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= width);
    if (bad === undefined) continue;
    throw new InvalidArgumentError({
      operation: "cross entropy",
      expected: `labels from 0 to ${width - 1}, or ${ignored} to leave out`,
      got: `${bad} at position ${row}`,
    });
  }
  const scoresOf = (row: number): Float32Array => logits.data.subarray(row * width, (row + 1) * width);
  let sum = 0;
  for (const { row, labels } of rows) {
    const scores = scoresOf(row);
    sum += logOfSum(scores) - labels.reduce((total, label) => total + scores[label]!, 0) / labels.length;
  }
  return {
    loss: scalar(sum / rows.length),
    gradient() {
      const gradient = Tensor.zeros("float32", logits.dims);
      for (const { row, labels } of rows) {
        const scores = scoresOf(row);
        const total = logOfSum(scores);
        const wanted = new Map<number, number>();
        for (const label of labels) wanted.set(label, (wanted.get(label) ?? 0) + 1 / labels.length);
        scores.forEach((score, at) => {
          gradient.data[row * width + at] = (Math.exp(score - total) - (wanted.get(at) ?? 0)) / rows.length;
        });
      }
      return gradient;
    },
  };
}

/** log(sum(exp(scores))) */
function logOfSum(scores: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > most) most = score;
  let total = 0;
  for (const score of scores) total += Math.exp(score - most);
  return Math.log(total) + most;
}

/** MSELoss of equally many numbers. */
export function meanSquaredError(logits: Floats, targets: readonly number[]): Loss {
  return meanOver(
    logits,
    (value, i) => (value - targets[i]!) ** 2,
    (value, i) => 2 * (value - targets[i]!),
  );
}

/** BCEWithLogitsLoss of equally many logits and targets between 0 and 1. */
export function binaryCrossEntropy(logits: Floats, targets: readonly number[]): Loss {
  return meanOver(
    logits,
    (value, i) => Math.max(value, 0) - value * targets[i]! + Math.log1p(Math.exp(-Math.abs(value))),
    (value, i) => 1 / (1 + Math.exp(-value)) - targets[i]!,
  );
}

function meanOver(
  logits: Floats,
  lossOf: (value: number, index: number) => number,
  slopeOf: (value: number, index: number) => number,
): Loss {
  const { data, dims } = logits;
  let sum = 0;
  data.forEach((value, i) => {
    sum += lossOf(value, i);
  });
  return {
    loss: scalar(sum / data.length),
    gradient: () =>
      new Tensor(
        "float32",
        data.map((value, i) => slopeOf(value, i) / data.length),
        dims,
      ),
  };
}

/** The mean of two losses. */
export function meanOf(a: Floats, b: Floats): Floats {
  return scalar((a.item() + b.item()) / 2);
}
