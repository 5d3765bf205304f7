// @ts-check

/** @param {readonly number[]} numbers at least one */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ index) => sorted[index] ?? Number.NaN;
  // The same one twice where the count is odd.
  return (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2;
}
