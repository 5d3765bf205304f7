import { expect, test } from "vitest";
import { InternalError } from "../errors.ts";
import { type PickleHooks, PickleTuple, readPickle } from "./pickle.ts";
import { PickleCall, PickleGlobal, PicklePersistent, writePickle } from "./pickle-write.ts";

const hooks: PickleHooks = {
  global: (module, name) => `<${module}.${name}>`,
  call: (callable, args) => ({ callable, args }),
  persistent: (id) => ({ id }),
};

function back(value: unknown): unknown {
  const bytes = writePickle(value);
  const { value: read, end } = readPickle(bytes, 0, hooks, "read it");
  expect(end).toBe(bytes.length);
  return read;
}

const latin1 = (value: unknown): string => String.fromCharCode(...writePickle(value));

test.each([
  0,
  1,
  255,
  256,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 39 - 1,
  2 ** 39,
  2 ** 40,
  Number.MAX_SAFE_INTEGER,
])("%d reads back", (value) => expect(back(value)).toBe(value));

// By CPython 3.11: pickle.dumps(value, protocol=2).
test.each<[string, unknown, string]>([
  ["255", 255, "\x80\x02K\xff."],
  ["65535", 65535, "\x80\x02M\xff\xff."],
  ["2**31 - 1", 2 ** 31 - 1, "\x80\x02J\xff\xff\xff\x7f."],
  ["2**31", 2 ** 31, "\x80\x02\x8a\x05\x00\x00\x00\x80\x00."],
  ["2**39 - 1", 2 ** 39 - 1, "\x80\x02\x8a\x05\xff\xff\xff\xff\x7f."],
  ["'é'", "é", "\x80\x02X\x02\x00\x00\x00\xc3\xa9q\x00."],
  [
    "((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, True))",
    new PickleTuple([[], [1], [1, 2], [1, 2, 3], [1, 2, 3, true]].map((items) => new PickleTuple(items))),
    "\x80\x02()K\x01\x85q\x00K\x01K\x02\x86q\x01K\x01K\x02K\x03\x87q\x02(K\x01K\x02K\x03\x88tq\x03tq\x04.",
  ],
  [
    "{'a': 'b', 'b': False}",
    new Map<string, unknown>([
      ["a", "b"],
      ["b", false],
    ]),
    "\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01X\x01\x00\x00\x00bq\x02h\x02\x89u.",
  ],
  ["{'a': 1}", new Map([["a", 1]]), "\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s."],
  ["{}", new Map(), "\x80\x02}q\x00."],
  [
    "OrderedDict()",
    new PickleCall(new PickleGlobal("collections", "OrderedDict")),
    "\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01.",
  ],
])("%s is what Python writes", (_, value, expected) => {
  expect(latin1(value)).toBe(expected);
});

test("a value of every kind reads back, long names and many of them too", () => {
  const make = new PickleGlobal("m", "make");
  const items = Array.from({ length: 1500 }, (_, i): [string, unknown] => [
    `name ${i} ${"é".repeat(i % 200)}`,
    new PickleCall(make, new PicklePersistent("storage", make, i), new PickleTuple([i, i * 2 ** 20]), i % 2 === 0),
  ]);
  const read = back(new Map(items));
  expect(read).toEqual(
    new Map(
      items.map(([name], i) => [
        name,
        {
          callable: "<m.make>",
          args: [{ id: new PickleTuple(["storage", "<m.make>", i]) }, new PickleTuple([i, i * 2 ** 20]), i % 2 === 0],
        },
      ]),
    ),
  );
});

test.each([
  [-1, "a whole number that is not negative, got -1"],
  [0.5, "a whole number that is not negative, got 0.5"],
  [null, "a value of a state dict, got None"],
  [undefined, "a value of a state dict, got undefined"],
  [[], "a value of a state dict, got a list"],
])("%s is refused", (value, message) => {
  expect(() => writePickle(value)).toThrow(InternalError);
  expect(() => writePickle(value)).toThrow(`internal: write a pickle: expected ${message}`);
});
