/**
 * The largest of many scores. nan counts as the largest, as in torch.topk and torch.argmax; among equals the lowest index
 * comes first, where PyTorch leaves the order open.
 */

/** Where `score` stands before `other` among scores met in the order of their indices. */
function above(score: number, other: number): boolean {
  return score > other || (Number.isNaN(score) && !Number.isNaN(other));
}

/** The first place from `at` on, before `end`, with a score that is not at most `limit`; `end` where there is none. */
function firstAbove(scores: Float32Array, at: number, end: number, limit: number): number {
  let next = at;
  while (next < end && scores[next]! <= limit) next++;
  return next;
}

/** Index, from `start`, of the largest of scores[start .. start + length). */
export function argmax(scores: Float32Array, start: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (above(scores[start + i]!, scores[start + best]!)) best = i;
  return best;
}

/** The k largest of R rows of V scores, best first. Its arrays are overwritten by the next `select`. */
export class TopK {
  readonly scores: Float32Array;
  /** row * V + token */
  readonly indices: Int32Array;

  constructor(k: number) {
    this.scores = new Float32Array(k);
    this.indices = new Int32Array(k);
  }

  /** From `scores` at `start`: rows of V each, where rowScores[firstRow + r] is added to row r in float32. */
  select(
    scores: Float32Array,
    start: number,
    rowScores: Float32Array,
    firstRow: number,
    rows: number,
    vocabSize: number,
  ): void {
    const { scores: heap } = this;
    const k = heap.length;
    let held = 0;
    for (let r = 0; r < rows; r++) {
      const first = start + r * vocabSize;
      const end = first + vocabSize;
      const add = rowScores[firstRow + r]!;
      for (let at = first; at < end; at++) {
        // Once k are held, most scores are passed over: sums that round to the least held, or below, come later than it.
        if (held === k) at = firstAbove(scores, at, end, heap[0]! - add);
        if (at === end) break;
        const score = Math.fround(scores[at]! + add);
        const index = at - first + r * vocabSize;
        if (held < k) {
          this.#put(held, score, index);
          held += 1;
          if (held === k) for (let i = (k >> 1) - 1; i >= 0; i--) this.#sift(i, k);
        } else if (above(score, heap[0]!)) {
          this.#put(0, score, index);
          this.#sift(0, k);
        }
      }
    }
    // The root of the heap is the least: taking it off k times sorts from the end.
    for (let end = k - 1; end > 0; end--) {
      const score = this.scores[0]!;
      const index = this.indices[0]!;
      this.#put(0, this.scores[end]!, this.indices[end]!);
      this.#put(end, score, index);
      this.#sift(0, end);
    }
  }

  #put(i: number, score: number, index: number): void {
    this.scores[i] = score;
    this.indices[i] = index;
  }

  /** Whether entry i is to leave the heap before entry j. */
  #worse(i: number, j: number): boolean {
    const a = this.scores[i]!;
    const b = this.scores[j]!;
    return above(b, a) || (!above(a, b) && this.indices[i]! > this.indices[j]!);
  }

  #sift(start: number, length: number): void {
    for (let i = start; ; ) {
      let least = i;
      if (2 * i + 1 < length && this.#worse(2 * i + 1, least)) least = 2 * i + 1;
      if (2 * i + 2 < length && this.#worse(2 * i + 2, least)) least = 2 * i + 2;
      if (least === i) return;
      const score = this.scores[i]!;
      const index = this.indices[i]!;
      this.#put(i, this.scores[least]!, this.indices[least]!);
      this.#put(least, score, index);
      i = least;
    }
  }
}
