/** What can stand where on a command line, read from the commander program, so that a new option needs no second list. */
import type { Argument, Command, Option } from "commander";

/** What a value is. "model" is a folder, or the name of the embedded model; "text" is known to nobody but its writer. */
export type ValueKind =
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | { readonly kind: "file" | "folder" | "model" | "text" };

export interface OptionWords {
  /** "-h", "--help"; negated options as they are written, "--no-unwrap". */
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined for an option without a value. */
  readonly value: ValueKind | undefined;
  /** Whether the value may be left out. */
  readonly optional: boolean;
}

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** In their order; the last one repeats where it may. */
  readonly values: readonly ValueKind[];
  readonly repeats: boolean;
}

export interface ProgramWords {
  readonly options: readonly OptionWords[];
  readonly commands: readonly CommandWords[];
}

export function programWords(program: Command): ProgramWords {
  return { options: optionsOf(program), commands: program.commands.map(commandWords) };
}

function commandWords(command: Command): CommandWords {
  const given = command.registeredArguments;
  return {
    name: command.name(),
    description: command.summary() || command.description(),
    options: optionsOf(command),
    values: given.map((argument) => kindOfValue(argument.name(), argument)),
    repeats: given.at(-1)?.variadic ?? false,
  };
}

function optionsOf(command: Command): OptionWords[] {
  // With --help, which a program's `options` do not have.
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => {
      const placeholder = /[<[]([\w-]+)/.exec(option.flags)?.[1];
      return {
        names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
        description: option.description,
        value: placeholder === undefined ? undefined : kindOfValue(placeholder, option),
        optional: option.optional,
      };
    });
}

/** By the name of its place in the help. */
function kindOfValue(placeholder: string, { argChoices }: Pick<Option | Argument, "argChoices">): ValueKind {
  if (argChoices !== undefined && argChoices.length > 0) return { kind: "choices", choices: argChoices };
  switch (placeholder) {
    case "boolean":
      return { kind: "choices", choices: ["true", "false"] };
    case "file":
    case "folder":
    case "model":
      return { kind: placeholder };
    case "checkpoint":
      return { kind: "folder" };
    default:
      return { kind: "text" };
  }
}
