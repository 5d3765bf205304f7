/** How well predicted classes agree with true ones, as scikit-learn 1.5 computes it. */
import { InvalidArgumentError } from "../errors.ts";

export type Label = number | string;

/** "binary": of the class `positive` alone; "micro": of all decisions; "macro": means over classes; "weighted": by their sizes. */
export type Average = "binary" | "micro" | "macro" | "weighted";

export interface ClassificationOptions {
  /** "binary" by default. */
  readonly average?: Average;
  /** The class that "binary" is about; 1 by default. */
  readonly positive?: Label;
}

export interface ClassificationScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

function requirePairs(
  operation: string,
  predictions: readonly unknown[],
  references: readonly unknown[],
  least = 1,
): void {
  if (predictions.length === references.length && predictions.length >= least) return;
  throw new InvalidArgumentError({
    operation,
    expected: `as many predictions as references, at least ${least}`,
    got: `${predictions.length} and ${references.length}`,
  });
}

export function accuracy(predictions: readonly Label[], references: readonly Label[]): number {
  requirePairs("accuracy", predictions, references);
  return predictions.filter((label, i) => label === references[i]).length / predictions.length;
}

interface Counts {
  /** Right, predicted and true occurrences of a class. */
  right: number;
  predicted: number;
  real: number;
}

/** Precision, recall and F1; those of a class without a prediction or an occurrence are 0. */
export function classificationScores(
  predictions: readonly Label[],
  references: readonly Label[],
  { average = "binary", positive = 1 }: ClassificationOptions = {},
): ClassificationScores {
  requirePairs("classificationScores", predictions, references);
  const classes = new Map<Label, Counts>();
  const of = (label: Label): Counts => {
    const counts = classes.get(label) ?? { right: 0, predicted: 0, real: 0 };
    classes.set(label, counts);
    return counts;
  };
  predictions.forEach((label, i) => {
    const real = references[i]!;
    of(label).predicted += 1;
    of(real).real += 1;
    if (label === real) of(label).right += 1;
  });
  const scores = ({ right, predicted, real }: Counts): ClassificationScores => ({
    precision: predicted === 0 ? 0 : right / predicted,
    recall: real === 0 ? 0 : right / real,
    f1: predicted + real === 0 ? 0 : (2 * right) / (predicted + real),
  });
  if (average === "binary") {
    if (classes.size > 2) {
      throw new InvalidArgumentError({
        operation: "classificationScores",
        expected: "two classes for `average` binary",
        got: `${classes.size}: ${[...classes.keys()].join(", ")}`,
        fix: 'Choose average "micro", "macro" or "weighted".',
      });
    }
    return scores(classes.get(positive) ?? { right: 0, predicted: 0, real: 0 });
  }
  const all = [...classes.values()];
  if (average === "micro") {
    const sum = (what: keyof Counts) => all.reduce((total, counts) => total + counts[what], 0);
    return scores({ right: sum("right"), predicted: sum("predicted"), real: sum("real") });
  }
  const weights = all.map(({ real }) => (average === "macro" ? 1 / all.length : real / references.length));
  const mean = (what: keyof ClassificationScores) =>
    all.reduce((total, counts, i) => total + weights[i]! * scores(counts)[what], 0);
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}

/** Matthews' correlation coefficient, of any number of classes (Gorodkin, 2004); 0 where one side knows a single class. */
export function matthewsCorrelation(predictions: readonly Label[], references: readonly Label[]): number {
  requirePairs("matthewsCorrelation", predictions, references);
  const n = predictions.length;
  const right = predictions.filter((label, i) => label === references[i]).length;
  const counts = (labels: readonly Label[]) => {
    const sizes = new Map<Label, number>();
    for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
    return sizes;
  };
  const [predicted, real] = [counts(predictions), counts(references)];
  const product = (a: ReadonlyMap<Label, number>, b: ReadonlyMap<Label, number>) =>
    [...a].reduce((sum, [label, size]) => sum + size * (b.get(label) ?? 0), 0);
  const covariance = right * n - product(predicted, real);
  const spread = (n * n - product(predicted, predicted)) * (n * n - product(real, real));
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
}

/** Pearson's correlation coefficient; not a number where one side is constant. */
export function pearson(predictions: readonly number[], references: readonly number[]): number {
  requirePairs("pearson", predictions, references, 2);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [a, b] = [mean(predictions), mean(references)];
  let [both, own, other] = [0, 0, 0];
  predictions.forEach((value, i) => {
    const [x, y] = [value - a, references[i]! - b];
    both += x * y;
    own += x * x;
    other += y * y;
  });
  return Math.max(-1, Math.min(1, both / Math.sqrt(own * other)));
}

/** Spearman's: Pearson's of ranks, of which equal values share the mean. */
export function spearman(predictions: readonly number[], references: readonly number[]): number {
  requirePairs("spearman", predictions, references, 2);
  return pearson(ranks(predictions), ranks(references));
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const result = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && order[end]!.value === order[start]!.value) end += 1;
    for (let k = start; k < end; k++) result[order[k]!.i] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}
