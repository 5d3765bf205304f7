/** Texts with classes as models take them: names and numbers of classes, several at once, regression; and what is refused. */
import { beforeAll, expect, test } from "vitest";
import { tinyFiles } from "../../tests/support/tokenizer-fixtures.ts";
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import { ArrayDataset, classificationFeatures, labelNames, labelsOf, type Row } from "./index.ts";

let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles());
});

const data = (...rows: Row[]) => new ArrayDataset(rows, "rows.jsonl");
const place = (row: number, of: number) => `rows.jsonl, row ${row} of ${of}`;

/** Why work fails. */
async function message(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

const labels = ["bad", "good"];

test("labels by name and by number", async () => {
  const rows = data(...["good", "bad", 1, 0, "0"].map((label) => ({ text: "some text", label })));
  const features = await classificationFeatures(rows, tokenizer, { labels });
  const got: unknown[] = [];
  for await (const { labels } of features) got.push(labels);
  expect(got).toEqual([1, 0, 1, 0, 0]);
  const input_ids = tokenizer("some text").input_ids;
  expect(await features.get(0)).toEqual({
    input_ids,
    attention_mask: input_ids.map(() => 1),
    global_attention_mask: input_ids.map((_, i) => (i === 0 ? 1 : 0)),
    labels: 1,
  });
});

test("names that are numbers are names", async () => {
  const rows = data(...["5", 1, 3].map((label) => ({ text: "x", label })));
  const names = await labelsOf(rows);
  expect(names).toEqual({
    labels: ["1", "3", "5"],
    id2label: { 0: "1", 1: "3", 2: "5" },
    label2id: { 1: 0, 3: 1, 5: 2 },
  });
  const features = await classificationFeatures(rows, tokenizer, { labels: names.labels });
  expect([(await features.get(0)).labels, (await features.get(1)).labels]).toEqual([2, 0]);
  const none = data({ text: "x", label: 2 });
  expect(await message(() => classificationFeatures(none, tokenizer, { labels: names.labels }))).toContain(
    `${place(1, 1)}: expected a label among 1, 3, 5, got 2.`,
  );
});

test("names of a data set: by their characters, numbers by size, of lists and separated texts too", async () => {
  const named = (...values: Row[string][]) => data(...values.map((label) => ({ text: "x", label })));
  expect((await labelsOf(named("b", "Z", "a", "b"))).labels).toEqual(["Z", "a", "b"]);
  expect((await labelsOf(named(10, 9, -1))).labels).toEqual(["-1", "9", "10"]);
  expect((await labelsOf(named(["b", "a"], [], ["c"]))).labels).toEqual(["a", "b", "c"]);
  expect((await labelsOf(named("b | a", "c"), { label_separator: "|" })).labels).toEqual(["a", "b", "c"]);
  expect((await labelsOf(named(true, false))).labels).toEqual(["false", "true"]);
  expect(await message(() => labelsOf(named("a", null)))).toContain(
    `${place(2, 2)}: expected a label in the column label, got null`,
  );
  expect(() => labelNames(["a", "a"])).toThrow('option `labels`: expected names of classes, each once, got "a" twice');
  expect(() => labelNames([])).toThrow("got none");
});

test("several labels at once", async () => {
  const problem_type = "multi_label_classification";
  const three = ["news", "sport", "weather"];
  const rows = data({ text: "x", labels: ["weather", 0] }, { text: "x", labels: [] });
  const features = await classificationFeatures(rows, tokenizer, { labels: three, problem_type });
  expect([(await features.get(0)).labels, (await features.get(1)).labels]).toEqual([
    [1, 0, 1],
    [0, 0, 0],
  ]);
  const texts = data({ text: "x", labels: "sport; news" }, { text: "x", labels: "" });
  const separated = await classificationFeatures(texts, tokenizer, {
    labels: three,
    problem_type,
    label_separator: ";",
  });
  expect([(await separated.get(0)).labels, (await separated.get(1)).labels]).toEqual([
    [1, 1, 0],
    [0, 0, 0],
  ]);
  expect(
    await message(() =>
      classificationFeatures(data({ text: "x", labels: null }), tokenizer, { labels: three, problem_type }),
    ),
  ).toContain("expected labels in the column labels, got null");
});

test("regression: numbers, texts of numbers, lists", async () => {
  const problem_type = "regression";
  const values = [2.5, "-1e-3", 3, [1, 2]];
  const rows = data(...values.map((label) => ({ text: "x", label })));
  const features = await classificationFeatures(rows, tokenizer, { problem_type });
  const got = await Promise.all(values.map(async (_, i) => (await features.get(i)).labels));
  expect(got).toEqual([2.5, -0.001, 3, [1, 2]]);
  for (const [label, says] of [
    ["much", '"much"'],
    ["", '""'],
    [null, "null"],
    [[1, "x"], '"x"'],
  ] as const) {
    const bad = data({ text: "x", label: label as Row[string] });
    expect(await message(() => classificationFeatures(bad, tokenizer, { problem_type }))).toContain(
      `expected a number in the column label, got ${says}`,
    );
  }
});

test("pairs of texts, a length for both, no labels", async () => {
  const rows = data({ premise: "the first text", hypothesis: "the second text" });
  const options = { text_pair_column: "hypothesis", label_column: null, max_length: 9 };
  const features = await classificationFeatures(rows, tokenizer, options);
  const { input_ids, ...rest } = await features.get(0);
  expect(input_ids).toEqual(
    tokenizer("the first text", { text_pair: "the second text", truncation: true, max_length: 9 }).input_ids,
  );
  expect(rest).not.toHaveProperty("labels");
});

test.each([
  {
    row: { text: "x", label: "god" },
    options: { labels },
    says: `${place(1, 1)}: expected a label among bad, good, got "god". Did you mean good? Mend the row`,
  },
  {
    row: { text: "x", label: 2 },
    options: { labels },
    says: "expected a label among bad, good, got 2. Mend the row",
  },
  { row: { text: "x", label: 0.5 }, options: { labels }, says: "expected a label in the column label, got a number" },
  { row: { text: "x", label: "" }, options: { labels }, says: "expected a label in the column label, got none" },
  {
    row: { text: "", label: "bad" },
    options: { labels },
    says: "expected a text in the column text, got an empty text",
  },
  {
    row: { text: "a </s> b", label: "bad" },
    options: { labels },
    says: "expected a text without the end token </s> in the column text, got one with it",
  },
  {
    row: { text: "x", label: "bad" },
    options: {},
    says: "classificationFeatures: expected `labels`, the names of the classes in the order of their ids, got none. labelsOf(dataset) finds those of a data set.",
  },
  {
    row: { text: "x", label: "bad" },
    options: { labels, problem_type: "classes" as "regression" },
    says: 'option `problem_type`: expected single_label_classification, multi_label_classification, regression, got "classes"',
  },
  {
    row: { text: "x", label: 1 },
    options: { labels, problem_type: "regression" as const },
    says: "option `labels`: expected it for classes, not for regression, got regression",
  },
  {
    row: { text: "x", label: "bad" },
    options: { labels, label_separator: "," },
    says: "option `label_separator`: expected it for multi_label_classification, got single_label_classification",
  },
  {
    row: { text: "x", label: "bad" },
    options: { labels, text_pair_column: "y" },
    says: "expected the column y, got the columns text, label. Name another with text_pair_column",
  },
  {
    row: { text: "x" },
    options: { labels },
    says: "expected one of the columns label, labels, class, category, got the columns text. Name another with label_column (--label-column).",
  },
])("refused: $row, $options", async ({ row, options, says }) => {
  expect(await message(() => classificationFeatures(data(row as Row), tokenizer, options))).toContain(says);
});
