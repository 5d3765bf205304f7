import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteCharsToText, byteToChar, decodeUtf8, requireDecodeErrors, utf8Bytes } from "./byte-level.ts";

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

  it("escapes bad bytes as lone surrogates, U+DC00 and the byte", () => {
    // Python: b"a\xe2\x82\xffz".decode("utf-8", "surrogateescape")
    expect(decodeUtf8(Uint8Array.of(0x61, 0xe2, 0x82, 0xff, 0x7a), "surrogateescape")).toBe("a\udce2\udc82\udcffz");
    // Python: b"\xed\xa0\x80".decode("utf-8", "surrogateescape")
    expect(decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80), "surrogateescape")).toBe("\udced\udca0\udc80");
  });

  it("lets encoded surrogates pass, and nothing else", () => {
    // Python: b"a\xed\xa0\x80\xed\xbf\xbf".decode("utf-8", "surrogatepass")
    expect(decodeUtf8(Uint8Array.of(0x61, 0xed, 0xa0, 0x80, 0xed, 0xbf, 0xbf), "surrogatepass")).toBe("a\ud800\udfff");
    expect(() => decodeUtf8(Uint8Array.of(0x61, 0xed, 0xa0), "surrogatepass")).toThrow(
      "got the byte 0xed at position 1 of 3",
    );
  });

  it("names the ways that Python has for encoding only", () => {
    expect(() => requireDecodeErrors("xmlcharrefreplace")).toThrow(
      "got xmlcharrefreplace. Python has that one for encoding only.",
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
