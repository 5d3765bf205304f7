/**
 * Many documents, as many at once as are worth it: a step of the decoder reads all weights however many documents it is for, so
 * several together take far less time than one after the other. Documents of like length go together, since shorter ones are
 * padded to the longest.
 */
import { InvalidArgumentError, LEDError, refuseUnknownOptions } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import {
  type DocumentSummary,
  generationSettings,
  type ReadDocument,
  readDocument,
  type SummarizeOptions,
  type SummarizingModel,
  summarizeRead,
} from "./summarize-document.ts";

/** A document that is longer than the model is cut, or an error: summarizeDocument has a strategy for it. */
export interface SummarizeManyOptions extends Omit<SummarizeOptions, "strategy" | "stride"> {
  /** Documents that are computed together; 8 by default. */
  readonly batch_size?: number;
  /**
   * Source tokens, padding included, that are computed together at most; 32,768 by default. Longer documents go alone. This is what
   * bounds memory: keys and values of the source take 2 x decoder_layers x d_model numbers a token.
   */
  readonly batch_tokens?: number;
  /** Documents among which those of like length are looked for; 16 batches by default. No more are read ahead. */
  readonly window?: number;
}

/** How a document was computed: with how many, and what share of the batch's tokens was padding. */
export interface BatchReport {
  readonly documents: number;
  readonly padding: number;
}

/** In the order in which they are done; `index` counts the given documents from 0. */
export type SummaryOfMany =
  | { readonly index: number; readonly summary: DocumentSummary; readonly batch: BatchReport }
  /** A document that cannot be summarised does not keep the others from it. */
  | { readonly index: number; readonly error: LEDError };

interface Numbered {
  readonly index: number;
  readonly document: ReadDocument;
}

/**
 * Summaries of all documents. With several models (each in a worker of its own, so that they compute at the same time) a batch
 * goes to the next one that is free. Throws what concerns the whole call: options, a tokenizer of another model, an abort.
 */
export async function* summarizeDocuments(
  models: SummarizingModel | readonly SummarizingModel[],
  tokenizer: ByteLevelTokenizer,
  texts: Iterable<string> | AsyncIterable<string>,
  options: SummarizeManyOptions = {},
): AsyncGenerator<SummaryOfMany> {
  const operation = "summarizeDocuments";
  refuseUnknownOptions(operation, options, [
    ...["truncation", "unwrap", "extractive", "generation"],
    ...["batch_size", "batch_tokens", "window"],
  ]);
  const { batch_size = 8, batch_tokens = 32768, window = 16 * batch_size, ...rest } = options;
  for (const [name, value] of Object.entries({ batch_size, batch_tokens, window })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new InvalidArgumentError({ operation, expected: `\`${name}\` above 0`, got: String(value) });
  }
  const free = "generate" in models ? [models] : [...models];
  const [first] = free;
  if (first === undefined) throw new InvalidArgumentError({ operation, expected: "a model", got: "none" });
  requireMatchingTokenizer(tokenizer, first.config);
  const settings = generationSettings(first, rest.generation);

  const running = new Map<SummarizingModel, Promise<{ model: SummarizingModel; done: SummaryOfMany[] }>>();
  const start = (batch: readonly Numbered[]): void => {
    const model = free.shift()!;
    const work = summarizeRead(
      model,
      tokenizer,
      batch.map(({ document }) => document),
      settings,
      rest,
    );
    const done = work.then((summaries) => {
      const report = reportOf(batch);
      return { model, done: summaries.map((summary, i) => ({ index: batch[i]!.index, summary, batch: report })) };
    });
    // Where another batch fails first, nobody waits for this one.
    done.catch(() => {});
    running.set(model, done);
  };
  const next = async (): Promise<SummaryOfMany[]> => {
    const { model, done } = await Promise.race(running.values());
    running.delete(model);
    free.push(model);
    return done;
  };

  let index = 0;
  let waiting: Numbered[] = [];
  const source = toAsync(texts);
  for (let open = true; open; ) {
    while (waiting.length < window) {
      const { value: text, done } = await source.next();
      if (done) {
        open = false;
        break;
      }
      const own = index++;
      try {
        waiting.push({ index: own, document: readDocument(first, tokenizer, text, rest) });
      } catch (error) {
        if (!(error instanceof LEDError)) throw error;
        yield { index: own, error };
      }
    }
    // The longest first: what is over last is short.
    waiting.sort((a, b) => b.document.ids.length - a.document.ids.length || a.index - b.index);
    while (waiting.length > 0) {
      const count = fitting(waiting, batch_size, batch_tokens);
      // A batch that more documents may yet fill waits for them.
      if (open && count === waiting.length && count < batch_size && count < window) break;
      if (free.length === 0) yield* await next();
      start(waiting.slice(0, count));
      waiting = waiting.slice(count);
    }
  }
  while (running.size > 0) yield* await next();
}

/** How many of the documents, the longest first, go together. */
function fitting(documents: readonly Numbered[], batch_size: number, batch_tokens: number): number {
  const width = documents[0]!.document.ids.length;
  return Math.min(documents.length, batch_size, Math.max(1, Math.floor(batch_tokens / width)));
}

function reportOf(batch: readonly Numbered[]): BatchReport {
  const lengths = batch.map(({ document }) => document.ids.length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return { documents: batch.length, padding: 1 - tokens / (batch.length * Math.max(...lengths)) };
}

async function* toAsync(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  yield* texts;
}
