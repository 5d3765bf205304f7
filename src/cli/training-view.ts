/** What a person sees of a training, and what Ctrl-C does to it. */
import {
  type Batch,
  type CallbackContext,
  type LossAndGradients,
  type LossOptions,
  type Metrics,
  Seq2SeqTrainer,
  type Seq2SeqTrainingArguments,
  TrainerCallback,
  type TrainerControl,
  type TrainerOptions,
  type TrainerState,
} from "../training/index.ts";
import type { Interruption } from "./interruption.ts";
import type { Progress } from "./progress.ts";

/** Of the loss that is shown, how much the last batch counts. */
const share = 0.1;

/** The mean loss of the last batches, for the view alone. */
export class RecentLoss {
  value: number | undefined;

  add(loss: number): void {
    if (!Number.isFinite(loss)) return;
    this.value = this.value === undefined ? loss : this.value + share * (loss - this.value);
  }
}

/** The trainer, which tells the view each batch's loss. */
export class ViewedTrainer extends Seq2SeqTrainer {
  readonly #recent: RecentLoss;

  constructor(options: TrainerOptions, recent: RecentLoss) {
    super(options);
    this.#recent = recent;
  }

  override async training_step(inputs: Batch, options: LossOptions): Promise<LossAndGradients> {
    const result = await super.training_step(inputs, options);
    this.#recent.add(result.loss.item());
    return result;
  }
}

/** Steps, with loss, rate and memory behind the time left; rows of evaluations. */
export class ProgressCallback extends TrainerCallback {
  readonly #progress: Progress;
  readonly #recent: RecentLoss;
  #evaluated = 0;

  constructor(progress: Progress, recent: RecentLoss) {
    super();
    this.#progress = progress;
    this.#recent = recent;
  }

  /** The time of a step begins here: an evaluation may have come between. */
  override on_step_begin(...[, state, , context]: Parameters<NonNullable<TrainerCallback["on_step_begin"]>>): void {
    this.#show(state, context);
  }

  override on_step_end(...[, state, , context]: Parameters<NonNullable<TrainerCallback["on_step_end"]>>): void {
    this.#show(state, context);
  }

  #show(state: TrainerState, { optimizer }: CallbackContext): void {
    const { value } = this.#recent;
    const loss = value === undefined ? [] : [`loss ${value.toPrecision(4)}`];
    const lr = optimizer?.lr ?? null;
    const rate = lr === null ? [] : [`rate ${Number(lr.toPrecision(3))}`];
    const memory = `${(process.memoryUsage.rss() / 1e9).toFixed(2)} GB`;
    const note = [...loss, ...rate, memory].join(", ");
    this.#progress.update("train", state.global_step, state.max_steps, "steps", note);
  }

  override on_prediction_step(
    _args: Seq2SeqTrainingArguments,
    _state: TrainerState,
    _control: TrainerControl,
    { eval_dataloader }: CallbackContext,
  ): void {
    this.#evaluated += 1;
    const total = eval_dataloader?.length ?? this.#evaluated;
    this.#progress.update("evaluate", this.#evaluated, total, "batches");
    if (this.#evaluated >= total) this.#evaluated = 0;
  }
}

/** Shows what was evaluated, a line each time, above the bar. */
export class MetricsCallback extends TrainerCallback {
  readonly #progress: Progress;

  constructor(progress: Progress) {
    super();
    this.#progress = progress;
  }

  override on_evaluate(
    _args: Seq2SeqTrainingArguments,
    state: TrainerState,
    _control: TrainerControl,
    { metrics }: { readonly metrics: Metrics },
  ): void {
    const shown = Object.entries(metrics).filter(([name]) => !/_(runtime|per_second)$|^epoch$/.test(name));
    const values = shown.map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`);
    this.#progress.stop();
    process.stderr.write(`led: step ${state.global_step}: ${values.join(", ")}\n`);
  }
}

/** After an interruption the step is finished, a checkpoint saved, and the training ended with that interruption. */
export class InterruptionCallback extends TrainerCallback {
  /** Who interrupted, as soon as somebody has. */
  why: Interruption | undefined;

  override on_step_end(_args: Seq2SeqTrainingArguments, _state: TrainerState, control: TrainerControl): void {
    if (this.why !== undefined) control.should_save = true;
  }

  override on_save(): void {
    if (this.why !== undefined) throw this.why;
  }
}
