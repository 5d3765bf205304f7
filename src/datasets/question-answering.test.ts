/** Questions as windows of ids, answers as tokens; and what is said of answers that do not stand where they should. */
import { beforeAll, describe, expect, test } from "vitest";
import { tinyFiles } from "../../tests/support/tokenizer-fixtures.ts";
import { Philox } from "../random.ts";
import { LEDTokenizer, LEDTokenizerFast } from "../tokenizers/index.ts";
import {
  ArrayDataset,
  type QuestionAnsweringOptions,
  type QuestionWindow,
  questionAnsweringFeatures,
  questionReader,
  questionWindows,
  type Row,
} from "./index.ts";
import { answerPositions } from "./question-windows.ts";

let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles());
});

const data = (...rows: Row[]) => new ArrayDataset(rows, "squad.json");
const squad = (context: string, text: string[], answer_start: number[]): Row => ({
  id: "q1",
  question: "  Who went there?",
  context,
  answers: { text, answer_start },
});

async function featuresOf(row: Row, options: QuestionAnsweringOptions = {}) {
  const features = await questionAnsweringFeatures(data(row), tokenizer, options);
  return Promise.all(Array.from({ length: features.length }, (_, i) => features.get(i)));
}

/** What the positions of a feature mark, by decoding. */
function marked({ input_ids, start_positions, end_positions }: Awaited<ReturnType<typeof featuresOf>>[number]): string {
  const [start, end] = [[start_positions!].flat()[0]!, [end_positions!].flat()[0]!];
  return tokenizer.decode(input_ids.slice(start, end + 1)).trim();
}

describe("one window", () => {
  const context = "Yesterday Ada Lovelace went to London, and Ada came back.";

  test("ids, masks and positions; white space before the question does not count", async () => {
    const [feature, ...others] = await featuresOf(squad(context, ["Ada Lovelace", "Ada"], [10, 43]));
    expect(others).toEqual([]);
    const { input_ids } = tokenizer("Who went there?", { text_pair: context });
    const question = input_ids.indexOf(2);
    expect(feature).toMatchObject({
      input_ids,
      attention_mask: input_ids.map(() => 1),
      global_attention_mask: input_ids.map((_, i) => (i < question ? 1 : 0)),
    });
    expect(Object.keys(feature!).sort()).toEqual([
      "attention_mask",
      "end_positions",
      "global_attention_mask",
      "input_ids",
      "start_positions",
    ]);
    expect(marked(feature!)).toBe("Ada Lovelace");
  });

  test("without an answer the first token is both; without answers there are no positions", async () => {
    const [none] = await featuresOf(squad(context, [], []));
    expect([none!.start_positions, none!.end_positions]).toEqual([0, 0]);
    const [unread] = await featuresOf(squad(context, ["x"], [900]), { answers_column: null });
    expect(unread).not.toHaveProperty("start_positions");
  });

  test("all answers: lists of positions, each of an answer that stands there", async () => {
    const row = squad(context, ["Ada Lovelace", "London"], [10, 31]);
    const [feature] = await featuresOf(row, { all_answers: true });
    const { input_ids, start_positions, end_positions } = feature!;
    const spans = (start_positions as readonly number[]).map((start, i) => [start, (end_positions as number[])[i]!]);
    const texts = spans.map(([start, end]) => tokenizer.decode(input_ids.slice(start, end! + 1)).trim());
    expect(texts).toEqual(["Ada Lovelace", "London"]);
    const [none] = await featuresOf(squad(context, [], []), { all_answers: true });
    expect([none!.start_positions, none!.end_positions]).toEqual([[0], [0]]);
    // A window keeps those that lie in it, and says that there is none where none does.
    const long = `${context} ${"word ".repeat(40)}`;
    const windows = await featuresOf(squad(long, ["Ada Lovelace", "London"], [10, 31]), {
      all_answers: true,
      max_length: 40,
      stride: 0,
    });
    expect(windows.length).toBeGreaterThan(1);
    expect(windows.at(-1)!.start_positions).toEqual([0]);
  });

  test("an answer in the last token, and white space around one", async () => {
    expect(marked((await featuresOf(squad("It was Ada", ["Ada"], [7])))[0]!)).toBe("Ada");
    expect(marked((await featuresOf(squad(context, [" Ada Lovelace "], [9])))[0]!)).toBe("Ada Lovelace");
  });

  test("a start in code points or in code units: what stands there tells", async () => {
    const astral = "🙂🙂🙂 Ada met Ada.";
    for (const start of [4, 7]) expect(marked((await featuresOf(squad(astral, ["Ada"], [start])))[0]!)).toBe("Ada");
    const positions = async (start: number) =>
      Number((await featuresOf(squad(astral, ["Ada"], [start])))[0]!.start_positions);
    expect(await positions(4)).toBe(await positions(7));
    expect(await positions(12)).toBeGreaterThan(await positions(4));
    expect(await positions(15)).toBe(await positions(12));
  });

  test("other forms of answers", async () => {
    const base = { question: "Who?", context };
    const forms: [Row, QuestionAnsweringOptions][] = [
      [{ ...base, answers: [{ text: "London", answer_start: 31 }] }, {}],
      [{ ...base, answers: ["London"] }, {}],
      [{ ...base, answers: { text: ["London"] } }, {}],
      [{ ...base, answer: "London" }, {}],
      [{ ...base, answer: "London", answer_start: "31" }, {}],
      [
        { ...base, q: "London", at: 31 },
        { answers_column: "q", answer_start_column: "at" },
      ],
    ];
    for (const [row, options] of forms) expect(marked((await featuresOf(row, options))[0]!)).toBe("London");
    const none = await featuresOf({ ...base, answer: "", answer_start: -1 });
    expect(none[0]!.start_positions).toBe(0);
  });
});

describe("windows", () => {
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`);
  const context = `${words.join(" ")} größer 🙂 end`;
  const options = { max_length: 60, stride: 13 };

  test("every token of the context, with the stride in common, each within the length", () => {
    const all = questionWindows(tokenizer, options).windows("Which?", context, {}, "here");
    expect(all.length).toBeGreaterThan(3);
    expect(all.length).toBe(questionWindows(tokenizer, options).count("Which?", context, "here"));
    const places = all.map(({ offsets }) => offsets.filter((offset) => offset !== null));
    places.slice(1).forEach((place, i) => {
      expect(place.slice(0, 13)).toEqual(places[i]!.slice(-13));
    });
    const whole = questionWindows(tokenizer, { ...options, max_length: 2000 }).windows("Which?", context, {}, "here");
    expect(places.flatMap((place, i) => (i === 0 ? place : place.slice(13)))).toEqual(
      whole[0]!.offsets.filter((offset) => offset !== null),
    );
    for (const window of all) {
      expect(window.input_ids.length).toBeLessThanOrEqual(60);
      expect(window.offsets.length).toBe(window.input_ids.length);
      expect(window.global_attention_mask.indexOf(0)).toBe(window.input_ids.indexOf(2));
    }
  });

  test("an answer is marked in the windows that hold it as a whole, and nowhere else", async () => {
    const random = new Philox(3);
    for (let i = 0; i < 60; i++) {
      const first = random.uint32(2 * i) % words.length;
      const count = 1 + (random.uint32(2 * i + 1) % 4);
      const start = words.slice(0, first).join(" ").length + (first === 0 ? 0 : 1);
      const text = words.slice(first, first + count).join(" ");
      const features = await featuresOf(squad(context, [text], [start]), options);
      const all = questionWindows(tokenizer, options).windows("Who went there?", context, {}, "here");
      const holding = all.map(({ offsets }) => {
        const own = offsets.filter((offset) => offset !== null);
        return own[0]![0] <= start && own.at(-1)![1] >= start + text.length;
      });
      expect(holding).toContain(true);
      features.forEach((feature, w) => {
        if (!holding[w]) expect([feature.start_positions, feature.end_positions]).toEqual([0, 0]);
        else {
          expect(marked(feature)).toBe(text);
          const placeOf = (token: unknown) => all[w]!.offsets[Number(token)]!;
          const [from, to] = [placeOf(feature.start_positions), placeOf(feature.end_positions)];
          expect(context.slice(from[0], to[1])).toBe(text);
        }
      });
    }
  });

  test("positions of an answer within tokens are those of the tokens around it", () => {
    const window = { offsets: [null, null, [0, 4], [5, 9], [10, 14], null] } as unknown as QuestionWindow;
    const at = (start: number, end: number) => answerPositions(window, { start, end });
    expect([at(0, 4), at(6, 8), at(6, 12), at(10, 14), at(3, 6)]).toEqual([
      [2, 2],
      [3, 3],
      [3, 4],
      [4, 4],
      [2, 3],
    ]);
    expect([at(10, 15), answerPositions(window, null)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const nothing = { offsets: [null, null] } as unknown as QuestionWindow;
    expect(answerPositions(nothing, { start: 0, end: 0 })).toEqual([0, 0]);
  });

  test("features know their row", async () => {
    const rows = data(squad(context, [], []), squad("short", [], []), squad(context, ["word3"], [18]));
    const features = await questionAnsweringFeatures(rows, tokenizer, options);
    const each = (features.length - 1) / 2;
    expect([0, each - 1, each, each + 1, features.length - 1].map((i) => features.rowOf(i))).toEqual([0, 0, 1, 2, 2]);
    expect(marked(await features.get(each + 1))).toBe("word3");
  });
});

test("what a reader gives", () => {
  const row = { id: 7, question: "Who?", context: "Ada", answers: { text: ["Ada"], answer_start: [0] } };
  const reader = questionReader(data(row));
  expect(reader.columns).toEqual(["question", "context", "answers", "id"]);
  expect(reader.read(row, "here", 3)).toEqual({
    id: "7",
    question: "Who?",
    context: "Ada",
    answers: [{ text: "Ada", start: 0 }],
  });
  const { id: _, ...unnamed } = row;
  expect(questionReader(data(unnamed), { answers_column: null }).read(unnamed, "here", 3)).toMatchObject({
    id: "3",
    answers: undefined,
  });
});

describe("refused", () => {
  const context = "Ada went to London, and Ada came back.";
  const place = "squad.json, row 1 of 1";

  test.each([
    {
      row: squad(context, ["Paris"], [12]),
      says: `${place}: expected the answer "Paris" at 12 of its context, got "Londo". Mend the row, or leave such rows out`,
    },
    {
      row: squad(context, ["London"], [11]),
      says: 'expected the answer "London" at 11 of its context, got " Londo". The answer stands at 12. Mend the row',
    },
    { row: squad(context, ["London"], [999]), says: "got a context of 38 characters. The answer stands at 12." },
    {
      row: squad(context, ["London", "Adam"], [12, 0]),
      says: 'expected the answer "Adam" at 0 of its context, got "Ada "',
    },
    { row: squad(context, [""], [0]), says: "expected an answer's text in the column answers, got an empty text" },
    {
      row: squad(context, ["London"], [12, 13]),
      says: "expected a list `answer_start` of 1 in the column answers, got 2",
    },
    { row: squad(context, ["London"], [1.5]), says: "expected a whole number as an answer's start, got 1.5" },
    {
      row: { question: "Who?", context, answer: "Ada" },
      says: 'expected the answer "Ada" once in its context, as its start is not given, got it more than once. Give its start (answer_start).',
    },
    { row: { question: "Who?", context, answer: "Eve" }, says: "got it nowhere" },
    {
      row: { question: "Who?", context, answer: null },
      says: "expected an answer's text in the column answer, got null",
    },
    { row: { question: "Who?", context, answer: "", answer_start: 0 }, says: "got an empty text" },
    {
      row: { question: " ", context, answers: [] },
      says: "expected a text in the column question, got white space alone",
    },
    {
      row: { question: "Who?", context: "", answers: [] },
      says: "expected a text in the column context, got an empty text",
    },
    {
      row: { question: "Who?", context, answers: { text: "Ada" } },
      says: "expected a list `text` in the column answers, got a string",
    },
  ])("rows: $row.answers $row.answer", async ({ row, says }) => {
    await expect(featuresOf(row as Row)).rejects.toThrow(says);
  });

  test.each([
    {
      options: { max_length: 20, stride: 15 },
      says: "question answering: expected `stride` of at most 14, so that windows of 20 tokens move on, got 15",
    },
    { options: { stride: -1 }, says: "option `stride`: expected an integer of at least 0, got -1" },
    {
      options: { max_length: 12, stride: 4 },
      says: `${place}: expected a question of fewer than 4 tokens, what windows of 12 with 4 in common leave, got `,
    },
    {
      options: { question_column: "questions" },
      says: "expected the column questions, got the columns id, question, context, answers. Did you mean question? Name another with question_column (--question-column).",
    },
    { options: { id_column: "key" }, says: "expected the column key" },
    { options: { doc_stride: 3 } as object, says: "got `doc_stride`" },
  ])("options: $options", async ({ options, says }) => {
    await expect(featuresOf(squad(context, ["London"], [12]), options)).rejects.toThrow(says);
  });

  test("a tokenizer without offsets", async () => {
    const slow = await LEDTokenizer.from_pretrained(tinyFiles());
    await expect(questionAnsweringFeatures(data(squad(context, [], [])), slow)).rejects.toThrow(
      "question answering: expected LEDTokenizerFast, which knows the place of each token",
    );
  });
});
