/**
 * Engines of Node: the native ONNX Runtime where its package is installed for this machine, else its WebAssembly build.
 * Natively the weights stay where they are: ONNX Runtime maps the checkpoint's own files.
 */
import { dirname, relative, sep } from "node:path";
import { EngineError } from "../errors.ts";
import { byteLength, type Engine, type Weights } from "./engine.ts";
import { spoolWeights } from "./node-weight-spool.ts";
import { type OnnxRuntime, onnxRuntimeEngine, type WeightAccess } from "./onnx-runtime.ts";
import { useWasmThreads, type WasmEnvironment } from "./wasm-threads.ts";
import { bufferAccess } from "./weight-buffers.ts";

export type NodeDevice = "auto" | "cpu" | "wasm";

/** Loads the engine for a device. `notice` gets one line when a slower one has to serve. */
export async function nodeEngine(device: NodeDevice, notice: (line: string) => void): Promise<Engine> {
  if (device !== "wasm") {
    // Its builds report to their maker from 1.29 on, and leave files in the temporary folder, unless this is set before they load.
    process.env.ORT_DISABLE_TELEMETRY ??= "1";
    try {
      const runtime = (await import("onnxruntime-node")) as OnnxRuntime;
      const threads = (count: number) => ({ intraOpNumThreads: count });
      return onnxRuntimeEngine({ device: "cpu", runtime, access: fileAccess, threads });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
      const fix = "Install it with `npm install onnxruntime-node --onnxruntime-node-install=skip`.";
      if (device === "cpu") {
        throw new EngineError({
          operation: "load onnxruntime-node",
          expected: "the native engine",
          got: `${reason}`,
          fix,
          cause,
        });
      }
      notice(`The native engine is missing (${reason}); computing with the slower WebAssembly one. ${fix}`);
    }
  }
  const runtime = (await import("onnxruntime-web")) as unknown as OnnxRuntime & { readonly env: WasmEnvironment };
  const threads = (count: number) => {
    useWasmThreads(runtime.env, count);
    return {};
  };
  return turning(onnxRuntimeEngine({ device: "wasm", runtime, access: bufferAccess, threads }));
}

/**
 * The native engine lets the event loop turn before each run; WebAssembly computes from promise to promise, so that without this
 * no timer and no message would come between the steps of a search, nor an abort by one of them.
 */
function turning(engine: Engine): Engine {
  return {
    ...engine,
    async compile(...given) {
      const session = await engine.compile(...given);
      return {
        ...session,
        async run(inputs, outputs) {
          await new Promise((resolve) => setImmediate(resolve));
          return session.run(inputs, outputs);
        },
      };
    },
  };
}

/** Loose weights up to this many bytes in all are handed over in memory, where the engine copies them. */
const buffersUpTo = 64 * 2 ** 20;

/**
 * Weights with a place on disk are mapped from there. Others are buffers if they are all the weights and small, or are written
 * as float32 to a temporary file first: two copies in memory would cost more than the disk does.
 */
async function fileAccess(weights: Weights): Promise<WeightAccess> {
  const placed = new Map([...weights].filter(([, weight]) => weight.place !== undefined));
  const loose = new Map([...weights].filter(([, weight]) => weight.place === undefined));
  const looseBytes = [...loose.values()].reduce((sum, weight) => sum + byteLength(weight), 0);
  // Once the engine is given any buffer it looks for every weight among the buffers, so the two do not mix.
  const spooled = loose.size > 0 && (placed.size > 0 || looseBytes > buffersUpTo);
  const spool = spooled ? await spoolWeights(loose) : undefined;
  const buffers = await bufferAccess(spool === undefined ? loose : new Map());
  const places = new Map([...placed].map(([name, weight]) => [name, weight.place!]));
  for (const [name, place] of spool?.places ?? []) places.set(name, place);
  if (places.size === 0) return buffers;
  const folder = commonFolder([...places.values()].map(({ path }) => dirname(path)));
  return {
    options: buffers.options,
    entries: { model_external_initializers_file_folder_path: folder },
    locate(name) {
      const place = places.get(name);
      if (place === undefined) return buffers.locate(name);
      return { location: relative(folder, place.path), offset: place.offset, length: byteLength(weights.get(name)!) };
    },
    release: async () => {
      await spool?.remove();
    },
  };
}

/** The deepest folder that holds all the others: external data must not leave the folder given to ONNX Runtime. */
function commonFolder(folders: readonly string[]): string {
  let common = folders[0]!.split(sep);
  for (const folder of folders) {
    const parts = folder.split(sep);
    let shared = 0;
    while (shared < common.length && common[shared] === parts[shared]) shared++;
    common = common.slice(0, shared);
  }
  return common.join(sep) || sep;
}
