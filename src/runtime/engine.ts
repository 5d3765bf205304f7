/**
 * What runs a graph. An engine compiles a graph together with its weights into a session; a session maps named tensors
 * to named tensors. node.ts and web.ts supply engines; nothing above this room knows which one it has.
 */
import type { GraphCore } from "../graph/core.ts";
import type { Tensor } from "../tensor.ts";

interface WeightOf<Numbers> {
  readonly shape: readonly number[];
  /**
   * Where its bytes lie on a disk as they are, row-major and little-endian, for engines that map files. The path holds no
   * symbolic link. Absent for weights that lie nowhere or in another number format.
   */
  readonly place?: { readonly path: string; readonly offset: number };
  /** The numbers in order, in chunks that are the caller's to keep. */
  stream(): AsyncIterable<Numbers>;
}

export interface FloatWeight extends WeightOf<Float32Array> {
  readonly dtype?: "float32";
}

/** The bytes of a quantised matrix. */
export interface ByteWeight extends WeightOf<Uint8Array> {
  readonly dtype: "uint8";
}

export type Weight = FloatWeight | ByteWeight;

/** Bytes of a weight in the engine's hands. */
export function byteLength({ dtype, shape }: Weight): number {
  return shape.reduce((product, dim) => product * dim, dtype === "uint8" ? 1 : 4);
}

/** Weights by the names their graph uses. */
export type Weights = ReadonlyMap<string, Weight>;

export interface SessionOptions {
  /** Threads that work on one operator; by default the physical cores, as the engine counts them. */
  readonly num_threads?: number;
  /** Leave weights where they lie instead of keeping them in the form that is multiplied fastest. */
  readonly low_memory?: boolean;
  /**
   * Threads sleep while they have nothing to do; otherwise they spin for a while, which costs other sessions their time. For sessions
   * that take turns: a step of training a small model takes half the time.
   */
  readonly sleeping_threads?: boolean;
  /** Memory of a run is kept for the next one, by default. false gives it back each time, which takes runs a few per cent more time. */
  readonly keeps_memory?: boolean;
}

export interface Session {
  /**
   * Runs the graph. Inputs that are not given count as empty (every symbolic size 0), which suits inputs of stages that
   * do not run. `outputs` names what is wanted. Blocks the event loop while it computes, on every engine but workers.
   */
  run(inputs: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Promise<Record<string, Tensor>>;
  /** Frees the weights and threads. A second call does nothing. */
  dispose(): Promise<void>;
}

export interface Engine {
  readonly device: "cpu" | "wasm";
  /** Whether products of unsigned by signed bytes are exact on this machine: without VNNI instructions x86 processors round sums off. */
  multipliesSignedBytes(): Promise<boolean>;
  /** Parameters that have no weight are inputs of every run: weights that change, as in training. */
  compile(graph: GraphCore, weights: Weights, options?: SessionOptions): Promise<Session>;
}
