/** The options of `led summarize`. */
import { type Command, Option } from "commander";
import { strategies } from "../pipelines/condense.ts";
import {
  addComputeOptions,
  addEmbeddedModelOption,
  addExamples,
  addProgressOption,
  filesArgument,
} from "./command-options.ts";
import { wholeNumber } from "./failure.ts";

export function addSummarizeOptions(command: Command): Command {
  command.description("Print a summary of each document.").argument(...filesArgument);
  addEmbeddedModelOption(
    command,
    "a folder or a Hub id such as allenai/led-large-16384-arxiv (default: the embedded models)",
  )
    .option("--num-beams <n>", "beams of the search; 1 is greedy (default: the model's)", wholeNumber(1))
    .option("--max-new-tokens <n>", "tokens of the summary at most (default: the model's)", wholeNumber(1))
    .option("--min-length <n>", "tokens of the summary at least (default: the model's)", wholeNumber(0))
    .option(
      "--abstractive",
      "let the embedded model write, instead of choosing sentences; implied by --num-beams and other options of writing",
    )
    .option("--extractive", "a summary of whole sentences of the document, printed with their lines or pages")
    .addOption(
      new Option("--max-sentences <n>", "sentences of an extractive summary at most; implies --extractive")
        .argParser(wholeNumber(1))
        .implies({ extractive: true }),
    )
    .addOption(
      new Option(
        "--strategy <name>",
        "for documents longer than the model holds: truncate cuts them (the default), hierarchical summarizes parts, then the summaries",
      ).choices(strategies),
    )
    .option("--no-truncate", "refuse a document that is longer than the model holds, instead of cutting it")
    .option("--no-unwrap", "keep line breaks within paragraphs, which are read as spaces otherwise")
    .option("--attention <file>", "write a page of HTML that shows which parts of the document the summary drew on")
    .option("--json", "print JSON, a line for each file, with the summary, token counts, settings and what was cut");
  addComputeOptions(command);
  addProgressOption(command);
  return addExamples(
    command,
    "led summarize report.txt --num-beams 4 --max-new-tokens 200",
    "led summarize report.txt --extractive --max-sentences 5",
    "led summarize paper.pdf notes.docx page.html --strategy hierarchical",
    "led summarize report.txt --attention report.html",
    "led summarize - --json < report.txt",
  );
}
