/**
 * How sure a mean is: percentiles of the means of samples that are drawn with replacement (Efron, "Bootstrap methods:
 * another look at the jackknife", 1979), as rouge-score's BootstrapAggregator takes them. Departure: the draws are those
 * of src/random.ts, a function of the seed, where the package takes numpy's global generator.
 */
import { InvalidArgumentError } from "../errors.ts";
import { Philox } from "../random.ts";

export interface BootstrapOptions {
  /** Share of the samples whose mean lies between `low` and `high`; 0.95 by default. */
  readonly confidence_interval?: number;
  /** How many samples are drawn, each as large as the set; 1000 by default. */
  readonly n_samples?: number;
  /** 0 by default. */
  readonly seed?: number | bigint;
  /** Tells apart uses of one seed. */
  readonly stream?: number | bigint;
}

export interface Interval<S> {
  readonly low: S;
  /** The median of the means. */
  readonly mid: S;
  readonly high: S;
}

/** Of each of the measures on its own; a sample takes rows as a whole. */
export function bootstrap<K extends string>(
  rows: readonly Readonly<Record<K, number>>[],
  measures: readonly K[],
  { confidence_interval = 0.95, n_samples = 1000, seed = 0, stream = 0 }: BootstrapOptions = {},
): Interval<Record<K, number>> {
  const refuse = (expected: string, got: number): never => {
    throw new InvalidArgumentError({ operation: "bootstrap", expected, got: String(got) });
  };
  if (rows.length === 0) refuse("at least one row", 0);
  if (!(confidence_interval >= 0 && confidence_interval <= 1)) {
    refuse("`confidence_interval` of 0 to 1", confidence_interval);
  }
  if (!Number.isSafeInteger(n_samples) || n_samples < 1) refuse("`n_samples`, a whole number above 0", n_samples);

  const numbers = new Philox(seed, stream);
  const columns = measures.map((measure) => Float64Array.from(rows, (row) => row[measure]));
  const means = measures.map(() => new Float64Array(n_samples));
  for (let sample = 0; sample < n_samples; sample++) {
    for (let draw = 0; draw < rows.length; draw++) {
      const row = Math.floor((numbers.uint32(sample * rows.length + draw) * rows.length) / 2 ** 32);
      for (let k = 0; k < columns.length; k++) means[k]![sample]! += columns[k]![row]!;
    }
  }
  for (const column of means) {
    for (let sample = 0; sample < n_samples; sample++) column[sample]! /= rows.length;
    column.sort();
  }
  const at = (share: number): Record<K, number> =>
    Object.fromEntries(measures.map((measure, k) => [measure, percentile(means[k]!, share)])) as Record<K, number>;
  const outside = (1 - confidence_interval) / 2;
  return { low: at(outside), mid: at(0.5), high: at(1 - outside) };
}

/** The value below which a share (0 to 1) of rising numbers lies, between neighbours in a straight line, as numpy's. */
export function percentile(rising: Float64Array, share: number): number {
  const place = share * (rising.length - 1);
  const below = Math.floor(place);
  const [a, b] = [rising[below]!, rising[Math.min(below + 1, rising.length - 1)]!];
  const part = place - below;
  // From the nearer neighbour, so that equal neighbours and the ends are met exactly.
  return part < 0.5 ? a + (b - a) * part : b - (b - a) * (1 - part);
}
