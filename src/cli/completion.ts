/** `led completion SHELL`: a script that completes `led` and `led-transformers` there, on standard output. */
import type { Command } from "commander";
import { bashCompletion } from "./completion-bash.ts";
import { fishCompletion } from "./completion-fish.ts";
import type { Shell } from "./completion-options.ts";
import { type ProgramWords, programWords } from "./completion-words.ts";
import { zshCompletion } from "./completion-zsh.ts";

/** What package.json calls the command. */
const commandNames = ["led", "led-transformers"] as const;

const scripts: { readonly [S in Shell]: (words: ProgramWords, commandNames: readonly string[]) => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export async function completion(shell: Shell, _flags: object, command: Command): Promise<void> {
  process.stdout.write(scripts[shell](programWords(command.parent!), commandNames));
}
