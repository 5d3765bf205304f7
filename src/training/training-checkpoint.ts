/**
 * What a checkpoint holds beside the model, and how it comes back: optimizer.safetensors (running averages), gradients.safetensors
 * (of batches that have not yet made a step), training_run.json (position, rates, sums of losses, the identity of the run),
 * training_args.json and trainer_state.json. The reference has pickles in their places (optimizer.pt, scheduler.pt, rng_state.pth,
 * training_args.bin); there is no state of random numbers here, for they are functions of seed and position.
 */
import { type Checkpoint, openCheckpoint } from "../checkpoints/open.ts";
import { readTensor } from "../checkpoints/read.ts";
import { readSafetensors } from "../checkpoints/safetensors.ts";
import { writeSafetensors } from "../checkpoints/safetensors-write.ts";
import type { StoredTensor } from "../checkpoints/stored-tensor.ts";
import { floatBytes } from "../checkpoints/tensor-to-write.ts";
import { CheckpointError } from "../errors.ts";
import type { Files } from "../files.ts";
import type { Tensor } from "../tensor.ts";
import { readExactJson, writeExactJson } from "./exact-json.ts";
import type { OptimizerState } from "./optimizer.ts";
import type { RunIdentity } from "./run-identity.ts";
import type { SchedulerState } from "./schedules.ts";
import type { TrainableModel } from "./trainable-model.ts";

type Floats = ReadonlyMap<string, Tensor<"float32">>;

/** Where in the data a training is. */
export interface TrainingPosition {
  /** The epoch, from 0 on. */
  readonly epoch: number;
  /** Batches of the epoch that are done. */
  readonly batch: number;
  /** Whether the epoch is over, its events included. */
  readonly epoch_ended: boolean;
  /** Batches of all epochs that are done: what dropout is a function of. */
  readonly batches_seen: number;
}

/** Sums that logs are made of. */
export interface LossSums {
  /** Of losses since the last log. */
  readonly since_log: number;
  /** Of those before it. */
  readonly logged: number;
  /** The step of the last log. */
  readonly logged_step: number;
  /** Steps that were left out because a loss or a gradient was no number: all, and the last in a row. */
  readonly skipped: number;
  readonly skipped_in_a_row: number;
  /** Whether one of the batches that have not yet made a step has such a loss. */
  readonly pending_is_none: boolean;
}

/** training_run.json. */
export interface SavedRun {
  readonly format: 1;
  readonly identity: RunIdentity;
  readonly position: TrainingPosition;
  readonly losses: LossSums;
  readonly optimizer: Omit<OptimizerState, "tensors">;
  readonly scheduler: SchedulerState | null;
  readonly stopping: { readonly epoch: boolean; readonly training: boolean };
  readonly callbacks: readonly { readonly name: string; readonly state: object }[];
  /** Names in gradients.safetensors, in the order in which they are summed up; the file is there where there are any. */
  readonly gradients: readonly string[];
}

const runName = "training_run.json";
const optimizerName = "optimizer.safetensors";
const gradientsName = "gradients.safetensors";

export async function writeRun(files: Files, run: SavedRun, averages: Floats, gradients: Floats): Promise<void> {
  await writeFloats(files, optimizerName, averages);
  if (run.gradients.length > 0) await writeFloats(files, gradientsName, gradients);
  await writeExactJson(files, runName, run);
}

/** Throws a CheckpointError where the folder is no checkpoint that a training can resume from. */
export async function readRun(files: Files): Promise<SavedRun> {
  if (!(await files.has(runName))) {
    throw new CheckpointError({
      operation: `resume from ${files.where}`,
      says: `Can't find a valid checkpoint at ${files.where}`,
      expected: `${runName}, which every checkpoint has unless save_only_model was set`,
      got: "none",
      fix: "Name a checkpoint-STEP folder of this package's trainer, or load its model and begin a new training.",
    });
  }
  const keys = ["identity", "position", "losses", "optimizer", "stopping", "callbacks", "gradients"] as const;
  return readExactJson<SavedRun>(files, runName, keys);
}

/** The optimiser's averages. */
export const readAverages = (files: Files): Promise<Floats> => readFloats(files, optimizerName);

/** Gradients that have made no step yet. */
export async function readGradients(files: Files, run: SavedRun): Promise<Floats> {
  if (run.gradients.length === 0) return new Map();
  const read = await readFloats(files, gradientsName);
  const missing = run.gradients.find((name) => !read.has(name));
  if (missing === undefined) return new Map(run.gradients.map((name) => [name, read.get(name)!]));
  throw new CheckpointError({
    operation: `read ${gradientsName} of ${files.where}`,
    expected: `\`${missing}\``,
    got: "none",
  });
}

async function writeFloats(files: Files, name: string, tensors: Floats): Promise<void> {
  await writeSafetensors(
    files,
    name,
    [...tensors].map(([key, { data, dims }]) => ({
      name: key,
      type: "F32",
      shape: dims,
      data: () => [floatBytes(data, "F32", key, `write ${name}`)],
    })),
  );
}

async function readFloats(files: Files, name: string): Promise<Floats> {
  const { tensors, metadata } = await readSafetensors(files, name);
  const checkpoint = {
    files,
    metadata,
    format: "safetensors",
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  } as const;
  const read = new Map<string, Tensor<"float32">>();
  for (const key of checkpoint.tensors.keys()) read.set(key, (await readTensor(checkpoint, key)).to("float32"));
  return read;
}

export interface LoadedWeights {
  /** For a training that goes on: as float32 stored them, and with what is not trained as the model has it. */
  readonly exactly: boolean;
}

/**
 * Copies a checkpoint's weights into the parameters that are trained. Throws a CheckpointError where one is missing or has other
 * dims; with `exactly` also for other number formats, and where a weight that is not trained differs from the model's.
 */
export async function loadWeights(files: Files, model: TrainableModel, { exactly }: LoadedWeights): Promise<void> {
  const operation = `load the weights of ${files.where}`;
  const checkpoint = await openCheckpoint(files);
  const trained = model.trainable_parameters();
  const wrong = (name: string, expected: string, got: string) =>
    new CheckpointError({ operation, expected: `\`${name}\` ${expected}`, got, fix: "It is of another model." });
  for (const [name, { dims }] of trained) {
    const stored = checkpoint.tensors.get(name);
    if (stored?.shape.join() !== dims.join()) {
      const got = stored === undefined ? "none" : `[${stored.shape.join(", ")}]`;
      throw wrong(name, `of shape [${dims.join(", ")}]`, got);
    }
    if (exactly && stored.type !== "F32") throw wrong(name, "in float32, as it was trained", stored.type);
  }
  if (exactly) {
    const other = await differing(checkpoint, model, trained);
    if (other !== undefined) throw wrong(other, "as the model has it, for it is not trained", "other numbers or none");
  }
  for (const [name, { data }] of trained) data.set((await readTensor(checkpoint, name)).to("float32").data);
  model.parameters_changed();
}

/** The first weight of the checkpoint that is not trained and not the model's either. */
async function differing(checkpoint: Checkpoint, model: TrainableModel, trained: Floats): Promise<string | undefined> {
  const place = ({ file, offset }: StoredTensor) => `${file} ${offset}`;
  // Torch files have tied tables under several names.
  const known = new Set([...trained.keys()].map((name) => place(checkpoint.tensors.get(name)!)));
  const others = [...checkpoint.tensors.values()].filter((stored) => !known.has(place(stored)));
  const own = others.length === 0 ? undefined : await model.state_dict();
  for (const { name } of others) {
    const ours = own?.get(name);
    if (ours === undefined || !sameNumbers(await readTensor(checkpoint, name), ours)) return name;
  }
  return undefined;
}

function sameNumbers(a: Tensor, b: Tensor): boolean {
  if (a.dims.join() !== b.dims.join()) return false;
  for (let i = 0; i < a.data.length; i++) if (a.at(i) !== b.at(i)) return false;
  return true;
}
