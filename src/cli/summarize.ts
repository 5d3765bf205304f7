/** `led summarize FILE...`: a summary of each document on standard output. */

import type { Command } from "commander";
import { LEDConfig } from "../config.ts";
import { LEDError } from "../errors.ts";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import {
  type DocumentSummary,
  generationSettings,
  type SummarizeOptions,
  summarizeDocument,
} from "../pipelines/summarize-document.ts";
import { summarizeDocuments } from "../pipelines/summarize-documents.ts";
import { AutoTokenizer, type ByteLevelTokenizer } from "../tokenizers/index.ts";
import { type AttentionFlags, refuseBesideAttention, summaryWithPage } from "./attention-file.ts";
import { type ComputeFlags, computeOptions } from "./compute-flags.ts";
import { type LoadedDocument, loadDocument } from "./document.ts";
import { DocumentFailures } from "./document-failures.ts";
import { pageAt } from "./documents/pdf-text.ts";
import { shownName } from "./each-document.ts";
import { embeddedName, embeddedNotice } from "./embedded.ts";
import { oneLine } from "./failure.ts";
import { withInterruption } from "./interruption.ts";
import { resolveModel } from "./model-source.ts";
import { type Progress, progressBar } from "./progress.ts";
import { summaryView } from "./summary-view.ts";

export interface SummarizeFlags extends ComputeFlags, AttentionFlags {
  readonly model?: string;
  readonly numBeams?: number;
  readonly maxNewTokens?: number;
  readonly minLength?: number;
  readonly extractive?: boolean;
  readonly maxSentences?: number;
  readonly truncate: boolean;
  readonly unwrap: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
}

/**
 * Documents that are read ahead, of which short ones are computed together: eight of 500 tokens took half the time of one after the
 * other. Of 3,000 tokens each, most time goes to reading them, and padding them to one length took a fourth more.
 */
const together = { batch_size: 8, window: 8, batch_tokens: 4096 };

export async function summarize(paths: readonly string[], flags: SummarizeFlags, command: Command): Promise<void> {
  refuseBesideAttention(command, paths, flags);
  const started = performance.now();
  const failures = new DocumentFailures(paths.length);
  // The documents first: a mistyped path should not cost a download.
  const documents: LoadedDocument[] = [];
  for (const path of paths) {
    try {
      documents.push(await loadDocument(path));
    } catch (error) {
      failures.add(error);
    }
  }
  if (documents.length === 0) return failures.end();
  const progress = progressBar(flags.progress);
  const name = flags.model ?? embeddedName;
  if (name === embeddedName) process.stderr.write(`led: ${embeddedNotice}\n`);
  try {
    const { tokenizer, model } = await load(name, flags, progress);
    try {
      let printed = 0;
      const options = optionsOf(flags, progress);
      const all =
        flags.attention === undefined
          ? summaries(model, tokenizer, documents, options)
          : summaryWithPage(model, tokenizer, documents[0]!, options, { file: flags.attention, progress });
      for await (const { document, result } of all) {
        progress.stop();
        const called = paths.length > 1 ? oneLine(shownName(document)) : undefined;
        if (result instanceof LEDError) {
          failures.add(result, called);
          continue;
        }
        sayWhatWasCut(result, called);
        const seconds = Math.round(performance.now() - started) / 1000;
        if (flags.json) {
          const { name: file, format } = document;
          const sentences = withPages(document, result);
          const line = { file, format, model: name, device: model.device, ...result, ...sentences, seconds };
          process.stdout.write(`${JSON.stringify(line)}\n`);
        } else {
          if (called !== undefined) process.stdout.write(`${printed > 0 ? "\n" : ""}==> ${called} <==\n`);
          const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
          process.stdout.write(await summaryView(document, result, columns));
        }
        printed += 1;
      }
    } finally {
      await model.dispose();
    }
  } finally {
    progress.stop();
  }
  failures.end();
}

function optionsOf(flags: SummarizeFlags, progress: Progress): SummarizeOptions {
  return {
    truncation: flags.truncate,
    unwrap: flags.unwrap,
    ...(flags.strategy === undefined ? {} : { strategy: flags.strategy }),
    extractive: flags.extractive
      ? { ...(flags.maxSentences === undefined ? {} : { max_sentences: flags.maxSentences }) }
      : false,
    generation: {
      ...(flags.numBeams === undefined ? {} : { num_beams: flags.numBeams }),
      ...(flags.maxNewTokens === undefined ? {} : { max_new_tokens: flags.maxNewTokens }),
      ...(flags.minLength === undefined ? {} : { min_length: flags.minLength }),
      progress_callback: ({ stage, done, total, unit, batch, batches }) =>
        progress.update(stage, done, total, unit, batches > 1 ? `part ${batch} of ${batches}` : undefined),
    },
  };
}

interface Summarized {
  readonly document: LoadedDocument;
  readonly result: DocumentSummary | LEDError;
}

/** In the order of the documents. Throws what concerns them all. */
async function* summaries(
  model: LEDForConditionalGeneration,
  tokenizer: ByteLevelTokenizer,
  documents: readonly LoadedDocument[],
  { strategy, ...options }: SummarizeOptions,
): AsyncGenerator<Summarized> {
  if (strategy !== undefined) {
    generationSettings(model, options.generation);
    for (const document of documents) {
      const work = summarizeDocument(model, tokenizer, document.text, { ...options, strategy });
      yield { document, result: await work.catch(foreseen) };
    }
    return;
  }
  const done = new Map<number, Summarized>();
  const texts = documents.map(({ text }) => text);
  let next = 0;
  for await (const one of summarizeDocuments(model, tokenizer, texts, { ...options, ...together })) {
    done.set(one.index, { document: documents[one.index]!, result: "error" in one ? one.error : one.summary });
    for (let ready = done.get(next); ready !== undefined; ready = done.get(next)) {
      yield ready;
      done.delete(next);
      next += 1;
    }
  }
}

function foreseen(error: unknown): LEDError {
  if (error instanceof LEDError) return error;
  throw error;
}

/** The sentences that are cited, with their pages where the document has pages. */
function withPages({ pages }: LoadedDocument, { sentences }: DocumentSummary) {
  if (pages === undefined || sentences === undefined) return {};
  return { sentences: sentences.map((sentence) => ({ ...sentence, page: pageAt(pages, sentence.start) })) };
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
    () => LEDForConditionalGeneration.from_pretrained(files, { config, ...computeOptions(flags) }),
  );
  return { tokenizer, model };
}

/** `called`: the document's name, where there are others. */
function sayWhatWasCut({ source_tokens, truncated_tokens }: DocumentSummary, called: string | undefined): void {
  if (truncated_tokens === 0) return;
  process.stderr.write(
    `led: ${called ?? "the document"} has ${source_tokens} tokens and the model holds ` +
      `${source_tokens - truncated_tokens}: the last ${truncated_tokens} were not read.\n`,
  );
}
