/**
 * The loop over epochs, batches and steps (transformers 4.37.2, trainer.py: _inner_training_loop, _maybe_log_save_evaluate), with the
 * reference's arithmetic: batches are accumulated across epochs, the logged loss is the mean over steps since the last log.
 *
 * Departures: a step whose loss or gradient is no number is left out, and several in a row end the training; a resumed training goes
 * on exactly where the checkpoint was made, sums of losses and accumulated gradients included.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";
import { AccumulatedGradients } from "./accumulated-gradients.ts";
import type { Metrics } from "./callbacks.ts";
import { lastCheckpoint } from "./checkpoint-folders.ts";
import type { DataLoader, LoadedBatch } from "./data-loader.ts";
import { clipGradients, gradientNorm } from "./gradient-clipping.ts";
import { roundTo, speed_metrics } from "./rounding.ts";
import { planSteps, type StepPlan } from "./step-plan.ts";
import { TrainerState } from "./trainer-state.ts";
import type { TrainingPosition } from "./training-checkpoint.ts";
import type { TrainingHost } from "./training-host.ts";
import { loadBestWeights, pruneAtTheEnd, resumeRun, saveCheckpoint } from "./training-run.ts";

/** Steps in a row without a number after which nothing is to be hoped for. */
const mostSkipped = 5;

export interface TrainOutput {
  readonly global_step: number;
  /** The mean of all losses. */
  readonly training_loss: number;
  readonly metrics: Metrics;
}

export interface TrainingLoopOptions {
  readonly resume: Files | undefined;
  readonly ignore_keys_for_eval: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
}

export class TrainingLoop {
  readonly #host: TrainingHost;
  readonly #options: TrainingLoopOptions;
  readonly #loader: DataLoader;
  readonly #plan: StepPlan;
  readonly #gradients: AccumulatedGradients;
  #position: TrainingPosition = { epoch: 0, batch: 0, epoch_ended: false, batches_seen: 0 };
  #losses = { since_log: 0, logged: 0, logged_step: 0, skipped: 0, skipped_in_a_row: 0, pending_is_none: false };
  #norm = Number.NaN;

  constructor(host: TrainingHost, options: TrainingLoopOptions) {
    this.#host = host;
    this.#options = options;
    this.#loader = host.get_train_dataloader();
    this.#plan = planSteps(host.args, this.#loader.dataset.length, this.#loader.length);
    this.#gradients = new AccumulatedGradients(host.args.gradient_accumulation_steps);
  }

  async run(): Promise<TrainOutput> {
    const host = this.#host;
    const { args } = host;
    const started = performance.now();
    host.create_optimizer_and_scheduler(this.#plan.max_steps);
    host.state = new TrainerState();
    host.state.epoch = 0;
    const stopping = await this.#resume();
    const { max_steps, num_train_epochs, logging_steps, eval_steps, save_steps } = this.#plan;
    const train_batch_size = args.train_batch_size;
    Object.assign(host.state, { max_steps, num_train_epochs, logging_steps, eval_steps, save_steps, train_batch_size });
    const num_tokens = args.include_tokens_per_second ? await this.#countTokens() : undefined;
    await host.event("on_train_begin", {});
    host.control.should_training_stop ||= stopping.training;
    await this.#epochs(stopping.epoch || stopping.training);
    if (args.load_best_model_at_end) await loadBestWeights(host);

    const training_loss = (this.#losses.logged + this.#losses.since_log) / host.state.global_step;
    const work = { num_samples: this.#plan.num_train_samples, num_steps: max_steps, num_tokens };
    const metrics = {
      ...speed_metrics("train", started, work),
      total_flos: host.state.total_flos,
      train_loss: training_loss,
    };
    await host.log(metrics);
    await pruneAtTheEnd(host);
    await host.event("on_train_end", {});
    return { global_step: host.state.global_step, training_loss, metrics };
  }

  /** Whether the checkpoint was made when the epoch, or the training, was about to end. */
  async #resume(): Promise<{ epoch: boolean; training: boolean }> {
    const { resume } = this.#options;
    if (resume === undefined) return { epoch: false, training: false };
    const run = await resumeRun(this.#host, resume);
    this.#gradients.restore(run.gradients);
    this.#losses = { ...run.saved.losses };
    const { position, stopping } = run.saved;
    const skip = this.#host.args.ignore_data_skip && !position.epoch_ended;
    this.#position = skip ? { ...position, batch: 0 } : position;
    return stopping;
  }

  async #epochs(isStopping: boolean): Promise<void> {
    const host = this.#host;
    const { epoch: at, epoch_ended } = this.#position;
    if (isStopping && epoch_ended && host.control.should_training_stop) return;
    for (let epoch = epoch_ended ? at + 1 : at; epoch < this.#plan.num_train_epochs; epoch++) {
      await host.event("on_epoch_begin", {});
      const first = epoch === at && !epoch_ended ? this.#position.batch : 0;
      const isOver = isStopping && epoch === at && !epoch_ended;
      if (!isOver) await this.#epoch(epoch, first);
      await host.event("on_epoch_end", {});
      this.#position = { ...this.#position, epoch, epoch_ended: true };
      await this.#logEvaluateSave();
      if (host.control.should_training_stop) return;
    }
  }

  async #epoch(epoch: number, first: number): Promise<void> {
    const host = this.#host;
    const { signal } = this.#options;
    const { gradient_accumulation_steps: accumulated } = host.args;
    const { steps_in_epoch } = this.#plan;
    let batch = first;
    for await (const loaded of this.#loader.batches(epoch, first)) {
      signal?.throwIfAborted();
      if (batch % accumulated === 0) await host.event("on_step_begin", {});
      await this.#batch(loaded);
      batch += 1;
      const batches_seen = this.#position.batches_seen + 1;
      this.#position = { epoch, batch, epoch_ended: false, batches_seen };
      // An epoch of fewer batches than a step has makes a step at its end nevertheless.
      const endsShortEpoch = steps_in_epoch <= accumulated && batch === steps_in_epoch;
      if (batches_seen % accumulated === 0 || endsShortEpoch) {
        await this.#step(loaded);
        host.state.global_step += 1;
        host.state.epoch = epoch + batch / steps_in_epoch;
        await host.event("on_step_end", {});
        await this.#logEvaluateSave();
      } else await host.event("on_substep_end", {});
      if (host.control.should_epoch_stop || host.control.should_training_stop) return;
    }
  }

  /** Loss and gradients of a batch, added to those of the step. */
  async #batch({ inputs }: LoadedBatch): Promise<void> {
    const host = this.#host;
    const { args, state } = host;
    if (args.include_num_input_tokens_seen) state.num_input_tokens_seen += inputs.input_ids?.data.length ?? 0;
    const { loss, gradients } = await host.training_step(inputs, {
      dropout_seed: args.seed,
      dropout_step: this.#position.batches_seen,
      ...(this.#options.signal && { signal: this.#options.signal }),
    });
    const losses = this.#losses;
    // Sums are float32, as the reference's.
    const own = Math.fround(loss.item() / args.gradient_accumulation_steps);
    const isNumber = Number.isFinite(own);
    if (!isNumber) losses.pending_is_none = true;
    const mean = losses.since_log / (1 + state.global_step - losses.logged_step);
    losses.since_log = Math.fround(losses.since_log + (args.logging_nan_inf_filter && !isNumber ? mean : own));
    state.total_flos += host.floating_point_ops(inputs);
    this.#gradients.add(gradients);
  }

  /** Changes the parameters, unless the gradient is no number. */
  async #step({ places }: LoadedBatch): Promise<void> {
    const { args, optimizer, lr_scheduler } = this.#host;
    const { sums } = this.#gradients;
    this.#norm = args.max_grad_norm ? clipGradients(sums, args.max_grad_norm) : gradientNorm(sums);
    const losses = this.#losses;
    if (Number.isFinite(this.#norm) && !losses.pending_is_none) {
      optimizer!.step(sums);
      if (args.lr_scheduler_type !== "reduce_lr_on_plateau") lr_scheduler?.step();
      losses.skipped_in_a_row = 0;
    } else {
      losses.skipped += 1;
      losses.skipped_in_a_row += 1;
      if (losses.skipped_in_a_row >= mostSkipped) throw await this.#noNumbers(places);
    }
    losses.pending_is_none = false;
    this.#gradients.clear();
  }

  async #noNumbers(places: readonly number[]): Promise<InvalidArgumentError> {
    const { args, state, optimizer, output } = this.#host;
    const checkpoint = await lastCheckpoint(output);
    return new InvalidArgumentError({
      operation: `train, step ${state.global_step + 1}`,
      expected: "losses and gradients that are numbers",
      got: `none in ${mostSkipped} steps in a row, the last with rows ${places.join(", ")} at learning rate ${optimizer?.lr}`,
      fix:
        `Try a lower learning_rate, more warmup_steps or a lower max_grad_norm (${args.max_grad_norm}), and look at these rows. ` +
        (checkpoint === undefined ? "There is no checkpoint." : `${checkpoint} was made before.`),
    });
  }

  async #logEvaluateSave(): Promise<void> {
    const host = this.#host;
    const { args, state } = host;
    if (host.control.should_log && state.global_step > this.#losses.logged_step) await this.#log();
    let metrics: Metrics | undefined;
    if (host.control.should_evaluate) {
      const { ignore_keys_for_eval: ignore_keys, signal } = this.#options;
      metrics = await host.evaluate({ ...(ignore_keys && { ignore_keys }), ...(signal && { signal }) });
      if (args.lr_scheduler_type === "reduce_lr_on_plateau") host.lr_scheduler?.step(bestMetric(host, metrics));
    }
    if (!host.control.should_save) return;
    await saveCheckpoint(host, {
      metric: metrics === undefined || args.metric_for_best_model === null ? undefined : bestMetric(host, metrics),
      position: this.#position,
      losses: this.#losses,
      gradients: this.#gradients.sums,
      signal: this.#options.signal,
    });
    await host.event("on_save", {});
  }

  async #log(): Promise<void> {
    const { state, optimizer } = this.#host;
    const losses = this.#losses;
    const logs = {
      loss: roundTo(losses.since_log / (state.global_step - losses.logged_step), 4),
      grad_norm: this.#norm,
      ...(optimizer?.lr === null || optimizer === null ? {} : { learning_rate: optimizer.lr }),
      ...(losses.skipped === 0 ? {} : { skipped_steps: losses.skipped }),
    };
    losses.logged += losses.since_log;
    losses.since_log = 0;
    losses.logged_step = state.global_step;
    await this.#host.log(logs);
  }

  /** Tokens of all epochs; by steps, as many as the first batch would make. */
  async #countTokens(): Promise<number> {
    const { max_steps, num_train_epochs, gradient_accumulation_steps } = this.#host.args;
    let tokens = 0;
    for await (const { inputs } of this.#loader.batches(0)) {
      const count = inputs.input_ids?.data.length ?? 0;
      if (max_steps > 0) return count * max_steps * gradient_accumulation_steps;
      tokens += count;
    }
    return tokens * num_train_epochs;
  }
}

/** The metric that tells the best model. */
function bestMetric({ args }: TrainingHost, metrics: Metrics): number {
  const key = args.bestMetricKey!;
  const value = metrics[key];
  if (value !== undefined) return value;
  throw new InvalidArgumentError({
    operation: "metric_for_best_model",
    expected: `one of ${Object.keys(metrics).join(", ")}`,
    got: key,
    fix: "Name a metric that compute_metrics gives.",
  });
}
