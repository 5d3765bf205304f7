#!/usr/bin/env node
/** The command `led`. Exit codes: 0 done, 1 failed, 2 wrong usage, 128 and the signal's number where one ended it. */
import { describeFailure } from "./failure.ts";
import { run } from "./run.ts";

// A reader that has had enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const { line, exitCode } = describeFailure(error);
  process.stderr.write(`${line}\n`);
  process.exit(exitCode);
});

process.exitCode = await run(process.argv.slice(2));
