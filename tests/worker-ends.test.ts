/** How calls of models in workers are ended, and how workers, programs and both of them end. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { LEDForConditionalGeneration, LEDModel, TextIteratorStreamer } from "../src/index.ts";
import { setLogger } from "../src/log.ts";
import { gone, lastChild, letChildrenReadSources } from "./support/worker-processes.ts";

vi.mock("node:child_process", { spy: true });
vi.mock("node:fs", { spy: true });
letChildrenReadSources();

beforeEach(() => {
  setLogger({ warn: () => {} });
});

afterEach(() => {
  setLogger(null);
});

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const open = () => LEDForConditionalGeneration.from_pretrained(embedded, { worker: true, num_threads: 1 });

/** A document for the embedded model. */
const input_ids = [[0, ...Array.from({ length: 500 }, (_, i) => 4 + ((i * 37) % 3000)), 2]];

describe("a long call", () => {
  const long = { input_ids, num_beams: 1, max_new_tokens: 250, min_new_tokens: 250 };
  let model: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    model = await open();
  });

  afterAll(() => model.kill());

  test("leaves the program's timers running, and an abort ends it with its reason", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const controller = new AbortController();
    let last = 0;
    const call = model.generate({
      ...long,
      signal: controller.signal,
      streamer: () => {
        if (last++ === 3) controller.abort(reason);
      },
    });
    const reason = new Error("enough");
    await expect(call).rejects.toBe(reason);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
    expect(last).toBeLessThan(250);
    // What a listener throws ends a call in the same way.
    const thrown = model.generate({
      ...long,
      progress_callback: () => {
        throw reason;
      },
    });
    await expect(thrown).rejects.toBe(reason);
    expect((await model.generate({ input_ids, num_beams: 1, max_new_tokens: 2 })).dims[0]).toBe(1);
  });

  test("kill() ends it in the middle: it rejects, and whoever reads its stream is told", async () => {
    const pid = lastChild().pid!;
    const streamer = new TextIteratorStreamer({ decode: (given) => `${given.join(" ")} ` });
    const call = model.generate({ ...long, streamer });
    await streamer.next();
    model.kill();
    const message = "got one that was killed. Load the model again to go on.";
    await expect(call).rejects.toThrow(message);
    await expect(model.state_dict()).rejects.toThrow(message);
    const read = async () => {
      for await (const _ of streamer);
    };
    await expect(read()).rejects.toThrow(message);
    await gone(pid);
  });
});

describe("a program", () => {
  /** Says the worker's process id, generates `tokens` tokens, saying so when it is at it, and comes to its end. */
  const script = (tokens: number) => `
    import child_process from "node:child_process";
    import { syncBuiltinESMExports } from "node:module";
    const { fork } = child_process;
    child_process.fork = (...args) => {
      const child = fork(...args);
      console.log(child.pid);
      return child;
    };
    syncBuiltinESMExports();
    const { LEDForConditionalGeneration } = await import(${JSON.stringify(new URL("../src/index.ts", import.meta.url))});
    const model = await LEDForConditionalGeneration.from_pretrained(${JSON.stringify(embedded)}, { worker: true, num_threads: 1 });
    const { dims } = await model.generate({
      ...${JSON.stringify({ input_ids, num_beams: 1, early_stopping: false, min_length: 0 })},
      max_new_tokens: ${tokens},
      min_new_tokens: ${tokens},
      streamer: () => console.log("at work"),
    });
    console.log("done", dims.join());`;
  const start = (tokens: number) =>
    spawn(process.execPath, ["--conditions=source", "--input-type=module", "--eval", script(tokens)]);

  test("ends by itself when its worker has nothing to do, and the worker with it", async () => {
    const program = start(2);
    const [lines, errors] = await Promise.all([text(program.stdout), text(program.stderr)]);
    expect(errors).toBe("");
    expect(lines).toMatch(/^\d+\n(at work\n)+done 1,3\n$/);
    await gone(Number.parseInt(lines, 10));
  });

  test("that is killed at work leaves no worker behind", async () => {
    const program = start(250);
    let said = "";
    for await (const part of program.stdout.setEncoding("utf8")) {
      said += part;
      if (said.includes("at work")) break;
    }
    program.kill("SIGKILL");
    await gone(Number.parseInt(said, 10));
  });

  test("whose bundler has left the worker's file behind is told what to do", async () => {
    vi.mocked(existsSync).mockReturnValueOnce(false);
    await expect(LEDModel.from_pretrained(embedded, { worker: true })).rejects.toThrow(
      /^LEDModel\.from_pretrained, worker: true: expected the worker's program at .*main\.ts, got no such file\. Where a bundler puts the program in one file, keep led-transformers out of it/,
    );
  });
});
