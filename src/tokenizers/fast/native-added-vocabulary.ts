/**
 * Added tokens as the native library keeps and finds them (tokenizers 0.15.2, tokenizer/added_vocabulary.rs). It differs
 * from Python's way (added-tokens.ts): the spaces that a token strips belong to the match, `single_word` looks for word
 * characters instead of spaces, tokens that are not `normalized` are found before the others, and adding a token
 * again with other flags counts.
 */
import { AddedToken, idTaken, Trie } from "../added-tokens.ts";
import { isRegexSpace } from "../bpe/split.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";

/** A stretch of text from `start` to `end`: an added token (its id), or what lies between them (null). */
export interface Part {
  readonly id: number | null;
  readonly start: number;
  readonly end: number;
}

/** `\w` of the native library's regular expressions. */
const wordCharacter = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;

export class NativeAddedVocabulary {
  /** Ids and tokens, in the order in which the ids came. */
  readonly decoder = new Map<number, AddedToken>();
  readonly encoder = new Map<string, number>();
  /** Contents of the tokens that are special: what decoding can skip. */
  readonly specials = new Set<string>();
  readonly #base: Vocabulary;
  /** What texts are searched for. A token that is added again with other flags is sought by the old ones too, a special one only by its first. */
  readonly #sought: AddedToken[] = [];
  /** Tokens that are not `normalized`, then those that are. */
  #passes: readonly [Trie, Trie] = [new Trie(), new Trie()];

  constructor(base: Vocabulary) {
    this.#base = base;
  }

  /** Tokens of the base vocabulary and the added ones together, each counted once. */
  get fullSize(): number {
    const beyond = [...this.encoder.keys()].filter((content) => !this.#base.ids.has(content));
    return this.#base.size + beyond.length;
  }

  /** Adds tokens, or changes the flags of those that are there; returns how many of them were new or changed. */
  add(tokens: readonly AddedToken[]): number {
    let changed = 0;
    for (const given of tokens) {
      if (given.content === "") continue;
      // A copy: what callers do to their token later is not for this vocabulary.
      const token = new AddedToken(given.content, given.state());
      if (token.special && !this.specials.has(token.content)) {
        this.specials.add(token.content);
        this.#sought.push(token);
      }
      const id = this.encoder.get(token.content) ?? this.#base.ids.get(token.content) ?? this.#nextId(token.content);
      const known = this.decoder.get(id);
      if (known !== undefined && sameToken(known, token)) continue;
      this.decoder.set(id, token);
      if (!this.specials.has(token.content)) this.#sought.push(token);
      this.encoder.set(token.content, id);
      changed++;
    }
    if (changed > 0) {
      this.#passes = [new Trie(), new Trie()];
      for (const token of this.#sought) this.#passes[token.normalized ? 1 : 0].add(token.content);
    }
    return changed;
  }

  #nextId(content: string): number {
    let next = this.#base.size;
    for (const id of this.decoder.keys()) if (id >= next) next = id + 1;
    const holder = this.#base.tokens.get(next);
    if (holder !== undefined) throw idTaken(next, content, holder);
    return next;
  }

  /** The text cut at its added tokens. `keepSpecials`: special tokens are text like any other. */
  isolate(text: string, keepSpecials: boolean): Part[] {
    const whole: Part[] = text === "" ? [] : [{ id: null, start: 0, end: text.length }];
    return this.#passes.reduce(
      (parts, trie) =>
        parts.flatMap((part) =>
          part.id === null ? this.#split(text, part.start, part.end, trie, keepSpecials) : [part],
        ),
      whole,
    );
  }

  #split(text: string, from: number, to: number, trie: Trie, keepSpecials: boolean): Part[] {
    const parts: Part[] = [];
    let settled = from;
    for (let at = trie.nextBeginning(text, from, to); at < to; at = trie.nextBeginning(text, at, to)) {
      const end = trie.longestFrom(text, at, to);
      if (end < 0) {
        at++;
        continue;
      }
      const start = at;
      at = end;
      const id = this.encoder.get(text.slice(start, end))!;
      const token = this.decoder.get(id)!;
      if (keepSpecials && this.specials.has(token.content)) continue;
      if (token.single_word && (endsWithWord(text, from, start) || startsWithWord(text, end, to))) continue;
      const left = token.lstrip ? Math.max(settled, spacesBefore(text, from, start)) : start;
      const right = token.rstrip ? spacesAfter(text, end, to) : end;
      if (left > settled) parts.push({ id: null, start: settled, end: left });
      // A token found among the spaces that the one before took is reported all the same, over what is left of it.
      parts.push({ id, start: left, end: right });
      settled = right;
    }
    if (settled < to) parts.push({ id: null, start: settled, end: to });
    return parts;
  }
}

function sameToken(a: AddedToken, b: AddedToken): boolean {
  return (
    a.content === b.content &&
    a.single_word === b.single_word &&
    a.lstrip === b.lstrip &&
    a.rstrip === b.rstrip &&
    a.normalized === b.normalized &&
    a.special === b.special
  );
}

function spacesBefore(text: string, from: number, at: number): number {
  while (at > from && isRegexSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

function spacesAfter(text: string, at: number, to: number): number {
  while (at < to && isRegexSpace(text.charCodeAt(at))) at++;
  return at;
}

function endsWithWord(text: string, from: number, at: number): boolean {
  if (at <= from) return false;
  const last = text.charCodeAt(at - 1);
  const paired = last >= 0xdc00 && last <= 0xdfff && at - 2 >= from && text.codePointAt(at - 2)! > 0xffff;
  return wordCharacter.test(text.slice(paired ? at - 2 : at - 1, at));
}

function startsWithWord(text: string, at: number, to: number): boolean {
  return at < to && wordCharacter.test(String.fromCodePoint(text.codePointAt(at)!));
}
