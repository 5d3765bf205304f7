/**
 * The heads over hidden states: LEDClassificationHead and the linear layer of question answering
 * (transformers 4.37.2, modeling_led.py), as a graph of their own beside encoder and decoder.
 *
 * n rows, D d_model, C labels.
 */
import { Graph } from "../../graph/graph.ts";
import { linear } from "../../nn/linear.ts";
import { Parameters } from "../../nn/parameters.ts";
import type { Engine, Session, SessionOptions } from "../../runtime/engine.ts";
import type { Tensor } from "../../tensor.ts";
import { type BoundWeights, weightsFor } from "./weights.ts";

export class HeadRunner {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  /** A head with `dense` and `out_proj` under `name` classifies; one that is a linear layer itself projects. */
  static async open(engine: Engine, bound: BoundWeights, name: string, options: SessionOptions): Promise<HeadRunner> {
    const { weights } = bound;
    const dense = weights.get(`${name}.dense.weight`);
    const last = weights.get(dense === undefined ? `${name}.weight` : `${name}.out_proj.weight`)!;
    const [labels, D] = last.shape as [number, number];
    const g = new Graph();
    const p = new Parameters(g, bound.names, name);
    const hidden = g.input("hidden", "float32", ["n", D]);
    const logits =
      dense === undefined
        ? linear(g, p, hidden, labels)
        : linear(g, p.at("out_proj"), g.tanh(linear(g, p.at("dense"), hidden, D)), labels);
    g.output("logits", logits);
    return new HeadRunner(await engine.compile(g, weightsFor(g.parameters.keys(), weights), options));
  }

  /** [n, D] -> [n, C] */
  async logits(hidden: Tensor<"float32">): Promise<Tensor<"float32">> {
    const { logits } = await this.#session.run({ hidden }, ["logits"]);
    return logits as Tensor<"float32">;
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }
}
