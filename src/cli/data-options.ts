/** Options of `led train` and `led evaluate` that say what the data is: the file, the task, its columns and lengths. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { DataFormat, ProblemType } from "../datasets/index.ts";
import { wholeNumber } from "./failure.ts";

export const tasks = ["summarization", "text2text", "translation", "classification", "question-answering"] as const;
export type Task = (typeof tasks)[number];

// Lists of their own, so that commands which read no data load nothing of it.
const dataFormats: readonly DataFormat[] = ["jsonl", "json", "csv", "tsv", "parquet"];
const problemTypes: readonly ProblemType[] = [
  "single_label_classification",
  "multi_label_classification",
  "regression",
];

export interface DataFlags {
  readonly task: Task;
  readonly format?: DataFormat;
  readonly delimiter?: string;
  readonly quotes: boolean;
  readonly onBadRow: "error" | "skip";
  readonly textColumn?: string;
  readonly targetColumn?: string;
  readonly sourceColumn?: string;
  readonly sourceLang?: string;
  readonly targetLang?: string;
  readonly translationColumn?: string;
  readonly textPairColumn?: string;
  readonly labelColumn?: string;
  readonly labels?: readonly string[];
  readonly labelSeparator?: string;
  readonly problemType?: ProblemType;
  readonly questionColumn?: string;
  readonly contextColumn?: string;
  readonly answersColumn?: string;
  readonly answerStartColumn?: string;
  readonly idColumn?: string;
  readonly prefix?: string;
  readonly maxSourceLength?: number;
  readonly maxTargetLength?: number;
  readonly maxLength?: number;
  readonly stride?: number;
  readonly allAnswers?: boolean;
  readonly globalAttention?: string;
}

/** An option that only some tasks have. */
export interface TaskOption {
  readonly option: Option;
  readonly tasks: readonly Task[];
}

export const texts = ["summarization", "text2text", "translation"] as const satisfies readonly Task[];
export const answers = ["question-answering"] as const satisfies readonly Task[];
const classes = ["classification"] as const satisfies readonly Task[];
const translation = ["translation"] as const satisfies readonly Task[];
const plainTexts = ["summarization", "text2text"] as const satisfies readonly Task[];

export const taskOption = (of: readonly Task[], flags: string, description: string): TaskOption => ({
  option: new Option(flags, description),
  tasks: of,
});

function length(of: readonly Task[], flags: string, description: string, least: number): TaskOption {
  const made = taskOption(of, flags, description);
  made.option.argParser(wholeNumber(least));
  return made;
}

function problemType(): TaskOption {
  const made = taskOption(classes, "--problem-type <type>", "one class, several at once, or numbers (default: one)");
  made.option.choices(problemTypes);
  return made;
}

function labels(): TaskOption {
  const made = taskOption(classes, "--labels <names>", "classes in the order of their ids, with commas between them");
  made.option.argParser(names);
  return made;
}

const ofTasks = (): readonly TaskOption[] => [
  taskOption([...plainTexts, ...classes], "--text-column <name>", "texts (default: document, article, text, ...)"),
  taskOption(texts, "--target-column <name>", "what texts become (default: summary, highlights, target, ...)"),
  taskOption(translation, "--source-column <name>", "texts to translate (default: source, text)"),
  taskOption(translation, "--source-lang <language>", "the source's key in a column of texts by language"),
  taskOption(translation, "--target-lang <language>", "the target's key there"),
  taskOption(translation, "--translation-column <name>", "that column (default: translation)"),
  taskOption(classes, "--text-pair-column <name>", "second texts, such as hypotheses"),
  taskOption(classes, "--label-column <name>", "labels (default: label, labels, class, category)"),
  labels(),
  taskOption(classes, "--label-separator <text>", "between several labels of one text"),
  problemType(),
  taskOption(answers, "--question-column <name>", "questions (default: question)"),
  taskOption(answers, "--context-column <name>", "texts that hold the answers (default: context)"),
  taskOption(answers, "--answers-column <name>", "answers (default: answers, answer)"),
  taskOption(answers, "--answer-start-column <name>", "where one answer starts (default: answer_start)"),
  taskOption(answers, "--id-column <name>", "names of questions (default: id)"),
  taskOption(texts, "--prefix <text>", 'put before every source, such as "summarize: "'),
  length(texts, "--max-source-length <n>", "tokens of a source that are read (default: what the model holds)", 3),
  length(texts, "--max-target-length <n>", "tokens of a target that are learnt (default: 512)", 3),
  length([...classes, ...answers], "--max-length <n>", "tokens read at once (default: what the model holds)", 6),
  length(answers, "--stride <n>", "tokens that windows of a long context have in common (default: 128)", 0),
  taskOption(answers, "--all-answers", "learn that every answer of a question is right (default: the first one is)"),
  taskOption(
    tasks,
    "--global-attention <policy>",
    "first, none, question, or separators:TOKENS with commas between them (default: first; question for questions)",
  ),
];

/** Options that every task has. */
const ofAll = (): readonly Option[] => [
  new Option("--task <task>", "what the model learns or does").choices(tasks).makeOptionMandatory(),
  new Option("--format <format>", "of files (default: what their names end in)").choices(dataFormats),
  new Option("--delimiter <character>", "between the values of csv and tsv files (default: a comma, a tab)"),
  new Option("--no-quotes", "quotes in csv and tsv files mean nothing"),
  new Option("--on-bad-row <what>", "a row that cannot be used is an error, or left out")
    .choices(["error", "skip"])
    .default("error"),
];

/** Adds the options; `more` are the command's own that only some tasks have. */
export function addDataOptions(command: Command, more: readonly TaskOption[] = []): Command {
  const own = ofTasks();
  for (const option of [...ofAll(), ...own.map(({ option }) => option)]) command.addOption(option.helpGroup("Data:"));
  for (const { option } of more) command.addOption(option);
  taskOptionsOf.set(command, [...own, ...more]);
  return command;
}

const taskOptionsOf = new WeakMap<Command, readonly TaskOption[]>();

/** Ends the command where an option is given that the task does not have. */
export function refuseOtherTasks(command: Command, task: Task): void {
  for (const { option, tasks: of } of taskOptionsOf.get(command) ?? []) {
    if (of.includes(task) || command.getOptionValueSource(option.attributeName()) !== "cli") continue;
    command.error(`error: option '${option.flags}' is for --task ${of.join(", ")}`);
  }
}

/** Names with commas between them, after those of the same option before. */
export function names(text: string, before: readonly string[] = []): readonly string[] {
  const given = text.split(",").map((name) => name.trim());
  if (given.includes("")) throw new InvalidArgumentError("Expected names with commas between them.");
  return [...new Set([...before, ...given])];
}
