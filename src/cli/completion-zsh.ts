/** The script for zsh (zshcompsys(1), "_arguments"). It works as a file `_led` in $fpath, and by eval after compinit. */
import type { CommandWords, OptionWords, ProgramWords, ValueKind } from "./completion-words.ts";

export function zshCompletion({ options, commands }: ProgramWords, commandNames: readonly string[]): string {
  const described = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  return `#compdef ${commandNames.join(" ")}
# Completion of led in zsh. In ~/.zshrc, after compinit: eval "$(led completion zsh)"

_led_models() {
  _alternative 'folders:folder:_files -/' 'names:model:(embedded)'
}

_led_commands() {
  local -a commands=(
${described.join("\n")}
  )
  _describe -t commands command commands
}

_led() {
  local context state state_descr line
  local -A opt_args
  _arguments -C ${[...options.flatMap(specs), "'1: :_led_commands'", "'*:: :->rest'"].join(" \\\n    ")}
  [[ $state == rest ]] || return
  case $line[1] in
${commands.map(part).join("\n")}
  esac
}

if [[ $funcstack[1] == _led ]]; then
  _led "$@"
else
  compdef _led ${commandNames.join(" ")}
fi
`;
}

function part({ name, options, values, repeats }: CommandWords): string {
  const places = values.map((value, i) => {
    const place = repeats && i === values.length - 1 ? "*" : String(i + 1);
    return quoted(`${place}:${messageOf(value)}:${actionOf(value)}`);
  });
  return `    ${name})
      _arguments ${[...options.flatMap(specs), ...places].join(" \\\n        ")}
      ;;`;
}

/** An option by each of its names; with both a space and an "=" before its value. */
function specs({ names, description, value, optional }: OptionWords): string[] {
  const about = `[${description.replaceAll(/[[\]\\]/g, "\\$&")}]`;
  return names.map((name) => {
    if (value === undefined) return quoted(`${name}${about}`);
    const message = `${optional ? "::" : ":"}${messageOf(value)}:${actionOf(value)}`;
    return quoted(`${name}=${about}${message}`);
  });
}

function actionOf(value: ValueKind): string {
  switch (value.kind) {
    case "choices":
      return `(${value.choices.map((choice) => choice.replaceAll(/[\s()\\:]/g, "\\$&")).join(" ")})`;
    case "folder":
      return "_files -/";
    case "model":
      return "_led_models";
    case "text":
      return " ";
    case "file":
      return "_files";
  }
}

const messageOf = ({ kind }: ValueKind): string => (kind === "choices" ? "choice" : kind);

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
