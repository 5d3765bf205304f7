/** The commands and their options; each command's file does the work. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { devices } from "../platform/platform.ts";
import { convert } from "./convert.ts";
import { wholeNumber } from "./failure.ts";
import { info } from "./info.ts";
import { summarize } from "./summarize.ts";
import { tokenize } from "./tokenize.ts";

export function buildProgram(): Command {
  const program = new Command("led")
    .description("Summaries of long documents with LED (Longformer-Encoder-Decoder), on this machine.")
    .version(packageVersion())
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "led: ")) })
    .showSuggestionAfterError()
    .exitOverride();

  program
    .command("summarize")
    .description("Print a summary of a text file; - reads standard input.")
    .argument("<file>", "text, Markdown or other UTF-8 file, or -")
    .option(
      "--model <model>",
      "a folder or a Hub id such as allenai/led-large-16384-arxiv (default: the embedded model)",
    )
    .option("--num-beams <n>", "beams of the search; 1 is greedy", wholeNumber(1))
    .option("--max-new-tokens <n>", "tokens of the summary at most", wholeNumber(1))
    .option("--min-length <n>", "tokens of the summary at least", wholeNumber(0))
    .option("--no-truncate", "refuse a document that is longer than the model holds")
    .option("--json", "print JSON with token counts and what was truncated")
    .addOption(new Option("--device <device>", "where to compute").choices(devices).default("auto"))
    .option("--threads <n>", "threads to compute with", wholeNumber(1))
    .option("--progress", "draw the progress bar even where standard error is no terminal")
    .action(summarize);

  program
    .command("info")
    .description("Print a model's geometry, parameters and memory.")
    .argument("<model>", 'a folder or a Hub id; "embedded" is the model that comes with the package')
    .option("--tokens <n>", "estimate memory for a document of n tokens", wholeNumber(1))
    .option("--json", "print JSON")
    .action(info);

  program
    .command("tokenize")
    .description("Print the tokens of a text file; - reads standard input.")
    .argument("<file>", "text, Markdown or other UTF-8 file, or -")
    .option("--model <model>", "whose tokenizer (default: the embedded model's)")
    .option("--json", "print JSON")
    .action(tokenize);

  program
    .command("convert")
    .description("Rewrite a checkpoint (torch .bin or safetensors) as safetensors in a new folder.")
    .argument("<model>", "a folder or a Hub id")
    .argument("<folder>", "where to write")
    .addOption(
      new Option("--dtype <dtype>", "what floats become (default: each keeps its type)").choices(["fp32", "fp16"]),
    )
    .option("--max-shard-size <size>", 'bytes of a file at most, such as "2GB"')
    .option("--progress", "draw the progress bar even where standard error is no terminal")
    .action(convert);

  return program;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
