/** The options of `led translate`. */
import { type Command, Option } from "commander";
import { addComputeOptions, addExamples, addProgressOption, filesArgument } from "./command-options.ts";
import { wholeNumber } from "./failure.ts";

export function addTranslateOptions(command: Command): Command {
  command
    .summary("Translate documents.")
    .description("Translate documents, or rewrite them as a model was trained to.")
    .argument(...filesArgument)
    .option("--model <model>", "a folder or a Hub id of a model that translates; none comes with the package")
    .addOption(
      new Option("--by <part>", "what is translated at once; a paragraph that is too long is taken by sentences")
        .choices(["paragraph", "sentence", "document"])
        .default("paragraph"),
    )
    .option("--prefix <text>", 'put before every part, such as "translate: " (default: the model\'s)')
    .option("--num-beams <n>", "beams of the search; 1 is greedy (default: the model's)", wholeNumber(1))
    .option("--max-new-tokens <n>", "tokens of a part's translation at most (default: by its length)", wholeNumber(1))
    .option("--batch-size <n>", "parts that are computed together", wholeNumber(1), 8)
    .option("--no-unwrap", "keep line breaks within paragraphs, which are read as spaces otherwise")
    .option("--json", "print JSON, a line for each file, with each part's place and translation");
  addComputeOptions(command);
  addProgressOption(command);
  return addExamples(
    command,
    "led translate brief.txt --model ./my-translator > letter.txt",
    "led translate brief.txt --by sentence --num-beams 4 --model ./my-translator",
    "led translate - --json --model ./my-translator < brief.txt",
  );
}
