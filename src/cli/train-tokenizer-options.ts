/** The options of `led train-tokenizer`. */
import type { Command } from "commander";
import { leastVocabSize } from "../tokenizers/train-tokenizer.ts";
import { addExamples, addProgressOption } from "./command-options.ts";
import { names } from "./data-options.ts";
import { wholeNumber } from "./failure.ts";

export function addTrainTokenizerOptions(command: Command): Command {
  command
    .summary("Learn a tokenizer from documents.")
    .description("Learn a tokenizer for LED from documents and write it to a new folder.")
    .argument("<file...>", "UTF-8 text files, .jsonl or .jsonl.gz files; - is standard input, a text")
    .requiredOption("--output <folder>", "where to write; made where there is none")
    .option("--vocab-size <n>", "tokens at most, special ones and bytes included", wholeNumber(leastVocabSize), 50265)
    .option("--min-frequency <n>", "how often a pair occurs at least to become a token", wholeNumber(1), 2)
    .option("--model-max-length <n>", "longest document of the model in tokens", wholeNumber(1), 16384)
    .option("--jsonl-field <names>", "fields of .jsonl files that hold texts, such as document,summary", names);
  addProgressOption(command);
  return addExamples(
    command,
    "led train-tokenizer *.txt --vocab-size 8000 --output ./my-tokenizer",
    "led train-tokenizer train.jsonl.gz --jsonl-field document,summary --output ./my-tokenizer",
  );
}
