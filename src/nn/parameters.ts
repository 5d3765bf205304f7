/**
 * The weights of one part of the model: `p.at("fc1").get("weight", [F, D])` is the parameter named by the path so far,
 * which is the name it has in the checkpoint. Weights stored in another float type are cast where they enter.
 */
import type { Graph, Value } from "../graph/graph.ts";
import type { DType } from "../graph/types.ts";

/** The stored type of a named weight, and the name under which it is stored (tied weights have several names). */
export type Storage = (name: string) => { readonly name: string; readonly dtype: DType };

export class Parameters {
  readonly #graph: Graph;
  readonly #storage: Storage;
  readonly #path: string;

  constructor(graph: Graph, storage: Storage, path = "") {
    this.#graph = graph;
    this.#storage = storage;
    this.#path = path;
  }

  /** The part below: `p.at("encoder.layers.3")`. */
  at(name: string): Parameters {
    return new Parameters(this.#graph, this.#storage, this.nameOf(name));
  }

  /** The full name of a weight of this part. */
  nameOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  /** The weight as float32. */
  get(name: string, shape: readonly number[]): Value {
    const stored = this.#storage(this.nameOf(name));
    return this.#graph.cast(this.#graph.parameter(stored.name, stored.dtype, shape), "float32");
  }
}
