import fc from "fast-check";
import { expect, test } from "vitest";
import { unwrapLines } from "./unwrap-lines.ts";

test("the lines of a paragraph become one, and every character keeps its place", () => {
  const text =
    "Backups are kept for thirty days, as the law of the\nland demands, and then they are deleted for good and\nall.\n\nNobody can restore them.";
  const result = unwrapLines(text);
  expect(result.joined).toBe(2);
  expect(result.text).toBe(
    "Backups are kept for thirty days, as the law of the land demands, and then they are deleted for good and all.\n\nNobody can restore them.",
  );
});

test.each([
  ["headings and short lines", "Introduction\nThis is how it begins."],
  ["lists", "The following things have to be done before the release:\n- write it down\n- sign it"],
  ["numbered lists", "The following things have to be done before the release:\n1. write it down"],
  ["Markdown headings", "This is the last sentence of the section about lists.\n# Tables"],
  ["underlines of headings", "A heading that is as long as a wrapped line is in books\n=========================="],
  ["tables", "| a column with a long heading | another column with one |\n| one | two |"],
  ["quotations", "He said what everybody in the room had expected him to:\n> Nothing."],
  ["code after text", "The program prints its arguments, one in each of its lines:\n        print(arguments)"],
  [
    "logs",
    "2026-03-02T04:01:40Z WARN storage: writing took 840 ms\n2026-03-02T04:02:05Z WARN storage: writing took 1,920 ms",
  ],
  ["logs of a day", "[04:01:40] storage: writing took 840 ms, expected 200\n[04:02:05] storage: writing took 1,920 ms"],
  [
    "one line a paragraph",
    "This is a paragraph in a line of its own, as models like.\n\nAnd so is this, which follows.",
  ],
])("%s stay as they are", (_, text) => {
  expect(unwrapLines(text)).toEqual({ text, joined: 0 });
});

test("indented paragraphs keep their spaces", () => {
  const text = "   This document is a product of the Internet Engineering\n   Task Force.";
  expect(unwrapLines(text).text).toBe("   This document is a product of the Internet Engineering    Task Force.");
});

test("any text keeps its length, and differs by breaks that became spaces only", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 90 })), (lines) => {
      const text = lines.join("\n");
      const { text: result, joined } = unwrapLines(text);
      const changed = [...text].filter((unit, at) => unit !== [...result][at]);
      expect(result.length).toBe(text.length);
      expect(changed.join("")).toBe("\n".repeat(joined));
    }),
  );
});
