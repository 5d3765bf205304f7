/**
 * A restricted reader of Python pickles: it builds plain values and calls nothing but what its caller gives it. Globals,
 * calls and persistent ids all go through `hooks`, which refuse what they do not know, so that a hostile pickle can at
 * most name what it wanted to run.
 * Format: Python's Lib/pickletools.py; the opcodes are those torch.save writes (protocol 2, and 3 to 5 when asked), as in
 * torch 2.5.1 torch/_weights_only_unpickler.py. Values: None null, int number (bigint past 2^53), list array,
 * dict and OrderedDict Map, tuple PickleTuple.
 */
import { CheckpointError } from "../errors.ts";

export class PickleTuple {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

export interface PickleHooks {
  /** What `module.name` stands for; throws for a global that is not allowed. */
  global(module: string, name: string): unknown;
  /** The result of calling what `global` gave. */
  call(callable: unknown, args: readonly unknown[]): unknown;
  persistent(id: unknown): unknown;
}

/** The pickle goes on after the bytes that were given. */
export class PickleEndError extends CheckpointError {}

/** An LED of 24 layers takes 20,000 steps. A step can make an object of some 200 bytes: this bounds memory as well as time. */
const maximumSteps = 500_000;

const lowestProtocol = 2;
const highestProtocol = 5;

/** The value of the pickle at `start` and the offset of the byte after its STOP. */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  hooks: PickleHooks,
  operation: string,
): { value: unknown; end: number } {
  const machine = new PickleMachine(bytes, start, hooks, operation);
  return machine.run();
}

class PickleMachine {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly hooks: PickleHooks;
  private readonly operation: string;
  private at: number;
  private readonly stack: unknown[] = [];
  /** Stack heights at which MARKs stand. */
  private readonly marks: number[] = [];
  /** A Map, as an index far beyond the others costs nothing in it. */
  private readonly memo = new Map<number, unknown>();

  constructor(bytes: Uint8Array, start: number, hooks: PickleHooks, operation: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.hooks = hooks;
    this.operation = operation;
  }

  run(): { value: unknown; end: number } {
    for (let step = 0; step < maximumSteps; step++) {
      const code = this.byte();
      if (code === stopCode) return { value: this.pop(), end: this.at };
      const opcode = opcodes.get(code);
      if (opcode === undefined) {
        const shown = code > 32 && code < 127 ? `"${String.fromCharCode(code)}"` : `0x${code.toString(16)}`;
        throw this.error("pickle opcodes that torch.save writes", `${shown} at byte ${this.at - 1} of the pickle`);
      }
      opcode(this);
    }
    throw this.error(`a pickle of at most ${maximumSteps} steps`, "more");
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0))
      throw this.error("a value on the pickle's stack", "an empty stack");
    return this.stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** All values above the last MARK. */
  popToMark(): unknown[] {
    const height = this.marks.pop();
    if (height === undefined) throw this.error("a mark on the pickle's stack", "none");
    return this.stack.splice(height);
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw this.error("a memo entry that was stored before", `entry ${index}`);
    this.push(this.memo.get(index));
  }

  tuple(items: readonly unknown[]): void {
    this.push(new PickleTuple(items));
  }

  tupleOf(length: number): void {
    const items = Array.from({ length }, () => this.pop());
    this.tuple(items.reverse());
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map)) throw this.error("a dict to set items of", kindOf(target));
    if (items.length % 2 !== 0) throw this.error("a value for each key of a dict", "a key without one");
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== "string" && typeof key !== "number")
        throw this.error("strings or numbers as keys", kindOf(key));
      target.set(key, items[i + 1]);
    }
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw this.error("a list to append to", kindOf(target));
    for (const item of items) target.push(item);
  }

  global(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") {
      throw this.error("strings as the name of a global", `${kindOf(module)} and ${kindOf(name)}`);
    }
    this.push(this.hooks.global(module, name));
  }

  reduce(): void {
    const args = this.pop();
    const callable = this.pop();
    if (!(args instanceof PickleTuple)) throw this.error("a tuple of arguments", kindOf(args));
    this.push(this.hooks.call(callable, args.items));
  }

  /** Only state_dict()'s own attributes (`_metadata`: version numbers of modules) come this way; they hold no weights. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (!(target instanceof Map))
      throw this.error("attributes of an OrderedDict only", `attributes of ${kindOf(target)}`);
    if (!(state instanceof Map)) throw this.error("a dict of attributes", kindOf(state));
  }

  persistent(): void {
    this.push(this.hooks.persistent(this.pop()));
  }

  protocol(): void {
    const version = this.byte();
    if (version < lowestProtocol || version > highestProtocol) {
      throw this.error(`pickle protocol ${lowestProtocol} to ${highestProtocol}`, String(version));
    }
  }

  byte(): number {
    return this.bytes[this.advance(1)]!;
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** Two's complement, little-endian. */
  long(length: number): number | bigint {
    const start = this.advance(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  utf8(length: number): string {
    const start = this.advance(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw this.ended(1);
    const text = this.utf8(end - this.at);
    this.at++;
    return text;
  }

  private advance(length: number): number {
    if (this.at + length > this.bytes.length) throw this.ended(length);
    this.at += length;
    return this.at - length;
  }

  private ended(length: number): PickleEndError {
    return new PickleEndError({
      operation: this.operation,
      expected: `${length} more bytes at byte ${this.at} of the pickle`,
      got: `${this.bytes.length - this.at}`,
      fix: "The file seems to be cut short or damaged: delete it and download it again.",
    });
  }

  private error(expected: string, got: string): CheckpointError {
    return new CheckpointError({ operation: this.operation, expected, got });
  }
}

export function kindOf(value: unknown): string {
  if (value === null) return "None";
  if (value instanceof PickleTuple) return "a tuple";
  if (value instanceof Map) return "a dict";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  return typeof value === "object" || typeof value === "function" ? "an object" : String(value);
}

const stopCode = 0x2e;

/** By pickletools' names, in its order. */
const opcodes: ReadonlyMap<number, (m: PickleMachine) => void> = new Map<number, (m: PickleMachine) => void>([
  [0x4a, (m) => m.push(m.int32())], // BININT
  [0x4b, (m) => m.push(m.byte())], // BININT1
  [0x4d, (m) => m.push(m.uint16())], // BININT2
  [0x8a, (m) => m.push(m.long(m.byte()))], // LONG1
  [0x55, (m) => m.push(m.utf8(m.byte()))], // SHORT_BINSTRING
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x8c, (m) => m.push(m.utf8(m.byte()))], // SHORT_BINUNICODE
  [0x58, (m) => m.push(m.utf8(m.uint32()))], // BINUNICODE
  [0x47, (m) => m.push(m.float64())], // BINFLOAT
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, (m) => m.append(m.popToMark())], // APPENDS
  [0x29, (m) => m.tuple([])], // EMPTY_TUPLE
  [0x74, (m) => m.tuple(m.popToMark())], // TUPLE
  [0x85, (m) => m.tupleOf(1)], // TUPLE1
  [0x86, (m) => m.tupleOf(2)], // TUPLE2
  [0x87, (m) => m.tupleOf(3)], // TUPLE3
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => m.setItems(m.popToMark())], // SETITEMS
  [0x28, (m) => m.mark()], // MARK
  [0x68, (m) => m.recall(m.byte())], // BINGET
  [0x6a, (m) => m.recall(m.uint32())], // LONG_BINGET
  [0x71, (m) => m.remember(m.byte())], // BINPUT
  [0x72, (m) => m.remember(m.uint32())], // LONG_BINPUT
  [0x94, (m) => m.rememberNext()], // MEMOIZE
  [0x63, (m) => m.global(m.line(), m.line())], // GLOBAL
  [0x93, (m) => m.global(...([m.pop(), m.pop()].reverse() as [unknown, unknown]))], // STACK_GLOBAL
  [0x52, (m) => m.reduce()], // REDUCE
  [0x62, (m) => m.build()], // BUILD
  [0x80, (m) => m.protocol()], // PROTO
  [0x95, (m) => void m.long(8)], // FRAME
  [0x51, (m) => m.persistent()], // BINPERSID
]);
