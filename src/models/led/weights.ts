/**
 * A checkpoint's tensors bound to a model's parameters: still bytes in their files, under the names the graphs use.
 */

import { type ExpectedParameter, matchNames, type NameMatch } from "../../checkpoints/names.ts";
import type { Checkpoint } from "../../checkpoints/open.ts";
import { dequantized, quantizedNames } from "../../checkpoints/quantize.ts";
import { streamBytes, streamFloat32 } from "../../checkpoints/read.ts";
import type { StoredTensor, StoredType } from "../../checkpoints/stored-tensor.ts";
import { CheckpointError } from "../../errors.ts";
import type { Files } from "../../files.ts";
import type { WeightNames } from "../../nn/parameters.ts";
import type { ByteWeight, FloatWeight, Weight, Weights } from "../../runtime/engine.ts";
import type { ParameterShape } from "./parameters.ts";

const floatTypes: readonly StoredType[] = ["F32", "F16", "BF16", "F64"];

export interface BoundWeights {
  readonly weights: Weights;
  readonly names: WeightNames;
}

/** A matrix in bytes: [in, out], and the scales [out] of its rows. */
export interface QuantizedWeight {
  readonly bytes: ByteWeight;
  readonly scales: FloatWeight;
}

export interface Bound {
  /** The parameters that are float32. */
  readonly weights: ReadonlyMap<string, FloatWeight>;
  /** Those that are in bytes. */
  readonly quantized: ReadonlyMap<string, QuantizedWeight>;
  readonly match: NameMatch;
}

/**
 * Binds parameters to a checkpoint, as numbers or, where it holds them so, as bytes. `tokenTable` holds the names of the token
 * table, the one in `parameters` first; without it there, nothing is tied. Parameters that the checkpoint lacks are in `match.missing_keys`; the caller decides
 * what that means.
 */
export async function bindWeights(
  checkpoint: Checkpoint,
  parameters: readonly ParameterShape[],
  tokenTable: readonly string[],
): Promise<Bound> {
  const table = parameters.find(({ name }) => name === tokenTable[0]);
  const inBytes = bytesIn(checkpoint);
  const isQuantized = ({ name }: ParameterShape): boolean =>
    (tokenTable.includes(name) ? tokenTable : [name]).some(inBytes);
  const forms = (one: ParameterShape): ExpectedParameter[] => (isQuantized(one) ? quantizedShapes(one) : [one]);
  const tables = table === undefined ? [] : tokenTable.map((name) => forms({ ...table, name }));
  const match = matchNames(checkpoint, [...parameters.flatMap(forms), ...tables.slice(1).flat()], {
    // Each form of the table is one tensor under all its names.
    tied: (tables[0] ?? []).map((_, form) => tables.map((one) => one[form]!.name)),
    base_model_prefix: "led",
  });
  const paths = await realPaths(checkpoint.files, new Set([...match.bound.values()].map(({ file }) => file)));
  const bound = (name: string): Weight | undefined => {
    const stored = match.bound.get(name);
    return stored && storedWeight(checkpoint, stored, paths.get(stored.file));
  };
  const weights = new Map<string, FloatWeight>();
  const quantized = new Map<string, QuantizedWeight>();
  for (const one of parameters) {
    const { name, shape, optional } = one;
    if (isQuantized(one)) {
      const names = quantizedNames(name);
      const [bytes, scales] = [bound(names.bytes), bound(names.scales)];
      if (bytes?.dtype === "uint8" && scales !== undefined) {
        quantized.set(name, { bytes, scales: floatOf(checkpoint, names.scales, scales) });
      }
      continue;
    }
    const weight = bound(name);
    if (weight !== undefined) weights.set(name, floatOf(checkpoint, name, weight));
    else if (optional) weights.set(name, zeroWeight(shape));
  }
  return { weights, quantized, match };
}

/** Whether a parameter's bytes are in the checkpoint, whichever way its names are spelled. */
function bytesIn(checkpoint: Checkpoint): (name: string) => boolean {
  const bare = (name: string): string => name.replace(/^led\./, "");
  const names = new Set([...checkpoint.tensors.keys()].map(bare));
  return (name) => names.has(bare(quantizedNames(name).bytes));
}

function quantizedShapes({ name, shape, optional }: ExpectedParameter): ExpectedParameter[] {
  const { bytes, scales } = quantizedNames(name);
  const [out, width] = shape as [number, number];
  const common = optional === undefined ? {} : { optional };
  return [
    { name: bytes, shape: [width, out], ...common },
    { name: scales, shape: [out], ...common },
  ];
}

/** The numbers of a matrix in bytes, [out, in]. */
export function dequantizedWeight({ bytes, scales }: QuantizedWeight): FloatWeight {
  const shape = bytes.shape.toReversed();
  return { shape, stream: () => dequantized(shape, bytes.stream(), scales.stream()) };
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
  const { shape, type, offset } = stored;
  const mapped = path !== undefined && stored.transposed !== true && (type === "F32" || type === "U8");
  const place = mapped ? { place: { path, offset } } : {};
  if (type === "U8") return { dtype: "uint8", shape, ...place, stream: () => streamBytes(checkpoint, stored) };
  if (floatTypes.includes(type)) return { shape, ...place, stream: () => streamFloat32(checkpoint, stored) };
  throw wrongType(checkpoint, stored.name, type);
}

function floatOf(checkpoint: Checkpoint, name: string, weight: Weight): FloatWeight {
  if (weight.dtype !== "uint8") return weight;
  throw wrongType(checkpoint, name, "U8");
}

function wrongType(checkpoint: Checkpoint, name: string, type: StoredType): CheckpointError {
  return new CheckpointError({
    operation: `bind ${name} of ${checkpoint.files.where}`,
    expected: `a weight of type ${floatTypes.join(", ")}`,
    got: type,
  });
}

/** Zeros. */
export function zeroWeight(shape: readonly number[]): FloatWeight {
  return {
    shape,
    async *stream() {
      yield new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    },
  };
}
