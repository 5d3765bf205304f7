/** Data sets over others, and large files. */

import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../platform/node-folders.ts";
import { Philox } from "../random.ts";
import { ArrayDataset, type Dataset, openDataset, splitDataset } from "./index.ts";

const letters = new ArrayDataset(
  [..."abcdefghij"].map((letter, n) => ({ letter, n })),
  "letters",
);

async function column<R extends object>(dataset: Dataset<R>, name: keyof R): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const row of dataset) values.push(row[name]);
  return values;
}

describe("parts and orders", () => {
  test("ranges and lists of rows; names and places stay those of the file", async () => {
    const part = letters.select({ start: 2, end: 5 });
    expect([part.length, part.name, part.columns]).toEqual([3, "letters", ["letter", "n"]]);
    expect(await column(part, "letter")).toEqual(["c", "d", "e"]);
    expect(part.placeOf(1)).toBe("letters, row 4 of 10");
    expect(await column(letters.select({ start: 8 }), "n")).toEqual([8, 9]);
    expect(await column(letters.select([3, 0, 3]), "n")).toEqual([3, 0, 3]);
    expect(await column(part.select({ end: 2 }).select([1]), "n")).toEqual([3]);
  });

  test.each([
    {
      rows: { start: 5, end: 5 },
      says: "select rows of letters: expected a range within its 10 rows that holds at least one, got 5 to 5",
    },
    { rows: { end: 11 }, says: "got 0 to 11" },
    { rows: { start: 0.5 }, says: "got 0.5 to 10" },
    { rows: [0, 10], says: "select rows of letters: expected row numbers of 0 to 9, got 10" },
  ])("refused: rows $rows", ({ rows, says }) => {
    expect(() => letters.select(rows)).toThrow(says);
  });

  test("a shuffle holds every row once, and its seed decides the order", async () => {
    const [one, again, other] = await Promise.all([1, 1, 2n].map((seed) => column(letters.shuffle(seed), "n")));
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    expect([...one!].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // Written down so that the order stays what it is from version to version.
    expect(one).toEqual([6, 8, 0, 1, 7, 4, 5, 9, 3, 2]);
  });

  test("a shuffle brings every row to every place about equally often", async () => {
    const three = new ArrayDataset([0, 1, 2].map((n) => ({ n })));
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3000; seed++) {
      const order = (await column(three.shuffle(seed), "n")).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // 500 of each, with a standard deviation of 20.
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(100);
  });

  test("map, with the row's number, and columns", async () => {
    const mapped = letters.map(async ({ letter }, i) => ({ both: `${letter}${i}` }), ["both"]);
    expect([mapped.columns, await mapped.select([7]).get(0)]).toEqual([["both"], { both: "h7" }]);
    expect(await letters.only(["n"]).get(3)).toEqual({ n: 3 });
    expect(await letters.shuffle(3).only(["letter"]).get(0)).toEqual({ letter: expect.any(String) });
  });

  test("refused: no rows", () => {
    expect(() => new ArrayDataset([])).toThrow("take the given rows: expected at least one row, got none");
  });
});

describe("splits", () => {
  test("each row goes into one part", async () => {
    const { train, validation, test: last } = splitDataset(letters, { validation: 0.2, test: 0.1, seed: 5 });
    const parts = [train, validation!, last!];
    expect(parts.map(({ length }) => length)).toEqual([7, 2, 1]);
    const rows = (await Promise.all(parts.map((part) => column(part, "n")))).flat();
    expect(rows.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const again = splitDataset(letters, { validation: 0.2, test: 0.1, seed: 5 });
    expect(await column(again.train, "n")).toEqual(await column(train, "n"));
    expect(splitDataset(letters, { test: 0.5 }).validation).toBeUndefined();
  });

  test.each([
    {
      options: {},
      says: "split letters: expected `validation`, `test` or both, shares above 0 that leave something to train on, got validation undefined, test undefined",
    },
    { options: { test: 0 }, says: "got validation undefined, test 0" },
    { options: { test: 0.5, validation: 0.5 }, says: "got validation 0.5, test 0.5" },
    {
      options: { test: 0.01 },
      says: "split letters: expected at least one row for test, got none of 10. Change the shares",
    },
    { options: { test: 0.99 }, says: "expected at least one row for train, got none of 10" },
    { options: { tests: 0.1 } as object, says: "Did you mean `test`?" },
  ])("refused: $options", ({ options, says }) => {
    expect(() => splitDataset(letters, options)).toThrow(says);
  });
});

describe("200,000 rows", () => {
  const count = 200_000;
  let folder = "";
  const rowOf = (n: number) => ({ n, text: `row ${n} ${"ä".repeat(n % 23)}\n${"🙂".repeat(n % 5)}` });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "led-datasets-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function write(name: string, head: string, lineOf: (n: number) => string): Promise<string> {
    const path = join(folder, name);
    const stream = createWriteStream(path);
    stream.write(head);
    for (let n = 0; n < count; n++) if (!stream.write(lineOf(n))) await once(stream, "drain");
    stream.end();
    await once(stream, "finish");
    return path;
  }

  test.each([
    { name: "rows.jsonl", head: "", lineOf: (n: number) => `${JSON.stringify(rowOf(n))}\n` },
    { name: "rows.csv", head: "n,text\r\n", lineOf: (n: number) => `${n},"${rowOf(n).text}"\r\n` },
  ])("$name, at random places", async ({ name, head, lineOf }) => {
    const dataset = await openDataset(await write(name, head, lineOf));
    expect(dataset.length).toBe(count);
    const random = new Philox(1);
    const places = [0, count - 1, ...Array.from({ length: 500 }, (_, i) => random.uint32(i) % count)];
    for (const n of places) {
      const { n: got, text } = await dataset.get(n);
      expect([Number(got), text]).toEqual([n, rowOf(n).text]);
    }
    // Asked for at once, rows may not get one another's bytes.
    const together = await Promise.all(places.map((n) => dataset.get(n)));
    expect(together.map(({ n }) => Number(n))).toEqual(places);
    await dataset.close();
    await expect(dataset.get(5000)).rejects.toThrow();
  });
});
