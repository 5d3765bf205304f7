/**
 * ROUGE of summaries (Lin, "ROUGE: a package for automatic evaluation of summaries", 2004), with the numbers of Google's
 * rouge-score 0.1.2. Departures: the bootstrap's draws come from `seed` (bootstrap.ts); sentences are never looked for
 * (`split_summaries` there, which needs NLTK's punkt data), so that rougeLsum takes lines as sentences.
 */
import { InvalidArgumentError, nearestName, refuseUnknownOptions } from "../errors.ts";
import { streamOf } from "../random.ts";
import { bootstrap, type Interval } from "./bootstrap.ts";
import { porterStem } from "./porter-stemmer.ts";

/** Runs of n words, the longest common subsequence of words, or that of lines taken together. */
export type RougeType = `rouge${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}` | "rougeL" | "rougeLsum";

type UsualRougeType = "rouge1" | "rouge2" | "rougeL" | "rougeLsum";

/** From 0 to 1. */
export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly fmeasure: number;
}

export type RougeInterval = Interval<RougeScore>;

export interface RougeOptions<T extends RougeType = RougeType> {
  /** rouge1, rouge2, rougeL and rougeLsum by default. */
  readonly rouge_types?: readonly T[];
  /** Whether words lose their English endings before they are compared; false by default. */
  readonly use_stemmer?: boolean;
  /** True, the default: one interval over all predictions. False: a score for each prediction. */
  readonly use_aggregator?: boolean;
  /** Other words than runs of a to z and 0 to 9 in lower case; `use_stemmer` does not count then. */
  readonly tokenizer?: (text: string) => readonly string[];
  /** 0.95 by default. */
  readonly confidence_interval?: number;
  /** 1000 by default. */
  readonly n_samples?: number;
  /** Of the samples that the interval comes from; 0 by default. */
  readonly seed?: number | bigint;
}

const known: readonly string[] = [...Array.from({ length: 9 }, (_, i) => `rouge${i + 1}`), "rougeL", "rougeLsum"];
const usual: readonly UsualRougeType[] = ["rouge1", "rouge2", "rougeL", "rougeLsum"];
const measures = ["precision", "recall", "fmeasure"] as const;
const optionNames: readonly (keyof RougeOptions)[] = [
  "rouge_types",
  "use_stemmer",
  "use_aggregator",
  "tokenizer",
  "confidence_interval",
  "n_samples",
  "seed",
];

/** Of several references of a prediction, each type takes the one with the best fmeasure. */
export function rouge<T extends RougeType = UsualRougeType>(
  predictions: readonly string[],
  references: readonly (string | readonly string[])[],
  options: RougeOptions<T> & { readonly use_aggregator: false },
): Record<T, RougeScore[]>;
export function rouge<T extends RougeType = UsualRougeType>(
  predictions: readonly string[],
  references: readonly (string | readonly string[])[],
  options?: RougeOptions<T> & { readonly use_aggregator?: true },
): Record<T, RougeInterval>;
export function rouge<T extends RougeType = UsualRougeType>(
  predictions: readonly string[],
  references: readonly (string | readonly string[])[],
  options: RougeOptions<T>,
): Record<T, RougeInterval> | Record<T, RougeScore[]>;
export function rouge(
  predictions: readonly string[],
  references: readonly (string | readonly string[])[],
  options: RougeOptions = {},
): Record<string, RougeInterval> | Record<string, RougeScore[]> {
  refuseUnknownOptions("rouge", options, optionNames);
  const { rouge_types = usual, use_stemmer = false, use_aggregator = true, confidence_interval, n_samples } = options;
  const { tokenizer = (text) => rougeWords(text, use_stemmer), seed = 0 } = options;
  requireTypes(rouge_types);
  requireTexts(predictions, references);
  const all: Record<string, RougeScore[]> = Object.fromEntries(rouge_types.map((type) => [type, []]));
  predictions.forEach((text, i) => {
    const given = references[i]!;
    const prediction = new WordsOf(text, tokenizer);
    const golds = (typeof given === "string" ? [given] : given).map((gold) => new WordsOf(gold, tokenizer));
    for (const [type, scores] of Object.entries(all))
      scores.push(best(golds.map((gold) => score(type, gold, prediction))));
  });
  if (!use_aggregator) return all;
  const settings = {
    seed,
    ...(confidence_interval === undefined ? {} : { confidence_interval }),
    ...(n_samples === undefined ? {} : { n_samples }),
  };
  return Object.fromEntries(
    Object.entries(all).map(([type, scores]) => [
      type,
      // Types are drawn for independently, as there.
      bootstrap(scores, measures, { ...settings, stream: streamOf("rouge", type) }),
    ]),
  );
}

/** The words that ROUGE compares. Words of up to three letters keep their endings. */
export function rougeWords(text: string, use_stemmer = false): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return use_stemmer ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : words;
}

/** A text's words, made when a type asks for them, once. */
class WordsOf {
  readonly #text: string;
  readonly #tokenizer: (text: string) => readonly string[];
  #all: readonly string[] | undefined;
  #lines: (readonly string[])[] | undefined;

  constructor(text: string, tokenizer: (text: string) => readonly string[]) {
    this.#text = text;
    this.#tokenizer = tokenizer;
  }

  get all(): readonly string[] {
    this.#all ??= this.#tokenizer(this.#text);
    return this.#all;
  }

  get lines(): readonly (readonly string[])[] {
    this.#lines ??= this.#text.split("\n").filter(Boolean).map(this.#tokenizer);
    return this.#lines;
  }
}

function requireTypes(types: readonly string[]): void {
  const wrong = types.find((type) => !known.includes(type));
  if (wrong === undefined && types.length > 0) return;
  const near = wrong === undefined ? undefined : nearestName(wrong, known);
  throw new InvalidArgumentError({
    operation: "rouge",
    expected: "`rouge_types` among rouge1 to rouge9, rougeL and rougeLsum, at least one",
    got: wrong === undefined ? "none" : `\`${wrong}\``,
    ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
  });
}

function requireTexts(predictions: readonly string[], references: readonly (string | readonly string[])[]): void {
  if (predictions.length !== references.length || predictions.length === 0) {
    throw new InvalidArgumentError({
      operation: "rouge",
      expected: "references for each of at least one prediction",
      got: `${predictions.length} predictions and references for ${references.length}`,
    });
  }
  // An empty string is a reference; an empty list is none.
  const without = references.findIndex((given) => typeof given !== "string" && given.length === 0);
  if (without < 0) return;
  throw new InvalidArgumentError({ operation: "rouge", expected: `a reference of prediction ${without}`, got: "none" });
}

/** The first of equally good ones. */
function best(scores: readonly RougeScore[]): RougeScore {
  return scores.reduce((most, one) => (one.fmeasure > most.fmeasure ? one : most));
}

function score(type: string, reference: WordsOf, prediction: WordsOf): RougeScore {
  if (type === "rougeL") {
    const [gold, own] = [reference.all, prediction.all];
    return scored(commonTable(gold, own).at(-1)!, gold.length, own.length);
  }
  if (type === "rougeLsum") return summaryScore(reference.lines, prediction.lines);
  const n = Number(type.slice("rouge".length));
  const [gold, own] = [grams(reference.all, n), grams(prediction.all, n)];
  let hits = 0;
  for (const [gram, count] of gold) hits += Math.min(count, own.get(gram) ?? 0);
  return scored(hits, Math.max(0, reference.all.length - n + 1), Math.max(0, prediction.all.length - n + 1));
}

function scored(hits: number, ofReference: number, ofPrediction: number): RougeScore {
  const precision = hits / Math.max(ofPrediction, 1);
  const recall = hits / Math.max(ofReference, 1);
  const sum = precision + recall;
  return { precision, recall, fmeasure: sum > 0 ? (2 * precision * recall) / sum : 0 };
}

function grams(words: readonly string[], n: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    // JSON, for words of a caller's tokenizer may hold any character.
    const gram = n === 1 ? words[i]! : JSON.stringify(words.slice(i, i + n));
    found.set(gram, (found.get(gram) ?? 0) + 1);
  }
  return found;
}

/** Lengths of the longest common subsequences of all beginnings: row i, column j for i words of one and j of the other. */
function commonTable(reference: readonly string[], prediction: readonly string[]): Uint32Array {
  const width = prediction.length + 1;
  const table = new Uint32Array((reference.length + 1) * width);
  for (let i = 1; i <= reference.length; i++) {
    const word = reference[i - 1];
    for (let j = 1; j < width; j++) {
      const at = i * width + j;
      table[at] =
        word === prediction[j - 1] ? table[at - width - 1]! + 1 : Math.max(table[at - width]!, table[at - 1]!);
    }
  }
  return table;
}

/** Marks the reference's words that one longest common subsequence takes: where several are as long, the package's choice. */
function markCommon(marks: Uint8Array, reference: readonly string[], prediction: readonly string[]): void {
  const width = prediction.length + 1;
  const table = commonTable(reference, prediction);
  let [i, j] = [reference.length, prediction.length];
  while (i > 0 && j > 0) {
    if (reference[i - 1] === prediction[j - 1]) {
      marks[i - 1] = 1;
      i -= 1;
      j -= 1;
    } else if (table[i * width + j - 1]! > table[(i - 1) * width + j]!) j -= 1;
    else i -= 1;
  }
}

/** Section 3.2 of the paper: each reference line against all predicted lines; a word counts as often as both texts have it. */
function summaryScore(
  reference: readonly (readonly string[])[],
  prediction: readonly (readonly string[])[],
): RougeScore {
  const [gold, own] = [reference.flat(), prediction.flat()];
  const [leftOfGold, leftOfOwn] = [grams(gold, 1), grams(own, 1)];
  let hits = 0;
  for (const line of reference) {
    const marks = new Uint8Array(line.length);
    for (const other of prediction) markCommon(marks, line, other);
    line.forEach((word, i) => {
      const [inGold, inOwn] = [leftOfGold.get(word) ?? 0, leftOfOwn.get(word) ?? 0];
      if (marks[i] === 0 || inGold === 0 || inOwn === 0) return;
      hits += 1;
      leftOfGold.set(word, inGold - 1);
      leftOfOwn.set(word, inOwn - 1);
    });
  }
  return scored(hits, gold.length, own.length);
}
