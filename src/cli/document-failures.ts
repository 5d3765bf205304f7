/** What goes wrong with some of many documents: a line on standard error each, while the others are done, and exit code 1 in the end. */
import { LEDError } from "../errors.ts";
import { describeFailure, PartFailed } from "./failure.ts";

export class DocumentFailures {
  readonly #documents: number;
  #count = 0;

  /** `documents`: how many the command was given. */
  constructor(documents: number) {
    this.#documents = documents;
  }

  /**
   * Says what went wrong with one; `name` is for errors that do not name it themselves. An only document's failure is the command's, and
   * what nobody foresaw may concern them all: such errors are thrown on.
   */
  add(error: unknown, name?: string): void {
    if (this.#documents === 1 || !(error instanceof LEDError)) throw error;
    this.#count += 1;
    const { line = "" } = describeFailure(error);
    process.stderr.write(`${name === undefined ? line : line.replace(/^led: /, () => `led: ${name}: `)}\n`);
  }

  /** Throws where one failed, so that the command exits with 1; returns where none did. */
  end(): void {
    if (this.#count > 0) throw new PartFailed(`${this.#count} of ${this.#documents} documents failed`);
  }
}
