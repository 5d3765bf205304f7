/**
 * Writes HDF5 files through h5wasm, the HDF5 library in WebAssembly, which is loaded when the first such file is written: groups,
 * float32 datasets in one piece, and texts in attributes, in the form that h5py writes by default.
 */
import { EngineError, InternalError, LEDError } from "../errors.ts";
import type { Files } from "../files.ts";

type Library = typeof import("h5wasm");

export interface Hdf5Writer {
  /** Makes the group, and those above it, where they are not there. */
  group(path: string): void;
  /** Makes the dataset and the groups above it. */
  dataset(path: string, shape: readonly number[], data: Float32Array): void;
  /** An attribute of a group that is there: a text, or a list of texts. */
  attribute(group: string, name: string, value: string | readonly string[]): void;
}

/** Bytes that are handed over at a time. */
const pieceLength = 2 ** 24;

let count = 0;

/** The file is made in memory by `fill`, and appears whole or not at all. */
export async function writeHdf5(
  files: Files,
  name: string,
  fill: (writer: Hdf5Writer) => Promise<void>,
): Promise<void> {
  const operation = `write ${name} to ${files.where}`;
  const library = await loaded(operation);
  const { FS } = library.Module;
  library.Module.activate_throwing_error_handler();
  // Of several files that are written at a time each has its own.
  const path = `/led-${++count}.h5`;
  try {
    const file = new library.File(path, "w", { libver: ["earliest", "latest"] });
    try {
      await fill(writerOf(library, file));
    } finally {
      file.close();
    }
    await files.write(name, piecesOf(library, path));
  } catch (cause) {
    if (cause instanceof LEDError || !(cause instanceof Error) || !cause.message.includes("HDF5-DIAG")) throw cause;
    throw new InternalError({ operation, expected: "the HDF5 library to write", got: cause.message, cause });
  } finally {
    if (FS.analyzePath(path, false).exists) FS.unlink(path);
  }
}

let loading: Promise<Library> | undefined;

function loaded(operation: string): Promise<Library> {
  loading ??= import("h5wasm").then(
    async (library) => {
      await library.ready;
      return library;
    },
    (cause: unknown) => {
      loading = undefined;
      throw new EngineError({
        operation,
        expected: "the package h5wasm, which writes HDF5",
        got: cause instanceof Error ? cause.message.split("\n")[0]! : String(cause),
        fix: "Install it with `npm install h5wasm`, or save with safe_serialization: true.",
        cause,
      });
    },
  );
  return loading;
}

function writerOf(library: Library, file: InstanceType<Library["File"]>): Hdf5Writer {
  const made = new Set<string>(["/"]);
  const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/")));
  const at = (path: string): string => (path.startsWith("/") ? path : `/${path}`);
  const group = (path: string): void => {
    if (made.has(path)) return;
    group(parentOf(path));
    file.create_group(path);
    made.add(path);
  };
  return {
    group: (path) => group(at(path)),
    dataset(path, shape, data) {
      group(parentOf(at(path)));
      file.create_dataset({ name: at(path), data, shape: [...shape], dtype: "<f" });
    },
    attribute(path, name, value) {
      const target = new library.Group(file.file_id, at(path));
      // numpy makes an array of numbers of an empty list; so do Keras' files.
      if (value.length === 0) target.create_attribute(name, new Float64Array(0), [0], "<d");
      else target.create_attribute(name, typeof value === "string" ? value : [...value]);
    },
  };
}

function* piecesOf({ Module: { FS } }: Library, path: string): Generator<Uint8Array> {
  const { size } = FS.stat(path) as { size: number };
  const stream = FS.open(path, "r");
  try {
    for (let at = 0; at < size; at += pieceLength) {
      const piece = new Uint8Array(Math.min(pieceLength, size - at));
      FS.read(stream, piece, 0, piece.length, at);
      yield piece;
    }
  } finally {
    FS.close(stream);
  }
}
