/**
 * Writes a Python pickle of protocol 2, opcode for opcode as CPython 3.11's pickler does for the values that a state dict is
 * made of (Modules/_pickle.c; opcodes by the names of Lib/pickletools.py). The values are those that pickle.ts reads:
 * string, boolean, whole number that is not negative, PickleTuple, Map (a dict); and what only the writer needs, below.
 * Python remembers objects by identity; here strings are remembered by their text, so that equal ones are one.
 */
import { InternalError } from "../errors.ts";
import { kindOf, PickleTuple } from "./pickle.ts";

/** A function or class by its name. */
export class PickleGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }
}

/** What a call of a function or class gives. */
export class PickleCall {
  readonly callable: PickleGlobal;
  readonly args: PickleTuple;

  constructor(callable: PickleGlobal, ...args: readonly unknown[]) {
    this.callable = callable;
    this.args = new PickleTuple(args);
  }
}

/** Something that lies outside the pickle, by its id. */
export class PicklePersistent {
  readonly id: PickleTuple;

  constructor(...id: readonly unknown[]) {
    this.id = new PickleTuple(id);
  }
}

/** Items of a dict between two SETITEMS, which bounds what a reader's stack holds. */
const batch = 1000;

const ascii = (letter: string): number => letter.charCodeAt(0);

export function writePickle(value: unknown): Uint8Array {
  const writer = new PickleWriter();
  writer.value(value);
  return writer.end();
}

class PickleWriter {
  // PROTO
  readonly #bytes: number[] = [0x80, 2];
  /** Places of objects and strings that were written, as their memo numbers. */
  readonly #memo = new Map<unknown, number>();

  value(value: unknown): void {
    if (typeof value === "boolean")
      this.#bytes.push(value ? 0x88 : 0x89); // NEWTRUE, NEWFALSE
    else if (typeof value === "number") this.#integer(value);
    else if (value instanceof PicklePersistent) {
      this.value(value.id);
      this.#bytes.push(ascii("Q")); // BINPERSID
    } else if (value instanceof PickleTuple && value.items.length === 0)
      this.#bytes.push(ascii(")")); // EMPTY_TUPLE
    else if (this.#memo.has(value)) this.#get(this.#memo.get(value)!);
    else if (typeof value === "string") this.#text(value);
    else if (value instanceof PickleGlobal) this.#global(value);
    else if (value instanceof PickleCall) this.#call(value);
    else if (value instanceof PickleTuple) this.#tuple(value);
    else if (value instanceof Map) this.#dict(value);
    else
      throw new InternalError({ operation: "write a pickle", expected: "a value of a state dict", got: kindOf(value) });
  }

  end(): Uint8Array {
    this.#bytes.push(ascii(".")); // STOP
    return Uint8Array.from(this.#bytes);
  }

  #integer(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new InternalError({
        operation: "write a pickle",
        expected: "a whole number that is not negative",
        got: String(value),
      });
    }
    if (value < 2 ** 8)
      this.#bytes.push(ascii("K"), value); // BININT1
    else if (value < 2 ** 16)
      this.#little(ascii("M"), value, 2); // BININT2
    else if (value < 2 ** 31)
      this.#little(ascii("J"), value, 4); // BININT
    else {
      // LONG1: two's complement, so that the highest bit must stay free.
      const width = Math.floor(value.toString(2).length / 8) + 1;
      this.#bytes.push(0x8a);
      this.#little(width, value, width);
    }
  }

  #text(value: string): void {
    const utf8 = new TextEncoder().encode(value);
    this.#little(ascii("X"), utf8.length, 4); // BINUNICODE
    this.#bytes.push(...utf8);
    this.#put(value);
  }

  #global(value: PickleGlobal): void {
    this.#bytes.push(...new TextEncoder().encode(`c${value.module}\n${value.name}\n`)); // GLOBAL
    this.#put(value);
  }

  #call(value: PickleCall): void {
    this.value(value.callable);
    this.value(value.args);
    this.#bytes.push(ascii("R")); // REDUCE
    this.#put(value);
  }

  #tuple(value: PickleTuple): void {
    const { items } = value;
    if (items.length > 3) this.#bytes.push(ascii("(")); // MARK
    for (const item of items) this.value(item);
    this.#bytes.push(items.length > 3 ? ascii("t") : 0x84 + items.length); // TUPLE, TUPLE1 to TUPLE3
    this.#put(value);
  }

  #dict(value: ReadonlyMap<unknown, unknown>): void {
    this.#bytes.push(ascii("}")); // EMPTY_DICT
    this.#put(value);
    const items = [...value];
    for (let at = 0; at < items.length; at += batch) {
      const part = items.slice(at, at + batch);
      if (items.length > 1) this.#bytes.push(ascii("(")); // MARK
      for (const item of part) for (const keyOrValue of item) this.value(keyOrValue);
      this.#bytes.push(ascii(items.length > 1 ? "u" : "s")); // SETITEMS, SETITEM
    }
  }

  #put(value: unknown): void {
    const index = this.#memo.size;
    this.#memo.set(value, index);
    if (index < 2 ** 8)
      this.#bytes.push(ascii("q"), index); // BINPUT
    else this.#little(ascii("r"), index, 4); // LONG_BINPUT
  }

  #get(index: number): void {
    if (index < 2 ** 8)
      this.#bytes.push(ascii("h"), index); // BINGET
    else this.#little(ascii("j"), index, 4); // LONG_BINGET
  }

  /** An opcode or length, then a little-endian number. */
  #little(first: number, value: number, width: number): void {
    this.#bytes.push(first);
    for (let rest = value, i = 0; i < width; i++, rest = Math.floor(rest / 256)) this.#bytes.push(rest % 256);
  }
}
