/** The options of `led info`. */
import type { Command } from "commander";
import { addExamples, modelArgument } from "./command-options.ts";
import { wholeNumber } from "./failure.ts";

export function addInfoOptions(command: Command): Command {
  command
    .description("Print a model's geometry, parameters and memory.")
    .argument(...modelArgument)
    .option("--tokens <n>", "estimate memory for a document of n tokens (default: the longest)", wholeNumber(1))
    .option("--json", "print JSON");
  return addExamples(command, "led info allenai/led-base-16384 --tokens 8000", "led info embedded --json");
}
