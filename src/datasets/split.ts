/** One data set as several: what to train on, what to watch, what to test with. */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { permutation } from "./permutation.ts";

export interface SplitOptions {
  /** Shares of the rows, above 0 and together below 1; the rest is for training. */
  readonly validation?: number;
  readonly test?: number;
  /** Decides which row goes where; 0 by default. */
  readonly seed?: number | bigint;
}

export interface SplitDataset<R extends object> {
  readonly train: Dataset<R>;
  readonly validation?: Dataset<R>;
  readonly test?: Dataset<R>;
}

/** Every row goes into one part. An InvalidArgumentError for shares that leave a part without a row. */
export function splitDataset<R extends object>(dataset: Dataset<R>, options: SplitOptions): SplitDataset<R> {
  const operation = `split ${dataset.name}`;
  refuseUnknownOptions(operation, options, ["validation", "test", "seed"]);
  const { validation, test, seed = 0 } = options;
  const shares = [validation, test].filter((share) => share !== undefined);
  if (shares.length === 0 || shares.some((share) => !(share > 0)) || !(shares.reduce((a, b) => a + b) < 1)) {
    throw new InvalidArgumentError({
      operation,
      expected: "`validation`, `test` or both, shares above 0 that leave something to train on",
      got: `validation ${validation}, test ${test}`,
    });
  }
  const order = permutation(dataset.length, seed);
  let used = 0;
  const part = (share: number | undefined): Uint32Array | undefined => {
    if (share === undefined) return undefined;
    const rows = order.subarray(used, used + Math.round(share * dataset.length));
    used += rows.length;
    return rows;
  };
  const rows = { test: part(test), validation: part(validation), train: order.subarray(used) };
  for (const [name, part] of Object.entries(rows)) {
    if (part?.length !== 0) continue;
    throw new InvalidArgumentError({
      operation,
      expected: `at least one row for ${name}`,
      got: `none of ${dataset.length}`,
      fix: "Change the shares, or give more rows.",
    });
  }
  return {
    train: dataset.select(rows.train),
    ...(rows.validation === undefined ? {} : { validation: dataset.select(rows.validation) }),
    ...(rows.test === undefined ? {} : { test: dataset.select(rows.test) }),
  };
}
