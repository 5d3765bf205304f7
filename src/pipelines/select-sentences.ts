/**
 * A summary made of a document's own sentences, each with its place. A model for questions, with its head over the encoder (config:
 * head "encoder"), is given each sentence's cues instead of its words (sentence-cues.ts), and says of each how likely it is the one
 * to quote: `<s>what is known of the document</s></s>cues</s>`, global attention on the former.
 *
 * It costs one pass of a small encoder, whatever the subject, and what it gives is faithful by construction.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import { overRows, type RowOptions, rowOptionNames } from "./model-rows.ts";
import { type CitedSentence, passageOf } from "./passages.ts";
import { cuesPerSentence, sentenceCues } from "./sentence-cues.ts";
import { listItem } from "./sentences.ts";
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
  /** How likely the sentence is the one to quote, 0 to 1: those of all sentences make 1. */
  readonly score: number;
}

export interface SelectedSentences {
  readonly summary_text: string;
  /** In the document's order. */
  readonly sentences: readonly SelectedSentence[];
  /** What the sentences were compared with; empty where the document has no title and none was given. */
  readonly title: string;
  /** Sentences of the document, and those of them that could be chosen: prose, or all where there is none. */
  readonly total_sentences: number;
  readonly candidates: number;
  /** Passes of the model that the document took. */
  readonly windows: number;
  /** Line breaks within paragraphs that were read as spaces. */
  readonly unwrapped_lines: number;
}

/** What choosing sentences needs of the model, which may compute in a worker. */
export type SelectingModel = Pick<LEDForQuestionAnswering, "config" | "forward">;

/** What a model's config may say under task_specific_params.sentence_selection. */
interface SelectionSettings {
  readonly max_sentences: number;
  /** A further sentence is taken where its score is at least so much of the best one's. */
  readonly least_share: number;
}

const usual: SelectionSettings = { max_sentences: 3, least_share: 0.4 };

const operation = "selectSentences";
/** A first line that is longer is a paragraph. */
const longestTitle = 200;
/** What headings and titles begin with, in Markdown and other markup. */
const marks = /^[#>*=\s-]+/;

/** Throws an InvalidArgumentError for a model that was not made for it, another model's tokenizer, and a text without sentences. */
export async function selectSentences(
  model: SelectingModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  options: SelectSentencesOptions = {},
): Promise<SelectedSentences> {
  refuseUnknownOptions(operation, options, ["title", "max_sentences", "unwrap", ...rowOptionNames]);
  const { config } = model;
  const settings = { ...usual, ...givenSettings(config.task_specific_params) };
  requireMatchingTokenizer(tokenizer, config);
  const max_sentences = options.max_sentences ?? settings.max_sentences;
  if (!Number.isInteger(max_sentences) || max_sentences < 1) {
    throw new InvalidArgumentError({ operation, expected: "`max_sentences` above 0", got: String(max_sentences) });
  }
  const source = options.unwrap === false ? { text, joined: 0 } : unwrapLines(text);
  const heading = headingOf(source.text);
  const title = options.title ?? heading?.title ?? "";
  const sentences = passageOf(text, source.text).sentences.filter(({ start }) => start >= (heading?.end ?? 0));
  if (sentences.length === 0) {
    throw new InvalidArgumentError({ operation, expected: "a text with at least one sentence", got: "none" });
  }
  const cues = sentenceCues(title, source.text, sentences);
  const rows = rowsOf(tokenizer, cues, config.max_encoder_position_embeddings);
  const logits = await overRows(
    rows,
    options,
    { stage: "read", unit: "windows", pad_token_id: tokenizer.pad_token_id! },
    async (batch, part) => {
      const output = await model.forward(batch);
      const width = batch.input_ids[0]!.length;
      const [starts, ends] = [output.start_logits!, output.end_logits!].map(({ data }) => data as Float32Array);
      return part.map(({ places }, row) =>
        places.map((at) => (starts![row * width + at]! + ends![row * width + at + cuesPerSentence - 1]!) / 2),
      );
    },
  );
  const scores = softmax(logits.flat());
  const chosen = choose(scores, max_sentences, settings.least_share).map((at) => ({
    ...sentences[cues.sentences[at]!]!.cited,
    score: scores[at]!,
  }));
  return {
    summary_text: chosen.map((sentence) => sentence.text).join(" "),
    sentences: chosen,
    title,
    total_sentences: sentences.length,
    candidates: scores.length,
    windows: rows.length,
    unwrapped_lines: source.joined,
  };
}

/** The part of a model's config that says how it chooses; a model without one was made for something else. */
function givenSettings(params: unknown): Partial<SelectionSettings> {
  const given = (params as { sentence_selection?: Partial<SelectionSettings> } | null | undefined)?.sentence_selection;
  if (given !== undefined) return given;
  throw new InvalidArgumentError({
    operation,
    expected: "a model that was trained to choose sentences (config key task_specific_params.sentence_selection)",
    got: "one for something else",
    fix: "models/sentences is one; its recipe makes another.",
  });
}

/** The first line with a letter where it is a heading: short, neither a sentence nor an item of a list, and not all there is. */
function headingOf(text: string): { title: string; end: number } | undefined {
  const line = /^.*\p{L}.*$/mu.exec(text);
  if (line === null) return undefined;
  const title = line[0].replace(marks, "").trim();
  const end = line.index + line[0].length;
  if (listItem.test(line[0])) return undefined;
  const isSentence = /[.!?。:;,]["'”’)]*$/u.test(title) && !line[0].startsWith("#");
  if (title.length > longestTitle || isSentence || text.slice(end).trim() === "") return undefined;
  return { title, end };
}

/** As many whole sentences as the model holds, from the first on; `places` are the tokens with which they begin. */
function rowsOf(
  tokenizer: ByteLevelTokenizer,
  { question, context }: { question: string; context: string },
  limit: number,
) {
  // A pair of which one is empty has fewer special tokens.
  const around = (tokenizer(question, { text_pair: context.slice(0, 1) }).input_ids as number[]).length - 1;
  const most = Math.floor((limit - around) / cuesPerSentence);
  const rows = [];
  for (let from = 0; from < context.length; from += most * cuesPerSentence) {
    const text_pair = context.slice(from, from + most * cuesPerSentence);
    const input_ids = tokenizer(question, { text_pair }).input_ids as number[];
    if (input_ids.length !== around + text_pair.length) {
      throw new InvalidArgumentError({
        operation,
        expected: "a tokenizer that gives one token for each character of ASCII",
        got: `${input_ids.length - around} tokens for ${text_pair.length} characters`,
        fix: "Take the tokenizer that was saved with the model.",
      });
    }
    const begin = around - 1;
    rows.push({
      input_ids,
      attention_mask: input_ids.map(() => 1),
      global_attention_mask: input_ids.map((_, i) => (i < begin - 2 ? 1 : 0)),
      places: Array.from({ length: text_pair.length / cuesPerSentence }, (_, i) => begin + i * cuesPerSentence),
    });
  }
  return rows;
}

function softmax(logits: readonly number[]): number[] {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** The likeliest ones, in the document's order. */
function choose(scores: readonly number[], count: number, leastShare: number): readonly number[] {
  const ranked = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  const least = leastShare * scores[ranked[0]!]!;
  return ranked
    .slice(0, count)
    .filter((at) => scores[at]! >= least)
    .sort((a, b) => a - b);
}
