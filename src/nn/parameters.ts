/**
 * The weights of one part of the model: `p.at("fc1").get("weight", [F, D])` is the parameter named by the path so far,
 * which is the name it has in the checkpoint.
 */
import type { Graph, Value } from "../graph/graph.ts";

/** The name under which a weight is stored: tied weights have several names. */
export type StoredName = (name: string) => string;

export class Parameters {
  readonly #graph: Graph;
  readonly #storedName: StoredName;
  readonly #path: string;

  constructor(graph: Graph, storedName: StoredName, path = "") {
    this.#graph = graph;
    this.#storedName = storedName;
    this.#path = path;
  }

  /** The part below: `p.at("encoder.layers.3")`. */
  at(name: string): Parameters {
    return new Parameters(this.#graph, this.#storedName, this.nameOf(name));
  }

  /** The full name of a weight of this part. */
  nameOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  /** The weight, float32. */
  get(name: string, shape: readonly number[]): Value {
    return this.#graph.parameter(this.#storedName(this.nameOf(name)), "float32", shape);
  }
}
