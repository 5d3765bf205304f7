import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { InternalError, InvalidArgumentError } from "../errors.ts";
import { OfflineError } from "../hub/index.ts";
import { describeFailure, oneLine, PartFailed, wholeNumber } from "./failure.ts";
import { Interruption } from "./interruption.ts";

test("an error of this package is its message, in one line", () => {
  const error = new InvalidArgumentError({ operation: "do", says: "First.\n  Second.", got: "\u001b[2J" });
  expect(describeFailure(error)).toEqual({ line: "led: First. Second. (do: got \\u001b[2J)", exitCode: 1 });
});

test("an error that nobody foresaw shows its class, and no stack", () => {
  expect(describeFailure(new RangeError("Invalid array length"))).toEqual({
    line: "led: RangeError: Invalid array length",
    exitCode: 1,
  });
  expect(describeFailure(new InternalError({ operation: "x", expected: "a", got: "b" })).line).toBe(
    "led: internal: x: expected a, got b. Please report this.",
  );
  expect(describeFailure("thrown text")).toEqual({ line: "led: thrown text", exitCode: 1 });
});

test("without a network the model that needs none is named", () => {
  const error = new OfflineError({ operation: "load", expected: "x", got: "y", fix: "Connect." });
  expect(describeFailure(error, true)).toEqual({
    line: "led: load: expected x, got y. Connect. The embedded model works offline: leave out --model.",
    exitCode: 1,
  });
  // Where a command has none.
  expect(describeFailure(error)).toEqual({ line: "led: load: expected x, got y. Connect.", exitCode: 1 });
});

test("what commander has said is not said again", () => {
  expect(describeFailure(new CommanderError(1, "commander.unknownOption", "error: ..."))).toEqual({ exitCode: 2 });
  expect(describeFailure(new CommanderError(0, "commander.helpDisplayed", "..."))).toEqual({ exitCode: 0 });
});

test("an interruption is no failure to explain", () => {
  expect(describeFailure(new Interruption("SIGINT"))).toEqual({ exitCode: 130 });
  expect(describeFailure(new Interruption("SIGTERM"))).toEqual({ exitCode: 143 });
});

test("some of many things that failed are said already", () => {
  expect(describeFailure(new PartFailed("2 of 3 documents failed"))).toEqual({ exitCode: 1 });
});

test("TensorFlow's weights: what the command line has in the place of an option of the library", () => {
  const says = "There is a file for TensorFlow weights. Use `from_tf=True` to load this model from those weights.";
  expect(describeFailure(new InvalidArgumentError({ operation: "open", says })).line).toMatch(
    / On the command line: led convert MODEL FOLDER --from tf, and name FOLDER as the model\.$/,
  );
});

test("one line keeps letters of every language", () => {
  expect(oneLine(" für\r\n\r\n  東京\t!\n")).toBe("für 東京\\u0009!");
});

test("whole numbers", () => {
  expect(["0", "7", "007"].map(wholeNumber(0))).toEqual([0, 7, 7]);
  for (const text of ["", " 1", "-1", "+1", "1.0", "0x1", "1e1", "x", "9007199254740992"]) {
    expect(() => wholeNumber(0)(text), text).toThrow("Expected a whole number of at least 0.");
  }
  expect(() => wholeNumber(1)("0")).toThrow("Expected a whole number of at least 1.");
});
