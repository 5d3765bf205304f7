import { expect, it } from "vitest";
import { compareCodePoints, pythonJson } from "./python-json.ts";

it("sorts keys by code point, integer keys by value, and writes large numbers in full", () => {
  const value = {
    b: [1, "é\n", null],
    "10": true,
    "!": {},
    empty: [],
    left_out: undefined,
    length: 1e30,
    half: 0.5,
    ids: new Map([
      [10, "ten"],
      [9, "nine"],
    ]),
  };
  expect(pythonJson(value)).toBe(
    [
      "{",
      '  "!": {},',
      '  "10": true,',
      '  "b": [',
      "    1,",
      '    "é\\n",',
      "    null",
      "  ],",
      '  "empty": [],',
      '  "half": 0.5,',
      '  "ids": {',
      '    "9": "nine",',
      '    "10": "ten"',
      "  },",
      '  "length": 1000000000000000019884624838656',
      "}",
    ].join("\n"),
  );
});

it("orders strings as Python does where UTF-16 would not", () => {
  expect(["\ufb01", "🙂", "a", ""].sort(compareCodePoints)).toEqual(["", "a", "\ufb01", "🙂"]);
});
