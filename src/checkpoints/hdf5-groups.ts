/**
 * The names in an HDF5 group of the old kind: a B-tree whose leaves list names in a local heap and addresses of object headers
 * (HDF5 File Format Specification 3.0, sections III.A.1, III.B, III.C).
 */
import { type Hdf5Bytes, textOf } from "./hdf5-bytes.ts";

/** Trees of a sound file are not this deep, nor nodes this many. */
const limits = { depth: 32, nodes: 2 ** 20 };

/** Where the header of each member of a group is. */
export async function membersOf(bytes: Hdf5Bytes, tree: number, heap: number): Promise<Map<string, number>> {
  const names = await heapData(bytes, heap);
  const members = new Map<string, number>();
  const seen = new Set<number>();
  const visit = async (address: number, depth: number): Promise<void> => {
    if (seen.has(address) || seen.size > limits.nodes || depth > limits.depth) {
      throw bytes.damaged("a group's tree of names", "one that leads in circles");
    }
    seen.add(address);
    const start = await bytes.fields(address, 8, "a node of a group's tree");
    const signature = new TextDecoder("latin1").decode(start.bytes(4));
    if (signature === "SNOD") {
      const count = start.skip(2).uint(2);
      const entries = await bytes.fields(address + 8, 40 * count, "names of a group");
      for (let i = 0; i < count; i++) {
        const name = entries.uint(8);
        const header = entries.uint(8);
        const cache = entries.uint(4);
        entries.skip(20);
        if (cache === 2) throw bytes.damaged("groups and datasets themselves", "a symbolic link");
        if (name >= names.length) throw bytes.damaged("a name within the group's heap", `place ${name}`);
        members.set(textOf(names.subarray(name)), header);
      }
      return;
    }
    if (signature !== "TREE") throw bytes.damaged("a group's tree of names", JSON.stringify(signature));
    const kind = start.uint(1);
    if (kind !== 0) throw bytes.damaged("a group's tree of names", `a tree of kind ${kind}`);
    const count = start.skip(1).uint(2);
    // Keys stand between the children: key 0, child 0, key 1, and so on.
    const entries = await bytes.fields(address + 24, 16 * count, "a node of a group's tree");
    const children = Array.from({ length: count }, () => entries.skip(8).uint(8));
    for (const child of children) await visit(child, depth + 1);
  };
  await visit(tree, 0);
  return members;
}

async function heapData(bytes: Hdf5Bytes, heap: number): Promise<Uint8Array> {
  const header = await bytes.fields(heap, 32, "the heap of a group's names");
  const size = header.expect("HEAP").skip(4).uint(8);
  const address = header.skip(8).uint(8);
  return (await bytes.fields(address, size, "a group's names")).bytes(size);
}

/** An element of a global heap: what texts of any length are kept in. */
export async function globalHeapObject(bytes: Hdf5Bytes, address: number, index: number): Promise<Uint8Array> {
  const header = await bytes.fields(address, 16, "a heap of texts");
  const size = header.expect("GCOL").skip(4).uint(8);
  const objects = await bytes.fields(address + 16, size - 16, "a heap of texts");
  while (objects.left >= 16) {
    const found = objects.uint(2);
    const length = objects.skip(6).uint(8);
    // The rest of the heap is free.
    if (found === 0) break;
    if (found === index) return objects.bytes(length);
    objects.skip(Math.min(objects.left, Math.ceil(length / 8) * 8));
  }
  throw bytes.damaged(`text ${index} in the heap at ${address}`, "none");
}
