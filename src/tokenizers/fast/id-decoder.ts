/**
 * Ids back to text (tokenizers 0.15.2, decoders/byte_level.rs): the bytes of all tokens in a row, read as UTF-8. Ids that
 * nothing has are passed over. The bytes of a token are remembered.
 */
import { type DecodeErrors, decodeUtf8, tokenBytes } from "../bpe/byte-level.ts";

export class IdDecoder {
  readonly #tokenOf: (id: number) => string | null;
  readonly #errors: DecodeErrors;
  readonly #bytes = new Map<number, Uint8Array>();

  constructor(tokenOf: (id: number) => string | null, errors: DecodeErrors) {
    this.#tokenOf = tokenOf;
    this.#errors = errors;
  }

  /** The text of ids. */
  text(ids: readonly number[]): string {
    return this.#joined(ids.map((id) => this.#bytesOf(id)));
  }

  /** The text of tokens. */
  textOfTokens(tokens: readonly string[]): string {
    return this.#joined(tokens.map(tokenBytes));
  }

  /** To be called when ids get other tokens. */
  forget(): void {
    this.#bytes.clear();
  }

  #bytesOf(id: number): Uint8Array {
    let bytes = this.#bytes.get(id);
    if (bytes === undefined) {
      bytes = tokenBytes(this.#tokenOf(id) ?? "");
      this.#bytes.set(id, bytes);
    }
    return bytes;
  }

  #joined(parts: readonly Uint8Array[]): string {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return decodeUtf8(whole, this.#errors);
  }
}
