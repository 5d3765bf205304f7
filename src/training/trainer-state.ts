/**
 * Where a training is, and what it is about to do (transformers 4.37.2, trainer_callback.py: TrainerState, TrainerControl).
 * trainer_state.json is the reference's file, except that a number that is none is null in it.
 */
import { CheckpointError } from "../errors.ts";
import { type Files, type Json, readJsonObject } from "../files.ts";
import { pythonJson } from "../python-json.ts";

export const trainerStateName = "trainer_state.json";

/** What was logged at a step: `step`, `epoch`, and numbers by name. */
export interface LogEntry {
  [name: string]: number;
}

export class TrainerState {
  /** Epochs done, with the share of the present one. */
  epoch: number | null = null;
  /** Steps done. */
  global_step = 0;
  /** Steps in all. */
  max_steps = 0;
  logging_steps = 500;
  eval_steps = 500;
  save_steps = 500;
  train_batch_size: number | null = null;
  num_train_epochs = 0;
  num_input_tokens_seen = 0;
  /** Floating-point operations so far, as the reference estimates them: 6 for each token and parameter. */
  total_flos = 0;
  log_history: LogEntry[] = [];
  best_metric: number | null = null;
  /** The folder of the best checkpoint. */
  best_model_checkpoint: string | null = null;
  is_local_process_zero = true;
  is_world_process_zero = true;
  is_hyper_param_search = false;
  trial_name: string | null = null;
  trial_params: null = null;

  /** trainer_state.json's text. */
  to_json_string(): string {
    const finite = (value: unknown): unknown => (typeof value === "number" && !Number.isFinite(value) ? null : value);
    const log_history = this.log_history.map((entry) =>
      Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, finite(value)])),
    );
    const best_metric = finite(this.best_metric);
    return `${pythonJson({ ...this, log_history, best_metric }, { floatKeys })}\n`;
  }

  async save_to_json(files: Files, name = trainerStateName): Promise<void> {
    await files.write(name, [new TextEncoder().encode(this.to_json_string())]);
  }

  static async load_from_json(files: Files, name = trainerStateName): Promise<TrainerState> {
    const values = await readJsonObject(files, name);
    const state = new TrainerState();
    for (const [key, value] of Object.entries(values)) {
      if (key in state) Object.assign(state, { [key]: value });
    }
    const { global_step, log_history } = values;
    if (typeof global_step !== "number" || !Array.isArray(log_history)) {
      throw new CheckpointError({
        operation: `read ${name} of ${files.where}`,
        expected: "the state of a training, with `global_step` and `log_history`",
        got: Object.keys(values).slice(0, 5).join(", "),
      });
    }
    state.log_history = log_history.map(entryOf);
    return state;
  }
}

function entryOf(entry: Json): LogEntry {
  const pairs = typeof entry === "object" && entry !== null ? Object.entries(entry) : [];
  return Object.fromEntries(pairs.map(([name, value]) => [name, typeof value === "number" ? value : Number.NaN]));
}

/** What Python holds as floats. */
const floatKeys = new Set([
  ...["epoch", "loss", "learning_rate", "grad_norm", "total_flos", "train_loss", "eval_loss", "best_metric"],
  ...["train_runtime", "eval_runtime"],
]);

/** Switches of the training loop; callbacks turn them. */
export class TrainerControl {
  /** End the training after this step. */
  should_training_stop = false;
  /** End the epoch after this step. */
  should_epoch_stop = false;
  should_save = false;
  should_evaluate = false;
  should_log = false;
}
