import { describe, expect, it } from "vitest";
import {
  type CallRow,
  fastFixture as fixture,
  type Outcome,
  outcomeOf,
  revived,
  tinyFast,
  type Values,
  wordsOf,
} from "../../../tests/support/fast-tokenizer-fixture.ts";
import type { BatchEncoding, LEDTokenizerFast } from "../index.ts";

const label = ({ settings, text, options }: Pick<CallRow, "settings" | "text" | "options">): string =>
  JSON.stringify([settings, text, options]).slice(0, 150);

interface Choice {
  readonly what: string;
  readonly concerns: (row: CallRow) => boolean;
  readonly check: (outcome: Outcome, row: CallRow) => void;
}

const ids = (outcome: Pick<Outcome, "gives">): unknown => (outcome.gives as Values | undefined)?.input_ids;

/** Where it chooses otherwise than the reference. */
const choices: readonly Choice[] = [
  {
    what: "split_special_tokens of the constructor works; the reference takes it and ignores it",
    concerns: ({ settings, options }) =>
      settings?.split_special_tokens === true && !("split_special_tokens" in options),
    check: (outcome, row) => expect(ids(outcome)).not.toEqual(ids(row)),
  },
  {
    what: "return_tensors knows `ort`",
    concerns: ({ options }) => options.return_tensors === "ort",
    check: (outcome) => expect(ids(outcome)).toEqual([[0, 68, 2]]),
  },
  {
    what: "and names it among the others",
    concerns: ({ options }) => options.return_tensors === "xx",
    check: ({ raises }) =>
      expect(raises).toContain("xx is not a valid TensorType, please select one of ['ort', 'pt', 'tf', 'np']"),
  },
  {
    what: "null is an option that was not given",
    concerns: ({ options }) => options.padding === null,
    check: (outcome) => expect(ids(outcome)).toHaveLength(7),
  },
  {
    what: "a whole number is whole: Python refuses 4.0",
    concerns: ({ options, raises }) => options.max_length === 4 && raises?.includes("argument 'max_length'") === true,
    check: (outcome) => expect(ids(outcome)).toHaveLength(4),
  },
  {
    what: "a multiple of 0 is refused; the reference ignores it",
    concerns: ({ options }) => options.pad_to_multiple_of === 0,
    check: ({ raises }) =>
      expect(raises).toContain("option `pad_to_multiple_of`: expected an integer of at least 1, got 0"),
  },
  {
    what: "deprecated options are unknown",
    concerns: ({ options }) => "pad_to_max_length" in options || "truncation_strategy" in options,
    check: ({ raises }) => expect(raises).toMatch(/got `(pad_to_max_length|truncation_strategy)`/),
  },
  {
    what: "rows of different lengths are no tensor; numpy makes an array of lists",
    concerns: ({ options, gives }) =>
      options.return_tensors === "np" &&
      new Set((ids({ gives: gives! }) as unknown[][] | undefined)?.map((row) => row.length)).size > 1,
    check: ({ raises }) =>
      expect(raises).toContain("Unable to create tensor, you should probably activate truncation and/or padding"),
  },
];

async function checkCall(tokenizer: () => Promise<LEDTokenizerFast>, row: CallRow): Promise<void> {
  let encoding: BatchEncoding | undefined;
  const outcome = await outcomeOf(async () => {
    encoding = (await tokenizer())(row.text as never, revived(row.options) as object);
    return encoding;
  });
  const choice = choices.find(({ concerns }) => concerns(row));
  if (choice !== undefined) {
    choice.check(outcome, row);
    return;
  }
  if (row.raises !== undefined) {
    expect(outcome.raises ?? outcome).toContain(wordsOf(row.raises));
    return;
  }
  expect(outcome.raises).toBeUndefined();
  expect(Object.entries(outcome.gives as object)).toEqual(Object.entries(row.gives as object));
  expect(outcome.says ?? []).toEqual(row.says ?? []);
  const rows = row.rows?.map((_, i) => ({
    tokens: encoding!.tokens(i),
    words: encoding!.word_ids(i),
    sequences: encoding!.sequence_ids(i),
  }));
  expect(rows).toEqual(row.rows);
}

describe("calls, as transformers 4.37.2", () => {
  it.each(fixture.calls.map((row) => [label(row), row] as const))("%s", async (_, row) => {
    await checkCall(() => tinyFast(row.settings), row);
  });

  it.each(fixture.sequences.map((row, i) => [i, row] as const))("one after the other, sequence %i", async (_, row) => {
    const tokenizer = await tinyFast(row.settings);
    for (const call of row.calls) await checkCall(async () => tokenizer, call);
  });
});

describe("the choices", () => {
  const rows = [...fixture.calls, ...fixture.sequences.flatMap(({ calls }) => calls)];
  it.each(choices)("concern a call of the reference: $what", ({ concerns }) => expect(rows.some(concerns)).toBe(true));
});
