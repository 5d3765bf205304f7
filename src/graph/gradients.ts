/**
 * Reverse mode: adds to a graph the nodes that compute the gradients of a loss, by the rules of gradient-rules.ts. What
 * is differentiated are the nodes before it in the body being built and in those around it; Loop and If are not
 * differentiated through: what needs that carries a gradient of its own.
 */
import { InternalError } from "../errors.ts";
import { type Block, GraphError, type GraphNode, type OpNode, type Value } from "./core.ts";
import { type GradientRule, gradientRules } from "./gradient-rules.ts";
import type { Graph } from "./graph.ts";
import type { OpName } from "./ops.ts";
import { type DType, describeType } from "./types.ts";

const floats: readonly DType[] = ["float32", "float16", "bfloat16", "float64"];

/**
 * d loss / d value for each of `wrt`, of that value's type; undefined where the loss does not depend on the value. The
 * loss is one number.
 */
export function gradients(g: Graph, loss: Value, wrt: readonly Value[]): (Value | undefined)[] {
  requireFloats([loss, ...wrt]);
  if (loss.shape.length !== 0) {
    throw new GraphError({ operation: "gradients", expected: "a loss of shape []", got: describe(loss) });
  }
  return pullBack(g, loss, g.scalar(loss.dtype, 1), wrt);
}

/**
 * The same for a value of any shape whose own gradient is given. Truth values and integers on the way end a path: their slope is
 * 0 wherever it exists. The carried values of a loop are independent values within its body. Throws where a path leads through a
 * Loop or If that is no part of a composite.
 */
export function pullBack(g: Graph, y: Value, dOutput: Value, wrt: readonly Value[]): (Value | undefined)[] {
  requireFloats([y, ...wrt]);
  if (describeType(y) !== describeType(dOutput)) {
    throw new GraphError({ operation: "gradients", expected: describe(y), got: `a gradient ${describe(dOutput)}` });
  }
  const nodes = nodesBefore(g.currentBlock);
  const dependent = dependents(nodes, wrt);
  const gradientOf = new Map<Value, Value>();
  if (dependent.has(y)) gradientOf.set(y, dOutput);
  for (const node of nodes.reverse()) {
    const output = node.outputs.find((value) => gradientOf.has(value));
    if (output === undefined || !readBy(node).some((value) => dependent.has(value))) continue;
    g.scope(`gradient.${node.scope}`, () => {
      for (const [input, gradient] of backward(g, node, output, gradientOf.get(output)!, dependent)) {
        const sofar = gradientOf.get(input);
        gradientOf.set(input, sofar === undefined ? gradient : g.add(sofar, gradient));
      }
    });
  }
  return wrt.map((value) => gradientOf.get(value));
}

function requireFloats(values: readonly Value[]): void {
  for (const value of values) {
    if (floats.includes(value.dtype)) continue;
    throw new GraphError({ operation: "gradients", expected: "values of a float type", got: describe(value) });
  }
}

/** The nodes that a new node of `block` can see the results of, in the order in which they run. */
function nodesBefore(block: Block | undefined): GraphNode[] {
  return block === undefined ? [] : [...nodesBefore(block.parent), ...block.nodes];
}

/** Values that change smoothly with `wrt`. */
function dependents(nodes: readonly GraphNode[], wrt: readonly Value[]): Set<Value> {
  const dependent = new Set(wrt);
  for (const node of nodes) {
    if (!readBy(node).some((value) => dependent.has(value))) continue;
    for (const output of node.outputs) if (floats.includes(output.dtype)) dependent.add(output);
  }
  return dependent;
}

/** Everything a node reads, the bodies within it included. */
export function readBy(node: GraphNode): Value[] {
  if (node.kind === "op") return node.inputs.filter((value) => value !== undefined);
  const inBody = (block: Block) => [...block.nodes.flatMap(readBy), ...block.outputs.map(({ value }) => value)];
  return node.kind === "loop"
    ? [node.count, ...node.carried, ...inBody(node.body)]
    : [node.condition, ...inBody(node.whenTrue), ...inBody(node.whenFalse)];
}

/** The gradients that one node, or the composite that it completes, sends to its inputs. */
function backward(
  g: Graph,
  node: GraphNode,
  output: Value,
  dOutput: Value,
  dependent: ReadonlySet<Value>,
): [Value, Value][] {
  const composite = g.composites.get(output);
  if (composite === undefined && node.kind !== "op") throw opaque(node, output);
  const inputs = composite?.inputs ?? (node as OpNode).inputs;
  const needs = inputs.map((value) => value !== undefined && dependent.has(value));
  const given = composite?.gradient(dOutput, needs) ?? byRule(g, node as OpNode, dOutput, needs);
  return inputs.flatMap((input, index): [Value, Value][] => {
    if (input === undefined || !needs[index]) return [];
    const gradient = given[index];
    if (gradient === undefined || describeType(gradient) !== describeType(input)) {
      throw new InternalError({
        operation: at(node, `gradient of ${composite ? "a composite" : (node as OpNode).op}, input ${index}`),
        expected: describeType(input),
        got: gradient === undefined ? "none" : describeType(gradient),
      });
    }
    return [[input, gradient]];
  });
}

function byRule(g: Graph, node: OpNode, dOutput: Value, needs: readonly boolean[]): readonly (Value | undefined)[] {
  // The table's entry under a name takes the attributes of that name, which the node's own type no longer ties to it.
  const rule = gradientRules[node.op] as GradientRule<OpName> | { notDifferentiable: string };
  if (typeof rule !== "function") {
    throw new GraphError({
      operation: at(node, node.op),
      expected: "an op with a gradient",
      got: rule.notDifferentiable,
    });
  }
  const { inputs, attributes } = node;
  return rule({ g, inputs, output: node.outputs[0], dOutput, attributes, needs });
}

function opaque(node: GraphNode, output: Value): GraphError {
  return new GraphError({
    operation: at(node, "gradients"),
    expected: "straight-line nodes between the loss and what it is differentiated by",
    got: `${output.name}, a result of ${node.kind === "loop" ? "a Loop" : "an If"}`,
  });
}

function at({ scope }: GraphNode, what: string): string {
  return scope === "" ? what : `${scope}: ${what}`;
}

function describe(value: Value): string {
  return `${value.name}, ${describeType(value)}`;
}
