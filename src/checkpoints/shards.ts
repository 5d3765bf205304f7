/**
 * How the weights of one model are shared out among files (transformers 4.37.2, modeling_utils.py: shard_checkpoint;
 * utils/hub.py: convert_file_size_to_int).
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";

export type WeightsFormat = "safetensors" | "torch";

const stems = {
  safetensors: ["model", "safetensors"],
  torch: ["pytorch_model", "bin"],
} as const;

/** Names under which a load looks for weights: one file, then an index of several. */
export function weightFiles(format: WeightsFormat): [string, string] {
  const [stem, extension] = stems[format];
  return [`${stem}.${extension}`, `${stem}.${extension}.index.json`];
}

/** The files of `count` shards. */
export function shardNames(format: WeightsFormat, count: number): string[] {
  const [stem, extension] = stems[format];
  if (count === 1) return [`${stem}.${extension}`];
  const five = (number: number): string => String(number).padStart(5, "0");
  return Array.from({ length: count }, (_, index) => `${stem}-${five(index + 1)}-of-${five(count)}.${extension}`);
}

/** In order, a new shard where the next tensor would pass the limit; `size` in bytes. */
export function splitShards<T extends { readonly size: number }>(tensors: readonly T[], limit: number): T[][] {
  const shards: T[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    if (size + tensor.size > limit && shards.at(-1)!.length > 0) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(tensor);
    size += tensor.size;
  }
  return shards;
}

/** Writes the index that says which shard holds which tensor; returns its name. */
export async function writeIndex(
  files: Files,
  format: WeightsFormat,
  shards: readonly (readonly { readonly name: string }[])[],
  names: readonly string[],
  total_size: number,
): Promise<string> {
  const weightMap = shards.flatMap((shard, index) => shard.map(({ name }) => [name, names[index]!] as const));
  const sorted = weightMap.sort(([a], [b]) => (a < b ? -1 : 1));
  const index = { metadata: { total_size }, weight_map: Object.fromEntries(sorted) };
  const [, name] = weightFiles(format);
  await files.write(name, [new TextEncoder().encode(`${JSON.stringify(index, undefined, 2)}\n`)]);
  return name;
}

/** utils/hub.py: convert_file_size_to_int. */
export function parseSize(size: number | string, operation: string): number {
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
