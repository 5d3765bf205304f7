/**
 * The error classes of the package. Every message says the operation, what was expected, what was got and what to do.
 * A sentence that transformers 4.37.2 wrote on purpose is given as `says` and opens the message word for word.
 */

export interface ErrorParts {
  /** What was being done, as the caller would name it: "LEDConfig", "read model.safetensors". */
  operation: string;
  /** The reference's own sentence, word for word, where it has one. */
  says?: string;
  expected?: string;
  got?: string;
  /** What the person can do about it. */
  fix?: string;
  cause?: unknown;
}

function sentence({ operation, says, expected, got, fix }: ErrorParts): string {
  const facts = [expected === undefined ? "" : `expected ${expected}`, got === undefined ? "" : `got ${got}`]
    .filter((part) => part !== "")
    .join(", ");
  const head =
    says === undefined ? `${operation}: ${facts}` : `${says}${facts === "" ? "" : ` (${operation}: ${facts})`}`;
  if (fix === undefined) return head;
  return `${/[.!?)]$/.test(head) ? head : `${head}.`} ${fix}`;
}

/** Base of every error that this package throws on purpose. */
export class LEDError extends Error {
  readonly operation: string;

  constructor(parts: ErrorParts) {
    super(sentence(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = new.target.name;
    this.operation = parts.operation;
  }
}

/** An option, argument or input value is wrong: Python's ValueError, TypeError, KeyError and shape errors. */
export class InvalidArgumentError extends LEDError {}

/** A file's content is not what its format promises, or a checkpoint does not fit the model. */
export class CheckpointError extends LEDError {}

/** A file or folder is missing, unreadable, unwritable or of the wrong kind. */
export class FileError extends LEDError {}

/** A model could not be fetched from the Hub or found in the local cache. */
export class HubError extends LEDError {}

/** The engine that runs graphs is missing or refused the work. */
export class EngineError extends LEDError {}

/** A defect of this package, not of its input. */
export class InternalError extends LEDError {
  constructor(parts: ErrorParts) {
    super({ ...parts, operation: `internal: ${parts.operation}`, fix: parts.fix ?? "Please report this." });
  }
}

/** The nearest of `known` to `name` by edit distance, when it is near enough to be a slip of the finger. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** Throws, naming the nearest known name, when `options` holds a key that is not in `known`. */
export function refuseUnknownOptions(operation: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw new InvalidArgumentError({
      operation,
      expected: `options among ${known.join(", ")}`,
      got: `\`${name}\``,
      ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
    });
  }
}
