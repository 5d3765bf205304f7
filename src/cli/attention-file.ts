/** `led summarize --attention FILE`: the summary of one document, and the page that shows what it drew on. */
import { basename, dirname, resolve } from "node:path";
import type { Command } from "commander";
import { folderFiles } from "../hub/index.ts";
import { attentionPage } from "../pipelines/attention-page.ts";
import type { Strategy } from "../pipelines/condense.ts";
import type { DocumentSummary, SummarizeOptions } from "../pipelines/summarize-document.ts";
import { type ExplainedModel, summarizeWithAttention } from "../pipelines/summarize-with-attention.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import type { LoadedDocument } from "./document.ts";
import { shownName } from "./each-document.ts";
import { oneLine } from "./failure.ts";
import type { Progress } from "./progress.ts";

export interface AttentionFlags {
  readonly attention?: string;
  readonly strategy?: Strategy;
}

/** What --attention does not go with ends the command with exit code 2, before anything is read. */
export function refuseBesideAttention(
  command: Command,
  paths: readonly string[],
  { attention, strategy }: AttentionFlags,
): void {
  if (attention === undefined) return;
  const refuse = (text: string): never => command.error(`error: option '--attention' ${text}`);
  if (paths.length > 1) refuse(`is for one document, got ${paths.length}`);
  if (strategy === "hierarchical") {
    refuse("is for summaries of the document itself: --strategy hierarchical summarizes summaries of its parts");
  }
  if (paths[0] !== "-" && resolve(paths[0]!) === resolve(attention)) refuse("would overwrite the document");
}

/** The summary first: whatever becomes of the page, it is there. The page is written whole or not at all. */
export async function* summaryWithPage(
  model: ExplainedModel,
  tokenizer: ByteLevelTokenizer,
  document: LoadedDocument,
  { strategy, ...options }: SummarizeOptions,
  { file, progress }: { readonly file: string; readonly progress: Progress },
): AsyncGenerator<{ readonly document: LoadedDocument; readonly result: DocumentSummary }> {
  const attended = await summarizeWithAttention(model, tokenizer, document.text, {
    ...options,
    attention_progress: (done, total) => progress.update("attention", done, total, "tokens"),
  });
  yield { document, result: { ...attended.summary, ...(strategy && { strategy, chunks: 1, levels: 1 }) } };
  const html = attentionPage(document.text, attended, {
    title: `Summary of ${oneLine(basename(shownName(document)))}`,
  });
  await folderFiles(dirname(file)).write(basename(file), [new TextEncoder().encode(html)]);
}
