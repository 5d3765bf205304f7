/** The options of `led convert`. */
import { type Command, Option } from "commander";
import { addExamples, addProgressOption, modelArgument } from "./command-options.ts";
import { wholeNumber } from "./failure.ts";

export function addConvertOptions(command: Command): Command {
  command
    .description("Rewrite a checkpoint as safetensors in a new folder.")
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
      new Option(
        "--from <kind>",
        "tf: read TensorFlow's weights, tf_model.h5; bart: make an LED of a BART, to be trained further",
      ).choices(["tf", "bart"]),
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
    );
  addProgressOption(command);
  return addExamples(
    command,
    "led convert ./my-led ./my-led-q8 --dtype q8",
    "led convert ./my-tensorflow-led ./my-led --from tf",
    "led convert facebook/bart-base ./led-from-bart --from bart --max-position-embeddings 4096",
  );
}
