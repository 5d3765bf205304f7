/** The oracle's fixture of LEDTokenizerFast (tests/oracle/tokenizer_fast.py) as tests read it. */
import {
  AddedToken,
  type AddedTokenOptions,
  LEDTokenizer,
  LEDTokenizerFast,
  setLogger,
  Tensor,
} from "../../src/index.ts";
import { readFixture, tinyText } from "./tokenizer-fixtures.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Values = { [key: string]: Json };

/** What a call of the reference did. */
export interface Outcome {
  gives?: Json;
  raises?: string;
  says?: string[];
}

export interface FastText {
  text: string;
  ids: number[];
  tokens: string[];
  offsets: number[];
  words: (number | null)[];
  raw?: string;
  decoded?: string;
  skipped?: string;
  slow?: { ids?: number[]; tokens?: string[]; raw?: string; decoded?: string; skipped?: string };
}

export interface AddedCase {
  name: string;
  settings: Values;
  steps: ({ method: string; given: Json; options: Values } & Outcome)[];
  length: number;
  vocab_size: number;
  vocab: Record<string, number>;
  decoder: [number, string, string][];
  special_tokens: string[];
  special_ids: number[];
  map: Values;
  tokenizer_json: { sha256: string; post_processor: Values };
  texts: FastText[];
}

export interface CallRow extends Outcome {
  settings: Values;
  text: Json;
  options: Values;
  rows?: { tokens: string[]; words: (number | null)[]; sequences: (number | null)[] }[];
}

export interface FastFixture {
  facts: Values;
  classes: { letter: [number, number][]; number: [number, number][]; word: Json; stripped: Json };
  texts: FastText[];
  lone_surrogates: { units: number[]; fast: number[] | string }[];
  untrimmed: { text: string; offsets: number[] }[];
  prefixed: (FastText & { slow_ids?: number[] })[];
  prefixed_untrimmed: { text: string; offsets: number[] }[];
  added: AddedCase[];
  calls: CallRow[];
  sequences: { settings: Values; calls: CallRow[] }[];
  lookups: LookupCase[];
  access: ({ of: string; asked: string; args?: Json[] } & Outcome)[];
  methods: MethodCase[];
  pads: ({ settings: Values; encoded: Json; options: Values } & Outcome & {
      about?: string;
      text?: string;
      given_now?: Json;
      is_fast?: boolean;
    })[];
  attributes: ({ settings: Values; set: Values; text: Json; options: Values; after: Outcome } & Outcome)[];
  constructed: ({ name: string; options: Values } & Outcome)[];
  loaded: { probe: string; tokenizer_json: Values; saved: Values; forms: Values; cases: LoadedFast[] };
  saves: ({
    method: string;
    settings: Values;
    args: Json[];
    options: Values;
    files?: Record<string, string>;
  } & Outcome)[];
  auto: ({ files: Values; options: Values; class?: string; length?: number; ids?: number[] } & Outcome)[];
}

export interface LookupCase {
  name: string;
  settings: Values;
  text: Json;
  options: Values;
  n_sequences: number;
  is_fast: boolean;
  size: number;
  /** By method: arguments and what it gives; a text is an error. */
  tables: Record<string, [Json[], Json][]>;
}

export interface MethodCase extends Outcome {
  settings: Values;
  method: string;
  args: Json[];
  options: Values;
  /** What of the outcome is otherwise with the slow class. */
  slow?: Outcome;
}

export interface LoadedFast extends Outcome {
  name: string;
  files: Values;
  length?: number;
  [more: string]: unknown;
}

export const fastFixture = readFixture<FastFixture>("tokenizer-fast.json");

/** Added tokens in place of the objects that stand for them. */
export function revived(value: Json): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.content === "string") {
    const { content, ...flags } = value;
    return new AddedToken(content, flags as AddedTokenOptions);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revived(item)]));
}

const files = { vocab_file: tinyText("vocab.json"), merges_file: tinyText("merges.txt") };

/** Python's offsets count code points. */
export function tinyFast(settings: Values = {}): Promise<LEDTokenizerFast> {
  return LEDTokenizerFast.from_files({ ...files, offset_unit: "code_points", ...(revived(settings) as object) });
}

export function tinySlow(settings: Values = {}): Promise<LEDTokenizer> {
  return LEDTokenizer.from_files({ ...files, ...(revived(settings) as object) });
}

/** What a call does here, in the fixture's form: tensors and spans as nested lists. */
export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  const says: string[] = [];
  const before = setLogger({ warn: (message) => says.push(message) });
  const outcome: Outcome = {};
  try {
    outcome.gives = plain(await call());
  } catch (error) {
    outcome.raises = String(error);
  } finally {
    setLogger(before);
  }
  if (says.length > 0) outcome.says = says;
  return outcome;
}

export function plain(value: unknown): Json {
  if (value instanceof Tensor) return value.tolist() as Json;
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value === null || typeof value !== "object") return value as Json;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** Exceptions whose message the reference wrote on purpose; the others are crashes, where ours has words of its own. */
const deliberate = ["ValueError", "Exception", "AssertionError"];

/** The words of the reference that our error must hold. */
export function wordsOf(raises: string): string {
  const [kind, ...words] = raises.split(": ");
  return deliberate.includes(kind!) ? words.join(": ") : "";
}
