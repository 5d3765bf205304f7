/**
 * What the model's graphs cost, asserted as numbers that no clock has a part in (src/graph/cost.ts): nodes of each kind,
 * arithmetic, bytes written, bytes of weights read, the largest value. A change that adds a copy, a pass or arithmetic fails
 * here and says where; one that does so on purpose, or saves some, puts the numbers that are printed into `facts` and its
 * reason into the commit.
 *
 * S source positions, D d_model, F the feed-forward width, L layers, x global positions, c half the window, Q query rows
 * and P cached rows of the decoder.
 */
import { describe, expect, it } from "vitest";
import { quantizedNames } from "../src/checkpoints/quantize.ts";
import { costByKind, type GraphCost, graphCost, largestOutput, type NodeCost } from "../src/graph/cost.ts";
import type { Graph } from "../src/graph/graph.ts";
import { decoderGraph } from "../src/models/led/decoder-graph.ts";
import { encoderGraph } from "../src/models/led/encoder-graph.ts";
import type { Geometry } from "../src/models/led/parameters.ts";
import { isMatrix } from "../src/models/led/quantization.ts";
import { layoutSequence } from "../src/models/led/sequence-masks.ts";
import type { WeightNames } from "../src/nn/parameters.ts";
import { Tensor } from "../src/tensor.ts";
import { type Facts, facts } from "./graph-cost-facts.ts";

type Sizes = Omit<
  Geometry,
  | "max_encoder_position_embeddings"
  | "max_decoder_position_embeddings"
  | "activation_function"
  | "attention_window"
  | "tie_word_embeddings"
> & { readonly attention_window: number };

type GeometryName = "led-tiny" | "led-base";

/** bench/geometries.mjs */
interface Geometries {
  readonly geometries: Readonly<Record<GeometryName, Sizes>>;
  readonly positions: { readonly encoder: number; readonly decoder: number };
  encoderFlop(geometry: Sizes, S: number, x?: number): number;
  decodeStepBytes(geometry: Sizes, S: number): number;
}

const bench = new URL("../bench/geometries.mjs", import.meta.url).href;
const { geometries, positions, encoderFlop, decodeStepBytes } = (await import(bench)) as Geometries;

const names: WeightNames = { stored: (name) => name, quantized: () => undefined };
const namesOfBytes: WeightNames = {
  stored: (name) => name,
  quantized: (name) => (isMatrix({ name, shape: [1, 1] }) ? quantizedNames(name) : undefined),
};
const base = geometries["led-base"];

function geometryOf(name: GeometryName): Geometry {
  const { attention_window, ...sizes } = geometries[name];
  return {
    ...sizes,
    max_encoder_position_embeddings: positions.encoder,
    max_decoder_position_embeddings: positions.decoder,
    activation_function: "gelu",
    attention_window: Array<number>(sizes.encoder_layers).fill(attention_window),
    tie_word_embeddings: true,
  };
}

const graphs = new Map<string, Graph>();

/** A graph is built once. */
function graphOf(key: string, build: () => Graph): Graph {
  const graph = graphs.get(key) ?? build();
  graphs.set(key, graph);
  return graph;
}

/** The first layer over a document whose first `globals` positions are global, laid out as the encoder lays it out. */
function encoderLayer(name: GeometryName, length: number, globals = 1, weights = names): GraphCost {
  const mask = new Tensor(
    "int64",
    BigInt64Array.from({ length }, (_, i) => (i < globals ? 1n : 0n)),
    [1, length],
  );
  const { paddedLength: S, slots: x, feeds } = layoutSequence({ batch: 1, length }, undefined, mask);
  const graph = graphOf(`encoder ${name} ${weights === names}`, () =>
    encoderGraph(geometryOf(name), weights, "led.encoder", false),
  );
  return graphCost(graph, { sizes: { B: 1, S, x }, numbers: { stage: 1, block: feeds.block!.at(0) } });
}

interface StepSizes {
  Q: number;
  P: number;
  S: number;
  pieces?: number;
}

function decoderStage(
  name: GeometryName,
  stage: number,
  { pieces = 1, ...sizes }: StepSizes,
  weights = names,
): GraphCost {
  const abilities = { logits: true, full: false, source: true, sourceInBytes: weights !== names };
  const graph = graphOf(`decoder ${name} ${weights === names}`, () =>
    decoderGraph(geometryOf(name), weights, "led.decoder", abilities),
  );
  // A source in bytes is read in one piece.
  const numbers = { stage, log_probs_wanted: 0, ...(weights === names ? { source_pieces: pieces } : {}) };
  return graphCost(graph, { sizes: { B: 1, ...sizes }, numbers });
}

const decoderStep = (name: GeometryName, sizes: StepSizes, weights = names): GraphCost =>
  decoderStage(name, 0, sizes, weights);

const sumOf = ({ nodes }: GraphCost, what: "products" | "elements" | "written") =>
  nodes.reduce((sum, node) => sum + node[what], 0);

/** Bytes read of what has a name like this. Parameters of both graphs are under "led.", but for the head's. */
function readOf({ reads }: GraphCost, pattern: RegExp): number {
  return [...reads].reduce((sum, [name, bytes]) => sum + (pattern.test(name) ? bytes : 0), 0);
}

const parameters = /^(?:led\.|lm_head\.|final_logits_bias$)/;

/** A value by the op that makes it and its symbols: names carry a running number, which every change moves. */
const shown = ({ kind, output, dims, bytes }: NodeCost): string =>
  `${kind} [${output.shape.join(", ")}] = [${dims.join(", ")}], ${bytes} bytes`;

function factsOf(cost: GraphCost): Required<Facts> {
  const kinds = Object.entries(costByKind(cost.nodes));
  return {
    products: sumOf(cost, "products"),
    elements: sumOf(cost, "elements"),
    written: sumOf(cost, "written"),
    weights: readOf(cost, parameters),
    largest: shown(largestOutput(cost.nodes)!),
    kinds: Object.fromEntries(kinds.map(([kind, sum]) => [kind, [sum.nodes, sum.executions, sum.written] as const])),
  };
}

/** Facts as lines of name and content, in the order in which they are declared. */
function lines({ kinds = {}, ...totals }: Facts): Map<string, number | string> {
  const perKind = Object.entries(kinds).flatMap(([kind, [nodes, executions, written]]) => [
    [`${kind}: nodes`, nodes] as const,
    [`${kind}: executions`, executions] as const,
    [`${kind}: bytes written`, written] as const,
  ]);
  return new Map<string, number | string>([...Object.entries(totals), ...perKind]);
}

const number = (value: number): string => value.toLocaleString("en-US").replaceAll(",", "_");

/** As it stands in `facts`. */
function literal(title: string, { kinds, ...totals }: Facts): string {
  const text = (value: number | string) => (typeof value === "number" ? number(value) : JSON.stringify(value));
  const perKind = Object.entries(kinds ?? {}).map(([kind, row]) => `      ${kind}: [${row.map(number).join(", ")}],\n`);
  return [
    `  "${title}": {\n`,
    ...Object.entries(totals).map(([name, value]) => `    ${name}: ${text(value)},\n`),
    ...(kinds === undefined ? [] : ["    kinds: {\n", ...perKind, "    },\n"]),
    "  },\n",
  ].join("");
}

/** Fails with what changed, and with the lines that would stand in `facts`. */
function requireFacts(title: string, cost: GraphCost, { withKinds = false } = {}): void {
  const { kinds, ...totals } = factsOf(cost);
  const now: Facts = withKinds ? { ...totals, kinds } : totals;
  const [before, after] = [lines(facts[title] ?? ({} as Facts)), lines(now)];
  const changed = [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, is] = [before.get(name), after.get(name)];
    if (old === is) return [];
    const all = [old, is].map((value) => (typeof value === "number" ? number(value) : (value ?? "none")));
    const by =
      typeof old === "number" && typeof is === "number"
        ? ` (${is > old ? "+" : "-"}${number(Math.abs(is - old))})`
        : "";
    return [`  ${name}: ${all.join(" -> ")}${by}`];
  });
  if (changed.length === 0) return;
  expect.fail(
    `What the graph costs has changed: ${title}\n${changed.join("\n")}\n` +
      `If it is meant so, give the reason in the commit and put this into \`facts\` of tests/graph-cost-facts.ts:\n${literal(title, now)}`,
  );
}

describe("an encoder layer", () => {
  it("is what it was", () => {
    requireFacts("led-base, encoder layer, S 4096", encoderLayer("led-base", 4096), { withKinds: true });
    requireFacts("led-base, encoder layer, S 16384", encoderLayer("led-base", 16384));
  });

  it("with many global positions is what it was", () => {
    requireFacts("led-base, encoder layer, S 4096, x 100", encoderLayer("led-base", 4096, 100));
  });

  it("in bytes is what it was", () => {
    const cost = encoderLayer("led-base", 4096, 1, namesOfBytes);
    requireFacts("led-base in bytes, encoder layer, S 4096", cost, { withKinds: true });
  });

  it("of a tiny model is what it was, and has the same nodes", () => {
    const [tiny, large] = [encoderLayer("led-tiny", 1024), encoderLayer("led-base", 4096)];
    requireFacts("led-tiny, encoder layer, S 1024", tiny);
    // In no order: which branch a block takes first depends on the window.
    const nodes = ({ nodes }: GraphCost) => nodes.map(({ kind, output }) => `${kind} ${output.shape.length}`).sort();
    expect(nodes(tiny)).toEqual(nodes(large));
  });

  // A block of 256 queries is scored against all 2c + 256 keys around it, as far as there are so many; each query sees 2c + 1.
  it.each([4096, 16384])("over %d positions does at most 1.05 times the arithmetic that is of use", (S) => {
    const useful = encoderFlop(base, S) / base.encoder_layers;
    const factor = sumOf(encoderLayer("led-base", S), "products") / useful;
    expect(factor).toBeGreaterThanOrEqual(1);
    expect(factor).toBeLessThanOrEqual(1.05);
  });

  it("costs each further token the same from 4K to 64K", () => {
    const layers = [4096, 8192, 16384, 32768, 65536].map((S) => {
      const cost = encoderLayer("led-base", S);
      const executions = cost.nodes.reduce((sum, node) => sum + node.executions, 0);
      return { S, products: sumOf(cost, "products"), written: sumOf(cost, "written"), executions };
    });
    const [first, ...further] = layers.slice(1).map((long, i) => {
      const short = layers[i]!;
      const each = (what: "products" | "written" | "executions") => (long[what] - short[what]) / (long.S - short.S);
      return { products: each("products"), written: each("written"), executions: each("executions") };
    });
    for (const more of further) expect(more).toEqual(first);
    // At both ends there are fewer keys to see, and some things are made once a layer.
    const whole = layers.map(({ S, products }) => products / S);
    for (const cost of whole) {
      expect(cost).toBeLessThanOrEqual(first!.products);
      expect(cost).toBeGreaterThan(0.98 * first!.products);
    }
  });

  it("transposes whole sequences three times: the input for the global rows, keys and values", () => {
    const S = 4096;
    const whole = encoderLayer("led-base", S).nodes.filter(
      ({ kind, bytes }) => kind === "Transpose" && bytes >= 4 * S * base.d_model,
    );
    expect(whole.map(({ output, executions }) => [output.shape.join(), executions])).toEqual([
      ["B,768,S", 1],
      ["B,12,x+S,64", 1],
      ["B,12,x+S,64", 1],
    ]);
  });

  it("holds nothing larger than keys: the global slots and the sequence", () => {
    const [S, x] = [16384, 1];
    expect(largestOutput(encoderLayer("led-base", S).nodes)?.bytes).toBe(4 * (x + S) * base.d_model);
  });
});

describe("the decoder", () => {
  const { d_model: D, decoder_ffn_dim: F, decoder_layers: L, vocab_size: V } = base;

  it("in bytes takes a step that is what it was", () => {
    const cost = decoderStep("led-base", { Q: 1, P: 16, S: 4096 }, namesOfBytes);
    requireFacts("led-base in bytes, decoder step, Q 1, P 16, S 4096", cost, { withKinds: true });
  });

  it("takes a step that is what it was", () => {
    const sizes = { Q: 1, P: 16, S: 4096 };
    requireFacts("led-base, decoder step, Q 1, P 16, S 4096", decoderStep("led-base", sizes), { withKinds: true });
    requireFacts("led-tiny, decoder step, Q 1, P 16, S 512", decoderStep("led-tiny", { ...sizes, S: 512 }));
  });

  it.each([
    { Q: 1, P: 16, S: 4096 },
    { Q: 4, P: 256, S: 16384 },
  ])("takes a step of $Q rows with no arithmetic beyond projections, attention and head", ({ Q, P, S }) => {
    const cost = decoderStep("led-base", { Q, P, S });
    const weights = L * (6 * D ** 2 + 2 * D * F) + V * D;
    const attention = 2 * L * D * (S + P + Q);
    expect(sumOf(cost, "products")).toBe(2 * Q * (weights + attention));
  });

  it.each([
    { Q: 1, S: 4096 },
    { Q: 4, S: 4096 },
    { Q: 4, S: 16384 },
  ])("reads for $Q rows the weights and the source's $S keys and values once", ({ Q, S }) => {
    const read = readOf(decoderStep("led-base", { Q, P: 16, S }), new RegExp(`${parameters.source}|^source\\.`));
    const bytes = decodeStepBytes(base, S);
    expect(read).toBeGreaterThanOrEqual(bytes);
    expect(read).toBeLessThanOrEqual(1.01 * bytes);
  });

  it("in pieces of the source has no more arithmetic, and reads as much", () => {
    const sizes = { Q: 4, P: 16, S: 16384 };
    const [whole, pieces] = [decoderStep("led-base", sizes), decoderStep("led-base", { ...sizes, pieces: 16 })];
    expect(sumOf(pieces, "products")).toBe(sumOf(whole, "products"));
    expect(readOf(pieces, parameters)).toBe(readOf(whole, parameters));
    expect(readOf(pieces, /^source\./)).toBe(readOf(whole, /^source\./));
  });

  it("prepares a layer's source with two projections", () => {
    const S = 4096;
    const cost = decoderStage("led-base", 1, { Q: 0, P: 0, S });
    expect(sumOf(cost, "products")).toBe(2 * (2 * S * D ** 2));
    requireFacts("led-base, keys and values of the source, S 4096", cost);
  });
});
