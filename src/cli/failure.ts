/** How a command ends badly: one line on standard error and an exit code. */
import { CommanderError, InvalidArgumentError as OptionError } from "commander";
import { LEDError } from "../errors.ts";
import { OfflineError } from "../hub/index.ts";
import { Interruption } from "./interruption.ts";

export const failed = 1;
export const wrongUsage = 2;

/** Some of many things failed and were said so, while the others were done: nothing is left to say. */
export class PartFailed extends Error {}

/** One line that a terminal shows as it is: names and texts of files may hold line ends and control sequences. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replaceAll(/\s*[\r\n]\s*/g, " ")
    .replaceAll(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * The line and the exit code for what a command threw; no line where one is said already, or nothing is to be said. `embedded`: whether
 * the command takes the embedded model where none is named.
 */
export function describeFailure(
  error: unknown,
  embedded = false,
): { readonly line?: string; readonly exitCode: number } {
  if (error instanceof Interruption) return { exitCode: error.exitCode };
  if (error instanceof PartFailed) return { exitCode: failed };
  // commander prints its own line, or the help or version that was asked for, before it throws.
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : wrongUsage };
  const message = error instanceof Error ? error.message : String(error);
  const offline =
    embedded && error instanceof OfflineError ? " The embedded model works offline: leave out --model." : "";
  // The library's option has no counterpart here: one command reads such weights for all others.
  const tensorflow = message.includes("`from_tf=True`")
    ? " On the command line: led convert MODEL FOLDER --from tf, and name FOLDER as the model."
    : "";
  // What this package did not foresee shows its class, so that a report of it is of use.
  const kind = error instanceof LEDError || !(error instanceof Error) ? "" : `${error.name}: `;
  return { line: `led: ${oneLine(`${kind}${message}${offline}${tensorflow}`)}`, exitCode: failed };
}

/** A whole number from an option, at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new OptionError(`Expected a whole number of at least ${least}.`);
  };
}

/** A number from an option. */
export function aNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new OptionError("Expected a number.");
}
