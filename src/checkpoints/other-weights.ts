/**
 * Weights of an earlier save in a folder that is saved to. The reference deletes shards of its own format (transformers
 * 4.37.2, modeling_utils.py: save_pretrained, "Clean the folder from a previous save"). `Files` cannot delete, and what is
 * in a person's folder is not ours to remove: the save is refused, by the names of the files.
 */
import { FileError } from "../errors.ts";
import type { Files } from "../files.ts";
import type { WeightsFormat } from "../weights-files.ts";
import { isShardName, weightsFiles } from "./shards.ts";

/** What is in the folder: nothing, where it does not exist yet. */
export async function filesIn(target: Files): Promise<string[]> {
  try {
    return await target.list();
  } catch (error) {
    // A folder that is there but cannot be listed says so again when it is written to.
    if (error instanceof FileError) return [];
    throw error;
  }
}

/**
 * Readers take safetensors before all others, and one file before an index. A save in another format is therefore refused
 * where any safetensors are, and a save of any format where files of the format are that it would not replace.
 * Other files beside new safetensors are left alone, as by the reference: no reader takes them unless it is told to.
 * @param held names of the files in the folder
 * @param written names of the files that will be written, the one that a reader looks for last
 */
export function refuseOtherWeights(
  held: readonly string[],
  format: WeightsFormat,
  written: readonly string[],
  operation: string,
): void {
  const own = written.at(-1)!;
  const preferred = format !== "safetensors" ? held.filter((name) => isWeights("safetensors", name)) : [];
  const mixed = held.filter((name) => isWeights(format, name) && !written.includes(name));
  const why = preferred.length > 0 ? `which a load prefers to ${own}` : `which would be mixed up with ${own}`;
  const names = [...preferred, ...mixed];
  if (names.length === 0) return;
  throw new FileError({
    operation,
    expected: `a folder without ${names[0]}, ${why}`,
    got: names.length === 1 ? "one that holds it" : `one that holds it and ${others(names.slice(1))}`,
    fix:
      names.length === 1
        ? "Choose another folder, or delete that file."
        : "Choose another folder, or delete those files.",
  });
}

function isWeights(format: WeightsFormat, name: string): boolean {
  return weightsFiles(format).includes(name) || isShardName(format, name);
}

function others(names: readonly string[]): string {
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}
