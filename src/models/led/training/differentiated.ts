/**
 * A part of a model as two stages of a graph: `NAME.forward` gives its output; `NAME.backward` computes it again from the same
 * inputs and gives, for the gradient of the output, those of inputs and weights. That is gradient checkpointing: of a part
 * nothing but its input is kept from forward to backward.
 */
import { pullBack } from "../../../graph/gradients.ts";
import type { Graph, Value } from "../../../graph/graph.ts";
import type { Stage } from "../../../graph/stages.ts";

export interface Part {
  readonly name: string;
  /** The graph inputs that it reads. */
  readonly inputs: readonly Value[];
  readonly build: () => Value;
  /** The gradient of what `build` gives: an input of its type. */
  readonly dOutput: Value;
  /** The inputs that need a gradient, by the names of the outputs that hold theirs. */
  readonly dInputs: Readonly<Record<string, Value>>;
  /** Names of the weights that need a gradient. */
  readonly trained: readonly string[];
}

/** There is no backward stage where nothing needs a gradient. Outputs of that stage: `d NAME` for weights. A weight that the output does not depend on has none. */
export function differentiated(g: Graph, part: Part): Stage[] {
  const { name, inputs, build, dOutput, dInputs } = part;
  const forward = { name: `${name}.forward`, inputs, build: () => ({ output: build() }) };
  if (part.trained.length === 0 && Object.keys(dInputs).length === 0) return [forward];
  return [
    forward,
    {
      name: `${name}.backward`,
      inputs: [...inputs, dOutput],
      build: () => {
        const output = build();
        const wanted = new Map(Object.entries(dInputs));
        for (const weight of part.trained) {
          const parameter = g.parameters.get(weight);
          if (parameter !== undefined) wanted.set(`d ${weight}`, parameter.value);
        }
        const given = pullBack(g, output, dOutput, [...wanted.values()]);
        return Object.fromEntries(
          [...wanted.keys()].flatMap((key, index) => (given[index] === undefined ? [] : [[key, given[index]]])),
        );
      },
    },
  ];
}
