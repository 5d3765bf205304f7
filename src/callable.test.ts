import { describe, expect, it } from "vitest";
import { Callable } from "./callable.ts";

type Scale = (x: number) => number;

class Scaler extends Callable<Scale> {
  static readonly kind = "scaler";
  readonly #factor: number;
  calls = 0;

  constructor(factor: number) {
    super();
    this.#factor = factor;
  }

  override get length(): number {
    return this.#factor;
  }

  override get name(): string {
    return "own name";
  }

  _call(x: number): number {
    this.calls++;
    return x * this.#factor;
  }
}

class Shifted extends Scaler {
  override _call(x: number): number {
    return super._call(x) + 1;
  }
}

describe("Callable", () => {
  it("calls _call with the instance as `this`", () => {
    const scale = new Scaler(3);
    expect(scale(5)).toBe(15);
    expect(scale.calls).toBe(1);
  });

  it("keeps prototype, private fields, statics and getters that functions have of their own", () => {
    const scale = new Scaler(7);
    expect(scale).toBeInstanceOf(Scaler);
    expect(scale.constructor).toBe(Scaler);
    expect(Scaler.kind).toBe("scaler");
    expect(scale.length).toBe(7);
    expect(scale.name).toBe("own name");
    expect(Object.keys(scale)).toEqual(["calls"]);
  });

  it("keeps what functions have and reaches the override of a subclass", () => {
    const shifted = new Shifted(2);
    expect(shifted(10)).toBe(21);
    expect([1, 2].map(shifted)).toEqual([3, 5]);
    expect(shifted.call(null, 4)).toBe(9);
  });
});
