/** Where the answers to a question stand in its context. */
import { badRow, excerpt, requireText, skipFix } from "./columns.ts";
import { kindOf } from "./json-lines.ts";

/** An answer as a row gives it. */
export interface GivenAnswer {
  readonly text: string;
  /** As the row has it: in code points or in UTF-16 code units. */
  readonly start: number | undefined;
}

/** UTF-16 code units of the context. */
export interface AnswerSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The answers of a row: SQuAD's `{ text: [...], answer_start: [...] }`, a list of `{ text, answer_start }`, a list of texts, or one
 * text with its start in a column of its own. Empty lists, and a start of -1 for one text, are a question without an answer.
 */
export function answersOf(value: unknown, start: unknown, column: string, place: string): readonly GivenAnswer[] {
  const at = `an answer's text in the column ${column}`;
  if (Array.isArray(value)) {
    return value.map((item: unknown) => {
      if (item === null || typeof item !== "object" || Array.isArray(item)) {
        return { text: requireText(item, at, place), start: undefined };
      }
      const { text, answer_start } = item as { text?: unknown; answer_start?: unknown };
      return { text: requireText(text, at, place), start: startOf(answer_start, place) };
    });
  }
  if (value !== null && typeof value === "object") {
    const { text, answer_start } = value as { text?: unknown; answer_start?: unknown };
    if (!Array.isArray(text)) throw badRow(place, `a list \`text\` in the column ${column}`, kindOf(text));
    const starts = answer_start ?? [];
    if (!Array.isArray(starts) || (starts.length > 0 && starts.length !== text.length)) {
      const got = Array.isArray(starts) ? `${starts.length}` : kindOf(starts);
      throw badRow(place, `a list \`answer_start\` of ${text.length} in the column ${column}`, got);
    }
    return text.map((one, i) => ({ text: requireText(one, at, place), start: startOf(starts[i], place) }));
  }
  const only = startOf(start, place);
  if (only === -1) return [];
  return [{ text: requireText(value, at, place), start: only }];
}

function startOf(value: unknown, place: string): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const number = typeof value === "string" ? Number(value) : value;
  if (Number.isInteger(number) && (number as number) >= -1) return number as number;
  throw badRow(place, "a whole number as an answer's start", JSON.stringify(value));
}

/**
 * Where an answer stands, without white space around it. Files written by Python count code points and files written by JavaScript
 * UTF-16 code units: what stands there tells which. Without a start the text must occur once. A BadRowError where it
 * does not stand there.
 */
export function spanOf({ text, start }: GivenAnswer, context: string, place: string): AnswerSpan {
  const found = start === undefined ? onlyPlace(text, context, place) : statedPlace(text, start, context);
  if (found === undefined) {
    const elsewhere = context.indexOf(text);
    throw badRow(
      place,
      `the answer ${excerpt(text)} at ${start} of its context`,
      start! > context.length
        ? `a context of ${context.length} characters`
        : excerpt(context.slice(start, start! + text.length)),
      elsewhere < 0 ? skipFix : `The answer stands at ${elsewhere}. ${skipFix}`,
    );
  }
  const trimmed = text.trim();
  const from = found + text.indexOf(trimmed);
  return { start: from, end: from + trimmed.length };
}

function statedPlace(text: string, start: number, context: string): number | undefined {
  return [codeUnits(context, start), start].find((at) => at >= 0 && context.startsWith(text, at));
}

function onlyPlace(text: string, context: string, place: string): number {
  const at = context.indexOf(text);
  if (at >= 0 && context.indexOf(text, at + 1) < 0) return at;
  throw badRow(
    place,
    `the answer ${excerpt(text)} once in its context, as its start is not given`,
    at < 0 ? "it nowhere" : "it more than once",
    at < 0 ? skipFix : "Give its start (answer_start).",
  );
}

/** How many code units the first `points` code points take. */
function codeUnits(text: string, points: number): number {
  let at = 0;
  for (let point = 0; point < points; point++) {
    const code = text.codePointAt(at);
    if (code === undefined) return -1;
    at += code > 0xffff ? 2 : 1;
  }
  return at;
}
