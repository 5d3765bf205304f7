/**
 * A text that is longer than the model, by a summary of each of its parts, as often as it takes until what is left fits: strategy
 * "hierarchical". The summary of what is left is the last level, and the caller's.
 */
import { InvalidArgumentError, nearestName } from "../errors.ts";
import {
  type CitedSentence,
  type Passage,
  type PassageLimits,
  partsOf,
  passageOf,
  passageOfSentences,
} from "./passages.ts";

export const strategies = ["truncate", "hierarchical"] as const;

/** What becomes of what the model cannot hold: "truncate" leaves it out, "hierarchical" summarises parts and then the summaries. */
export type Strategy = (typeof strategies)[number];

/** How a summary came about, where the caller chose a strategy. */
export interface StrategyReport {
  readonly strategy: Strategy;
  /** Parts that the text itself was read in; 1 where the model held all that was read. */
  readonly chunks: number;
  /** Levels of summaries; 1 where the text itself was summarised. */
  readonly levels: number;
}

/** Throws an InvalidArgumentError for what is no strategy, and for a stride without parts. */
export function requireStrategy(operation: string, strategy: unknown, stride: unknown): void {
  if (strategy !== undefined && !(strategies as readonly unknown[]).includes(strategy)) {
    const near = nearestName(String(strategy), strategies);
    throw new InvalidArgumentError({
      operation: `${operation}, option \`strategy\``,
      expected: strategies.map((one) => `"${one}"`).join(" or "),
      got: JSON.stringify(strategy),
      ...(near === undefined ? {} : { fix: `Did you mean "${near}"?` }),
    });
  }
  if (stride === undefined || strategy === "hierarchical") return;
  throw new InvalidArgumentError({
    operation,
    expected: '`stride` beside `strategy: "hierarchical"`, whose parts have so much in common',
    got: strategy === undefined ? "it alone" : `it beside "${strategy}"`,
  });
}

export interface PartSummary {
  readonly text: string;
  /** Where it is extractive, the sentences that it consists of. */
  readonly sentences?: readonly CitedSentence[];
}

export interface Condensed extends Pick<StrategyReport, "chunks" | "levels"> {
  /** What fits. */
  readonly passage: Passage;
}

/** `summarize` gives a summary of each part; levels count from 1. */
export async function condense(
  passage: Passage,
  limits: PassageLimits,
  summarize: (parts: readonly Passage[], level: number) => Promise<readonly PartSummary[]>,
): Promise<Condensed> {
  const { operation, tokens, limit } = limits;
  let current = passage;
  let chunks = 1;
  let levels = 1;
  for (let size = tokens(current.text); size > limit; ) {
    const parts = partsOf(current, limits);
    if (parts.length === 0) {
      throw new InvalidArgumentError({
        operation,
        expected: `sentences, by which a text of ${size} tokens can be divided for strategy "hierarchical"`,
        got: "a text without letters and digits",
      });
    }
    // What is no sentence is left out at the ends of parts, and that may have been what was too much.
    const next = parts.length === 1 ? parts[0]! : joined(await summarize(parts, levels));
    const nextSize = tokens(next.text);
    if (nextSize >= size) {
      throw new InvalidArgumentError({
        operation,
        expected: `summaries that are shorter than their parts, for strategy "hierarchical"`,
        got: `${parts.length} summaries of ${nextSize} tokens in all, of a text of ${size}`,
        fix: "Lower max_new_tokens and min_length, or max_sentences.",
      });
    }
    if (parts.length > 1) {
      if (levels === 1) chunks = parts.length;
      levels += 1;
    }
    current = next;
    size = nextSize;
  }
  return { passage: current, chunks, levels };
}

/** Summaries as a text. Sentences come in the document's order, one that two parts have in common once. */
function joined(summaries: readonly PartSummary[]): Passage {
  const cited = summaries.flatMap(({ sentences }) => sentences ?? []);
  if (cited.length > 0) {
    const byPlace = new Map(cited.map((sentence) => [sentence.start, sentence]));
    return passageOfSentences([...byPlace.values()].sort((a, b) => a.start - b.start));
  }
  const text = summaries
    .map((summary) => summary.text.trim())
    .filter((one) => one !== "")
    .join("\n");
  return passageOf(text, text);
}
