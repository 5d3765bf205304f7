/**
 * Extractive decoding: whatever the search, its output is whole sentences of the source, each at most once, chosen and
 * ordered by the model's own scores. A trie over the sentences' tokens says what may follow; a row's place in it is read from
 * its ids, so that nothing moves when beams do.
 *
 * The call's other processors change scores as ever, but they cannot break a sentence: where they forbid all that may follow,
 * what may follow keeps the scores that it had before them.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { LogitsProcessor } from "./processor.ts";

/** From token `start` of input_ids to before token `end`. */
export type TokenSpan = readonly [start: number, end: number];

export interface Extractive {
  /** Of each example. */
  readonly sentences: readonly (readonly TokenSpan[])[];
  /** Sentences of an output at most. */
  readonly max_sentences?: number | undefined;
}

export interface ExtractiveContext {
  readonly source: readonly (readonly number[])[];
  readonly eos: readonly number[];
  readonly promptLength: number;
  /** Ids of a sequence at most, prompt included. */
  readonly maxLength: number;
  readonly vocabSize: number;
}

export interface ExtractiveSearch {
  /** Goes before all other processors. */
  readonly before: LogitsProcessor;
  /** Goes behind them. */
  readonly after: LogitsProcessor;
  /** The sentences that a finished sequence of an example consists of, as numbers in its list. */
  sentencesOf(ids: readonly number[], example: number): number[];
}

interface Node {
  readonly children: Map<number, Node>;
  /** Sentences that go through or end here, as numbers in the example's list. */
  readonly sentences: number[];
  /** The sentence that ends here. */
  end: number | undefined;
  readonly depth: number;
}

/** Where a row may be: within a sentence after the chosen ones. More than one where a sentence begins another. */
interface Place {
  readonly node: Node;
  readonly chosen: readonly number[];
  /** The chosen ones and the one that is complete here. */
  readonly whole: readonly number[] | undefined;
}

export function extractiveSentences(
  { sentences, max_sentences = Number.POSITIVE_INFINITY }: Extractive,
  context: ExtractiveContext,
): ExtractiveSearch {
  check(sentences, max_sentences, context);
  const { source, eos, promptLength, maxLength, vocabSize } = context;
  const tries = sentences.map((spans, example) => trieOf(spans, source[example]!, eos));
  tries.forEach(({ lengths }, example) => {
    const shortest = Math.min(...lengths.values());
    if (promptLength + shortest + 1 <= maxLength) return;
    throw new InvalidArgumentError({
      operation: "generate, extractive",
      expected: `room for a sentence of example ${example}, of which the shortest has ${shortest} tokens, and an end token`,
      got: `${maxLength - promptLength} tokens`,
      fix: "Raise max_new_tokens.",
    });
  });

  /** The tokens that may follow a row. */
  const allowedAfter = (ids: readonly number[], example: number): Set<number> => {
    const trie = tries[example]!;
    const room = maxLength - ids.length - 1;
    const allowed = new Set<number>();
    for (const { node, chosen, whole } of placesAfter(trie.root, ids.slice(promptLength), max_sentences)) {
      const begin = (start: Node, used: readonly number[]) => {
        for (const [token, child] of start.children) {
          const fits = (sentence: number) => trie.lengths.get(sentence)! - start.depth <= room;
          if (child.sentences.some((sentence) => !used.includes(sentence) && fits(sentence))) allowed.add(token);
        }
      };
      begin(node, chosen);
      if (whole === undefined) continue;
      if (whole.length < max_sentences) begin(trie.root, whole);
      for (const token of eos) allowed.add(token);
    }
    return allowed;
  };

  let rows: { readonly allowed: readonly number[]; readonly scores: readonly number[] }[] = [];
  return {
    before: {
      process(input_ids, scores) {
        const perExample = input_ids.length / sentences.length;
        rows = input_ids.map((ids, row) => {
          // An ended row is filled by the search whatever its scores.
          const ended = ids.length > promptLength && eos.includes(ids.at(-1)!);
          const allowed = ended ? [] : [...allowedAfter(ids, Math.floor(row / perExample))];
          return { allowed, scores: allowed.map((token) => scores[row * vocabSize + token]!) };
        });
      },
    },
    after: {
      process(_input_ids, scores) {
        rows.forEach(({ allowed, scores: before }, row) => {
          if (allowed.length === 0) return;
          const own = scores.subarray(row * vocabSize, (row + 1) * vocabSize);
          const now = allowed.map((token) => own[token]!);
          const kept = now.some((score) => score > Number.NEGATIVE_INFINITY) ? now : before;
          own.fill(Number.NEGATIVE_INFINITY);
          allowed.forEach((token, i) => {
            own[token] = kept[i]!;
          });
        });
      },
    },
    sentencesOf(ids, example) {
      const generated = ids.slice(promptLength);
      const end = generated.findIndex((token) => eos.includes(token));
      const places = placesAfter(tries[example]!.root, end < 0 ? generated : generated.slice(0, end), max_sentences);
      // A search that was cut short may have ended within a sentence.
      return [...(places.find(({ whole }) => whole !== undefined)?.whole ?? places[0]?.chosen ?? [])];
    },
  };
}

interface Trie {
  readonly root: Node;
  /** Tokens of each sentence in it; of sentences with the same tokens only the first is. */
  readonly lengths: ReadonlyMap<number, number>;
}

function trieOf(spans: readonly TokenSpan[], source: readonly number[], eos: readonly number[]): Trie {
  const node = (depth: number): Node => ({ children: new Map(), sentences: [], end: undefined, depth });
  const root = node(0);
  const lengths = new Map<number, number>();
  spans.forEach(([start, end], sentence) => {
    // An end token would end the output in the middle of a sentence.
    const tokens = source.slice(start, end).filter((token) => !eos.includes(token));
    if (tokens.length === 0) return;
    const path = [root];
    for (const token of tokens) {
      const last = path.at(-1)!;
      const next = last.children.get(token) ?? node(last.depth + 1);
      last.children.set(token, next);
      path.push(next);
    }
    if (path.at(-1)!.end !== undefined) return;
    path.at(-1)!.end = sentence;
    for (const one of path) one.sentences.push(sentence);
    lengths.set(sentence, tokens.length);
  });
  return { root, lengths };
}

function placesAfter(root: Node, ids: readonly number[], max_sentences: number): Place[] {
  let places: Place[] = [{ node: root, chosen: [], whole: undefined }];
  for (const token of ids) {
    places = places.flatMap(({ node, chosen, whole }) => [
      ...placeIn(node.children.get(token), chosen),
      ...(whole === undefined || whole.length >= max_sentences ? [] : placeIn(root.children.get(token), whole)),
    ]);
  }
  return places;
}

/** A node behind these whole sentences, where one that is not among them goes through it. */
function placeIn(node: Node | undefined, chosen: readonly number[]): Place[] {
  if (node === undefined || node.sentences.every((sentence) => chosen.includes(sentence))) return [];
  const ends = node.end !== undefined && !chosen.includes(node.end);
  return [{ node, chosen, whole: ends ? [...chosen, node.end!] : undefined }];
}

function check(sentences: Extractive["sentences"], max_sentences: number, { source, eos }: ExtractiveContext): void {
  const refuse = (expected: string, got: string) => {
    throw new InvalidArgumentError({ operation: "generate, extractive", expected, got });
  };
  if (eos.length === 0) refuse("an end token", "`eos_token_id` null");
  if (!(max_sentences >= 1)) refuse("`max_sentences` of at least 1", String(max_sentences));
  if (!Array.isArray(sentences) || sentences.length !== source.length) {
    refuse(
      `sentences: for each of the ${source.length} examples a list of [start, end] in tokens`,
      Array.isArray(sentences) ? `${sentences.length} lists` : typeof sentences,
    );
  }
  sentences.forEach((spans, example) => {
    const length = source[example]!.length;
    const bad = spans.find(
      ([start, end]) => !Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start >= end || end > length,
    );
    if (bad !== undefined) refuse(`spans within the ${length} tokens of example ${example}`, JSON.stringify(bad));
    if (spans.length === 0) refuse(`at least one sentence of example ${example}`, "none");
  });
}
