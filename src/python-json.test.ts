import { describe, expect, test } from "vitest";
import { InvalidArgumentError } from "./errors.ts";
import { compareCodePoints, pythonFloat, pythonJson } from "./python-json.ts";

// Left: repr(float) of CPython 3.11.
test.each([
  ["0.0", 0],
  ["-0.0", -0],
  ["1.0", 1],
  ["0.1", 0.1],
  ["0.0001", 1e-4],
  ["1e-05", 1e-5],
  ["1.5e-07", 1.5e-7],
  ["1000000000000000.0", 1e15],
  ["1e+16", 1e16],
  ["-1.2345678901234568e+20", -1.2345678901234568e20],
  ["1.7976931348623157e+308", Number.MAX_VALUE],
  ["5e-324", Number.MIN_VALUE],
])("writes the float %s as Python does", (text, value) => {
  expect(pythonFloat(value)).toBe(text);
});

describe("pythonJson", () => {
  test("sorts keys by code point, escapes all but printable ASCII and indents by two", () => {
    expect(pythonJson({ "\u{1F600}": 1, "\uff5e": [], b: { "\x7f": "é\n" }, a: {} })).toBe(
      '{\n  "a": {},\n  "b": {\n    "\\u007f": "\\u00e9\\n"\n  },\n  "\\uff5e": [],\n  "\\ud83d\\ude00": 1\n}',
    );
  });

  test("tells floats from ints, and dicts keyed by ints, by the keys named", () => {
    const value = { rate: 1, rates: { rate: 2 }, count: 1, labels: { 10: "x", 9: "y" }, plain: { 10: "x", 9: "y" } };
    const keys = { floatKeys: new Set(["rate"]), intKeyed: new Set(["labels"]) };
    const text = pythonJson(value, keys).replace(/\s+/g, "");
    expect(text).toBe(
      '{"count":1,"labels":{"9":"y","10":"x"},"plain":{"10":"x","9":"y"},"rate":1.0,"rates":{"rate":2.0}}',
    );
  });

  test("leaves undefined out and refuses what JSON cannot hold, by key", () => {
    expect(pythonJson({ a: undefined })).toBe("{}");
    const operation = "write JSON: expected finite numbers, strings, booleans, null, arrays and objects";
    expect(() => pythonJson({ a: { b: Number.NaN } })).toThrow(InvalidArgumentError);
    expect(() => pythonJson({ a: { b: Number.NaN } })).toThrow(`${operation}, got \`b\` = NaN`);
    expect(() => pythonJson({ f: () => 1 })).toThrow(`${operation}, got \`f\` = a function`);
  });
});

test("sorts keys by code point, integer keys by value, and writes large numbers in full", () => {
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
  expect(pythonJson(value, { ensureAscii: false })).toBe(
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

test("orders strings as Python does where UTF-16 would not", () => {
  expect(["\ufb01", "🙂", "a", ""].sort(compareCodePoints)).toEqual(["", "a", "\ufb01", "🙂"]);
});
