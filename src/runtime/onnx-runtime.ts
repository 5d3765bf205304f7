/**
 * The engine over ONNX Runtime's JavaScript interface, which onnxruntime-node and onnxruntime-web share. The caller
 * gives the module and says how weights reach it: mapped from files by the native library, or as buffers.
 */
import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from "onnxruntime-common";
import { EngineError, InternalError } from "../errors.ts";
import type { GraphCore, Value } from "../graph/core.ts";
import { type ExternalData, type OnnxOptions, writeOnnx } from "../graph/onnx.ts";
import { byteMatrices } from "../graph/signed-bytes.ts";
import { crowdedMatrices } from "../graph/spaced-rows.ts";
import { Tensor, type TensorType } from "../tensor.ts";
import { completeInputs } from "./check.ts";
import type { Engine, Session, SessionOptions, Weights } from "./engine.ts";
import { signedProductsAreExact } from "./signed-products.ts";
import { matricesToSpace, spacedWeights } from "./spaced-weights.ts";

/** The part of onnxruntime-node's and -web's module that is used. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

/** How the engine finds the bytes of weights: session options, and where each weight lies under them. */
export interface WeightAccess {
  readonly options: InferenceSession.SessionOptions;
  /** Entries of the session's configuration, by ONNX Runtime's names without "session.". */
  readonly entries: Readonly<Record<string, string>>;
  locate(name: string): ExternalData;
  /** Called once the session is open or has failed to open. */
  release(): Promise<void>;
}

export interface OnnxRuntimeOptions {
  readonly device: Engine["device"];
  readonly runtime: OnnxRuntime;
  readonly access: (weights: Weights) => Promise<WeightAccess>;
  /** Gives a session its number of threads, by its options or otherwise. */
  readonly threads: (count: number) => InferenceSession.SessionOptions;
}

export function onnxRuntimeEngine(given: OnnxRuntimeOptions): Engine {
  const { device } = given;
  let exact: Promise<boolean> | undefined;
  const signedBytesAreExact = (): Promise<boolean> =>
    (exact ??= signedProductsAreExact((graph, weights) => {
      return open(given, graph, weights, { num_threads: 1 }, { signedBytes: true, spaced: new Set() });
    }));
  return {
    device,
    multipliesSignedBytes: signedBytesAreExact,
    async compile(graph, weights, options = {}) {
      const { low_memory = false } = options;
      if (low_memory && device === "wasm") {
        throw new EngineError({
          operation: "open the model in little memory",
          expected: "the native engine, which maps weights from their files",
          got: "WebAssembly",
          fix: "Leave low_cpu_mem_usage unset, or install onnxruntime-node.",
        });
      }
      // Matrices that are turned into signed ones do not stay where they lie.
      const signedBytes = !low_memory && byteMatrices(graph).size > 0 && (await signedBytesAreExact());
      // WebAssembly's kernels read few rows at once.
      const spaced = low_memory || device === "wasm" ? new Set<string>() : crowdedMatrices(graph);
      return open(given, graph, weights, options, { signedBytes, spaced });
    },
  };
}

async function open(
  { device, runtime, access, threads }: OnnxRuntimeOptions,
  graph: GraphCore,
  weights: Weights,
  options: SessionOptions,
  { signedBytes, spaced: wanted }: Required<OnnxOptions>,
): Promise<Session> {
  const { num_threads, low_memory = false, sleeping_threads = false, keeps_memory = true } = options;
  const threadOptions = num_threads === undefined ? {} : threads(num_threads);
  const spaced = matricesToSpace(weights, wanted);
  // What has no room on the disk for spaced rows computes without them.
  const {
    options: weightOptions,
    entries,
    locate,
    release,
  } = await access(spacedWeights(weights, spaced)).catch((error: unknown) => {
    if (spaced.size === 0) throw error;
    spaced.clear();
    return access(weights);
  });
  try {
    const model = writeOnnx(graph, (name) => (weights.has(name) ? locate(name) : undefined), { signedBytes, spaced });
    const settings = {
      ...sessionOptions(device),
      enableCpuMemArena: keeps_memory,
      ...threadOptions,
      ...weightOptions,
      extra: {
        session: {
          ...entries,
          ...(low_memory ? { disable_prepacking: "1" } : {}),
          ...(sleeping_threads ? { "intra_op.allow_spinning": "0" } : {}),
        },
      },
    };
    const session = await runtime.InferenceSession.create(model, settings).catch((cause: unknown) => {
      throw engineError("open the model in ONNX Runtime", "a session", cause);
    });
    const given = [...graph.parameters.values()].map(({ value }) => value).filter(({ name }) => !weights.has(name));
    return wrapSession({ inputs: graph.root.inputs, weights: given }, session, runtime);
  } finally {
    await release();
  }
}

function sessionOptions(device: Engine["device"]): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    graphOptimizationLevel: "all",
    // Shapes change from call to call; remembered allocation plans only help when they repeat.
    enableMemPattern: false,
    // What goes wrong is thrown; the engine's own lines on standard error would say it a second time.
    logSeverityLevel: 4,
  };
}

function wrapSession(
  { inputs: declared, weights }: { readonly inputs: readonly Value[]; readonly weights: readonly Value[] },
  session: InferenceSession,
  { Tensor: OrtTensor }: OnnxRuntime,
): Session {
  let disposed = false;
  return {
    async run(inputs, outputs) {
      if (disposed)
        throw new EngineError({ operation: "run graph", expected: "an open session", got: "a disposed one" });
      const feeds: Record<string, OrtTensor> = {};
      for (const [name, tensor] of completeInputs(declared, inputs, weights)) {
        feeds[name] = new OrtTensor(tensor.type, tensor.data, tensor.dims) as OrtTensor;
      }
      const results = await session.run(feeds, outputs).catch((cause: unknown) => {
        throw engineError(`compute ${outputs.join(", ")}`, "a result", cause);
      });
      return Object.fromEntries(outputs.map((name) => [name, fromOrt(name, results[name])]));
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      await session.release();
    },
  };
}

function fromOrt(name: string, value: InferenceSession.OnnxValueMapType[string] | undefined): Tensor {
  if (value === undefined) throw new InternalError({ operation: "run graph", expected: `output ${name}`, got: "none" });
  return new Tensor(value.type as TensorType, value.data as Tensor["data"], value.dims);
}

function engineError(operation: string, expected: string, cause: unknown): EngineError {
  const got = cause instanceof Error ? cause.message : String(cause);
  return new EngineError({ operation, expected, got, cause });
}
