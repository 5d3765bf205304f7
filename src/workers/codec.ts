/**
 * Values in the form in which they cross to a worker and back. Structured cloning carries numbers, strings, typed arrays,
 * arrays and plain objects as they are; of instances of classes it keeps the fields and forgets the class, so those cross as
 * the name of their class and their parts. What is no data (functions, instances of unknown classes) is refused by its place.
 *
 * A value that is there twice arrives as one value that is there twice.
 */
import { InternalError, InvalidArgumentError } from "../errors.ts";
import { Tensor, type TensorType } from "../tensor.ts";
import { type ErrorClass, type ErrorParts, errorFromParts, partsOfError, standardErrors } from "./error-parts.ts";

/** A class whose instances cross. */
export interface CrossingClass {
  readonly name: string;
  readonly type: abstract new (...args: never[]) => object;
  /** What an instance consists of: anything that crosses. */
  pack(value: object): unknown;
  unpack(parts: unknown): object;
}

/** A line of the table of classes. `name` is what both sides call it, whatever a minifier makes of the class. */
export function crossing<T extends object, P>(
  name: string,
  type: abstract new (...args: never[]) => T,
  pack: (value: T) => P,
  unpack: (parts: P) => T,
): CrossingClass {
  // A codec hands instances of `type` to `pack`, and to `unpack` what `pack` gave.
  return { name, type, pack: (value) => pack(value as T), unpack: (parts) => unpack(parts as P) };
}

/** The key by which a packed instance is told from a plain object; one that has this key is packed too, as "Object". */
const mark = "led-transformers:class";

/** A message is one block of memory on either side, which has a largest size in every engine. */
const largestMessage = 2 ** 31 - 2 ** 20;

const ownClasses: readonly CrossingClass[] = [
  crossing(
    "Tensor",
    Tensor as typeof Tensor<TensorType>,
    ({ type, data, dims }) => ({ type, data, dims }),
    ({ type, data, dims }) => new Tensor(type, data, dims),
  ),
  crossing(
    "Map",
    Map<unknown, unknown>,
    (map) => [...map],
    (entries) => new Map(entries),
  ),
  crossing(
    "Set",
    Set<unknown>,
    (set) => [...set],
    (items) => new Set(items),
  ),
];

export class Codec {
  readonly #byType: ReadonlyMap<unknown, CrossingClass>;
  readonly #byName: ReadonlyMap<string, CrossingClass>;
  readonly #errors: readonly ErrorClass[];

  constructor(classes: readonly CrossingClass[] = [], errors: readonly ErrorClass[] = []) {
    this.#errors = [...standardErrors, ...errors];
    this.#byType = new Map([...ownClasses, ...classes].map((one) => [one.type, one]));
    this.#byName = new Map([...ownClasses, ...classes].map((one) => [one.name, one]));
  }

  /**
   * The form that crosses. `operation` and `path` are what an error calls the call and the value: an InvalidArgumentError
   * names what cannot cross, and tells when the whole is too large.
   */
  encode(value: unknown, operation: string, path = "the value"): unknown {
    const made = new Map<object, unknown>();
    let bytes = 0;
    const refuse = (got: string, where: string): never => {
      throw new InvalidArgumentError({
        operation,
        expected: `data as \`${where}\`, which is all that crosses to a worker`,
        got,
        fix: "Leave it out, or load the model without `worker`.",
      });
    };
    const encode = (item: unknown, where: string): unknown => {
      if (typeof item === "function") return refuse("a function", where);
      if (typeof item === "symbol") return refuse("a symbol", where);
      if (typeof item !== "object" || item === null) return item;
      if (!made.has(item)) {
        // Left there while its parts are made: who meets it has gone in a circle.
        made.set(item, made);
        made.set(item, encodeObject(item, where));
      }
      const encoded = made.get(item);
      return encoded === made ? refuse("a value that contains itself", where) : encoded;
    };
    const encodeObject = (item: object, where: string): unknown => {
      if (Array.isArray(item)) {
        return item.map((part, index) => (isPlain(part) ? part : encode(part, `${where}[${index}]`)));
      }
      if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer) {
        bytes += item.byteLength;
        return item;
      }
      if (item instanceof Error) return { [mark]: "Error", parts: encodeError(item, where) };
      const prototype = Object.getPrototypeOf(item) as object | null;
      const known = this.#byType.get(prototype?.constructor);
      if (known !== undefined) return { [mark]: known.name, parts: encode(known.pack(item), where) };
      if (prototype !== null && prototype !== Object.prototype) {
        return refuse(`an instance of ${prototype.constructor?.name || "a class without a name"}`, where);
      }
      const entries = Object.entries(item).map(([key, part]) => [key, encode(part, `${where}.${key}`)]);
      return Object.hasOwn(item, mark) ? { [mark]: "Object", parts: entries } : Object.fromEntries(entries);
    };
    // An error crosses without the fields that cannot: it is not lost for their sake.
    const encodeError = (error: Error, where: string): ErrorParts =>
      partsOfError(error, this.#errors, (field) => {
        try {
          return { value: encode(field, where) };
        } catch {
          return undefined;
        }
      });
    const encoded = encode(value, path);
    if (bytes > largestMessage) {
      throw new InvalidArgumentError({
        operation,
        expected: `at most ${largestMessage} bytes of numbers to cross between program and worker in one call`,
        got: String(bytes),
        fix: "Ask for fewer outputs at once (attentions and hidden states are the largest), or load the model without `worker`.",
      });
    }
    return encoded;
  }

  /** The value whose form this is. */
  decode(wire: unknown): unknown {
    const made = new Map<object, unknown>();
    const decode = (item: unknown): unknown => {
      if (typeof item !== "object" || item === null) return item;
      if (!made.has(item)) made.set(item, decodeObject(item));
      return made.get(item);
    };
    const decodeObject = (item: object): unknown => {
      if (Array.isArray(item)) return item.map((part) => (isPlain(part) ? part : decode(part)));
      if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer) return item;
      if (!Object.hasOwn(item, mark)) {
        return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, decode(part)]));
      }
      const { [mark]: name, parts } = item as { [mark]: string; parts: unknown };
      if (name === "Object") return Object.fromEntries(decode(parts) as [string, unknown][]);
      if (name === "Error") return errorFromParts(decode(parts) as ErrorParts, this.#errors);
      const known = this.#byName.get(name);
      if (known === undefined) {
        throw new InternalError({ operation: "worker", expected: "a class that both sides know", got: name });
      }
      return known.unpack(decode(parts));
    };
    return decode(wire);
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string";
}
