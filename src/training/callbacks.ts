/**
 * What watches a training and may steer it (transformers 4.37.2, trainer_callback.py: TrainerCallback, CallbackHandler,
 * DefaultFlowCallback, PrinterCallback). Departures: events may take their time, on_init_end apart, and are waited for; a
 * callback with a memory (early stopping) can put it into checkpoints.
 */
import { warn } from "../log.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import type { DataLoader } from "./data-loader.ts";
import type { Optimizer } from "./optimizer.ts";
import type { PaddingTokenizer } from "./padding-tokenizer.ts";
import type { Scheduler } from "./schedules.ts";
import type { TrainableModel } from "./trainable-model.ts";
import type { LogEntry, TrainerControl, TrainerState } from "./trainer-state.ts";

/** What an event tells beside arguments, state and control. */
export interface CallbackContext {
  readonly model: TrainableModel;
  readonly tokenizer: PaddingTokenizer | null;
  readonly optimizer: Optimizer | null;
  readonly lr_scheduler: Scheduler | null;
  readonly train_dataloader: DataLoader | null;
  readonly eval_dataloader: DataLoader | null;
}

/** Numbers by name, as evaluate() gives them. */
export interface Metrics {
  [name: string]: number;
}

/** A control in place of the one given, or nothing. */
export type EventResult = TrainerControl | undefined | Promise<TrainerControl | undefined> | void | Promise<void>;

type Event<More = unknown> = (
  args: Seq2SeqTrainingArguments,
  state: TrainerState,
  control: TrainerControl,
  context: CallbackContext & More,
) => EventResult;

/** The events and what each tells. */
interface Events {
  on_train_begin: Event;
  on_train_end: Event;
  on_epoch_begin: Event;
  on_epoch_end: Event;
  on_step_begin: Event;
  /** After a batch that ends no step. */
  on_substep_end: Event;
  on_step_end: Event;
  on_evaluate: Event<{ readonly metrics: Metrics }>;
  on_predict: Event<{ readonly metrics: Metrics }>;
  on_save: Event;
  on_log: Event<{ readonly logs: LogEntry }>;
  /** After each batch of evaluation or prediction. */
  on_prediction_step: Event;
}

/** A class to extend: the methods are the events, and do nothing here. */
export class TrainerCallback implements Partial<Events> {
  /** At the end of the trainer's construction; not waited for. */
  on_init_end?(
    args: Seq2SeqTrainingArguments,
    state: TrainerState,
    control: TrainerControl,
    context: CallbackContext,
  ): void;
  on_train_begin?(...given: Parameters<Events["on_train_begin"]>): EventResult;
  on_train_end?(...given: Parameters<Events["on_train_end"]>): EventResult;
  on_epoch_begin?(...given: Parameters<Events["on_epoch_begin"]>): EventResult;
  on_epoch_end?(...given: Parameters<Events["on_epoch_end"]>): EventResult;
  on_step_begin?(...given: Parameters<Events["on_step_begin"]>): EventResult;
  on_substep_end?(...given: Parameters<Events["on_substep_end"]>): EventResult;
  on_step_end?(...given: Parameters<Events["on_step_end"]>): EventResult;
  on_evaluate?(...given: Parameters<Events["on_evaluate"]>): EventResult;
  on_predict?(...given: Parameters<Events["on_predict"]>): EventResult;
  on_save?(...given: Parameters<Events["on_save"]>): EventResult;
  on_log?(...given: Parameters<Events["on_log"]>): EventResult;
  on_prediction_step?(...given: Parameters<Events["on_prediction_step"]>): EventResult;
  /** What a resumed training must know of this callback, as JSON. */
  state_dict?(): object;
  load_state_dict?(state: object): void;
}

/** A callback, or the class of one that is made without arguments. */
export type CallbackOrClass = TrainerCallback | (new () => TrainerCallback);

/** A callback's name in checkpoints and messages. */
export const callbackName = (callback: TrainerCallback): string => callback.constructor.name;

/** Calls callbacks in order, and resets switches as they are answered. */
export class CallbackHandler {
  readonly callbacks: TrainerCallback[] = [];

  constructor(callbacks: readonly CallbackOrClass[]) {
    for (const callback of callbacks) this.add(callback);
  }

  add(given: CallbackOrClass): void {
    const callback = typeof given === "function" ? new given() : given;
    if (this.callbacks.some((known) => known.constructor === callback.constructor)) {
      const list = this.callbacks.map(callbackName).join("\n");
      warn(
        `You are adding a ${callbackName(callback)} to the callbacks of this Trainer, but there is already one. The current list of callbacks is\n:${list}`,
      );
    }
    this.callbacks.push(callback);
  }

  /** Removes the callback, or the first of the class, and gives it back. */
  pop(given: CallbackOrClass): TrainerCallback | undefined {
    const found = this.callbacks.findIndex((known) =>
      typeof given === "function" ? known instanceof given : known === given,
    );
    return found < 0 ? undefined : this.callbacks.splice(found, 1)[0];
  }

  /** Gives the control that the last callback left. */
  async call<E extends keyof Events>(event: E, ...given: Parameters<Events[E]>): Promise<TrainerControl> {
    const [args, state, first, context] = given as Parameters<Event>;
    let control = first;
    for (const [key, value] of Object.entries(resets[event] ?? {})) Object.assign(control, { [key]: value });
    for (const callback of this.callbacks) {
      const method = callback[event] as Event | undefined;
      control = (await method?.call(callback, args, state, control, context)) ?? control;
    }
    return control;
  }
}

/** What an event has answered, or begins anew. */
const resets: { readonly [E in keyof Events]?: Partial<TrainerControl> } = {
  on_train_begin: { should_training_stop: false },
  on_epoch_begin: { should_epoch_stop: false },
  on_step_begin: { should_log: false, should_evaluate: false, should_save: false },
  on_evaluate: { should_evaluate: false },
  on_save: { should_save: false },
  on_log: { should_log: false },
};

/** Logs, evaluates, saves and ends as the arguments say. */
export class DefaultFlowCallback extends TrainerCallback {
  override on_step_end(args: Seq2SeqTrainingArguments, state: TrainerState, control: TrainerControl): void {
    const { global_step: step } = state;
    if (step === 1 && args.logging_first_step) control.should_log = true;
    if (args.logging_strategy === "steps" && step % state.logging_steps === 0) control.should_log = true;
    if (args.evaluation_strategy === "steps" && step % state.eval_steps === 0 && args.eval_delay <= step) {
      control.should_evaluate = true;
    }
    if (args.save_strategy === "steps" && state.save_steps > 0 && step % state.save_steps === 0) {
      control.should_save = true;
    }
    if (step >= state.max_steps) control.should_training_stop = true;
  }

  override on_epoch_end(args: Seq2SeqTrainingArguments, state: TrainerState, control: TrainerControl): void {
    if (args.logging_strategy === "epoch") control.should_log = true;
    if (args.evaluation_strategy === "epoch" && args.eval_delay <= (state.epoch ?? 0)) control.should_evaluate = true;
    if (args.save_strategy === "epoch") control.should_save = true;
  }
}

/** Prints what is logged. */
export class PrinterCallback extends TrainerCallback {
  override on_log(
    _args: Seq2SeqTrainingArguments,
    _state: TrainerState,
    _control: TrainerControl,
    { logs }: { readonly logs: LogEntry },
  ): void {
    const { total_flos: _, ...shown } = logs;
    console.log(JSON.stringify(shown));
  }
}
