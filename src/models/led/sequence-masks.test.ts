import { describe, expect, test } from "vitest";
import { mostNegativeFloat32, Tensor } from "../../tensor.ts";
import { cutSequence, joinBlocks, layoutSequence, padSequence } from "./sequence-masks.ts";

const no = mostNegativeFloat32;

describe("layoutSequence", () => {
  test("without masks every position is local, and padding to the block is masked", () => {
    const { paddedLength, slots, feeds } = layoutSequence({ batch: 1, length: 5 }, undefined, undefined);
    expect([paddedLength, slots]).toEqual([16, 0]);
    expect(feeds.block?.item()).toBe(8);
    const own = Array<number>(5).fill(0);
    const padding = Array<number>(11).fill(no);
    expect(feeds.local_bias?.tolist()).toEqual([[...own, ...padding]]);
    expect(feeds.unmasked_bias?.tolist()).toEqual([[...own, ...padding]]);
    expect(feeds.local_query?.tolist()).toEqual([[...own.map(() => [1]), ...padding.map(() => [0])]]);
    expect(feeds.global_index?.dims).toEqual([1, 0, 2]);
  });

  test("globals are seen through their slots, ragged ones leave empty slots", () => {
    const attention_mask = Tensor.from([
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ]);
    const global_attention_mask = Tensor.from([
      [0, 1, 0, 1], // the last is masked, and stays so
      [1, 0, -1, 1], // -1 masks
    ]);
    const { slots, feeds } = layoutSequence({ batch: 2, length: 4 }, attention_mask, global_attention_mask);
    expect(slots).toBe(2);
    const four = (name: string) => (feeds[name]!.tolist() as number[][]).map((row) => row.slice(0, 4).flat());
    expect(four("local_bias")).toEqual([
      [0, no, 0, no],
      [no, 0, no, no],
    ]);
    expect(four("unmasked_bias")).toEqual([
      [0, 0, 0, no],
      [0, 0, no, 0],
    ]);
    expect(four("local_query")).toEqual([
      [1, 0, 1, 0],
      [0, 1, 0, 0],
    ]);
    expect(four("slot_of_query")).toEqual([
      [2, 0, 2, 2],
      [0, 2, 2, 1],
    ]);
    expect(feeds.global_index?.tolist()).toEqual([
      [
        [0, 1],
        [0, 0],
      ],
      [
        [1, 0],
        [1, 3],
      ],
    ]);
    expect(feeds.slot_bias?.tolist()).toEqual([
      [0, no],
      [0, 0],
    ]);
  });

  test("a fractional mask counts by which side of one it lies", () => {
    const { feeds, slots } = layoutSequence({ batch: 1, length: 3 }, Tensor.from([[0.5, 1, 1.5]]), undefined);
    expect(slots).toBe(1);
    expect((feeds.local_bias!.tolist() as number[][])[0]!.slice(0, 3)).toEqual([no, 0, no]);
    expect((feeds.unmasked_bias!.tolist() as number[][])[0]!.slice(0, 3)).toEqual([no, 0, 0]);
  });

  test.each([
    [1, 8, 16],
    [256, 128, 256],
    [257, 136, 272],
    [300, 152, 304],
    [600, 152, 608],
    [4096, 256, 4096],
    [16383, 256, 16384],
  ])("%i positions come in an even number of blocks of %i, padded to %i", (length, block, padded) => {
    const { paddedLength, feeds } = layoutSequence({ batch: 1, length }, undefined, undefined);
    expect([feeds.block?.item(), paddedLength]).toEqual([block, padded]);
  });

  test("a mask of another shape is refused", () => {
    expect(() => layoutSequence({ batch: 1, length: 3 }, Tensor.from([[1, 1]]), undefined)).toThrow(
      "LEDEncoder, attention_mask: expected [1, 3], a value for each input position, got [1, 2]",
    );
  });
});

test("padding and cutting are inverse", () => {
  const rows = Tensor.from(
    [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [
        [7, 8],
        [9, 10],
        [11, 12],
      ],
    ],
    "float32",
  ) as Tensor<"float32">;
  const padded = padSequence(rows, 5);
  expect(padded.dims).toEqual([2, 5, 2]);
  expect((padded.tolist() as number[][][])[0]!.slice(3)).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(cutSequence(padded, 3).tolist()).toEqual(rows.tolist());
  expect(cutSequence(rows, 3)).toBe(rows);
});

test("rows by block are put in the order of each example; those of one example are not copied", () => {
  // [S/b 2, B 2, b 2, D 1]: a number says example, then position.
  const blocks = new Tensor("float32", Float32Array.from([0, 1, 10, 11, 2, 3, 12, 13]), [2, 2, 2, 1]);
  expect(joinBlocks(blocks).tolist()).toEqual([
    [[0], [1], [2], [3]],
    [[10], [11], [12], [13]],
  ]);
  const one = new Tensor("float32", new Float32Array(6), [3, 1, 2, 1]);
  expect(joinBlocks(one).dims).toEqual([1, 6, 1]);
  expect(joinBlocks(one).data).toBe(one.data);
});
