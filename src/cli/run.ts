/** One call of the command line: what is done, said on standard error, and left as exit code. */
import "../platform/node.ts";
import { setLogger } from "../log.ts";
import { takesEmbeddedModel } from "./command-options.ts";
import { describeFailure, oneLine } from "./failure.ts";
import { buildProgram } from "./program.ts";

/** Runs the command that `args` (without node and script) name. Resolves with the exit code and never rejects. */
export async function run(args: readonly string[]): Promise<number> {
  const previous = setLogger({ warn: (message) => process.stderr.write(`led: ${oneLine(message)}\n`) });
  let embedded = false;
  try {
    const program = buildProgram().hook("preAction", (_, command) => {
      embedded = takesEmbeddedModel(command);
    });
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    const { line, exitCode } = describeFailure(error, embedded);
    if (line !== undefined) process.stderr.write(`${line}\n`);
    return exitCode;
  } finally {
    setLogger(previous);
  }
}
