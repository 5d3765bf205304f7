/**
 * The loss of evaluation where training smooths labels (transformers 4.37.2, trainer_pt_utils.py: LabelSmoother): of the targets'
 * probability `epsilon` is spread over all classes; targets of -100 do not count.
 */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";

const ignored = -100;

/** logits [..., C] and labels [...] -> the mean over labels, [] */
export function smoothedLoss(logits: Tensor, labels: Tensor, epsilon: number): Tensor<"float32"> {
  const classes = logits.dims.at(-1) ?? 0;
  if (labels.data.length * classes !== logits.data.length) {
    throw new InvalidArgumentError({
      operation: "label_smoothing_factor",
      expected: `a label for each row of logits [${logits.dims.join(", ")}]`,
      got: `labels [${labels.dims.join(", ")}]`,
      fix: "Train without label smoothing.",
    });
  }
  let [nll, smoothed, count] = [0, 0, 0];
  for (let row = 0; row < labels.data.length; row++) {
    const label = labels.at(row);
    if (label === ignored) continue;
    const scores = logits.data.subarray(row * classes, (row + 1) * classes) as Float32Array;
    const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const total = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
    nll += total - scores[Math.max(0, label)]!;
    smoothed += scores.reduce((sum, score) => sum + (total - score), 0);
    count += 1;
  }
  const loss = ((1 - epsilon) * nll + (epsilon * smoothed) / classes) / count;
  return new Tensor("float32", Float32Array.of(loss), []);
}
