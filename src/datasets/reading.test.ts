/** Files of rows, each written to a temporary folder: what is read of them, and what is said of bad ones. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../platform/node-folders.ts";
import { memoryFiles } from "../files.ts";
import { type Dataset, type OpenDatasetOptions, openDataset, type Row } from "./index.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "led-datasets-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function rowsOf(dataset: Dataset): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of dataset) rows.push(row);
  // What an iteration gives must be what single rows are, in any order.
  for (let i = dataset.length - 1; i >= 0; i--) expect(await dataset.get(i)).toEqual(rows[i]);
  return rows;
}

/** What a file holds. */
async function read(name: string, content: string | Uint8Array, options: OpenDatasetOptions = {}): Promise<Row[]> {
  const dataset = await openDataset(file(name, content), options);
  try {
    return await rowsOf(dataset);
  } finally {
    await dataset.close();
  }
}

/** What is said of a file. FOLDER stands for the folder. */
async function refusal(name: string, content: string | Uint8Array, options: OpenDatasetOptions = {}): Promise<string> {
  try {
    await read(name, content, options);
  } catch (error) {
    return (error as Error).message.replaceAll(folder, "FOLDER");
  }
  throw new Error(`${name} was read`);
}

describe("JSON Lines", () => {
  const rows = [
    { text: "größer 🙂", n: 1 },
    { text: "\u2028 is no line end", n: null },
    { text: 'a "b"\nc', list: [1] },
  ];
  const lines = rows.map((row) => JSON.stringify(row));

  test.each([
    { what: "plain", text: `${lines.join("\n")}\n` },
    { what: "no line end behind the last", text: lines.join("\n") },
    { what: "CRLF", text: `${lines.join("\r\n")}\r\n` },
    { what: "a byte order mark", text: `\ufeff${lines.join("\n")}` },
    { what: "blank lines", text: `\n \t\n${lines.join("\n\n\r\n")}\n\n  ` },
  ])("$what", async ({ text }) => {
    expect(await read("rows.jsonl", text)).toEqual(rows);
  });

  test("other names, and gzip", async () => {
    expect(await read("rows.ndjson", lines.join("\n"))).toEqual(rows);
    expect(await read("rows.JSONL.gz", gzipSync(lines.join("\n")))).toEqual(rows);
    expect(await read("rows.txt", lines.join("\n"), { format: "jsonl" })).toEqual(rows);
    expect(await read("two.jsonl.gz", Buffer.concat([gzipSync(`${lines[0]}\n`), gzipSync(lines[1]!)]))).toEqual(
      rows.slice(0, 2),
    );
  });

  test("columns are those of the first row; places count lines that are blank", async () => {
    const dataset = await openDataset(file("places.jsonl", `\n${lines[0]}\n\n\n${lines[1]}\n`));
    expect(dataset.columns).toEqual(["text", "n"]);
    expect([0, 1].map((i) => dataset.placeOf(i).replace(folder, ""))).toEqual([
      "/places.jsonl, line 2",
      "/places.jsonl, line 5",
    ]);
    await expect(dataset.get(2)).rejects.toThrow("expected a row number of 0 to 1, got 2");
    await expect(dataset.get(0.5)).rejects.toThrow("expected a row number of 0 to 1, got 0.5");
    await dataset.close();
  });

  test.each([
    {
      what: "broken JSON",
      text: `${lines[0]}\n{"text": }\n`,
      says: /read FOLDER\/bad\.jsonl, line 2: expected a JSON object on the line, got Unexpected token/,
    },
    {
      what: "a line that was cut",
      text: `${lines[0]}\n\n${lines[1]!.slice(0, 12)}`,
      says: /line 3: expected a JSON object on the line, got .*(Unterminated|Unexpected end)/,
    },
    {
      what: "an array",
      text: `${lines[0]}\n[1]\n`,
      says: "read FOLDER/bad.jsonl, line 2: expected a JSON object, got an array",
    },
    { what: "null", text: "null\n", says: "read FOLDER/bad.jsonl, line 1: expected a JSON object, got null" },
    {
      what: "one JSON value",
      text: '[\n{"text": "a"}\n]\n',
      says: /line 1: .*A file that is one JSON value has a name that ends in \.json\./,
    },
    { what: "nothing", text: "\n\n", says: "read FOLDER/bad.jsonl: expected at least one row, got none. Is it empty?" },
    { what: "no bytes", text: "", says: "read FOLDER/bad.jsonl: expected at least one row, got none. Is it empty?" },
  ])("refused: $what", async ({ text, says }) => {
    expect(await refusal("bad.jsonl", text)).toMatch(says);
  });

  test("refused: bytes that are no UTF-8, with their line, and other kinds of files", async () => {
    const latin1 = Buffer.concat([Buffer.from('{"a": 1}\n{"a": "gr'), Buffer.from([0xf6]), Buffer.from('sser"}\n')]);
    expect(await refusal("latin.jsonl", latin1)).toBe(
      "read FOLDER/latin.jsonl, line 2: expected UTF-8 text, got bytes that are none. Convert it first, such as iconv -f ISO-8859-1 -t UTF-8.",
    );
    const utf16 = Buffer.from(`\ufeff${lines[0]}`, "utf16le");
    expect(await refusal("wide.jsonl", utf16)).toMatch("got UTF-16 text. Convert it first: iconv -f UTF-16 -t UTF-8.");
    expect(await refusal("zip.jsonl", gzipSync("{}"))).toMatch("got gzip data. Give it a name that ends in .gz.");
    const damaged = gzipSync(lines.join("\n")).subarray(0, 40);
    expect(await refusal("cut.jsonl.gz", damaged)).toMatch(
      /read FOLDER\/cut\.jsonl\.gz: expected gzip data, got other or damaged data: .*Is the download complete\?/,
    );
  });
});

describe("JSON", () => {
  const rows = [{ text: "a" }, { text: "b\r\n" }];

  test("an array, and an array under data", async () => {
    expect(await read("rows.json", JSON.stringify(rows, undefined, 2))).toEqual(rows);
    expect(await read("rows.json", `\ufeff${JSON.stringify({ version: 1, data: rows })}`)).toEqual(rows);
    expect(await read("rows.json.gz", gzipSync(JSON.stringify(rows)))).toEqual(rows);
  });

  test("SQuAD's nested form: a row a question", async () => {
    const answer = { text: "Paris", answer_start: 3 };
    const paragraphs = [
      {
        context: "In Paris.",
        qas: [
          { id: "q1", question: "Where?", answers: [answer, answer] },
          { id: "q2", question: "When?", is_impossible: true, answers: [], plausible_answers: [answer] },
        ],
      },
      { context: "Nothing.", qas: [] },
    ];
    const data = [
      { title: "Cities", paragraphs },
      { title: "None", paragraphs: [] },
    ];
    expect(await read("squad.json", JSON.stringify({ version: "v2.0", data }))).toEqual([
      {
        id: "q1",
        title: "Cities",
        context: "In Paris.",
        question: "Where?",
        answers: { text: ["Paris", "Paris"], answer_start: [3, 3] },
      },
      { id: "q2", title: "Cities", context: "In Paris.", question: "When?", answers: { text: [], answer_start: [] } },
    ]);
  });

  test.each([
    { text: '[\n{"a": 1},\n{"a": 2,}\n]', says: /read FOLDER\/bad\.json, line 3: expected JSON, got / },
    { text: '[\n{"a": 1},\n{"a": "b', says: /read FOLDER\/bad\.json, line 3: expected JSON, got / },
    {
      text: '{"a": 1}\n{"a": 2}\n',
      says: /line 2: expected JSON, .*A file of one object a line has a name that ends in \.jsonl\./,
    },
    { text: "[1]", says: "read FOLDER/bad.json, [0]: expected a JSON object, got a number" },
    {
      text: '{"rows": []}',
      says: "read FOLDER/bad.json: expected an array of objects, or an object with one under `data`, got an object",
    },
    { text: '{"data": "x"}', says: "under `data`, got a string under `data`" },
    { text: "[]", says: "read FOLDER/bad.json: expected at least one row, got none. Is it empty?" },
    { text: " ", says: "expected at least one row, got none" },
    {
      text: '{"data": [{"paragraphs": [{"context": "c"}]}]}',
      says: "read FOLDER/bad.json, data[0].paragraphs[0]: expected an array under `qas`, got nothing",
    },
  ])("refused: $text", async ({ text, says }) => {
    expect(await refusal("bad.json", text)).toMatch(says);
  });
});

describe("CSV and TSV", () => {
  const rows = [
    { text: "größer, 🙂", label: "1" },
    { text: 'a "quoted"\nline', label: "" },
    { text: " spaces stay ", label: "0" },
  ];
  const csv = 'text,label\n"größer, 🙂",1\n"a ""quoted""\nline",\n spaces stay ,0\n';

  test("values are texts; quotes, line ends in values, CRLF, byte order mark, blank lines, gzip", async () => {
    expect(await read("rows.csv", csv)).toEqual(rows);
    expect(await read("rows.csv", csv.trimEnd())).toEqual(rows);
    const crlf = csv.replaceAll("\n", "\r\n");
    expect(await read("rows.csv", `\ufeff${crlf}`)).toEqual([
      rows[0],
      { ...rows[1], text: 'a "quoted"\r\nline' },
      rows[2],
    ]);
    expect(await read("rows.csv", `\n\n${csv.replace("0\n", "0\n\n\r\n")}`)).toEqual(rows);
    expect(await read("rows.csv.gz", gzipSync(csv))).toEqual(rows);
  });

  test("other delimiters, and files in which quotes mean nothing", async () => {
    expect(await read("rows.csv", "a;b\n1,5;x\n", { delimiter: ";" })).toEqual([{ a: "1,5", b: "x" }]);
    expect(await read("rows.tsv", 'a\tb\n"x\ty"z\n', { quote: null })).toEqual([{ a: '"x', b: 'y"z' }]);
    expect(await read("rows.tsv", 'a\tb\n"x\ty"\tz\n')).toEqual([{ a: "x\ty", b: "z" }]);
    expect(await read("rows.csv", "a,b\n'x,y',z\n", { quote: "'" })).toEqual([{ a: "x,y", b: "z" }]);
  });

  test("places count the lines within values", async () => {
    const dataset = await openDataset(file("places.csv", csv));
    expect([0, 1, 2].map((i) => dataset.placeOf(i).replace(folder, ""))).toEqual([
      "/places.csv, line 2",
      "/places.csv, line 3",
      "/places.csv, line 5",
    ]);
    await dataset.close();
  });

  test.each([
    {
      text: 'a,b\n"x\ny",1\n1,2,3\n',
      says: "read FOLDER/bad.csv, line 4: expected 2 values, as many as the header has, got 3",
    },
    { text: "a,b\n1\n", says: "read FOLDER/bad.csv, line 2: expected 2 values, as many as the header has, got 1" },
    {
      text: 'a,b\n1,2\n3,"four\n5,6\n',
      says: "read FOLDER/bad.csv, line 3: expected a quote that is closed, got the end of the file. Write a quote within quotes twice, or read with `quote: null` (--no-quotes)",
    },
    {
      text: 'a,b\nx"y,2\n',
      says: "read FOLDER/bad.csv, line 2: expected quotes around a whole value, got one within a value",
    },
    {
      text: 'a,b\n"x"y,2\n',
      says: "read FOLDER/bad.csv, line 2: expected the value's end behind its closing quote, got more characters",
    },
    {
      text: "a,b,a\n1,2,3\n",
      says: 'read FOLDER/bad.csv, line 1: expected a header of different names, got "a" twice',
    },
    { text: "a,b\n", says: "read FOLDER/bad.csv: expected at least one row, got none" },
    { text: "", says: "read FOLDER/bad.csv: expected at least one row, got none" },
  ])("refused: $text", async ({ text, says }) => {
    expect(await refusal("bad.csv", text)).toContain(says);
  });
});

describe("options and names", () => {
  test.each([
    {
      name: "rows.xlsx",
      options: {},
      says: "read FOLDER/rows.xlsx: expected a name that ends in .jsonl, .ndjson, .json, .csv, .tsv, .parquet, or `format`, got .xlsx",
    },
    { name: "rows.txt.gz", options: {}, says: "got .txt.gz" },
    { name: "rows.parquet.gz", options: {}, says: "got .parquet.gz" },
    {
      name: "rows.jsonl",
      options: { delimiter: ";" },
      says: "read FOLDER/rows.jsonl: expected `delimiter` for csv and tsv files alone, got it for a jsonl file",
    },
    {
      name: "rows.csv",
      options: { delimiter: "||" },
      says: 'option `delimiter`: expected one ASCII character that ends no line, got "||"',
    },
    { name: "rows.csv", options: { quote: "“" }, says: "option `quote`: expected one ASCII character" },
    { name: "rows.csv", options: { format: "xml" as "csv" }, says: "got format xml" },
    { name: "rows.csv", options: { quotes: null } as object, says: "got `quotes`. Did you mean `quote`?" },
  ])("refused: $name with $options", async ({ name, options, says }) => {
    expect(await refusal(name, "a,b\n1,2\n", options)).toContain(says);
  });

  test("a file that is missing, with the nearest name; a folder", async () => {
    file("train.jsonl", "{}\n");
    await expect(openDataset(join(folder, "trian.jsonl"))).rejects.toThrow("There is train.jsonl.");
    await expect(openDataset(join(folder, "nowhere", "x.csv"))).rejects.toThrow("no such folder");
    await expect(openDataset(`${folder}/`)).rejects.toThrow("expected the path of a file");
    await expect(openDataset("")).rejects.toThrow("got an empty path");
  });

  test("files at hand, where there are no paths", async () => {
    const files = memoryFiles([["rows.csv", "a\n1\n"]]);
    expect(await rowsOf(await openDataset({ files, name: "rows.csv" }))).toEqual([{ a: "1" }]);
  });
});
