/** The cases of every op: a table over the ops' names, so an op without a case does not compile. */
import type { OpName } from "../../../src/graph/ops.ts";
import type { OpEntry } from "./case.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { products } from "./products.ts";
import { quantized } from "./quantized.ts";
import { shapes } from "./shapes.ts";

export const opCases: { readonly [K in OpName]: OpEntry } = {
  ...elementwise,
  ...indexing,
  ...products,
  ...quantized,
  ...shapes,
};
