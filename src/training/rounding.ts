/** Rounding and speeds as the reference's logs have them (Python's round; transformers 4.37.2, trainer_utils.py: speed_metrics). */
import type { Metrics } from "./callbacks.ts";

/** To so many decimals; what lies exactly between two goes to the even one, as in Python. */
export function roundTo(value: number, decimals: number): number {
  if (!Number.isFinite(value)) return value;
  // Twice the value in units of the last decimal, which is exact where the value lies between two of them.
  const halves = value * 2 ** (decimals + 1) * 5 ** decimals;
  const isTie = Number.isInteger(value * 2 ** (decimals + 1)) && Math.abs(halves % 2) === 1;
  if (!isTie) return Number(value.toFixed(decimals));
  const below = (halves - 1) / 2;
  return (below % 2 === 0 ? below : below + 1) / 10 ** decimals;
}

export interface Work {
  readonly num_samples: number;
  readonly num_steps: number;
  readonly num_tokens?: number | undefined;
}

/** Seconds since `started` (of performance.now()) and what was done in them, under names that begin with `split`. */
export function speed_metrics(split: string, started: number, { num_samples, num_steps, num_tokens }: Work): Metrics {
  const seconds = (performance.now() - started) / 1000;
  const result: Metrics = { [`${split}_runtime`]: roundTo(seconds, 4) };
  if (seconds === 0) return result;
  result[`${split}_samples_per_second`] = roundTo(num_samples / seconds, 3);
  result[`${split}_steps_per_second`] = roundTo(num_steps / seconds, 3);
  if (num_tokens !== undefined) result[`${split}_tokens_per_second`] = roundTo(num_tokens / seconds, 3);
  return result;
}
