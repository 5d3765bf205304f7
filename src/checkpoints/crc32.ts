/**
 * CRC-32 as zip has it (PKWARE APPNOTE 6.3.10, 4.4.7; polynomial 0xedb88320, bits reversed), over a stream of parts.
 * Eight bytes a step through eight tables: measured (Node 20, x64) 1.3 GB/s, against 0.3 GB/s byte by byte.
 */

/** tables[k][b]: the remainder of byte b with k zero bytes behind it. */
const tables = makeTables();
const [table0, table1, table2, table3, table4, table5, table6, table7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function makeTables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    return value;
  });
  const all = [first];
  while (all.length < 8) all.push(all.at(-1)!.map((value) => (value >>> 8) ^ first[value & 0xff]!));
  return all;
}

/** The checksum of what came before, `crc` (0 for nothing), and then `bytes`. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let value = ~crc;
  // Words need an offset that is a multiple of 4; they are little-endian, as the machines are (see read.ts).
  const head = Math.min(-bytes.byteOffset & 3, bytes.length);
  for (let i = 0; i < head; i++) value = (value >>> 8) ^ table0[(value ^ bytes[i]!) & 0xff]!;
  const pairs = (bytes.length - head) >> 3;
  const words = pairs === 0 ? new Int32Array() : new Int32Array(bytes.buffer, bytes.byteOffset + head, 2 * pairs);
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i]! ^ value;
    const high = words[i + 1]!;
    value =
      table7[low & 0xff]! ^
      table6[(low >>> 8) & 0xff]! ^
      table5[(low >>> 16) & 0xff]! ^
      table4[low >>> 24]! ^
      table3[high & 0xff]! ^
      table2[(high >>> 8) & 0xff]! ^
      table1[(high >>> 16) & 0xff]! ^
      table0[high >>> 24]!;
  }
  for (let i = head + words.byteLength; i < bytes.length; i++) {
    value = (value >>> 8) ^ table0[(value ^ bytes[i]!) & 0xff]!;
  }
  return ~value >>> 0;
}
