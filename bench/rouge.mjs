// @ts-check
/** ROUGE (Lin, "ROUGE: a package for automatic evaluation of summaries", 2004) as F1 over lower-case words, without stemming. */

/** @param {string} text */
const wordsOf = (text) => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];

/** @param {number} common @param {number} a @param {number} b */
const f1 = (common, a, b) => (common === 0 ? 0 : (2 * common) / (a + b));

/** Pairs of neighbouring words count for n = 2. @param {string} text @param {string} reference @param {1 | 2} n */
export function rougeN(text, reference, n) {
  const grams = (/** @type {string} */ given) => {
    const words = wordsOf(given);
    return Array.from({ length: Math.max(0, words.length - n + 1) }, (_, i) => words.slice(i, i + n).join(" "));
  };
  const [a, b] = [grams(text), grams(reference)];
  /** @type {Map<string, number>} */
  const left = new Map();
  for (const gram of b) left.set(gram, (left.get(gram) ?? 0) + 1);
  let common = 0;
  for (const gram of a) {
    const count = left.get(gram) ?? 0;
    if (count > 0) common += 1;
    left.set(gram, count - 1);
  }
  return f1(common, a.length, b.length);
}

/** By the longest common subsequence of words. @param {string} text @param {string} reference */
export function rougeL(text, reference) {
  const [a, b] = [wordsOf(text), wordsOf(reference)];
  let row = new Uint32Array(b.length + 1);
  for (const word of a) {
    const next = new Uint32Array(b.length + 1);
    b.forEach((other, j) => {
      next[j + 1] = word === other ? (row[j] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    });
    row = next;
  }
  return f1(row.at(-1) ?? 0, a.length, b.length);
}
