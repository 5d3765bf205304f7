/**
 * HDF5 files as h5py and Keras write them: texts in attributes, and where the bytes of each dataset lie (HDF5 File Format
 * Specification 3.0; superblock version 0, groups of the old kind, contiguous little-endian floats). Of the file only
 * what describes the numbers is read; the numbers are read, or mapped, at their place like those of every checkpoint.
 *
 * Not through h5wasm, the HDF5 library in WebAssembly, with which this package writes (hdf5-write.ts): one damaged file in thirty
 * made it loop for ever, others left it unusable for the files after them, and it wants the whole file in memory.
 */
import type { Files } from "../files.ts";
import { Hdf5Bytes, textOf } from "./hdf5-bytes.ts";
import { globalHeapObject, membersOf } from "./hdf5-groups.ts";
import {
  type Attribute,
  messageOf,
  messagesOf,
  messageTypes,
  readAttribute,
  readDataspace,
  readDatatype,
} from "./hdf5-objects.ts";
import { bytesPerStored, countElements, refuseLfsPointer, type StoredType } from "./stored-tensor.ts";

/** Where a dataset lies in its file. */
export interface Hdf5Place {
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

const signature = "\x89HDF\r\n\x1a\n";

/** Gives `use` an open file, which is closed afterwards. */
export async function readHdf5<T>(files: Files, name: string, use: (file: Hdf5File) => Promise<T>): Promise<T> {
  const operation = `read ${name} of ${files.where}`;
  const file = await files.open(name);
  try {
    const start = await file.read(0, Math.min(64, file.size));
    refuseLfsPointer(operation, start, file.size);
    const bytes = new Hdf5Bytes(file, operation);
    if (new TextDecoder("latin1").decode(start.subarray(0, 8)) !== signature) {
      throw bytes.damaged("an HDF5 file", file.size === 0 ? "an empty one" : "another beginning");
    }
    return await use(new Hdf5File(bytes, await rootOf(bytes)));
  } finally {
    await file.close();
  }
}

/** The address of the root group's header. */
async function rootOf(bytes: Hdf5Bytes): Promise<number> {
  const superblock = (await bytes.fields(0, 96, "an HDF5 superblock")).skip(8);
  const version = superblock.uint(1);
  const sizes = superblock.skip(4).bytes(2).join();
  if (version !== 0 || sizes !== "8,8") {
    throw superblock.damaged(
      `version ${version} with addresses of ${sizes} bytes, which h5py does not write by default`,
    );
  }
  const base = superblock.skip(9).uint(8);
  if (base !== 0) throw superblock.damaged(`one whose file begins at ${base}`);
  superblock.skip(8);
  const end = superblock.uint(8);
  if (end > bytes.size) throw bytes.damaged(`a file of ${end} bytes`, String(bytes.size));
  return superblock.skip(16).uint(8);
}

export class Hdf5File {
  readonly #bytes: Hdf5Bytes;
  readonly #root: number;
  readonly #members = new Map<number, Promise<Map<string, number>>>();

  constructor(bytes: Hdf5Bytes, root: number) {
    this.#bytes = bytes;
    this.#root = root;
  }

  /**
   * The texts of an attribute of a group, "/" for the root; undefined where there is no such group or attribute. Lists that
   * Keras splits (`weight_names0`, `weight_names1`) are put together again.
   */
  async names(group: string, attribute: string): Promise<string[] | undefined> {
    const address = await this.#find(group);
    if (address === undefined) return undefined;
    const attributes = new Map<string, Attribute>();
    for (const { type, data } of await messagesOf(this.#bytes, address)) {
      if (type !== messageTypes.attribute) continue;
      const one = readAttribute(data);
      attributes.set(one.name, one);
    }
    const whole = attributes.get(attribute);
    if (whole !== undefined) return this.#texts(whole);
    const parts: string[] = [];
    for (let part = 0; attributes.has(`${attribute}${part}`); part++) {
      parts.push(...(await this.#texts(attributes.get(`${attribute}${part}`)!)));
    }
    return parts.length === 0 ? undefined : parts;
  }

  /** Undefined where there is no such dataset. A CheckpointError for one that is not plain numbers in one piece. */
  async place(dataset: string): Promise<Hdf5Place | undefined> {
    const address = await this.#find(dataset);
    if (address === undefined) return undefined;
    const messages = await messagesOf(this.#bytes, address);
    const [space, type, layout] = [messageTypes.dataspace, messageTypes.datatype, messageTypes.layout].map((one) =>
      messageOf(messages, one),
    );
    if (space === undefined || type === undefined || layout === undefined) return undefined;
    const refuse = (expected: string, got: string) => this.#bytes.damaged(`\`${dataset}\` to be ${expected}`, got);
    const datatype = readDatatype(type);
    if (datatype.kind !== "float" || !datatype.littleEndian) {
      throw refuse("little-endian floating-point numbers", `HDF5's ${datatype.kind} of ${datatype.size} bytes`);
    }
    const stored: StoredType = datatype.size === 4 ? "F32" : "F64";
    const shape = readDataspace(space);
    const elements = shape && countElements(shape);
    if (shape === undefined || elements === undefined)
      throw refuse("an array of numbers", "none, or one too large to be");
    const version = layout.uint(1);
    const kind = layout.uint(1);
    if (version !== 3 || kind !== 1 || messageOf(messages, messageTypes.filters) !== undefined) {
      throw refuse("numbers in one piece, as Keras writes them", `layout ${kind} of version ${version}`);
    }
    const length = elements * bytesPerStored[stored];
    if (length === 0) return { type: stored, shape, offset: 0, length };
    const offset = layout.uint(8);
    const held = layout.uint(8);
    if (held !== length || offset + length > this.#bytes.size) {
      throw refuse(`${length} bytes at ${offset}`, `${held} bytes in a file of ${this.#bytes.size}`);
    }
    return { type: stored, shape, offset, length };
  }

  /** The address of an object's header. */
  async #find(path: string): Promise<number | undefined> {
    let address: number | undefined = this.#root;
    for (const name of path.split("/")) {
      if (name === "" || address === undefined) continue;
      address = (await this.#membersAt(address)).get(name);
    }
    return address;
  }

  #membersAt(address: number): Promise<Map<string, number>> {
    const known = this.#members.get(address);
    if (known !== undefined) return known;
    const members = this.#readMembers(address);
    this.#members.set(address, members);
    return members;
  }

  async #readMembers(address: number): Promise<Map<string, number>> {
    const messages = await messagesOf(this.#bytes, address);
    const table = messageOf(messages, messageTypes.symbolTable);
    if (table !== undefined) return membersOf(this.#bytes, table.uint(8), table.uint(8));
    if (messageOf(messages, messageTypes.linkInfo) !== undefined) {
      throw this.#bytes.damaged("groups as h5py writes them by default", "one of the newer kind");
    }
    return new Map();
  }

  /** An empty list of names is an empty list of numbers to numpy. */
  async #texts({ name, datatype, dims, data }: Attribute): Promise<string[]> {
    const count = dims === undefined ? 0 : countElements(dims);
    if (count === 0) return [];
    if (count === undefined || datatype.kind === "float" || datatype.kind === "other" || datatype.size < 1) {
      throw this.#bytes.damaged(`attribute ${name} to hold texts`, `HDF5's ${datatype.kind} of ${datatype.size} bytes`);
    }
    const texts: string[] = [];
    for (let i = 0; i < count; i++) {
      if (datatype.kind === "text") texts.push(textOf(data.bytes(datatype.size)));
      else {
        const length = data.uint(4);
        const heap = data.uint(8);
        const object = await globalHeapObject(this.#bytes, heap, data.uint(4));
        texts.push(textOf(object.subarray(0, length)));
      }
    }
    return texts;
  }
}
