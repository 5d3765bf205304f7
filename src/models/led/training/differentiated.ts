/**
 * A part of a model as two stages of a graph: `NAME.forward` gives its output, `NAME.backward`, for the output's gradient, those
 * of inputs and weights. What goes from one to the other beside the part's inputs is a choice: nothing, and the part is computed
 * again (gradient checkpointing); or what was costly to compute, so that only what lies between is.
 */
import { pullBack } from "../../../graph/gradients.ts";
import type { Graph, Value } from "../../../graph/graph.ts";
import { costlyValues, cutBody } from "../../../graph/kept-values.ts";
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
  /** Whether what was costly is kept. */
  readonly keeps: boolean;
}

const keptName = /^kept\.(\d+)$/;

/** The inputs of `backward` that are outputs of `forward`: `NAME.forward.` and these names. */
export function keptInputs(g: Graph): string[] {
  return g.root.inputs.flatMap(({ name }) => (keptName.test(name) ? [name] : []));
}

/**
 * `backward` comes first: it says what it needs. There is no such stage where nothing needs a gradient. Its outputs: `d NAME` for
 * weights. A weight that the output does not depend on has none.
 */
export function differentiated(g: Graph, part: Part): Stage[] {
  const { name, inputs, dOutput } = part;
  const forward = { name: `${name}.forward`, inputs, build: () => buildForward(g, part) };
  if (part.trained.length === 0 && Object.keys(part.dInputs).length === 0) return [forward];
  return [{ name: `${name}.backward`, inputs: [...inputs, dOutput], build: () => buildBackward(g, part) }, forward];
}

function buildForward(g: Graph, { build }: Part): Record<string, Value> {
  const output = build();
  const costly = costlyValues(g.currentBlock);
  const kept = keptInputs(g).map((name) => [name, costly[Number(keptName.exec(name)![1])]!] as const);
  return { output, ...Object.fromEntries(kept) };
}

function buildBackward(g: Graph, { build, dOutput, dInputs, trained, keeps }: Part): Record<string, Value> {
  const output = build();
  const costly = keeps ? costlyValues(g.currentBlock) : [];
  const wanted = new Map(Object.entries(dInputs));
  for (const weight of trained) {
    const parameter = g.parameters.get(weight);
    if (parameter !== undefined) wanted.set(`d ${weight}`, parameter.value);
  }
  const given = pullBack(g, output, dOutput, [...wanted.values()]);
  const results = [...wanted.keys()].flatMap((key, at) => (given[at] === undefined ? [] : [[key, given[at]] as const]));
  cutBody(
    g,
    results.map(([, value]) => value),
    costly,
    (at) => `kept.${at}`,
  );
  return Object.fromEntries(results);
}
