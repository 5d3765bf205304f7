/**
 * One graph, several stages, one of which a run computes. A session over it holds every weight once, with one thread
 * pool and one arena, and still the caller gets control back between stages: for progress, for abort, for the state in
 * between. Outputs of the stages that were not asked for are empty.
 */
import type { Graph, Value } from "./graph.ts";

export interface Stage {
  readonly name: string;
  /** The graph inputs that the stage reads; sizes come from them, since the others may be absent. */
  readonly inputs: readonly Value[];
  /** Output names and values, built inside the stage's own body. */
  readonly build: () => Readonly<Record<string, Value>>;
}

/** The graph input (int64 []) that says which stage runs, by its place in the list. */
export const stageInput = "stage";

/** Adds the stages; output `o` of stage `s` becomes the graph's output `s.o`. */
export function addStages(g: Graph, stages: readonly Stage[]): void {
  const chosen = g.input(stageInput, "int64", []);
  stages.forEach(({ name, inputs, build }, index) => {
    let names: string[] = [];
    let types: Value[] = [];
    const outputs = g.branch(
      g.equal(chosen, g.scalar("int64", index)),
      () => {
        for (const input of inputs) g.readSizes(input);
        const built = build();
        names = Object.keys(built);
        types = Object.values(built);
        return types;
      },
      () =>
        types.map(({ dtype, shape }) =>
          g.constant(
            dtype,
            shape.map(() => 0),
            [],
          ),
        ),
    );
    outputs.forEach((value, at) => {
      g.output(`${name}.${names[at]}`, value);
    });
  });
}
