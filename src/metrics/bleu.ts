/**
 * BLEU of translations (Papineni and others, "BLEU: a method for automatic evaluation of machine translation", 2002) as sacreBLEU 2.4.3
 * computes it (Post, "A call for clarity in reporting BLEU scores", 2018): over a whole set of segments, with its own words.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";

export type BleuTokenizer = "13a" | "char" | "none";

export interface BleuOptions {
  /** "13a" (WMT's, the default), "char", or "none" for texts whose words stand apart already. */
  readonly tokenize?: BleuTokenizer;
  readonly lowercase?: boolean;
}

export interface BleuScore {
  /** From 0 to 100. */
  readonly score: number;
  /** Of one to four words in a row: how many were right, of how many, in per cent. */
  readonly counts: readonly number[];
  readonly totals: readonly number[];
  readonly precisions: readonly number[];
  /** What translations shorter than their references lose. */
  readonly bp: number;
  readonly sys_len: number;
  readonly ref_len: number;
}

const longest = 4;

// WMT's mteval-v13a: symbols stand alone, periods and commas too but between digits, dashes behind digits.
const rules: readonly (readonly [RegExp, string])[] = [
  [/([{-~[-` -&(-+:-@/])/g, " $1 "],
  [/([^0-9])([.,])/gu, "$1 $2 "],
  [/([.,])([^0-9])/gu, " $1 $2"],
  [/([0-9])(-)/g, "$1 $2 "],
];

const entities: readonly (readonly [string, string])[] = [
  ["&quot;", '"'],
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
];

const tokenizers: Readonly<Record<BleuTokenizer, (text: string) => string>> = {
  "13a": (text) => {
    const plain = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
    const decoded = entities.reduce((line, [entity, character]) => line.replaceAll(entity, character), plain);
    return rules.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), ` ${decoded} `);
  },
  char: (text) => [...text].join(" "),
  none: (text) => text,
};

/** Each translation against its references; there may be one or several of each. */
export function bleu(
  predictions: readonly string[],
  references: readonly (string | readonly string[])[],
  options: BleuOptions = {},
): BleuScore {
  refuseUnknownOptions("bleu", options, ["tokenize", "lowercase"]);
  const { tokenize = "13a", lowercase = false } = options;
  const tokenizer = tokenizers[tokenize];
  if (tokenizer === undefined) {
    throw new InvalidArgumentError({
      operation: "bleu",
      expected: `\`tokenize\` among ${Object.keys(tokenizers).join(", ")}`,
      got: String(tokenize),
    });
  }
  if (predictions.length !== references.length || predictions.length === 0) {
    throw new InvalidArgumentError({
      operation: "bleu",
      expected: "references for each of at least one translation",
      got: `${predictions.length} translations and references for ${references.length}`,
    });
  }
  const wordsOf = (text: string): string[] =>
    tokenizer((lowercase ? text.toLowerCase() : text).trimEnd())
      .split(/\s+/)
      .filter(Boolean);
  const counts = new Array<number>(longest).fill(0);
  const totals = new Array<number>(longest).fill(0);
  let [sys_len, ref_len] = [0, 0];
  predictions.forEach((prediction, i) => {
    const given = references[i]!;
    const golds = (typeof given === "string" ? [given] : given).map(wordsOf);
    if (golds.length === 0) {
      throw new InvalidArgumentError({ operation: "bleu", expected: `a reference of translation ${i}`, got: "none" });
    }
    const words = wordsOf(prediction);
    sys_len += words.length;
    ref_len += nearest(
      words.length,
      golds.map(({ length }) => length),
    );
    for (let n = 1; n <= longest; n++) {
      totals[n - 1]! += Math.max(0, words.length - n + 1);
      counts[n - 1]! += common(
        grams(words, n),
        golds.map((gold) => grams(gold, n)),
      );
    }
  });
  return scored(counts, totals, sys_len, ref_len);
}

/** Of equally near lengths the shorter one. */
function nearest(length: number, lengths: readonly number[]): number {
  return lengths.reduce((best, one) => {
    const [a, b] = [Math.abs(one - length), Math.abs(best - length)];
    return a < b || (a === b && one < best) ? one : best;
  });
}

function grams(words: readonly string[], n: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(" ");
    found.set(gram, (found.get(gram) ?? 0) + 1);
  }
  return found;
}

/** What both have, as often as the reference that has it most often. */
function common(own: ReadonlyMap<string, number>, references: readonly ReadonlyMap<string, number>[]): number {
  let sum = 0;
  for (const [gram, count] of own) {
    sum += Math.min(count, Math.max(...references.map((reference) => reference.get(gram) ?? 0)));
  }
  return sum;
}

function scored(counts: number[], totals: number[], sys_len: number, ref_len: number): BleuScore {
  const bp = sys_len >= ref_len ? 1 : sys_len === 0 ? 0 : Math.exp(1 - ref_len / sys_len);
  const precisions = new Array<number>(longest).fill(0);
  const score = { counts, totals, precisions, bp, sys_len, ref_len };
  if (counts.every((count) => count === 0)) return { score: 0, ...score };
  // A length without a match counts as half a match, the next one as a quarter, and so on.
  let smooth = 1;
  for (let n = 0; n < longest && totals[n]! > 0; n++) {
    if (counts[n] === 0) smooth *= 2;
    precisions[n] = counts[n] === 0 ? 100 / (smooth * totals[n]!) : (100 * counts[n]!) / totals[n]!;
  }
  const logs = precisions.reduce((sum, precision) => sum + Math.log(precision), 0);
  return { score: bp * Math.exp(logs / longest), ...score };
}
