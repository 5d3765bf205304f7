import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { LengthGroupedSampler, lengthGrouped, permutation, RandomSampler, SequentialSampler } from "./samplers.ts";

const { groups } = readFixture<{
  groups: { lengths: number[]; batch_size: number; permutation: number[]; indices: number[] }[];
}>("trainer.json");

test.each(groups)(
  "groups of like length, batches of $batch_size",
  ({ permutation: order, lengths, batch_size, indices }) => {
    expect(lengthGrouped(order, lengths, batch_size)).toEqual(indices);
  },
);

describe("a random order", () => {
  const places = Array.from({ length: 50 }, (_, i) => i);

  test("has each place once, and is another one for each epoch and seed", () => {
    const sampler = new RandomSampler(50, 7);
    const orders = [sampler.order(0), sampler.order(1), new RandomSampler(50, 8).order(0)];
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual(places);
    expect(new Set(orders.map(String)).size).toBe(3);
    expect(String(orders[0])).not.toBe(String(places));
  });

  test("is a function of seed and epoch", () => {
    expect(new RandomSampler(50, 7).order(3)).toEqual(permutation(50, 7, 3));
  });

  test("puts each place everywhere equally often", () => {
    const counts = new Map<string, number>();
    const epochs = 6000;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const key = permutation(3, 1, epoch).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // A binomial count of 6000 draws at 1/6 has a standard deviation of 29.
    for (const count of counts.values()) expect(Math.abs(count - epochs / 6)).toBeLessThan(5 * 29);
  });
});

test("a sequential order is the data's", () => {
  expect(new SequentialSampler(4).order()).toEqual([0, 1, 2, 3]);
});

describe("lengths", () => {
  const options = { batch_size: 2, seed: 3, length_column_name: "length" };

  test("are those that rows tell, else of their input_ids, and are read once", async () => {
    let reads = 0;
    const rows = [9, 1, 5, 5, 2, 8, 3, 7].map((n) => ({ input_ids: new Array(n).fill(0) }));
    const dataset = {
      length: rows.length,
      async get(place: number) {
        reads += 1;
        return rows[place]!;
      },
    };
    const sampler = new LengthGroupedSampler(dataset, options);
    const first = await sampler.order(0);
    expect(first).toEqual(lengthGrouped(permutation(8, 3, 0), [9, 1, 5, 5, 2, 8, 3, 7], 2));
    expect(await sampler.order(1)).not.toEqual(first);
    expect(reads).toBe(8);
    const told = rows.map((row, i) => ({ ...row, length: i }));
    expect(await new LengthGroupedSampler(told, options).order(0)).toEqual(
      lengthGrouped(permutation(8, 3, 0), [0, 1, 2, 3, 4, 5, 6, 7], 2),
    );
  });

  test("that no row tells are an error with its place", async () => {
    const rows = [{ input_ids: [1] }, { x: [1] }];
    await expect(new LengthGroupedSampler(rows, options).order(0)).rejects.toThrow("got row 1 without");
  });
});
