/**
 * The losses of the LED heads, as PyTorch 2.5.1 computes them with reduction "mean"; numbers in double precision, results
 * float32 []. n rows, C classes.
 */
import { InvalidArgumentError } from "../../errors.ts";
import { Tensor } from "../../tensor.ts";

const scalar = (value: number): Tensor<"float32"> => new Tensor("float32", Float32Array.of(value), []);

/**
 * CrossEntropyLoss of logits [n, C] and classes [n]: the mean over rows whose class is not `ignored`, NaN without any.
 * A class that is none of C is an error, as in PyTorch.
 */
export function crossEntropy(logits: Tensor<"float32">, classes: readonly number[], ignored = -100): Tensor<"float32"> {
  const width = logits.dims.at(-1)!;
  let sum = 0;
  let count = 0;
  for (const [row, label] of classes.entries()) {
    if (label === ignored) continue;
    if (!Number.isInteger(label) || label < 0 || label >= width) {
      throw new InvalidArgumentError({
        operation: "cross entropy",
        expected: `labels from 0 to ${width - 1}, or ${ignored} to leave out`,
        got: `${label} at position ${row}`,
      });
    }
    const scores = logits.data.subarray(row * width, (row + 1) * width);
    let most = Number.NEGATIVE_INFINITY;
    for (const score of scores) if (score > most) most = score;
    let total = 0;
    for (const score of scores) total += Math.exp(score - most);
    sum += Math.log(total) + most - scores[label]!;
    count++;
  }
  return scalar(sum / count);
}

/** MSELoss of equally many numbers. */
export function meanSquaredError(predictions: Float32Array, targets: readonly number[]): Tensor<"float32"> {
  let sum = 0;
  predictions.forEach((value, i) => {
    sum += (value - targets[i]!) ** 2;
  });
  return scalar(sum / predictions.length);
}

/** BCEWithLogitsLoss of equally many logits and targets between 0 and 1. */
export function binaryCrossEntropy(logits: Float32Array, targets: readonly number[]): Tensor<"float32"> {
  let sum = 0;
  logits.forEach((value, i) => {
    sum += Math.max(value, 0) - value * targets[i]! + Math.log1p(Math.exp(-Math.abs(value)));
  });
  return scalar(sum / logits.length);
}

/** The mean of two losses. */
export function meanOf(a: Tensor<"float32">, b: Tensor<"float32">): Tensor<"float32"> {
  return scalar((a.item() + b.item()) / 2);
}
