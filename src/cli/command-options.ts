/** What the options of several commands have in common, so that one thing has one name and one text everywhere. */
import { type Command, Option } from "commander";
import { dtypes } from "../models/led/model-weights.ts";
import { devices } from "../platform/platform.ts";
import { wholeNumber } from "./failure.ts";

export const fileArgument = ["<file>", "text, Markdown, HTML, PDF or .docx; - is standard input"] as const;
export const filesArgument = ["<file...>", "text, Markdown, HTML, PDF or .docx; - is standard input"] as const;
export const modelArgument = ["<model>", 'a folder, a Hub id, or "embedded"'] as const;

const withEmbeddedModel = new WeakSet<Command>();

/** --model of commands that take the embedded model where none is named. */
export function addEmbeddedModelOption(command: Command, description: string): Command {
  withEmbeddedModel.add(command);
  return command.option("--model <model>", description);
}

export function takesEmbeddedModel(command: Command): boolean {
  return withEmbeddedModel.has(command);
}

/** Where and how a model computes: `ComputeFlags` (compute-flags.ts). */
export function addComputeOptions(command: Command): Command {
  return command
    .addOption(new Option("--device <device>", "where to compute").choices(devices).default("auto"))
    .addOption(new Option("--dtype <dtype>", "fp32, or q8: weights in bytes, smaller and faster").choices(dtypes))
    .option("--threads <n>", "threads to compute with (default: the processor's cores)", wholeNumber(1));
}

export function addProgressOption(command: Command): Command {
  return command.option(
    "--progress",
    "show progress on standard error even where that is no terminal (default: only there)",
  );
}

/** Command lines that the help ends with. */
export function addExamples(command: Command, ...lines: readonly string[]): Command {
  const heading = lines.length === 1 ? "Example" : "Examples";
  return command.addHelpText("after", `\n${heading}:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
