/** What a class gave or threw, beside what the oracle says of it (oracle/led_classes_cases.py). */
import { expect } from "vitest";
import { LEDError, Tensor } from "../../src/index.ts";
import { distance, type OracleTensor } from "./oracle.ts";

/** null is None, which the output's field is absent for; dims alone are of a tensor whose numbers are random. */
export type Shown = OracleTensor | { readonly dims: number[] } | number | string | null | readonly Shown[];

export interface ShownOutput {
  readonly keys?: string[];
  readonly outputs?: Readonly<Record<string, Shown>>;
  readonly tuple?: readonly Shown[];
}

const tolerance = 1e-4;
/** Sentences that the reference's authors wrote for its users; other errors are crashes on the way. */
const deliberate =
  /^(ValueError|AssertionError|NotImplementedError): (?!not enough values|Sequence length|Attention mask|Expected input|Target size)/;

/** Where `got` is not what the reference gave. */
export function differences(got: unknown, expected: Shown, path: string): string[] {
  if (expected === null) return got === undefined || got === null ? [] : [`${path}: expected nothing`];
  if (expected === "NaN") return got instanceof Tensor && Number.isNaN(got.item()) ? [] : [`${path}: expected NaN`];
  if (typeof expected === "number") return differences(got, { dims: [], data: [expected] }, path);
  if (typeof expected === "string") return [`${path}: cannot compare "${expected}"`];
  if ("dims" in expected) {
    if (!(got instanceof Tensor)) return [`${path}: no tensor`];
    if (!("data" in expected)) {
      return got.dims.join() === expected.dims.join() ? [] : [`${path}: [${got.dims}], not [${expected.dims}]`];
    }
    const apart = distance(got, expected);
    return apart < tolerance ? [] : [`${path}: ${apart} away`];
  }
  if (!Array.isArray(got) || got.length !== expected.length) return [`${path}: expected ${expected.length} of them`];
  return expected.flatMap((item, i) => differences(got[i], item, `${path}[${i}]`));
}

/** That a call gave these fields in this order, or this tuple. */
export function expectOutput(got: unknown, { keys, outputs, tuple }: ShownOutput): void {
  if (tuple !== undefined) {
    expect(differences(got, tuple, "tuple")).toEqual([]);
    return;
  }
  const fields = got as Readonly<Record<string, unknown>>;
  expect(Object.keys(fields)).toEqual(keys);
  expect(Object.entries(outputs!).flatMap(([key, value]) => differences(fields[key], value, key))).toEqual([]);
}

/** That it throws an error of this package, with the reference's sentence where that was written on purpose. */
export async function expectRefused(run: () => Promise<unknown>, raises?: string): Promise<void> {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LEDError);
  if (raises !== undefined && deliberate.test(raises)) {
    expect((error as LEDError).message).toContain(raises.replace(/^\w+: /, ""));
  }
}
