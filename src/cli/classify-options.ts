/** The options of `led classify`. */
import type { Command } from "commander";
import { addComputeOptions, addExamples, addProgressOption, filesArgument } from "./command-options.ts";

export function addClassifyOptions(command: Command): Command {
  command
    .description("Say which class documents are of.")
    .argument(...filesArgument)
    .option("--model <model>", "a folder or a Hub id of a classifier; none comes with the package")
    .option("--all", "print every class with its score, not the best alone")
    .option("--no-unwrap", "keep line breaks within paragraphs, which are read as spaces otherwise")
    .option("--json", "print JSON, a line for each file, with the scores of all classes");
  addComputeOptions(command);
  addProgressOption(command);
  return addExamples(
    command,
    "led classify letter.txt --model ./my-classifier",
    "led classify *.txt --all --model ./my-classifier",
    "led classify - --json --model ./my-classifier < letter.txt",
  );
}
