/** Refuses tensors that a graph's inputs do not allow, before an engine sees them. */
import { InvalidArgumentError } from "../errors.ts";
import type { Value } from "../graph/core.ts";
import { describeType } from "../graph/types.ts";
import { Tensor, type TensorType } from "../tensor.ts";

const tensorTypes: readonly string[] = [
  "float32",
  "float16",
  "int64",
  "int32",
  "bool",
  "uint8",
  "int8",
] satisfies TensorType[];

function isTensorType(dtype: string): dtype is TensorType {
  return tensorTypes.includes(dtype);
}

/**
 * Every input of the graph, from what is given; absent ones are empty. `weights` are those that have to be given at every run.
 * Throws when a name is unknown, a dtype, rank or fixed size is wrong, or one symbol stands for two sizes.
 */
export function completeInputs(
  inputs: readonly Value[],
  given: Readonly<Record<string, Tensor>>,
  weights: readonly Value[] = [],
): Map<string, Tensor> {
  const all = [...inputs, ...weights];
  const known = new Set(all.map((input) => input.name));
  for (const weight of weights) {
    if (given[weight.name] === undefined) throw wrong(weight, undefined, describeType(weight));
  }
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      throw new InvalidArgumentError({
        operation: "run graph",
        expected: `inputs ${[...known].join(", ")}`,
        got: name,
      });
    }
  }
  const sizes = new Map<string, { size: number; name: string }>();
  const complete = new Map<string, Tensor>();
  for (const input of all) {
    const tensor = given[input.name];
    if (tensor === undefined) {
      complete.set(input.name, emptyFor(input));
      continue;
    }
    const fits =
      tensor.type === input.dtype &&
      tensor.dims.length === input.shape.length &&
      input.shape.every((dim, axis) => typeof dim === "string" || dim === tensor.dims[axis]);
    if (!fits) throw wrong(input, tensor, describeType(input));
    input.shape.forEach((dim, axis) => {
      if (typeof dim !== "string") return;
      const size = tensor.dims[axis]!;
      const first = sizes.get(dim);
      if (first === undefined) sizes.set(dim, { size, name: input.name });
      else if (first.size !== size) throw wrong(input, tensor, `${dim} = ${first.size} as in ${first.name}`);
    });
    complete.set(input.name, tensor);
  }
  return complete;
}

function emptyFor(input: Value): Tensor {
  if (!isTensorType(input.dtype)) throw wrong(input, undefined, describeType(input));
  return Tensor.zeros(
    input.dtype,
    input.shape.map((dim) => (typeof dim === "string" ? 0 : dim)),
  );
}

function wrong(input: Value, tensor: Tensor | undefined, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({
    operation: `run graph, input ${input.name}`,
    expected,
    got: tensor === undefined ? "nothing" : `${tensor.type} [${tensor.dims.join(", ")}]`,
  });
}
