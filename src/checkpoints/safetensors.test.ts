import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concat,
  fixtureBytes,
  folderWith,
  safetensorsFile,
  uint,
  watched,
} from "../../tests/support/checkpoint-files.ts";
import { LEDError } from "../errors.ts";
import { readSafetensors } from "./safetensors.ts";

const f32 = (shape: number[], begin: number, end: number): object => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

function read(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  return readSafetensors(folderWith("model.safetensors", bytes), "model.safetensors");
}

describe("reads", () => {
  test("places in file order, whatever the header's order, with bytes counted from the file's start", async () => {
    const header = { b: f32([2], 4, 12), a: f32([], 0, 4), __metadata__: { format: "pt" }, none: f32([0, 5], 12, 12) };
    const bytes = safetensorsFile(header, 12);
    const start = bytes.length - 12;
    const { tensors, metadata } = await read(bytes);
    const file = "model.safetensors";
    expect(tensors).toEqual([
      { name: "a", type: "F32", shape: [], file, offset: start, length: 4 },
      { name: "b", type: "F32", shape: [2], file, offset: start + 4, length: 8 },
      { name: "none", type: "F32", shape: [0, 5], file, offset: start + 12, length: 0 },
    ]);
    expect([...metadata]).toEqual([["format", "pt"]]);
  });

  test("an empty tensor between two others, trailing spaces, escaped names and unknown fields", async () => {
    const header = `{"a\\u0062":{"dtype":"I8","shape":[3],"data_offsets":[0,3],"more":[{"x":[1e5,null,"]"]}]},
      "e":{"dtype":"BOOL","shape":[0],"data_offsets":[3,3]},"z":{"shape":[1],"data_offsets":[3,4],"dtype":"U8"}}    `;
    const { tensors } = await read(safetensorsFile(header, 4));
    expect(tensors.map(({ name }) => name)).toEqual(["ab", "e", "z"]);
  });

  test("the header only, and closes the file", async () => {
    const bytes = safetensorsFile({ a: f32([1000], 0, 4000) }, 4000);
    const { files, reads, open } = watched(folderWith("x", bytes));
    await readSafetensors(files, "x");
    expect(Math.max(...reads.map(([offset, length]) => offset + length))).toBeLessThanOrEqual(bytes.length - 4000);
    expect(open()).toBe(0);
  });

  test("a file without tensors", async () => {
    expect((await read(safetensorsFile("{}"))).tensors).toEqual([]);
  });
});

const prefix = "read model.safetensors of the folder: expected ";
const again = " The file seems to be cut short or damaged: delete it and download it again.";
const one = `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`;
const shaped = (shape: string, offsets = "[0,4]"): string =>
  `{"a":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`;

const refused: [string, Uint8Array, string][] = [
  [
    "an empty file",
    new Uint8Array(),
    `a safetensors file, which starts with a header length of 8 bytes, got an empty file.${again}`,
  ],
  [
    "a file of seven bytes",
    new Uint8Array(7),
    `a safetensors file, which starts with a header length of 8 bytes, got a file of 7 bytes.${again}`,
  ],
  [
    "a header length of 2^63",
    concat(uint(2n ** 63n, 8), one),
    "a safetensors header of at most 100000000 bytes, got a header length of 9223372036854775808. This is no safetensors file, or it is damaged.",
  ],
  [
    "a header past the end",
    concat(uint(1000, 8), one),
    `at least 1008 bytes, of which the header has 1000, got a file of 62 bytes.${again}`,
  ],
  ["no UTF-8", concat(uint(2, 8), [0x7b, 0xff]), "a header in UTF-8, got other bytes"],
  ["an empty header", safetensorsFile(""), 'a header that starts with "{", got an empty header'],
  ["a space in front", safetensorsFile(` ${one}`, 4), 'a header that starts with "{", got " {\\"a\\":{\\"dtyp"'],
  [
    "a byte order mark",
    safetensorsFile(`\ufeff${one}`, 4),
    'a header that starts with "{", got "\ufeff{\\"a\\":{\\"dtyp"',
  ],
  ["a list", safetensorsFile("[]"), 'a header that starts with "{", got "[]"'],
  ["JSON that ends early", safetensorsFile(one.slice(0, -1), 4), '"," or "}" in the header, got the end of the header'],
  ["a string that never ends", safetensorsFile('{"a'), "the end of a string, got the end of the header"],
  [
    "a bad escape",
    safetensorsFile('{"\\x":1}'),
    "a name in the header, got a string with a bad escape or control character at character 1",
  ],
  [
    "something after the header",
    safetensorsFile(`${one}x`, 4),
    'nothing after the header\'s closing brace, got "x" at character 54',
  ],
  [
    "a name that stands twice",
    safetensorsFile(`{"a":${one.slice(5, -1)},"\\u0061":${one.slice(5, -1)}}`, 4),
    "each name once in the header, got `a` twice",
  ],
  [
    "a field that stands twice",
    safetensorsFile(`{"a":{"dtype":"F32","dtype":"F32"}}`),
    "each name once in tensor `a`, got `dtype` twice",
  ],
  [
    "metadata of numbers",
    safetensorsFile(`{"__metadata__":{"format":1}}`),
    'a string for `format` of __metadata__, got "1}}" at character 26',
  ],
  ["a tensor that is no object", safetensorsFile(`{"a":3}`), '"{" that opens tensor `a`, got "3}" at character 5'],
  [
    "no dtype",
    safetensorsFile(`{"a":{"shape":[],"data_offsets":[0,4]}}`, 4),
    "dtype, shape and two data_offsets for tensor `a`, got no dtype",
  ],
  [
    "one offset",
    safetensorsFile(shaped("[1]", "[0]"), 4),
    "dtype, shape and two data_offsets for tensor `a`, got no two data_offsets",
  ],
  [
    "an unknown type",
    safetensorsFile(one.replace("F32", "F31"), 4),
    'one of the types F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL for tensor `a`, got "F31"',
  ],
  [
    "a type named like a method",
    safetensorsFile(one.replace("F32", "toString"), 4),
    'one of the types F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL for tensor `a`, got "toString"',
  ],
  [
    "a negative dimension",
    safetensorsFile(shaped("[-1]"), 4),
    "whole numbers from 0 in the shape of tensor `a`, got -1",
  ],
  ["a fraction", safetensorsFile(shaped("[1.0]"), 4), "whole numbers from 0 in the shape of tensor `a`, got 1.0"],
  ["an exponent", safetensorsFile(shaped("[1e0]"), 4), "whole numbers from 0 in the shape of tensor `a`, got 1e0"],
  ["a leading zero", safetensorsFile(shaped("[01]"), 4), "whole numbers from 0 in the shape of tensor `a`, got 01"],
  [
    "a dimension past 2^53",
    safetensorsFile(shaped("[9007199254740993]"), 4),
    "numbers below 2^53 in the shape of tensor `a`, got 9007199254740993",
  ],
  [
    "a shape that overflows",
    safetensorsFile(shaped("[4294967296,4294967296]"), 4),
    "a shape whose size can be counted for tensor `a`, got [4294967296, 4294967296], which overflows",
  ],
  [
    "a length that overflows",
    safetensorsFile(shaped("[9007199254740991]"), 4),
    "a shape whose size can be counted for tensor `a`, got [9007199254740991], which overflows",
  ],
  [
    "a length that is not the shape's",
    safetensorsFile(shaped("[2]"), 4),
    "8 bytes for tensor `a` of type F32 and shape [2], got data_offsets [0, 4]",
  ],
  [
    "offsets in the wrong order",
    safetensorsFile(shaped("[1]", "[4,0]"), 4),
    "4 bytes for tensor `a` of type F32 and shape [1], got data_offsets [4, 0]",
  ],
  [
    "a hole",
    safetensorsFile({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
    "tensor `b` to start at byte 4 of the data, where the one before it ends, got 8, which leaves a hole",
  ],
  [
    "a hole at the start",
    safetensorsFile({ a: f32([1], 4, 8) }, 8),
    "tensor `a` to start at byte 0 of the data, where the one before it ends, got 4, which leaves a hole",
  ],
  [
    "overlapping tensors",
    safetensorsFile({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8),
    "tensor `b` to start at byte 8 of the data, where the one before it ends, got 4, so the two overlap",
  ],
  [
    "the same range twice",
    safetensorsFile({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4),
    "tensor `b` to start at byte 4 of the data, where the one before it ends, got 0, so the two overlap",
  ],
  [
    "half a download",
    safetensorsFile({ a: f32([500], 0, 2000) }, 900),
    `2067 bytes, as the header says, got a file of 967 bytes.${again}`,
  ],
  [
    "bytes after the last tensor",
    safetensorsFile(one, 5),
    "66 bytes, as the header says, got a file of 67 bytes. Something was appended to the file: fetch it again.",
  ],
  [
    "nesting without end in an unknown field",
    safetensorsFile(`{"a":{"x":${"[".repeat(9000)}`),
    "at most 128 levels of nesting, got more",
  ],
];

describe("refuses", () => {
  test.each(refused)("%s", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(
      expect.objectContaining({ name: "CheckpointError", message: prefix + message }),
    );
  });

  test("a git-lfs pointer, in the reference's words", async () => {
    const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n");
    await expect(read(pointer)).rejects.toThrow(
      "You seem to have cloned a repository without having git-lfs installed. Please install git-lfs and run " +
        "`git lfs install` followed by `git lfs pull` in the folder you cloned. (read model.safetensors of the folder: " +
        "expected the weights themselves, got a git-lfs pointer of 63 bytes)",
    );
  });
});

describe("any damage gives a result or an error of this package", () => {
  const good = fixtureBytes("every_type.safetensors");

  async function readsOrRefuses(bytes: Uint8Array): Promise<void> {
    try {
      for (const { offset, length } of (await read(bytes)).tensors) {
        expect(offset + length).toBeLessThanOrEqual(bytes.length);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(LEDError);
    }
  }

  test("changed bytes of the header", async () => {
    const change = fc.tuple(fc.nat(1000), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        await readsOrRefuses(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test("every truncation is refused", async () => {
    for (let length = 0; length < good.length; length++)
      await expect(read(good.slice(0, length))).rejects.toThrow(LEDError);
  });

  test("a header of any JSON: what JSON.parse refuses is refused", async () => {
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((json) => `{"a":{"dtype":"F32","x":${json},"shape":[],"data_offsets":[0,4]}}`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (header) => {
        const result = await read(safetensorsFile(header, 4)).catch((error: unknown) => error);
        if (result instanceof LEDError) return;
        expect(() => JSON.parse(header)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
