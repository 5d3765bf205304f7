/** The forms in which texts to classify come (transformers 4.37.2, pipelines/text_classification.py: __call__, preprocess). */
import { InvalidArgumentError } from "../errors.ts";

/** A text and another that it is compared with. */
export interface TextPair {
  readonly text: string;
  readonly text_pair?: string | undefined;
}

/** A pair may be `[[text, text_pair]]`, the reference's old form. */
export type ClassifiedText = string | TextPair | readonly [readonly [text: string, text_pair: string]];

/** The texts of a call. Throws an InvalidArgumentError for what is none, and for an empty list. */
export function classificationCall(task: string, given: unknown): TextPair[] {
  if (!Array.isArray(given)) return [textOf(task, given)];
  if (given.length === 0) {
    throw new InvalidArgumentError({ operation: task, expected: "at least one text", got: "an empty list" });
  }
  return given.map((item: unknown, i) => textOf(`${task}, text ${i + 1} of ${given.length}`, item));
}

function textOf(operation: string, item: unknown): TextPair {
  if (typeof item === "string") return { text: item };
  if (Array.isArray(item)) {
    const [pair] = item as unknown[];
    if (item.length === 1 && Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === "string")) {
      return { text: pair[0] as string, text_pair: pair[1] as string };
    }
    throw new InvalidArgumentError({
      operation,
      says: 'The pipeline received invalid inputs, if you are trying to send text pairs, you can try to send a dictionary `{"text": "My text", "text_pair": "My pair"}` in order to send a text pair.',
    });
  }
  const { text, text_pair, ...others } = (typeof item === "object" && item !== null ? item : {}) as Readonly<
    Record<string, unknown>
  >;
  const [other] = Object.keys(others);
  const isText = typeof text === "string" && (text_pair === undefined || typeof text_pair === "string");
  if (isText && other === undefined) return { text, text_pair };
  throw new InvalidArgumentError({
    operation,
    expected: "a text, or { text, text_pair } with two of them",
    got:
      typeof item === "object" && item !== null
        ? `an object with ${Object.keys(item).join(", ") || "no keys"}`
        : show(item),
  });
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
