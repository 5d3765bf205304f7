/**
 * The tokens with a role: beginning, end, unknown, separator, padding, class, mask, and further specials
 * (transformers 4.37.2, tokenization_utils_base.py: SpecialTokensMixin). Python's None is null.
 */
import { Callable } from "../callable.ts";
import { InvalidArgumentError } from "../errors.ts";
import { warn } from "../log.ts";
import { AddedToken } from "./added-tokens.ts";
import type { TokenizerCall } from "./tokenizer-call.ts";

/** In the order in which missing ones are added to a vocabulary. */
export const specialTokenNames = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;
export type SpecialTokenName = (typeof specialTokenNames)[number];

export type TokenValue = string | AddedToken;

export type SpecialTokenOptions = { [name in SpecialTokenName]?: TokenValue | null | undefined } & {
  additional_special_tokens?: readonly TokenValue[] | null | undefined;
};

export type SpecialTokensMap = { [name in SpecialTokenName]?: string } & { additional_special_tokens?: string[] };

export abstract class SpecialTokens extends Callable<TokenizerCall> {
  readonly #tokens = new Map<SpecialTokenName, TokenValue | null>();
  #additional: TokenValue[] = [];
  verbose: boolean;

  constructor(options: SpecialTokenOptions, verbose: boolean) {
    super();
    this.verbose = verbose;
    for (const name of specialTokenNames) this.#set(name, options[name] ?? null);
    this.additional_special_tokens = options.additional_special_tokens ?? [];
  }

  abstract convert_tokens_to_ids(token: string): number;
  abstract convert_tokens_to_ids(tokens: readonly string[]): number[];
  abstract convert_ids_to_tokens(id: number): string | null;

  abstract add_tokens(tokens: TokenValue | readonly TokenValue[], special_tokens?: boolean): number;

  /**
   * Gives tokens a role, and an id unless they have one. `additional_special_tokens` replaces the list, or extends it.
   * Returns how many are new.
   */
  add_special_tokens(roles: SpecialTokenOptions, replace_additional_special_tokens = true): number {
    const tokens: AddedToken[] = [];
    const special = (value: TokenValue): AddedToken =>
      typeof value === "string" ? new AddedToken(value, { special: true }) : value;
    for (const [role, value] of Object.entries(roles)) {
      if (role === "additional_special_tokens") {
        if (
          !Array.isArray(value) ||
          !value.every((token) => typeof token === "string" || token instanceof AddedToken)
        ) {
          throw new InvalidArgumentError({
            operation: "add_special_tokens",
            says: `Tokens ${typeof value === "string" ? value : JSON.stringify(value)} for key ${role} should all be str or AddedToken instances`,
          });
        }
        const known = this.additional_special_tokens;
        const given = (value as readonly TokenValue[])
          .filter((token) => replace_additional_special_tokens || !known.includes(String(token)))
          .map(special);
        const kept = replace_additional_special_tokens && given.length > 0 ? [] : this.#additional;
        this.additional_special_tokens = [...kept, ...given];
        tokens.push(...given);
        continue;
      }
      const name = specialTokenNames.find((known) => known === role);
      if (name === undefined || (typeof value !== "string" && !(value instanceof AddedToken))) {
        throw new InvalidArgumentError({
          operation: "add_special_tokens",
          says:
            name === undefined
              ? `Key ${role} is not a special token`
              : `Token ${JSON.stringify(value)} for key ${role} should be a str or an AddedToken instance`,
        });
      }
      this[name] = special(value);
      tokens.push(special(value));
    }
    return this.add_tokens(tokens, true);
  }

  /** The additional specials as they were given, AddedTokens among them. */
  protected additionalSpecials(): readonly TokenValue[] {
    return this.#additional;
  }

  #set(name: SpecialTokenName, value: unknown): void {
    if (value !== null && typeof value !== "string" && !(value instanceof AddedToken)) {
      throw new InvalidArgumentError({
        operation: `tokenizer.${name}`,
        says: `Special token ${name} has to be either str or AddedToken but got: ${typeof value}`,
      });
    }
    this.#tokens.set(name, value);
  }

  #get(name: SpecialTokenName): string | null {
    const token = this.#tokens.get(name) ?? null;
    if (token === null && this.verbose) warn(`Using ${name}, but it is not set yet.`);
    return token === null ? null : String(token);
  }

  #id(name: SpecialTokenName): number | null {
    const token = this.#tokens.get(name) ?? null;
    return token === null ? null : this.convert_tokens_to_ids(String(token));
  }

  #setId(name: SpecialTokenName, id: number | null): void {
    this.#set(name, id === null ? null : this.convert_ids_to_tokens(id));
  }

  get bos_token(): string | null {
    return this.#get("bos_token");
  }
  set bos_token(value: TokenValue | null) {
    this.#set("bos_token", value);
  }
  get eos_token(): string | null {
    return this.#get("eos_token");
  }
  set eos_token(value: TokenValue | null) {
    this.#set("eos_token", value);
  }
  get unk_token(): string | null {
    return this.#get("unk_token");
  }
  set unk_token(value: TokenValue | null) {
    this.#set("unk_token", value);
  }
  get sep_token(): string | null {
    return this.#get("sep_token");
  }
  set sep_token(value: TokenValue | null) {
    this.#set("sep_token", value);
  }
  get pad_token(): string | null {
    return this.#get("pad_token");
  }
  set pad_token(value: TokenValue | null) {
    this.#set("pad_token", value);
  }
  get cls_token(): string | null {
    return this.#get("cls_token");
  }
  set cls_token(value: TokenValue | null) {
    this.#set("cls_token", value);
  }
  get mask_token(): string | null {
    return this.#get("mask_token");
  }
  set mask_token(value: TokenValue | null) {
    this.#set("mask_token", value);
  }
  get additional_special_tokens(): string[] {
    return this.#additional.map(String);
  }
  set additional_special_tokens(values: readonly TokenValue[]) {
    const areTokens =
      Array.isArray(values) && values.every((value) => typeof value === "string" || value instanceof AddedToken);
    if (!areTokens) {
      throw new InvalidArgumentError({
        operation: "tokenizer.additional_special_tokens",
        says: Array.isArray(values)
          ? "One of the tokens is not a string or an AddedToken"
          : `Value ${String(values)} is not a list or tuple`,
        expected: "an array of strings and AddedTokens",
        got: JSON.stringify(values),
      });
    }
    this.#additional = [...values];
  }

  get bos_token_id(): number | null {
    return this.#id("bos_token");
  }
  set bos_token_id(id: number | null) {
    this.#setId("bos_token", id);
  }
  get eos_token_id(): number | null {
    return this.#id("eos_token");
  }
  set eos_token_id(id: number | null) {
    this.#setId("eos_token", id);
  }
  get unk_token_id(): number | null {
    return this.#id("unk_token");
  }
  set unk_token_id(id: number | null) {
    this.#setId("unk_token", id);
  }
  get sep_token_id(): number | null {
    return this.#id("sep_token");
  }
  set sep_token_id(id: number | null) {
    this.#setId("sep_token", id);
  }
  get pad_token_id(): number | null {
    return this.#id("pad_token");
  }
  set pad_token_id(id: number | null) {
    this.#setId("pad_token", id);
  }
  get cls_token_id(): number | null {
    return this.#id("cls_token");
  }
  set cls_token_id(id: number | null) {
    this.#setId("cls_token", id);
  }
  get mask_token_id(): number | null {
    return this.#id("mask_token");
  }
  set mask_token_id(id: number | null) {
    this.#setId("mask_token", id);
  }
  get additional_special_tokens_ids(): number[] {
    return this.convert_tokens_to_ids(this.additional_special_tokens);
  }

  /** The specials that are set, by role, as strings. */
  get special_tokens_map(): SpecialTokensMap {
    const map: SpecialTokensMap = {};
    for (const name of specialTokenNames) {
      const token = this.#tokens.get(name);
      if (token) map[name] = String(token);
    }
    if (this.#additional.length > 0) map.additional_special_tokens = this.additional_special_tokens;
    return map;
  }

  /** The same with the AddedTokens where they are such. */
  get special_tokens_map_extended(): { [name: string]: TokenValue | TokenValue[] } {
    const map: { [name: string]: TokenValue | TokenValue[] } = {};
    for (const name of specialTokenNames) {
      const token = this.#tokens.get(name);
      if (token) map[name] = token;
    }
    if (this.#additional.length > 0) map.additional_special_tokens = [...this.#additional];
    return map;
  }

  /** All specials by role, each spelling once. */
  get all_special_tokens_extended(): TokenValue[] {
    const seen = new Map<string, TokenValue>();
    for (const value of Object.values(this.special_tokens_map_extended).flat()) {
      if (!seen.has(String(value))) seen.set(String(value), value);
    }
    return [...seen.values()];
  }

  get all_special_tokens(): string[] {
    return this.all_special_tokens_extended.map(String);
  }

  get all_special_ids(): number[] {
    return this.convert_tokens_to_ids(this.all_special_tokens);
  }
}
