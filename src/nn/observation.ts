/**
 * What a graph takes and gives that shows its attention and masks its heads (the reference's output_attentions, head_mask).
 * A graph that is built without it computes nothing for it.
 */
import type { Graph, Value } from "../graph/graph.ts";

export interface Observation {
  /** [h]: what each head's probabilities are multiplied by. */
  readonly headMask: Value;
  /** int64 []: 1 to give probabilities out, 0 to give them without columns. */
  readonly wanted: Value;
}

/** Each head's context [B, h, n, e] times its mask: the same as masking the probabilities, at the size of the context. */
export function maskHeads(g: Graph, context: Value, observation: Pick<Observation, "headMask"> | undefined): Value {
  if (observation === undefined) return context;
  const heads = context.shape[1] as number;
  return g.mul(context, g.reshape(observation.headMask, [heads, 1, 1]));
}
