/**
 * What one run of a graph amounts to, counted and not measured: nodes, arithmetic, bytes written and read. The graph is
 * run with shapes in place of tensors: loops iterate, branches are taken, and small integers (sizes, counts, starts) are
 * computed as an engine would, so that sizes the graph computes itself are what they are at run time. Nothing is known of
 * what an engine fuses, nor of what a kernel needs beside its outputs.
 */
import { InternalError, InvalidArgumentError } from "../errors.ts";
import {
  type Block,
  type GraphCore,
  GraphError,
  type GraphNode,
  type IfNode,
  type LoopNode,
  type OpNode,
  type Value,
} from "./core.ts";
import {
  bytesOf,
  count,
  counts,
  type Known,
  numbersOf,
  pickers,
  type Sized,
  shapeReaders,
  views,
  type Work,
  type WorkRule,
  workRules,
} from "./cost-rules.ts";
import { type OpAttributes, type OpName, typeRules } from "./ops.ts";
import { stageInput } from "./stages.ts";
import type { TypeRule } from "./type-checks.ts";
import { type Dim, partsOf, RuleViolation } from "./types.ts";

/** What the inputs of a run are like. */
export interface Run {
  /** The symbols of the inputs: { B: 1, S: 4096 }. Those of inputs that the run does not look at may be left out. */
  readonly sizes: Readonly<Record<string, number>>;
  /** What inputs of one integer hold, by name: { stage: 1, block: 256 }. */
  readonly numbers?: Readonly<Record<string, number>>;
}

export type NodeKind = OpName | "Loop" | "If";

/** One node of a body that ran; sums are over all its executions. */
export interface NodeCost extends Work {
  readonly kind: NodeKind;
  readonly scope: string;
  readonly executions: number;
  /** Bytes of outputs. A view of an input (Reshape) writes none. */
  readonly written: number;
  /** The largest output at its largest: the value, its dims and bytes. */
  readonly output: Value;
  readonly dims: readonly number[];
  readonly bytes: number;
}

export interface GraphCost {
  /** In the order in which they first ran. */
  readonly nodes: readonly NodeCost[];
  /**
   * Bytes that nodes read of each parameter and input, again at each execution: of look-ups and slices what they give, of
   * other ops all.
   */
  readonly reads: ReadonlyMap<string, number>;
}

export interface KindCost extends Work {
  readonly nodes: number;
  readonly executions: number;
  readonly written: number;
}

/** Sums over the nodes of each kind, kinds in alphabetical order. */
export function costByKind(nodes: readonly NodeCost[]): Partial<Record<NodeKind, KindCost>> {
  const sums: Partial<Record<NodeKind, KindCost>> = {};
  for (const { kind, executions, products, elements, written } of [...nodes].sort((a, b) =>
    a.kind < b.kind ? -1 : 1,
  )) {
    const sum = sums[kind] ?? { nodes: 0, executions: 0, products: 0, elements: 0, written: 0 };
    sums[kind] = {
      nodes: sum.nodes + 1,
      executions: sum.executions + executions,
      products: sum.products + products,
      elements: sum.elements + elements,
      written: sum.written + written,
    };
  }
  return sums;
}

/** The node that writes the largest output; of equal ones the first. Undefined where no node writes. */
export function largestOutput(nodes: readonly NodeCost[]): NodeCost | undefined {
  const writers = nodes.filter(({ written }) => written > 0);
  return writers.reduce<NodeCost | undefined>((a, b) => (a === undefined || b.bytes > a.bytes ? b : a), undefined);
}

/**
 * Counts a run. Of a graph of stages (stages.ts) the number `stage` says which one runs; choosing it counts as nothing,
 * and what stands outside of the stages is counted with it. Throws InvalidArgumentError, with the name, where a size or a
 * number is missing that something depends on.
 */
export function graphCost(graph: GraphCore, run: Run): GraphCost {
  return new Counter(graph, run).count();
}

class Counter {
  readonly #graph: GraphCore;
  readonly #sizes: Readonly<Record<string, number>>;
  readonly #numbers: Readonly<Record<string, number>>;
  readonly #known = new Map<Value, Known>();
  /** The parameter or input that a value is a view of. */
  readonly #origins = new Map<Value, string>();
  readonly #nodes = new Map<GraphNode, NodeCost>();
  readonly #reads = new Map<string, number>();

  constructor(graph: GraphCore, { sizes, numbers = {} }: Run) {
    this.#graph = graph;
    this.#sizes = sizes;
    this.#numbers = numbers;
    const { inputs } = graph.root;
    const symbols = new Set(inputs.flatMap(({ shape }) => shape.flatMap(symbolsOf)));
    requireNames("size", Object.keys(sizes), [...symbols]);
    requireNames(
      "number",
      Object.keys(numbers),
      inputs.filter(({ dtype }) => counts(dtype)).map(({ name }) => name),
    );
    for (const { value, numbers } of graph.constants.values()) this.#learn(value, value.shape as number[], numbers);
    for (const { value, shape } of graph.parameters.values()) {
      this.#learn(value, shape);
      this.#origins.set(value, value.name);
    }
    for (const value of inputs) this.#origins.set(value, value.name);
  }

  count(): GraphCost {
    const { nodes, inputs } = this.#graph.root;
    const stage = this.#numbers[stageInput] === undefined ? undefined : inputs.find(({ name }) => name === stageInput);
    const choices = new Set<Value>();
    let chosen = 0;
    for (const node of nodes) {
      if (stage !== undefined && node.kind === "op" && node.op === "Equal" && node.inputs[0] === stage) {
        choices.add(node.outputs[0]);
        this.#evaluate(node);
      } else if (node.kind === "if" && choices.has(node.condition)) {
        if (!this.#flag(node)) continue;
        chosen++;
        this.#branch(node);
      } else this.#node(node);
    }
    if (stage !== undefined && chosen !== 1) {
      const got = String(this.#numbers[stageInput]);
      throw new InvalidArgumentError({ operation: "graphCost", expected: `a stage below ${choices.size}`, got });
    }
    return { nodes: [...this.#nodes.values()], reads: this.#reads };
  }

  #node(node: GraphNode): void {
    if (node.kind === "loop") this.#loop(node);
    else if (node.kind === "if") {
      this.#branch(node);
      this.#add(node, node.outputs);
    } else {
      const inputs = this.#evaluate(node);
      const output = this.#of(node.outputs[0]);
      // The table's entry under a name takes the attributes of that name, which the node's own type no longer ties to it.
      this.#add(node, node.outputs, (workRules[node.op] as WorkRule<unknown>)(inputs, output, node.attributes));
      if (!shapeReaders.has(node.op)) this.#read(node, output);
    }
  }

  #loop(node: LoopNode): void {
    const trips = this.#scalar(node.count, node.scope, "Loop");
    const [index, going, ...states] = node.body.inputs as [Value, Value, ...Value[]];
    const [, ...results] = node.body.outputs.map(({ value }) => value);
    let carried = node.carried.map((value) => this.#of(value));
    for (let trip = 0; trip < trips; trip++) {
      this.#learn(index, [], [trip]);
      this.#learn(going, [], [1]);
      for (const [i, state] of states.entries()) this.#known.set(state, carried[i]!);
      for (const inner of node.body.nodes) this.#node(inner);
      carried = states.map((_, i) => this.#of(results[i]!));
    }
    node.outputs.forEach((output, i) => {
      if (i < carried.length) this.#known.set(output, carried[i]!);
      // Without a run symbols of a stacked value have no size; there is nothing in it.
      else if (trips === 0)
        this.#learn(output, [0, ...results[i]!.shape.map((dim) => (typeof dim === "number" ? dim : 0))]);
      else this.#learn(output, [trips, ...this.#of(results[i]!).shape]);
    });
    this.#add(node, node.outputs);
  }

  #branch(node: IfNode): void {
    const body: Block = this.#flag(node) ? node.whenTrue : node.whenFalse;
    for (const inner of body.nodes) this.#node(inner);
    node.outputs.forEach((output, i) => {
      this.#known.set(output, this.#of(body.outputs[i]!.value));
    });
  }

  #flag({ condition, scope }: IfNode): boolean {
    return this.#scalar(condition, scope, "If") !== 0;
  }

  /** Types and numbers of a node's output. Gives its inputs. */
  #evaluate(node: OpNode): (Known | undefined)[] {
    const inputs = node.inputs.map((value) => value && this.#of(value));
    const attributes =
      "dims" in node.attributes ? { ...node.attributes, ...this.#dims(node, inputs) } : node.attributes;
    const output = node.outputs[0];
    try {
      const { shape } = (typeRules[node.op] as TypeRule<unknown>)(inputs, attributes);
      const sized = shape as readonly number[];
      this.#learn(output, sized, counts(output.dtype) ? numbersOf(node, inputs, sized) : undefined);
    } catch (error) {
      if (!(error instanceof RuleViolation)) throw error;
      const operation = `${node.scope === "" ? "" : `${node.scope}: `}${node.op} at run time`;
      throw new GraphError({ operation, expected: error.expected, got: error.got });
    }
    const origin = this.#origins.get(node.inputs[0] ?? output);
    if (views.has(node.op) && origin !== undefined) this.#origins.set(output, origin);
    return inputs;
  }

  /** The dims that an op takes from tensors at run time; sizes that the author vouched for are checked. */
  #dims(node: OpNode, inputs: readonly (Known | undefined)[]): { dims: number[]; vouched: false } {
    const list = (index: number) => this.#list(inputs[index]!, node.scope, node.op);
    const x = inputs[0]!.shape;
    const resized = (to: (size: number) => number) => {
      const [axis] = list(3) as [number];
      return x.map((size, at) => (at === axis ? to(size) : size));
    };
    const dims = ((): number[] => {
      switch (node.op) {
        case "Reshape": {
          const { allowzero } = node.attributes as OpAttributes["Reshape"];
          const target = list(1).map((dim, axis) => (dim === 0 && allowzero === 0 ? x[axis]! : dim));
          const rest = count(target.filter((dim) => dim !== -1));
          return target.map((dim) => (dim === -1 ? count(x) / Math.max(1, rest) : dim));
        }
        case "Expand":
          return [...list(1)];
        case "Slice":
          return resized((size) => Math.max(0, Math.min(list(2)[0]!, size) - Math.min(list(1)[0]!, size)));
        case "Pad":
          return resized((size) => size + list(1)[0]! + list(1)[1]!);
        case "Range": {
          const [start, limit, step] = [0, 1, 2].map((index) => list(index)[0]!) as [number, number, number];
          return [Math.max(0, Math.ceil((limit - start) / step))];
        }
        default:
          throw new InternalError({ operation: "graphCost", expected: "a rule for computed dims", got: node.op });
      }
    })();
    return { dims, vouched: false };
  }

  #of(value: Value): Known {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    if (!this.#graph.root.inputs.includes(value)) {
      throw new InternalError({ operation: "graphCost", expected: "a value that was computed", got: value.name });
    }
    const number = this.#numbers[value.name];
    return this.#learn(
      value,
      value.shape.map((dim) => this.#size(dim, value)),
      number === undefined ? undefined : [number],
    );
  }

  #size(dim: Dim, of: Value): number {
    if (typeof dim === "number") return dim;
    const given = this.#sizes[dim];
    if (given !== undefined) return given;
    const [terms, factors] = [partsOf(dim, "+"), partsOf(dim, "*")];
    if (terms.length > 1) return terms.reduce<number>((sum, term) => sum + this.#size(term, of), 0);
    if (factors.length > 1) return factors.reduce<number>((product, factor) => product * this.#size(factor, of), 1);
    throw new InvalidArgumentError({
      operation: "graphCost",
      expected: `a size of ${dim}, for ${of.name}`,
      got: "none",
    });
  }

  #learn(value: Value, shape: readonly number[], numbers?: Known["numbers"]): Known {
    const known = { dtype: value.dtype, shape, numbers: numbers ?? { missing: value.name } };
    this.#known.set(value, known);
    return known;
  }

  #list({ numbers }: Known, scope: string, op: string): readonly number[] {
    if (!("missing" in numbers)) return numbers;
    const operation = `graphCost, ${scope === "" ? "" : `${scope}: `}${op}`;
    throw new InvalidArgumentError({ operation, expected: `the number that ${numbers.missing} holds`, got: "none" });
  }

  #scalar(value: Value, scope: string, op: string): number {
    return this.#list(this.#of(value), scope, op)[0]!;
  }

  #add(node: GraphNode, outputs: readonly Value[], work: Work = { products: 0, elements: 0 }): void {
    const all = outputs.map((output) => ({ output, dims: this.#of(output).shape, bytes: bytesOf(this.#of(output)) }));
    const written = node.kind === "op" && views.has(node.op) ? 0 : all.reduce((sum, { bytes }) => sum + bytes, 0);
    const kind: NodeKind = node.kind === "op" ? node.op : node.kind === "loop" ? "Loop" : "If";
    const before = this.#nodes.get(node);
    const largest = [...(before === undefined ? [] : [before]), ...all].reduce((a, b) => (b.bytes > a.bytes ? b : a));
    this.#nodes.set(node, {
      kind,
      scope: node.scope,
      executions: (before?.executions ?? 0) + 1,
      products: (before?.products ?? 0) + work.products,
      elements: (before?.elements ?? 0) + work.elements,
      written: (before?.written ?? 0) + written,
      output: largest.output,
      dims: largest.dims,
      bytes: largest.bytes,
    });
  }

  #read(node: OpNode, output: Sized): void {
    node.inputs.forEach((value, index) => {
      const origin = value && this.#origins.get(value);
      if (origin === undefined) return;
      const bytes = bytesOf(index === 0 && pickers.has(node.op) ? output : this.#of(value!));
      this.#reads.set(origin, (this.#reads.get(origin) ?? 0) + bytes);
    });
  }
}

function symbolsOf(dim: Dim): string[] {
  if (typeof dim === "number") return [];
  const parts = [partsOf(dim, "+"), partsOf(dim, "*")].find(({ length }) => length > 1);
  return parts === undefined ? [dim] : parts.flatMap(symbolsOf);
}

function requireNames(what: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidArgumentError({
    operation: `graphCost, ${what}s`,
    expected: `one of ${known.join(", ") || "none"}`,
    got: unknown,
  });
}
