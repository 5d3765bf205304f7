/** What goes from the way forward to the way back, by the nodes of the graphs. */
import { describe, expect, test } from "vitest";
import type { Block, GraphNode } from "../../../graph/core.ts";
import type { Graph } from "../../../graph/graph.ts";
import { keptInputs } from "./differentiated.ts";
import { decoderLayerGraph, encoderLayerGraph } from "./part-graphs.ts";

const geometry = {
  d_model: 8,
  activation_function: "gelu",
  encoder_ffn_dim: 12,
  decoder_ffn_dim: 12,
  encoder_attention_heads: 2,
  decoder_attention_heads: 2,
} as const;

const linears = (names: readonly string[]): string[] => names.flatMap((name) => [`${name}.weight`, `${name}.bias`]);
const norms = ["self_attn_layer_norm", "final_layer_norm"];
const window = ["query", "key", "value"].map((name) => `self_attn.longformer_self_attn.${name}`);
const encoderWeights = linears([...window, "self_attn.output", ...norms, "fc1", "fc2"]);
const projections = ["q_proj", "k_proj", "v_proj", "out_proj"];
const decoderWeights = linears([
  ...projections.flatMap((name) => [`self_attn.${name}`, `encoder_attn.${name}`]),
  ...norms,
  "encoder_attn_layer_norm",
  "fc1",
  "fc2",
]);
const dropout = { hidden: 0.1, cross_hidden: 0.1, output: 0.1, activation: 0.1, attention: 0.1, self_attention: 0.1 };

interface Choice {
  readonly keeps: boolean;
  readonly trained?: readonly string[];
  readonly inputTrained?: boolean;
}

const encoder = ({ keeps, trained = encoderWeights, inputTrained = true }: Choice): Graph =>
  encoderLayerGraph(geometry, { keeps, trained, inputTrained, dropout, globals: "none", headMask: false });

const decoder = ({ keeps, trained = decoderWeights, inputTrained = true }: Choice): Graph =>
  decoderLayerGraph(geometry, { keeps, trained, inputTrained, dropout, sourceTrained: inputTrained, headMasks: false });

/** The body of a stage, by its place. */
function bodyOf(g: Graph, stage: number): Block {
  return g.root.nodes.flatMap((node) => (node.kind === "if" ? [node.whenTrue] : []))[stage]!;
}

function isCostly(node: GraphNode): boolean {
  return node.kind === "loop" || (node.kind === "op" && ["Gemm", "MatMul"].includes(node.op));
}

/** Costly nodes of the backward stage: those of the layer itself, and those of its gradient. */
function costly(g: Graph): { again: number; ofGradient: number } {
  const nodes = bodyOf(g, 0).nodes.filter(isCostly);
  const again = nodes.filter(({ scope }) => !scope.startsWith("gradient.")).length;
  return { again, ofGradient: nodes.length - again };
}

/** Names and shapes of what is kept. */
const shapes = (g: Graph): (readonly (number | string)[])[] =>
  keptInputs(g)
    .sort()
    .map((name) => g.root.inputs.find((input) => input.name === name)!.shape);

describe.each([
  ["encoder", encoder],
  ["decoder", decoder],
] as const)("a layer of the %s", (side, graphOf) => {
  test("computes nothing costly a second time where that is kept, and its gradient alike", () => {
    const [kept, again] = [costly(graphOf({ keeps: true })), costly(graphOf({ keeps: false }))];
    // Projections (three and the output's; the decoder has them twice), two of the feed-forward part, a loop of each attention.
    // The encoder has what follows attention in a loop over rows, which counts as one of its gradient.
    expect(again.again).toBe(side === "encoder" ? 3 + 1 : 8 + 2 + 2);
    const byRows = side === "encoder" ? 6 - 1 : 0;
    expect(kept).toEqual({ again: 0, ofGradient: again.ofGradient + byRows });
  });

  test("keeps nothing where it is computed again, and gives out nothing for it", () => {
    const g = graphOf({ keeps: false });
    expect(keptInputs(g)).toEqual([]);
    expect(bodyOf(g, 1).outputs).toHaveLength(1);
  });

  test("gives out forward what it wants backward", () => {
    const g = graphOf({ keeps: true });
    const outputs = g.root.outputs.filter(({ name }) => name.startsWith("layer.forward."));
    expect(outputs.map(({ name }) => name)).toEqual(
      ["output", ...keptInputs(g)].map((name) => `layer.forward.${name}`),
    );
    for (const { name, value } of outputs.slice(1)) {
      const input = g.root.inputs.find((one) => `layer.forward.${one.name}` === name)!;
      expect(value).toMatchObject({ dtype: input.dtype, shape: input.shape });
    }
  });

  test("keeps only what the trained weights need", () => {
    const trained = ["final_layer_norm.bias"];
    expect(keptInputs(graphOf({ keeps: true, trained, inputTrained: false }))).toEqual([]);
    expect(shapes(graphOf({ keeps: true, trained: ["fc2.bias"], inputTrained: false })).length).toBeGreaterThan(0);
  });

  test("has no way back, and keeps nothing, where nothing is trained", () => {
    const g = graphOf({ keeps: true, trained: [], inputTrained: false });
    expect(keptInputs(g)).toEqual([]);
    expect(g.root.outputs.map(({ name }) => name)).toEqual(["layer.forward.output"]);
  });
});

test("an encoder layer that is computed again takes what follows attention some rows at a time", () => {
  const g = encoder({ keeps: false });
  const loops = [0, 1].map((stage) =>
    bodyOf(g, stage).nodes.flatMap((node) => (node.kind === "loop" ? [node.body] : [])),
  );
  const products = loops.map((bodies) =>
    bodies.map(({ nodes }) => nodes.filter((node) => node.kind === "op" && node.op === "Gemm").length),
  );
  // Backward: attention forward, three products and their six of the gradient, attention's gradient.
  expect(products).toEqual([
    [0, 3 + 6, 0],
    [0, 3],
  ]);
  const wide = g.root.outputs.filter(({ value }) => value.shape.includes(12) && !value.shape.includes(8));
  expect(wide.map(({ name }) => name)).toEqual(["layer.backward.d fc1.bias"]);
});

test("an encoder layer keeps six rows as wide as the model for each position, and one as wide as its feed-forward part", () => {
  const rows = shapes(encoder({ keeps: true }));
  expect(rows.filter((shape) => shape.at(-1) === 8)).toHaveLength(6);
  expect(rows.filter((shape) => shape.at(-1) === 12)).toEqual([["B*S", 12]]);
  expect(rows).toHaveLength(7);
});
