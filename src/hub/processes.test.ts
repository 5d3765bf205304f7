import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeHub, serve, stallAfter } from "../../tests/support/fake-hub.ts";
import { hubScene, ID, NEEDED, TINY_LED } from "../../tests/support/hub-scene.ts";
import { readText } from "../files.ts";

const scene = hubScene(TINY_LED);

/** This room as JavaScript, for processes without a TypeScript loader. */
let compiled: string;
beforeAll(async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  compiled = await mkdtemp(join(tmpdir(), "led-hub-compiled-"));
  await writeFile(join(compiled, "package.json"), '{"type":"module"}');
  const project = {
    extends: join(root, "tsconfig.build.json"),
    compilerOptions: {
      rootDir: join(root, "src"),
      outDir: compiled,
      noCheck: true,
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [],
    files: [join(root, "src/hub/index.ts")],
  };
  await writeFile(join(compiled, "tsconfig.json"), JSON.stringify(project));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const child = spawn(process.execPath, [compiler, "-p", join(compiled, "tsconfig.json")], { stdio: "inherit" });
  expect((await once(child, "close"))[0]).toBe(0);
});
afterAll(() => rm(compiled, { recursive: true, force: true }));

/** A process of its own that loads the model and prints its files. */
function otherProcess(hub: FakeHub) {
  const program = `
    const { resolveModel } = await import(${JSON.stringify(pathToFileURL(join(compiled, "hub/index.js")).href)});
    const files = await resolveModel(${JSON.stringify(ID)}, { cache_dir: ${JSON.stringify(scene.cacheDir)} });
    console.log((await files.list()).join());`;
  return spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, HF_ENDPOINT: hub.host },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("two processes download once", async () => {
  const hub = await scene.start();
  hub.always("GET", "model.safetensors", (response, content, request) => {
    setTimeout(() => serve(response, content, request), 500);
  });
  const run = async () => {
    const child = otherProcess(hub);
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    await once(child, "close");
    return output.trim();
  };
  expect(await Promise.all([run(), run()])).toEqual([NEEDED.join(), NEEDED.join()]);
  expect(hub.count("GET", "model.safetensors")).toBe(1);
});

test("a process that is killed leaves a partial file and a lock, and the next one goes on at once", async () => {
  const hub = await scene.start();
  hub.once("GET", "model.safetensors", stallAfter(2));
  const child = otherProcess(hub);
  const partial = join(scene.repository, "blobs", `${hub.etag("model.safetensors")}.led.incomplete`);
  while ((await stat(partial).catch(() => undefined))?.size !== 2) await new Promise((done) => setTimeout(done, 10));
  child.kill("SIGKILL");
  await once(child, "close");
  const locks = join(scene.cacheDir, ".locks", "models--org--tiny-led");
  expect(await readdir(locks)).toEqual([`${hub.etag("model.safetensors")}.led.lock`]);
  expect(await readdir(scene.snapshot)).not.toContain("model.safetensors");
  expect(await readText(await scene.load(), "model.safetensors")).toBe("safe");
  expect(hub.requests.at(-1)).toMatchObject({ method: "GET", range: "bytes=2-" });
  expect(await readdir(locks)).toEqual([]);
});
