import { describe, expect, test } from "vitest";
import { folderWith, uint, type ZipMember, zipFile } from "../../tests/support/checkpoint-files.ts";
import { isZip, readZipDirectory, zipDataOffset } from "./zip.ts";

const members: ZipMember[] = [
  { name: "archive/data.pkl", data: "pickle" },
  { name: "archive/data/0", data: "0123456789" },
  { name: "archive/empty", data: "" },
];

/** The content of every entry, by name. */
async function contents(bytes: Uint8Array): Promise<[string, string][]> {
  const file = await folderWith("x", bytes).open("x");
  const entries = [...(await readZipDirectory(file, "read x")).values()];
  return Promise.all(
    entries.map(async (entry): Promise<[string, string]> => {
      const data = await file.read(await zipDataOffset(file, entry, "read x"), entry.size);
      return [entry.name, new TextDecoder().decode(data)];
    }),
  );
}

const expected = members.map(({ name, data }) => [name, data]);

describe("finds stored entries", () => {
  test.each([
    ["plain", {}],
    ["zip64", { zip64: true }],
    ["sizes after the data", { descriptors: true }],
    ["padded local headers", { padding: 37 }],
    ["a comment", { comment: "made by a test" }],
    ["a comment that looks like the end record", { comment: "PK\x05\x06 and a few bytes more than 22" }],
    ["all of them", { zip64: true, descriptors: true, padding: 5, comment: "x" }],
  ])("%s", async (_, options) => {
    const bytes = zipFile(members, options);
    expect(isZip(bytes)).toBe(true);
    expect(await contents(bytes)).toEqual(expected);
  });
});

function patched(bytes: Uint8Array, at: number, value: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(value, at < 0 ? bytes.length + at : at);
  return copy;
}

const plain = zipFile(members);
const directory = new DataView(plain.buffer).getUint32(plain.length - 6, true);
const again = " The file seems to be cut short or damaged: delete it and download it again.";
const repack =
  " Unpack the archive and pack it again without compression (zip -0 -r), or save it again with torch.save.";

describe("refuses", () => {
  test.each<[string, Uint8Array, string]>([
    [
      "a file cut short",
      plain.slice(0, 60),
      `expected a zip archive that ends with its directory, got 60 bytes without one.${again}`,
    ],
    [
      "compressed entries",
      zipFile([{ ...members[0]!, method: 8 }]),
      `expected zip entries that are stored as they are, as torch.save writes them, got \`archive/data.pkl\` compressed by method 8.${repack}`,
    ],
    [
      "encrypted entries",
      zipFile([{ ...members[0]!, flags: 1 }]),
      `expected zip entries that are stored as they are, as torch.save writes them, got \`archive/data.pkl\` encrypted.${repack}`,
    ],
    [
      "a name that stands twice",
      zipFile([members[0]!, members[0]!]),
      "expected each zip entry once, got `archive/data.pkl` twice",
    ],
    [
      "a directory past the end",
      patched(plain, -6, uint(4000, 4)),
      `expected a zip directory of at most 67108864 bytes within the file of ${plain.length} bytes, got ${plain.length - 22 - directory} bytes at 4000.${again}`,
    ],
    [
      "a damaged directory",
      patched(plain, directory, uint(0, 4)),
      `expected a zip directory of 3 entries, got damage at entry 0.${again}`,
    ],
    [
      "more entries than there are",
      patched(plain, -12, uint(9, 2)),
      `expected a zip directory of 9 entries, got damage at entry 3.${again}`,
    ],
    [
      "an entry without a header",
      patched(plain, directory + 42, uint(3, 4)),
      `expected zip entry \`archive/data.pkl\` (6 bytes) within the file of ${plain.length} bytes, got no header at 3.${again}`,
    ],
    [
      "an entry whose header is past the end",
      patched(plain, directory + 42, uint(1e6, 4)),
      `expected zip entry \`archive/data.pkl\` (6 bytes) within the file of ${plain.length} bytes, got its header at 1000000.${again}`,
    ],
    [
      "an entry past the end",
      patched(patched(plain, directory + 20, uint(1e6, 4)), directory + 24, uint(1e6, 4)),
      `expected zip entry \`archive/data.pkl\` (1000000 bytes) within the file of ${plain.length} bytes, got its data at 46.${again}`,
    ],
    [
      "two sizes of one entry",
      patched(plain, directory + 24, uint(7, 4)),
      "expected 7 stored bytes for `archive/data.pkl`, got 6",
    ],
    [
      "one part of several",
      patched(plain, -18, uint(2, 2)),
      "expected a zip archive in one part, got part 2 of several",
    ],
    [
      "64-bit sizes that are not there",
      patched(plain, directory + 24, uint(0xffffffff, 4)),
      "expected 4294967295 stored bytes for `archive/data.pkl`, got 6",
    ],
  ])("%s", async (_, bytes, message) => {
    await expect(contents(bytes)).rejects.toThrow(
      expect.objectContaining({ name: "CheckpointError", message: `read x: ${message}` }),
    );
  });

  test("an offset past 2^53", async () => {
    const bytes = zipFile(members, { zip64: true });
    const end64 = bytes.length - 22 - 20 - 56;
    await expect(contents(patched(bytes, end64 + 48, uint(2n ** 60n, 8)))).rejects.toThrow(
      "read x: expected zip offsets below 2^53, got 1152921504606846976",
    );
  });
});
