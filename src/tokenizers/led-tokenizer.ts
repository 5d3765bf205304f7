/**
 * LEDTokenizer: byte-level BPE over vocab.json and merges.txt (transformers 4.37.2, models/led/tokenization_led.py and
 * tokenization_utils.py: PreTrainedTokenizer). `tokenizer(text)` and everything around it is in tokenizer-base.ts.
 *
 * Departures: a token that neither the vocabulary nor <unk> covers is an error where the reference gives None; lone
 * surrogates are encoded as U+FFFD; `length` is Python's len(tokenizer).
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files, Json } from "../files.ts";
import type { LoadOptions } from "../load-options.ts";
import { folderOf } from "../model-folders.ts";
import { type NestedList, Tensor } from "../tensor.ts";
import { AddedToken, AddedVocabulary } from "./added-tokens.ts";
import { byteCharsToText, type DecodeErrors, decodeErrors } from "./bpe/byte-level.ts";
import { MergeTable } from "./bpe/merge-table.ts";
import { BytePairEncoder } from "./bpe/pair-encoder.ts";
import { isPythonSpace, pieceEnd } from "./bpe/split.ts";
import { type Merge, mergesFromValues, Vocabulary } from "./bpe/vocabulary.ts";
import { cleanUpTokenization } from "./clean-up.ts";
import { loadPretrained, readVocabularyFiles, type VocabularyFiles } from "./files/loading.ts";
import { savePretrained, saveVocabulary } from "./files/saving.ts";
import {
  type DecodeOptions,
  decodeOptionNames,
  requireRow,
  type TokenizeOptions,
  tokenizeOptionNames,
} from "./options.ts";
import {
  alwaysSaved,
  type LEDTokenizerOptions,
  type LEDTokenizerSettings,
  type SavedSetting,
  savedSettings,
  settingNames,
  withSpecials,
} from "./settings.ts";
import type { TokenValue } from "./special-tokens.ts";
import { TokenizerBase } from "./tokenizer-base.ts";
import type { EncodeInput } from "./tokenizer-call.ts";

export class LEDTokenizer extends TokenizerBase {
  add_prefix_space: boolean;
  readonly errors: DecodeErrors;
  readonly #vocabulary: Vocabulary;
  readonly #merges: readonly Merge[];
  readonly #bpe: BytePairEncoder;
  readonly #added: AddedVocabulary;
  /** Id of each symbol of the merge table, -1 without one; made anew when tokens are added. */
  #symbolIds: Int32Array | undefined;
  /** What save_pretrained writes besides the tokens: the names of the options given, and keys that nothing here reads. */
  readonly #given: readonly SavedSetting[];
  readonly #kept: { readonly [key: string]: Json };

  /** `kept`: keys of a tokenizer_config.json that no option names; save_pretrained writes them back. */
  constructor(options: LEDTokenizerOptions, kept: { readonly [key: string]: Json } = {}) {
    refuseUnknownOptions("LEDTokenizer", options, ["vocab", "merges", ...settingNames]);
    const { vocab, merges, ...settings } = options;
    super(withSpecials(settings));
    if (vocab === null || typeof vocab !== "object" || Array.isArray(vocab))
      throw notGiven("vocab", "{token: id}", vocab);
    if (!Array.isArray(merges)) throw notGiven("merges", 'an array of "a b" or ["a", "b"]', merges);
    this.add_prefix_space = options.add_prefix_space ?? false;
    this.errors = options.errors ?? "replace";
    if (!decodeErrors.includes(this.errors)) {
      throw new InvalidArgumentError({
        operation: "LEDTokenizer option `errors`",
        expected: `one of ${decodeErrors.join(", ")}`,
        got: String(this.errors),
      });
    }
    const entries = vocab instanceof Map ? vocab : Object.entries(vocab);
    this.#vocabulary = new Vocabulary(entries, "LEDTokenizer option `vocab`");
    this.#merges = mergesFromValues(merges, "LEDTokenizer option `merges`");
    this.#bpe = new BytePairEncoder(new MergeTable(this.#merges));
    this.#added = new AddedVocabulary(this.#vocabulary, options.added_tokens_decoder ?? []);
    this.#given = savedSettings.filter((name) => settings[name] !== undefined);
    this.#kept = kept;
    this.#add(
      this.all_special_tokens_extended.filter((token) => typeof token !== "string" || !this.#added.encoder.has(token)),
      true,
    );
  }

  /** From the contents of vocab.json and merges.txt, or, with `files`, from the files of these names. */
  static async from_files(given: VocabularyFiles & LEDTokenizerSettings): Promise<LEDTokenizer> {
    const { vocab_file, merges_file, files, ...settings } = given;
    return new LEDTokenizer({ ...(await readVocabularyFiles({ vocab_file, merges_file, files })), ...settings });
  }

  /** From a folder, a Hub id, or files at hand. What `options` sets wins over the files. */
  static async from_pretrained(
    source: string | Files,
    options: LEDTokenizerSettings & LoadOptions = {},
  ): Promise<LEDTokenizer> {
    const read = await loadPretrained(source, options);
    return new LEDTokenizer(read.options, read.kept);
  }

  get is_fast(): boolean {
    return false;
  }

  /** Tokens of vocab.json. */
  get vocab_size(): number {
    return this.#vocabulary.size;
  }

  /** Tokens of vocab.json and added ones: the rows that a model's embedding needs. */
  override get length(): number {
    return this.#added.fullSize;
  }

  get_vocab(): { [token: string]: number } {
    return Object.fromEntries([...this.#vocabulary.ids, ...Object.entries(this.added_tokens_encoder)]);
  }

  get_added_vocab(): { [token: string]: number } {
    return Object.fromEntries(this.#added.encoder);
  }

  get added_tokens_decoder(): Map<number, AddedToken> {
    return new Map(this.#sortedAdded());
  }

  get added_tokens_encoder(): { [token: string]: number } {
    return Object.fromEntries(this.#sortedAdded().map(([id, token]) => [token.content, id]));
  }

  #sortedAdded(): [number, AddedToken][] {
    return [...this.#added.decoder].sort(([a], [b]) => a - b);
  }

  /** Gives tokens an id after the vocabulary unless they have one, and lets texts be cut at them. Returns how many are new. */
  add_tokens(tokens: TokenValue | readonly TokenValue[], special_tokens = false): number {
    return this.#add(typeof tokens === "string" || tokens instanceof AddedToken ? [tokens] : tokens, special_tokens);
  }

  #add(tokens: readonly TokenValue[], asSpecial: boolean): number {
    const specials = new Set(this.all_special_tokens);
    const added: AddedToken[] = [];
    for (const token of tokens) {
      if (typeof token !== "string") {
        if (!(token instanceof AddedToken)) {
          throw new InvalidArgumentError({
            operation: "add_tokens",
            says: `Token ${JSON.stringify(token)} is not a string but a ${typeof token}.`,
            fix: "Give a string or an AddedToken.",
          });
        }
        if (asSpecial) token.special = true;
        added.push(token);
      } else if (!this.#added.encoder.has(token)) {
        const special = asSpecial || specials.has(token);
        added.push(new AddedToken(token, { special, normalized: !special }));
      }
    }
    this.#symbolIds = undefined;
    return this.#added.add(added, (token) => {
      if (!token.special || specials.has(token.content)) return;
      specials.add(token.content);
      this.additional_special_tokens = [...this.additionalSpecials(), token];
    });
  }

  /** The tokens of a text, added tokens as they are spelled, without the specials around it. */
  tokenize(text: string, how: TokenizeOptions = {}): string[] {
    refuseUnknownOptions("tokenizer.tokenize", how, tokenizeOptionNames);
    if (typeof text !== "string") {
      throw new InvalidArgumentError({ operation: "tokenizer.tokenize", expected: "a text", got: typeof text });
    }
    const symbols = this.#bpe.table.symbols;
    const tokens: string[] = [];
    for (const part of this.#parts(text, how)) {
      if (part.added) {
        tokens.push(part.text);
        continue;
      }
      for (let at = 0; at < part.text.length; ) {
        const end = pieceEnd(part.text, at, part.text.length);
        for (const symbol of this.#bpe.encode(part.text, at, end)) tokens.push(symbols[symbol]!);
        at = end;
      }
    }
    return tokens;
  }

  protected idsOf(input: EncodeInput, how: TokenizeOptions): readonly number[] | null {
    if (typeof input === "string") return this.#textIds(input, how);
    if (!Array.isArray(input) || input.length === 0) return null;
    if (input.every((word): word is string => typeof word === "string")) {
      if (!how.is_split_into_words) return this.convert_tokens_to_ids(input);
      return input.flatMap((word) => this.#textIds(word, how));
    }
    return input.every((id) => Number.isInteger(id)) ? (input as readonly number[]) : null;
  }

  /** `convert_tokens_to_ids(tokenize(text))` without the strings in between. */
  #textIds(text: string, how: TokenizeOptions): number[] {
    const symbolIds = this.#idsOfSymbols();
    const ids: number[] = [];
    for (const part of this.#parts(text, how)) {
      if (part.added) {
        ids.push(this.#added.encoder.get(part.text)!);
        continue;
      }
      for (let at = 0; at < part.text.length; ) {
        const end = pieceEnd(part.text, at, part.text.length);
        const symbols = this.#bpe.encode(part.text, at, end);
        for (let i = 0; i < symbols.length; i++) {
          const id = symbolIds[symbols[i]!]!;
          ids.push(id >= 0 ? id : this.#unknown(this.#bpe.table.symbols[symbols[i]!]!));
        }
        at = end;
      }
    }
    return ids;
  }

  /** The added tokens of a text and, between them, what is left to BPE. */
  #parts(text: string, how: TokenizeOptions): { text: string; added: boolean }[] {
    const prefix = (how.is_split_into_words ?? false) || (how.add_prefix_space ?? this.add_prefix_space);
    const whole = prefix && text !== "" && !isPythonSpace(text.charCodeAt(0)) ? ` ${text}` : text;
    if (how.split_special_tokens ?? this.split_special_tokens) return [{ text: whole, added: false }];
    return this.#added.isolate(whole).map((part) => ({ text: part, added: this.#added.encoder.has(part) }));
  }

  #idsOfSymbols(): Int32Array {
    this.#symbolIds ??= Int32Array.from(this.#bpe.table.symbols, (symbol) => this.#known(symbol) ?? -1);
    return this.#symbolIds;
  }

  #known(token: string): number | undefined {
    return this.#added.encoder.get(token) ?? this.#vocabulary.ids.get(token);
  }

  /** The id of <unk>, which counts only if vocab.json has it. */
  #unknown(token: string): number {
    const unk = this.unk_token;
    const id = unk === null ? undefined : this.#vocabulary.ids.get(unk);
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
    const id = (token: string): number => this.#known(token) ?? this.#unknown(token);
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
      this.#added.decoder.get(id)?.content ?? this.#vocabulary.tokens.get(id) ?? null;
    if (typeof ids === "number") return token(ids);
    if (!skip_special_tokens) return ids.map(token);
    const specials = new Set(this.all_special_ids);
    return ids.filter((id) => !specials.has(id)).map(token);
  }

  /** The text that ordinary tokens spell together. */
  convert_tokens_to_string(tokens: readonly string[]): string {
    return byteCharsToText(tokens.join(""), this.errors);
  }

  /** The text of ids. Added tokens that are not special are set off by spaces (spaces_between_special_tokens). */
  decode(ids: number | readonly number[] | Tensor, how: DecodeOptions = {}): string {
    refuseUnknownOptions("tokenizer.decode", how, decodeOptionNames);
    const skip = how.skip_special_tokens ?? false;
    const list = ids instanceof Tensor ? ids.tolist() : ids;
    const tokens =
      typeof list === "number"
        ? [this.convert_ids_to_tokens(list)]
        : this.convert_ids_to_tokens(requireRow(list), skip);
    const apart = this.#setApart();
    const texts: string[] = [];
    let run: string[] = [];
    tokens.forEach((token) => {
      if (token === null) throw this.#unknownId(list);
      if (!apart.has(token)) {
        run.push(token);
        return;
      }
      const text = this.convert_tokens_to_string(run);
      if (text !== "") texts.push(text);
      run = [];
      texts.push(token);
    });
    if (run.length > 0) texts.push(this.convert_tokens_to_string(run));
    const text = texts.join((how.spaces_between_special_tokens ?? true) ? " " : "");
    return (how.clean_up_tokenization_spaces ?? this.clean_up_tokenization_spaces) ? cleanUpTokenization(text) : text;
  }

  #unknownId(ids: number | readonly NestedList[] | readonly number[]): InvalidArgumentError {
    const unknown = [ids].flat().find((id) => this.convert_ids_to_tokens(Number(id)) === null);
    return new InvalidArgumentError({
      operation: "tokenizer.decode",
      expected: `ids of the tokenizer's ${this.length} tokens`,
      got: String(unknown),
    });
  }

  /** Added tokens that decode to themselves, apart from the bytes around: all but the specials that have a role. */
  #setApart(): Set<string> {
    const specials = new Set(this.all_special_tokens);
    const apart = new Set([...this.#added.encoder.keys()].filter((token) => !specials.has(token)));
    for (const token of this.additional_special_tokens) {
      if (this.convert_tokens_to_ids(token) >= this.vocab_size) apart.add(token);
    }
    return apart;
  }

  /** `<s> A </s>`, or of a pair `<s> A </s></s> B </s>`. */
  build_inputs_with_special_tokens(ids: readonly number[], pair_ids: readonly number[] | null = null): number[] {
    const cls = this.#required("cls_token", this.cls_token_id);
    const sep = this.#required("sep_token", this.sep_token_id);
    return pair_ids === null ? [cls, ...ids, sep] : [cls, ...ids, sep, sep, ...pair_ids, sep];
  }

  #required(name: string, id: number | null): number {
    if (id !== null) return id;
    throw new InvalidArgumentError({
      operation: "add special tokens",
      expected: `a ${name}`,
      got: "none",
      fix: `Set tokenizer.${name}, or give add_special_tokens: false.`,
    });
  }

  /** 1 for special tokens, 0 for others: of ids that are about to get them, or that have them already. */
  get_special_tokens_mask(
    ids: readonly number[],
    pair_ids: readonly number[] | null = null,
    already_has_special_tokens = false,
  ): number[] {
    if (already_has_special_tokens) {
      if (pair_ids !== null) {
        throw new InvalidArgumentError({
          operation: "get_special_tokens_mask",
          says: "You should not supply a second sequence if the provided sequence of ids is already formatted with special tokens for the model.",
        });
      }
      const specials = new Set(this.all_special_ids);
      return ids.map((id) => (specials.has(id) ? 1 : 0));
    }
    const first = [1, ...new Array<number>(ids.length).fill(0), 1];
    return pair_ids === null ? first : [...first, 1, ...new Array<number>(pair_ids.length).fill(0), 1];
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
    return saveVocabulary(folderOf(folder), this.#vocabulary, this.#merges, filename_prefix);
  }

  /** Writes all that from_pretrained reads and returns the names. */
  async save_pretrained(folder: string | Files, filename_prefix?: string): Promise<string[]> {
    const config: { [name: string]: unknown } = { ...this.#kept };
    for (const name of [...this.#given, ...alwaysSaved]) config[name] = this[name];
    if (this.additional_special_tokens.length > 0) config.additional_special_tokens = this.additional_special_tokens;
    const saved = {
      vocabulary: this.#vocabulary,
      merges: this.#merges,
      config,
      added_tokens_decoder: this.added_tokens_decoder,
      special_tokens_map_extended: this.special_tokens_map_extended,
    };
    return savePretrained(folderOf(folder), saved, filename_prefix);
  }
}

function notGiven(option: string, expected: string, got: unknown): InvalidArgumentError {
  return new InvalidArgumentError({
    operation: `LEDTokenizer option \`${option}\``,
    expected,
    got: got === null ? "null" : Array.isArray(got) ? "an array" : typeof got,
    fix: "LEDTokenizer.from_files takes the contents of vocab.json and merges.txt.",
  });
}
