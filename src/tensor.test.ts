import { expect, test } from "vitest";
import { Tensor } from "./tensor.ts";

test("a disposed tensor has given its memory back, with all that reads the same", () => {
  const tensor = Tensor.zeros("float32", [2, 3]);
  const other = tensor.reshape([3, 2]);
  tensor.dispose();
  expect(tensor.data.length).toBe(0);
  expect(other.data.length).toBe(0);
  expect(() => tensor.at(0)).toThrow("Tensor.at: expected an index below 0, got 0");
  tensor.dispose();
});

test("memory that is more than the tensor's, or shared, stays", () => {
  const numbers = new Float32Array(8).fill(1);
  new Tensor("float32", numbers.subarray(0, 4), [4]).dispose();
  const shared = new Float32Array(new SharedArrayBuffer(16)).fill(2);
  new Tensor("float32", shared, [4]).dispose();
  Tensor.zeros("int64", [0]).dispose();
  expect([...numbers, ...shared]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
});
