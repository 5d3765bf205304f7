import { describe, expect, it } from "vitest";
import {
  fastFixture as fixture,
  type LookupCase,
  outcomeOf,
  plain,
  revived,
  tinyFast,
  tinySlow,
  wordsOf,
} from "../../../tests/support/fast-tokenizer-fixture.ts";
import { type BatchEncoding, Span } from "../index.ts";

type Lookup = (...args: unknown[]) => unknown;
const method = (encoding: BatchEncoding, name: string): Lookup =>
  (encoding as unknown as Record<string, Lookup>)[name]!.bind(encoding);

/** Python's crashes for indices out of range: where they are below 0, and word_to_chars of a word that is not there. */
const isCrash = (expected: unknown): boolean => typeof expected === "string";

describe.each(fixture.lookups.map((row) => [row.name, row] as const))("lookups: %s", async (_, row: LookupCase) => {
  const tokenizer = await tinyFast(row.settings);
  const encoding = tokenizer(row.text as never, revived(row.options) as object);

  it("knows its size", () => {
    expect([encoding.n_sequences, encoding.is_fast, encoding.encodings!.length]).toEqual([
      row.n_sequences,
      row.is_fast,
      row.size,
    ]);
  });

  it.each(Object.entries(row.tables))("%s", (name, table) => {
    for (const [args, expected] of table) {
      const [first] = args as number[];
      const asked = `${name}(${JSON.stringify(args)})`;
      if (isCrash(expected)) {
        // A row that is not there throws; other indices that the reference crashes at give null, or count from the end.
        const rowThere = args.length < 2 || args[1] === null || encoding.encodings!.at(first!) !== undefined;
        if (rowThere) expect(() => method(encoding, name)(...args), asked).not.toThrow();
        else expect(() => method(encoding, name)(...args), asked).toThrow("a row of the batch of");
        continue;
      }
      expect([asked, plain(method(encoding, name)(...args))]).toEqual([asked, expected]);
    }
  });
});

describe("indices below 0", async () => {
  const encoding = (await tinyFast())("the wind");
  const last = encoding.input_ids.length - 1;

  it("count from the end where they mean tokens or rows, which the reference intends and crashes at", () => {
    expect(encoding.token_to_chars(-2)).toEqual(encoding.token_to_chars(last - 1));
    expect(encoding.token_to_word(-2)).toBe(encoding.token_to_word(last - 1));
    expect(encoding.token_to_sequence(-1)).toBeNull();
    expect(encoding.tokens(-1)).toEqual(encoding.tokens());
  });

  it("mean nothing where they mean characters or words", () => {
    expect([encoding.char_to_token(-1), encoding.char_to_word(-1)]).toEqual([null, null]);
    expect([encoding.word_to_tokens(-1), encoding.word_to_chars(-1)]).toEqual([null, null]);
  });
});

describe("spans", async () => {
  const span = (await tinyFast())("the wind").token_to_chars(1)!;

  it("are pairs with names", () => {
    expect(span).toBeInstanceOf(Span);
    const [start, end] = span;
    expect([start, end, span.start, span.end, JSON.stringify(span)]).toEqual([0, 3, 0, 3, "[0,3]"]);
    expect(span.map((place) => place + 1)).not.toBeInstanceOf(Span);
  });
});

describe("what an encoding tells, as transformers 4.37.2", async () => {
  const fast = await tinyFast();
  const slow = await tinySlow();
  const encodings: Record<string, BatchEncoding> = {
    fast: fast("a <mask>"),
    slow: slow("a <mask>"),
    batch: fast([
      ["a <mask>", "b"],
      ["It", ""],
    ] as never),
    padded: fast.pad([fast("a <mask>"), fast("It")]),
  };
  const rows = fixture.access.filter(({ asked }) => !["data", "labels", "[]"].includes(asked));

  it.each(rows.map((row) => [`${row.of}: ${row.asked}(${JSON.stringify(row.args ?? [])})`, row] as const))(
    "%s",
    async (_, row) => {
      const encoding = encodings[row.of]!;
      const outcome = await outcomeOf(() =>
        row.args === undefined
          ? (encoding as unknown as Record<string, unknown>)[row.asked]
          : method(encoding, row.asked)(...row.args),
      );
      expect(outcome.gives).toEqual(row.gives);
      if (row.raises !== undefined) expect(outcome.raises).toContain(wordsOf(row.raises));
      // A row that is not there is an error before the deprecation is told.
      if (row.raises === undefined) expect(outcome.says).toEqual(row.says);
    },
  );

  it.each(fixture.access.filter(({ asked }) => asked === "data"))("$of: its fields", ({ of, gives }) => {
    expect(plain({ ...encodings[of] })).toEqual(gives);
  });

  it("has the rows' own encodings", () => {
    const [encoding] = encodings.fast!.encodings!;
    expect(encoding!.ids).toEqual([0, 68, 999, 2]);
    expect(encoding!.tokens).toEqual(["<s>", "a", " <mask>", "</s>"]);
    expect([encoding!.offsets, encoding!.word_ids]).toEqual([
      [
        [0, 0],
        [0, 1],
        [2, 8],
        [0, 0],
      ],
      [null, 0, 1, null],
    ]);
    expect([encoding!.attention_mask, encoding!.special_tokens_mask, encoding!.overflowing]).toEqual([
      [1, 1, 1, 1],
      [1, 0, 0, 1],
      [],
    ]);
  });
});
