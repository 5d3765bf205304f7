/**
 * The script for bash, 3.2 (macOS) and later (Bash Reference Manual, "Programmable Completion"). Words are sorted into command,
 * value of an option, and arguments as commander sorts them; `--option=value` arrives in three words, since "=" separates words.
 */
import type { CommandWords, OptionWords, ProgramWords, ValueKind } from "./completion-words.ts";

export function bashCompletion({ options, commands }: ProgramWords, commandNames: readonly string[]): string {
  const names = commands.map(({ name }) => name);
  const all = [...options, ...commands.flatMap((command) => command.options)];
  const valued = [...new Set(all.flatMap(({ names: of, value, optional }) => (value && !optional ? of : [])))];
  return `# Completion of led in bash. In ~/.bashrc: eval "$(led completion bash)"

# Words that begin as the current one.
_led_words() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
  _led_no_files
}

# Nothing, not even files. compopt is younger than bash 3.2.
_led_no_files() {
  compopt +o default +o bashdefault 2>/dev/null
}

_led_folders() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -d -- "$cur"))
  compopt -o filenames 2>/dev/null
}

_led_models() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -d -- "$cur") $(compgen -W embedded -- "$cur"))
  compopt -o filenames 2>/dev/null
}

_led() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= count=0 i word
  COMPREPLY=()
  # --option=value
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  # The command, and how many arguments stand before the current word.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${valued.join(" | ") || "''"})
        [[ \${COMP_WORDS[i+1]} == = ]] && ((i++))
        ((i++))
        ;;
      -?*) ;;
      *) if [[ -z $command ]]; then command=$word; else ((count++)); fi ;;
    esac
  done
  case $command in
${part("", options, `_led_words ${lines(names)}`)}
${commands.map((command) => part(command.name, command.options, argumentsOf(command))).join("\n")}
  esac
}

complete -o bashdefault -o default -F _led ${commandNames.join(" ")}
`;
}

/** What is completed after a command: the value of the option before, an option, an argument. */
function part(command: string, options: readonly OptionWords[], rest: string): string {
  const values = options.flatMap(({ names, value }) =>
    value === undefined ? [] : `        ${names.join(" | ")}) ${actionOf(value)}; return ;;`,
  );
  const ofValues = values.length === 0 ? [] : ["      case $prev in", ...values, "      esac"];
  const all = options.flatMap(({ names }) => names);
  return [
    `    ${command === "" ? "''" : command})`,
    ...ofValues,
    `      if [[ $cur == -* ]]; then _led_words ${lines(all)}; return; fi`,
    `      ${rest}`,
    "      ;;",
  ].join("\n");
}

function argumentsOf({ values, repeats }: CommandWords): string {
  if (values.length === 0) return "_led_no_files";
  const cases = values.map((value, i) => {
    const last = repeats && i === values.length - 1;
    return `${last ? "*" : i}) ${actionOf(value)} ;;`;
  });
  return `case $count in ${cases.join(" ")}${repeats ? "" : " *) _led_no_files ;;"} esac`;
}

function actionOf(value: ValueKind): string {
  switch (value.kind) {
    case "choices":
      return `_led_words ${lines(value.choices)}`;
    case "folder":
      return "_led_folders";
    case "model":
      return "_led_models";
    case "text":
      return "_led_no_files";
    case "file":
      // Without words of its own bash completes files.
      return ":";
  }
}

/** Words a line each, as compgen splits them here, in the quotes of bash. */
function lines(words: readonly string[]): string {
  return `$'${words.map((word) => word.replaceAll(/['\\]/g, "\\$&")).join("\\n")}'`;
}
