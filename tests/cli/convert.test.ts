/** `led convert`: a complete new folder, or none. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openCheckpoint, readTensor } from "../../src/checkpoints/index.ts";
import { folderFiles } from "../../src/hub/index.ts";
import { LEDModel } from "../../src/index.ts";
import { fixtureBytes, p, torchFile } from "../support/checkpoint-files.ts";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";
import { tinyLmConfig } from "../support/tiny-lm.ts";

let source: ModelFolder;
let target = "";

beforeEach(async () => {
  source = await tinyLed();
  target = join(source.path, "new", "folder");
});

afterEach(() => source.remove());

/** The torch files that transformers wrote of the model of tests/oracle/checkpoints.py (tiny_config). */
async function torchSource(): Promise<void> {
  const vocabulary = ["<s>", "<pad>", "</s>", "<unk>", ..."abcdef", "<mask>"];
  await source.write("config.json", { model_type: "led", ...tinyLmConfig });
  await source.write("generation_config.json", {
    ...(await source.readJson("generation_config.json")),
    max_length: 7,
  });
  await source.write("vocab.json", Object.fromEntries(vocabulary.map((token, id) => [token, id])));
  rmSync(join(source.path, "model.safetensors"));
}

const summaryBy = async (folder: string): Promise<unknown> => {
  const path = join(source.path, "text.txt");
  writeFileSync(path, "abcdef");
  const { exitCode, stdout, stderr } = await led("summarize", path, "--model", folder, "--json", "--num-beams", "3");
  expect([exitCode, stderr]).toEqual([0, ""]);
  return { ...JSON.parse(stdout), seconds: 0, model: "" };
};

test.each([
  ["one file", ["pytorch_model.bin"], "tiny_lm_bin"],
  [
    "shards",
    ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"],
    "tiny_lm_bin_shards",
  ],
])("torch weights of %s become the safetensors that transformers writes", async (_, names, fixture) => {
  await torchSource();
  for (const name of names) await source.write(name, fixtureBytes(`${fixture}/${name}`));
  const outcome = await led("convert", source.path, target);
  expect(outcome).toEqual({ exitCode: 0, stdout: `model.safetensors: 0.0 MB in ${target}\n`, stderr: "" });
  expect(readdirSync(target).sort()).toEqual([
    "config.json",
    "generation_config.json",
    "merges.txt",
    "model.safetensors",
    "vocab.json",
  ]);
  expect(new Uint8Array(readFileSync(join(target, "model.safetensors")))).toEqual(
    fixtureBytes("tiny_lm/model.safetensors"),
  );
  for (const name of ["config.json", "generation_config.json", "merges.txt", "vocab.json"]) {
    expect(readFileSync(join(target, name))).toEqual(readFileSync(join(source.path, name)));
  }
  expect(await summaryBy(target)).toEqual(await summaryBy(source.path));
});

test("--dtype fp16 halves the weights, says so in the config, and summarises", async () => {
  await source.write("added_tokens.json", {});
  expect((await led("convert", source.path, target, "--dtype", "fp16")).exitCode).toBe(0);
  const before = await openCheckpoint(folderFiles(source.path));
  const after = await openCheckpoint(folderFiles(target));
  expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].sort());
  for (const [name, tensor] of after.tensors) {
    expect(tensor.type).toBe("F16");
    const whole = await readTensor(before, name);
    const half = await readTensor(after, name);
    for (let i = 0; i < whole.data.length; i++) {
      expect(Math.abs(half.at(i) - whole.at(i))).toBeLessThanOrEqual(Math.abs(whole.at(i)) * 2 ** -11 + 2 ** -25);
    }
  }
  expect(JSON.parse(readFileSync(join(target, "config.json"), "utf8"))).toEqual({
    ...(await source.readJson("config.json")),
    torch_dtype: "float16",
  });
  expect(existsSync(join(target, "added_tokens.json"))).toBe(true);
  expect(await summaryBy(target)).toMatchObject({ source_tokens: 8 });
});

test("--max-shard-size", async () => {
  const { exitCode, stdout } = await led("convert", source.path, target, "--max-shard-size", "4KB");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^model-00001-of-0000\d\.safetensors, .*, model\.safetensors\.index\.json: 0\.0 MB in /);
  expect(await summaryBy(target)).toEqual(await summaryBy(source.path));
});

describe("--from tf", () => {
  const tensorflow = (folder: string): string =>
    fileURLToPath(new URL(`../oracle/fixtures/tf-checkpoints/${folder}`, import.meta.url));

  test.each(["lm", "base", "old", "shards"])("the weights of %s, as LEDModel reads them", async (folder) => {
    const { exitCode, stdout, stderr } = await led("convert", tensorflow(folder), target, "--from", "tf");
    expect([exitCode, stdout, stderr]).toEqual([0, `model.safetensors: 0.0 MB in ${target}\n`, ""]);
    const expected = await LEDModel.from_pretrained(tensorflow(folder), { from_tf: true });
    const converted = await LEDModel.from_pretrained(target);
    const state = await converted.state_dict();
    for (const [name, { data }] of await expected.state_dict()) expect(state.get(name)!.data, name).toEqual(data);
    await expected.dispose();
    await converted.dispose();
  });

  test("is named where TensorFlow's weights are found without it", async () => {
    const { exitCode, stderr } = await led("convert", tensorflow("lm"), target);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /there is a file for TensorFlow weights\. [^\n]* led convert MODEL FOLDER --from tf, and name FOLDER as the model\.\n$/,
    );
    expect(existsSync(target)).toBe(false);
  });

  test("without tf_model.h5, and with what is for a BART", async () => {
    const without = await led("convert", source.path, target, "--from", "tf");
    expect(without.exitCode).toBe(1);
    expect(without.stderr).toMatch(
      /^led: openCheckpoint: expected one of tf_model\.h5, tf_model\.h5\.index\.json, got /,
    );
    expect(await led("convert", source.path, target, "--from", "tf", "--attention-window", "8")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "led: option '--attention-window <n>' is for --from bart\n",
    });
  });
});

describe("refuses", () => {
  /** Nothing was written: not even the folder. */
  async function refused(line: string | RegExp, ...more: string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await led("convert", source.path, target, ...more);
    expect([exitCode, stdout]).toEqual([1, ""]);
    const said = stderr.replaceAll(target, "NEW").replaceAll(source.path, "DIR");
    if (typeof line === "string") expect(said).toBe(`led: ${line}\n`);
    else expect(said).toMatch(line);
    expect(existsSync(target)).toBe(false);
  }

  test.each(["config.json", "model.safetensors", "pytorch_model.bin", "model.safetensors.index.json"])(
    "a folder that holds %s, and leaves it",
    async (name) => {
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, name), "mine");
      expect(await led("convert", source.path, target)).toEqual({
        exitCode: 1,
        stdout: "",
        stderr: `led: write a model to ${target}: expected a folder without a model, got one that holds ${name}. Name a new folder.\n`,
      });
      expect(readdirSync(target)).toEqual([name]);
      expect(readFileSync(join(target, name), "utf8")).toBe("mine");
    },
  );

  test("a file in the place of the folder", async () => {
    const file = join(source.path, "vocab.json");
    expect(await led("convert", source.path, file)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `led: write a model to ${file}: expected a folder that can be written, got a file. Name a new folder.\n`,
    });
  });

  test("a source without weights", async () => {
    rmSync(join(source.path, "model.safetensors"));
    await refused(/^led: Error no file named pytorch_model\.bin, [^\n]+\n$/);
  });

  test("a source that is cut off", async () => {
    const file = join(source.path, "model.safetensors");
    writeFileSync(file, readFileSync(file).subarray(0, 3000));
    await refused(/^led: read model\.safetensors of DIR: [^\n]+\n$/);
  });

  test("a hostile pickle", async () => {
    rmSync(join(source.path, "model.safetensors"));
    const pickle = p.whole(p.call(p.global("os", "system"), p.text("true")));
    await source.write("pytorch_model.bin", torchFile(pickle));
    await refused(/^led: read pytorch_model\.bin of DIR: [^\n]*os\.system[^\n]*\n$/);
  });

  test("a source without config.json", async () => {
    rmSync(join(source.path, "config.json"));
    await refused("open config.json: expected a file in DIR, got none");
  });

  test("the config of another model", async () => {
    await source.write("config.json", { model_type: "bart" });
    await refused(/^led: read DIR\/config\.json: expected the config of an LED model [^\n]+\n$/);
  });

  test("a size that is none", async () => {
    await refused(
      "`size` is not in a valid format. Use an integer followed by the unit, e.g., '5GB'. (convertToSafetensors: got \"big\")",
      "--max-shard-size",
      "big",
    );
  });

  test("a value that fp16 cannot hold, after the first shards are written", async () => {
    const file = join(source.path, "model.safetensors");
    const bytes = readFileSync(file);
    // The last value of the last tensor.
    bytes.writeFloatLE(1e6, bytes.length - 4);
    writeFileSync(file, bytes);
    await refused(
      /^led: convert to safetensors in NEW: expected values of [^\n]+ within ±65504, the range of fp16, got 1000000\. Keep fp32\.\n$/,
      ...["--dtype", "fp16", "--max-shard-size", "1KB"],
    );
  });

  test("and leaves other files of a folder that was there", async () => {
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, "notes.txt"), "mine");
    await source.write("vocab.json", "{}");
    rmSync(join(source.path, "merges.txt"));
    mkdirSync(join(target, "vocab.json"));
    const { exitCode, stderr } = await led("convert", source.path, target);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`led: write vocab.json in ${target}: expected a file name, got a folder of that name\n`);
    expect(readdirSync(target).sort()).toEqual(["notes.txt", "vocab.json"]);
  });
});
