/** Token ids as columns of a score matrix. */
import { InvalidArgumentError } from "../errors.ts";

/** The column of a token; negative ids count from the end, as they do in the reference. */
export function column(name: string, id: unknown, vocabSize: number): number {
  if (typeof id === "number" && Number.isInteger(id) && id >= -vocabSize && id < vocabSize) {
    return id < 0 ? vocabSize + id : id;
  }
  throw new InvalidArgumentError({
    operation: "generate",
    expected: `\`${name}\` to hold token ids below ${vocabSize}`,
    got: JSON.stringify(id) ?? String(id),
  });
}

/** The columns of a list of tokens, each once. */
export function columns(name: string, ids: unknown, vocabSize: number): number[] {
  if (!Array.isArray(ids)) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `\`${name}\` to be a list of token ids`,
      got: JSON.stringify(ids) ?? String(ids),
    });
  }
  return [...new Set(ids.map((id) => column(name, id, vocabSize)))];
}
