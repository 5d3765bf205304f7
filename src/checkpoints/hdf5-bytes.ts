/** The bytes of an HDF5 file as its format reads them: little-endian fields at an address, never beyond the file's end. */
import { CheckpointError } from "../errors.ts";
import type { OpenFile } from "../files.ts";
import { downloadAgain } from "./stored-tensor.ts";

/** Small pieces of a file are read in pages, as what describes the numbers lies between them. */
const pageSize = 2 ** 13;

export class Hdf5Bytes {
  readonly size: number;
  readonly #file: OpenFile;
  readonly #operation: string;
  readonly #pages = new Map<number, Uint8Array>();

  constructor(file: OpenFile, operation: string) {
    this.#file = file;
    this.#operation = operation;
    this.size = file.size;
  }

  /** `what` says in an error what should have been there. */
  async fields(address: number, length: number, what: string): Promise<Fields> {
    if (!Number.isSafeInteger(address) || address < 0 || length < 0 || address + length > this.size) {
      throw this.damaged(`${what} of ${length} bytes at ${address}`, `a file of ${this.size} bytes`);
    }
    return new Fields(this, await this.#read(address, length), what);
  }

  damaged(expected: string, got: string): CheckpointError {
    return new CheckpointError({ operation: this.#operation, expected, got, fix: downloadAgain });
  }

  async #read(address: number, length: number): Promise<Uint8Array> {
    const first = Math.floor(address / pageSize);
    const last = Math.floor((address + Math.max(length, 1) - 1) / pageSize);
    if (last > first + 8) return this.#file.read(address, length);
    const result = new Uint8Array(length);
    for (let page = first; page <= last; page++) {
      const bytes = await this.#page(page);
      const start = page * pageSize - address;
      const from = Math.max(0, -start);
      result.set(bytes.subarray(from, Math.min(bytes.length, length - start)), Math.max(0, start));
    }
    return result;
  }

  async #page(page: number): Promise<Uint8Array> {
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    const start = page * pageSize;
    const bytes = await this.#file.read(start, Math.min(pageSize, this.size - start));
    this.#pages.set(page, bytes);
    return bytes;
  }
}

/** Fields one after the other. */
export class Fields {
  readonly #whole: Hdf5Bytes;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  constructor(whole: Hdf5Bytes, bytes: Uint8Array, what: string) {
    this.#whole = whole;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A whole number; one of 8 bytes that no address or size can have is an error. */
  uint(length: 1 | 2 | 4 | 8): number {
    const at = this.#advance(length);
    if (length === 1) return this.#view.getUint8(at);
    if (length === 2) return this.#view.getUint16(at, true);
    if (length === 4) return this.#view.getUint32(at, true);
    const value = Number(this.#view.getBigUint64(at, true));
    if (Number.isSafeInteger(value)) return value;
    throw this.#whole.damaged(`a number in ${this.#what}`, "one of 64 bits");
  }

  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** The next fields as fields of their own. */
  part(length: number, what: string): Fields {
    return new Fields(this.#whole, this.bytes(length), what);
  }

  skip(length: number): this {
    this.#advance(length);
    return this;
  }

  /** Throws unless the next bytes are this text. */
  expect(text: string): this {
    const got = new TextDecoder("latin1").decode(this.bytes(text.length));
    if (got === text) return this;
    throw this.#whole.damaged(`${this.#what}, which begins with "${text}"`, JSON.stringify(got));
  }

  damaged(got: string): CheckpointError {
    return this.#whole.damaged(this.#what, got);
  }

  #advance(length: number): number {
    const at = this.#at;
    if (!(length >= 0) || at + length > this.#bytes.length) {
      throw this.#whole.damaged(`${this.#what}, ${length} more bytes of it`, `${this.left}`);
    }
    this.#at += length;
    return at;
  }
}

/** UTF-8 up to the first zero byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
