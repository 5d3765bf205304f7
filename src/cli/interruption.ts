/**
 * What a command does on Ctrl-C where it must clean up. Only then is there a handler: while an engine computes none could
 * run, and the default action ends the process at once, leaving nothing behind.
 */

/** By the names of signals, 128 and their number, as shells have it. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Somebody ended the command: no failure to explain. */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(signal: keyof typeof exitCodes) {
    super(`ended by ${signal}`);
    this.name = "Interruption";
    this.exitCode = exitCodes[signal];
  }
}

/** Does `work` with `act` in the place of the default action of the first signal; a second one ends the process at once. */
export async function withInterruption<T>(act: (why: Interruption) => void, work: () => Promise<T>): Promise<T> {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  const listeners = names.map((name) => [name, () => act(new Interruption(name))] as const);
  for (const [name, listener] of listeners) process.once(name, listener);
  try {
    return await work();
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener);
  }
}
