/** What `led summarize` says of model folders that it cannot use: one line, exit code 1, before anything is computed. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { env } from "../../src/hub/index.ts";
import { concat, p, safetensorsFile, torchFile, uint } from "../support/checkpoint-files.ts";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyConfig, tinyGeneration, tinyLed, tinyVocabulary } from "../support/tiny-led.ts";

let model: ModelFolder;
let text = "";

beforeEach(async () => {
  model = await tinyLed();
  text = join(model.path, "text.txt");
  writeFileSync(text, "a small text of a few words");
});

afterEach(() => model.remove());

const summarize = (...more: string[]) => led("summarize", text, "--model", model.path, ...more);

/** In the line, DIR is the model's folder. */
async function refused(line: string, ...more: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await summarize(...more);
  expect({ exitCode, stdout, stderr: stderr.replaceAll(model.path, "DIR") }).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `led: ${line}\n`,
  });
}

test("the folder that the others spoil works", async () => {
  const { exitCode, stdout, stderr } = await summarize();
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/\n$/);
});

describe("config.json", () => {
  const asks = "Give the folder or Hub id of an LED checkpoint.";

  test.each([
    ["another model's", { model_type: "bart" }, `\`model_type\` "bart"`],
    ["nobody's", { hello: "world" }, "no `model_type` and no key of LED"],
  ])("%s", async (_, config, got) => {
    await model.write("config.json", config);
    await refused(
      `read DIR/config.json: expected the config of an LED model (\`model_type\` "led"), got ${got}. ${asks}`,
    );
  });

  test("none", async () => {
    rmSync(join(model.path, "config.json"));
    await refused("open config.json: expected a file in DIR, got none");
  });

  test("no JSON", async () => {
    await model.write("config.json", '{"model_type": "led",');
    const { exitCode, stderr } = await summarize();
    expect(exitCode).toBe(1);
    expect(stderr.replaceAll(model.path, "DIR")).toMatch(/^led: [^\n]*DIR\/config\.json[^\n]*JSON[^\n]*\n$/);
  });

  test.each([
    [{ attention_window: 5 }, "`config.attention_window` has to be an even value (attention_window: got 5)"],
    [{ attention_window: 0 }, "`config.attention_window` has to be positive (attention_window: got 0)"],
    [
      { attention_window: [4, 7] },
      "`attention_window` for layer 1 has to be an even value. Given 7 (attention_window: got [4,7])",
    ],
    [
      { attention_window: [0, 4] },
      "`attention_window` for layer 0 has to be positive. Given 0 (attention_window: got [0,4])",
    ],
  ])("window %j", async (keys, words) => {
    await model.write("config.json", { ...tinyConfig, ...keys });
    await refused(`${words} Give an even number of tokens, half of them on either side.`);
  });
});

describe("weights", () => {
  const file = () => join(model.path, "model.safetensors");

  test("none", async () => {
    rmSync(file());
    await refused(
      "Error no file named pytorch_model.bin, tf_model.h5, model.ckpt.index or flax_model.msgpack found in directory DIR. " +
        "(openCheckpoint: expected one of model.safetensors, model.safetensors.index.json, pytorch_model.bin, " +
        "pytorch_model.bin.index.json, got config.json, generation_config.json, merges.txt, text.txt, vocab.json)",
    );
  });

  test("cut off", async () => {
    const whole = readFileSync(file());
    writeFileSync(file(), whole.subarray(0, whole.length - 100));
    await refused(
      `read model.safetensors of DIR: expected ${whole.length} bytes, as the header says, got a file of ` +
        `${whole.length - 100} bytes. The file seems to be cut short or damaged: delete it and download it again.`,
    );
  });

  test("a header of 2^63 bytes", async () => {
    await model.write("model.safetensors", concat(uint(2n ** 63n, 8), "{}"));
    await refused(
      "read model.safetensors of DIR: expected a safetensors header of at most 100000000 bytes, got a header length of " +
        "9223372036854775808. This is no safetensors file, or it is damaged.",
    );
  });

  test("tensors that overlap", async () => {
    const header = {
      "led.shared.weight": { dtype: "F32", shape: [2], data_offsets: [0, 8] },
      final_logits_bias: { dtype: "F32", shape: [2], data_offsets: [4, 12] },
    };
    await model.write("model.safetensors", safetensorsFile(header, 12));
    await refused(
      "read model.safetensors of DIR: expected tensor `final_logits_bias` to start at byte 8 of the data, where the one " +
        "before it ends, got 4, so the two overlap",
    );
  });

  test("a pickle that calls os.system, which nobody calls", async () => {
    rmSync(file());
    const mark = join(model.path, "called");
    await model.write(
      "pytorch_model.bin",
      torchFile(p.whole(p.call(p.global("os", "system"), p.text(`touch ${mark}`)))),
    );
    await refused(
      "read pytorch_model.bin of DIR: expected a pickle that names only collections.OrderedDict, " +
        "torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter and storages of known element types, got " +
        "`os.system`. Nothing of it was run. A file of plain weights needs no other name: do not load this one in Python " +
        "unless you trust where it comes from.",
    );
    expect(() => readFileSync(mark)).toThrow("ENOENT");
  });

  test("of another size, and missing ones, all in the line", async () => {
    await model.write("config.json", { ...tinyConfig, encoder_ffn_dim: 14, decoder_layers: 2 });
    const { exitCode, stdout, stderr } = await summarize();
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^led: [^\n]+\n$/);
    expect(stderr).toContain("led.encoder.layers.0.fc1.weight");
    expect(stderr).toContain("led.decoder.layers.1.fc1.weight");
  });
});

describe("tokenizer", () => {
  const without = (...tokens: string[]) =>
    Object.fromEntries(Object.entries(tinyVocabulary).filter(([token]) => !tokens.includes(token)));

  test.each(["vocab.json", "merges.txt"])("no %s", async (name) => {
    rmSync(join(model.path, name));
    await refused(
      `load the tokenizer of DIR: expected tokenizer.json, or vocab.json and merges.txt, got no ${name}. ` +
        "Save the tokenizer there with save_pretrained, or name the folder that has one.",
    );
  });

  const complete = "Is vocab.json complete, and of this model?";
  const expected =
    "tokenizer of the model: expected a vocabulary with its special tokens among the 32 of the model's token table (vocab_size)";

  test("a vocabulary without special tokens: they go behind it, where the model's table ends", async () => {
    const words = Object.keys(without("<s>", "<pad>", "</s>", "<unk>", "<mask>"));
    await model.write("vocab.json", Object.fromEntries([...words, ..."0123456"].map((token, id) => [token, id])));
    await refused(`${expected}, got <s> (id 34), <pad> (id 37), </s> (id 35) behind a vocabulary of 34. ${complete}`);
  });

  test("a vocabulary without special tokens: they go behind it, where the model has other tokens", async () => {
    const words = Object.keys(without("<s>", "<pad>", "</s>", "<unk>", "<mask>"));
    await model.write("vocab.json", Object.fromEntries(words.map((token, id) => [token, id])));
    await refused(`${expected}, got <s> (id 27), <pad> (id 30), </s> (id 28) behind a vocabulary of 27. ${complete}`);
  });

  test("a vocabulary from which the special tokens were cut", async () => {
    await model.write("vocab.json", without("<s>", "<pad>", "</s>", "<unk>", "<mask>"));
    const { exitCode, stdout, stderr } = await summarize();
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^led: [^\n]*"<s>"[^\n]*Is vocab\.json complete\? It must hold the special tokens[^\n]*\n$/);
  });

  test("special tokens behind the model's table", async () => {
    // As many letters as the table has rows.
    const { "<s>": _, ...others } = tinyVocabulary;
    await model.write("vocab.json", { ...others, "0": 0 });
    await refused(`${expected}, got <s> (id 32) behind a vocabulary of 32. ${complete}`);
  });

  test("a vocabulary that is larger than the model's table", async () => {
    await model.write("vocab.json", { ...tinyVocabulary, "0": 32, "1": 33 });
    await refused(
      "tokenizer of the model: expected at most 32 tokens, the rows of the model's token table (vocab_size), " +
        "got a vocabulary of 34. Take the vocab.json and merges.txt that belong to the model.",
    );
  });

  test("a token that the model's table has no row for", async () => {
    await model.write("added_tokens.json", { zebra: 40 });
    writeFileSync(text, "a zebra");
    const { exitCode, stdout, stderr } = await summarize();
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /led: input_ids: expected ids from 0 to 31 \(vocab_size 32\), got 32 at \[0, \d\]\. Is this the tokenizer that belongs to the model\?\n$/,
    );
  });
});

describe("lengths", () => {
  test("a document longer than the position table, without truncation", async () => {
    writeFileSync(text, "a".repeat(39));
    await refused(
      "summarize: expected a document of at most 40 tokens, what the model holds, got 41 tokens. " +
        "Allow truncation, split the document, or use a model with a longer position table.",
      "--no-truncate",
    );
  });

  test("a summary longer than the decoder's position table", async () => {
    await refused(
      "summarize: expected a summary of at most 16 new tokens, the positions of the decoder " +
        "(max_decoder_position_embeddings), got 17, from max_new_tokens. Set max_new_tokens to 16 or less.",
      "--max-new-tokens",
      "17",
    );
    const longest = await summarize("--max-new-tokens", "16", "--min-length", "17", "--json");
    expect(longest.exitCode).toBe(0);
    expect(JSON.parse(longest.stdout)).toMatchObject({ summary_tokens: 17, generation: { max_length: 17 } });
  });

  test("generation settings that are longer than the decoder's position table", async () => {
    await model.write("generation_config.json", { ...tinyGeneration, max_length: 100 });
    await refused(
      "summarize: expected a summary of at most 16 new tokens, the positions of the decoder " +
        "(max_decoder_position_embeddings), got 99, from the model's generation settings. Set max_new_tokens to 16 or less.",
    );
  });

  test("a shortest summary longer than the longest", async () => {
    await refused(
      "summarize: expected `min_length` of at most 6, the longest summary with its start token, got 7. " +
        "Lower min_length, or raise max_new_tokens.",
      ...["--max-new-tokens", "5", "--min-length", "7"],
    );
  });
});

describe("--model", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("a file instead of its folder", async () => {
    const file = join(model.path, "config.json");
    expect(await led("summarize", text, "--model", file)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `led: open ${file}: expected a model folder, got a file. Give its folder: ${model.path}\n`,
    });
  });

  test("a folder that is not there", async () => {
    const { exitCode, stdout, stderr } = await led("summarize", text, "--model", "./no/such/folder");
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^led: Incorrect path_or_model_id: '\.\/no\/such\/folder'\. Please provide either the path to a local folder or the repo_id of a model on the Hub\. [^\n]+ Check the path\.\n$/,
    );
  });

  test("a Hub id without a network: the line names the model that needs none", async () => {
    // A port that was free a moment ago.
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const before = { remoteHost: env.remoteHost, cacheDir: env.cacheDir };
    Object.assign(env, { remoteHost: `http://127.0.0.1:${port}`, cacheDir: join(model.path, "cache") });
    try {
      // `led info` has no --model to leave out.
      for (const args of [["summarize", text, "--model"], ["info"], ["tokenize", text, "--model"]]) {
        const hint = args[0] === "info" ? "" : " The embedded model works offline: leave out --model\\.";
        const { exitCode, stdout, stderr } = await led(...args, "allenai/led-base-16384");
        expect([exitCode, stdout]).toEqual([1, ""]);
        expect(stderr.includes("leave out")).toBe(hint !== "");
        expect(stderr).toMatch(
          new RegExp(
            `^led: We couldn't connect to 'http://127\\.0\\.0\\.1:${port}' to load this file, [^\\n]+[^ ]${hint}\\n$`,
          ),
        );
      }
    } finally {
      Object.assign(env, before);
    }
  }, 120_000);
});
