/**
 * Where warnings go. The reference warns through Python's logging and warnings modules; here every warning of the
 * package passes through one replaceable function, so that a server can put it in its log and a test can read it.
 */

export interface Logger {
  warn(message: string): void;
}

const consoleLogger: Logger = { warn: (message) => console.warn(message) };

let current: Logger = consoleLogger;
const said = new Set<string>();

/** Sends warnings to `logger` from now on (null: back to console.warn) and forgets what `warnOnce` has said. Returns the logger that was in use. */
export function setLogger(logger: Logger | null): Logger {
  const previous = current;
  current = logger ?? consoleLogger;
  said.clear();
  return previous;
}

export function warn(message: string): void {
  current.warn(message);
}

/** Warns unless the same message was already given through `warnOnce`. */
export function warnOnce(message: string): void {
  if (said.has(message)) return;
  said.add(message);
  warn(message);
}
