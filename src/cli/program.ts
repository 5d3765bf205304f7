/** The commands and their options; each command's file does the work. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { dtypes } from "../models/led/model-weights.ts";
import { devices } from "../platform/platform.ts";
import { leastVocabSize } from "../tokenizers/train-tokenizer.ts";
import { names } from "./data-options.ts";
import { addEvaluationOptions } from "./evaluation-options.ts";
import { oneLine, wholeNumber } from "./failure.ts";
import { addTrainingOptions } from "./training-options.ts";

const fileArgument = ["<file>", "text, Markdown or other UTF-8 file; - is standard input"] as const;
const modelArgument = ["<model>", 'a folder, a Hub id, or "embedded"'] as const;
const progressOption = [
  "--progress",
  "show progress on standard error even where that is no terminal (default: only there)",
] as const;

export function buildProgram(): Command {
  const program = new Command("led")
    .description("Summaries of long documents with LED (Longformer-Encoder-Decoder), on this machine.")
    .version(packageVersion())
    // commander puts its suggestion on a line of its own.
    .configureOutput({ outputError: (text, write) => write(`${oneLine(text.replace(/^error: /, "led: "))}\n`) })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", example("led summarize report.txt"));

  program
    .command("summarize")
    .description("Print a summary of a document.")
    .argument(...fileArgument)
    .option(
      "--model <model>",
      "a folder or a Hub id such as allenai/led-large-16384-arxiv (default: the embedded model)",
    )
    .option("--num-beams <n>", "beams of the search; 1 is greedy (default: the model's)", wholeNumber(1))
    .option("--max-new-tokens <n>", "tokens of the summary at most (default: the model's)", wholeNumber(1))
    .option("--min-length <n>", "tokens of the summary at least (default: the model's)", wholeNumber(0))
    .option("--extractive", "a summary of whole sentences of the document, printed with their line numbers")
    .addOption(
      new Option("--max-sentences <n>", "sentences of an extractive summary at most; implies --extractive")
        .argParser(wholeNumber(1))
        .implies({ extractive: true }),
    )
    .option("--no-truncate", "refuse a document that is longer than the model holds, instead of cutting it")
    .option("--no-unwrap", "keep line breaks within paragraphs, which are read as spaces otherwise")
    .option("--json", "print JSON with the summary, token counts, settings and what was cut")
    .addOption(new Option("--device <device>", "where to compute").choices(devices).default("auto"))
    .addOption(new Option("--dtype <dtype>", "fp32, or q8: weights in bytes, smaller and faster").choices(dtypes))
    .option("--threads <n>", "threads to compute with (default: the processor's cores)", wholeNumber(1))
    .option(...progressOption)
    .addHelpText("after", example("led summarize report.txt --num-beams 4 --max-new-tokens 200"))
    .action(onDemand(async () => (await import("./summarize.ts")).summarize));

  program
    .command("info")
    .description("Print a model's geometry, parameters and memory.")
    .argument(...modelArgument)
    .option("--tokens <n>", "estimate memory for a document of n tokens (default: the longest)", wholeNumber(1))
    .option("--json", "print JSON")
    .addHelpText("after", example("led info allenai/led-base-16384 --tokens 8000"))
    .action(onDemand(async () => (await import("./info.ts")).info));

  program
    .command("tokenize")
    .description("Print the ids and tokens of a document.")
    .argument(...fileArgument)
    .option("--model <model>", "whose tokenizer (default: the embedded model's)")
    .option("--offsets", "print where each token begins and ends too, in UTF-16 code units")
    .option("--json", "print JSON")
    .addHelpText("after", example("led tokenize report.txt --model allenai/led-base-16384"))
    .action(onDemand(async () => (await import("./tokenize.ts")).tokenize));

  program
    .command("convert")
    .description("Rewrite a checkpoint (torch .bin or safetensors) as safetensors in a new folder.")
    .argument(...modelArgument)
    .argument("<folder>", "where to write; made where there is none")
    .addOption(
      new Option("--dtype <dtype>", "number format of the weights (default: each keeps its own)").choices([
        "fp32",
        "fp16",
        "q8",
      ]),
    )
    .option("--max-shard-size <size>", "size of a file at most, such as 2GB (default: 5GB)")
    .addOption(
      new Option("--from <model>", "make an LED of another model, to be trained further")
        .choices(["bart"])
        .conflicts("dtype"),
    )
    .addOption(
      new Option("--attention-window <n>", "of an LED made of a BART, two-sided (default: 1024)")
        .argParser(wholeNumber(2))
        .implies({ from: "bart" }),
    )
    .addOption(
      new Option("--max-position-embeddings <n>", "tokens that an LED made of a BART will hold (default: 16384)")
        .argParser(wholeNumber(1))
        .implies({ from: "bart" }),
    )
    .option(...progressOption)
    .addHelpText("after", example("led convert ./my-led ./my-led-q8 --dtype q8"))
    .action(onDemand(async () => (await import("./convert.ts")).convert));

  program
    .command("train-tokenizer")
    .description("Learn a tokenizer for LED from documents and write it to a new folder.")
    .argument("<file...>", "UTF-8 text files, .jsonl or .jsonl.gz files; - is standard input, a text")
    .requiredOption("--output <folder>", "where to write; made where there is none")
    .option("--vocab-size <n>", "tokens at most, special ones and bytes included", wholeNumber(leastVocabSize), 50265)
    .option("--min-frequency <n>", "how often a pair occurs at least to become a token", wholeNumber(1), 2)
    .option("--model-max-length <n>", "longest document of the model in tokens", wholeNumber(1), 16384)
    .option("--jsonl-field <names>", "fields of .jsonl files that hold texts, such as document,summary", names)
    .option(...progressOption)
    .addHelpText("after", example("led train-tokenizer *.txt --vocab-size 8000 --output ./my-tokenizer"))
    .action(onDemand(async () => (await import("./train-tokenizer.ts")).trainTokenizer));

  addTrainingOptions(program.command("train"))
    .addHelpText(
      "after",
      example("led train --task summarization --model ./my-led --train train.jsonl --output-dir ./trained"),
    )
    .action(onDemand(async () => (await import("./train.ts")).train));

  addEvaluationOptions(program.command("evaluate"))
    .addHelpText("after", example("led evaluate --task summarization --model ./my-led --data test.jsonl"))
    .action(onDemand(async () => (await import("./evaluate.ts")).evaluate));

  return program;
}

/** An action whose command is loaded when it is called: what other commands need costs this one no time. */
function onDemand<Given extends unknown[]>(
  load: () => Promise<(...given: Given) => Promise<void>>,
): (...given: Given) => Promise<void> {
  return async (...given) => (await load())(...given);
}

function example(line: string): string {
  return `\nExample:\n  ${line}`;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
