import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError, InvalidArgumentError, LEDError } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import { Codec, crossing } from "./codec.ts";

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

class NotFoundError extends LEDError {
  readonly status: number;
  constructor(status: number) {
    super({ operation: "look", expected: "a file", got: "none", fix: "Look elsewhere." });
    this.status = status;
  }
}

const codec = new Codec(
  [
    crossing(
      "Point",
      Point,
      ({ x }) => [x],
      ([x]) => new Point(x!),
    ),
  ],
  [["NotFoundError", NotFoundError]],
);

/** To the other side and back again, as child processes are told things. */
function across(value: unknown): unknown {
  return codec.decode(deserialize(serialize(codec.encode(value, "test"))));
}

const tensors = fc.oneof(
  fc.float32Array().map((data) => new Tensor("float32", data, [data.length])),
  fc.uint16Array().map((data) => new Tensor("float16", data, [1, data.length])),
  fc.bigInt64Array({ minLength: 6, maxLength: 6 }).map((data) => new Tensor("int64", data, [2, 3])),
  fc.int32Array().map((data) => new Tensor("int32", data, [data.length, 1])),
  fc.uint8Array().map((data) => new Tensor("uint8", data, [data.length])),
  fc.array(fc.boolean()).map((data) => new Tensor("bool", Uint8Array.from(data, Number), [data.length])),
  fc.int8Array().map((data) => new Tensor("int8", data, [data.length])),
);

const leaf = fc.oneof(
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
  fc.constantFrom(null, undefined),
  tensors,
  fc.integer().map((x) => new Point(x)),
  fc.float64Array(),
);
const key = fc.oneof(fc.string(), fc.constantFrom("led-transformers:class", "__proto__", "parts", "constructor"));
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value")),
    fc.array(fc.tuple(key, tie("value"))).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(tie("value"), tie("value"))).map((entries) => new Map(entries)),
    fc.array(tie("value")).map((items) => new Set(items)),
  ),
}));

test("values come back as they were, in class, order and absence", () => {
  fc.assert(
    fc.property(values, (value) => {
      // toStrictEqual would take a key "constructor" for the class.
      expect(isDeepStrictEqual(across(value), value)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("a part of a larger buffer crosses without the rest, and what is there twice arrives as one", () => {
  const buffer = new Float32Array(1000);
  const part = new Tensor("float32", buffer.subarray(10, 12).fill(3), [2]);
  const [first, { again }] = across([part, { again: part }]) as [Tensor, { again: Tensor }];
  expect(again).toBe(first);
  expect([...first.data]).toEqual([3, 3]);
  expect(serialize(codec.encode(part, "test")).length).toBeLessThan(300);
});

describe("errors", () => {
  test("come back as their class, with their own fields and their cause", () => {
    const cause = new RangeError("too far");
    const error = new InvalidArgumentError({ operation: "op", expected: "a", got: "b", fix: "Do c.", cause });
    const back = across(error) as InvalidArgumentError;
    expect(back).toBeInstanceOf(InvalidArgumentError);
    expect(back).toMatchObject({
      message: "op: expected a, got b. Do c.",
      operation: "op",
      name: "InvalidArgumentError",
    });
    expect(back.stack).toBe(error.stack);
    expect(back.cause).toBeInstanceOf(RangeError);
    expect((back.cause as RangeError).message).toBe("too far");
    expect(Object.keys(back)).toEqual(Object.keys(error));
    const other = across(new NotFoundError(404));
    expect(other).toBeInstanceOf(NotFoundError);
    expect(other).toMatchObject({ status: 404, operation: "look" });
  });

  test("of an unknown class come back as the class above it, under their own name", () => {
    class OwnError extends EngineError {
      readonly retry = () => {};
      readonly device = "cpu";
    }
    const back = across(new OwnError({ operation: "run" })) as OwnError;
    expect(Object.getPrototypeOf(back)).toBe(EngineError.prototype);
    expect(back).toMatchObject({ name: "OwnError", device: "cpu" });
    // What cannot cross is left out, rather than the error lost.
    expect("retry" in back).toBe(false);
  });

  test("of the platform, and those that are their own cause", () => {
    const back = across(new DOMException("stopped", "AbortError")) as DOMException;
    expect(back).toBeInstanceOf(DOMException);
    expect(back).toMatchObject({ name: "AbortError", message: "stopped" });
    const circle = new Error("round");
    circle.cause = circle;
    expect(across(circle)).toMatchObject({ message: "round" });
  });
});

test("more numbers than one message holds are refused; what is there twice counts once", () => {
  // Pages that nobody writes to take no memory.
  const half = new Uint8Array(2 ** 30);
  expect(() => codec.encode([half, half], "test")).not.toThrow();
  expect(() => codec.encode([half, half.subarray(1)], "LEDModel in a worker, forward")).toThrow(
    "LEDModel in a worker, forward: expected at most 2146435072 bytes of numbers to cross between program and worker in one call, " +
      "got 2147483647. Ask for fewer outputs at once",
  );
});

describe("what is no data is refused by its place", () => {
  class Own extends Point {}
  const circle: unknown[] = [];
  circle.push({ circle });
  test.each([
    [{ a: [{ b: () => 1 }] }, "`arguments.a[0].b`", "a function"],
    [[new Own(1)], "`arguments[0]`", "an instance of Own"],
    [{ key: Symbol("s") }, "`arguments.key`", "a symbol"],
    [new Map([["x", new Own(1)]]), "`arguments[0][1]`", "an instance of Own"],
    [circle, "`arguments[0].circle`", "a value that contains itself"],
  ])("%#", (value, place, got) => {
    expect(() => codec.encode(value, "Model.forward", "arguments")).toThrow(
      new InvalidArgumentError({
        operation: "Model.forward",
        expected: `data as ${place}, which is all that crosses to a worker`,
        got,
        fix: "Leave it out, or load the model without `worker`.",
      }),
    );
  });
});
