import { afterEach, expect, it, vi } from "vitest";
import { setLogger, warn, warnOnce } from "./log.ts";

afterEach(() => {
  setLogger(null);
  vi.restoreAllMocks();
});

it("writes to console.warn unless a logger is set, and gives the logger back", () => {
  const spy = vi.spyOn(console, "warn").mockImplementation(() => {});
  warn("first");
  const said: string[] = [];
  const mine = { warn: (message: string) => said.push(message) };
  setLogger(mine);
  warn("second");
  expect(setLogger(null)).toBe(mine);
  warn("third");
  expect(spy.mock.calls).toEqual([["first"], ["third"]]);
  expect(said).toEqual(["second"]);
});

it("says a warnOnce message once per logger", () => {
  const said: string[] = [];
  const mine = { warn: (message: string) => said.push(message) };
  setLogger(mine);
  warnOnce("a");
  warnOnce("a");
  warnOnce("b");
  setLogger(mine);
  warnOnce("a");
  expect(said).toEqual(["a", "b", "a"]);
});
