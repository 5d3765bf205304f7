/** A training whose process is killed, wherever it is, goes on from what it left and ends as one that was not. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Philox } from "../src/random.ts";

const script = fileURLToPath(new URL("support/training-child.ts", import.meta.url));
const loader = new URL("support/run-typescript.mjs", import.meta.url).href;
const made: string[] = [];
afterAll(async () => {
  for (const path of made) await rm(path, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "led-kill-"));
  made.push(path);
  return join(path, "out");
}

const checkpoints = async (path: string) =>
  (await readdir(path).catch(() => [])).filter((name) => name.startsWith("checkpoint-"));

/** Trains, and kills the process some milliseconds after it has made so many steps. Resolves to whether it came to its end. */
async function train(path: string, steps: number, milliseconds: number): Promise<boolean> {
  const how = (await checkpoints(path)).length > 0 ? "resume" : "begin";
  const child = spawn(process.execPath, ["--conditions=source", `--import=${loader}`, script, path, how], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  let seen = 0;
  child.stdout.on("data", (text: Buffer) => {
    seen += text.toString().split("\n").length - 1;
    if (seen >= steps) setTimeout(() => child.kill("SIGKILL"), milliseconds);
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on("close", (...end) => resolve(end));
  });
  if (signal !== "SIGKILL" && code !== 0) throw new Error(said);
  return signal !== "SIGKILL";
}

async function remains(path: string) {
  const at = join(path, "checkpoint-60");
  const state = JSON.parse(await readFile(join(at, "trainer_state.json"), "utf8"));
  const log = (await readFile(join(path, "training_log.jsonl"), "utf8")).trimEnd().split("\n");
  return {
    checkpoints: (await checkpoints(path)).sort(),
    model: (await readFile(join(at, "model.safetensors"))).toString("hex"),
    optimizer: (await readFile(join(at, "optimizer.safetensors"))).toString("hex"),
    run: await readFile(join(at, "training_run.json"), "utf8"),
    state,
    log: log.map((line) => {
      const { step, loss, grad_norm, learning_rate } = JSON.parse(line);
      return { step, loss, grad_norm, learning_rate };
    }),
  };
}

test("SIGKILL at random places", async () => {
  const whole = await folder();
  expect(await train(whole, Number.POSITIVE_INFINITY, 0)).toBe(true);
  const expected = await remains(whole);
  expect(expected.log).toHaveLength(61);

  const seed = Date.now();
  const draws = new Philox(seed);
  const path = await folder();
  let kills = 0;
  for (let part = 0; kills < 7; part++) {
    // Between a step and the next lie some twenty operations on files.
    const [steps, milliseconds] = [1 + (draws.uint32(2 * part) % 9), draws.uint32(2 * part + 1) % 12];
    if (await train(path, steps, milliseconds)) break;
    kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  await train(path, Number.POSITIVE_INFINITY, 0);
  expect(await remains(path), `seed ${seed}`).toEqual(expected);
  expect((await readdir(path)).sort()).toEqual(["checkpoint-58", "checkpoint-60", "training_log.jsonl"]);
});
