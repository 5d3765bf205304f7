/** The options of `led evaluate`. */
import type { Command } from "commander";
import { addComputeOptions, addExamples, addProgressOption } from "./command-options.ts";
import { addDataOptions, answers, type Task, type TaskOption, taskOption, texts } from "./data-options.ts";
import { aNumber, wholeNumber } from "./failure.ts";

/** Options that only some tasks have. */
function ofTasks(): readonly TaskOption[] {
  const parsed = (of: readonly Task[], flags: string, description: string, parse: (text: string) => unknown) => {
    const made = taskOption(of, flags, description);
    made.option.argParser(parse);
    return made;
  };
  const batch = parsed(texts, "--batch-size <n>", "rows that are generated together", wholeNumber(1));
  batch.option.default(1);
  const stemmer = taskOption(["summarization", "text2text"], "--no-stemmer", "ROUGE of words with their endings");
  return [
    batch,
    parsed(texts, "--num-beams <n>", "beams of the search; 1 is greedy (default: the model's)", wholeNumber(1)),
    parsed(texts, "--max-new-tokens <n>", "tokens of a text at most (default: the model's)", wholeNumber(1)),
    parsed(texts, "--min-length <n>", "tokens of a text at least (default: the model's)", wholeNumber(0)),
    stemmer,
    parsed(answers, "--n-best-size <n>", "starts and ends of a window that are tried (default: 20)", wholeNumber(1)),
    parsed(answers, "--max-answer-length <n>", "tokens of an answer at most (default: 30)", wholeNumber(1)),
    taskOption(answers, "--version-2-with-negative", "questions may have no answer, as in SQuAD 2"),
    parsed(
      answers,
      "--null-score-diff-threshold <number>",
      "how much better no answer must score than the best one (default: 0)",
      aNumber,
    ),
  ];
}

export function addEvaluationOptions(command: Command): Command {
  command
    .summary("Score what a model makes of the rows of a file.")
    .description("Compare what a model makes of the rows of a file with what stands there.")
    .requiredOption("--model <model>", 'a folder, a Hub id, or "embedded"')
    .requiredOption("--data <file>", "a .jsonl, .json, .csv, .tsv (also .gz) or .parquet file");
  addDataOptions(command, ofTasks())
    .option("--limit <n>", "rows that are read at most", wholeNumber(1))
    .option("--no-references", "only predict: no targets, labels or answers are read")
    .option("--output <file>", "where to write the predictions, a JSON object a line")
    .option("--json", "print JSON with all measures");
  addComputeOptions(command);
  addProgressOption(command);
  return addExamples(
    command,
    "led evaluate --task summarization --model ./my-led --data test.jsonl",
    "led evaluate --task question-answering --model ./my-led --data squad.json --output answers.jsonl",
  );
}
