/** How a command ends badly: one line on standard error and an exit code. */
import { CommanderError, InvalidArgumentError as OptionError } from "commander";
import { LEDError } from "../errors.ts";
import { OfflineError } from "../hub/hub-errors.ts";

export const failed = 1;
export const wrongUsage = 2;

/** The words of an error in one line. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const offline = error instanceof OfflineError ? " The embedded model works offline: leave out --model." : "";
  // What this package did not foresee shows its class, so that a report of it is of use.
  const kind = error instanceof LEDError || !(error instanceof Error) ? "" : `${error.name}: `;
  return `led: ${kind}${message.replaceAll(/\s*\n\s*/g, " ")}${offline}`;
}

/** commander prints its own line before it throws. */
export function exitCode(error: unknown): number {
  if (!(error instanceof CommanderError)) return failed;
  return error.exitCode === 0 ? 0 : wrongUsage;
}

/** A whole number from an option, at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new OptionError(`Expected a whole number of at least ${least}.`);
  };
}
