/** Rows as models take them, task by task; and what is said of rows and options that a task cannot use. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import { tinyFiles } from "../../tests/support/tokenizer-fixtures.ts";
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import {
  ArrayDataset,
  BadRowError,
  type GlobalAttention,
  type Row,
  summarizationFeatures,
  textToTextFeatures,
  translationFeatures,
} from "./index.ts";

let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles());
});

const idsOf = (text: string, max_length = 512) => tokenizer(text, { truncation: true, max_length }).input_ids;
const data = (...rows: Row[]) => new ArrayDataset(rows, "rows.jsonl");
const place = (row: number, of: number) => `rows.jsonl, row ${row} of ${of}`;

const documents = data(
  { title: "T", document: "the quick brown fox", summary: "a fox" },
  { title: "U", document: "another document, größer 🙂", summary: "it is größer" },
);

/** Why work fails. */
async function message(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

describe("text to text", () => {
  test("a document and its summary: ids, masks as long, labels that are not padded", async () => {
    const features = await summarizationFeatures(documents, tokenizer);
    expect(features.length).toBe(2);
    expect(features.columns).toEqual(["input_ids", "attention_mask", "global_attention_mask", "labels"]);
    for (const [i, { document, summary }] of (await Promise.all([documents.get(0), documents.get(1)])).entries()) {
      const input_ids = idsOf(String(document));
      expect(await features.get(i)).toEqual({
        input_ids,
        attention_mask: input_ids.map(() => 1),
        global_attention_mask: input_ids.map((_, at) => (at === 0 ? 1 : 0)),
        labels: idsOf(String(summary)),
      });
    }
    expect([features.placeOf(1), features.rowOf(1), features.skipped]).toEqual([place(2, 2), 1, 0]);
  });

  test("lengths, prefix, columns by name, no target", async () => {
    const options = { text_column: "summary", target_column: "title", prefix: "shorten: " };
    const lengths = { max_source_length: 5, max_target_length: 3 };
    const features = await textToTextFeatures(documents, tokenizer, { ...options, ...lengths });
    const { input_ids, labels } = await features.get(1);
    expect(input_ids).toEqual(idsOf("shorten: it is größer", 5));
    expect([input_ids.length, input_ids.at(-1), labels]).toEqual([5, 2, idsOf("U", 3)]);
    const alone = await textToTextFeatures(documents, tokenizer, { ...options, target_column: null });
    expect(await alone.get(1)).not.toHaveProperty("labels");
    expect(alone.columns).not.toContain("labels");
  });

  test("usual names of columns, those of the task first", async () => {
    const rows = data({ text: "text", document: "document", summary: "summary", target: "target" });
    const labels = async (features: Promise<{ get(i: number): Promise<{ input_ids: number[]; labels?: number[] }> }>) =>
      Object.values(await (await features).get(0)).map((ids) => tokenizer.decode(ids, { skip_special_tokens: true }));
    const [document, , , summary] = await labels(summarizationFeatures(rows, tokenizer));
    expect([document, summary]).toEqual(["document", "summary"]);
    const [text, , , target] = await labels(textToTextFeatures(rows, tokenizer));
    expect([text, target]).toEqual(["text", "target"]);
  });

  test.each([
    {
      options: { text_column: "documents" },
      says: "read rows.jsonl: expected the column documents, got the columns title, document, summary. Did you mean document? Name another with text_column (--text-column).",
    },
    {
      options: { target_column: "abstract" },
      says: "expected the column abstract, got the columns title, document, summary. Name another with target_column (--target-column).",
    },
    { options: { max_source_length: 2 }, says: "option `max_source_length`: expected an integer of at least 3, got 2" },
    {
      options: { max_target_length: 1.5 },
      says: "option `max_target_length`: expected an integer of at least 3, got 1.5",
    },
    { options: { on_bad_row: "drop" as "skip" }, says: 'option `on_bad_row`: expected "error" or "skip", got "drop"' },
    {
      options: { global_attention: "last" as "first" },
      says: 'option `global_attention`: expected "first", "none", "question", { separators: token ids } or a function, got "last"',
    },
    { options: { global_attention: { separators: [] } }, says: 'got {"separators":[]}' },
    { options: { max_length: 3 } as object, says: "summarizationFeatures: expected options among text_column" },
  ])("refused: $options", async ({ options, says }) => {
    expect(await message(() => summarizationFeatures(documents, tokenizer, options))).toContain(says);
  });

  test("refused: no column of a usual name", async () => {
    const rows = data({ a: "x", b: "y" });
    expect(await message(() => summarizationFeatures(rows, tokenizer))).toMatch(
      /^read rows\.jsonl: expected one of the columns document, article, .*, got the columns a, b\. Name another with text_column/,
    );
  });
});

describe("rows that cannot be used", () => {
  const good = { document: "a", summary: "b" };
  const skip = 'Mend the row, or leave such rows out: on_bad_row: "skip" (--on-bad-row skip).';

  test.each([
    { row: { document: "", summary: "b" }, says: `expected a text in the column document, got an empty text. ${skip}` },
    { row: { document: " \n", summary: "b" }, says: "expected a text in the column document, got white space alone." },
    { row: { document: "a", summary: null }, says: "expected a text in the column summary, got null." },
    { row: { document: "a" }, says: "expected a text in the column summary, got nothing." },
    { row: { document: ["a"], summary: "b" }, says: "expected a text in the column document, got an array." },
    { row: { document: 1, summary: "b" }, says: "expected a text in the column document, got a number." },
  ])("$row: an error that names its place, or left out and counted", async ({ row, says }) => {
    const rows = data(good, row as Row, good);
    const error = await summarizationFeatures(rows, tokenizer).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadRowError);
    expect((error as Error).message).toContain(`${place(2, 3)}: ${says}`);
    const features = await summarizationFeatures(rows, tokenizer, { on_bad_row: "skip" });
    expect([features.length, features.skipped, features.rowOf(1)]).toEqual([2, 1, 2]);
    expect(features.first_skipped?.message).toContain(says);
    expect(features.placeOf(1)).toBe(place(3, 3));
  });

  test("no row is left", async () => {
    const rows = data({ document: "", summary: "" });
    expect(await message(() => summarizationFeatures(rows, tokenizer, { on_bad_row: "skip" }))).toBe(
      `read rows.jsonl: expected at least one row that can be used, got none of 1. The first: ${place(1, 1)}: expected a text in the column document, got an empty text. ${skip}`,
    );
  });

  test("what is no bad row is an error all the same", async () => {
    const broken = documents.map(() => {
      throw new Error("the disk is gone");
    });
    const work = () => summarizationFeatures(broken, tokenizer, { on_bad_row: "skip" });
    expect(await message(work)).toBe("the disk is gone");
  });

  test("progress is told, and can be aborted", async () => {
    const told = vi.fn();
    await summarizationFeatures(documents, tokenizer, { progress_callback: told });
    expect(told.mock.calls).toEqual([
      [0, 2],
      [2, 2],
    ]);
    const signal = AbortSignal.abort(new Error("enough"));
    expect(await message(() => summarizationFeatures(documents, tokenizer, { signal }))).toBe("enough");
  });
});

describe("global attention", () => {
  async function globals(global_attention: GlobalAttention): Promise<number[]> {
    const rows = data({ text: "one</s>two</s>three", target: "x", at: 2 });
    const features = await textToTextFeatures(rows, tokenizer, { global_attention });
    const { global_attention_mask } = await features.get(0);
    return [...global_attention_mask.keys()].filter((index) => global_attention_mask[index] === 1);
  }

  test("each policy", async () => {
    const ids = idsOf("one</s>two</s>three");
    const ends = [...ids.keys()].filter((index) => ids[index] === 2);
    expect(ends.length).toBe(3);
    expect(await globals("first")).toEqual([0]);
    expect(await globals("none")).toEqual([]);
    expect(await globals("question")).toEqual([...Array(ends[0]).keys()]);
    expect(await globals({ separators: [2, 0] })).toEqual([0, ...ends]);
    expect(await globals(({ at }, { input_ids }) => [Number(at), input_ids.length - 1])).toEqual([2, ids.length - 1]);
  });

  test("refused: an index beyond the tokens", async () => {
    expect(await message(() => globals(() => [500]))).toMatch(
      /^option `global_attention`: expected token indices of 0 to \d+ from the function, got 500$/,
    );
  });
});

describe("translation", () => {
  const pair = { en: "a house", de: "ein Haus" };
  const expected = async () => ({ input_ids: idsOf(pair.en), labels: idsOf(pair.de) });

  test("two columns, or texts by language", async () => {
    const columns = await translationFeatures(data(pair), tokenizer, { source_column: "en", target_column: "de" });
    expect(await columns.get(0)).toMatchObject(await expected());
    const usual = await translationFeatures(data({ source: pair.en, target: pair.de }), tokenizer);
    expect(await usual.get(0)).toMatchObject(await expected());
    const nested = data({ translation: pair });
    const byLanguage = await translationFeatures(nested, tokenizer, { source_lang: "en", target_lang: "de" });
    expect(await byLanguage.get(0)).toMatchObject(await expected());
    const other = { translation_column: "t", source_lang: "de", target_lang: "en", prefix: "to English: " };
    const { input_ids } = await (await translationFeatures(data({ t: pair }), tokenizer, other)).get(0);
    expect(input_ids).toEqual(idsOf(`to English: ${pair.de}`));
  });

  test.each([
    {
      row: { translation: pair },
      options: { source_lang: "fr", target_lang: "de" },
      says: `${place(1, 1)}: expected the language fr in the column translation, got en, de. Name the language with source_lang (--source-lang).`,
    },
    {
      row: { translation: pair },
      options: { source_lang: "en" },
      says: "read rows.jsonl: expected `source_lang` and `target_lang`, languages in the column translation, got source_lang en, target_lang undefined. Name them with source_lang (--source-lang)",
    },
    {
      row: { translation: "x" },
      options: { source_lang: "en", target_lang: "de" },
      says: "expected texts by language in the column translation, got a string",
    },
    {
      row: { translation: { en: "", de: "x" } },
      options: { source_lang: "en", target_lang: "de" },
      says: "expected a text in the language en, got an empty text",
    },
    {
      row: pair,
      options: { source_lang: "en", target_lang: "de" },
      says: "expected one of the columns translation, got the columns en, de. Name another with translation_column",
    },
    {
      row: pair,
      options: { source_column: "eng", target_column: "de" },
      says: "Name another with source_column (--source-column).",
    },
    { row: pair, options: { text_column: "en" } as object, says: "got `text_column`" },
  ])("refused: $row, $options", async ({ row, options, says }) => {
    expect(await message(() => translationFeatures(data(row as Row), tokenizer, options))).toContain(says);
  });
});
