/** Batches of an epoch: rows in a sampler's order, put together by a collator (torch.utils.data.DataLoader in one process). */
import { InvalidArgumentError } from "../errors.ts";
import { type NestedNumbers, Tensor } from "../tensor.ts";
import type { Sampler } from "./samplers.ts";
import type { Batch } from "./trainable-model.ts";
import { type Features, rowAt, type TrainingDataset } from "./training-dataset.ts";

/** Makes a batch of rows. Arrays among its values become tensors: int64 where all numbers are whole, else float32. */
export type DataCollator = (
  features: readonly Features[],
) => Promise<{ readonly [name: string]: unknown }> | { readonly [name: string]: unknown };

export interface DataLoaderOptions {
  readonly dataset: TrainingDataset;
  readonly sampler: Sampler;
  readonly batch_size: number;
  /** Leave a last batch out that has fewer rows. */
  readonly drop_last: boolean;
  readonly collate: DataCollator;
}

export interface LoadedBatch {
  readonly inputs: Batch;
  /** Places of its rows in the data set. */
  readonly places: readonly number[];
}

export class DataLoader {
  readonly dataset: TrainingDataset;
  readonly batch_size: number;
  readonly #options: DataLoaderOptions;

  constructor(options: DataLoaderOptions) {
    this.dataset = options.dataset;
    this.batch_size = options.batch_size;
    this.#options = options;
  }

  /** Batches of an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batch_size;
    return this.#options.drop_last ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The batches of an epoch from number `first` on. */
  async *batches(epoch: number, first = 0): AsyncGenerator<LoadedBatch> {
    const { dataset, sampler, batch_size, collate } = this.#options;
    const order = await sampler.order(epoch);
    for (let number = first; number < this.length; number++) {
      const places = order.slice(number * batch_size, (number + 1) * batch_size);
      const rows: Features[] = [];
      for (const place of places) rows.push(await rowAt(dataset, place));
      yield { inputs: asBatch(await collate(rows), places), places };
    }
  }
}

function asBatch(collated: { readonly [name: string]: unknown }, places: readonly number[]): Batch {
  const entries = Object.entries(collated).filter(([, value]) => value !== undefined && value !== null);
  if (entries.length === 0) {
    throw new InvalidArgumentError({
      operation: "data collator",
      says: "The batch received was empty, your model won't be able to train on it. Double-check that your training dataset contains keys expected by the model.",
      got: `nothing of rows ${places.join(", ")}`,
    });
  }
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Tensor ? value : tensorOf(name, value, places)]),
  );
}

function tensorOf(name: string, value: unknown, places: readonly number[]): Tensor {
  try {
    return Tensor.from(value as NestedNumbers);
  } catch (cause) {
    throw new InvalidArgumentError({
      operation: "data collator",
      expected: `\`${name}\` of rows ${places.join(", ")} as numbers of one shape`,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
