/** The options of `led tokenize`. */
import type { Command } from "commander";
import { addEmbeddedModelOption, addExamples, fileArgument } from "./command-options.ts";

export function addTokenizeOptions(command: Command): Command {
  command.description("Print the ids and tokens of a document.").argument(...fileArgument);
  addEmbeddedModelOption(command, "whose tokenizer (default: the embedded model's)")
    .option("--offsets", "print where each token begins and ends too, in UTF-16 code units")
    .option("--json", "print JSON");
  return addExamples(
    command,
    "led tokenize report.txt --model allenai/led-base-16384",
    "led tokenize - --offsets < report.txt",
  );
}
