/** `led convert MODEL FOLDER`: a checkpoint rewritten as safetensors, with everything else of its folder. */
import type { Command } from "commander";
import { type ConvertDType, convertToSafetensors, openCheckpoint } from "../checkpoints/index.ts";
import { quantizationConfig } from "../checkpoints/quantize.ts";
import type { WriteProgress } from "../checkpoints/shards.ts";
import { LEDConfig } from "../config.ts";
import { type Files, readBytes, readJsonObject } from "../files.ts";
import { filesOfPart } from "../load-options.ts";
import { convert_bart_to_led } from "../models/led/convert-bart.ts";
import { geometryOf } from "../models/led/geometry.ts";
import { tokenTableNames } from "../models/led/parameters.ts";
import { isMatrix } from "../models/led/quantization.ts";
import { withInterruption } from "./interruption.ts";
import { resolveModel } from "./model-source.ts";
import { writeModelFolder } from "./new-model-folder.ts";
import { progressBar } from "./progress.ts";

export interface ConvertFlags {
  readonly dtype?: ConvertDType;
  readonly maxShardSize?: string;
  readonly from?: "tf" | "bart";
  readonly attentionWindow?: number;
  readonly maxPositionEmbeddings?: number;
  readonly progress?: boolean;
}

/** Small files that travel with the weights; the config, which makes the folder a model, comes last. */
const companions = [...filesOfPart.tokenizer, ...filesOfPart.config.toReversed()];

/** What config.json calls a number format. */
const torchTypes = { fp32: "float32", fp16: "float16", q8: "float32" } as const;

export async function convert(source: string, folder: string, flags: ConvertFlags, command: Command): Promise<void> {
  refuseContradictions(flags, command);
  const progress = progressBar(flags.progress);
  const interruption = new AbortController();
  const showWritten = ({ written, total }: WriteProgress): void =>
    progress.update("convert", Math.round(written / 1e6), Math.round(total / 1e6), "MB");
  try {
    const result = await writeModelFolder(folder, async (target) => {
      const search = flags.from === "tf" ? "from_tf" : "torch";
      const files = await resolveModel(source, progress, undefined, search);
      if (flags.from === "bart") {
        return withInterruption(
          (why) => interruption.abort(why),
          () =>
            convert_bart_to_led(files, {
              output: target,
              attention_window: flags.attentionWindow,
              max_position_embeddings: flags.maxPositionEmbeddings,
              max_shard_size: flags.maxShardSize,
              write_callback: showWritten,
              signal: interruption.signal,
            }),
        );
      }
      const checkpoint = await openCheckpoint(files, { search });
      const config = await LEDConfig.from_files(files);
      const prefix = [...checkpoint.tensors.keys()].some((name) => name.startsWith("led")) ? "led." : "";
      return withInterruption(
        (why) => interruption.abort(why),
        async () => {
          const weights = await convertToSafetensors(checkpoint, target, {
            tied: [tokenTableNames(geometryOf(config), prefix)],
            ...(flags.dtype === undefined ? {} : { dtype: flags.dtype, isMatrix }),
            ...(flags.maxShardSize === undefined ? {} : { max_shard_size: flags.maxShardSize }),
            progress_callback: showWritten,
            signal: interruption.signal,
          });
          for (const name of companions) {
            interruption.signal.throwIfAborted();
            if (await files.has(name)) await target.write(name, [await companion(files, name, flags)]);
          }
          return weights;
        },
      );
    });
    progress.stop();
    process.stdout.write(`${result.files.join(", ")}: ${megabytes(result.total_size)} MB in ${folder}\n`);
  } finally {
    progress.stop();
  }
}

/** Options of one kind of model that are given with another. */
function refuseContradictions({ from, dtype, attentionWindow, maxPositionEmbeddings }: ConvertFlags, command: Command) {
  if (from === "bart" && dtype !== undefined) {
    command.error("error: option '--from bart' cannot be used with option '--dtype <dtype>'");
  }
  const ofBart = { "--attention-window <n>": attentionWindow, "--max-position-embeddings <n>": maxPositionEmbeddings };
  for (const [name, value] of Object.entries(ofBart)) {
    if (from !== "bart" && value !== undefined) command.error(`error: option '${name}' is for --from bart`);
  }
}

/** A file as it is, but for the config of weights that get another number format. */
async function companion(files: Files, name: string, { dtype }: ConvertFlags): Promise<Uint8Array> {
  if (name !== "config.json" || dtype === undefined) return readBytes(files, name);
  const config = {
    ...(await readJsonObject(files, name)),
    torch_dtype: torchTypes[dtype],
    ...(dtype === "q8" ? { quantization_config: quantizationConfig } : {}),
  };
  return new TextEncoder().encode(`${JSON.stringify(config, undefined, 2)}\n`);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
