/** `led summarize FILE...`: a summary of each document on standard output. */

import type { Command } from "commander";
import { LEDError } from "../errors.ts";
import type { SelectedSentences } from "../pipelines/select-sentences.ts";
import type { DocumentSummary, SummarizeOptions } from "../pipelines/summarize-document.ts";
import { type AttentionFlags, refuseBesideAttention } from "./attention-file.ts";
import type { ComputeFlags } from "./compute-flags.ts";
import { type LoadedDocument, loadDocument } from "./document.ts";
import { DocumentFailures } from "./document-failures.ts";
import { pageAt } from "./documents/pdf-text.ts";
import { shownName } from "./each-document.ts";
import { embeddedName, selectorNotice, writerNotice } from "./embedded.ts";
import { oneLine } from "./failure.ts";
import { type Progress, progressBar } from "./progress.ts";
import { chooser, type Summarizer, writer } from "./summarizers.ts";
import { summaryView } from "./summary-view.ts";

export interface SummarizeFlags extends ComputeFlags, AttentionFlags {
  readonly model?: string;
  readonly abstractive?: boolean;
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

export async function summarize(paths: readonly string[], flags: SummarizeFlags, command: Command): Promise<void> {
  refuseBesideAttention(command, paths, flags);
  if (flags.abstractive && flags.extractive) {
    command.error("error: options '--abstractive' and '--extractive' exclude each other: choose one");
  }
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
  try {
    const summarizer = await summarizerOf(flags, progress);
    try {
      let printed = 0;
      for await (const { document, result } of summarizer.summaries(documents)) {
        progress.stop();
        const called = paths.length > 1 ? oneLine(shownName(document)) : undefined;
        if (result instanceof LEDError) {
          failures.add(result, called);
          continue;
        }
        if ("truncated_tokens" in result) sayWhatWasCut(result, called);
        const seconds = Math.round(performance.now() - started) / 1000;
        if (flags.json) {
          const { name: file, format } = document;
          const { model, device } = summarizer;
          const line = { file, format, model, device, ...result, ...withPages(document, result), seconds };
          process.stdout.write(`${JSON.stringify(line)}\n`);
        } else {
          if (called !== undefined) process.stdout.write(`${printed > 0 ? "\n" : ""}==> ${called} <==\n`);
          const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
          process.stdout.write(await summaryView(document, result, columns));
        }
        printed += 1;
      }
    } finally {
      await summarizer.dispose();
    }
  } finally {
    progress.stop();
  }
  failures.end();
}

/**
 * Without a model of the user's own, sentences are chosen, unless something is asked for that only a model has that writes. Which
 * embedded model works and what to expect of it is said first.
 */
function summarizerOf(flags: SummarizeFlags, progress: Progress): Promise<Summarizer> {
  const { model, maxSentences } = flags;
  const writes = [
    flags.abstractive,
    flags.numBeams,
    flags.maxNewTokens,
    flags.minLength,
    flags.strategy,
    flags.attention,
  ];
  if (model === undefined && writes.every((flag) => flag === undefined)) {
    process.stderr.write(`led: ${selectorNotice}\n`);
    const options = {
      unwrap: flags.unwrap,
      ...(maxSentences === undefined ? {} : { max_sentences: maxSentences }),
    };
    return chooser(flags, options, progress);
  }
  const name = model ?? embeddedName;
  if (name === embeddedName) process.stderr.write(`led: ${writerNotice}\n`);
  return writer(name, flags, optionsOf(flags, progress), progress, flags.attention);
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

/** The sentences that are cited, with their pages where the document has pages. */
function withPages({ pages }: LoadedDocument, { sentences }: DocumentSummary | SelectedSentences) {
  if (pages === undefined || sentences === undefined) return {};
  return { sentences: sentences.map((sentence) => ({ ...sentence, page: pageAt(pages, sentence.start) })) };
}

/** `called`: the document's name, where there are others. */
function sayWhatWasCut({ source_tokens, truncated_tokens }: DocumentSummary, called: string | undefined): void {
  if (truncated_tokens === 0) return;
  process.stderr.write(
    `led: ${called ?? "the document"} has ${source_tokens} tokens and the model holds ` +
      `${source_tokens - truncated_tokens}: the last ${truncated_tokens} were not read.\n`,
  );
}
