/** What optimisers change: a model's parameters as numbers in memory, by name. */
import { InvalidArgumentError, nearestName } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

export interface Trainable {
  /** The parameters that are trained. Their numbers are changed where they are. */
  trainable_parameters(): ReadonlyMap<string, Tensor<"float32">>;
  /** Optimisers call it after a step, so that whatever was made of the former numbers is made again. */
  parameters_changed(): void;
}

/** Each parameter that has a gradient, with it; names of gradients that are no parameter's and other shapes are errors. */
export function withGradients(
  operation: string,
  parameters: ReadonlyMap<string, Tensor<"float32">>,
  gradients: ReadonlyMap<string, Tensor<"float32">>,
): { name: string; parameter: Tensor<"float32">; gradient: Tensor<"float32"> }[] {
  return [...gradients].map(([name, gradient]) => {
    const parameter = parameters.get(name);
    if (parameter === undefined) {
      const near = nearestName(name, parameters.keys());
      throw new InvalidArgumentError({
        operation,
        expected: "gradients of parameters that are trained",
        got: `one of \`${name}\``,
        ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
      });
    }
    if (parameter.dims.join() !== gradient.dims.join()) {
      throw new InvalidArgumentError({
        operation,
        expected: `a gradient of \`${name}\` of shape [${parameter.dims.join(", ")}]`,
        got: `[${gradient.dims.join(", ")}]`,
      });
    }
    return { name, parameter, gradient };
  });
}

/** A number of an optimiser's options, within its bounds, or an error that names it. */
export function requireNumber(operation: string, name: string, value: number, holds: boolean, expected: string): void {
  if (typeof value === "number" && holds) return;
  throw new InvalidArgumentError({ operation, expected: `\`${name}\` ${expected}`, got: String(value) });
}
