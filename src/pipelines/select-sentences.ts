/**
 * A summary made of a document's own sentences, each with its place: the ones that a model for questions would answer with when it
 * is asked for what the title promises. The model reads `<s>title</s></s>text</s>` with global attention on the title, and its
 * head over the encoder says of each token how likely such a sentence begins and ends there (config: head "encoder").
 *
 * It costs one pass of the encoder, and what it gives is faithful by construction.
 */
import { type QuestionWindow, questionWindows } from "../datasets/index.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { headPlace } from "../models/led/class-specs.ts";
import type { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import { overRows, type RowOptions } from "./model-rows.ts";
import { type CitedSentence, type PassageSentence, passageOf } from "./passages.ts";
import { tokenSpans } from "./sentences.ts";
import { unwrapLines } from "./unwrap-lines.ts";

export interface SelectSentencesOptions extends RowOptions {
  /** What the document is about; by default its first line where that is a heading. */
  readonly title?: string | undefined;
  /** 3 by default, or what the model's config says. */
  readonly max_sentences?: number | undefined;
  /** Read wrapped lines of a paragraph as one line (unwrap-lines.ts). True by default. */
  readonly unwrap?: boolean | undefined;
}

export interface SelectedSentence extends CitedSentence {
  /** How likely the sentence is among all places of the document at which one could begin and end: 0 to 1. */
  readonly score: number;
}

export interface SelectedSentences {
  readonly summary_text: string;
  /** In the document's order. */
  readonly sentences: readonly SelectedSentence[];
  /** What the model was asked for. */
  readonly title: string;
  /** Tokens that were read, over all windows. */
  readonly source_tokens: number;
  /** Windows of the model that the document took. */
  readonly windows: number;
  /** Line breaks within paragraphs that were read as spaces. */
  readonly unwrapped_lines: number;
}

/** What choosing sentences needs of the model, which may compute in a worker. */
export type SelectingModel = Pick<LEDForQuestionAnswering, "config" | "forward">;

/** What a model's config may say under task_specific_params.sentence_selection. */
interface SelectionSettings {
  /** Asked of a document without a title. */
  readonly untitled: string;
  readonly max_sentences: number;
  /** A further sentence is taken where its score is at least so much of the best one's. */
  readonly least_share: number;
}

const usual: SelectionSettings = { untitled: "Summary", max_sentences: 3, least_share: 0.3 };

const operation = "selectSentences";
/** Of a long document's windows, so that most sentences lie in one of them as a whole. */
const commonTokens = 128;
/** A first line that is longer is a paragraph. */
const longestTitle = 200;
/** What lists, headings and titles of Markdown begin with. */
const marks = /^[#>*=\s-]+/;

/** Throws an InvalidArgumentError for a model without a head over the encoder, another model's tokenizer, and a text without sentences. */
export async function selectSentences(
  model: SelectingModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  options: SelectSentencesOptions = {},
): Promise<SelectedSentences> {
  refuseUnknownOptions(operation, options, [
    ...["title", "max_sentences", "unwrap"],
    ...["batch_size", "signal", "progress_callback"],
  ]);
  if (headPlace(model.config) !== "encoder") {
    throw new InvalidArgumentError({
      operation,
      expected: 'LEDForQuestionAnswering with its head over the encoder (config key head: "encoder")',
      got: "a head over the decoder",
    });
  }
  requireMatchingTokenizer(tokenizer, model.config);
  const settings = settingsOf(model);
  const max_sentences = options.max_sentences ?? settings.max_sentences;
  if (!Number.isInteger(max_sentences) || max_sentences < 1) {
    throw new InvalidArgumentError({ operation, expected: "`max_sentences` above 0", got: String(max_sentences) });
  }
  const source = options.unwrap === false ? { text, joined: 0 } : unwrapLines(text);
  const heading = headingOf(source.text);
  const title = options.title ?? heading?.title ?? settings.untitled;
  const bodyStart = heading?.end ?? 0;
  const body = source.text.slice(bodyStart);
  const max_length = model.config.max_encoder_position_embeddings;
  const windows = questionWindows(tokenizer, {
    max_length,
    stride: Math.min(commonTokens, max_length >> 3),
  }).windows(title, body, {}, operation);
  const sentences = passageOf(text, source.text)
    .sentences.filter(({ start }) => start >= bodyStart)
    .map((sentence) => ({ ...sentence, start: sentence.start - bodyStart, end: sentence.end - bodyStart }));
  const scored = await overRows(
    windows,
    options,
    { stage: "read", unit: "windows", pad_token_id: tokenizer.pad_token_id! },
    async (batch, rows) => {
      const output = await model.forward(batch);
      const width = batch.input_ids[0]!.length;
      const [starts, ends] = [output.start_logits!, output.end_logits!].map(({ data }) => data as Float32Array);
      return rows.map((window, row) => {
        const part = (logits: Float32Array) => logits.subarray(row * width, row * width + window.input_ids.length);
        return scoresOf(window, sentences, part(starts!), part(ends!));
      });
    },
  );
  const chosen = choose(scored.flat(), max_sentences, settings.least_share);
  if (chosen.length === 0) {
    throw new InvalidArgumentError({ operation, expected: "a text with at least one sentence", got: "none" });
  }
  return {
    summary_text: chosen.map((sentence) => sentence.text).join(" "),
    sentences: chosen,
    title,
    source_tokens: windows.reduce((sum, { input_ids }) => sum + input_ids.length, 0),
    windows: windows.length,
    unwrapped_lines: source.joined,
  };
}

function settingsOf({ config }: SelectingModel): SelectionSettings {
  const given = (config.task_specific_params as { sentence_selection?: Partial<SelectionSettings> } | null | undefined)
    ?.sentence_selection;
  return { ...usual, ...given };
}

/** The first line with a letter where it is a heading: short, not a sentence, and not all there is. */
function headingOf(text: string): { title: string; end: number } | undefined {
  const line = /^.*\p{L}.*$/mu.exec(text);
  if (line === null) return undefined;
  const title = line[0].replace(marks, "").trim();
  const end = line.index + line[0].length;
  const isSentence = /[.!?。:;,]["'”’)]*$/u.test(title) && !line[0].startsWith("#");
  if (title.length > longestTitle || isSentence || text.slice(end).trim() === "") return undefined;
  return { title, end };
}

/** Of the sentences that lie in a window as a whole, those that the model gives a place. */
function scoresOf(
  { offsets }: QuestionWindow,
  sentences: readonly PassageSentence[],
  starts: Float32Array,
  ends: Float32Array,
): SelectedSentence[] {
  const [startLevel, endLevel] = [logOfSum(starts), logOfSum(ends)];
  const first = offsets.find((offset) => offset !== null)?.[0] ?? 0;
  const within = sentences.filter(({ start }) => start >= first);
  const spans = offsets.map((offset) => offset ?? ([0, 0] as const));
  return tokenSpans(within, spans, true).map(({ sentence, span: [from, to] }) => ({
    ...sentence.cited,
    score: Math.exp((starts[from]! - startLevel + ends[to - 1]! - endLevel) / 2),
  }));
}

function logOfSum(values: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > most) most = value;
  let total = 0;
  for (const value of values) total += Math.exp(value - most);
  return Math.log(total) + most;
}

/** The likeliest ones, in the document's order. */
function choose(scored: readonly SelectedSentence[], count: number, leastShare: number): readonly SelectedSentence[] {
  const once = new Map<number, SelectedSentence>();
  for (const one of scored) if (one.score > (once.get(one.start)?.score ?? -1)) once.set(one.start, one);
  const ranked = [...once.values()].sort((a, b) => b.score - a.score);
  const best = ranked[0]?.score ?? 0;
  return ranked
    .slice(0, count)
    .filter(({ score }) => score >= leastShare * best)
    .sort((a, b) => a.start - b.start);
}
