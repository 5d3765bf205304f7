/** The graphs of training, compiled when a step first needs them. */
import type { Graph } from "../../../graph/graph.ts";
import type { Session } from "../../../runtime/engine.ts";
import type { LoadedModel } from "../loading.ts";
import { keptInputs } from "./differentiated.ts";

/** A part's graph, compiled. */
interface OpenPart {
  readonly session: Session;
  readonly weights: readonly string[];
  /** What the way forward keeps for the way back. */
  readonly kept: readonly string[];
}

/** Sessions by what their graphs are made from. Their weights are inputs, so that they outlive a change of weights. */
export class TrainingSessions {
  readonly #loaded: Pick<LoadedModel, "engine" | "session">;
  readonly #parts = new Map<string, Promise<OpenPart>>();

  constructor(loaded: Pick<LoadedModel, "engine" | "session">) {
    this.#loaded = loaded;
  }

  /** A part that keeps nothing for the way back (gradient checkpointing, the loss) keeps no memory from run to run either. */
  open(variant: { readonly keeps?: boolean }, build: () => Graph): Promise<OpenPart> {
    const key = JSON.stringify(variant);
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const opening = this.#compile(build(), variant.keeps ?? false);
    this.#parts.set(key, opening);
    opening.catch(() => this.#parts.delete(key));
    return opening;
  }

  async #compile(graph: Graph, keeps_memory: boolean): Promise<OpenPart> {
    const { engine, session } = this.#loaded;
    return {
      session: await engine.compile(graph, new Map(), { ...session, sleeping_threads: true, keeps_memory }),
      weights: [...graph.parameters.keys()],
      kept: keptInputs(graph),
    };
  }

  async dispose(): Promise<void> {
    const parts = [...this.#parts.values()];
    this.#parts.clear();
    for (const part of parts) await (await part).session.dispose();
  }
}
