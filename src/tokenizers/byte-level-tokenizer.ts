/**
 * What LEDTokenizer and LEDTokenizerFast have in common beyond every tokenizer: a byte-level vocabulary with added tokens,
 * ids and tokens, and saving (transformers 4.37.2, tokenization_utils.py and tokenization_utils_fast.py, where they agree).
 *
 * Departure: a token that neither the vocabulary nor <unk> covers is an error where the reference gives None.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Files, Json } from "../files.ts";
import { folderOf } from "../model-folders.ts";
import { AddedToken } from "./added-tokens.ts";
import { type DecodeErrors, requireDecodeErrors } from "./bpe/byte-level.ts";
import type { Merge, Vocabulary } from "./bpe/vocabulary.ts";
import type { SavedTokenizer } from "./files/saving.ts";
import { alwaysSaved, type LEDTokenizerSettings, type SavedSetting, savedSettings } from "./settings.ts";
import type { TokenValue } from "./special-tokens.ts";
import { TokenizerBase } from "./tokenizer-base.ts";

/** The tokens that were added to a vocabulary. */
export interface AddedTokens {
  readonly encoder: ReadonlyMap<string, number>;
  readonly decoder: ReadonlyMap<number, AddedToken>;
  /** Tokens of the vocabulary and the added ones together, each counted once. */
  readonly fullSize: number;
}

export abstract class ByteLevelTokenizer extends TokenizerBase {
  add_prefix_space: boolean;
  readonly errors: DecodeErrors;
  protected readonly vocabulary: Vocabulary;
  protected readonly merges: readonly Merge[];
  /** What save_pretrained writes besides the tokens: the names of the options given, and keys that nothing here reads. */
  readonly #given: readonly SavedSetting[];
  readonly #kept: { readonly [key: string]: Json };

  constructor(
    settings: LEDTokenizerSettings,
    model: { readonly vocabulary: Vocabulary; readonly merges: readonly Merge[] },
    kept: { readonly [key: string]: Json },
  ) {
    super(settings);
    this.add_prefix_space = settings.add_prefix_space ?? false;
    this.errors = requireDecodeErrors(settings.errors ?? "replace");
    this.vocabulary = model.vocabulary;
    this.merges = model.merges;
    this.#given = savedSettings.filter((name) => settings[name] !== undefined);
    this.#kept = kept;
  }

  /** Whether it is the class that knows offsets. */
  abstract get is_fast(): boolean;
  protected abstract readonly added: AddedTokens;
  /** Adds tokens that are AddedTokens or strings; returns how many are new. */
  protected abstract addAll(tokens: readonly TokenValue[], asSpecial: boolean): number;

  /** Tokens of the vocabulary without the added ones. */
  get vocab_size(): number {
    return this.vocabulary.size;
  }

  /** Tokens of the vocabulary and added ones, Python's len(tokenizer): the rows that a model's embedding needs. */
  override get length(): number {
    return this.added.fullSize;
  }

  get_vocab(): { [token: string]: number } {
    return Object.fromEntries([...this.vocabulary.ids, ...Object.entries(this.added_tokens_encoder)]);
  }

  get added_tokens_decoder(): Map<number, AddedToken> {
    return new Map([...this.added.decoder].sort(([a], [b]) => a - b));
  }

  get added_tokens_encoder(): { [token: string]: number } {
    return Object.fromEntries([...this.added_tokens_decoder].map(([id, token]) => [token.content, id]));
  }

  /**
   * Gives tokens an id after the vocabulary unless they have one, and lets texts be cut at them. Returns how many are new
   * (LEDTokenizerFast: new, or with other flags than before).
   */
  add_tokens(tokens: TokenValue | readonly TokenValue[], special_tokens = false): number {
    const all = typeof tokens === "string" || tokens instanceof AddedToken ? [tokens] : tokens;
    for (const token of all) {
      if (typeof token === "string" || token instanceof AddedToken) continue;
      throw new InvalidArgumentError({
        operation: "add_tokens",
        says: `Token ${JSON.stringify(token)} is not a string but a ${typeof token}.`,
        fix: "Give a string or an AddedToken.",
      });
    }
    return this.addAll(all, special_tokens);
  }

  protected known(token: string): number | undefined {
    return this.added.encoder.get(token) ?? this.vocabulary.ids.get(token);
  }

  /** The id of <unk>, which counts only if the vocabulary has it. */
  protected unknown(token: string): number {
    const unk = this.unk_token;
    const id = unk === null ? undefined : this.vocabulary.ids.get(unk);
    if (id !== undefined) return id;
    throw new InvalidArgumentError({
      operation: "tokenizer",
      expected: `${JSON.stringify(token)}, or the unknown token ${JSON.stringify(unk)}, in the vocabulary`,
      got: "neither",
      fix: "A byte-level vocabulary needs all 256 byte characters, or an unknown token among its own tokens.",
    });
  }

  convert_tokens_to_ids(token: string): number;
  convert_tokens_to_ids(tokens: readonly string[]): number[];
  convert_tokens_to_ids(tokens: string | readonly string[]): number | number[] {
    const id = (token: string): number => this.known(token) ?? this.unknown(token);
    requireStrings("convert_tokens_to_ids", tokens);
    return typeof tokens === "string" ? id(tokens) : tokens.map(id);
  }

  /** null for an id that is in neither vocabulary. */
  convert_ids_to_tokens(id: number): string | null;
  convert_ids_to_tokens(ids: readonly number[], skip_special_tokens?: boolean): (string | null)[];
  convert_ids_to_tokens(
    ids: number | readonly number[],
    skip_special_tokens = false,
  ): string | null | (string | null)[] {
    const token = (id: number): string | null =>
      this.added.decoder.get(id)?.content ?? this.vocabulary.tokens.get(id) ?? null;
    if (![ids].flat().every((id) => Number.isInteger(id))) {
      throw new InvalidArgumentError({
        operation: "convert_ids_to_tokens",
        expected: "a whole number or a row of them",
        got: `${JSON.stringify(ids)}`.slice(0, 60),
      });
    }
    if (typeof ids === "number") return token(ids);
    if (!skip_special_tokens) return ids.map(token);
    const specials = new Set(this.all_special_ids);
    return ids.filter((id) => !specials.has(id)).map(token);
  }

  /** `<s> A </s>` around ids; `first` and `last` are the tokens' ids. */
  protected surround(
    ids: readonly number[],
    pair_ids: readonly number[] | null,
    first: "cls_token" | "bos_token",
    last: "sep_token" | "eos_token",
  ): number[] {
    const opening = this.requiredId(first);
    const closing = this.requiredId(last);
    const single = [opening, ...ids, closing];
    return pair_ids === null ? single : [...single, closing, ...pair_ids, closing];
  }

  protected requiredId(name: "cls_token" | "bos_token" | "sep_token" | "eos_token"): number {
    const id = this[`${name}_id`];
    if (id !== null) return id;
    throw new InvalidArgumentError({
      operation: "add special tokens",
      expected: `a ${name}`,
      got: "none",
      fix: `Set tokenizer.${name}, or give add_special_tokens: false.`,
    });
  }

  /** 1 for special tokens, 0 for others, of ids that have their special tokens. */
  protected specialsAmong(ids: readonly number[], pair_ids: readonly number[] | null): number[] {
    if (pair_ids !== null) {
      throw new InvalidArgumentError({
        operation: "get_special_tokens_mask",
        says: "You should not supply a second sequence if the provided sequence of ids is already formatted with special tokens for the model.",
      });
    }
    const specials = new Set(this.all_special_ids);
    return ids.map((id) => (specials.has(id) ? 1 : 0));
  }

  /** Zeros: LED makes no use of token types. */
  create_token_type_ids_from_sequences(ids: readonly number[], pair_ids: readonly number[] | null = null): number[] {
    const pair = pair_ids !== null;
    return new Array<number>(ids.length + (pair_ids?.length ?? 0) + this.num_special_tokens_to_add(pair)).fill(0);
  }

  num_special_tokens_to_add(pair = false): number {
    return pair ? 4 : 2;
  }

  /** Writes vocab.json and merges.txt and returns their names. */
  async save_vocabulary(folder: string | Files, filename_prefix?: string): Promise<[string, string]> {
    const { saveVocabulary } = await import("./files/saving.ts");
    return saveVocabulary(folderOf(folder), this.vocabulary, this.merges, this.vocabularyForm, filename_prefix);
  }

  /** How vocab.json is laid out: the two classes write it differently. */
  protected abstract readonly vocabularyForm: "sorted by token" | "by id";

  /** What every form of saving writes. */
  protected saved(): SavedTokenizer {
    const config: { [name: string]: unknown } = { ...this.#kept };
    const own = this as unknown as { readonly [name: string]: unknown };
    for (const name of [...this.#given, ...alwaysSaved]) config[name] = own[name];
    if (this.additional_special_tokens.length > 0) config.additional_special_tokens = this.additional_special_tokens;
    return {
      vocabulary: this.vocabulary,
      vocabularyForm: this.vocabularyForm,
      merges: this.merges,
      config,
      added_tokens_decoder: this.added_tokens_decoder,
      special_tokens_map_extended: this.special_tokens_map_extended,
    };
  }
}

/** One token or a list of them. */
export function requireStrings(operation: string, tokens: unknown): void {
  const list: unknown[] = Array.isArray(tokens) ? tokens : [tokens];
  if (list.every((token) => typeof token === "string")) return;
  throw new InvalidArgumentError({
    operation,
    expected: "tokens as strings",
    got: `${JSON.stringify(tokens)}`.slice(0, 60),
  });
}
