/**
 * A tokenizer's files as the reference writes them (transformers 4.37.2, models/led/tokenization_led.py: save_vocabulary;
 * tokenization_utils_base.py: save_pretrained). Byte for byte the same, so that saving what was loaded changes nothing.
 */
import type { Files } from "../../files.ts";
import { warn } from "../../log.ts";
import { pythonJson } from "../../python-json.ts";
import type { AddedToken } from "../added-tokens.ts";
import type { Merge, Vocabulary } from "../bpe/vocabulary.ts";
import type { TokenValue } from "../special-tokens.ts";

const encoder = new TextEncoder();

const json = (value: unknown): string => pythonJson(value, { ensureAscii: false });

async function writeText(files: Files, prefix: string | undefined, name: string, text: string): Promise<string> {
  const full = prefix ? `${prefix}-${name}` : name;
  await files.write(full, [encoder.encode(text)]);
  return full;
}

/** vocab.json sorted by token, merges.txt in rank order. Returns the two names. */
export async function saveVocabulary(
  files: Files,
  vocabulary: Vocabulary,
  merges: readonly Merge[],
  prefix?: string,
): Promise<[string, string]> {
  const vocab = await writeText(files, prefix, "vocab.json", `${json(vocabulary.ids)}\n`);
  // Of equal merges only the last counts, and is written.
  const lastRank = new Map(merges.map((merge, rank) => [lineOf(merge), rank]));
  const lines = merges.map(lineOf).filter((line, rank) => lastRank.get(line) === rank);
  const name = prefix ? `${prefix}-merges.txt` : "merges.txt";
  if (lines.length < merges.length) {
    warn(
      `Saving vocabulary to ${name}: BPE merge indices are not consecutive. Please check that the tokenizer is not corrupted!`,
    );
  }
  const text = ["#version: 0.2", ...lines].map((line) => `${line}\n`).join("");
  return [vocab, await writeText(files, prefix, "merges.txt", text)];
}

function lineOf(merge: Merge): string {
  return merge === null ? "" : merge.join(" ");
}

export interface SavedTokenizer {
  readonly vocabulary: Vocabulary;
  readonly merges: readonly Merge[];
  /** What goes into tokenizer_config.json besides the added tokens and the class. */
  readonly config: { readonly [key: string]: unknown };
  readonly added_tokens_decoder: ReadonlyMap<number, AddedToken>;
  readonly special_tokens_map_extended: { readonly [name: string]: TokenValue | readonly TokenValue[] };
}

/** All files that from_pretrained reads. Returns their names. */
export async function savePretrained(files: Files, saved: SavedTokenizer, prefix?: string): Promise<string[]> {
  const added = [...saved.added_tokens_decoder];
  const config = {
    ...saved.config,
    added_tokens_decoder: new Map(added.map(([id, token]) => [id, { ...token }])),
    tokenizer_class: "LEDTokenizer",
  };
  const specials = Object.fromEntries(
    Object.entries(saved.special_tokens_map_extended).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(tokenState) : tokenState(value as TokenValue),
    ]),
  );
  const beyond = added.filter(([id]) => id >= saved.vocabulary.size).map(([id, token]) => [token.content, id] as const);
  const names = [
    await writeText(files, prefix, "tokenizer_config.json", `${json(config)}\n`),
    await writeText(files, prefix, "special_tokens_map.json", `${json(specials)}\n`),
    ...(await saveVocabulary(files, saved.vocabulary, saved.merges, prefix)),
  ];
  if (beyond.length > 0) {
    names.push(await writeText(files, prefix, "added_tokens.json", `${json(new Map(beyond))}\n`));
  }
  return names;
}

/** Without `special`, which older readers do not know. */
function tokenState(token: TokenValue): string | Omit<AddedToken, "special"> {
  if (typeof token === "string") return token;
  const { content, single_word, lstrip, rstrip, normalized } = token;
  return { content, single_word, lstrip, rstrip, normalized };
}
