/** The commands; each one's options and work are in files of its own. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addAnswerOptions } from "./answer-options.ts";
import { addBenchOptions } from "./bench-options.ts";
import { addClassifyOptions } from "./classify-options.ts";
import { addCompletionOptions } from "./completion-options.ts";
import { addConvertOptions } from "./convert-options.ts";
import { addEvaluationOptions } from "./evaluation-options.ts";
import { oneLine } from "./failure.ts";
import { addInfoOptions } from "./info-options.ts";
import { addSummarizeOptions } from "./summarize-options.ts";
import { addTokenizeOptions } from "./tokenize-options.ts";
import { addTrainTokenizerOptions } from "./train-tokenizer-options.ts";
import { addTrainingOptions } from "./training-options.ts";
import { addTranslateOptions } from "./translate-options.ts";

export function buildProgram(): Command {
  const program = new Command("led")
    .usage("<command> [options]")
    .description("Long documents with LED (Longformer-Encoder-Decoder), on this machine.")
    .version(packageVersion())
    // commander puts its suggestion on a line of its own.
    .configureOutput({ outputError: (text, write) => write(`${oneLine(text.replace(/^error: /, "led: "))}\n`) })
    .showSuggestionAfterError()
    .helpCommand(false)
    // Names alone: with arguments the list is wider than a terminal. Commands have the usual help.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .addHelpText("after", "\nExample: led summarize report.txt. More of each command: led summarize --help");

  addSummarizeOptions(program.command("summarize")).action(
    onDemand(async () => (await import("./summarize.ts")).summarize),
  );
  addAnswerOptions(program.command("answer")).action(onDemand(async () => (await import("./answer.ts")).answer));
  addClassifyOptions(program.command("classify")).action(
    onDemand(async () => (await import("./classify.ts")).classify),
  );
  addTranslateOptions(program.command("translate")).action(
    onDemand(async () => (await import("./translate.ts")).translate),
  );
  addTrainingOptions(program.command("train")).action(onDemand(async () => (await import("./train.ts")).train));
  addTrainTokenizerOptions(program.command("train-tokenizer")).action(
    onDemand(async () => (await import("./train-tokenizer.ts")).trainTokenizer),
  );
  addEvaluationOptions(program.command("evaluate")).action(
    onDemand(async () => (await import("./evaluate.ts")).evaluate),
  );
  addTokenizeOptions(program.command("tokenize")).action(
    onDemand(async () => (await import("./tokenize.ts")).tokenize),
  );
  addConvertOptions(program.command("convert")).action(onDemand(async () => (await import("./convert.ts")).convert));
  addInfoOptions(program.command("info")).action(onDemand(async () => (await import("./info.ts")).info));
  addBenchOptions(program.command("bench")).action(onDemand(async () => (await import("./bench.ts")).bench));
  addCompletionOptions(program.command("completion")).action(
    onDemand(async () => (await import("./completion.ts")).completion),
  );
  return program;
}

/** An action whose command is loaded when it is called: what other commands need costs this one no time. */
function onDemand<Given extends unknown[]>(
  load: () => Promise<(...given: Given) => Promise<void>>,
): (...given: Given) => Promise<void> {
  return async (...given) => (await load())(...given);
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
