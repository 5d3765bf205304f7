/**
 * Learning a byte-level BPE from texts: which pairs to merge, the most frequent first (tokenizers 0.15.2,
 * implementations/byte_level_bpe.py: ByteLevelBPETokenizer.train_from_iterator; models/bpe/trainer.rs).
 *
 * The vocabulary is the special tokens, the 256 bytes in the order of their characters, and what each merge makes. Special
 * tokens have no meaning in the texts. The order of the texts does not matter, only where they are cut.
 *
 * Departures: special tokens that repeat or are empty, a vocab_size below the special tokens and the bytes, and texts
 * without a character are errors, where the reference gives a larger vocabulary or one without merges; lone surrogates are
 * read as U+FFFD.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import { byteToChar, decodeUtf8, utf8Bytes } from "./byte-level.ts";
import { pieceEnd } from "./split.ts";
import { TrainingWords } from "./trainer-words.ts";

export interface TrainBytePairsOptions {
  /** Tokens at most, special tokens and bytes among them. Default 30,000, as the reference's. */
  vocab_size?: number | undefined;
  /** How often a pair occurs at least to be merged. Default 2. */
  min_frequency?: number | undefined;
  /** The first tokens of the vocabulary, in this order. */
  special_tokens?: readonly string[] | undefined;
  /** Put a space before each text that does not begin with one, as a tokenizer with this option does. Default false. */
  add_prefix_space?: boolean | undefined;
  progress_callback?: ((progress: TrainingProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const optionNames = [
  "vocab_size",
  "min_frequency",
  "special_tokens",
  "add_prefix_space",
  "progress_callback",
  "signal",
] as const satisfies readonly (keyof TrainBytePairsOptions)[];

/** How far a training is: texts counted, of which nobody knows how many come, and then tokens of the vocabulary. */
export type TrainingProgress =
  | { readonly stage: "count"; readonly done: number; readonly unit: "texts" }
  | { readonly stage: "merge"; readonly done: number; readonly total: number; readonly unit: "tokens" };

export interface TrainedBytePairs {
  /** Ids are 0, 1, 2, ... in the map's order. */
  vocab: Map<string, number>;
  /** In the order of their ranks. */
  merges: [string, string][];
}

/** Texts to learn from; each is cut into pieces by itself. */
export type TrainingTexts = Iterable<string> | AsyncIterable<string>;

const OPERATION = "trainBytePairs";

/** Learns merges from `texts`. The event loop gets its turn meanwhile; `signal` ends the training with its reason. */
export async function trainBytePairs(
  texts: TrainingTexts,
  options: TrainBytePairsOptions = {},
): Promise<TrainedBytePairs> {
  refuseUnknownOptions(OPERATION, options, optionNames);
  const { vocab_size = 30_000, min_frequency = 2, special_tokens = [], add_prefix_space = false } = options;
  requireTexts(texts);
  requireSpecialTokens(special_tokens);
  requireMinFrequency(OPERATION, min_frequency);
  const vocab = new Map<string, number>();
  for (const token of [...special_tokens, ...[...byteToChar].sort()]) {
    if (!vocab.has(token)) vocab.set(token, vocab.size);
  }
  requireVocabSize(OPERATION, vocab_size, vocab.size, special_tokens.length);

  const turns = new Turns(options.signal);
  turns.throwIfAborted();
  const counted = await countWords(texts, add_prefix_space, turns, options.progress_callback);
  const words = counted.split(
    byteToChar.map((char) => vocab.get(char)!),
    min_frequency,
  );
  turns.throwIfAborted();

  const tokens = [...vocab.keys()];
  const merges: [string, string][] = [];
  const progress = () => {
    const done = vocab.size;
    options.progress_callback?.({ stage: "merge", done, total: vocab_size, unit: "tokens" });
  };
  while (vocab.size < vocab_size) {
    const due = words.mostFrequent();
    if (due === undefined) break;
    const pair: [string, string] = [tokens[due[0]]!, tokens[due[1]]!];
    const product = pair.join("");
    // Known where a special token is spelled so.
    let id = vocab.get(product);
    if (id === undefined) {
      id = tokens.push(product) - 1;
      vocab.set(product, id);
    }
    merges.push(pair);
    words.mergeMostFrequent(id);
    if (turns.due()) {
      progress();
      await turns.pass();
    }
  }
  progress();
  return { vocab, merges };
}

/** The event loop's turns: often enough for a signal to be heard, seldom enough to cost nothing. */
class Turns {
  static readonly #milliseconds = 50;
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  due(): boolean {
    return performance.now() - this.#last >= Turns.#milliseconds;
  }

  async pass(): Promise<void> {
    await new Promise<void>((resume) => setTimeout(resume, 0));
    this.throwIfAborted();
    this.#last = performance.now();
  }

  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }
}

/** A look at the clock after this many UTF-16 units of one text. */
const STRETCH = 1 << 16;

async function countWords(
  texts: TrainingTexts,
  add_prefix_space: boolean,
  turns: Turns,
  progress_callback: TrainBytePairsOptions["progress_callback"],
): Promise<WordCounts> {
  const counts = new WordCounts();
  let done = 0;
  const pass = async () => {
    progress_callback?.({ stage: "count", done, unit: "texts" });
    await turns.pass();
  };
  for await (const given of texts) {
    if (typeof given !== "string") {
      throw new InvalidArgumentError({
        operation: OPERATION,
        expected: "texts",
        got: `${kindOf(given)} at index ${done}`,
      });
    }
    const text = add_prefix_space && given !== "" && !given.startsWith(" ") ? ` ${given}` : given;
    let next = STRETCH;
    for (let at = 0; at < text.length; ) {
      const end = pieceEnd(text, at, text.length);
      counts.add(text.slice(at, end));
      at = end;
      if (at < next) continue;
      next = at + STRETCH;
      if (turns.due()) await pass();
    }
    done++;
    if (turns.due()) await pass();
  }
  if (counts.size === 0) {
    throw new InvalidArgumentError({
      operation: OPERATION,
      expected: "texts to learn from",
      ...(done === 0
        ? { got: "none", fix: "Was an iterator read before? It gives its texts once." }
        : { got: `${done} without a character` }),
    });
  }
  progress_callback?.({ stage: "count", done, unit: "texts" });
  return counts;
}

/** More entries than this a Map does not take. */
const MOST_WORDS = 2 ** 24;

/** The different pieces of the texts, and how often each occurs. */
class WordCounts {
  readonly #numbers = new Map<string, number>();
  readonly #counts: number[] = [];

  get size(): number {
    return this.#counts.length;
  }

  add(piece: string): void {
    let number = this.#numbers.get(piece);
    if (number === undefined) {
      // A copy: a slice would keep its whole text in memory. It has U+FFFD for lone surrogates, and may be known.
      const own = decodeUtf8(utf8Bytes(piece), "replace");
      number = this.#numbers.get(own) ?? this.#enter(own);
    }
    this.#counts[number]!++;
  }

  #enter(word: string): number {
    if (this.#numbers.size === MOST_WORDS) {
      throw new InvalidArgumentError({
        operation: OPERATION,
        expected: `at most ${MOST_WORDS} different words`,
        got: "more",
        fix: "Give a sample of the texts.",
      });
    }
    this.#numbers.set(word, this.#counts.length);
    return this.#counts.push(0) - 1;
  }

  /** The words as symbols; `symbolOf` has that of each byte. */
  split(symbolOf: readonly number[], min_frequency: number): TrainingWords {
    const lengths = new Int32Array(this.size);
    let symbols = new Int32Array(1 << 16);
    let size = 0;
    for (const [word, number] of this.#numbers) {
      const bytes = utf8Bytes(word);
      if (size + bytes.length > symbols.length) {
        const larger = new Int32Array(2 * (size + bytes.length));
        larger.set(symbols);
        symbols = larger;
      }
      for (let at = 0; at < bytes.length; at++) symbols[size++] = symbolOf[bytes[at]!]!;
      lengths[number] = bytes.length;
    }
    this.#numbers.clear();
    return new TrainingWords(symbols, lengths, this.#counts, min_frequency);
  }
}

function requireTexts(texts: TrainingTexts): void {
  const iterable =
    typeof texts === "object" && texts !== null && (Symbol.iterator in texts || Symbol.asyncIterator in texts);
  if (iterable) return;
  throw new InvalidArgumentError({
    operation: OPERATION,
    expected: "an array of texts, or something else that gives texts one by one",
    got: kindOf(texts),
    ...(typeof texts === "string" ? { fix: "Put one text into an array: [text]." } : {}),
  });
}

function requireSpecialTokens(tokens: readonly string[]): void {
  const operation = `${OPERATION} option \`special_tokens\``;
  if (!Array.isArray(tokens)) {
    throw new InvalidArgumentError({ operation, expected: "an array of tokens", got: kindOf(tokens) });
  }
  tokens.forEach((token: unknown, index) => {
    if (typeof token !== "string" || token === "") {
      const got = `${token === "" ? "an empty text" : kindOf(token)} at index ${index}`;
      throw new InvalidArgumentError({ operation, expected: "tokens of at least one character", got });
    }
    const first = tokens.indexOf(token);
    if (first < index) {
      const got = `${JSON.stringify(token)} at index ${first} and at ${index}`;
      throw new InvalidArgumentError({ operation, expected: "different tokens", got, fix: "Leave one of them out." });
    }
  });
}

export function requireMinFrequency(operation: string, min_frequency: number): void {
  if (Number.isSafeInteger(min_frequency) && min_frequency >= 1) return;
  throw new InvalidArgumentError({
    operation: `${operation} option \`min_frequency\``,
    expected: "a whole number of at least 1",
    got: kindOf(min_frequency),
    fix: "1 merges whatever occurs, 2 leaves out what occurs once.",
  });
}

/** `least`: how many tokens there are before any merge, `specials` among them. */
export function requireVocabSize(operation: string, vocab_size: number, least: number, specials: number): void {
  if (Number.isSafeInteger(vocab_size) && vocab_size >= least) return;
  throw new InvalidArgumentError({
    operation: `${operation} option \`vocab_size\``,
    expected: `a whole number of at least ${least}, for the 256 bytes and ${specials} special tokens`,
    got: kindOf(vocab_size),
    fix: "Every merge takes one more: 8000 is a small vocabulary.",
  });
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number") return `the number ${value}`;
  return Array.isArray(value) ? "an array" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
