/**
 * The weights of one part of the model: `p.at("fc1").get("weight", [F, D])` is the parameter named by the path so far,
 * which is the name it has in the checkpoint.
 */
import type { Graph, Value } from "../graph/graph.ts";

/** What the weights of a model are called, and which of them are bytes. */
export interface WeightNames {
  /** The name under which a weight is stored: tied weights have several names. */
  stored(name: string): string;
  /** The names of the bytes and the scales that stand in place of a stored matrix; undefined for one that is float32. */
  quantized(stored: string): { readonly bytes: string; readonly scales: string } | undefined;
}

/** A weight matrix: as it is, float32 [out, in]; or in bytes [in, out], where b of row r is (b - 128) * scales[r]. */
export type Matrix =
  | { readonly kind: "float"; readonly weight: Value }
  | { readonly kind: "bytes"; readonly bytes: Value; readonly scales: Value };

export class Parameters {
  readonly #graph: Graph;
  readonly #names: WeightNames;
  readonly #path: string;

  constructor(graph: Graph, names: WeightNames, path = "") {
    this.#graph = graph;
    this.#names = names;
    this.#path = path;
  }

  /** The part below: `p.at("encoder.layers.3")`. */
  at(name: string): Parameters {
    return new Parameters(this.#graph, this.#names, this.nameOf(name));
  }

  /** The full name of a weight of this part. */
  nameOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  /** The weight, float32. */
  get(name: string, shape: readonly number[]): Value {
    return this.#graph.parameter(this.#names.stored(this.nameOf(name)), "float32", shape);
  }

  /** The weight [out, in] of a product or a table, in the form that the model has it in. */
  matrix(name: string, [out, width]: readonly [out: number, width: number]): Matrix {
    const stored = this.#names.stored(this.nameOf(name));
    const quantized = this.#names.quantized(stored);
    if (quantized === undefined) return { kind: "float", weight: this.get(name, [out, width]) };
    return {
      kind: "bytes",
      bytes: this.#graph.parameter(quantized.bytes, "uint8", [width, out]),
      scales: this.#graph.parameter(quantized.scales, "float32", [out]),
    };
  }
}
