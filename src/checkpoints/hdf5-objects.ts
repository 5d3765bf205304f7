/**
 * What HDF5 says of an object in its header: the messages of a group or dataset, and what its dataspace and datatype are (HDF5
 * File Format Specification 3.0, sections IV.A.1.a, IV.A.2).
 */
import { type Fields, type Hdf5Bytes, textOf } from "./hdf5-bytes.ts";

/** The messages that a reader of Keras' files looks at, by their numbers. */
export const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

export interface Message {
  readonly type: number;
  /** To be read once. */
  readonly data: Fields;
}

/** The messages of the object header (version 1) at an address. */
export async function messagesOf(bytes: Hdf5Bytes, address: number): Promise<Message[]> {
  const prefix = await bytes.fields(address, 16, "an object header");
  const version = prefix.uint(1);
  if (version !== 1) throw prefix.damaged(`version ${version}, of a newer kind of file than h5py writes by default`);
  const count = prefix.skip(1).uint(2);
  const blocks: [address: number, length: number][] = [[address + 16, prefix.skip(4).uint(4)]];
  const messages: Message[] = [];
  for (const [start, length] of blocks) {
    const block = await bytes.fields(start, length, "messages of an object header");
    // Less than a message's own header is filling.
    while (block.left >= 8 && messages.length < count) {
      const type = block.uint(2);
      const size = block.uint(2);
      const flags = block.uint(1);
      const data = block.skip(3).part(size, `a message of type ${type}`);
      if ((flags & 2) !== 0) throw data.damaged("a message that is kept elsewhere");
      messages.push({ type, data });
      if (type === messageTypes.continuation) blocks.push([data.uint(8), data.uint(8)]);
    }
  }
  return messages;
}

/** The first message of a type. */
export function messageOf(messages: readonly Message[], type: number): Fields | undefined {
  return messages.find((message) => message.type === type)?.data;
}

/** A dataspace's dims: none for a scalar; undefined for one without elements. */
export function readDataspace(data: Fields): number[] | undefined {
  const version = data.uint(1);
  const rank = data.uint(1);
  data.skip(1);
  if (version === 1) data.skip(5);
  else if (version !== 2) throw data.damaged(`a dataspace of version ${version}`);
  else if (data.uint(1) === 2) return undefined;
  return Array.from({ length: rank }, () => data.uint(8));
}

export type Datatype =
  | { readonly kind: "float"; readonly size: number; readonly littleEndian: boolean }
  /** Texts of `size` bytes, filled up with zeros. */
  | { readonly kind: "text"; readonly size: number }
  /** Texts of any length, which lie in a global heap. */
  | { readonly kind: "heap text"; readonly size: number }
  | { readonly kind: "other"; readonly size: number; readonly class: number };

export function readDatatype(data: Fields): Datatype {
  const kind = data.uint(1) & 0x0f;
  const [low] = data.bytes(3) as unknown as [number];
  const size = data.uint(4);
  if (kind === 1) {
    data.skip(4);
    const [exponentAt, exponentSize, mantissaAt, mantissaSize] = data.bytes(4);
    const ieee = size === 4 ? "23,8,0,23" : "52,11,0,52";
    const known = (size === 4 || size === 8) && [exponentAt, exponentSize, mantissaAt, mantissaSize].join() === ieee;
    if (known) return { kind: "float", size, littleEndian: (low & 0x41) === 0 };
  }
  if (kind === 3) return { kind: "text", size };
  if (kind === 9 && (low & 0x0f) === 1) return { kind: "heap text", size };
  return { kind: "other", size, class: kind };
}

export interface Attribute {
  readonly name: string;
  readonly datatype: Datatype;
  readonly dims: readonly number[] | undefined;
  /** Its elements. */
  readonly data: Fields;
}

export function readAttribute(data: Fields): Attribute {
  const version = data.uint(1);
  if (version < 1 || version > 3) throw data.damaged(`an attribute of version ${version}`);
  const shared = data.uint(1);
  if (version > 1 && shared !== 0) throw data.damaged("an attribute whose type is kept elsewhere");
  const [nameSize, typeSize, spaceSize] = [data.uint(2), data.uint(2), data.uint(2)];
  if (version === 3) data.skip(1);
  // Version 1 fills each part up to 8 bytes.
  const room = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const name = textOf(data.bytes(room(nameSize)));
  const datatype = readDatatype(data.part(room(typeSize), `the type of attribute ${name}`));
  const dims = readDataspace(data.part(room(spaceSize), `the dims of attribute ${name}`));
  return { name, datatype, dims, data };
}
