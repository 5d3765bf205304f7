/** What `led summarize` makes summaries with: a model that writes them, or the embedded one that chooses sentences. */
import { LEDConfig } from "../config.ts";
import { LEDError } from "../errors.ts";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { type SelectedSentences, type SelectSentencesOptions, selectSentences } from "../pipelines/select-sentences.ts";
import {
  type DocumentSummary,
  generationSettings,
  type SummarizeOptions,
  summarizeDocument,
} from "../pipelines/summarize-document.ts";
import { summarizeDocuments } from "../pipelines/summarize-documents.ts";
import { AutoTokenizer, type ByteLevelTokenizer } from "../tokenizers/index.ts";
import { summaryWithPage } from "./attention-file.ts";
import type { ComputeFlags } from "./compute-flags.ts";
import type { LoadedDocument } from "./document.ts";
import { embeddedName, selectorPath } from "./embedded.ts";
import { type Loader, loadModel } from "./load-parts.ts";
import { resolveModel } from "./model-source.ts";
import type { Progress } from "./progress.ts";

export interface Summarized<S = DocumentSummary | SelectedSentences> {
  readonly document: LoadedDocument;
  readonly result: S | LEDError;
}

export interface Summarizer {
  /** What the user calls its model. */
  readonly model: string;
  readonly device: string;
  /** In the order of the documents. Throws what concerns them all. */
  summaries(documents: readonly LoadedDocument[]): AsyncIterable<Summarized>;
  dispose(): Promise<void>;
}

/**
 * Documents that are read ahead, of which short ones are computed together: eight of 500 tokens took half the time of one after the
 * other. Of 3,000 tokens each, most time goes to reading them, and padding them to one length took a fourth more.
 */
const together = { batch_size: 8, window: 8, batch_tokens: 4096 };

/** `attention`: the file that a page about the one document goes to. */
export async function writer(
  name: string,
  flags: ComputeFlags,
  options: SummarizeOptions,
  progress: Progress,
  attention: string | undefined,
): Promise<Summarizer> {
  const { tokenizer, model } = await load(
    name,
    (files, given) => LEDForConditionalGeneration.from_pretrained(files, given),
    flags,
    progress,
  );
  return {
    model: name,
    device: model.device,
    summaries: (documents) =>
      attention === undefined
        ? written(model, tokenizer, documents, options)
        : summaryWithPage(model, tokenizer, documents[0]!, options, { file: attention, progress }),
    dispose: () => model.dispose(),
  };
}

export async function chooser(
  flags: ComputeFlags,
  options: SelectSentencesOptions,
  progress: Progress,
): Promise<Summarizer> {
  const { tokenizer, model } = await load(
    selectorPath,
    (files, given) => LEDForQuestionAnswering.from_pretrained(files, given),
    flags,
    progress,
  );
  return {
    model: embeddedName,
    device: model.device,
    async *summaries(documents) {
      for (const document of documents) {
        const work = selectSentences(model, tokenizer, document.text, {
          ...options,
          progress_callback: ({ stage, done, total, unit }) => progress.update(stage, done, total, unit),
        });
        yield { document, result: await work.catch(foreseen) };
      }
    },
    dispose: () => model.dispose(),
  };
}

async function* written(
  model: LEDForConditionalGeneration,
  tokenizer: ByteLevelTokenizer,
  documents: readonly LoadedDocument[],
  { strategy, ...options }: SummarizeOptions,
): AsyncGenerator<Summarized<DocumentSummary>> {
  if (strategy !== undefined) {
    generationSettings(model, options.generation);
    for (const document of documents) {
      const work = summarizeDocument(model, tokenizer, document.text, { ...options, strategy });
      yield { document, result: await work.catch(foreseen) };
    }
    return;
  }
  const done = new Map<number, Summarized<DocumentSummary>>();
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

async function load<M>(
  source: string,
  loader: Loader<M>,
  flags: ComputeFlags,
  progress: Progress,
): Promise<{ tokenizer: ByteLevelTokenizer; model: M }> {
  const files = await resolveModel(source, progress);
  // First, so that a folder without a usable config is refused by name.
  const config = await LEDConfig.from_files(files);
  const tokenizer = await AutoTokenizer.from_pretrained(files);
  return { tokenizer, model: await loadModel(files, config, flags, loader) };
}
