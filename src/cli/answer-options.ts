/** The options of `led answer`. */
import type { Command } from "commander";
import { addComputeOptions, addExamples, addProgressOption, filesArgument } from "./command-options.ts";
import { wholeNumber } from "./failure.ts";

export function addAnswerOptions(command: Command): Command {
  command
    .description("Find the answers to questions in documents.")
    .argument(...filesArgument)
    .requiredOption("--question <text>", "what to look for; may be given several times", anotherQuestion)
    .option("--model <model>", "a folder or a Hub id of a model that finds answers; none comes with the package")
    .option("--top-k <n>", "answers to each question (default: 1)", wholeNumber(1))
    .option("--max-answer-len <n>", "tokens of an answer at most (default: 15)", wholeNumber(1))
    .option("--max-seq-len <n>", "tokens that are read at once (default: what the model holds)", wholeNumber(1))
    .option("--doc-stride <n>", "tokens that neighbouring parts of a longer document share", wholeNumber(1))
    .option("--handle-impossible-answer", "a document may have no answer")
    .option("--no-unwrap", "keep line breaks within paragraphs, which are read as spaces otherwise")
    .option("--json", "print JSON, a line for each file, with the place of each answer in UTF-16 code units");
  addComputeOptions(command);
  addProgressOption(command);
  return addExamples(
    command,
    'led answer report.txt --question "Who paid for it?" --model ./my-qa',
    'led answer a.txt b.txt --question "When?" --question "Where?" --top-k 3 --model ./my-qa',
    'led answer - --question "Who paid for it?" --json --model ./my-qa < report.txt',
  );
}

function anotherQuestion(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
