// @ts-check
/**
 * The tokenizers that are measured, each behind the same two functions. All read one folder that LEDTokenizerFast saved
 * (tokenizer.json, vocab.json, merges.txt, tokenizer_config.json) and put `<s>` and `</s>` around.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * @typedef {object} Loaded
 * @property {(text: string) => Ids | Promise<Ids>} ids
 * @property {((text: string) => Ids | Promise<Ids>)} [offsets] the ids with offsets, which are made too
 */

/** @typedef {readonly number[]} Ids */

/** The works that are measured. */
export const works = /** @type {const} */ (["ids", "offsets"]);

/** @typedef {(typeof works)[number]} Work */

/**
 * @typedef {object} Library
 * @property {string} title
 * @property {string} [npm] the package, where it is not this one
 * @property {readonly Work[]} works
 * @property {(folder: string) => Promise<Loaded>} load
 */

/** @satisfies {Record<string, Library>} */
export const libraries = {
  fast: {
    title: "LEDTokenizerFast",
    works: ["ids", "offsets"],
    async load(folder) {
      const { LEDTokenizerFast } = await import("../dist/index-tokenizers.js");
      const tokenizer = await LEDTokenizerFast.from_pretrained(folder, { verbose: false });
      return {
        ids: (text) => tokenizer.encode(text, { verbose: false }),
        offsets(text) {
          const encoding = tokenizer(text, { return_offsets_mapping: true, verbose: false });
          requireOffsets(encoding.input_ids, encoding.offset_mapping);
          return encoding.input_ids;
        },
      };
    },
  },
  slow: {
    title: "LEDTokenizer",
    works: ["ids"],
    async load(folder) {
      const { LEDTokenizer } = await import("../dist/index-tokenizers.js");
      const tokenizer = await LEDTokenizer.from_pretrained(folder, { verbose: false });
      return { ids: (text) => tokenizer.encode(text, { verbose: false }) };
    },
  },
  native: {
    title: "tokenizers (Rust)",
    npm: "tokenizers",
    works: ["ids", "offsets"],
    async load(folder) {
      const { default: tokenizers } = await import("tokenizers");
      const tokenizer = tokenizers.Tokenizer.fromFile(join(folder, "tokenizer.json"));
      return {
        ids: async (text) => (await tokenizer.encode(text)).getIds(),
        async offsets(text) {
          const encoding = await tokenizer.encode(text);
          const ids = encoding.getIds();
          requireOffsets(ids, encoding.getOffsets());
          return ids;
        },
      };
    },
  },
  javascript: {
    title: "@huggingface/tokenizers (JavaScript)",
    npm: "@huggingface/tokenizers",
    works: ["ids"],
    async load(folder) {
      const { Tokenizer } = await import("@huggingface/tokenizers");
      const read = async (/** @type {string} */ name) => JSON.parse(await readFile(join(folder, name), "utf8"));
      const tokenizer = new Tokenizer(await read("tokenizer.json"), await read("tokenizer_config.json"));
      return { ids: (text) => tokenizer.encode(text).ids };
    },
  },
};

/** @typedef {keyof typeof libraries} LibraryName */

/** @param {Ids} ids @param {readonly unknown[] | undefined} offsets */
function requireOffsets(ids, offsets) {
  if (offsets?.length === ids.length) return;
  throw new Error(`expected offsets of ${ids.length} tokens, got ${offsets?.length ?? "none"}`);
}
