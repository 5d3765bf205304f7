/** Writes the pickles of state dicts, protocol 2 (CPython 3.11, Lib/pickle.py), with the opcodes that pickle.ts reads. */
export class PickleWriter {
  #bytes: number[] = [0x80, 2];

  /** BINUNICODE */
  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.#bytes.push(0x58);
    this.#little(bytes.length, 4);
    this.#bytes.push(...bytes);
  }

  /** BININT, or LONG1 past 31 bits; `value` is not negative. */
  integer(value: number): void {
    if (value < 2 ** 31) {
      this.#bytes.push(0x4a);
      this.#little(value, 4);
    } else {
      this.#bytes.push(0x8a, 8);
      this.#little(value, 8);
    }
  }

  /** A tuple of integers. */
  integers(values: readonly number[]): void {
    this.tuple(() => {
      for (const value of values) this.integer(value);
    });
  }

  /** NEWFALSE */
  no(): void {
    this.#bytes.push(0x89);
  }

  /** GLOBAL: a function or class of Python by its name. */
  global(module: string, name: string): void {
    this.#bytes.push(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }

  /** GLOBAL, EMPTY_TUPLE, REDUCE: what it gives without arguments. */
  call(module: string, name: string): void {
    this.global(module, name);
    this.#bytes.push(0x29);
    this.reduce();
  }

  /** MARK and TUPLE around the items that `write` writes. */
  tuple(write: () => void): void {
    this.mark();
    write();
    this.#bytes.push(0x74);
  }

  /** BINPERSID of a tuple: something that lies outside the pickle. */
  persistent(write: () => void): void {
    this.tuple(write);
    this.#bytes.push(0x51);
  }

  /** MARK */
  mark(): void {
    this.#bytes.push(0x28);
  }

  /** REDUCE: calls the global below with the tuple above it. */
  reduce(): void {
    this.#bytes.push(0x52);
  }

  /** SETITEMS: keys and values since the mark go into the dict below it. */
  setItems(): void {
    this.#bytes.push(0x75);
  }

  /** STOP; the whole pickle. */
  end(): Uint8Array {
    this.#bytes.push(0x2e);
    return Uint8Array.from(this.#bytes);
  }

  #little(value: number, width: number): void {
    for (let rest = value, i = 0; i < width; i++, rest = Math.floor(rest / 256)) this.#bytes.push(rest % 256);
  }
}
