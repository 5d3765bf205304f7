/** The options of `led completion`. */
import { Argument, type Command } from "commander";
import { addExamples } from "./command-options.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export function addCompletionOptions(command: Command): Command {
  command
    .description("Print a script that completes commands in a shell.")
    .addArgument(new Argument("<shell>", "which shell").choices(shells));
  return addExamples(
    command,
    'eval "$(led completion bash)"                                    # in ~/.bashrc',
    'eval "$(led completion zsh)"                                     # in ~/.zshrc, after compinit',
    "led completion fish > ~/.config/fish/completions/led.fish        # once",
  );
}
