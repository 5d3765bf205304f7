/** How a caller watches a call and ends it: what is no AbortSignal and no function is refused before anything is computed. */
import { InvalidArgumentError } from "../errors.ts";

export function requireWatching(
  operation: string,
  { signal, progress_callback }: { readonly signal?: unknown; readonly progress_callback?: unknown },
): void {
  const refuse = (name: string, expected: string, got: unknown): never => {
    throw new InvalidArgumentError({
      operation,
      expected: `\`${name}\` ${expected}`,
      got: JSON.stringify(got) ?? typeof got,
    });
  };
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse("signal", "an AbortSignal", signal);
  if (progress_callback !== undefined && typeof progress_callback !== "function") {
    refuse("progress_callback", "a function", progress_callback);
  }
}
