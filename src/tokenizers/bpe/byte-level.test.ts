import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteCharsToText, byteToChar, decodeUtf8, utf8Bytes } from "./byte-level.ts";

describe("byteToChar", () => {
  it("gives each byte a character of its own, printable ASCII itself, space Ġ and newline Ċ", () => {
    expect(new Set(byteToChar).size).toBe(256);
    expect(byteToChar.slice(33, 127).join("")).toBe(
      Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join(""),
    );
    expect([byteToChar[0], byteToChar[10], byteToChar[32], byteToChar[127], byteToChar[173], byteToChar[255]]).toEqual([
      "\u0100",
      "Ċ",
      "Ġ",
      "ġ",
      "Ń",
      "ÿ",
    ]);
  });

  it("is undone by byteCharsToText", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const chars = Array.from(utf8Bytes(text), (byte) => byteToChar[byte]!).join("");
        expect(byteCharsToText(chars, "strict")).toBe(text);
      }),
    );
  });
});

describe("byteCharsToText", () => {
  it("names a character outside the map", () => {
    expect(() => byteCharsToText("ab c", "replace")).toThrow(
      'convert_tokens_to_string: expected tokens spelled in the 256 characters of the byte-level map, got " " in "ab c"',
    );
  });
});

describe("decodeUtf8", () => {
  it("keeps a byte order mark", () => {
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), "replace")).toBe("\ufeffa");
  });

  it("refuses bad bytes when strict", () => {
    expect(() => decodeUtf8(Uint8Array.of(0x61, 0xff), "strict")).toThrow(
      'decode: expected ids whose bytes are UTF-8 (errors: "strict"), got the byte 0xff at position 1 of 2. Create the tokenizer with errors: "replace".',
    );
  });

  it("ignoring leaves what replacing leaves without the replacements", () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0xed, 0xa0, 0xc3),
    );
    fc.assert(
      fc.property(fc.array(byte), (bytes) => {
        const data = Uint8Array.from(bytes);
        fc.pre(!decodeUtf8(data, "ignore").includes("\ufffd"));
        expect(decodeUtf8(data, "ignore")).toBe(decodeUtf8(data, "replace").replaceAll("\ufffd", ""));
      }),
      { numRuns: 2000 },
    );
  });
});
