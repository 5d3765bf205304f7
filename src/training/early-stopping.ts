/** Ends a training whose metric has not become better for a while (transformers 4.37.2, trainer_callback.py: EarlyStoppingCallback). */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { warn } from "../log.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import { type Metrics, TrainerCallback } from "./callbacks.ts";
import type { TrainerControl, TrainerState } from "./trainer-state.ts";

export interface EarlyStoppingOptions {
  /** Evaluations in a row without a better metric after which the training ends; 1 by default. */
  readonly early_stopping_patience?: number;
  /** By how much a metric must be better to count; 0 by default. */
  readonly early_stopping_threshold?: number;
}

/**
 * Needs load_best_model_at_end, which is what keeps the best metric. Its count is in checkpoints and begins anew with a training, unlike the
 * reference's.
 */
export class EarlyStoppingCallback extends TrainerCallback {
  readonly early_stopping_patience: number;
  readonly early_stopping_threshold: number;
  /** Evaluations in a row so far. */
  early_stopping_patience_counter = 0;

  constructor(options: EarlyStoppingOptions = {}) {
    super();
    const operation = "EarlyStoppingCallback";
    refuseUnknownOptions(operation, options, ["early_stopping_patience", "early_stopping_threshold"]);
    const { early_stopping_patience: patience = 1, early_stopping_threshold: threshold = 0 } = options;
    if (!Number.isSafeInteger(patience) || patience < 1) {
      const expected = "`early_stopping_patience` as a whole number of at least 1";
      throw new InvalidArgumentError({ operation, expected, got: String(patience) });
    }
    if (!(threshold >= 0)) {
      const expected = "`early_stopping_threshold` of at least 0";
      throw new InvalidArgumentError({ operation, expected, got: String(threshold) });
    }
    this.early_stopping_patience = patience;
    this.early_stopping_threshold = threshold;
  }

  override on_train_begin(args: Seq2SeqTrainingArguments, state: TrainerState): void {
    if (state.global_step === 0) this.early_stopping_patience_counter = 0;
    const says = (text: string) => new InvalidArgumentError({ operation: "train", says: text });
    if (!args.load_best_model_at_end) throw says("EarlyStoppingCallback requires load_best_model_at_end = True");
    if (args.metric_for_best_model === null) {
      throw says("EarlyStoppingCallback requires metric_for_best_model is defined");
    }
    if (args.evaluation_strategy === "no") {
      throw says("EarlyStoppingCallback requires IntervalStrategy of steps or epoch");
    }
  }

  override on_evaluate(
    args: Seq2SeqTrainingArguments,
    state: TrainerState,
    control: TrainerControl,
    { metrics }: { readonly metrics: Metrics },
  ): void {
    const value = metrics[args.bestMetricKey ?? ""];
    if (value === undefined) {
      warn(
        `early stopping required metric_for_best_model, but did not find ${args.bestMetricKey} so early stopping is disabled`,
      );
      return;
    }
    this.early_stopping_patience_counter = this.#isBetter(value, state.best_metric, args.greater_is_better === true)
      ? 0
      : this.early_stopping_patience_counter + 1;
    if (this.early_stopping_patience_counter >= this.early_stopping_patience) control.should_training_stop = true;
  }

  #isBetter(value: number, best: number | null, greater: boolean): boolean {
    if (best === null) return true;
    return (greater ? value > best : value < best) && Math.abs(value - best) > this.early_stopping_threshold;
  }

  override state_dict(): object {
    return { early_stopping_patience_counter: this.early_stopping_patience_counter };
  }

  override load_state_dict({
    early_stopping_patience_counter: count,
  }: {
    early_stopping_patience_counter?: number;
  }): void {
    this.early_stopping_patience_counter = count ?? 0;
  }
}
