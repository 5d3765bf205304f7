/** A summary of a document, and which parts of the document the model looked at while it wrote each sentence. */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { type AttendingModel, attentionOnSpans } from "./cross-attention.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import { type CitedSentence, passageOf } from "./passages.ts";
import { tokenSpans } from "./sentences.ts";
import {
  type DocumentSummary,
  generationSettings,
  readDocument,
  type SummarizeOptions,
  type SummarizingModel,
  summaryOf,
  writeSummaries,
} from "./summarize-document.ts";
import { type SentenceAttention, sentenceAttention } from "./summary-attention.ts";
import { summarySentences } from "./summary-sentences.ts";
import { unwrapLines } from "./unwrap-lines.ts";

/** What the call needs of the model, which may compute in a worker. */
export type ExplainedModel = SummarizingModel & AttendingModel;

/** A document that is longer than the model is cut, or an error: sentences of summaries of parts come from no document. */
export interface SummarizeWithAttentionOptions extends Omit<SummarizeOptions, "strategy" | "stride"> {
  /** Called with tokens of the summary whose attention is known, of all. */
  readonly attention_progress?: (done: number, total: number) => void;
  /** Attention weights that are held at once; 2^24 (64 MiB) by default. Those of one token of the summary are held whatever this says. */
  readonly most_attention_weights?: number;
}

/** The sentences that the numbers are of, in their order. */
export interface SummaryAttention extends SentenceAttention {
  /** Sentences of the document, as far as it was read; one that was cut ends where it ends in the document. */
  readonly source_sentences: readonly CitedSentence[];
  readonly summary_sentences: readonly string[];
}

const operation = "summarizeWithAttention";

/**
 * Reads the document twice: once to write the summary, as summarizeDocument does, and once for the attention. Throws what
 * summarizeDocument throws, and an InvalidArgumentError for a tokenizer that does not know the place of each token.
 */
export async function summarizeWithAttention(
  model: ExplainedModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  options: SummarizeWithAttentionOptions = {},
): Promise<{ readonly summary: DocumentSummary; readonly attention: SummaryAttention }> {
  const { attention_progress, most_attention_weights, ...summarizing } = options;
  refuseUnknownOptions(operation, options, [
    ...["truncation", "unwrap", "extractive", "generation"],
    ...["attention_progress", "most_attention_weights"],
  ]);
  if (most_attention_weights !== undefined && !(most_attention_weights > 0)) {
    throw new InvalidArgumentError({
      operation,
      expected: "`most_attention_weights` above 0",
      got: String(most_attention_weights),
    });
  }
  requireMatchingTokenizer(tokenizer, model.config);
  if (!tokenizer.is_fast) {
    throw new InvalidArgumentError({
      operation,
      expected: "a tokenizer that knows the place of each token",
      got: "LEDTokenizer",
      fix: "Load LEDTokenizerFast, or AutoTokenizer.",
    });
  }
  const settings = generationSettings(model, options.generation);
  const document = readDocument(model, tokenizer, text, summarizing);
  const [written] = await writeSummaries(model, tokenizer, [document], summarizing);
  const output = written!;

  const read = sourceSentences(tokenizer, text, document.ids.length, options.unwrap ?? true);
  const sentences = summarySentences(tokenizer, output, document);
  const summary = summaryOf(model, tokenizer, document, output, settings);
  const rows = await attentionOnSpans(
    model,
    {
      source: document.ids,
      global_attention: summary.global_attention,
      target: output.ids.slice(0, summary.summary_tokens),
      spans: read.map(({ span }) => span),
    },
    { signal: options.generation?.signal, progress: attention_progress, most_weights: most_attention_weights },
  );
  const numbers = sentenceAttention(
    rows,
    // The row of a token is that of the step that wrote it: the start token has none.
    sentences.map(({ tokens: [first, beyond] }) => [first - 1, beyond - 1]),
    read.map(({ span: [first, beyond] }) => beyond - first),
    document.ids.length,
  );
  const attention = {
    source_sentences: read.map(({ cited }) => cited),
    summary_sentences: sentences.map((sentence) => sentence.text),
    ...numbers,
  };
  return { summary, attention };
}

/** Those of which at least a token was read, with their tokens. */
function sourceSentences(tokenizer: ByteLevelTokenizer, text: string, max_length: number, unwrap: boolean) {
  const passage = passageOf(text, unwrap ? unwrapLines(text).text : text);
  const { offset_mapping } = tokenizer(passage.text, {
    ...{ truncation: true, max_length },
    ...{ return_offsets_mapping: true, offset_unit: "utf16" as const },
    verbose: false,
  });
  const places = offset_mapping as [number, number][];
  return tokenSpans(passage.sentences, places, false).map(({ sentence, span }) => ({ cited: sentence.cited, span }));
}
