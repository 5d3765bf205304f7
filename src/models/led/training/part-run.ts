/**
 * Runs a part of the model forward and, later, backward from the same inputs and what was kept (differentiated.ts), and adds the
 * gradients of its weights to the step's.
 */
import type { Graph } from "../../../graph/graph.ts";
import type { Tensor } from "../../../tensor.ts";
import { PackedMask } from "./packed-mask.ts";
import type { PartVariant } from "./part-graphs.ts";
import type { TrainingContext } from "./training-context.ts";

type Floats = Tensor<"float32">;

export interface PartRun {
  /** Its stages' name. */
  readonly name: string;
  /** Under which path its weights are in the model. */
  readonly path: string;
  /** What its graph is made from: all that `build` depends on. */
  readonly variant: PartVariant;
  readonly build: () => Graph;
  /** Inputs other than masks, for either direction. */
  readonly feeds: () => Readonly<Record<string, Tensor>>;
  /** Masks of dropout as inputs. Drawn once, since that takes longer than to keep them. */
  readonly masks: () => Readonly<Record<string, Tensor<"bool">>>;
  /** The outputs of `backward` beside weights: inputs that need a gradient. */
  readonly dInputs: readonly string[];
}

function placeOf(path: string): (name: string) => string {
  return (name) => `${path}.${name}`;
}

/** A part that was run forward: its output, and what `runBackward` needs beside the part's inputs. */
export interface Ran {
  readonly output: Floats;
  readonly kept: Readonly<Record<string, Tensor>>;
  readonly masks: Readonly<Record<string, PackedMask>>;
}

/** A layer that was run forward, until its way back. */
export interface Saved {
  readonly part: PartRun;
  readonly ran: Ran;
  /** The layer's input. */
  readonly hidden: Floats;
}

export async function runForward(context: TrainingContext, part: PartRun): Promise<Ran> {
  const { name, path, variant } = part;
  const { kept } = await context.core.training.open(variant, part.build);
  const outputOf = (one: string): string => `${name}.forward.${one}`;
  const outputs = ["output", ...kept].map(outputOf);
  const stage = needsGradient(part) ? stages.forward : stages.only;
  const masks = part.masks();
  const results = await context.run({ ...part, place: placeOf(path) }, stage, { ...part.feeds(), ...masks }, outputs);
  return {
    output: results[outputOf("output")]!,
    kept: Object.fromEntries(kept.map((one) => [one, results[outputOf(one)]!])),
    masks: Object.fromEntries(Object.entries(masks).map(([one, mask]) => [one, new PackedMask(mask)])),
  };
}

/** By their places in a part's graph. */
const stages = { backward: 0, forward: 1, only: 0 };

function needsGradient({ dInputs, variant }: PartRun): boolean {
  return dInputs.length > 0 || variant.trained.length > 0;
}

/** The gradients of the part's inputs, by name; undefined where nothing that is trained needs the part's gradient. Disposes of what was kept. */
export async function runBackward(
  context: TrainingContext,
  part: PartRun,
  { kept, masks: packed }: Ran,
  dOutput: Floats,
): Promise<Record<string, Floats>> {
  const { name, path, variant, dInputs } = part;
  if (!needsGradient(part)) return {};
  const { weights } = await context.core.training.open(variant, part.build);
  const given = variant.trained.filter((weight) => weights.includes(weight));
  const names = [...dInputs, ...given.map((weight) => `d ${weight}`)];
  const outputs = names.map((one) => `${name}.backward.${one}`);
  const masks = Object.fromEntries(Object.entries(packed).map(([one, mask]) => [one, mask.unpack()]));
  const feeds = { ...part.feeds(), ...masks, ...kept, d_output: dOutput };
  const results = await context.run({ ...part, place: placeOf(path) }, stages.backward, feeds, outputs);
  for (const done of Object.values({ ...masks, ...kept })) done.dispose();
  for (const weight of given) {
    context.gradients.add(context.stored(`${path}.${weight}`), results[`${name}.backward.d ${weight}`]!);
  }
  // key_global's bias shifts a row of scores as a whole where its keys are absorbed: its gradient is zero.
  for (const weight of variant.trained) {
    if (given.includes(weight)) continue;
    const { dims } = context.weight(`${path}.${weight}`);
    context.gradients.addZeros(context.stored(`${path}.${weight}`), dims);
  }
  return Object.fromEntries(dInputs.map((one) => [one, results[`${name}.backward.${one}`]!]));
}
