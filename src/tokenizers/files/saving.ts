/**
 * A tokenizer's files as the reference writes them (transformers 4.37.2, models/led/tokenization_led.py: save_vocabulary;
 * tokenization_utils_base.py: save_pretrained; tokenization_utils_fast.py: _save_pretrained; tokenizers 0.15.2,
 * tokenizer/serialization.rs and models/bpe/serialization.rs). Byte for byte the same, so that saving what was loaded changes
 * nothing. Loaded when a tokenizer is first saved.
 */
import type { Files } from "../../files.ts";
import { warn } from "../../log.ts";
import { pythonJson } from "../../python-json.ts";
import { AddedToken, type AddedTokenState } from "../added-tokens.ts";
import type { Merge, Vocabulary } from "../bpe/vocabulary.ts";
import type { TokenValue } from "../special-tokens.ts";
import type { TokenizerJson } from "./tokenizer-json.ts";

const encoder = new TextEncoder();

const json = (value: unknown): string => pythonJson(value, { ensureAscii: false });

/** How vocab.json is laid out: by LEDTokenizer, and by LEDTokenizerFast. */
export type VocabularyForm = "sorted by token" | "by id";

async function writeText(files: Files, prefix: string | undefined, name: string, text: string): Promise<string> {
  const full = prefix ? `${prefix}-${name}` : name;
  await files.write(full, [encoder.encode(text)]);
  return full;
}

/** vocab.json, and merges.txt in rank order. Returns the two names. */
export async function saveVocabulary(
  files: Files,
  vocabulary: Vocabulary,
  merges: readonly Merge[],
  form: VocabularyForm,
  prefix?: string,
): Promise<[string, string]> {
  const vocab = form === "by id" ? compactById(vocabulary) : `${json(vocabulary.ids)}\n`;
  const vocabName = await writeText(files, prefix, "vocab.json", vocab);
  const lines = mergeLines(merges);
  const name = prefix ? `${prefix}-merges.txt` : "merges.txt";
  if (lines.length < merges.length && form === "sorted by token") {
    warn(
      `Saving vocabulary to ${name}: BPE merge indices are not consecutive. Please check that the tokenizer is not corrupted!`,
    );
  }
  const text = ["#version: 0.2", ...lines].map((line) => `${line}\n`).join("");
  return [vocabName, await writeText(files, prefix, "merges.txt", text)];
}

/** Tokens and ids in the order of the ids. */
function byId(vocabulary: Vocabulary): [string, number][] {
  return [...vocabulary.ids].sort(([, a], [, b]) => a - b);
}

// Not JSON.stringify of an object: it would put tokens that look like numbers first.
function compactById(vocabulary: Vocabulary): string {
  return `{${byId(vocabulary)
    .map(([token, id]) => `${JSON.stringify(token)}:${id}`)
    .join(",")}}`;
}

/** "a b" for each merge. Of equal merges only the last counts, and is written. */
function mergeLines(merges: readonly Merge[]): string[] {
  const lastRank = new Map(merges.map((merge, rank) => [lineOf(merge), rank]));
  return merges.map(lineOf).filter((line, rank) => lastRank.get(line) === rank);
}

function lineOf(merge: Merge): string {
  return merge === null ? "" : merge.join(" ");
}

export interface SavedTokenizer {
  readonly vocabulary: Vocabulary;
  readonly vocabularyForm: VocabularyForm;
  readonly merges: readonly Merge[];
  /** What goes into tokenizer_config.json besides the added tokens and the class. */
  readonly config: { readonly [key: string]: unknown };
  readonly added_tokens_decoder: ReadonlyMap<number, AddedToken>;
  readonly special_tokens_map_extended: { readonly [name: string]: TokenValue | readonly TokenValue[] };
}

/** What tokenizer.json holds. */
export type SavedPipeline = Omit<TokenizerJson, "truncation_side" | "padding_side">;

/** The files that every form has, `legacy` the vocabulary in files of its own, and `tokenizer_json`. Returns their names. */
export async function savePretrained(
  files: Files,
  saved: SavedTokenizer,
  forms: { readonly legacy: boolean; readonly tokenizer_json: SavedPipeline | null },
  prefix?: string,
): Promise<string[]> {
  const added = [...saved.added_tokens_decoder];
  const config = {
    ...saved.config,
    added_tokens_decoder: new Map(added.map(([id, token]) => [id, token.state()])),
    tokenizer_class: "LEDTokenizer",
  };
  const specials = Object.fromEntries(
    Object.entries(saved.special_tokens_map_extended).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(withoutSpecial) : withoutSpecial(value as TokenValue),
    ]),
  );
  const names = [
    await writeText(files, prefix, "tokenizer_config.json", `${json(config)}\n`),
    await writeText(files, prefix, "special_tokens_map.json", `${json(specials)}\n`),
  ];
  if (forms.legacy) {
    const { vocabulary, merges, vocabularyForm } = saved;
    const beyond = added.filter(([id]) => id >= vocabulary.size).map(([id, { content }]) => [content, id] as const);
    names.push(...(await saveVocabulary(files, vocabulary, merges, vocabularyForm, prefix)));
    if (beyond.length > 0) {
      names.push(await writeText(files, prefix, "added_tokens.json", `${json(new Map(beyond))}\n`));
    }
  }
  if (forms.tokenizer_json !== null) {
    names.push(await writeText(files, prefix, "tokenizer.json", tokenizerJson(forms.tokenizer_json)));
  }
  return names;
}

/** `special` is left out: older readers do not know it. */
function withoutSpecial(token: TokenValue): string | Omit<AddedTokenState, "special"> {
  if (!(token instanceof AddedToken)) return token;
  const { special: _, ...state } = token.state();
  return state;
}

/** The text of tokenizer.json, without a final line feed, as the library writes it. */
function tokenizerJson(tokenizer: SavedPipeline): string {
  const { add_prefix_space, trim_offsets } = tokenizer;
  const head = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: tokenizer.added.map(([id, token]) => ({ id, ...token.state() })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space, trim_offsets: true, use_regex: true },
    post_processor: {
      type: "RobertaProcessing",
      sep: tokenizer.sep,
      cls: tokenizer.cls,
      trim_offsets,
      add_prefix_space,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: tokenizer.unk_token,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
    },
  };
  // The vocabulary is written by hand: an object would put tokens that look like numbers first.
  const vocab = byId(tokenizer.vocabulary).map(([token, id]) => `\n      ${JSON.stringify(token)}: ${id}`);
  const merges = mergeLines(tokenizer.merges).map((line) => `\n      ${JSON.stringify(line)}`);
  const text = JSON.stringify(head, undefined, 2);
  const end = "\n  }\n}";
  const list = merges.length === 0 ? "[]" : `[${merges.join(",")}\n    ]`;
  return `${text.slice(0, -end.length)},\n    "vocab": {${vocab.join(",")}\n    },\n    "merges": ${list}${end}`;
}
