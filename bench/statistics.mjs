// @ts-check

/** @param {readonly number[]} numbers at least one */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ index) => sorted[index] ?? Number.NaN;
  // The same one twice where the count is odd.
  return (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2;
}

/** @param {() => unknown} work */
export async function secondsOf(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** What `once` gave, the first `warmups` times left out. @param {{ warmups: number, repeats: number }} counts @param {() => Promise<number>} once */
export async function repeated({ warmups, repeats }, once) {
  const seconds = [];
  for (let i = 0; i < warmups + repeats; i++) seconds.push(await once());
  return seconds.slice(warmups);
}
