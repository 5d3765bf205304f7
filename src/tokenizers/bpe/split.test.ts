import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFixture, type TokenizerFixture } from "../../../tests/support/tokenizer-fixtures.ts";
import { characterClass, isPythonSpace, lstrip, rstrip, splitPieces } from "./split.ts";

const fixture = readFixture<TokenizerFixture>("tokenizer.json");
type Ranges = [number, number][];
const classes =
  readFixture<Record<"letter" | "number" | "space" | "unassigned" | "python_space", Ranges>>("character-classes.json");

/** `\s` spelled out, because JavaScript's is another. */
const space = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const pattern = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${space}\\p{L}\\p{N}]+|[${space}]+(?![^${space}])|[${space}]+`,
  "gu",
);

function members(ranges: Ranges): Set<number> {
  const codes = new Set<number>();
  for (const [first, last] of ranges) for (let code = first; code <= last; code++) codes.add(code);
  return codes;
}

describe("splitPieces", () => {
  it.each(fixture.pieces.map((row) => [JSON.stringify(row.text), row] as const))("cuts %s", (_, row) => {
    expect(splitPieces(row.text)).toEqual(row.pieces);
  });

  it("cuts as the regular expression does", () => {
    const unit = fc.oneof(
      fc.constantFrom(..."'strevmlld '  \n\tab19é漢½.,!-\u00a0\u0085\u3000\ufeff\u001c\u200d🙂𝟘𐐷"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 40 }), (units) => {
        const text = units.join("");
        expect(splitPieces(text)).toEqual(text.match(pattern) ?? []);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes half a surrogate pair for a character that is neither letter nor number", () => {
    expect(splitPieces("a\ud800b \udc00c")).toEqual(["a", "\ud800", "b", " \udc00", "c"]);
  });
});

describe("characterClass", () => {
  const kinds = { letter: 2, number: 3, space: 4 } as const;

  it("agrees with Python's regex module on every character that both Unicode versions know", () => {
    const unassigned = members(classes.unassigned);
    const ofKind = new Map<number, number>();
    for (const [name, kind] of Object.entries(kinds)) {
      for (const code of members(classes[name as keyof typeof kinds])) ofKind.set(code, kind);
    }
    const notAssignedHere = /^\p{Cn}$/u;
    const different: string[] = [];
    for (let code = 0; code < 0x110000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      if (characterClass(code) === (ofKind.get(code) ?? 1)) continue;
      if (unassigned.has(code) || notAssignedHere.test(String.fromCodePoint(code))) continue;
      different.push(code.toString(16));
    }
    expect(different).toEqual([]);
  });

  it("knows what Python's strip methods take off", () => {
    const expected = members(classes.python_space);
    const found = Array.from({ length: 0x10000 }, (_, code) => code).filter(isPythonSpace);
    expect(found).toEqual([...expected]);
    expect(rstrip("\u001f a \u3000\u0085\n")).toBe("\u001f a");
    expect(lstrip("\u001f a \u3000")).toBe("a \u3000");
    expect(lstrip("\ufeffa")).toBe("\ufeffa");
  });
});
