/**
 * A checkpoint's tensors bound to a model's parameters: still bytes in their files, under the names the graphs use.
 */

import { type ExpectedParameter, matchNames, type NameMatch } from "../../checkpoints/names.ts";
import type { Checkpoint } from "../../checkpoints/open.ts";
import type { StoredTensor, StoredType } from "../../checkpoints/stored-tensor.ts";
import { CheckpointError, InternalError } from "../../errors.ts";
import type { Files } from "../../files.ts";
import type { DType } from "../../graph/types.ts";
import type { Storage } from "../../nn/parameters.ts";
import type { Weight, Weights } from "../../runtime/engine.ts";
import type { ParameterShape } from "./parameters.ts";

const floatTypes: { readonly [T in StoredType]?: DType } = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F64: "float64",
};

export interface BoundWeights {
  readonly weights: Weights;
  readonly storage: Storage;
  readonly match: NameMatch;
}

/**
 * Binds parameters to a checkpoint. `tokenTable` holds the names of the token table, the one in `parameters` first.
 * Parameters that the checkpoint lacks are in `match.missing_keys`; the caller decides what that means.
 */
export async function bindWeights(
  checkpoint: Checkpoint,
  parameters: readonly ParameterShape[],
  tokenTable: readonly string[],
): Promise<BoundWeights> {
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
    if (stored !== undefined) weights.set(name, storedWeight(checkpoint.files, stored, paths.get(stored.file)));
    else if (optional) weights.set(name, zeroWeight(shape));
  }
  const storage: Storage = (name) => {
    const own = aliases.includes(name) ? table! : name;
    const weight = weights.get(own);
    if (weight === undefined)
      throw new InternalError({ operation: "bind weights", expected: `weight ${own}`, got: "none" });
    return { name: own, dtype: weight.dtype };
  };
  return { weights, storage, match };
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

function storedWeight(files: Files, stored: StoredTensor, path: string | undefined): Weight {
  const dtype = floatTypes[stored.type];
  if (dtype === undefined) {
    throw new CheckpointError({
      operation: `bind ${stored.name} of ${files.where}`,
      expected: `a weight of type ${Object.keys(floatTypes).join(", ")}`,
      got: stored.type,
    });
  }
  return {
    dtype,
    shape: stored.shape,
    length: stored.length,
    ...(path === undefined ? {} : { place: { path, offset: stored.offset } }),
    async bytes() {
      const file = await files.open(stored.file);
      try {
        return await file.read(stored.offset, stored.length);
      } finally {
        await file.close();
      }
    },
  };
}

function zeroWeight(shape: readonly number[]): Weight {
  const length = 4 * shape.reduce((product, dim) => product * dim, 1);
  return { dtype: "float32", shape, length, bytes: async () => new Uint8Array(length) };
}
