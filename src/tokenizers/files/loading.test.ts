import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFixture, type TokenizerFixture, tinyFiles, tinyText } from "../../../tests/support/tokenizer-fixtures.ts";
import { type Files, memoryFiles } from "../../files.ts";
import { setLogger } from "../../log.ts";
import { AddedToken, LEDTokenizer } from "../index.ts";

const fixture = readFixture<TokenizerFixture>("tokenizer.json");
const probe = "The keeper <mask> wrote\t<x> <y> <new> <z> <q> documents <pad> </s> <unk> and lighthouses.";

let said: string[] = [];
beforeEach(() => {
  said = [];
  setLogger({ warn: (message) => said.push(message) });
});
afterEach(() => {
  setLogger(null);
});

const utf8 = new TextDecoder();
function textsOf(files: ReturnType<typeof memoryFiles>): Record<string, string> {
  return Object.fromEntries([...files.contents].map(([name, bytes]) => [name, utf8.decode(bytes)]));
}

/** The folder of a case of `loaded` in tests/oracle/tokenizer.py: the small vocabulary, changed as its name says. */
function folderOf(name: string, files: Record<string, unknown>): Files {
  let vocab = tinyText("vocab.json");
  let merges = tinyText("merges.txt");
  if (name === "vocab without some specials") {
    const ids = Object.entries(JSON.parse(vocab) as Record<string, number>)
      .filter(([token]) => !["<pad>", "<mask>", "</s>"].includes(token))
      .sort(([, a], [, b]) => a - b);
    vocab = JSON.stringify(Object.fromEntries(ids.map(([token], id) => [token, id])));
  }
  if (name === "merges without a final newline") merges = merges.replace(/\n$/, "");
  if (name === "merges with CRLF") merges = merges.replaceAll("\n", "\r\n");
  if (name === "merges without a version line") merges = merges.slice(merges.indexOf("\n") + 1);
  const others = Object.entries(files).map(([file, content]) => [file, JSON.stringify(content)] as const);
  return memoryFiles([["vocab.json", vocab], ["merges.txt", merges], ...others]);
}

describe("from_pretrained_files, as transformers 4.37.2", () => {
  it.each(fixture.loaded.map((row) => [row.name, row] as const))("%s", async (name, row) => {
    const tokenizer = await LEDTokenizer.from_pretrained(folderOf(name, row.files));
    expect(tokenizer.length).toBe(row.length);
    expect(tokenizer.get_added_vocab()).toEqual(row.added);
    expect(tokenizer.all_special_tokens).toEqual(row.specials);
    expect(tokenizer.all_special_ids).toEqual(row.special_ids);
    expect(tokenizer.encode(probe)).toEqual(row.ids);
    const saved = memoryFiles([]);
    await tokenizer.save_pretrained(saved);
    const { "vocab.json": _, "merges.txt": __, ...texts } = textsOf(saved);
    expect(texts).toEqual(row.saved);
  });

  it("reads what it saved, and saves what it read byte for byte", async () => {
    const files = tinyFiles();
    const before = textsOf(files);
    const tokenizer = await LEDTokenizer.from_pretrained(files);
    expect(tokenizer.model_max_length).toBe(512);
    const copy = memoryFiles([]);
    expect(await tokenizer.save_pretrained(copy)).toEqual([
      "tokenizer_config.json",
      "special_tokens_map.json",
      "vocab.json",
      "merges.txt",
    ]);
    expect(textsOf(copy)).toEqual(before);
    expect(said).toEqual([]);
  });

  it("saves added tokens as the reference does", async () => {
    const tokenizer = await LEDTokenizer.from_files({
      vocab_file: new TextEncoder().encode(tinyText("vocab.json")),
      merges_file: tinyText("merges.txt"),
    });
    tokenizer.add_tokens([
      "<ent>",
      new AddedToken("[L]", { lstrip: true }),
      new AddedToken("[R]", { rstrip: true }),
      new AddedToken("[LR]", { lstrip: true, rstrip: true }),
      new AddedToken("zzqx", { single_word: true }),
      ...["abc", "b", "id_1", "id_100", "two words", "Ġwind"],
    ]);
    tokenizer.add_special_tokens({ additional_special_tokens: ["<sp>"] });
    const files = memoryFiles([]);
    expect((await tokenizer.save_pretrained(files)).at(-1)).toBe("added_tokens.json");
    const { "vocab.json": _, "merges.txt": __, ...texts } = textsOf(files);
    expect(texts).toEqual(fixture.added_saved);
    const again = await LEDTokenizer.from_pretrained(files);
    expect(again.get_vocab()).toEqual(tokenizer.get_vocab());
    for (const row of fixture.added) expect(again.encode(row.text)).toEqual(row.ids);
  });

  it("lets what the caller gives win over the files", async () => {
    const tokenizer = await LEDTokenizer.from_pretrained(tinyFiles(), {
      model_max_length: 99,
      mask_token: "<hole>",
      padding_side: "left",
    });
    expect([tokenizer.model_max_length, tokenizer.mask_token_id, tokenizer.padding_side]).toEqual([99, 1000, "left"]);
  });

  it("limits the length of the released model whose files do not say it", async () => {
    const files = memoryFiles([
      ["vocab.json", tinyText("vocab.json")],
      ["merges.txt", tinyText("merges.txt")],
    ]);
    const tokenizer = await LEDTokenizer.from_pretrained(files, { name_or_path: "allenai/led-base-16384" });
    expect(tokenizer.model_max_length).toBe(16384);
  });

  it("warns of another class and of tokens beyond the vocabulary", async () => {
    const files = folderOf("", {
      "tokenizer_config.json": { tokenizer_class: "BartTokenizer" },
      "added_tokens.json": { "<a>": 1000, "<b>": 1001 },
    });
    await LEDTokenizer.from_pretrained(files);
    expect(said).toEqual([
      "The tokenizer class you load from this checkpoint is not the same type as the class this function is called from. It may result in unexpected tokenization. \nThe tokenizer class you load from this checkpoint is 'BartTokenizer'. \nThe class this function is called from is 'LEDTokenizer'.",
      "Special tokens have been added in the vocabulary, make sure the associated word embeddings are fine-tuned or trained.",
    ]);
  });
});

describe("files that cannot be read", () => {
  const load = (files: Record<string, unknown>): Promise<LEDTokenizer> =>
    LEDTokenizer.from_pretrained(folderOf("", files));

  it("are named when missing", async () => {
    await expect(LEDTokenizer.from_pretrained(memoryFiles([["vocab.json", "{}"]], "some/folder"))).rejects.toThrow(
      "load the tokenizer of some/folder: expected vocab.json and merges.txt, got no merges.txt. Save the tokenizer there with save_pretrained, or name the folder that has one.",
    );
    await expect(LEDTokenizer.from_pretrained(memoryFiles([], "some/folder"))).rejects.toThrow("got no vocab.json");
  });

  it("are named when malformed", async () => {
    const vocab = (text: string | Uint8Array): Promise<LEDTokenizer> =>
      LEDTokenizer.from_pretrained(
        memoryFiles(
          [
            ["vocab.json", text],
            ["merges.txt", "\n"],
          ],
          "here",
        ),
      );
    await expect(vocab('{"a": 0')).rejects.toThrow("read vocab.json of here: expected JSON, got ");
    await expect(vocab(Uint8Array.of(0xff, 0x00))).rejects.toThrow(
      "read vocab.json of here: expected UTF-8 text, got other bytes",
    );
    await expect(vocab('{"a": "x"}')).rejects.toThrow('as the id of each token, got "x" for "a"');
    await expect(load({ "tokenizer_config.json": [] })).rejects.toThrow(
      "read tokenizer_config.json of memory: expected a JSON object, got an array",
    );
    await expect(load({ "tokenizer_config.json": { add_prefix_space: "yes" } })).rejects.toThrow(
      'read tokenizer_config.json of memory: expected a boolean as `add_prefix_space`, got "yes"',
    );
    await expect(load({ "tokenizer_config.json": { pad_token: 5 } })).rejects.toThrow(
      "read tokenizer_config.json of memory: expected a string or an object with `content` as `pad_token`, got 5",
    );
    await expect(load({ "tokenizer_config.json": { added_tokens_decoder: { "3": "x" } } })).rejects.toThrow(
      "Found a <class 'str'> in the saved `added_tokens_decoder`, should be a dictionary or an AddedToken instance",
    );
    await expect(load({ "tokenizer_config.json": { added_tokens_decoder: [] } })).rejects.toThrow(
      "expected an object of ids and tokens as `added_tokens_decoder`, got []",
    );
    await expect(load({ "added_tokens.json": { "<x>": 1.5 } })).rejects.toThrow(
      'read added_tokens.json of memory: expected a whole number as the id of each added token, got 1.5 for "<x>"',
    );
    await expect(load({ "tokenizer.json": { added_tokens: ["x"] } })).rejects.toThrow(
      "expected objects as `added_tokens`, got x",
    );
  });

  it("are asked for by contents or by name", async () => {
    const files = tinyFiles();
    const named = await LEDTokenizer.from_files({ files, vocab_file: "vocab.json", merges_file: "merges.txt" });
    expect(named.encode("the wind")).toEqual((await LEDTokenizer.from_pretrained(files)).encode("the wind"));
    await expect(
      LEDTokenizer.from_files({ vocab_file: undefined as unknown as string, merges_file: "" }),
    ).rejects.toThrow(
      "LEDTokenizer option `vocab_file`: expected the file's contents as text or bytes, or its name and `files`, got undefined",
    );
    await expect(LEDTokenizer.from_files({ vocab_file: Uint8Array.of(0xff), merges_file: "" })).rejects.toThrow(
      "LEDTokenizer option `vocab_file`: expected UTF-8 text, got other bytes",
    );
  });
});

describe("save_vocabulary", () => {
  it("puts a prefix before the names, and says when ranks have gaps", async () => {
    const tokenizer = new LEDTokenizer({ vocab: { a: 0, b: 1, ab: 2, c: 3 }, merges: ["a b", "b c", "a b"] });
    const files = memoryFiles([]);
    expect(await tokenizer.save_vocabulary(files, "mine")).toEqual(["mine-vocab.json", "mine-merges.txt"]);
    expect(textsOf(files)).toEqual({
      "mine-vocab.json": '{\n  "a": 0,\n  "ab": 2,\n  "b": 1,\n  "c": 3\n}\n',
      "mine-merges.txt": "#version: 0.2\nb c\na b\n",
    });
    expect(said).toEqual([
      "Saving vocabulary to mine-merges.txt: BPE merge indices are not consecutive. Please check that the tokenizer is not corrupted!",
    ]);
  });
});
