#!/usr/bin/env node
/** The command `led`. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import "../platform/node.ts";
import { setLogger } from "../log.ts";
import { describeFailure, exitCode, failed } from "./failure.ts";
import { buildProgram } from "./program.ts";

setLogger({ warn: (message) => process.stderr.write(`led: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`) });

// A reader that has had enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exit(failed);
});

try {
  await buildProgram().parseAsync();
} catch (error) {
  const code = exitCode(error);
  if (code === failed) process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = code;
}
