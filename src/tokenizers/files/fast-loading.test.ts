import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  fastFixture as fixture,
  type LoadedFast,
  outcomeOf,
  revived,
  tinyFast,
  type Values,
} from "../../../tests/support/fast-tokenizer-fixture.ts";
import { tinyText } from "../../../tests/support/tokenizer-fixtures.ts";
import { type Files, type Json, memoryFiles } from "../../files.ts";
import { AutoTokenizer, LEDTokenizer, LEDTokenizerFast } from "../index.ts";

const utf8 = new TextDecoder();
const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** The small vocabulary as a tokenizer.json: what the reference saves of it (its hash is in the fixture). */
const plainJson = await (async () => {
  const files = memoryFiles([]);
  await (await tinyFast()).save_pretrained(files, { legacy_format: false });
  return JSON.parse(utf8.decode(files.contents.get("tokenizer.json"))) as { [key: string]: Json };
})();

/** The text of a file of the fixture (tests/oracle/tokenizer_fast_loaded.py: content_of). */
function contentOf(name: string, content: Json): string {
  if (content === "…") return name === "tokenizer.json" ? JSON.stringify(plainJson) : tinyText(name);
  if (typeof content === "string") return content;
  const object = content as Values;
  if (name === "vocab.json") {
    const vocab = Object.entries(JSON.parse(tinyText(name)) as Record<string, number>).sort(([, a], [, b]) => a - b);
    const kept = vocab.map(([token]) => token).filter((token) => !(object.without as string[]).includes(token));
    return JSON.stringify(Object.fromEntries(kept.map((token, id) => [token, id])));
  }
  if (name === "merges.txt") {
    const merges = tinyText(name);
    if (object.form === "crlf") return merges.replaceAll("\n", "\r\n");
    return object.form === "headless" ? merges.slice(merges.indexOf("\n") + 1) : merges.replace(/\n+$/, "");
  }
  if (name !== "tokenizer.json") return JSON.stringify(object);
  const whole = "changed" in object ? { ...plainJson, ...(object.changed as Values) } : object;
  const model = Object.entries(whole.model as Values).map(([key, value]) => [key, filled(key, value)]);
  return JSON.stringify({ ...whole, model: Object.fromEntries(model) });
}

function filled(key: string, value: Json): Json {
  const own = (plainJson.model as Values)[key]!;
  if (value === "…") return own;
  const asLists = Array.isArray(value) && value.length === 1 && value[0] === "…";
  return asLists ? (own as string[]).map((merge) => merge.split(" ")) : value;
}

const folder = (files: Values): Files =>
  memoryFiles(
    Object.entries(files).map(([name, content]) => [name, contentOf(name, content)] as const),
    "here",
  );

const flagNames = ["single_word", "lstrip", "rstrip", "normalized", "special"] as const;
const { probe, cases } = fixture.loaded;

function known(tokenizer: LEDTokenizerFast | LEDTokenizer): Values {
  const decoder = [...tokenizer.added_tokens_decoder].map(([id, token]) => [
    id,
    token.content,
    flagNames.filter((flag) => token[flag]).join(" "),
  ]);
  const values = Object.fromEntries(
    Object.keys(cases[0]!.values as Values).map((name) => [name, (tokenizer as unknown as Values)[name]!]),
  );
  const encoding = tokenizer.is_fast
    ? tokenizer(probe, { return_offsets_mapping: true, offset_unit: "code_points" })
    : tokenizer(probe);
  return {
    length: tokenizer.length,
    decoder,
    added_vocab: tokenizer.get_added_vocab(),
    map: tokenizer.special_tokens_map as Values,
    special_ids: tokenizer.all_special_ids,
    values,
    ids: encoding.input_ids,
    ...(tokenizer.is_fast ? { offsets: encoding.offset_mapping!.flat() } : {}),
  };
}

/** Of the folder saved: the hash of every file, null for those that are not there. */
function expectedFiles(row: LoadedFast): Record<string, string | null> {
  const usual = Object.entries(fixture.loaded.saved as Record<string, string>).map(([name, text]) => [
    name,
    text.length === 64 ? text : sha256(text),
  ]);
  const own = Object.entries((row.saved ?? {}) as Record<string, { sha256: string } | null>).map(([name, file]) => [
    name,
    file === null ? null : file.sha256,
  ]);
  return { ...Object.fromEntries(usual), ...Object.fromEntries(own) };
}

/** Where it chooses otherwise than the reference, by the names of the cases. */
const choices: {
  readonly [name: string]: (tokenizer: LEDTokenizerFast | undefined, raises: string | undefined) => void;
} = {
  // As newer versions of the native library write them; that of 0.15.2 does not read them.
  "merges of tokenizer.json as lists": (tokenizer) => expect(known(tokenizer!).ids).toEqual(cases[0]!.ids),
  "no post-processor": (_, raises) =>
    expect(raises).toContain("expected a post_processor of type RobertaProcessing, got none"),
  "options over files": (_, raises) => expect(raises).toContain("got `zebra`"),
  "options over files, with tokenizer.json": (_, raises) => expect(raises).toContain("got `zebra`"),
};

/** Settings of a load and of a tokenizer.json's own truncation and padding, which the reference copies into tokenizer_config.json and never reads. */
const unread = ["from_slow", "max_length", "stride", "truncation_strategy", "pad_to_multiple_of", "pad_token_type_id"];

describe("LEDTokenizerFast.from_pretrained, as transformers 4.37.2", () => {
  it.each(cases.map((row) => [row.name, row] as const))("%s", async (name, row) => {
    let tokenizer: LEDTokenizerFast | undefined;
    const outcome = await outcomeOf(async () => {
      tokenizer = await LEDTokenizerFast.from_pretrained(folder(row.files), revived(row.options as Json) as object);
    });
    if (choices[name] !== undefined) {
      choices[name](tokenizer, outcome.raises);
      return;
    }
    if (row.raises !== undefined) {
      expect(outcome.raises).toMatch(/^[A-Z]\w+Error: /);
      return;
    }
    expect(outcome.raises).toBeUndefined();
    // Without a tokenizer.json the reference loads both classes and says things twice, under either name.
    const said = (row.says ?? []).filter((line) => !line.endsWith("called from is 'LEDTokenizer'."));
    expect(outcome.says ?? []).toEqual([...new Set(said)]);
    const facts = known(tokenizer!);
    const expected: Record<string, unknown> = { ...cases[0]!, ...row };
    expect(facts).toEqual(Object.fromEntries(Object.keys(facts).map((key) => [key, expected[key]])));

    const saved = memoryFiles([]);
    await tokenizer!.save_pretrained(saved);
    const hashes = Object.fromEntries([...saved.contents].map(([file, bytes]) => [file, sha256(bytes)]));
    const wanted = Object.fromEntries(Object.entries(expectedFiles(row)).filter(([, hash]) => hash !== null));
    const differs = Object.keys(
      (row.saved as Record<string, { differs?: object }> | undefined)?.["tokenizer_config.json"]?.differs ?? {},
    );
    if (differs.some((key) => unread.includes(key))) {
      expect(hashes["tokenizer_config.json"]).not.toBe(wanted["tokenizer_config.json"]);
      delete hashes["tokenizer_config.json"];
      delete wanted["tokenizer_config.json"];
    }
    expect(hashes).toEqual(wanted);
  });

  it("gives the same tokenizer again from what it saved, in either form", async () => {
    const tokenizer = await tinyFast({ additional_special_tokens: ["<sp>"], offset_unit: "utf16" });
    tokenizer.add_tokens("<ent>");
    for (const legacy_format of [null, true, false]) {
      const files = memoryFiles([]);
      await tokenizer.save_pretrained(files, { legacy_format });
      expect(known(await LEDTokenizerFast.from_pretrained(files))).toEqual(known(tokenizer));
      if (legacy_format !== false)
        expect((await LEDTokenizer.from_pretrained(files)).encode("a <ent>")).toEqual(tokenizer.encode("a <ent>"));
    }
  });

  it("keeps the unit of offsets that it was given", async () => {
    const files = memoryFiles([]);
    await (await tinyFast()).save_pretrained(files);
    expect((await LEDTokenizerFast.from_pretrained(files)).offset_unit).toBe("code_points");
  });
});

describe("save_pretrained and save_vocabulary, as transformers 4.37.2", () => {
  const rows = fixture.saves.filter(({ args, options }) => args[0] === "there" && options.filename_prefix !== "");
  it.each(rows.map((row) => [JSON.stringify([row.method, row.options]), row] as const))("%s", async (_, row) => {
    const tokenizer = await tinyFast({ ...row.settings, offset_unit: "utf16" });
    tokenizer.add_tokens(["<ent>"]);
    tokenizer.add_special_tokens({ additional_special_tokens: ["<sp>"] });
    const files = memoryFiles([]);
    const names =
      row.method === "save_pretrained"
        ? await tokenizer.save_pretrained(files, row.options as object)
        : await tokenizer.save_vocabulary(
            files,
            (row.options.filename_prefix ?? row.args[1] ?? undefined) as string | undefined,
          );
    expect(names.map((name) => `there/${name}`)).toEqual(row.gives);
    expect(Object.fromEntries([...files.contents].map(([name, bytes]) => [name, sha256(bytes)]))).toEqual(row.files);
  });
});

describe("AutoTokenizer", () => {
  const served = fixture.auto.filter(
    (row) => /^(LED|Bart)Tokenizer/.test(row.class ?? "") && !("tokenizer_type" in row.options),
  );
  it.each(served.map((row) => [JSON.stringify([row.files, row.options]), row] as const))("%s", async (_, row) => {
    const outcome = await outcomeOf(async () => {
      const tokenizer = await AutoTokenizer.from_pretrained(folder(row.files), row.options);
      // Bart's classes are LED's here.
      const named = (row.files["tokenizer_config.json"] as Values | undefined)?.tokenizer_class;
      const slowAsked = row.options.use_fast === false;
      if (named === undefined || !String(named).endsWith("Fast")) expect(tokenizer.is_fast).toBe(!slowAsked);
      expect(tokenizer).toBeInstanceOf(tokenizer.is_fast ? LEDTokenizerFast : LEDTokenizer);
      expect(tokenizer.length).toBe(row.length);
      return tokenizer(probe).input_ids;
    });
    expect(outcome).toEqual({ gives: row.ids });
  });

  it("refuses other tokenizers and other models by name", async () => {
    const files = (more: Values): Files => folder({ "vocab.json": "…", "merges.txt": "…", ...more });
    await expect(
      AutoTokenizer.from_pretrained(files({ "tokenizer_config.json": { tokenizer_class: "T5TokenizerFast" } })),
    ).rejects.toThrow(
      "AutoTokenizer.from_pretrained(here): expected tokenizer_class LEDTokenizer or BartTokenizer, got T5TokenizerFast.",
    );
    await expect(AutoTokenizer.from_pretrained(files({ "config.json": { model_type: "t5" } }))).rejects.toThrow(
      "expected model_type led, got t5",
    );
    await expect(AutoTokenizer.from_pretrained(files({}), { use_fats: false } as object)).rejects.toThrow(
      "Did you mean `use_fast`?",
    );
  });

  it("needs no config beside the vocabulary", async () => {
    expect((await AutoTokenizer.from_pretrained(folder({ "tokenizer.json": "…" }))).encode("a")).toEqual([0, 68, 2]);
  });
});
