import { expect, test } from "vitest";
import { Tensor } from "../../../tensor.ts";
import { PackedMask } from "./packed-mask.ts";

test.each([[[2, 8]], [[3, 7]], [[1]], [[0, 4]]])("a mask %j is what it was", (dims) => {
  const mask = Tensor.zeros("bool", dims);
  for (let at = 0; at < mask.data.length; at++) mask.data[at] = (at * at + at) % 3 === 0 ? 1 : 0;
  const packed = new PackedMask(mask);
  expect(packed.unpack()).toEqual(mask);
  expect(packed.unpack()).not.toBe(mask);
});
