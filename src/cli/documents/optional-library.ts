/** Libraries that read one kind of document: loaded with the first such document, and missing where they were left out. */
import { FileError } from "../../errors.ts";

export interface OptionalLibrary {
  /** The name of its package. */
  readonly name: string;
  /** "which reads PDFs" */
  readonly purpose: string;
  /** What else helps, as in "extract the text first". */
  readonly otherwise: string;
}

/** What `load` imports. Throws a FileError that says what to install. */
export async function optionalLibrary<Library>(
  operation: string,
  { name, purpose, otherwise }: OptionalLibrary,
  load: () => Promise<Library>,
): Promise<Library> {
  try {
    return await load();
  } catch (cause) {
    throw new FileError({
      operation,
      expected: `the package ${name}, ${purpose}`,
      got: cause instanceof Error ? cause.message.split("\n")[0]! : String(cause),
      fix: `Install it with \`npm install ${name}\`, or ${otherwise}.`,
      cause,
    });
  }
}
