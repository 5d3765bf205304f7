/**
 * Matrices of unsigned bytes, zero 128, as signed ones: the same bytes with the first bit turned over, zero 0. Products are the same
 * whole numbers. Where a processor multiplies unsigned by signed bytes exactly (VNNI), that is two to three times as fast.
 */
import type { GraphCore, OpNode, Parameter, Value } from "./core.ts";
import { opNodes } from "./op-nodes.ts";

/** The node by which one is made of the other: the engine computes it once, when it opens the graph. */
export const flip = { op: "BitwiseXor", mask: { name: "first bit", number: -128 } } as const;
export const signedZero = { name: "signed zero", number: 0 } as const;

/** The bytes as they lie, read as signed numbers; and with their first bit turned over. */
export const signedNames = (name: string) => ({ read: `${name} read as signed`, flipped: `${name} signed` });

/** The matrices that are multiplied by as signed ones. */
export type SignedMatrices = ReadonlyMap<string, Parameter>;

/** The parameters that rows of bytes are multiplied by. */
export function byteMatrices(graph: GraphCore): ReadonlyMap<string, Parameter> {
  const found = new Map<string, Parameter>();
  for (const node of opNodes(graph)) {
    const name = matrixOf(node)?.name;
    const parameter = name === undefined ? undefined : graph.parameters.get(name);
    if (parameter !== undefined) found.set(parameter.value.name, parameter);
  }
  return found;
}

/** Names of a node's inputs, with the signed matrix and its zero in the place of the unsigned where it is one of `signed`. */
export function inputNames(node: OpNode, signed: SignedMatrices): string[] {
  const names = node.inputs.map((value) => value?.name ?? "");
  const matrix = matrixOf(node)?.name;
  if (matrix === undefined || !signed.has(matrix)) return names;
  return names.map((name, at) => (at === 1 ? signedNames(name).flipped : at === 5 ? signedZero.name : name));
}

/** What rows of bytes are multiplied by. */
function matrixOf({ op, inputs }: OpNode): Value | undefined {
  return op === "MatMulIntegerToFloat" ? inputs[1] : undefined;
}
