/** Whole trainings against transformers 4.37.2 (tests/oracle/trainer.py). */
import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import {
  accuracyOf,
  InOrder,
  inMemory,
  regressionData,
  SoftmaxRegression,
} from "../../tests/support/training-scene.ts";
import { Seq2SeqTrainingArguments, type TrainingArgumentOptions } from "./arguments.ts";
import { TrainerCallback } from "./callbacks.ts";
import { checkpointNames } from "./checkpoint-folders.ts";
import { EarlyStoppingCallback } from "./early-stopping.ts";
import { roundTo } from "./rounding.ts";
import type { LogEntry, TrainerControl, TrainerState } from "./trainer-state.ts";

interface Run {
  readonly name: string;
  readonly options: Partial<TrainingArgumentOptions>;
  readonly rows: number;
  readonly eval_rows: number;
  readonly patience?: number;
  readonly logs: readonly LogEntry[];
  /** Before clipping, of each step; none where nothing is clipped. */
  readonly norms: readonly number[];
  readonly rates: readonly number[];
  readonly events: readonly [string, number][];
  /** Steps whose checkpoints are left. */
  readonly kept: readonly number[];
  readonly state: Readonly<Record<string, number>>;
  readonly best_metric: number | null;
  readonly best_model_checkpoint: string | null;
  readonly global_step: number;
  readonly training_loss: number;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

const { runs } = readFixture<{ runs: Run[] }>("trainer.json");

/** Notes what happens, as Watch of trainer.py does. */
class Watch extends TrainerCallback {
  readonly events: [string, number][] = [];
  readonly rates: number[] = [];

  constructor() {
    super();
    const names = ["train_begin", "train_end", "epoch_begin", "epoch_end", "step_begin", "substep_end", "step_end"];
    for (const name of [...names, "prediction_step", "evaluate", "save", "log"]) {
      const note = (
        _args: unknown,
        state: TrainerState,
        _control: TrainerControl,
        { optimizer }: { optimizer: { lr: number } },
      ) => {
        this.events.push([name, state.global_step]);
        if (name === "step_end") this.rates.push(optimizer.lr);
      };
      Object.assign(this, { [`on_${name}`]: note });
    }
  }
}

const withoutClock = (entry: LogEntry): LogEntry =>
  Object.fromEntries(Object.entries(entry).filter(([name]) => !/_(runtime|per_second)$/.test(name)));

/** As the log rounds it. */
function rounded([name, value]: [string, number]): [string, number] {
  if (name === "loss") return [name, roundTo(value, 4)];
  return [name, name === "epoch" ? roundTo(value, 2) : value];
}

function expectNear(got: number | null | undefined, expected: number, about: string): void {
  expect(got, about).toBeTypeOf("number");
  expect(Math.abs(got! - expected), `${about}: ${got} for ${expected}`).toBeLessThanOrEqual(
    1e-4 * Math.abs(expected) + 1e-9,
  );
}

describe.each(runs.map((run) => [run.name, run] as const))("%s", (_, expected) => {
  async function train() {
    const output = inMemory();
    const model = new SoftmaxRegression();
    const watch = new Watch();
    const trainer = new InOrder({
      model,
      args: new Seq2SeqTrainingArguments({ output_dir: output, ...expected.options }),
      train_dataset: regressionData(expected.rows),
      eval_dataset: expected.eval_rows > 0 ? regressionData(expected.eval_rows, 0.4) : null,
      compute_metrics: accuracyOf,
      callbacks: [
        watch,
        ...(expected.patience ? [new EarlyStoppingCallback({ early_stopping_patience: expected.patience })] : []),
      ],
    });
    return { trainer, model, watch, output, result: await trainer.train() };
  }

  test("losses, rates, norms, metrics, events and checkpoints are the reference's", async () => {
    const { trainer, model, watch, output, result } = await train();
    const { state } = trainer;
    expect(watch.events).toEqual(expected.events);
    expect(state.log_history).toHaveLength(expected.logs.length);
    const norms: number[] = [];
    for (const [i, entry] of state.log_history.entries()) {
      const { grad_norm, ...shared } = withoutClock(entry);
      if (grad_norm !== undefined) norms[entry.step! - 1] = grad_norm;
      const wanted = Object.fromEntries(Object.entries(expected.logs[i]!).map(rounded));
      expect(Object.keys(shared).sort()).toEqual(Object.keys(wanted).sort());
      for (const [name, value] of Object.entries(wanted)) expectNear(shared[name], value, `${name} of entry ${i}`);
    }
    for (const [step, norm] of norms.entries()) {
      if (norm !== undefined && expected.norms.length > 0)
        expectNear(norm, expected.norms[step]!, `norm of step ${step}`);
    }
    expect(watch.rates).toHaveLength(expected.rates.length);
    for (const [i, rate] of expected.rates.entries()) expectNear(watch.rates[i], rate, `rate of step ${i}`);
    for (const [name, value] of Object.entries(expected.state)) {
      if (name === "epoch") expectNear(state.epoch, value, name);
      else expect(state[name as "global_step"], name).toBe(value);
    }
    expect((await checkpointNames(output)).map((name) => Number(name.split("-")[1]))).toEqual(expected.kept);
    if (expected.best_metric === null) expect(state.best_metric).toBeNull();
    else expectNear(state.best_metric, expected.best_metric, "best metric");
    expect(state.best_model_checkpoint).toBe(
      expected.best_model_checkpoint === null ? null : `out/${expected.best_model_checkpoint}`,
    );
    expect(result.global_step).toBe(expected.global_step);
    expectNear(result.training_loss, expected.training_loss, "training loss");
    for (const [name, values] of Object.entries(expected.parameters)) {
      const { data } = model.parameters.get(name)!;
      for (const [i, value] of values.entries()) {
        expect(Math.abs(data[i]! - value), `${name}[${i}]`).toBeLessThan(1e-4 * Math.abs(value) + 1e-5);
      }
    }
  });
});
