/** Parquet files that pyarrow wrote (tests/oracle/parquet.py). */
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { readFixture } from "../../tests/support/tokenizer-fixtures.ts";
import { type Files, memoryFiles } from "../files.ts";
import { openDataset, type Row } from "./index.ts";

const { rows } = readFixture<{ rows: Row[] }>("parquet.json");
const folder = new URL("../../tests/oracle/fixtures/parquet/", import.meta.url);

function parquet(name: string): { files: Files; name: string } {
  return { files: memoryFiles([[name, new Uint8Array(readFileSync(new URL(name, folder)))]]), name };
}

test.each(["rows.parquet", "plain.parquet"])("%s: rows in their order, backwards and at once", async (name) => {
  const dataset = await openDataset(parquet(name));
  expect([dataset.length, dataset.columns]).toEqual([rows.length, Object.keys(rows[0]!)]);
  const got: Row[] = [];
  for await (const row of dataset) got.push(row);
  expect(got).toEqual(rows);
  for (let i = rows.length - 1; i >= 0; i--) expect(await dataset.get(i)).toEqual(rows[i]);
  expect(await Promise.all(rows.map((_, i) => dataset.get(i)))).toEqual(rows);
  expect(dataset.placeOf(8)).toBe(`${name}, row 9 of 23`);
  await dataset.close();
});

test("what no row asked for is not read: groups, and columns", async () => {
  const { files, name } = parquet("rows.parquet");
  const reads = vi.fn<(offset: number, length: number) => void>();
  const open: Files["open"] = async (wanted) => {
    const file = await files.open(wanted);
    return {
      size: file.size,
      close: () => file.close(),
      read(offset, length) {
        reads(offset, length);
        return file.read(offset, length);
      },
    };
  };
  const dataset = await openDataset({ files: { ...files, open }, name });
  const bytesOf = async (work: () => Promise<unknown>): Promise<number> => {
    reads.mockClear();
    await work();
    return reads.mock.calls.reduce((sum, [, length]) => sum + length, 0);
  };
  const one = dataset.only(["text"]);
  const bytes = await bytesOf(() => one.get(9));
  expect(bytes).toBeGreaterThan(0);
  expect(await bytesOf(() => one.get(12))).toBe(0);
  expect(await bytesOf(() => one.get(0))).toBeGreaterThan(0);
  expect(await bytesOf(() => dataset.get(9))).toBeGreaterThan(3 * bytes);
  expect(await one.get(9)).toEqual({ text: rows[9]!.text });
  expect(dataset.shuffle(1).only(["id"]).columns).toEqual(["id"]);
});

test("dates are texts", async () => {
  const dataset = await openDataset(parquet("day.parquet"));
  expect(await dataset.get(0)).toEqual({ day: "2024-02-29T12:30:00.000Z" });
});

test("a number that no double holds is refused with its place", async () => {
  const dataset = await openDataset(parquet("large-number.parquet"));
  expect(await dataset.get(0)).toEqual({ id: 1 });
  await expect(dataset.get(1)).rejects.toThrow(
    "large-number.parquet, row 2 of 2, column id: expected a whole number of at most 2^53 - 1, got 1152921504606846976",
  );
});

test("refused: other compressions, no rows, no Parquet, half a file", async () => {
  const zstd = await openDataset(parquet("zstd.parquet"));
  await expect(zstd.get(0)).rejects.toThrow(
    'read zstd.parquet, rows 1 to 2: expected values that are not compressed, or by SNAPPY, got ZSTD. Write the file again, with compression="snappy".',
  );
  await expect(openDataset(parquet("empty.parquet"))).rejects.toThrow("expected at least one row, got none");
  const bytes = readFileSync(new URL("rows.parquet", folder));
  for (const content of [bytes.subarray(0, 3000), bytes.subarray(100), Buffer.from("PAR1"), Buffer.alloc(0)]) {
    const files = memoryFiles([["bad.parquet", new Uint8Array(content)]]);
    await expect(openDataset({ files, name: "bad.parquet" }).then((dataset) => dataset.get(0))).rejects.toThrow(
      /^read bad\.parquet.*expected (a Parquet file|Parquet data), got .* Is the (download complete|file whole)\?$/,
    );
  }
});
