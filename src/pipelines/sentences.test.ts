import { describe, expect, test } from "vitest";
import { sentencesOf, tokenSpans } from "./sentences.ts";

const texts = (text: string) => sentencesOf(text).map(({ start, end }) => text.slice(start, end));

describe("sentences", () => {
  test.each<[string, string[]]>([
    ["One here. Two there! Three?", ["One here.", "Two there!", "Three?"]],
    ["  A heading\n\nOne.  Two.\n", ["A heading", "One.", "Two."]],
    ["Version 1.30 is out. It is 3.5 times faster.", ["Version 1.30 is out.", "It is 3.5 times faster."]],
    ["这是第一句。这是第二句。", ["这是第一句。", "这是第二句。"]],
    ["---\n***\n\n   ", []],
    ["", []],
    ['He said "No." Then he left.', ['He said "No."', "Then he left."]],
  ])("%j", (text, expected) => {
    expect(texts(text)).toEqual(expected);
  });
});

describe("their tokens", () => {
  test("specials and white space between them belong to none", () => {
    const sentences = sentencesOf("Ab c. D e.");
    // <s> Ab _c . (blank) _D _e . </s>
    const offsets = [
      [0, 0],
      [0, 2],
      [3, 4],
      [4, 5],
      [5, 5],
      [6, 7],
      [8, 9],
      [9, 10],
      [0, 0],
    ] as const;
    expect(tokenSpans(sentences, offsets, false).map(({ span }) => span)).toEqual([
      [1, 4],
      [5, 8],
    ]);
  });

  test("a sentence that a truncation has cut is left out", () => {
    const offsets = [
      [0, 0],
      [0, 2],
      [3, 4],
      [4, 5],
      [6, 7],
      [0, 0],
    ] as const;
    expect(tokenSpans(sentencesOf("Ab c. D e."), offsets, true).map(({ sentence }) => sentence)).toEqual([
      { start: 0, end: 5 },
    ]);
  });
});
