/** `led summarize FILE|-`: a summary of one document on standard output. */

import { LEDConfig } from "../config.ts";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { DType } from "../models/led/model-weights.ts";
import { type DocumentSummary, summarizeDocument } from "../pipelines/summarize-document.ts";
import type { Device } from "../platform/platform.ts";
import { AutoTokenizer, type ByteLevelTokenizer } from "../tokenizers/index.ts";
import { readDocument } from "./document.ts";
import { embeddedName, embeddedNotice } from "./embedded.ts";
import { withInterruption } from "./interruption.ts";
import { resolveModel } from "./model-source.ts";
import { type Progress, progressBar } from "./progress.ts";

export interface SummarizeFlags {
  readonly model?: string;
  readonly numBeams?: number;
  readonly maxNewTokens?: number;
  readonly minLength?: number;
  readonly extractive?: boolean;
  readonly maxSentences?: number;
  readonly truncate: boolean;
  readonly unwrap: boolean;
  readonly json?: boolean;
  readonly device: Device;
  readonly dtype?: DType;
  readonly threads?: number;
  readonly progress?: boolean;
}

export async function summarize(path: string, flags: SummarizeFlags): Promise<void> {
  // The document first: a mistyped path should not cost a download.
  const text = await readDocument(path);
  const progress = progressBar(flags.progress);
  const started = performance.now();
  const name = flags.model ?? embeddedName;
  if (name === embeddedName) process.stderr.write(`led: ${embeddedNotice}\n`);
  try {
    const { tokenizer, model } = await load(name, flags, progress);
    try {
      const result = await summarizeDocument(model, tokenizer, text, {
        truncation: flags.truncate,
        unwrap: flags.unwrap,
        extractive: flags.extractive
          ? { ...(flags.maxSentences === undefined ? {} : { max_sentences: flags.maxSentences }) }
          : false,
        generation: {
          ...(flags.numBeams === undefined ? {} : { num_beams: flags.numBeams }),
          ...(flags.maxNewTokens === undefined ? {} : { max_new_tokens: flags.maxNewTokens }),
          ...(flags.minLength === undefined ? {} : { min_length: flags.minLength }),
          progress_callback: ({ stage, done, total, unit }) => progress.update(stage, done, total, unit),
        },
      });
      progress.stop();
      sayWhatWasCut(result);
      const seconds = Math.round(performance.now() - started) / 1000;
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ model: name, device: model.device, ...result, seconds })}\n`
          : plainText(result),
      );
    } finally {
      await model.dispose();
    }
  } finally {
    progress.stop();
  }
}

/** The summary; where it cites the document, a line for each sentence, its line number first. */
function plainText({ summary_text, sentences }: DocumentSummary): string {
  return sentences?.map(({ line, text }) => `${line}: ${text}\n`).join("") ?? `${summary_text}\n`;
}

async function load(
  source: string,
  flags: SummarizeFlags,
  progress: Progress,
): Promise<{ tokenizer: ByteLevelTokenizer; model: LEDForConditionalGeneration }> {
  const files = await resolveModel(source, progress);
  // First, so that a folder without a usable config is refused by name.
  const config = await LEDConfig.from_files(files);
  const tokenizer = await AutoTokenizer.from_pretrained(files);
  // Weights that are converted pass through a temporary file, which is removed on exit.
  const model = await withInterruption(
    ({ exitCode }) => process.exit(exitCode),
    () =>
      LEDForConditionalGeneration.from_pretrained(files, {
        config,
        device: flags.device,
        ...(flags.dtype === undefined ? {} : { dtype: flags.dtype }),
        ...(flags.threads === undefined ? {} : { num_threads: flags.threads }),
      }),
  );
  return { tokenizer, model };
}

function sayWhatWasCut({ source_tokens, truncated_tokens }: DocumentSummary): void {
  if (truncated_tokens === 0) return;
  process.stderr.write(
    `led: the document has ${source_tokens} tokens and the model holds ${source_tokens - truncated_tokens}: ` +
      `the last ${truncated_tokens} were not read.\n`,
  );
}
