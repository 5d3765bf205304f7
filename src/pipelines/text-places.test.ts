import { expect, test } from "vitest";
import { lineAt, sentenceAround } from "./text-places.ts";

test("lines are counted from 1", () => {
  const text = "a\nbc\n\nd";
  expect([...text].map((_, place) => lineAt(text, place))).toEqual([1, 1, 2, 2, 2, 3, 4]);
  expect(lineAt("", 0)).toBe(1);
});

test("the sentences that hold a place", () => {
  const text = "First one. Second here.\nThird: x y. Last.";
  const around = (part: string): string => {
    const start = text.indexOf(part);
    const { start: from, end } = sentenceAround(text, start, start + part.length);
    return text.slice(from, end);
  };
  expect(around("First")).toBe("First one.");
  expect(around("Second here.")).toBe("Second here.");
  expect(around("one. Second")).toBe("First one. Second here.");
  expect(around("x")).toBe("Third: x y.");
  expect(around("here.\nThird")).toBe("Second here.\nThird: x y.");
  expect(around("Last")).toBe("Last.");
  expect(sentenceAround("---", 1, 2)).toEqual({ start: 1, end: 2 });
});
