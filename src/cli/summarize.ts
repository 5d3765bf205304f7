/** `led summarize FILE|-`: a summary of one document on standard output. */
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import { summarizeDocument } from "../pipelines/summarize-document.ts";
import type { Device } from "../platform/platform.ts";
import { LEDTokenizer } from "../tokenizers/index.ts";
import { readDocument } from "./document.ts";
import { embeddedName, embeddedNotice, embeddedPath } from "./embedded.ts";
import { resolveModel } from "./model-source.ts";
import { progressBar } from "./progress.ts";

export interface SummarizeFlags {
  readonly model?: string;
  readonly numBeams?: number;
  readonly maxNewTokens?: number;
  readonly minLength?: number;
  readonly truncate: boolean;
  readonly json?: boolean;
  readonly device: Device;
  readonly threads?: number;
  readonly progress?: boolean;
}

export async function summarize(path: string, flags: SummarizeFlags): Promise<void> {
  // The document first: a mistyped path should not cost a download.
  const text = await readDocument(path);
  const progress = progressBar(flags.progress);
  const started = performance.now();
  if (flags.model === undefined) process.stderr.write(`led: ${embeddedNotice}\n`);
  try {
    const files = await resolveModel(flags.model ?? embeddedPath, progress);
    const tokenizer = await LEDTokenizer.from_pretrained_files(files);
    const model = await LEDForConditionalGeneration.from_pretrained(files, {
      device: flags.device,
      ...(flags.threads === undefined ? {} : { num_threads: flags.threads }),
    });
    const result = await summarizeDocument(model, tokenizer, text, {
      truncation: flags.truncate,
      generation: {
        ...(flags.numBeams === undefined ? {} : { num_beams: flags.numBeams }),
        ...(flags.maxNewTokens === undefined ? {} : { max_new_tokens: flags.maxNewTokens }),
        ...(flags.minLength === undefined ? {} : { min_length: flags.minLength }),
        progress_callback: ({ stage, done, total, unit }) => progress.update(stage, done, total, unit),
      },
    });
    progress.stop();
    if (result.truncated_tokens > 0) {
      process.stderr.write(
        `led: the document has ${result.source_tokens} tokens and the model holds ` +
          `${result.source_tokens - result.truncated_tokens}: the last ${result.truncated_tokens} were not read.\n`,
      );
    }
    const seconds = (performance.now() - started) / 1000;
    const model_name = flags.model ?? embeddedName;
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ model: model_name, ...result, seconds: Math.round(seconds * 1000) / 1000 })}\n`
        : `${result.summary_text}\n`,
    );
    await model.dispose();
  } finally {
    progress.stop();
  }
}
