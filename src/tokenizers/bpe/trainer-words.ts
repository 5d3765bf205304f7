/**
 * The words of a training text as symbols, how often each pair of neighbours occurs in them, and the merging of a pair
 * (tokenizers 0.15.2, models/bpe/trainer.rs: do_train, and models/bpe/word.rs: merge).
 *
 * A pair comes into being once: in the merge that makes the later of its two symbols. For no two merges make one spelling
 * (while nothing has merged across either end of some bytes, they have merged to the same symbols wherever they stand), and
 * a merge leaves none of its pairs behind. From then on a pair's count only falls, so
 * - a pair below the least frequency is forgotten at once;
 * - the queue holds each pair once, under a count that may have fallen since: then the pair sinks to its place when it
 *   comes to the top, which is when it matters;
 * - the words of a pair are listed once; some may have lost it meanwhile.
 *
 * Departure: counts do not wrap around at 2^31, as the reference's do.
 * Everything is columns of numbers, no objects: for 8,000 tokens, 50 MB of English came to 170,000 pairs, and 50 MB without
 * spaces between words to 4.7 million.
 */

const NONE = -1;

export class TrainingWords {
  /** The symbols of all words, one after the other; each word keeps its place and gets shorter. */
  readonly #symbols: Int32Array;
  readonly #starts: Float64Array;
  readonly #lengths: Int32Array;
  readonly #frequencies: ArrayLike<number>;
  readonly #min_frequency: number;
  readonly #pairs = new PairTable();
  readonly #lists = new WordLists();
  readonly #queue = new PairQueue(this.#pairs);
  /** Pairs that the current merge has made. */
  #made: number[] = [];

  /**
   * `symbols`: of all words together, which are `lengths` long and occur `frequencies` times each; takes all three over.
   * `min_frequency`: of pairs that are merged.
   */
  constructor(symbols: Int32Array, lengths: Int32Array, frequencies: ArrayLike<number>, min_frequency: number) {
    this.#symbols = symbols;
    this.#lengths = lengths;
    this.#frequencies = frequencies;
    this.#min_frequency = min_frequency;
    this.#starts = new Float64Array(lengths.length);
    let start = 0;
    for (let word = 0; word < lengths.length; word++) {
      this.#starts[word] = start;
      const end = start + lengths[word]!;
      for (let at = start + 1; at < end; at++) this.#make(symbols[at - 1]!, symbols[at]!, word);
      start = end;
    }
    this.#enqueue();
  }

  /** The pair that occurs most often, of equals that of the smaller left and then right symbol; undefined when none is left. */
  mostFrequent(): readonly [left: number, right: number] | undefined {
    const pair = this.#queue.top();
    if (pair === NONE || this.#pairs.count[pair]! < this.#min_frequency) return undefined;
    return [this.#pairs.left[pair]!, this.#pairs.right[pair]!];
  }

  /** Puts `product` in the place of the pair that mostFrequent() gave, wherever it is. */
  mergeMostFrequent(product: number): void {
    const pair = this.#queue.pop();
    const left = this.#pairs.left[pair]!;
    const right = this.#pairs.right[pair]!;
    for (let list = this.#pairs.words[pair]!; list !== NONE; ) {
      const word = this.#lists.word(list);
      list = this.#lists.release(list);
      this.#mergeIn(word, left, right, product);
    }
    this.#enqueue();
  }

  #mergeIn(word: number, left: number, right: number, product: number): void {
    const symbols = this.#symbols;
    const start = this.#starts[word]!;
    const end = start + this.#lengths[word]!;
    let write = start;
    for (let read = start; read < end; ) {
      const symbol = symbols[read++]!;
      if (symbol !== left || read === end || symbols[read] !== right) {
        symbols[write++] = symbol;
        continue;
      }
      read++;
      if (write > start) {
        this.#break(symbols[write - 1]!, left, word);
        this.#make(symbols[write - 1]!, product, word);
      }
      if (read < end) {
        this.#break(right, symbols[read]!, word);
        this.#make(product, symbols[read]!, word);
      }
      symbols[write++] = product;
    }
    this.#lengths[word] = write - start;
  }

  #break(left: number, right: number, word: number): void {
    const pair = this.#pairs.find(left, right);
    this.#pairs.count[pair]! -= this.#frequencies[word]!;
  }

  #make(left: number, right: number, word: number): void {
    const pairs = this.#pairs;
    const pair = pairs.find(left, right);
    pairs.count[pair]! += this.#frequencies[word]!;
    const words = pairs.words[pair]!;
    if (words === NONE) this.#made.push(pair);
    pairs.words[pair] = this.#lists.prepend(words, word);
  }

  #enqueue(): void {
    const { count, words } = this.#pairs;
    for (const pair of this.#made) {
      if (count[pair]! >= this.#min_frequency) this.#queue.push(pair);
      else this.#lists.releaseAll(words[pair]!);
    }
    this.#made = [];
  }
}

/** All pairs that ever were, numbered as they are met, in open addressing. */
class PairTable {
  left = new Int32Array(1024);
  right = new Int32Array(1024);
  count = new Float64Array(1024);
  /** The list of words in which the pair was made. */
  words = new Int32Array(1024).fill(NONE);
  #size = 0;
  /** The pair at each hash, or NONE. At most half of the slots are taken. */
  #slots = new Int32Array(2048).fill(NONE);

  /** The number of a pair, a new one where it was never met. */
  find(left: number, right: number): number {
    const slot = this.#slot(left, right);
    const known = this.#slots[slot]!;
    if (known !== NONE) return known;
    if (this.#size === this.left.length) {
      this.#grow();
      return this.find(left, right);
    }
    const pair = this.#size++;
    this.left[pair] = left;
    this.right[pair] = right;
    this.#slots[slot] = pair;
    return pair;
  }

  /** Where the pair is, or would be. */
  #slot(left: number, right: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const pair = slots[slot]!;
      if (pair === NONE || (this.left[pair] === left && this.right[pair] === right)) return slot;
    }
  }

  #grow(): void {
    const capacity = 2 * this.#size;
    this.left = widened(this.left, new Int32Array(capacity));
    this.right = widened(this.right, new Int32Array(capacity));
    this.count = widened(this.count, new Float64Array(capacity));
    this.words = widened(this.words, new Int32Array(capacity).fill(NONE));
    this.#slots = new Int32Array(2 * capacity).fill(NONE);
    for (let pair = 0; pair < this.#size; pair++) this.#slots[this.#slot(this.left[pair]!, this.right[pair]!)] = pair;
  }
}

/** Lists of words, many and mostly short: links in two columns. A list is its first link, or NONE. */
class WordLists {
  #words = new Int32Array(1024);
  #next = new Int32Array(1024);
  #size = 0;
  /** The list of links that were given back. */
  #free = NONE;

  /** The list with `word` before it, unless it begins with that word: a word's pairs are made one after the other. */
  prepend(list: number, word: number): number {
    if (list !== NONE && this.#words[list] === word) return list;
    let link = this.#free;
    if (link !== NONE) {
      this.#free = this.#next[link]!;
    } else {
      if (this.#size === this.#words.length) {
        this.#words = widened(this.#words, new Int32Array(2 * this.#size));
        this.#next = widened(this.#next, new Int32Array(2 * this.#size));
      }
      link = this.#size++;
    }
    this.#words[link] = word;
    this.#next[link] = list;
    return link;
  }

  word(link: number): number {
    return this.#words[link]!;
  }

  /** Gives a link back. Returns the one after it. */
  release(link: number): number {
    const next = this.#next[link]!;
    this.#next[link] = this.#free;
    this.#free = link;
    return next;
  }

  releaseAll(list: number): void {
    while (list !== NONE) list = this.release(list);
  }
}

/** A binary heap of pairs, the most frequent first, by what their counts were when they were last looked at. */
class PairQueue {
  readonly #table: PairTable;
  /** By place in the heap. */
  #pairs = new Int32Array(1024);
  #counts = new Float64Array(1024);
  #size = 0;

  constructor(table: PairTable) {
    this.#table = table;
  }

  push(pair: number): void {
    if (this.#size === this.#pairs.length) {
      this.#pairs = widened(this.#pairs, new Int32Array(2 * this.#size));
      this.#counts = widened(this.#counts, new Float64Array(2 * this.#size));
    }
    const count = this.#table.count[pair]!;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#precedes(pair, count, parent)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#pairs[hole] = pair;
    this.#counts[hole] = count;
  }

  /** The pair with the highest count, or NONE. */
  top(): number {
    while (this.#size > 0) {
      const pair = this.#pairs[0]!;
      const count = this.#table.count[pair]!;
      if (this.#counts[0] === count) return pair;
      this.#sink(pair, count);
    }
    return NONE;
  }

  /** Takes off the pair that top() gave. */
  pop(): number {
    const pair = this.#pairs[0]!;
    this.#size--;
    if (this.#size > 0) this.#sink(this.#pairs[this.#size]!, this.#counts[this.#size]!);
    return pair;
  }

  /** Puts a pair in the place of the first one, and then where it belongs. */
  #sink(pair: number, count: number): void {
    let hole = 0;
    for (let child = 1; child < this.#size; child = 2 * hole + 1) {
      const other = child + 1;
      if (other < this.#size && this.#precedes(this.#pairs[other]!, this.#counts[other]!, child)) child = other;
      if (this.#precedes(pair, count, child)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#pairs[hole] = pair;
    this.#counts[hole] = count;
  }

  #move(from: number, to: number): void {
    this.#pairs[to] = this.#pairs[from]!;
    this.#counts[to] = this.#counts[from]!;
  }

  /** Whether a pair of this count belongs before the one at `place`. */
  #precedes(pair: number, count: number, place: number): boolean {
    if (count !== this.#counts[place]) return count > this.#counts[place]!;
    const { left, right } = this.#table;
    const other = this.#pairs[place]!;
    return left[pair] === left[other] ? right[pair]! < right[other]! : left[pair]! < left[other]!;
  }
}

/** The column's values in a larger one. */
function widened<Column extends Int32Array | Float64Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}
