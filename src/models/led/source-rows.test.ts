import { expect, test } from "vitest";
import { Tensor } from "../../tensor.ts";
import { type LayerBytes, numbersOfSource, sourceOfNumbers } from "./source-rows.ts";

const dims = [1, 2, 3, 4];
const rows = () => ({
  keys: new Tensor(
    "float32",
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    dims,
  ),
  values: new Tensor(
    "float32",
    Float32Array.from({ length: 24 }, (_, i) => (i < 4 ? 0 : 100 * Math.cos(i))),
    dims,
  ),
});

test("numbers become bytes, each row by its own largest, and come back as near as bytes are", () => {
  const given = rows();
  const bytes = sourceOfNumbers(given, true) as LayerBytes;
  expect([bytes.keys.type, bytes.values.type]).toEqual(["uint8", "int8"]);
  expect(bytes.key_scales.dims).toEqual([1, 2, 1, 3]);
  // A copy, of which nothing is known.
  const back = numbersOfSource({ ...bytes });
  for (const part of ["keys", "values"] as const) {
    for (let at = 0; at < 24; at++) {
      const row = given[part].data.subarray(4 * Math.floor(at / 4), 4 * Math.floor(at / 4) + 4);
      const largest = Math.max(...row.map(Math.abs));
      expect(Math.abs(back[part].at(at) - given[part].at(at))).toBeLessThanOrEqual(largest / 253);
    }
  }
  // What came from bytes goes back to the same ones.
  expect((sourceOfNumbers({ ...back }, true) as LayerBytes).keys.data).toEqual(bytes.keys.data);
});

test("what was made once is not made again, and numbers stay what they are", () => {
  const given = rows();
  const bytes = sourceOfNumbers(given, true);
  expect(sourceOfNumbers({ ...given }, true)).toBe(bytes);
  expect(numbersOfSource(bytes).keys).toBe(given.keys);
  expect(sourceOfNumbers({ ...given, values: rows().values }, true)).not.toBe(bytes);
  expect(sourceOfNumbers(given, false)).toBe(given);
  expect(numbersOfSource(given)).toBe(given);
});
