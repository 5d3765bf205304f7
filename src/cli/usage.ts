/** What the library says of an option's value, as wrong usage of the command. */
import type { Command } from "commander";
import { InvalidArgumentError } from "../errors.ts";

/** Does `work`; an option that it refuses ends the command with exit code 2. What files hold is no matter of usage. */
export async function asUsage<T>(command: Command, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return command.error(`error: ${error.message}`);
  }
}
