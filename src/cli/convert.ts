/** `led convert SOURCE FOLDER`: a checkpoint rewritten as safetensors, with everything else of its folder. */
import { convertToSafetensors, openCheckpoint } from "../checkpoints/index.ts";
import { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import { readBytes } from "../files.ts";
import { modelFolders } from "../model-folders.ts";
import { geometryOf } from "../models/led/loading.ts";
import { tokenTableNames } from "../models/led/parameters.ts";
import { resolveModel } from "./model-source.ts";
import { progressBar } from "./progress.ts";

export interface ConvertFlags {
  readonly dtype?: "fp32" | "fp16";
  readonly maxShardSize?: string;
  readonly progress?: boolean;
}

/** Small files that travel with the weights. */
const companions = [
  "config.json",
  "generation_config.json",
  "vocab.json",
  "merges.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
];

export async function convert(source: string, folder: string, flags: ConvertFlags): Promise<void> {
  const progress = progressBar(flags.progress);
  try {
    const files = await resolveModel(source, progress);
    const target = modelFolders().open(folder);
    const checkpoint = await openCheckpoint(files);
    const config = await LEDConfig.from_files(files);
    const prefix = [...checkpoint.tensors.keys()].some((name) => name.startsWith("led")) ? "led." : "";
    if (await target.has("config.json")) {
      throw new InvalidArgumentError({
        operation: "led convert",
        expected: "a folder without a model",
        got: `${folder}, which holds a config.json`,
        fix: "Name a new folder.",
      });
    }
    const result = await convertToSafetensors(checkpoint, target, {
      tied: [tokenTableNames(geometryOf(config), prefix)],
      ...(flags.dtype === undefined ? {} : { dtype: flags.dtype }),
      ...(flags.maxShardSize === undefined ? {} : { max_shard_size: flags.maxShardSize }),
      progress_callback: ({ written, total }) =>
        progress.update("convert", Math.round(written / 1e6), Math.round(total / 1e6), "MB"),
    });
    for (const name of companions) {
      if (await files.has(name)) await target.write(name, [await readBytes(files, name)]);
    }
    progress.stop();
    process.stdout.write(`${result.files.join(", ")}: ${Math.round(result.total_size / 1e6)} MB in ${folder}\n`);
  } finally {
    progress.stop();
  }
}
