/** A training's checkpoints: saved with all that it takes to go on, and gone on from. */
import { CheckpointError } from "../errors.ts";
import type { Files } from "../files.ts";
import { warn } from "../log.ts";
import { modelFolders } from "../model-folders.ts";
import type { Tensor } from "../tensor.ts";
import { callbackName } from "./callbacks.ts";
import { checkpointName, keepOnly, rotateCheckpoints, writeCheckpoint } from "./checkpoint-folders.ts";
import { type RunIdentity, requireSameRun, runIdentity } from "./run-identity.ts";
import { TrainerState, trainerStateName } from "./trainer-state.ts";
import {
  type LossSums,
  loadWeights,
  readAverages,
  readGradients,
  readRun,
  type SavedRun,
  type TrainingPosition,
  writeRun,
} from "./training-checkpoint.ts";
import type { TrainingHost } from "./training-host.ts";

type Gradients = ReadonlyMap<string, Tensor<"float32">>;

export interface CheckpointContents {
  /** The metric of the evaluation just before, where there was one. */
  readonly metric: number | undefined;
  readonly position: TrainingPosition;
  readonly losses: LossSums;
  readonly gradients: Gradients;
  readonly signal: AbortSignal | undefined;
}

/** checkpoint-STEP in the output folder. Older ones are removed afterwards, where there are too many. */
export async function saveCheckpoint(host: TrainingHost, contents: CheckpointContents): Promise<void> {
  const { args, state, output } = host;
  const { signal } = contents;
  const name = checkpointName(state.global_step);
  if (contents.metric !== undefined && isBest(host, contents.metric)) {
    state.best_metric = contents.metric;
    state.best_model_checkpoint = `${output.where}/${name}`;
  }
  await writeCheckpoint(output, name, async (target) => {
    await host.save_model(target, signal && { signal });
    if (!args.save_only_model) {
      const { tensors, ...optimizer } = host.optimizer!.state_dict();
      await writeRun(target, savedRun(host, contents, optimizer), tensors, contents.gradients);
    }
    await state.save_to_json(target);
  });
  await rotateCheckpoints(output, { limit: args.save_total_limit, best: bestName(state) });
}

function savedRun(host: TrainingHost, contents: CheckpointContents, optimizer: SavedRun["optimizer"]): SavedRun {
  const { position, losses, gradients } = contents;
  return {
    format: 1,
    identity: identityOf(host),
    position,
    losses,
    optimizer,
    scheduler: host.lr_scheduler?.state_dict() ?? null,
    stopping: { epoch: host.control.should_epoch_stop, training: host.control.should_training_stop },
    callbacks: host.callback_handler.callbacks.flatMap((callback) => {
      const state = callback.state_dict?.();
      return state === undefined ? [] : [{ name: callbackName(callback), state }];
    }),
    gradients: [...gradients.keys()],
  };
}

function identityOf(host: TrainingHost): RunIdentity {
  const remembering = host.callback_handler.callbacks.filter((callback) => callback.state_dict !== undefined);
  const rows = host.get_train_dataloader().dataset.length;
  return runIdentity(host.args, host.model, host.optimizer!, remembering.map(callbackName), rows);
}

/** Brings model, optimiser, schedule, state and callbacks to where the checkpoint was made. */
export async function resumeRun(
  host: TrainingHost,
  files: Files,
): Promise<{ readonly saved: SavedRun; readonly gradients: Gradients }> {
  const saved = await readRun(files);
  requireSameRun(files.where, saved.identity, identityOf(host));
  const gradients = await readGradients(files, saved);
  const tensors = await readAverages(files);
  const state = await TrainerState.load_from_json(files);
  if ((saved.scheduler === null) !== (host.lr_scheduler === null)) {
    throw new CheckpointError({
      operation: `resume from ${files.where}`,
      expected: saved.scheduler === null ? "a training without a schedule" : "a training with a schedule",
      got: host.lr_scheduler === null ? "none" : "one",
      fix: "Give the trainer the same `optimizers`.",
    });
  }
  await loadWeights(files, host.model, { exactly: true });
  host.optimizer!.load_state_dict({ ...saved.optimizer, tensors });
  if (saved.scheduler !== null) host.lr_scheduler!.load_state_dict(saved.scheduler);
  for (const { name, state: remembered } of saved.callbacks) {
    const callback = host.callback_handler.callbacks.find((one) => callbackName(one) === name);
    callback?.load_state_dict?.(remembered);
  }
  host.state = state;
  return { saved, gradients };
}

function isBest({ args, state }: TrainingHost, metric: number): boolean {
  if (state.best_metric === null || state.best_model_checkpoint === null) return true;
  return args.greater_is_better === true ? metric > state.best_metric : metric < state.best_metric;
}

/** The folder's name: the output folder may have been moved since. */
const bestName = ({ best_model_checkpoint: best }: TrainerState): string | undefined =>
  best === null ? undefined : best.split(/[/\\]/).at(-1);

/** The weights of the best checkpoint, where there is one. It may lie where the checkpoint did that was resumed from. */
export async function loadBestWeights({ args, state, output, model }: TrainingHost): Promise<void> {
  const [name, path] = [bestName(state), state.best_model_checkpoint];
  if (name === undefined || path === null) return;
  const isHere = (await output.folders()).includes(name);
  const folder = isHere || typeof args.output_dir !== "string" ? output.folder(name) : modelFolders().open(path);
  if (await folder.has(trainerStateName)) await loadWeights(folder, model, { exactly: false });
  else warn(`Could not locate the best model at ${path}: the model keeps the weights of the last step.`);
}

/** With a limit of one checkpoint the last one goes too, unless it is the best. */
export async function pruneAtTheEnd({ args, state, output }: TrainingHost): Promise<void> {
  const name = bestName(state);
  if (name !== undefined && args.save_total_limit === 1) await keepOnly(output, name);
}
