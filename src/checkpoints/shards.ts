/**
 * How weights are spread over files, and the index that says where they are: names, split rule and index text of
 * save_pretrained (transformers 4.37.2, modeling_utils.py: shard_checkpoint; utils/hub.py: convert_file_size_to_int).
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";
import { pythonJson } from "../python-json.ts";
import { singleFile, type WeightsFormat } from "../weights-files.ts";

/** A format's file name in two parts, between which shards have their number. */
function partsOfName(format: WeightsFormat): { stem: string; extension: string } {
  const [, stem, extension] = /^(.*)(\..*)$/.exec(singleFile[format])!;
  return { stem: stem!, extension: extension! };
}

/** What a reader looks for: one file, or else the index of several. */
export function weightsFiles(format: WeightsFormat): [single: string, index: string] {
  const single = shardName(format, 0, 1);
  return [single, `${single}.index.json`];
}

/** A tensor as far as sharding cares. */
export interface SizedTensor {
  readonly name: string;
  /** In bytes, as they will be in the file. */
  readonly size: number;
  /** Tensors of one storage lie in one file, and count once; without it, a tensor is its own. */
  readonly storage?: string;
}

export interface Shard<T> {
  readonly file: string;
  readonly tensors: readonly T[];
}

export interface ShardPlan<T> {
  readonly shards: readonly Shard<T>[];
  /** Bytes of all tensors. */
  readonly total_size: number;
}

/** In the order of `tensors`: a new shard where the next storage would pass `limit` bytes. */
export function planShards<T extends SizedTensor>(
  format: WeightsFormat,
  tensors: Iterable<T>,
  limit: number,
): ShardPlan<T> {
  const groups: T[][] = [[]];
  const groupOf = new Map<string, T[]>();
  let groupSize = 0;
  let total_size = 0;
  for (const tensor of tensors) {
    const storage = tensor.storage ?? tensor.name;
    const known = groupOf.get(storage);
    if (known !== undefined) {
      known.push(tensor);
      continue;
    }
    if (groupSize + tensor.size > limit && groups.at(-1)!.length > 0) {
      groups.push([]);
      groupSize = 0;
    }
    groups.at(-1)!.push(tensor);
    groupOf.set(storage, groups.at(-1)!);
    groupSize += tensor.size;
    total_size += tensor.size;
  }
  const shards = groups.map((group, i) => ({ file: shardName(format, i, groups.length), tensors: group }));
  return { shards, total_size };
}

function shardName(format: WeightsFormat, index: number, count: number): string {
  const { stem, extension } = partsOfName(format);
  const five = (number: number): string => String(number).padStart(5, "0");
  return count === 1 ? `${stem}${extension}` : `${stem}-${five(index + 1)}-of-${five(count)}${extension}`;
}

/** Whether the name is one that a shard of the format has, of any number of shards. */
export function isShardName(format: WeightsFormat, name: string): boolean {
  const { stem, extension } = partsOfName(format);
  return (
    name.startsWith(`${stem}-`) &&
    name.endsWith(extension) &&
    /^\d{5}-of-\d{5}$/.test(name.slice(stem.length + 1, -extension.length))
  );
}

/** All files of the plan: the weights, then the index where there are several. What a reader looks for is the last. */
export function fileNames(format: WeightsFormat, { shards }: ShardPlan<SizedTensor>): string[] {
  const [, index] = weightsFiles(format);
  return [...shards.map(({ file }) => file), ...(shards.length > 1 ? [index] : [])];
}

/** Writes the index, where there is more than one shard. */
export async function writeIndex(
  target: Files,
  format: WeightsFormat,
  { shards, total_size }: ShardPlan<SizedTensor>,
): Promise<void> {
  if (shards.length === 1) return;
  const [, index] = weightsFiles(format);
  // A Map, as an object would move names that look like numbers to its front.
  const weight_map = new Map(shards.flatMap(({ file, tensors }) => tensors.map(({ name }) => [name, file] as const)));
  const text = `${pythonJson({ metadata: { total_size }, weight_map })}\n`;
  await target.write(index, [new TextEncoder().encode(text)]);
}

export interface WriteProgress {
  /** In bytes of the new files. */
  readonly written: number;
  readonly total: number;
  /** Of the tensor that is being written. */
  readonly name: string;
}

/** Counts written bytes for a progress callback, and ends the work when the signal says so. */
export function progressReporter(
  total: number,
  options: {
    readonly progress_callback?: ((progress: WriteProgress) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): (name: string, bytes: number) => void {
  let written = 0;
  return (name, bytes) => {
    options.signal?.throwIfAborted();
    written += bytes;
    options.progress_callback?.({ written, total, name });
  };
}

/** Bytes of a shard at most: a number, or digits with a unit as in Python ("5GB", "200MB", "1GiB"). */
export function parseShardSize(size: number | string, operation: string): number {
  const units: { [unit: string]: number } = {
    GIB: 2 ** 30,
    MIB: 2 ** 20,
    KIB: 2 ** 10,
    GB: 1e9,
    MB: 1e6,
    KB: 1e3,
  };
  const [, digits, unit] = /^(\d+)([a-zA-Z]+)$/.exec(String(size)) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toUpperCase()];
  const bytes = typeof size === "number" ? size : factor === undefined ? Number.NaN : Number(digits) * factor;
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new InvalidArgumentError({
      operation,
      says: "`size` is not in a valid format. Use an integer followed by the unit, e.g., '5GB'.",
      got: JSON.stringify(size),
    });
  }
  // A small b means bits, for the units of a thousand.
  return /^\d+[GMKgmk]b$/.test(String(size)) ? Math.floor(bytes / 8) : bytes;
}
