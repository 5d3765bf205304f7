/**
 * Base of classes whose instances are called like functions: `tokenizer(text)`, `model({...})`, `summarize(text)`.
 *
 *     interface Greet { (name: string): string }
 *     class Greeter extends Callable<Greet> { _call(name: string): string { return `Hello ${name}` } }
 *     new Greeter()("you")
 *
 * The object that `super()` hands to the subclass is a function with the subclass's prototype, so fields (also #private
 * ones), getters, methods and `instanceof` work as on any object, and a call reaches the method `_call`.
 */

/** `Call` is the call signature (with its overloads) that instances get; the subclass must have a `_call` method. */
export type CallableConstructor = new <Call extends (...args: never[]) => unknown>() => Call;

interface HasCall {
  _call(...args: unknown[]): unknown;
}

function CallableBase(): unknown {
  const prototype: object = new.target.prototype;
  const instance = (...args: unknown[]): unknown => (instance as unknown as HasCall)._call(...args);
  // A function's own `length` and `name` would hide getters of the same name in the subclass.
  Reflect.deleteProperty(instance, "length");
  Reflect.deleteProperty(instance, "name");
  return Object.setPrototypeOf(instance, prototype);
}
// What the type says a callable has (apply, bind, call) it has.
Object.setPrototypeOf(CallableBase.prototype, Function.prototype);

export const Callable = CallableBase as unknown as CallableConstructor;
