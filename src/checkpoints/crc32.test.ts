import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "./crc32.ts";

test("the check value of the CRC-32 that zip uses", () => {
  // R. N. Williams, "A painless guide to CRC error detection algorithms": CRC-32 of "123456789".
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("is zlib's, of any bytes at any alignment", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(8), (bytes, skip) => {
      const moved = new Uint8Array(skip + bytes.length);
      moved.set(bytes, skip);
      // A gzip file ends with the checksum and the length of its content.
      const expected = gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8);
      expect(crc32(moved.subarray(skip))).toBe(expected);
    }),
  );
});

test("goes on from part to part", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 6 }), (parts) => {
      const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
      expect(parts.reduce((crc, part) => crc32(part, crc), 0)).toBe(crc32(whole));
    }),
  );
});
