/** `led train-tokenizer FILE...`: a tokenizer for LED that is learnt from documents, in a new folder. */
import type { Command } from "commander";
import { leastVocabSize, trainTokenizer as train } from "../tokenizers/train-tokenizer.ts";
import { withInterruption } from "./interruption.ts";
import { writeModelFolder } from "./new-model-folder.ts";
import { progressBar } from "./progress.ts";
import { isJsonLines, trainingTexts } from "./training-texts.ts";

export interface TrainTokenizerFlags {
  readonly output: string;
  readonly vocabSize: number;
  readonly minFrequency: number;
  readonly modelMaxLength: number;
  readonly jsonlField?: readonly string[];
  readonly progress?: boolean;
}

export async function trainTokenizer(
  paths: readonly string[],
  flags: TrainTokenizerFlags,
  command: Command,
): Promise<void> {
  const fields = flags.jsonlField ?? [];
  const lines = paths.find(isJsonLines);
  if (lines !== undefined && fields.length === 0) {
    command.error(`error: option '--jsonl-field <names>' is needed for ${lines}: the fields that hold texts`);
  }
  if (lines === undefined && fields.length > 0) {
    command.error("error: option '--jsonl-field <names>' is for .jsonl and .jsonl.gz files, and there is none");
  }
  const progress = progressBar(flags.progress);
  const interruption = new AbortController();
  try {
    const tokenizer = await writeModelFolder(flags.output, async (target) => {
      const megabytes = (bytes: number) => Math.round(bytes / 1e6);
      const texts = trainingTexts(paths, fields, (done, total) =>
        progress.update("read", megabytes(done), megabytes(total), "MB"),
      );
      const trained = await train(texts, {
        vocab_size: flags.vocabSize,
        min_frequency: flags.minFrequency,
        model_max_length: flags.modelMaxLength,
        progress_callback: (now) => {
          if (now.stage === "merge") progress.update("learn", now.done, now.total, now.unit);
        },
      });
      // Until here nothing was written, and an interruption ends the process at once.
      return withInterruption(
        (why) => interruption.abort(why),
        async () => {
          await trained.save_pretrained(target);
          interruption.signal.throwIfAborted();
          return trained;
        },
      );
    });
    progress.stop();
    const { length } = tokenizer;
    if (length < flags.vocabSize) {
      const often = flags.minFrequency === 1 ? "once" : `${flags.minFrequency} times`;
      process.stderr.write(
        `led: ${length} tokens instead of ${flags.vocabSize}: no pair is left that occurs ${often} in the texts. ` +
          "Give more texts, or the model a vocabulary of this size.\n",
      );
    }
    process.stdout.write(`${length} tokens, ${length - leastVocabSize} merges in ${flags.output}\n`);
  } finally {
    progress.stop();
  }
}
