import { describe, expect, test } from "vitest";
import { concat, type Part, p, uint } from "../../tests/support/checkpoint-files.ts";
import { type PickleHooks, PickleTuple, readPickle } from "./pickle.ts";

/** Globals are their own names, a call is the list of what was called. */
const hooks: PickleHooks = {
  global: (module, name) => `${module}.${name}`,
  call: (callable, args) => ["called", callable, ...args],
  persistent: (id) => ["persistent", id],
};

function read(...parts: Part[]): unknown {
  return readPickle(concat(...parts), 0, hooks, "read x").value;
}

const tuple = (...items: unknown[]): PickleTuple => new PickleTuple(items);

describe("values", () => {
  test.each<[string, Part[], unknown]>([
    ["None", ["N."], null],
    ["booleans", ["\x88\x89\x86."], tuple(true, false)],
    ["small whole numbers", ["(K\xffM\x01\x02J\xfe\xff\xff\xfft."], tuple(255, 513, -2)],
    ["long whole numbers", ["\x8a\x00\x8a\x01\x80\x8a\x02\x00\x01\x87."], tuple(0, -128, 256)],
    ["one past 2^53", ["\x8a\x08", uint(2n ** 60n, 8), "."], 2n ** 60n],
    ["a float", ["G\x3f\xf8\x00\x00\x00\x00\x00\x00."], 1.5],
    ["strings", [p.text("caf\xc3\xa9"), "U\x02ab\x8c\x01c\x87."], tuple("café", "ab", "c")],
    ["lists", ["](K\x01K\x02eK\x03a."], [1, 2, 3]],
    [
      "dicts",
      ["}(K\x01K\x02uU\x01aK\x03s."],
      new Map<unknown, unknown>([
        [1, 2],
        ["a", 3],
      ]),
    ],
    [
      "memo by number",
      ["U\x01aq\x05U\x01br\x00\x00\x01\x00h\x05j\x00\x00\x01\x00\x87\x86."],
      tuple("a", tuple("b", "a", "b")),
    ],
    ["memo in order, protocol 4", ["\x80\x04\x95", uint(99, 8), "\x8c\x01a\x94h\x00\x86."], tuple("a", "a")],
    ["globals, called", ["cos\nsystem\nU\x02rm\x85R."], ["called", "os.system", "rm"]],
    ["a global from the stack", ["\x80\x04\x8c\x02os\x8c\x06system\x93."], "os.system"],
    ["persistent ids", ["K\x07Q."], ["persistent", 7]],
    ["attributes of a dict, left out", ["}}U\x09_metadataK\x01sb."], new Map()],
  ])("%s", (_, parts, value) => {
    expect(read(...parts)).toEqual(value);
  });

  test("a list that holds itself", () => {
    const list = read("]q\x00h\x00a.") as unknown[];
    expect(list[0]).toBe(list);
  });

  test("ends where STOP stands", () => {
    const bytes = concat("K\x01.K\x02.");
    expect(readPickle(bytes, 0, hooks, "read x")).toEqual({ value: 1, end: 3 });
    expect(readPickle(bytes, 3, hooks, "read x")).toEqual({ value: 2, end: 6 });
  });
});

describe("refuses", () => {
  const cut = " The file seems to be cut short or damaged: delete it and download it again.";
  test.each<[string, Part[], string]>([
    ["an empty pickle", [""], `expected 1 more bytes at byte 0 of the pickle, got 0.${cut}`],
    [
      "a string longer than the file",
      ["X\xff\xff\xff\xffab"],
      `expected 4294967295 more bytes at byte 5 of the pickle, got 2.${cut}`,
    ],
    ["a name without an end", ["cos"], `expected 1 more bytes at byte 1 of the pickle, got 2.${cut}`],
    ["an opcode by letter", ["i"], 'expected pickle opcodes that torch.save writes, got "i" at byte 0 of the pickle'],
    [
      "an opcode by number",
      ["N\x81"],
      "expected pickle opcodes that torch.save writes, got 0x81 at byte 1 of the pickle",
    ],
    ["protocol 1", ["\x80\x01"], "expected pickle protocol 2 to 5, got 1"],
    ["an empty stack", ["."], "expected a value on the pickle's stack, got an empty stack"],
    ["a value from below a mark", ["N(a"], "expected a value on the pickle's stack, got an empty stack"],
    ["no mark", ["Nt"], "expected a mark on the pickle's stack, got none"],
    ["a memo entry that is not there", ["h\x03"], "expected a memo entry that was stored before, got entry 3"],
    ["items of a list", ["]K\x01K\x02s"], "expected a dict to set items of, got a list"],
    ["a key without a value", ["}(K\x01u"], "expected a value for each key of a dict, got a key without one"],
    ["a list as a key", ["}(]K\x01u"], "expected strings or numbers as keys, got a list"],
    ["appending to a tuple", [")K\x01a"], "expected a list to append to, got a tuple"],
    ["arguments in a list", ["cos\nsystem\n]R"], "expected a tuple of arguments, got a list"],
    ["attributes of anything else", ["]}b"], "expected attributes of an OrderedDict only, got attributes of a list"],
    ["attributes that are no dict", ["}Nb"], "expected a dict of attributes, got None"],
    ["a global that is no name", ["K\x01K\x02\x93"], "expected strings as the name of a global, got 1 and 2"],
  ])("%s", (_, parts, message) => {
    expect(() => read(...parts)).toThrow(expect.objectContaining({ message: `read x: ${message}` }));
  });

  test("a bomb of steps", () => {
    expect(() => read(new Uint8Array(500_001).fill(0x4e))).toThrow(
      "read x: expected a pickle of at most 500000 steps, got more",
    );
  });

  test("lists of lists that would have 2^60 leaves cost nothing", () => {
    // Each level holds the one before twice.
    const levels = Array.from({ length: 60 }, (_, i) => concat("](", "h", [i], "h", [i], "eq", [i + 1]));
    expect(read("]q\x00", ...levels, ".")).toHaveLength(2);
  });
});
