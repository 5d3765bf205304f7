/**
 * LEDTokenizer: byte-level BPE over vocab.json and merges.txt (transformers 4.37.2, models/led/tokenization_led.py and
 * tokenization_utils.py: PreTrainedTokenizer). `tokenizer(text)` and everything around it is in tokenizer-base.ts.
 *
 * Departure: lone surrogates are encoded as U+FFFD.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files, Json } from "../files.ts";
import type { LoadOptions } from "../load-options.ts";
import { folderOf } from "../model-folders.ts";
import type { NestedList } from "../tensor.ts";
import { Tensor } from "../tensor.ts";
import { AddedToken, AddedVocabulary } from "./added-tokens.ts";
import { BatchEncoding, type EncodingField, type EncodingFields, fieldsToTensors } from "./batch-encoding.ts";
import { byteCharsToText } from "./bpe/byte-level.ts";
import { MergeTable } from "./bpe/merge-table.ts";
import { BytePairEncoder } from "./bpe/pair-encoder.ts";
import { isPythonSpace, pieceEnd } from "./bpe/split.ts";
import { requireMerges, requireVocabulary } from "./bpe/vocabulary.ts";
import { ByteLevelTokenizer } from "./byte-level-tokenizer.ts";
import { cleanUpTokenization } from "./clean-up.ts";
import type { VocabularyFiles } from "./files/loading.ts";
import {
  type DecodeOptions,
  decodeOptionNames,
  type EncodeOptions,
  requireRow,
  type Strategies,
  type TextInput,
  type TokenizeOptions,
  tokenizeOptionNames,
} from "./options.ts";
import { prepareRow } from "./prepare.ts";
import { type LEDTokenizerOptions, type LEDTokenizerSettings, settingNames, withSpecials } from "./settings.ts";
import type { TokenValue } from "./special-tokens.ts";
import { type EncodeInput, type EncodePair, pairOf } from "./tokenizer-call.ts";

export class LEDTokenizer extends ByteLevelTokenizer {
  readonly #bpe: BytePairEncoder;
  protected readonly added: AddedVocabulary;
  protected readonly vocabularyForm = "sorted by token";
  /** Id of each symbol of the merge table, -1 without one; made anew when tokens are added. */
  #symbolIds: Int32Array | undefined;

  /** `kept`: keys of a tokenizer_config.json that no option names; save_pretrained writes them back. */
  constructor(options: LEDTokenizerOptions, kept: { readonly [key: string]: Json } = {}) {
    refuseUnknownOptions("LEDTokenizer", options, ["vocab", "merges", ...settingNames]);
    const { vocab, merges, ...settings } = options;
    const model = {
      vocabulary: requireVocabulary(vocab, "LEDTokenizer option `vocab`"),
      merges: requireMerges(merges, "LEDTokenizer option `merges`"),
    };
    super(withSpecials(settings), model, kept);
    this.#bpe = new BytePairEncoder(new MergeTable(this.merges));
    this.added = new AddedVocabulary(this.vocabulary, options.added_tokens_decoder ?? []);
    this.addAll(
      this.all_special_tokens_extended.filter((token) => typeof token !== "string" || !this.added.encoder.has(token)),
      true,
    );
  }

  /** From the contents of vocab.json and merges.txt, or, with `files`, from the files of these names. */
  static async from_files(given: VocabularyFiles & LEDTokenizerSettings): Promise<LEDTokenizer> {
    const { vocab_file, merges_file, files, ...settings } = given;
    const { readVocabularyFiles } = await import("./files/loading.ts");
    return new LEDTokenizer({ ...(await readVocabularyFiles({ vocab_file, merges_file, files })), ...settings });
  }

  /** From a folder, a Hub id, or files at hand. What `options` sets wins over the files. */
  static async from_pretrained(
    source: string | Files,
    options: LEDTokenizerSettings & LoadOptions = {},
  ): Promise<LEDTokenizer> {
    const { loadSlow } = await import("./files/loading.ts");
    const read = await loadSlow(source, options);
    return new LEDTokenizer(read.options, read.kept);
  }

  get is_fast(): boolean {
    return false;
  }

  get_added_vocab(): { [token: string]: number } {
    return Object.fromEntries(this.added.encoder);
  }

  protected addAll(tokens: readonly TokenValue[], asSpecial: boolean): number {
    const specials = new Set(this.all_special_tokens);
    const added: AddedToken[] = [];
    for (const token of tokens) {
      if (typeof token !== "string") {
        // What it is normalized stays, though it follows `special` otherwise.
        if (asSpecial) Object.assign(token, { normalized: token.normalized, special: true });
        added.push(token);
      } else if (!this.added.encoder.has(token)) {
        const special = asSpecial || specials.has(token);
        added.push(new AddedToken(token, { special, normalized: !special }));
      }
    }
    this.#symbolIds = undefined;
    return this.added.add(added, (token) => {
      if (!token.special || specials.has(token.content)) return;
      specials.add(token.content);
      this.additional_special_tokens = [...this.additionalSpecials(), token];
    });
  }

  protected refuseUnknown(operation: string, given: object, known: readonly string[]): void {
    // LEDTokenizerFast alone has offsets, and so a unit of them.
    refuseUnknownOptions(
      operation,
      given,
      known.filter((name) => name !== "offset_unit"),
    );
  }

  protected encodeOne(
    text: EncodeInput,
    text_pair: EncodeInput | null,
    how: EncodeOptions,
    strategies: Strategies,
  ): BatchEncoding {
    refuseOffsets(
      how,
      " More information on available tokenizers at https://github.com/huggingface/transformers/pull/2674",
    );
    const ids = this.#ids(text, how, true);
    const pair_ids = text_pair === null ? null : this.#ids(text_pair, how, true);
    return this.prepareOne(ids, pair_ids, how, strategies, true);
  }

  protected encodeBatch(
    batch: readonly (TextInput | EncodePair)[],
    how: EncodeOptions,
    strategies: Strategies,
  ): BatchEncoding {
    refuseOffsets(how, "");
    const columns: { [name: string]: EncodingField[] } = {};
    const truncated: number[] = [];
    for (const element of batch) {
      const [one, other] = pairOf(element, how);
      const ids = this.#ids(one, how, false);
      const pair_ids = other === null ? null : this.#ids(other, how, false);
      const { fields, num_truncated } = prepareRow(this, ids, pair_ids, how, strategies);
      truncated.push(num_truncated);
      const row: EncodingFields = how.return_length ? { ...fields, length: fields.input_ids.length } : fields;
      for (const [name, value] of Object.entries(row)) {
        columns[name] ??= [];
        columns[name].push(value);
      }
    }
    const fields = this.padRows(columns as EncodingFields, strategies, how.return_attention_mask ?? null);
    const result = how.return_tensors ? fieldsToTensors(fields, how.return_tensors, false) : fields;
    return new BatchEncoding(result, truncated);
  }

  /** `single`: the reference repeats a single input in its message, and not one of a batch. */
  #ids(input: EncodeInput, how: EncodeOptions, single: boolean): readonly number[] {
    const ids = this.#idsOf(input, how);
    if (ids !== null) return ids;
    const shown = single ? ` ${JSON.stringify(input)}` : "";
    throw new InvalidArgumentError({
      operation: "tokenizer",
      says:
        single && how.is_split_into_words
          ? `Input${shown} is not valid. Should be a string or a list/tuple of strings when \`is_split_into_words=True\`.`
          : `Input${shown} is not valid. Should be a string, a list/tuple of strings or a list/tuple of integers.`,
    });
  }

  /** The ids of a text without special tokens, of words or tokens, or the ids given; null for what is none of these. */
  #idsOf(input: EncodeInput, how: TokenizeOptions): readonly number[] | null {
    if (typeof input === "string") return this.#textIds(input, how);
    if (!Array.isArray(input) || input.length === 0) return null;
    if (input.every((word): word is string => typeof word === "string")) {
      if (!how.is_split_into_words) return this.convert_tokens_to_ids(input);
      return input.flatMap((word) => this.#textIds(word, how));
    }
    return input.every((id) => Number.isInteger(id)) ? (input as readonly number[]) : null;
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

  /** `convert_tokens_to_ids(tokenize(text))` without the strings in between. */
  #textIds(text: string, how: TokenizeOptions): number[] {
    const symbolIds = this.#idsOfSymbols();
    const ids: number[] = [];
    for (const part of this.#parts(text, how)) {
      if (part.added) {
        ids.push(this.added.encoder.get(part.text)!);
        continue;
      }
      for (let at = 0; at < part.text.length; ) {
        const end = pieceEnd(part.text, at, part.text.length);
        const symbols = this.#bpe.encode(part.text, at, end);
        for (let i = 0; i < symbols.length; i++) {
          const id = symbolIds[symbols[i]!]!;
          ids.push(id >= 0 ? id : this.unknown(this.#bpe.table.symbols[symbols[i]!]!));
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
    return this.added.isolate(whole).map((part) => ({ text: part, added: this.added.encoder.has(part) }));
  }

  #idsOfSymbols(): Int32Array {
    this.#symbolIds ??= Int32Array.from(this.#bpe.table.symbols, (symbol) => this.known(symbol) ?? -1);
    return this.#symbolIds;
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
    const apart = new Set([...this.added.encoder.keys()].filter((token) => !specials.has(token)));
    for (const token of this.additional_special_tokens) {
      if (this.convert_tokens_to_ids(token) >= this.vocab_size) apart.add(token);
    }
    return apart;
  }

  /** `<s> A </s>`, or of a pair `<s> A </s></s> B </s>`. */
  build_inputs_with_special_tokens(ids: readonly number[], pair_ids: readonly number[] | null = null): number[] {
    return this.surround(ids, pair_ids, "cls_token", "sep_token");
  }

  /** 1 for special tokens, 0 for others: of ids that are about to get them, or that have them already. */
  get_special_tokens_mask(
    ids: readonly number[],
    pair_ids: readonly number[] | null = null,
    already_has_special_tokens = false,
  ): number[] {
    if (already_has_special_tokens) return this.specialsAmong(ids, pair_ids);
    const first = [1, ...new Array<number>(ids.length).fill(0), 1];
    return pair_ids === null ? first : [...first, 1, ...new Array<number>(pair_ids.length).fill(0), 1];
  }

  /** Writes all that from_pretrained reads and returns the names. */
  async save_pretrained(folder: string | Files, filename_prefix?: string): Promise<string[]> {
    const saved = this.saved();
    const { savePretrained } = await import("./files/saving.ts");
    return savePretrained(folderOf(folder), saved, { legacy: true, tokenizer_json: null }, filename_prefix);
  }
}

/** `more`: what the reference adds for a single text. */
function refuseOffsets(how: EncodeOptions, more: string): void {
  if (!how.return_offsets_mapping) return;
  throw new InvalidArgumentError({
    operation: "return_offsets_mapping",
    says: `return_offset_mapping is not available when using Python tokenizers. To use this feature, change your tokenizer to one deriving from transformers.PreTrainedTokenizerFast.${more}`,
  });
}
