// @ts-check
/** Which `led` commands a page's shell lines hold, and whether the command line would take them. Nothing is run. */

/** @typedef {import("commander").Command} Command */
/** @typedef {import("commander").CommanderError} CommanderError */
/** @typedef {{ line: number, args: string[] }} CommandLine `args`: what follows `led` */

/**
 * The calls of `led` in lines of a shell: `led`, `npx led` and `npx led-transformers`, wherever a command may begin.
 *
 * @param {readonly string[]} lines
 * @param {number} first number of the first line
 * @returns {CommandLine[]}
 */
export function ledCommands(lines, first) {
  /** @type {CommandLine[]} */
  const found = [];
  for (let at = 0; at < lines.length; at++) {
    const line = first + at;
    let text = lines[at] ?? "";
    while (text.endsWith("\\") && at + 1 < lines.length) text = `${text.slice(0, -1)} ${lines[++at]}`;
    for (const words of commandsOf(text)) {
      const start = words[0] === "$" ? 1 : 0;
      // `time led ...` and variables in front leave the command what it is.
      const begin = words.findIndex((word, index) => index >= start && !/^(?:\w+=.*|time|npx)$/.test(word));
      if (/^led(?:-transformers)?$/.test(words[begin] ?? "")) found.push({ line, args: words.slice(begin + 1) });
    }
  }
  return found;
}

/**
 * A shell line as commands of words: quotes are taken away, redirections left out, `# ...` is a comment.
 *
 * @param {string} text
 * @returns {string[][]}
 */
function commandsOf(text) {
  const word = String.raw`(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\|&;()<>])+`;
  const pieces = new RegExp(String.raw`\s+|(#.*)|(\|\|?|&&?|;|\$?\(|\))|\d*(?:>>?|<)&?\s*${word}|(${word})`, "gy");
  /** @type {string[][]} */
  const commands = [[]];
  for (const [, comment, operator, argument] of text.matchAll(pieces)) {
    if (comment !== undefined) break;
    if (operator !== undefined) commands.push([]);
    if (argument !== undefined) commands[commands.length - 1]?.push(unquoted(argument));
  }
  return commands.filter((words) => words.length > 0);
}

/** @param {string} word */
const unquoted = (word) =>
  word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) => {
    return single ?? double?.replace(/\\(.)/g, "$1") ?? escaped;
  });

/**
 * The command line's own functions, of the built package.
 *
 * @typedef {{ buildProgram: () => Command, refuseOtherTasks: (command: Command, task: string) => void }} CommandLineProgram
 */

/** What a command in prose may leave out. */
const omissions = [
  "commander.missingArgument",
  "commander.missingMandatoryOptionValue",
  "commander.optionMissingArgument",
];

/**
 * Parses a command line as the program would.
 *
 * @param {CommandLineProgram} commandLine
 * @param {readonly string[]} args
 * @param {{ prose?: boolean }} [options] prose: the command may be named without what it needs
 * @returns {Promise<string | undefined>} what is wrong with it
 */
export async function parseCommand({ buildProgram, refuseOtherTasks }, args, { prose = false } = {}) {
  let said = "";
  const program = buildProgram();
  const silence = (/** @type {Command} */ command) => {
    command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: (text) => (said += text) });
    command.exitOverride();
    for (const one of command.commands) silence(one);
    if (command === program) return;
    command.action(() => {
      const { task } = command.opts();
      if (task !== undefined) refuseOtherTasks(command, task);
    });
  };
  silence(program);
  try {
    await program.parseAsync([...args], { from: "user" });
    return undefined;
  } catch (error) {
    const { code, message } = /** @type {CommanderError} */ (error);
    if (code === "commander.helpDisplayed" || code === "commander.version") return undefined;
    if (prose && omissions.includes(code)) return undefined;
    return (said || message)
      .replace(/^(?:error|led): /, "")
      .replace(/\s*\n\s*/g, " ")
      .trim();
  }
}
