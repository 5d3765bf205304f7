/**
 * LEDTokenizerFast: the same pipeline with the place of every token in its text, words, and rows for what truncation cuts
 * (transformers 4.37.2, models/led/tokenization_led_fast.py and tokenization_utils_fast.py, over tokenizers 0.15.2).
 * It differs from LEDTokenizer where the reference does: around added tokens, with add_prefix_space, and in truncation.
 *
 * Departures: offsets count UTF-16 code units unless `offset_unit` says "code_points"; `errors` and
 * `split_special_tokens`, which the reference takes and ignores here, work; where the native library panics or wraps around
 * there is an error, or what Python code then sees.
 */
import { CheckpointError, InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files, Json } from "../files.ts";
import type { LoadOptions } from "../load-options.ts";
import { warn } from "../log.ts";
import { folderOf } from "../model-folders.ts";
import { Tensor } from "../tensor.ts";
import { AddedToken } from "./added-tokens.ts";
import { BatchEncoding, type EncodingField, type EncodingFields, fieldsToTensors } from "./batch-encoding.ts";
import { MergeTable } from "./bpe/merge-table.ts";
import { BytePairEncoder } from "./bpe/pair-encoder.ts";
import { ByteLevelTokenizer, requireStrings } from "./byte-level-tokenizer.ts";
import { cleanUpTokenization } from "./clean-up.ts";
import { BatchEncoder, type InputPair } from "./fast/batch-encoder.ts";
import type { Encoding } from "./fast/encoding.ts";
import { fastModel } from "./fast/fast-model.ts";
import { fieldsOf } from "./fast/fields.ts";
import { IdDecoder } from "./fast/id-decoder.ts";
import { NativeAddedVocabulary } from "./fast/native-added-vocabulary.ts";
import { SpaceTable } from "./fast/offsets.ts";
import { TextEncoderWithOffsets } from "./fast/text-encoder.ts";
import type { VocabularyFiles } from "./files/loading.ts";
import type { SavedPipeline } from "./files/saving.ts";
import {
  type DecodeOptions,
  decodeOptionNames,
  type EncodeOptions,
  type EncodePairOptions,
  type OffsetUnit,
  requireOffsetUnit,
  requireRow,
  type Strategies,
  type TextInput,
} from "./options.ts";
import { warnOfLength } from "./prepare.ts";
import {
  fastSettingNames,
  type LEDTokenizerFastOptions,
  type LEDTokenizerFastSettings,
  withFastSpecials,
} from "./settings.ts";
import type { TokenValue } from "./special-tokens.ts";
import { type EncodeInput, type EncodePair, pairOf } from "./tokenizer-call.ts";

export class LEDTokenizerFast extends ByteLevelTokenizer {
  readonly trim_offsets: boolean;
  readonly offset_unit: OffsetUnit;
  protected readonly added: NativeAddedVocabulary;
  protected readonly vocabularyForm = "by id";
  readonly #batches: BatchEncoder;
  /** What goes around sequences, whatever the special tokens are later set to (as the native post-processor). */
  readonly #cls: readonly [string, number] | null;
  readonly #sep: readonly [string, number] | null;
  readonly #unk: string | null;
  #spaces: SpaceTable | undefined;
  readonly #decoder: IdDecoder;

  /** `kept`: keys of a tokenizer_config.json that no option names; save_pretrained writes them back. */
  constructor(options: LEDTokenizerFastOptions, kept: { readonly [key: string]: Json } = {}) {
    refuseUnknownOptions("LEDTokenizerFast", options, ["vocab", "merges", "tokenizer_file", ...fastSettingNames]);
    const { file, ...model } = fastModel(options);
    const {
      vocab: _,
      merges: __,
      tokenizer_file: ___,
      ...settings
    } = options as LEDTokenizerFastSettings & {
      vocab?: unknown;
      merges?: unknown;
      tokenizer_file?: unknown;
    };
    super(withFastSpecials(settings, file), model, kept);
    this.trim_offsets = options.trim_offsets ?? true;
    this.offset_unit = requireOffsetUnit(options.offset_unit ?? "utf16");
    this.added = new NativeAddedVocabulary(this.vocabulary);
    this.#decoder = new IdDecoder((id) => this.convert_ids_to_tokens(id), this.errors);
    if (file !== null) this.#addOfFile(file.added);
    this.#addFirst(options.added_tokens_decoder ?? new Map());
    this.#unk = file?.unk_token ?? null;
    this.#cls = file?.cls ?? this.#roleOf("cls_token");
    this.#sep = file?.sep ?? this.#roleOf("sep_token");
    const texts = new TextEncoderWithOffsets(
      new BytePairEncoder(new MergeTable(this.merges), "leftmost"),
      this.vocabulary,
      this.added,
      {
        add_prefix_space: this.add_prefix_space,
        split_special_tokens: this.split_special_tokens,
        unk_id: this.#unk === null ? null : (this.vocabulary.ids.get(this.#unk) ?? null),
      },
    );
    this.#batches = new BatchEncoder(texts);
  }

  /** From the contents of vocab.json and merges.txt, or, with `files`, from the files of these names. */
  static async from_files(given: VocabularyFiles & LEDTokenizerFastSettings): Promise<LEDTokenizerFast> {
    const { vocab_file, merges_file, files, ...settings } = given;
    const { readVocabularyFiles } = await import("./files/loading.ts");
    return new LEDTokenizerFast({ ...(await readVocabularyFiles({ vocab_file, merges_file, files })), ...settings });
  }

  /**
   * From a folder, a Hub id, or files at hand: tokenizer.json where there is one (`from_slow: true` passes it over), else
   * vocab.json and merges.txt. What `options` sets wins over the files.
   */
  static async from_pretrained(
    source: string | Files,
    options: LEDTokenizerFastSettings & LoadOptions & { from_slow?: boolean } = {},
  ): Promise<LEDTokenizerFast> {
    const { loadFast } = await import("./files/loading.ts");
    const read = await loadFast(source, options);
    return new LEDTokenizerFast(read.options, read.kept);
  }

  get is_fast(): boolean {
    return true;
  }

  get_added_vocab(): { [token: string]: number } {
    return this.added_tokens_encoder;
  }

  override get mask_token(): string | null {
    return super.mask_token;
  }
  /** A string becomes a token that takes the space before it, as the reference has it. */
  override set mask_token(value: TokenValue | null) {
    super.mask_token = typeof value === "string" ? new AddedToken(value, { lstrip: true }) : value;
  }

  #addOfFile(tokens: readonly (readonly [number, AddedToken])[]): void {
    this.added.add(tokens.map(([, token]) => token));
    for (const [id, { content }] of tokens) {
      const got = this.added.encoder.get(content);
      if (got === id || content === "") continue;
      throw new CheckpointError({
        operation: "LEDTokenizerFast: read tokenizer.json",
        expected: `added tokens numbered on from the vocabulary's ${this.vocabulary.size} tokens`,
        got: `id ${id} for ${JSON.stringify(content)} where ${got} is next`,
      });
    }
  }

  /** The tokens of a saved tokenizer, then the special ones that are not among the added tokens yet. */
  #addFirst(saved: ReadonlyMap<number, AddedToken>): void {
    const specials = this.all_special_tokens;
    const tokens: TokenValue[] = [...saved].sort(([a], [b]) => a - b).map(([, token]) => token);
    const there = new Set([...this.added.encoder.keys(), ...tokens.map(String)]);
    tokens.push(...this.all_special_tokens_extended.filter((token) => typeof token !== "string" || !there.has(token)));
    for (const token of tokens) {
      this.addAll([token], (typeof token !== "string" && token.special) || specials.includes(String(token)));
    }
  }

  protected addAll(tokens: readonly TokenValue[], asSpecial: boolean): number {
    this.#spaces = undefined;
    this.#decoder.forget();
    return this.added.add(
      tokens.map((token) => {
        if (typeof token === "string") return new AddedToken(token, { special: asSpecial });
        token.special = asSpecial;
        return token;
      }),
    );
  }

  #roleOf(name: "cls_token" | "sep_token"): readonly [string, number] | null {
    const token = this[name];
    return token === null ? null : [token, this.convert_tokens_to_ids(token)];
  }

  protected refuseUnknown(operation: string, given: object, known: readonly string[]): void {
    for (const name of ["add_prefix_space", "split_special_tokens"] as const) {
      const value = (given as EncodeOptions)[name];
      if (value === undefined || value === null) continue;
      throw new InvalidArgumentError({
        operation,
        says: `PreTrainedTokenizerFast._batch_encode_plus() got an unexpected keyword argument '${name}'`,
        expected: `\`${name}\` as an option of the constructor`,
        got: "it in a call",
        fix: `Create the tokenizer with ${name}: ${value}; LEDTokenizer takes it in calls too.`,
      });
    }
    refuseUnknownOptions(operation, given, known);
  }

  protected encodeOne(
    text: EncodeInput,
    text_pair: EncodeInput | null,
    how: EncodeOptions,
    strategies: Strategies,
  ): BatchEncoding {
    // A pair without anything in it is none, as in the reference.
    const pair = text_pair === null || text_pair.length === 0 ? null : text_pair;
    const input = pair === null ? pairOf(text as TextInput, how) : ([text, pair] as const);
    const { fields, rows } = this.#encode([input], how, strategies);
    if (how.return_tensors) {
      return new BatchEncoding(fieldsToTensors(fields, how.return_tensors, false), cutOf(rows), rows);
    }
    if (how.return_overflowing_tokens) return new BatchEncoding(fields, cutOf(rows), rows);
    const single = Object.entries(fields).map(([name, column]) => {
      const first = (column as readonly EncodingField[])[0];
      return [name, Array.isArray(first) ? first : column] as const;
    });
    return new BatchEncoding(Object.fromEntries(single), rows[0]!.num_truncated, rows);
  }

  protected encodeBatch(
    batch: readonly (TextInput | EncodePair)[],
    how: EncodeOptions,
    strategies: Strategies,
  ): BatchEncoding {
    if (batch.length === 0) {
      throw new InvalidArgumentError({ operation: "tokenizer", expected: "at least one text", got: "an empty batch" });
    }
    const inputs = batch.map((element) => pairOf(element, how));
    const { fields, rows } = this.#encode(inputs, how, strategies);
    const result = how.return_tensors ? fieldsToTensors(fields, how.return_tensors, false) : fields;
    return new BatchEncoding(result, cutOf(rows), rows);
  }

  #encode(
    inputs: readonly InputPair[],
    how: EncodeOptions,
    strategies: Strategies,
  ): { fields: EncodingFields; rows: Encoding[] } {
    const words = how.is_split_into_words ?? false;
    if (words && !this.add_prefix_space) {
      throw new InvalidArgumentError({
        operation: "tokenizer",
        says: "You need to instantiate LEDTokenizerFast with add_prefix_space=True to use it with pretokenized inputs.",
      });
    }
    const encodings = this.#batches.encode(inputs, {
      strategies,
      specials: (how.add_special_tokens ?? true) ? this.#specials() : null,
      is_split_into_words: words,
      trim: this.trim_offsets ? { table: this.#spaceTable(), add_prefix_space: this.add_prefix_space } : null,
      offset_unit: requireOffsetUnit(how.offset_unit ?? this.offset_unit),
      truncation_side: this.truncation_side,
      padding_side: this.padding_side,
      pad_token_id: this.pad_token_id,
      tokenOf: (id) => this.convert_ids_to_tokens(id) ?? "",
    });
    const overflow = how.return_overflowing_tokens ?? false;
    const samples = encodings.map((encoding) => (overflow ? [encoding, ...encoding.overflowing] : [encoding]));
    const rows = samples.flat();
    const fields = fieldsOf(rows, how, {
      attention_mask: this.wantsMask(how.return_attention_mask),
      token_type_ids: how.return_token_type_ids ?? this.model_input_names.includes("token_type_ids"),
      pad_token_type_id: this.pad_token_type_id,
    });
    if (overflow) fields.overflow_to_sample_mapping = samples.flatMap((sample, index) => sample.map(() => index));
    for (const row of rows) warnOfLength(this, row.length, strategies.max_length, how.verbose ?? true);
    return { fields, rows };
  }

  #specials(): { cls: number; sep: number } {
    return {
      cls: this.#cls?.[1] ?? this.requiredId("cls_token"),
      sep: this.#sep?.[1] ?? this.requiredId("sep_token"),
    };
  }

  #spaceTable(): SpaceTable {
    if (this.#spaces === undefined) {
      const tokens = new Map(this.vocabulary.tokens);
      for (const [id, { content }] of this.added.decoder) tokens.set(id, content);
      this.#spaces = new SpaceTable(tokens);
    }
    return this.#spaces;
  }

  /** The tokens of a text (and a pair of it), as tokens() of an encoding spells them; without specials around unless asked for. */
  tokenize(text: string, given: EncodePairOptions & { pair?: string | null } = {}): string[] {
    const { pair, ...how } = given;
    const specials = { add_special_tokens: false, ...how };
    return this.encode_plus(text, pair ? { ...specials, text_pair: pair } : specials).tokens();
  }

  /** The text that tokens spell together. A token with characters outside the byte map spells itself. */
  convert_tokens_to_string(tokens: readonly string[]): string {
    requireStrings("convert_tokens_to_string", tokens);
    return this.#decoder.textOfTokens(tokens);
  }

  /** The text of ids. Ids that nothing has are passed over, as by the reference. */
  decode(ids: number | readonly number[] | Tensor, how: DecodeOptions = {}): string {
    refuseUnknownOptions("tokenizer.decode", how, decodeOptionNames);
    if (how.spaces_between_special_tokens) {
      throw new InvalidArgumentError({
        operation: "LEDTokenizerFast.decode",
        expected: "spaces_between_special_tokens: false, or without it",
        got: "true",
        fix: "Only LEDTokenizer puts spaces around added tokens.",
      });
    }
    const list = ids instanceof Tensor ? ids.tolist() : ids;
    const row = requireRow(typeof list === "number" ? [list] : list);
    const negative = row.find((id) => id < 0);
    if (negative !== undefined) {
      throw new InvalidArgumentError({
        operation: "tokenizer.decode",
        expected: "ids from 0 on",
        got: String(negative),
      });
    }
    const { specials } = this.added;
    const kept = how.skip_special_tokens
      ? row.filter((id) => !specials.has(this.convert_ids_to_tokens(id) ?? ""))
      : row;
    const text = this.#decoder.text(kept);
    return (how.clean_up_tokenization_spaces ?? this.clean_up_tokenization_spaces) ? cleanUpTokenization(text) : text;
  }

  /** `<s> A </s>` by bos and eos, as the reference has it here; calls use the post-processor's cls and sep. */
  build_inputs_with_special_tokens(ids: readonly number[], pair_ids: readonly number[] | null = null): number[] {
    return this.surround(ids, pair_ids, "bos_token", "eos_token");
  }

  /** 1 for special tokens, 0 for others, of ids that have them. */
  get_special_tokens_mask(
    ids: readonly number[],
    pair_ids: readonly number[] | null = null,
    already_has_special_tokens = false,
  ): number[] {
    if (already_has_special_tokens && pair_ids === null) return this.specialsAmong(ids, pair_ids);
    throw new InvalidArgumentError({
      operation: "get_special_tokens_mask",
      says: "You cannot use ``already_has_special_tokens=False`` with this tokenizer. Please use a slow (full python) tokenizer to activate this argument. Or set `return_special_tokens_mask=True` when calling the encoding method to get the special tokens mask in any tokenizer. ",
    });
  }

  /** Padding of rows that were encoded before: a call with `padding` does both at once, as the reference tells people. */
  protected override padRows(...given: Parameters<ByteLevelTokenizer["padRows"]>): EncodingFields {
    const key = "Asking-to-pad-a-fast-tokenizer";
    if (!this.warned.has(key)) {
      this.warned.add(key);
      warn(
        "You're using a LEDTokenizerFast tokenizer. Please note that with a fast tokenizer, using the `__call__` method is faster than using a method to encode the text followed by a call to the `pad` method to get a padded encoding.",
      );
    }
    return super.padRows(...given);
  }

  /**
   * Writes all that from_pretrained reads and returns the names: the vocabulary in files of its own unless
   * `legacy_format` is false, and tokenizer.json unless it is true.
   */
  async save_pretrained(
    folder: string | Files,
    given: string | { legacy_format?: boolean | null; filename_prefix?: string } = {},
  ): Promise<string[]> {
    const how = typeof given === "string" ? { filename_prefix: given } : given;
    refuseUnknownOptions("LEDTokenizerFast.save_pretrained", how, ["legacy_format", "filename_prefix"]);
    const legacy = how.legacy_format ?? null;
    const forms = {
      legacy: legacy !== false,
      tokenizer_json: legacy === true ? null : this.#pipeline(),
    };
    const saved = this.saved();
    const own = {
      trim_offsets: this.trim_offsets,
      ...(this.offset_unit === "utf16" ? {} : { offset_unit: this.offset_unit }),
    };
    const { savePretrained } = await import("./files/saving.ts");
    const all = { ...saved, config: { ...saved.config, ...own } };
    return savePretrained(folderOf(folder), all, forms, how.filename_prefix);
  }

  #pipeline(): SavedPipeline {
    const role = (given: readonly [string, number] | null, name: "cls_token" | "sep_token") =>
      given ?? ([this[name] ?? "", this.requiredId(name)] as const);
    return {
      vocabulary: this.vocabulary,
      merges: [...this.merges],
      unk_token: this.#unk,
      added: [...this.added_tokens_decoder],
      cls: role(this.#cls, "cls_token"),
      sep: role(this.#sep, "sep_token"),
      add_prefix_space: this.add_prefix_space,
      trim_offsets: this.trim_offsets,
    };
  }
}

function cutOf(rows: readonly Encoding[]): number[] {
  return rows.map((row) => row.num_truncated);
}
