/**
 * Threads of ONNX Runtime's WebAssembly build. All its sessions share one pool, made with the first of them from
 * `env.wasm.numThreads` (https://onnxruntime.ai/docs/api/js/interfaces/Env.WebAssemblyFlags.html); the number of threads
 * of a session's own options is not read.
 */
import { EngineError } from "../errors.ts";

/** The part of onnxruntime-web's `env` that is used. ONNX Runtime fills the number in when nobody did. */
export interface WasmEnvironment {
  readonly wasm: { numThreads?: number };
}

/** Asks for a pool of `count` threads; refuses when there is one of another size. */
export function useWasmThreads({ wasm }: WasmEnvironment, count: number): void {
  if (wasm.numThreads !== undefined && wasm.numThreads !== count) {
    throw new EngineError({
      operation: `num_threads: ${count}`,
      expected: `${wasm.numThreads}, as for the models opened before: the WebAssembly engine has one set of threads`,
      got: String(count),
      fix: "Open all models with the same num_threads, or use the native engine.",
    });
  }
  wasm.numThreads = count;
}
