/** Builds checkpoint files byte by byte, so that tests can break each rule of their formats; and reads the committed ones. */
import { readdirSync, readFileSync } from "node:fs";
import { type Files, memoryFiles } from "../../src/files.ts";

const fixtures = new URL("../oracle/fixtures/checkpoints/", import.meta.url);

export function fixtureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, fixtures)));
}

export function fixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, fixtures), "utf8")) as T;
}

/** A folder of the fixtures, or one file of them under another name. */
export function fixtureFolder(folder: string): ReturnType<typeof memoryFiles> {
  const names = readdirSync(new URL(`${folder}/`, fixtures));
  return memoryFiles(
    names.map((name) => [name, fixtureBytes(`${folder}/${name}`)] as const),
    "the folder",
  );
}

export function folderWith(name: string, bytes: Uint8Array | string): Files {
  return memoryFiles([[name, bytes]], "the folder");
}

/** Reports what is read, as [offset, length] pairs. */
export function watched(files: Files): { files: Files; reads: [number, number][]; open: () => number } {
  const reads: [number, number][] = [];
  let open = 0;
  return {
    reads,
    open: () => open,
    files: {
      ...files,
      async open(name) {
        const file = await files.open(name);
        open++;
        return {
          ...file,
          async read(offset, length) {
            reads.push([offset, length]);
            return file.read(offset, length);
          },
          async close() {
            open--;
            await file.close();
          },
        };
      },
    },
  };
}

/** Text stands for its characters' codes. */
export type Part = Uint8Array | string | readonly number[];

export function concat(...parts: Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...(typeof part === "string" ? latin1(part) : part)]));
}

function latin1(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

export function uint(value: number | bigint, bytes: 2 | 4 | 8): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out.subarray(0, bytes);
}

/** A safetensors file; `header` as text where it must not be what JSON.stringify gives. */
export function safetensorsFile(header: object | string, data: Uint8Array | number = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  return concat(uint(text.length, 8), text, typeof data === "number" ? new Uint8Array(data) : data);
}

export interface ZipMember {
  name: string;
  data: Uint8Array | string;
  /** 8: deflated (the data is not, which does not matter to a refusal). */
  method?: number;
  flags?: number;
}

/**
 * A zip archive of stored members. `zip64` writes all sizes and offsets in 64 bits, `descriptors` puts sizes after the
 * data and zeros in the local headers, `padding` pads local headers as torch does to align data.
 */
export function zipFile(
  members: readonly ZipMember[],
  { zip64 = false, descriptors = false, padding = 0, comment = "" } = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  const full = 0xffffffff;
  for (const { name, data, method = 0, flags = 0 } of members) {
    const bytes = concat(data);
    const bits = flags | (descriptors ? 8 : 0);
    const localExtra = padding === 0 ? new Uint8Array() : concat("FB", uint(padding, 2), new Uint8Array(padding));
    const sizes = descriptors ? [uint(0, 4), uint(0, 4)] : [uint(bytes.length, 4), uint(bytes.length, 4)];
    const local = concat(
      "PK\x03\x04",
      ...[uint(20, 2), uint(bits, 2), uint(method, 2), uint(0, 4), uint(0, 4), ...sizes],
      ...[uint(name.length, 2), uint(localExtra.length, 2), name, localExtra],
    );
    const trailer = descriptors
      ? concat("PK\x07\x08", uint(0, 4), uint(bytes.length, 4), uint(bytes.length, 4))
      : new Uint8Array();
    const extra = zip64
      ? concat("\x01\x00", uint(24, 2), uint(bytes.length, 8), uint(bytes.length, 8), uint(at, 8))
      : new Uint8Array();
    const short = (value: number): Uint8Array => uint(zip64 ? full : value, 4);
    central.push(
      concat(
        "PK\x01\x02",
        ...[uint(20, 2), uint(20, 2), uint(bits, 2), uint(method, 2), uint(0, 4), uint(0, 4)],
        ...[short(bytes.length), short(bytes.length), uint(name.length, 2), uint(extra.length, 2), uint(0, 2)],
        ...[uint(0, 2), uint(0, 2), uint(0, 4), short(at), name, extra],
      ),
    );
    parts.push(local, bytes, trailer);
    at += local.length + bytes.length + trailer.length;
  }
  const directory = concat(...central);
  const count = members.length;
  const end64 = zip64
    ? concat(
        concat("PK\x06\x06", uint(44, 8), uint(45, 2), uint(45, 2), uint(0, 4), uint(0, 4)),
        concat(uint(count, 8), uint(count, 8), uint(directory.length, 8), uint(at, 8)),
        concat("PK\x06\x07", uint(0, 4), uint(at + directory.length, 8), uint(1, 4)),
      )
    : new Uint8Array();
  const end = concat(
    ...["PK\x05\x06", uint(0, 2), uint(0, 2), uint(zip64 ? 0xffff : count, 2), uint(zip64 ? 0xffff : count, 2)],
    ...[uint(zip64 ? full : directory.length, 4), uint(zip64 ? full : at, 4), uint(comment.length, 2), comment],
  );
  return concat(...parts, directory, end64, end);
}

/** Pickle opcodes by what they push. */
export const p = {
  text: (text: string): Uint8Array => concat("X", uint(text.length, 4), text),
  int: (value: number | bigint): Uint8Array => concat("\x8a\x08", uint(value, 8)),
  tuple: (...items: Uint8Array[]): Uint8Array => concat("(", ...items, "t"),
  global: (module: string, name: string): Uint8Array => concat(`c${module}\n${name}\n`),
  call: (callable: Uint8Array, ...args: Uint8Array[]): Uint8Array => concat(callable, p.tuple(...args), "R"),
  dict: (...items: [Uint8Array, Uint8Array][]): Uint8Array => concat("}(", ...items.flat(), "u"),
  whole: (value: Uint8Array): Uint8Array => concat("\x80\x02", value, "."),
};

export interface PickledTensor {
  storage?: string;
  key?: string;
  count?: number | bigint;
  start?: number | bigint;
  shape: (number | bigint)[];
  strides: (number | bigint)[];
}

/** _rebuild_tensor_v2 of a persistent storage, as torch.save pickles a tensor. */
export function pickledTensor(tensor: PickledTensor): Uint8Array {
  const { storage = "FloatStorage", key = "0", count = 6, start = 0, shape, strides } = tensor;
  const id = p.tuple(p.text("storage"), p.global("torch", storage), p.text(key), p.text("cpu"), p.int(count));
  return p.call(
    p.global("torch._utils", "_rebuild_tensor_v2"),
    ...[concat(id, "Q"), p.int(start), p.tuple(...shape.map(p.int)), p.tuple(...strides.map(p.int))],
    ...[concat("\x89"), p.call(p.global("collections", "OrderedDict"))],
  );
}

/** A torch zip archive around a pickle, with storages of the given bytes. */
export function torchFile(
  pickle: Uint8Array,
  storages: Record<string, number> = { 0: 24 },
  more: readonly ZipMember[] = [],
  options: Parameters<typeof zipFile>[1] = {},
): Uint8Array {
  const members = [
    { name: "archive/data.pkl", data: pickle },
    ...Object.entries(storages).map(([key, size]) => ({
      name: `archive/data/${key}`,
      data: Uint8Array.from({ length: size }, (_, i) => i),
    })),
    { name: "archive/version", data: "3\n" },
    ...more,
  ];
  return zipFile(members, options);
}
