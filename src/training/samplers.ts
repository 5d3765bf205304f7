/**
 * In which order an epoch goes through the rows (transformers 4.37.2, trainer.py: _get_train_sampler; trainer_pt_utils.py:
 * LengthGroupedSampler). Orders are functions of (seed, epoch), so that a resumed training needs no state of a generator.
 * Departure from torch: a seed gives other orders here than there.
 */
import { InvalidArgumentError } from "../errors.ts";
import { Philox, shuffledOrder, streamOf } from "../random.ts";
import { type Features, rowAt, type TrainingDataset } from "./training-dataset.ts";

export interface Sampler {
  /** Places of rows, in the order of this epoch. */
  order(epoch: number): Promise<readonly number[]> | readonly number[];
}

export class SequentialSampler implements Sampler {
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  order(): readonly number[] {
    return Array.from({ length: this.#length }, (_, place) => place);
  }
}

/** Each epoch in an order of its own. */
export class RandomSampler implements Sampler {
  readonly #length: number;
  readonly #seed: number;

  constructor(length: number, seed: number) {
    this.#length = length;
    this.#seed = seed;
  }

  order(epoch: number): readonly number[] {
    return permutation(this.#length, this.#seed, epoch);
  }
}

export interface LengthGroupedOptions {
  /** Rows of an update: batch size times accumulation steps. */
  readonly batch_size: number;
  readonly seed: number;
  /** Where a row says how long it is; else the length of its `input_ids` counts. */
  readonly length_column_name: string;
}

/** Rows of like length follow one another, so that batches need little padding; the rest of the order is random. */
export class LengthGroupedSampler implements Sampler {
  readonly #dataset: TrainingDataset;
  readonly #options: LengthGroupedOptions;
  #lengths: Promise<readonly number[]> | undefined;

  constructor(dataset: TrainingDataset, options: LengthGroupedOptions) {
    this.#dataset = dataset;
    this.#options = options;
  }

  /** Reads every row once, the first time. */
  async order(epoch: number): Promise<readonly number[]> {
    const { batch_size, seed, length_column_name } = this.#options;
    this.#lengths ??= lengthsOf(this.#dataset, length_column_name);
    const lengths = await this.#lengths;
    return lengthGrouped(permutation(lengths.length, seed, epoch), lengths, batch_size);
  }
}

async function lengthsOf(dataset: TrainingDataset, column: string): Promise<number[]> {
  const lengths: number[] = [];
  for (let place = 0; place < dataset.length; place++)
    lengths.push(lengthOf(await rowAt(dataset, place), column, place));
  return lengths;
}

function lengthOf(row: Features, column: string, place: number): number {
  const told = row[column];
  if (typeof told === "number") return told;
  const ids = row.input_ids as { readonly length?: unknown } | undefined;
  if (typeof ids?.length === "number") return ids.length;
  throw new InvalidArgumentError({
    operation: "group_by_length",
    says: "Can only automatically infer lengths for datasets whose items are dictionaries with an 'input_ids' key.",
    expected: `\`${column}\` or \`input_ids\` in every row`,
    got: `row ${place} without`,
  });
}

/**
 * A permutation, cut into mega-batches that are sorted by descending length; the longest row of all comes first, so that what
 * does not fit into memory fails at once (trainer_pt_utils.py: get_length_grouped_indices).
 */
export function lengthGrouped(
  permuted: readonly number[],
  lengths: readonly number[],
  batch_size: number,
): readonly number[] {
  const multiple = Math.max(1, Math.min(Math.floor(lengths.length / (batch_size * 4)), 50));
  const size = multiple * batch_size;
  const groups: number[][] = [];
  for (let at = 0; at < permuted.length; at += size) {
    groups.push(permuted.slice(at, at + size).sort((a, b) => lengths[b]! - lengths[a]!));
  }
  const [first] = groups;
  if (first === undefined) return [];
  const longest = groups.reduce((best, group) => (lengths[group[0]!]! > lengths[best[0]!]! ? group : best), first);
  [first[0], longest[0]] = [longest[0]!, first[0]!];
  return groups.flat();
}

/** The numbers below `length`, shuffled. */
export function permutation(length: number, seed: number, epoch: number): number[] {
  return Array.from(shuffledOrder(new Philox(seed, streamOf("order of rows", epoch)), length));
}
