/** The options of `led bench`. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { addComputeOptions, addEmbeddedModelOption, addExamples, addProgressOption } from "./command-options.ts";
import { wholeNumber } from "./failure.ts";
import { geometryNames } from "./geometries.ts";

export function addBenchOptions(command: Command): Command {
  command.description("Measure how fast this machine reads and writes.");
  addEmbeddedModelOption(command, "a folder or a Hub id (default: the embedded model)")
    .addOption(
      new Option("--geometry <name>", "measure a model of this size with random weights, without a download")
        .choices(geometryNames)
        .conflicts("model"),
    )
    .option("--lengths <numbers>", "tokens of the documents to read (default: as many as fit in a minute)", lengths)
    .option("--repeats <n>", "passes over a document that count; one more before them does not", wholeNumber(1), 3)
    .option("--steps <n>", "steps of writing that count; four more before them do not", wholeNumber(1), 32)
    .option("--num-beams <n>", "beams of the search that is measured beside greedy search", wholeNumber(1), 4)
    .option("--json", "print JSON with all measurements");
  addComputeOptions(command);
  addProgressOption(command);
  return addExamples(
    command,
    "led bench",
    "led bench --geometry led-base --dtype q8 --threads 4",
    "led bench --model ./my-led --lengths 1024,16384 --json",
  );
}

/** "512,2048" as numbers in rising order: memory's peak after each is then that of the longest so far. */
function lengths(text: string): readonly number[] {
  const given = text.split(",").map((part) => part.trim());
  if (given.some((part) => !/^[1-9]\d{0,8}$/.test(part))) {
    throw new InvalidArgumentError("Expected whole numbers above 0 with commas between them.");
  }
  return [...new Set(given.map(Number))].sort((a, b) => a - b);
}
