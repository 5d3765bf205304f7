/**
 * tokenizer.json, the one file of the native library (tokenizers 0.15.2: tokenizer/serialization.rs, models/bpe/serialization.rs),
 * read as far as it describes LED's pipeline. saving.ts writes it.
 *
 * LED's pipeline is no normalizer, a ByteLevel pre-tokenizer, BPE, RobertaProcessing and the ByteLevel decoder. Another one
 * would give other ids, so it is refused by name. Merges may be "a b" or ["a", "b"] (newer versions of the library).
 */
import { CheckpointError } from "../../errors.ts";
import type { Json } from "../../files.ts";
import { AddedToken } from "../added-tokens.ts";
import { type Merge, mergesFromValues, Vocabulary } from "../bpe/vocabulary.ts";
import type { Side } from "../truncation.ts";

type JsonObject = { readonly [key: string]: Json };

export interface TokenizerJson {
  readonly vocabulary: Vocabulary;
  readonly merges: Merge[];
  /** What bytes outside the vocabulary become; null drops them. */
  readonly unk_token: string | null;
  readonly added: readonly (readonly [number, AddedToken])[];
  readonly sep: readonly [string, number];
  readonly cls: readonly [string, number];
  readonly add_prefix_space: boolean;
  readonly trim_offsets: boolean;
  readonly truncation_side: Side | null;
  readonly padding_side: Side | null;
}

export function parseTokenizerJson(json: JsonObject, where: string): TokenizerJson {
  const read = new Reader(where);
  if (json.version !== "1.0") {
    throw read.error({ says: `Unknown tokenizer version '${String(json.version)}'`, expected: "1.0" });
  }
  if (json.normalizer !== null && json.normalizer !== undefined) {
    throw read.refusal("no normalizer", read.object(json.normalizer, "normalizer").type);
  }
  const preTokenizer = read.typed(json.pre_tokenizer, "pre_tokenizer", "ByteLevel");
  if (preTokenizer.use_regex === false)
    throw read.refusal("a pre_tokenizer that cuts texts (use_regex)", "use_regex false");
  read.typed(json.decoder, "decoder", "ByteLevel");
  const post = read.typed(json.post_processor, "post_processor", "RobertaProcessing");
  const model = read.typed(json.model, "model", "BPE");
  for (const [name, plain] of plainModel) {
    const value = model[name] ?? null;
    if (!plain.includes(value as never)) {
      throw read.refusal(`a BPE model with \`${name}\` ${plain.map((one) => JSON.stringify(one)).join(" or ")}`, value);
    }
  }
  const unk = model.unk_token ?? null;
  return {
    vocabulary: new Vocabulary(Object.entries(read.object(model.vocab, "model.vocab")), where),
    merges: mergesFromValues(read.array(model.merges, "model.merges"), where),
    unk_token: unk === null ? null : read.string(unk, "model.unk_token"),
    added: read.array(json.added_tokens ?? [], "added_tokens").map((item) => addedToken(item, read)),
    sep: pairOfToken(post.sep, "sep", read),
    cls: pairOfToken(post.cls, "cls", read),
    add_prefix_space: preTokenizer.add_prefix_space !== false,
    trim_offsets: post.trim_offsets !== false,
    truncation_side: sideOf(json.truncation ?? null, "truncation", read),
    padding_side: sideOf(json.padding ?? null, "padding", read),
  };
}

/** Settings of the model under which it is plain byte-level BPE. */
const plainModel: readonly (readonly [string, readonly (Json | undefined)[]])[] = [
  ["dropout", [null, 0]],
  ["continuing_subword_prefix", [null, ""]],
  ["end_of_word_suffix", [null, ""]],
  ["fuse_unk", [null, false]],
  ["byte_fallback", [null, false]],
  ["ignore_merges", [null, false]],
];

function addedToken(item: Json, read: Reader): [number, AddedToken] {
  const { id, content, ...flags } = read.object(item, "added_tokens");
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0) {
    throw read.error({ expected: "a whole number as the `id` of each added token", got: JSON.stringify(id) });
  }
  const flag = (name: string): boolean => flags[name] === true;
  const token = new AddedToken(read.string(content, "content of added_tokens"), {
    single_word: flag("single_word"),
    lstrip: flag("lstrip"),
    rstrip: flag("rstrip"),
    normalized: flag("normalized"),
    special: flag("special"),
  });
  return [id, token];
}

function pairOfToken(value: Json | undefined, name: string, read: Reader): [string, number] {
  const [token, id] = read.array(value, `post_processor.${name}`);
  if (typeof token === "string" && typeof id === "number") return [token, id];
  throw read.error({ expected: `a token and its id as post_processor.${name}`, got: JSON.stringify(value) });
}

/** The side of the file's own truncation or padding, which outlasts its other settings; null without any. */
function sideOf(value: Json, name: string, read: Reader): Side | null {
  if (value === null) return null;
  const { direction } = read.object(value, name);
  const side = String(direction ?? "Right").toLowerCase();
  if (side === "left" || side === "right") return side;
  throw read.error({ expected: `"Left" or "Right" as ${name}.direction`, got: JSON.stringify(direction) });
}

/** Errors that name the file. */
class Reader {
  readonly #where: string;

  constructor(where: string) {
    this.#where = where;
  }

  error(parts: { says?: string; expected?: string; got?: string }): CheckpointError {
    return new CheckpointError({ operation: this.#where, ...parts });
  }

  refusal(expected: string, got: unknown): CheckpointError {
    return new CheckpointError({
      operation: this.#where,
      expected,
      got: typeof got === "string" ? got : JSON.stringify(got),
      fix: "Only LED's own pipeline is run here: ByteLevel, BPE, RobertaProcessing.",
    });
  }

  object(value: Json | undefined, name: string): JsonObject {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
    throw this.error({ expected: `an object as \`${name}\``, got: JSON.stringify(value) ?? "nothing" });
  }

  typed(value: Json | undefined, name: string, type: string): JsonObject {
    if (value === null || value === undefined) throw this.refusal(`a ${name} of type ${type}`, "none");
    const found = this.object(value, name);
    if (found.type === type || (name === "model" && found.type === undefined && found.merges !== undefined))
      return found;
    throw this.refusal(`a ${name} of type ${type}`, found.type ?? "no type");
  }

  array(value: Json | undefined, name: string): readonly Json[] {
    if (Array.isArray(value)) return value;
    throw this.error({ expected: `a list as \`${name}\``, got: JSON.stringify(value) ?? "nothing" });
  }

  string(value: Json | undefined, name: string): string {
    if (typeof value === "string") return value;
    throw this.error({ expected: `a string as \`${name}\``, got: JSON.stringify(value) ?? "nothing" });
  }
}
