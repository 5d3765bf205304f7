/** Against the PorterStemmer of NLTK. */
import { expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { porterStem } from "./porter-stemmer.ts";

/** "happy 1i|cat |...": a word, how many letters its stem drops, which ones it adds. */
const { stems } = readFixture<{ stems: string }>("rouge.json");

test("thousands of words have NLTK's stems", () => {
  const rows = stems.split("|").map((row) => /^(\w+) (\d*)(\w*)$/.exec(row)!);
  expect(rows.length).toBeGreaterThan(10_000);
  const wrong = rows
    .map(([, word, dropped, added]) => ({
      word: word!,
      stem: word!.slice(0, word!.length - Number(dropped)) + added!,
      got: porterStem(word!),
    }))
    .filter(({ stem, got }) => stem !== got);
  expect(wrong).toEqual([]);
});

test("capitals do not matter, nothing has no stem, and a long row of y takes no long time", () => {
  expect(porterStem("Relational")).toBe("relat");
  expect(porterStem("SKIES")).toBe("sky");
  expect(porterStem("")).toBe("");
  expect(porterStem(`${"y".repeat(100_000)}ing`)).toHaveLength(100_000);
});
