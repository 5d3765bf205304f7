/** Several documents in one call, one after the other. All are read before a model is loaded: a mistyped path costs no download. */
import { type LoadedDocument, loadDocument } from "./document.ts";
import { DocumentFailures } from "./document-failures.ts";
import { oneLine } from "./failure.ts";

/** Does `work` on each document in turn; `load` gives it, and is not called where no document could be read. */
export async function eachDocument(
  paths: readonly string[],
  load: () => Promise<(document: LoadedDocument) => Promise<void>>,
): Promise<void> {
  const failures = new DocumentFailures(paths.length);
  const attempt = async (name: string | undefined, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.add(error, name);
    }
  };
  const documents: LoadedDocument[] = [];
  for (const path of paths) {
    // Failures to read name the file themselves.
    await attempt(undefined, async () => void documents.push(await loadDocument(path)));
  }
  if (documents.length > 0) {
    const work = await load();
    for (const document of documents) await attempt(shownName(document), () => work(document));
  }
  failures.end();
}

/** What people are shown as its name. */
export function shownName({ name }: Pick<LoadedDocument, "name">): string {
  return name === "-" ? "standard input" : oneLine(name);
}
