/**
 * What the parts of one training step share: the model's live weights, the graphs that compute, chance, and the gradients that
 * they add to.
 */
import type { Graph } from "../../../graph/graph.ts";
import { stageInput } from "../../../graph/stages.ts";
import { Tensor } from "../../../tensor.ts";
import type { LEDCore } from "../core.ts";
import type { Draws, FillMask } from "./draws.ts";
import { GradientSum } from "./gradient-sum.ts";

type Floats = Tensor<"float32">;

export interface DropoutRates {
  readonly hidden: number;
  readonly attention: number;
  readonly activation: number;
  readonly classifier: number;
}

export interface ContextOptions {
  /** Absent where nothing is dropped. */
  readonly draws: Draws | undefined;
  readonly signal: AbortSignal | undefined;
}

export class TrainingContext {
  readonly core: LEDCore;
  readonly gradients = new GradientSum();
  readonly draws: Draws | undefined;
  readonly signal: AbortSignal | undefined;

  constructor(core: LEDCore, { draws, signal }: ContextOptions) {
    this.core = core;
    this.draws = draws;
    this.signal = signal;
  }

  /** A weight's numbers, by any of its names. */
  weight(name: string): Floats {
    return this.core.loaded.weights.live(name);
  }

  stored(name: string): string {
    return this.core.loaded.weights.names.stored(name);
  }

  isTrained(name: string): boolean {
    return this.core.loaded.weights.isTrained(name);
  }

  /** The weights under a path that are trained, by their names within it. */
  trainedUnder(path: string): string[] {
    const names = this.core.loaded.weights.trained();
    return names.flatMap((name) => (name.startsWith(`${path}.`) ? [name.slice(path.length + 1)] : []));
  }

  /** Whether layers keep what was costly to compute for the way back. */
  get keeps(): boolean {
    return !this.core.checkpointing;
  }

  /** The config's probabilities of dropout; none outside of training. */
  get rates(): DropoutRates {
    if (this.draws === undefined) return { hidden: 0, attention: 0, activation: 0, classifier: 0 };
    const { dropout, attention_dropout, activation_dropout, classifier_dropout } = this.core.loaded.config;
    return {
      hidden: dropout,
      attention: attention_dropout,
      activation: activation_dropout,
      classifier: classifier_dropout,
    };
  }

  /** The mask of a site as the input that a part's graph takes; nothing where nothing is dropped. */
  keep(
    name: string,
    site: string,
    p: number,
    make: (fill: FillMask) => Tensor<"bool">,
  ): Record<string, Tensor<"bool">> {
    return this.draws === undefined || p === 0 ? {} : { [`keep.${name}`]: make(this.draws.mask(site, p)) };
  }

  /** Runs a graph: `place` is where its weights are. Lets the event loop turn first. */
  async run(
    part: {
      readonly variant: { readonly keeps?: boolean };
      readonly build: () => Graph;
      readonly place: (name: string) => string;
    },
    stage: number | undefined,
    feeds: Readonly<Record<string, Tensor>>,
    outputs: readonly string[],
  ): Promise<Record<string, Floats>> {
    await new Promise((resolve) => setTimeout(resolve));
    this.signal?.throwIfAborted();
    const { session, weights } = await this.core.training.open(part.variant, part.build);
    const inputs = {
      ...(stage === undefined ? {} : { [stageInput]: Tensor.from(stage, "int64") }),
      ...Object.fromEntries(weights.map((name) => [name, this.weight(part.place(name))])),
      ...feeds,
    };
    return (await session.run(inputs, outputs)) as Record<string, Floats>;
  }
}
