/** The oracle's fixtures (tests/oracle/tokenizer.py) as the tests of this room read them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { memoryFiles } from "../../src/files.ts";

const folder = new URL("../oracle/fixtures/", import.meta.url);

export interface TextCase {
  text: string;
  tokens: string[];
  ids: number[];
  decoded: string;
  raw: string;
  skipped: string;
}

export interface CallCase {
  settings: Record<string, unknown>;
  text: unknown;
  options: Record<string, unknown>;
  gives?: Record<string, unknown>;
  raises?: string;
  says: string[];
}

export interface LoadedCase {
  name: string;
  files: Record<string, unknown>;
  length: number;
  added: Record<string, number>;
  specials: string[];
  special_ids: number[];
  ids: number[];
  saved: Record<string, string>;
}

export interface TokenizerFixture {
  pieces: { text: string; pieces: string[] }[];
  plain: TextCase[];
  prefixed: { text: string; ids: number[] }[];
  added_vocab: Record<string, number>;
  added: TextCase[];
  added_saved: Record<string, string>;
  calls: CallCase[];
  pads: { settings: Record<string, unknown>; encoded: object; options: object; gives?: object; raises?: string }[];
  loaded: LoadedCase[];
  decodes: { ids: number[]; replace: string; ignore: string; backslashreplace: string }[];
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8")) as T;
}

export function tinyText(name: string): string {
  return readFileSync(new URL(`tiny-tokenizer/${name}`, folder), "utf8");
}

/** The folder of the small vocabulary, as the reference's save_pretrained wrote it. */
export function tinyFiles(): ReturnType<typeof memoryFiles> {
  const names = readdirSync(new URL("tiny-tokenizer/", folder));
  return memoryFiles(names.map((name) => [name, tinyText(name)] as const));
}

const data = new URL(
  `${process.env.LED_DATA ?? new URL("../../../shared/data", import.meta.url).pathname}/`,
  "file:///",
);
const released = new URL("led-tokenizer/", data);

/** Why tests of the released vocabulary are skipped, or false when it is there. */
export const noReleasedVocabulary: string | false = existsSync(new URL("vocab.json", released))
  ? false
  : `LED_DATA has no led-tokenizer/vocab.json (looked in ${released.pathname})`;

export function releasedText(name: string): string {
  return readFileSync(new URL(name, released), "utf8");
}

/** A text of the data folder, by its path there. */
export function dataText(path: string): string {
  return readFileSync(new URL(path, data), "utf8");
}
