import { describe, expect, test } from "vitest";
import { folderWith } from "../../tests/support/checkpoint-files.ts";
import { crc32 } from "./crc32.ts";
import { readZipDirectory, zipDataOffset } from "./zip.ts";
import { type ZipEntryToWrite, zipParts } from "./zip-write.ts";

const entry = (name: string, ...parts: (readonly number[])[]): ZipEntryToWrite => ({
  name,
  size: parts.flat().length,
  data: () => parts.map((part) => Uint8Array.from(part)),
});

const entries = [
  entry("a/data.pkl", [1, 2, 3]),
  entry("a/empty"),
  entry("a/größe", [4], [5, 6, 7, 8, 9], [], [10]),
  entry(
    "a/data/0",
    Array.from({ length: 100 }, (_, i) => i),
  ),
];

async function archive(of: readonly ZipEntryToWrite[], options?: { zip64From: number }): Promise<Uint8Array> {
  const bytes: number[] = [];
  for await (const part of zipParts(of, options)) bytes.push(...part);
  return Uint8Array.from(bytes);
}

/** What follows the data: 4.3.9. */
function descriptor(bytes: Uint8Array, at: number, wide: boolean): number[] {
  const view = new DataView(bytes.buffer, at);
  const sizes = wide
    ? [view.getBigUint64(8, true), view.getBigUint64(16, true)]
    : [view.getUint32(8, true), view.getUint32(12, true)];
  return [view.getUint32(0, true), view.getUint32(4, true), ...sizes.map(Number)];
}

// 60: an entry of 100 bytes and offsets past the first are wide, as in a file with one large storage.
describe.each([undefined, 60, 0])("with 64-bit fields from %s on", (zip64From) => {
  const options = zip64From === undefined ? undefined : { zip64From };

  test("an archive reads back, every entry at a multiple of 64", async () => {
    const bytes = await archive(entries, options);
    const file = await folderWith("x", bytes).open("x");
    const directory = await readZipDirectory(file, "read x");
    expect([...directory.keys()]).toEqual(entries.map(({ name }) => name));
    for (const { name, size, data } of entries) {
      const offset = await zipDataOffset(file, directory.get(name)!, "read x");
      expect(offset % 64).toBe(0);
      const written = [...(data() as Uint8Array[])].flatMap((part) => [...part]);
      expect([...bytes.subarray(offset, offset + size)]).toEqual(written);
      if (size === 0) continue;
      const wide = zip64From !== undefined && size >= zip64From;
      expect(descriptor(bytes, offset + size, wide)).toEqual([0x08074b50, crc32(Uint8Array.from(written)), size, size]);
    }
  });

  test("its end records say where the directory is", async () => {
    const bytes = await archive(entries, options);
    const end = new DataView(bytes.buffer, bytes.length - 22);
    const [count, size, offset] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)];
    expect(count).toBe(entries.length);
    expect(offset + size).toBe(bytes.length - 22 - 20 - 56);
    const end64 = new DataView(bytes.buffer, offset + size);
    expect([24, 32, 40, 48].map((at) => Number(end64.getBigUint64(at, true)))).toEqual([count, count, size, offset]);
  });
});

test("parts pass through one by one, as they are asked for", async () => {
  let given = 0;
  const slow: ZipEntryToWrite = {
    name: "slow",
    size: 10,
    *data() {
      for (; given < 10; given++) yield Uint8Array.of(given);
    },
  };
  const parts = zipParts([slow]);
  await parts.next();
  for (let i = 0; i < 10; i++) {
    expect((await parts.next()).value).toEqual(Uint8Array.of(i));
    expect(given).toBe(i);
  }
});

test("more entries than 16 bits count", async () => {
  const many = Array.from({ length: 65_536 }, (_, i) => entry(String(i)));
  const bytes: Uint8Array[] = [];
  for await (const part of zipParts(many)) bytes.push(part);
  const file = await folderWith("x", new Uint8Array(Buffer.concat(bytes))).open("x");
  expect((await readZipDirectory(file, "read x")).size).toBe(65_536);
});
