import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { progressBar } from "./progress.ts";

let written = "";
let now = 0;
const wasTerminal = process.stderr.isTTY;

beforeEach(() => {
  written = "";
  now = 5000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = wasTerminal;
});

describe("without a terminal", () => {
  beforeEach(() => {
    process.stderr.isTTY = false;
  });

  test("a line for a stage's first and last report, and between them one a second", () => {
    const progress = progressBar(true);
    // Report, milliseconds after the one before.
    const reports: [number, number][] = [
      [100, 0],
      [200, 400],
      [300, 600],
      [350, 10],
      [1000, 3000],
    ];
    for (const [done, later] of reports) {
      now += later;
      progress.update("encode", done, 1000, "tokens");
    }
    now += 50;
    progress.update("generate", 1, 64, "tokens");
    progress.stop();
    expect(written.split("\n")).toEqual([
      "encode 10%",
      "encode 30%, 200 tokens/s, 4 s left",
      "encode 100%, 224 tokens/s, 0 s left",
      "generate 1%",
      "",
    ]);
  });

  test("slow rates, long times", () => {
    const progress = progressBar(true);
    progress.update("download", 0, 1600, "MB");
    now += 10_000;
    progress.update("download", 25, 1600, "MB");
    expect(written).toBe("download 0%\ndownload 1%, 2.5 MB/s, 10 min 30 s left\n");
    now += 990_000;
    progress.update("download", 50, 1600, "MB");
    expect(written).toMatch(/\ndownload 3%, 0\.050 MB\/s, 8 h 36 min left\n$/);
  });

  test("a note behind rate and time left, or alone", () => {
    const progress = progressBar(true);
    progress.update("train", 0, 10, "steps", "loss 3");
    now += 2000;
    progress.update("train", 4, 10, "steps", "loss 2");
    expect(written).toBe("train 0%, loss 3\ntrain 40%, 2.0 steps/s, 3 s left, loss 2\n");
  });

  test("a stage that goes on after another has its own pace; one that begins again has a new one", () => {
    const progress = progressBar(true);
    progress.update("train", 0, 10, "steps");
    now += 2000;
    progress.update("train", 2, 10, "steps");
    progress.update("evaluate", 1, 5, "batches");
    now += 60_000;
    progress.update("evaluate", 2, 5, "batches");
    progress.update("train", 2, 10, "steps");
    now += 2000;
    progress.update("train", 4, 10, "steps");
    progress.update("train", 0, 100, "steps");
    now += 1000;
    progress.update("train", 50, 100, "steps");
    expect(written.trimEnd().split("\n")).toEqual([
      "train 0%",
      "train 20%, 1.0 steps/s, 8 s left",
      "evaluate 20%",
      "evaluate 40%, 0.017 batches/s, 3 min 0 s left",
      "train 20%, 1.0 steps/s, 8 s left",
      "train 40%, 1.0 steps/s, 6 s left",
      "train 50%, 50 steps/s, 1 s left",
    ]);
  });

  test("nothing unless it is asked for", () => {
    for (const wanted of [undefined, false]) {
      const progress = progressBar(wanted);
      progress.update("encode", 1, 2, "tokens");
      progress.stop();
    }
    expect(written).toBe("");
  });
});

describe("on a terminal", () => {
  beforeEach(() => {
    process.stderr.isTTY = true;
  });

  test("a bar for each stage, without being asked for, and no listener for signals", () => {
    const listeners = process.listenerCount("SIGINT");
    const progress = progressBar(undefined);
    progress.update("encode", 250, 1000, "tokens");
    now += 1000;
    progress.update("encode", 500, 1000, "tokens");
    progress.update("generate", 64, 64, "tokens");
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    progress.stop();
    const text = stripVTControlCharacters(written);
    expect(text).toContain("encode |██████░░░░░░░░░░░░░░░░░░| 25%");
    expect(text).toContain("encode |████████████░░░░░░░░░░░░| 50% 250 tokens/s, 2 s left");
    expect(text).toContain("generate |████████████████████████| 100%");
    expect(text).toMatch(/\n$/);
  });
});
