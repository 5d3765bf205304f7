/**
 * What a torch pickle may build: tensors that are views into storages, in dicts. Mirrors torch 2.5.1
 * torch/_utils.py (_rebuild_tensor_v2, _rebuild_parameter) and torch/serialization.py (persistent_load), and refuses every
 * other global by name. Departure: tensors are not built, only placed, so one that is no dense row-major run of
 * its storage (a transposed or expanded view) is refused.
 */
import { CheckpointError } from "../errors.ts";
import { kindOf, type PickleHooks, PickleTuple } from "./pickle.ts";
import { bytesPerStored, countElements, type StoredTensor, type StoredType, showShape } from "./stored-tensor.ts";

/** One block of elements in the file, which tensors view. Its place is found after the pickle was read. */
export interface TorchStorage {
  readonly key: string;
  readonly type: StoredType;
  /** Elements. */
  readonly count: number;
}

/** torch's own limit (dim() <= 64); without one, many tensors that share one huge tuple would cost its length each. */
const maximumRank = 64;

/** A view of a storage. */
export class TorchTensor {
  readonly storage: TorchStorage;
  /** First element in the storage. */
  readonly start: number;
  readonly shape: readonly number[];
  /** In elements; not yet judged, as the tensor's name is known only later. */
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, start: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.start = start;
    this.shape = shape;
    this.strides = strides;
  }
}

class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

class StorageType extends Global {
  readonly type: StoredType;

  constructor(name: string, type: StoredType) {
    super(name);
    this.type = type;
  }
}

/** The classes a persistent id may name, with the element type of each. */
const storageTypes: ReadonlyMap<string, StoredType> = new Map([
  ["torch.DoubleStorage", "F64"],
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ShortStorage", "I16"],
  ["torch.CharStorage", "I8"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "BOOL"],
  ["torch.UntypedStorage", "U8"],
  ["torch.storage.UntypedStorage", "U8"],
]);

const orderedDict = "collections.OrderedDict";
const rebuildTensor = "torch._utils._rebuild_tensor_v2";
const rebuildParameter = "torch._utils._rebuild_parameter";
const allowed = [orderedDict, rebuildTensor, rebuildParameter];

/** Hooks that build TorchTensors; `storages` collects every storage by its key. */
export function torchHooks(operation: string, storages: Map<string, TorchStorage>): PickleHooks {
  const error = (expected: string, got: string): CheckpointError => new CheckpointError({ operation, expected, got });
  return {
    global(module, name) {
      const full = `${module}.${name}`;
      const type = storageTypes.get(full);
      if (type !== undefined) return new StorageType(full, type);
      if (allowed.includes(full)) return new Global(full);
      throw new CheckpointError({
        operation,
        expected: `a pickle that names only ${allowed.join(", ")} and storages of known element types`,
        got: `\`${full}\``,
        fix:
          "Nothing of it was run. A file of plain weights needs no other name: do not load this one in Python unless " +
          "you trust where it comes from.",
      });
    },
    call(callable, args) {
      if (!(callable instanceof Global)) throw error("a function to call", kindOf(callable));
      if (callable.name === orderedDict && args.length === 0) return new Map();
      if (callable.name === rebuildTensor) return tensorOf(args, error);
      if (callable.name === rebuildParameter && args[0] instanceof TorchTensor) return args[0];
      throw error(`arguments that fit ${callable.name}`, `${args.length} others`);
    },
    persistent(id) {
      const storage = storageOf(id, error);
      const known = storages.get(storage.key);
      if (known !== undefined && (known.type !== storage.type || known.count !== storage.count)) {
        // The same bytes under two types: each view keeps its own, the larger bounds what the file must hold.
        const bytes = (s: TorchStorage): number => s.count * bytesPerStored[s.type];
        if (bytes(known) >= bytes(storage)) return storage;
      }
      storages.set(storage.key, storage);
      return storage;
    },
  };
}

type Fail = (expected: string, got: string) => CheckpointError;

/** ("storage", type, key, location, elements) and, in legacy files, a sixth entry for a view of another storage. */
function storageOf(id: unknown, error: Fail): TorchStorage {
  const items = id instanceof PickleTuple ? id.items : [];
  const [kind, type, key, , count, view] = items;
  if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string" || !isCount(count)) {
    throw error('persistent ids of the form ("storage", type, key, location, elements)', kindOf(items[0] ?? id));
  }
  if (view !== undefined && view !== null) throw error("storages of their own", `storage ${key}, a view of another`);
  if (!Number.isSafeInteger(count * bytesPerStored[type.type]))
    throw error("a storage below 2^53 bytes", `${count} elements`);
  return { key, type: type.type, count };
}

/** _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None) */
function tensorOf(args: readonly unknown[], error: Fail): TorchTensor {
  const [storage, start, size, stride] = args;
  const shape = size instanceof PickleTuple ? size.items : [];
  const strides = stride instanceof PickleTuple ? stride.items : [];
  const good =
    args.length >= 4 &&
    isStorage(storage) &&
    isCount(start) &&
    size instanceof PickleTuple &&
    stride instanceof PickleTuple &&
    shape.length <= maximumRank &&
    shape.length === strides.length &&
    shape.every(isCount) &&
    strides.every(isCount);
  if (!good) throw error("_rebuild_tensor_v2(storage, offset, size, stride, ...) of whole numbers", "other arguments");
  return new TorchTensor(storage, start, shape, strides);
}

function isStorage(value: unknown): value is TorchStorage {
  return typeof value === "object" && value !== null && "key" in value && "type" in value && "count" in value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * The tensors of a state dict, in its order. `place` gives the first byte of a storage in the file.
 * Errors: a value that is no tensor, a dict within the dict, `module.` in front of all names, a view that is not dense.
 */
export function placeTensors(
  value: unknown,
  file: string,
  place: (storage: TorchStorage) => number,
  operation: string,
): StoredTensor[] {
  if (!(value instanceof Map)) {
    throw new CheckpointError({
      operation,
      expected: "a state dict (names to tensors)",
      got: value instanceof TorchTensor ? "one tensor" : kindOf(value),
      fix: "Save model.state_dict() with torch.save.",
    });
  }
  const tensors: StoredTensor[] = [];
  for (const [name, entry] of value) {
    if (typeof name !== "string" || !(entry instanceof TorchTensor)) throw noTensor(name, entry, value, operation);
    tensors.push(placeTensor(name, entry, file, place, operation));
  }
  if (tensors.length > 0 && tensors.every(({ name }) => name.startsWith("module."))) {
    throw new CheckpointError({
      operation,
      expected: "names as the model has them",
      got: `"module." in front of every name, such as \`${tensors[0]!.name}\``,
      fix: "The model was saved inside DataParallel: save model.module.state_dict() instead.",
    });
  }
  return tensors;
}

function noTensor(name: unknown, entry: unknown, dict: Map<unknown, unknown>, operation: string): CheckpointError {
  const nested = entry instanceof Map && [...entry.values()].some((value) => value instanceof TorchTensor);
  return new CheckpointError({
    operation,
    expected: "a state dict that holds tensors only",
    got: `${entry instanceof TorchTensor ? "a tensor" : kindOf(entry)} under ${typeof name === "string" ? `\`${name}\`` : kindOf(name)}`,
    fix: nested
      ? `This is a training checkpoint of ${dict.size} parts: save its inner dict alone, torch.save(torch.load(path)[${JSON.stringify(name)}], path).`
      : "Save model.state_dict() with torch.save.",
  });
}

function placeTensor(
  name: string,
  tensor: TorchTensor,
  file: string,
  place: (storage: TorchStorage) => number,
  operation: string,
): StoredTensor {
  const { storage, start, shape, strides } = tensor;
  const count = countElements(shape);
  if (count !== 0 && !isDense(shape, strides)) {
    throw new CheckpointError({
      operation,
      expected: `tensor \`${name}\` of shape ${showShape(shape)} to lie row by row`,
      got: `strides ${showShape(strides)}, as a transposed, strided or expanded view has`,
      fix: "Save it again with .contiguous() on each tensor of the state dict.",
    });
  }
  if (count === undefined || start + count > storage.count) {
    throw new CheckpointError({
      operation,
      expected: `tensor \`${name}\` within its storage of ${storage.count} elements`,
      got: `shape ${showShape(shape)} at element ${start}`,
    });
  }
  const size = bytesPerStored[storage.type];
  return { name, type: storage.type, shape, file, offset: place(storage) + start * size, length: count * size };
}

/** Strides of dimensions of size 1 mean nothing. */
function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
