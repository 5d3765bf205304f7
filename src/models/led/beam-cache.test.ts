import { expect, test } from "vitest";
import { mostNegativeFloat32, Tensor } from "../../tensor.ts";
import { ancestryBias, appendRows, emptyCache, extended } from "./beam-cache.ts";

const geometry = { batch: 2, beams: 3, layers: 1, heads: 2, width: 1 };

/** Rows [B, h, n, 1] whose value says where they belong: example, head, row. */
function rowsOf(n: number, mark: number): { keys: Tensor<"float32">; values: Tensor<"float32"> }[] {
  const values = [0, 1].flatMap((example) =>
    [0, 1].flatMap((head) => Array.from({ length: n }, (_, row) => mark + 100 * example + 10 * head + row)),
  );
  const keys = new Tensor("float32", Float32Array.from(values), [2, 2, n, 1]);
  return [{ keys, values: new Tensor("float32", keys.data.map((x) => -x) as Float32Array<ArrayBuffer>, keys.dims) }];
}

/** Rows in use of one example and head. */
function used(cache: ReturnType<typeof emptyCache>, example: number, head: number): number[] {
  const start = (example * 2 + head) * cache.room;
  return [...cache.layers[0]!.keys.data.subarray(start, start + cache.used)];
}

test("rows are written behind each other and survive growth", () => {
  let cache = appendRows(emptyCache(geometry), rowsOf(2, 1000), () => Int32Array.of(0, 1));
  expect(cache.room).toBe(96);
  for (let step = 1; step <= 40; step++) {
    cache = appendRows(cache, rowsOf(3, 1000 * (step + 1)), (sequence, first) =>
      extended(cache.ancestry[sequence]!, first + (sequence % 3)),
    );
  }
  expect([cache.used, cache.room]).toEqual([122, 192]);
  expect(used(cache, 1, 1).slice(0, 5)).toEqual([1110, 1111, 2110, 2111, 2112]);
  expect(used(cache, 0, 1).slice(-3)).toEqual([41010, 41011, 41012]);
  expect(cache.layers[0]!.values.at(0)).toBe(-1000);
});

test("a beam sees the rows of its parent's past and itself", () => {
  const prompt = appendRows(emptyCache(geometry), rowsOf(2, 0), () => Int32Array.of(0, 1));
  const first = appendRows(prompt, rowsOf(3, 0), (sequence, row) =>
    extended(prompt.ancestry[sequence]!, row + (sequence % 3)),
  );
  // Example 0: all beams continue its beam 2. Example 1: they stay.
  const parents = Int32Array.of(2, 2, 2, 3, 4, 5);
  const bias = ancestryBias(first, parents);
  expect(bias.dims).toEqual([2, 1, 3, first.room + 3]);
  const seen = (sequence: number) => {
    const width = first.room + 3;
    const row = [...bias.data.subarray(sequence * width, (sequence + 1) * width)];
    expect(row.every((x) => x === 0 || x === mostNegativeFloat32)).toBe(true);
    return row.flatMap((x, at) => (x === 0 ? [at < first.room ? at : `new ${at - first.room}`] : []));
  };
  expect(seen(0)).toEqual([0, 1, 4, "new 0"]);
  expect(seen(1)).toEqual([0, 1, 4, "new 1"]);
  expect(seen(4)).toEqual([0, 1, 3, "new 1"]);
});
