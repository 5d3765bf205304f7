/** `led translate FILE...`: documents part by part, with headings, lists and blank lines where they were. */
import type { Command } from "commander";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { PartSize } from "../pipelines/text-parts.ts";
import { type DocumentTranslation, translateDocument } from "../pipelines/translate-document.ts";
import { TranslationPipeline } from "../pipelines/translation.ts";
import type { ComputeFlags } from "./compute-flags.ts";
import type { LoadedDocument } from "./document.ts";
import { eachDocument, shownName } from "./each-document.ts";
import { loadParts, type Purpose, requireModel } from "./load-parts.ts";
import { progressBar } from "./progress.ts";

export interface TranslateFlags extends ComputeFlags {
  readonly model?: string;
  readonly by: PartSize;
  readonly prefix?: string;
  readonly numBeams?: number;
  readonly maxNewTokens?: number;
  readonly batchSize: number;
  readonly unwrap: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
}

const purpose: Purpose<LEDForConditionalGeneration> = {
  does: "translates",
  task: "translation",
  pipeline: "translation",
  className: "LEDForConditionalGeneration",
  load: (files, options) => LEDForConditionalGeneration.from_pretrained(files, options),
};

export async function translate(paths: readonly string[], flags: TranslateFlags, command: Command): Promise<void> {
  const name = requireModel(purpose, flags.model, command);
  const progress = progressBar(flags.progress);
  let model: LEDForConditionalGeneration | undefined;
  try {
    await eachDocument(paths, async () => {
      const parts = await loadParts(purpose, name, flags, progress);
      model = parts.model;
      const { device } = parts.model;
      // The pipeline takes over what the config says of the task.
      const pipeline = new TranslationPipeline({ task: purpose.pipeline, ...parts });
      return async (document) => {
        const started = performance.now();
        const result = await translateDocument(pipeline.model, pipeline.tokenizer, document.text, {
          by: flags.by,
          unwrap: flags.unwrap,
          prefix: flags.prefix,
          batch_size: flags.batchSize,
          generation: {
            ...(flags.numBeams === undefined ? {} : { num_beams: flags.numBeams }),
            ...(flags.maxNewTokens === undefined ? {} : { max_new_tokens: flags.maxNewTokens }),
          },
          progress_callback: ({ stage, done, total, unit }) => progress.update(stage, done, total, unit),
        });
        progress.stop();
        sayWhatWasCut(document, result);
        if (flags.json) {
          const seconds = Math.round(performance.now() - started) / 1000;
          const { name: file, format } = document;
          process.stdout.write(`${JSON.stringify({ file, format, model: name, device, ...result, seconds })}\n`);
        } else {
          const heading = paths.length > 1 ? `==> ${shownName(document)} <==\n` : "";
          process.stdout.write(`${heading}${result.translation_text.replace(/\n*$/, "\n")}`);
        }
      };
    });
  } finally {
    progress.stop();
    await model?.dispose();
  }
}

function sayWhatWasCut(document: LoadedDocument, { parts }: DocumentTranslation): void {
  const lines = parts.flatMap(({ line, cut }) => (cut ? [line] : []));
  if (lines.length === 0) return;
  const shown = lines.slice(0, 10).join(", ") + (lines.length > 10 ? ` and ${lines.length - 10} more` : "");
  process.stderr.write(
    `led: ${shownName(document)}: the translation of line${lines.length === 1 ? "" : "s"} ${shown} was ended by its length, ` +
      "and something may be missing: raise --max-new-tokens, or take shorter parts with --by sentence.\n",
  );
}
