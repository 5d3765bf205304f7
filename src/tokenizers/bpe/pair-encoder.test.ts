import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "./byte-level.ts";
import { MergeTable } from "./merge-table.ts";
import { mergeByScanning } from "./merging.ts";
import { BytePairEncoder } from "./pair-encoder.ts";

const part = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });

describe("BytePairEncoder", () => {
  it("gives what merging gives in either order, whatever the merges, for short and long pieces", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(part, part), { maxLength: 14 }),
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 60 }),
        fc.constantFrom(1, 5),
        fc.constantFrom("passes", "leftmost"),
        (merges, word, times, order) => {
          const table = new MergeTable(merges);
          const text = word.repeat(times);
          const expected = mergeByScanning(table, utf8Bytes(text), order);
          expect(new BytePairEncoder(table, order).encode(text, 0, text.length)).toEqual(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  // transformers' and the native tokenizer's answers are in merging.test.ts.
  it("merges in passes unless it is told to take the leftmost", () => {
    const table = new MergeTable([
      ["ab", "a"],
      ["a", "b"],
    ]);
    const spelled = (encoder: BytePairEncoder): string[] =>
      encoder.encode("xababx", 1, 5).map((symbol) => table.symbols[symbol]!);
    expect(spelled(new BytePairEncoder(table))).toEqual(["ab", "ab"]);
    expect(spelled(new BytePairEncoder(table, "passes"))).toEqual(["ab", "ab"]);
    expect(spelled(new BytePairEncoder(table, "leftmost"))).toEqual(["aba", "b"]);
  });

  it("looks at nothing outside the piece", () => {
    const encoder = new BytePairEncoder(new MergeTable([["a", "b"]]));
    expect(encoder.encode("xabx", 1, 3)).toEqual([256]);
    expect(encoder.encode("xabx", 1, 2)).toEqual([97]);
    expect(encoder.encode("abab", 0, 4)).toEqual([256, 256]);
    expect(encoder.encode("abab", 2, 2)).toEqual([]);
    expect(encoder.encode("aBx", 0, 2)).toEqual([97, 66]);
    expect(encoder.encode("a😀b", 0, 2)).toEqual([97, ...utf8Bytes("\ufffd")]);
    expect(encoder.encode("a😀b", 2, 4)).toEqual([...utf8Bytes("\ufffd"), 98]);
  });

  it("takes the UTF-8 of any text, short or long, also of halves of characters", () => {
    const encoder = new BytePairEncoder(new MergeTable([]));
    const unit = fc.oneof(
      fc.constantFrom(
        "a",
        "\0",
        "\x7f",
        "\x80",
        "\u07ff",
        "\u0800",
        "\ud7ff",
        "\ue000",
        "\uffff",
        "\u{10000}",
        "\u{10ffff}",
      ),
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
    );
    const text = fc.array(unit, { maxLength: 300 }).map((units) => units.join(""));
    fc.assert(
      fc.property(text, fc.nat(20), (whole, start) => {
        const from = Math.min(start, whole.length);
        expect(encoder.encode(whole, from, whole.length)).toEqual([...utf8Bytes(whole.slice(from))]);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives results that do not change when it goes on", () => {
    const encoder = new BytePairEncoder(new MergeTable([["a", "b"]]));
    const first = encoder.encode("abba", 0, 4);
    encoder.encode("baab", 0, 4);
    expect(first).toEqual([256, 98, 97]);
  });
});
