/**
 * The forms in which questions come (transformers 4.37.2, pipelines/question_answering.py: QuestionAnsweringArgumentHandler, and
 * transformers.js: a question and a context). Keywords are one object: `{ question, context, top_k: 3 }`.
 *
 * Departure: a list of one question gives a list of one result, where the reference gives the result alone; `X` and `data`, names of
 * the first argument there, are not known.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";

export interface QuestionInput {
  readonly question: string;
  readonly context: string;
}

/** Several questions about one context, or each about its own. */
export interface QuestionInputs {
  readonly question: readonly string[];
  readonly context: string | readonly string[];
}

export interface QuestionCall {
  readonly inputs: readonly QuestionInput[];
  /** Whether results are a list too. */
  readonly several: boolean;
  readonly options: object;
}

const operation = "question-answering";
const forms = "(question, context), ({ question, context }) or a list of such objects";
const inputNames = ["question", "context"] as const;

/** What a call was given. Throws an InvalidArgumentError for what is no question with its context. */
export function questionCall(given: readonly unknown[]): QuestionCall {
  const [first, second] = given;
  if (Array.isArray(first) && !isTexts(second)) {
    return { inputs: examples(first), several: true, options: optionsAt(given, 1) };
  }
  if (typeof first === "string" || Array.isArray(first)) {
    return { ...paired(first, second), options: optionsAt(given, 2) };
  }
  if (typeof first !== "object" || first === null) throw notUnderstood(first);
  const { question, context, ...keywords } = first as Readonly<Record<string, unknown>>;
  requireNames(first);
  const options = optionsAt(given, 1);
  const twice = Object.keys(options).find((name) => Object.hasOwn(keywords, name));
  if (twice !== undefined) {
    throw new InvalidArgumentError({
      operation,
      expected: `\`${twice}\` once`,
      got: "it beside the question and behind",
    });
  }
  return { ...paired(question, context), options: { ...keywords, ...options } };
}

function isTexts(value: unknown): boolean {
  return typeof value === "string" || Array.isArray(value);
}

function optionsAt(given: readonly unknown[], index: number): object {
  const options = given[index] ?? {};
  if (typeof options === "object" && !Array.isArray(options) && given.length <= index + 1) return options;
  throw new InvalidArgumentError({
    operation,
    expected: `${forms}, then an object of options`,
    got: given.length > index + 1 ? `${given.length} arguments` : show(options),
  });
}

function paired(question: unknown, context: unknown): Omit<QuestionCall, "options"> {
  if (!Array.isArray(question)) {
    if (Array.isArray(context)) throw notUnderstood(context);
    return { inputs: [checked({ question, context }, "")], several: false };
  }
  const contexts: readonly unknown[] = Array.isArray(context) ? context : question.map(() => context);
  if (question.length !== contexts.length) {
    throw new InvalidArgumentError({
      operation,
      says: "Questions and contexts don't have the same lengths",
      got: `${question.length} and ${contexts.length}`,
    });
  }
  return { inputs: examples(question.map((one, i) => ({ question: one, context: contexts[i] }))), several: true };
}

function examples(items: readonly unknown[]): QuestionInput[] {
  if (items.length === 0) throw new InvalidArgumentError({ operation, expected: "at least one question", got: "none" });
  return items.map((item, i) => {
    const place = `, question ${i + 1} of ${items.length}`;
    if (typeof item !== "object" || item === null || Array.isArray(item)) throw notUnderstood(item);
    requireNames(item);
    refuseUnknownOptions(`${operation}${place}`, item, inputNames);
    return checked(item as Readonly<Record<string, unknown>>, place);
  });
}

function requireNames(item: object): void {
  const missing = inputNames.find((name) => !Object.hasOwn(item, name));
  if (missing === undefined) return;
  throw new InvalidArgumentError({
    operation,
    says: "You need to provide a dictionary with keys {question:..., context:...}",
    got: `keys ${Object.keys(item).join(", ") || "none"}`,
  });
}

function checked(item: Readonly<Record<string, unknown>>, place: string): QuestionInput {
  for (const name of inputNames) {
    const value = item[name];
    if (typeof value === "string" && value !== "") continue;
    throw new InvalidArgumentError({
      operation: `${operation}${place}`,
      ...(value === undefined || value === null ? { says: `\`${name}\` cannot be None` } : {}),
      ...(value === "" ? { says: `\`${name}\` cannot be empty` } : {}),
      expected: `a text as \`${name}\``,
      got: show(value),
    });
  }
  return { question: item.question as string, context: item.context as string };
}

function notUnderstood(value: unknown): InvalidArgumentError {
  return new InvalidArgumentError({
    operation,
    says: "Arguments can't be understood",
    expected: forms,
    got: show(value),
  });
}

function show(value: unknown): string {
  if (value === "") return "an empty text";
  if (Array.isArray(value)) return "a list";
  return value === null || typeof value !== "object" ? (JSON.stringify(value) ?? String(value)) : "an object";
}
