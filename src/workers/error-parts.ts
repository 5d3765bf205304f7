/**
 * Errors taken apart and put together: a copy of the same class, with the message, the stack of where it was thrown, its cause
 * and its own fields. The constructor is not asked, for what it is given differs from class to class.
 */
import {
  CheckpointError,
  EngineError,
  FileError,
  HubError,
  InternalError,
  InvalidArgumentError,
  LEDError,
} from "../errors.ts";

/** A class of errors, with the name that both sides have for it. */
export type ErrorClass = readonly [name: string, type: abstract new (...args: never[]) => Error];

/** Those of the language and of this package that need no platform. */
export const standardErrors: readonly ErrorClass[] = [
  ["Error", Error],
  ["TypeError", TypeError],
  ["RangeError", RangeError],
  ["SyntaxError", SyntaxError],
  ["ReferenceError", ReferenceError],
  ["LEDError", LEDError],
  ["InvalidArgumentError", InvalidArgumentError],
  ["CheckpointError", CheckpointError],
  ["FileError", FileError],
  ["HubError", HubError],
  ["EngineError", EngineError],
  ["InternalError", InternalError],
];

export interface ErrorParts {
  readonly className: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own fields in the form in which they cross: `name`, `cause` and `operation` among them. */
  readonly fields: readonly ErrorField[];
}

interface ErrorField {
  readonly name: string;
  readonly value: unknown;
  readonly enumerable: boolean;
}

/** `encode` gives the form in which a field's value crosses, undefined where it cannot. */
export function partsOfError(
  error: Error,
  known: readonly ErrorClass[],
  encode: (field: unknown) => { readonly value: unknown } | undefined,
): ErrorParts {
  const { message, stack } = error;
  const own = Object.entries(Object.getOwnPropertyDescriptors(error));
  const fields = own.flatMap(([name, { value, enumerable = false }]): ErrorField[] => {
    const encoded = name === "message" || name === "stack" ? undefined : encode(value);
    return encoded === undefined ? [] : [{ name, value: encoded.value, enumerable }];
  });
  const className = error instanceof DOMException ? "DOMException" : nearest(error, known);
  // A class that is not known here keeps the name that people read.
  if (!fields.some(({ name }) => name === "name")) fields.push({ name: "name", value: error.name, enumerable: false });
  return { className, message, stack, fields };
}

export function errorFromParts({ className, message, stack, fields }: ErrorParts, known: readonly ErrorClass[]): Error {
  const name = fields.find((field) => field.name === "name")?.value;
  if (className === "DOMException") return new DOMException(message, String(name));
  const error = new Error(message);
  const type = known.find(([known]) => known === className)?.[1] ?? Error;
  Object.setPrototypeOf(error, type.prototype as object);
  for (const { name, value, enumerable } of [...fields, { name: "stack", value: stack, enumerable: false }]) {
    Object.defineProperty(error, name, { value, enumerable, writable: true, configurable: true });
  }
  return error;
}

/** The name of the error's class, or of the one nearest above it that is known. */
function nearest(error: Error, known: readonly ErrorClass[]): string {
  for (let at: unknown = error; at !== null; at = Object.getPrototypeOf(at)) {
    const found = known.find(([, type]) => type.prototype === at);
    if (found !== undefined) return found[0];
  }
  return "Error";
}
