/**
 * Tokens that are found in a text before anything else is done to it: specials and what people add
 * (transformers 4.37.2, tokenization_utils.py: Trie, PreTrainedTokenizer._add_tokens and tokenize; AddedToken of
 * `tokenizers` 0.15.2).
 */
import { InvalidArgumentError } from "../errors.ts";
import { lstrip, rstrip } from "./bpe/split.ts";
import type { Vocabulary } from "./bpe/vocabulary.ts";

export interface AddedTokenOptions {
  /** Matches only next to spaces and ends, not inside a word. */
  single_word?: boolean | undefined;
  /** Takes the whitespace before it. */
  lstrip?: boolean | undefined;
  /** Takes the whitespace after it. */
  rstrip?: boolean | undefined;
  /** By default true unless special. LEDTokenizerFast finds the tokens that are not normalized before the others. */
  normalized?: boolean | undefined;
  special?: boolean | undefined;
}

export interface AddedTokenState {
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

export class AddedToken {
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  special: boolean;
  #normalized: boolean | undefined;

  constructor(content: string, options: AddedTokenOptions = {}) {
    this.content = content;
    this.single_word = options.single_word ?? false;
    this.lstrip = options.lstrip ?? false;
    this.rstrip = options.rstrip ?? false;
    this.special = options.special ?? false;
    this.#normalized = options.normalized;
  }

  /** Unless it was set it follows `special`, also when that changes. */
  get normalized(): boolean {
    return this.#normalized ?? !this.special;
  }
  set normalized(value: boolean) {
    this.#normalized = value;
  }

  /** All fields, as files have them. */
  state(): AddedTokenState {
    const { content, single_word, lstrip, rstrip, normalized, special } = this;
    return { content, single_word, lstrip, rstrip, normalized, special };
  }

  toString(): string {
    return this.content;
  }
}

interface TrieNode {
  readonly next: Map<number, TrieNode>;
  /** A token ends here. */
  final: boolean;
}

/** A possible token under way: where it began and how far in the trie it has come. */
interface Candidate {
  readonly start: number;
  node: TrieNode;
  alive: boolean;
}

/**
 * Cuts a text at the words it holds: the leftmost, and of those the longest. As in the reference, a candidate that has
 * just failed is still looked ahead with when a later one completes, so that with the words "abc" and "b" the text "abdc" stays whole.
 */
export class Trie {
  readonly #root: TrieNode = { next: new Map(), final: false };
  /** 1 where a word begins with the code unit: most characters begin none, and are passed over by this. */
  readonly #begins = new Uint8Array(0x10000);

  add(word: string): void {
    if (word !== "") this.#begins[word.charCodeAt(0)] = 1;
    let node = this.#root;
    for (let i = 0; i < word.length; i++) {
      const unit = word.charCodeAt(i);
      let next = node.next.get(unit);
      if (next === undefined) {
        next = { next: new Map(), final: false };
        node.next.set(unit, next);
      }
      node = next;
    }
    if (word !== "") node.final = true;
  }

  /** The first place from `at` on where a word may begin, or `to`. */
  nextBeginning(text: string, at: number, to: number): number {
    while (at < to && this.#begins[text.charCodeAt(at)] === 0) at++;
    return at;
  }

  /** End of the longest word that begins at `at` and ends by `to`, or -1. */
  longestFrom(text: string, at: number, to: number): number {
    let end = -1;
    let node: TrieNode | undefined = this.#root;
    while (at < to) {
      node = node.next.get(text.charCodeAt(at++));
      if (node === undefined) break;
      if (node.final) end = at;
    }
    return end;
  }

  /** The parts of the text between the cuts, none of them empty. */
  split(text: string): string[] {
    const cuts = this.#cuts(text);
    const parts: string[] = [];
    let start = 0;
    for (const end of [...cuts, text.length]) {
      if (end <= start) continue;
      parts.push(text.slice(start, end));
      start = end;
    }
    return parts;
  }

  #cuts(text: string): number[] {
    const begins = this.#begins;
    const cuts: number[] = [];
    let candidates: Candidate[] = [];
    let skip = 0;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (candidates.length === 0 && begins[unit] === 0) continue;
      if (at < skip) continue;
      const found = advance(candidates, unit, text, at);
      if (found !== undefined) {
        cuts.push(found.start, found.end);
        skip = found.end;
      }
      if (candidates.length > 0) {
        candidates = found === undefined ? candidates.filter((candidate) => candidate.alive) : [];
      }
      const first = this.#root.next.get(unit);
      if (first !== undefined && at >= skip) candidates.push({ start: at, node: first, alive: true });
    }
    const last = candidates.find((candidate) => candidate.node.final);
    if (last !== undefined) cuts.push(last.start, text.length);
    return cuts;
  }
}

/** Moves the candidates over one character; where one was complete before it, the match to cut at. */
function advance(
  candidates: readonly Candidate[],
  unit: number,
  text: string,
  at: number,
): { start: number; end: number } | undefined {
  for (const candidate of candidates) {
    if (candidate.node.final) return longest(candidates, candidate, text, at);
    const next = candidate.node.next.get(unit);
    if (next === undefined) candidate.alive = false;
    else candidate.node = next;
  }
  return undefined;
}

/** The longest match of the earliest candidate that can still match, `complete` at the latest. */
function longest(
  candidates: readonly Candidate[],
  complete: Candidate,
  text: string,
  at: number,
): { start: number; end: number } {
  for (const candidate of candidates) {
    // Those before `complete` have already moved over the character at `at`.
    let ahead = candidate === complete ? at : at + 1;
    let node: TrieNode | undefined = candidate.node;
    let end = node.final ? ahead : -1;
    while (ahead < text.length) {
      node = node.next.get(text.charCodeAt(ahead));
      if (node === undefined) break;
      ahead++;
      if (node.final) end = ahead;
    }
    if (end >= 0) return { start: candidate.start, end };
    if (candidate === complete) break;
  }
  return { start: complete.start, end: at };
}

/** For a token that neither the vocabulary has nor the next id is free for. */
export function idTaken(id: number, content: string, holder: string): InvalidArgumentError {
  return new InvalidArgumentError({
    operation: "add tokens",
    expected: `${JSON.stringify(content)} in the vocabulary, or id ${id}, the number of its tokens, free for it`,
    got: `neither: ${JSON.stringify(holder)} has that id`,
    fix: "Is vocab.json complete? It must hold the special tokens, and its ids must have no gap.",
  });
}

/** The added tokens of one tokenizer, in the order in which they came. */
export class AddedVocabulary {
  readonly decoder = new Map<number, AddedToken>();
  readonly encoder = new Map<string, number>();
  readonly #base: Vocabulary;
  readonly #trie = new Trie();
  #beyondBase = 0;

  constructor(base: Vocabulary, saved: Iterable<readonly [number, AddedToken]>) {
    this.#base = base;
    for (const [id, token] of saved) this.#put(id, token);
  }

  /** Tokens of the base vocabulary and the added ones together, each counted once. */
  get fullSize(): number {
    return this.#base.size + this.#beyondBase;
  }

  #put(id: number, token: AddedToken): void {
    if (!this.encoder.has(token.content) && !this.#base.ids.has(token.content)) this.#beyondBase++;
    this.decoder.set(id, token);
    this.encoder.set(token.content, id);
    this.#trie.add(token.content);
  }

  /**
   * Adds each token under the id it has, or else under the next id after the full vocabulary. `each` is told of every
   * token that was put. Returns how many got a new id.
   */
  add(tokens: readonly AddedToken[], each: (token: AddedToken) => void): number {
    let next = this.fullSize;
    let added = 0;
    for (const token of tokens) {
      if (token.content === "") continue;
      let id = this.encoder.get(token.content) ?? this.#base.ids.get(token.content);
      if (id === undefined) {
        id = next++;
        added++;
        const holder = this.decoder.get(id)?.content ?? this.#base.tokens.get(id);
        if (holder !== undefined) throw idTaken(id, token.content, holder);
      }
      each(token);
      this.#put(id, token);
    }
    return added;
  }

  /** Parts of the text that are added tokens, and the texts between them, with what the tokens' strip rules leave of those. */
  isolate(text: string): string[] {
    const parts = this.#trie.split(text);
    if (parts.length === 1 && !this.encoder.has(text)) return parts;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      const id = this.encoder.get(part);
      if (id === undefined) continue;
      const token = this.decoder.get(id);
      if (token === undefined) continue;
      const left = parts[i - 1];
      const right = parts[i + 1];
      if (token.rstrip && right) parts[i + 1] = lstrip(right);
      if (token.lstrip && left) parts[i - 1] = rstrip(left);
      if (!token.single_word) continue;
      // Only a plain space sets a word apart; the neighbours are judged as they were before stripping.
      if (left && !left.endsWith(" ")) {
        parts[i - 1] += part;
        parts[i] = "";
      } else if (right && !right.startsWith(" ")) {
        parts[i + 1] = part + parts[i + 1];
        parts[i] = "";
      }
    }
    return parts.filter((part) => part !== "");
  }
}
