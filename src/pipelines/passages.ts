/** A text with its sentences, each of which knows where in the document it comes from: what extractive summaries cite. */
import { InvalidArgumentError } from "../errors.ts";
import { type Sentence, sentencesOf } from "./sentences.ts";

/** A sentence of the document that a summary consists of. */
export interface CitedSentence {
  readonly text: string;
  /** UTF-16 code units of the document. */
  readonly start: number;
  readonly end: number;
  /** Of its beginning; the first is 1. */
  readonly line: number;
}

/** `start` and `end` are places in the passage. */
export interface PassageSentence extends Sentence {
  readonly cited: CitedSentence;
}

export interface Passage {
  readonly text: string;
  /** None where nobody asked for them. */
  readonly sentences: readonly PassageSentence[];
}

/** A document. `read` is the text as it is read, in which every character has its place in the original `text`. */
export function passageOf(text: string, read: string): Passage {
  let line = 1;
  let at = 0;
  const sentences = sentencesOf(read).map(({ start, end }) => {
    for (; at < start; at++) if (text[at] === "\n") line += 1;
    return { start, end, cited: { text: read.slice(start, end), start, end, line } };
  });
  return { text: read, sentences };
}

/** Sentences of a document, a line each. */
export function passageOfSentences(cited: readonly CitedSentence[]): Passage {
  let end = -1;
  const sentences = cited.map((one) => {
    const start = end + 1;
    end = start + one.text.length;
    return { start, end, cited: one };
  });
  return { text: cited.map(({ text }) => text).join("\n"), sentences };
}

/** From sentence `first` to before sentence `beyond`. */
export function partOf({ text, sentences }: Passage, first: number, beyond: number): Passage {
  const start = sentences[first]!.start;
  return {
    text: text.slice(start, sentences[beyond - 1]!.end),
    sentences: sentences
      .slice(first, beyond)
      .map((sentence) => ({ ...sentence, start: sentence.start - start, end: sentence.end - start })),
  };
}

export interface PassageLimits {
  /** What errors call the call. */
  readonly operation: string;
  /** Tokens of a text, those included that are put around it. */
  readonly tokens: (text: string) => number;
  /** Tokens that the model holds. */
  readonly limit: number;
  /** Tokens that a part has in common with the one before it, at most; whole sentences. */
  readonly stride: number;
}

/**
 * As few parts of whole sentences as fit the limit, about equally long, so that the last is no remnant. Throws an InvalidArgumentError
 * for a sentence that does not fit by itself.
 */
export function partsOf(passage: Passage, limits: PassageLimits): Passage[] {
  const { text, sentences } = passage;
  const { operation, tokens, limit, stride } = limits;
  const around = tokens("");
  const room = limit - around;
  const costs = sentences.map(({ start, end, cited }, i) => {
    const alone = tokens(text.slice(start, end));
    if (alone > limit) {
      throw new InvalidArgumentError({
        operation,
        expected: `sentences of at most ${limit} tokens, what the model holds, for strategy "hierarchical"`,
        got: `${alone} tokens in line ${cited.line}`,
        fix: 'End sentences with full stops, use strategy "truncate", or a model that holds more.',
      });
    }
    const before = sentences[i - 1]?.end ?? start;
    return tokens(text.slice(before, end)) - around;
  });
  const most = Math.floor(room / 2);
  if (stride > most) {
    throw new InvalidArgumentError({
      operation,
      expected: `\`stride\` of at most ${most} tokens, half a part`,
      got: String(stride),
    });
  }
  // Costs of sentences add up but for what stands between two of them; where that is too much, less is put together.
  for (let budget = room; ; budget -= 1) {
    const parts = packed(costs, evenCap(costs, budget - stride)).map(([first, beyond]) =>
      partOf(passage, first - common(costs, first, beyond, budget, stride), beyond),
    );
    if (parts.every((part) => part.sentences.length === 1 || tokens(part.text) <= limit)) return parts;
  }
}

/** The smallest cap with which there are no more parts than with `most`. */
function evenCap(costs: readonly number[], most: number): number {
  const { length } = packed(costs, most);
  let low = 1;
  let high = most;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (packed(costs, middle).length <= length) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** [first, beyond] of parts of at most `cap`; a sentence above it is a part by itself. */
function packed(costs: readonly number[], cap: number): [first: number, beyond: number][] {
  const parts: [number, number][] = [];
  let sum = 0;
  costs.forEach((cost, i) => {
    const last = parts.at(-1);
    if (last !== undefined && sum + cost <= cap) {
      last[1] = i + 1;
      sum += cost;
    } else {
      parts.push([i, i + 1]);
      sum = cost;
    }
  });
  return parts;
}

/** How many sentences before `first` the part begins with. */
function common(costs: readonly number[], first: number, beyond: number, room: number, stride: number): number {
  const own = costs.slice(first, beyond).reduce((sum, cost) => sum + cost, 0);
  let left = Math.min(stride, room - own);
  let count = 0;
  while (count < first && costs[first - count - 1]! <= left) {
    count += 1;
    left -= costs[first - count]!;
  }
  return count;
}
