/**
 * A checkpoint's tensors bound to a model's parameters: still bytes in their files, under the names the graphs use.
 */

import { type ExpectedParameter, matchNames, type NameMatch } from "../../checkpoints/names.ts";
import type { Checkpoint } from "../../checkpoints/open.ts";
import { streamFloat32 } from "../../checkpoints/read.ts";
import type { StoredTensor, StoredType } from "../../checkpoints/stored-tensor.ts";
import { CheckpointError, InternalError } from "../../errors.ts";
import type { Files } from "../../files.ts";
import type { StoredName } from "../../nn/parameters.ts";
import type { Weight, Weights } from "../../runtime/engine.ts";
import type { ParameterShape } from "./parameters.ts";

const floatTypes: readonly StoredType[] = ["F32", "F16", "BF16", "F64"];

export interface BoundWeights {
  readonly weights: Weights;
  readonly storedName: StoredName;
}

/**
 * Binds parameters to a checkpoint. `tokenTable` holds the names of the token table, the one in `parameters` first.
 * Parameters that the checkpoint lacks are in `match.missing_keys`; the caller decides what that means.
 */
export async function bindWeights(
  checkpoint: Checkpoint,
  parameters: readonly ParameterShape[],
  tokenTable: readonly string[],
): Promise<BoundWeights & { readonly match: NameMatch }> {
  const [table, ...aliases] = tokenTable;
  const tableShape = parameters.find(({ name }) => name === table)?.shape;
  if (tableShape === undefined) {
    throw new InternalError({ operation: "bind weights", expected: `a parameter ${table}`, got: "none" });
  }
  const expected: ExpectedParameter[] = [...parameters, ...aliases.map((name) => ({ name, shape: tableShape }))];
  const match = matchNames(checkpoint, expected, { tied: [tokenTable], base_model_prefix: "led" });
  const paths = await realPaths(checkpoint.files, new Set([...match.bound.values()].map(({ file }) => file)));
  const weights = new Map<string, Weight>();
  for (const { name, shape, optional } of parameters) {
    const stored = match.bound.get(name);
    if (stored !== undefined) weights.set(name, storedWeight(checkpoint, stored, paths.get(stored.file)));
    else if (optional) weights.set(name, zeroWeight(shape));
  }
  const storedName: StoredName = (name) => (aliases.includes(name) ? table! : name);
  return { weights, storedName, match };
}

/** The weights that a graph uses, out of all. */
export function weightsFor(parameters: Iterable<string>, all: Weights): Weights {
  return new Map([...parameters].map((name) => [name, all.get(name)!]));
}

async function realPaths(files: Files, names: ReadonlySet<string>): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const name of names) {
    const file = await files.open(name);
    if (file.path !== undefined) paths.set(name, file.path);
    await file.close();
  }
  return paths;
}

function storedWeight(checkpoint: Checkpoint, stored: StoredTensor, path: string | undefined): Weight {
  if (!floatTypes.includes(stored.type)) {
    throw new CheckpointError({
      operation: `bind ${stored.name} of ${checkpoint.files.where}`,
      expected: `a weight of type ${floatTypes.join(", ")}`,
      got: stored.type,
    });
  }
  const mapped = path !== undefined && stored.type === "F32";
  return {
    shape: stored.shape,
    ...(mapped ? { place: { path, offset: stored.offset } } : {}),
    stream: () => streamFloat32(checkpoint, stored),
  };
}

/** Zeros. */
export function zeroWeight(shape: readonly number[]): Weight {
  return {
    shape,
    async *stream() {
      yield new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    },
  };
}
