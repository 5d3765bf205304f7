/** The script for fish (complete(1)): one line for each command, option and argument. */
import type { CommandWords, OptionWords, ProgramWords, ValueKind } from "./completion-words.ts";

export function fishCompletion({ options, commands }: ProgramWords, commandNames: readonly string[]): string {
  const lines = commandNames.flatMap((name) => linesFor(name, options, commands));
  return `# Completion of led in fish: led completion fish > ~/.config/fish/completions/led.fish
${lines.join("\n")}
`;
}

function linesFor(program: string, options: readonly OptionWords[], commands: readonly CommandWords[]): string[] {
  const complete = `complete -c ${program}`;
  const outside = "-n __fish_use_subcommand";
  return [
    // Files only where they are asked for.
    `${complete} -f`,
    ...options.map((option) => `${complete} ${outside} ${optionWords(option)}`),
    ...commands.flatMap((command) => {
      const inside = `-n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
      return [
        `${complete} ${outside} -a ${command.name} -d ${quoted(command.description)}`,
        ...command.options.map((option) => `${complete} ${inside} ${optionWords(option)}`),
        ...kindsOf(command).map((value) => `${complete} ${inside} ${valueWords(value)}`),
      ];
    }),
  ];
}

/** Arguments wherever they stand: fish does not count them. */
function kindsOf({ values }: CommandWords): ValueKind[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function optionWords({ names, description, value, optional }: OptionWords): string {
  const spelled = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  // A value that may be left out is no value to fish, which would wait for it.
  const given = value === undefined || optional ? [] : ["-r", valueWords(value)];
  return [...spelled, ...given, `-d ${quoted(description)}`].join(" ");
}

/** -F: files; -f: nothing but what stands here. */
function valueWords(value: ValueKind): string {
  switch (value.kind) {
    case "choices":
      return `-f -a ${quoted(value.choices.join(" "))}`;
    case "folder":
      return "-f -a '(__fish_complete_directories)'";
    case "model":
      return "-f -a '(__fish_complete_directories) embedded'";
    case "text":
      return "-f";
    case "file":
      return "-F";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
