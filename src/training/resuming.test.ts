/** A training that is interrupted anywhere and resumed is the one that was never interrupted, bit for bit. */
import { describe, expect, test } from "vitest";
import { killed, mortalFolder } from "../../tests/support/mortal-folder.ts";
import type { RegressionOptions } from "../../tests/support/softmax-regression.ts";
import { accuracyOf, inMemory, regressionData, SoftmaxRegression } from "../../tests/support/training-scene.ts";
import { type Folder, readBytes } from "../files.ts";
import { Philox } from "../random.ts";
import { Seq2SeqTrainingArguments, type TrainingArgumentOptions } from "./arguments.ts";
import { type CallbackOrClass, TrainerCallback } from "./callbacks.ts";
import { checkpointNames } from "./checkpoint-folders.ts";
import { EarlyStoppingCallback } from "./early-stopping.ts";
import { JsonLinesLogCallback, readTrainingLog, trainingLogName } from "./json-lines-log.ts";
import { Seq2SeqTrainer } from "./seq2seq-trainer.ts";
import type { LogEntry } from "./trainer-state.ts";

type Options = Partial<TrainingArgumentOptions>;

const small: Options = {
  overwrite_output_dir: true,
  per_device_train_batch_size: 3,
  per_device_eval_batch_size: 4,
  learning_rate: 0.05,
  logging_steps: 3,
};

interface Scene {
  readonly options: Options;
  readonly rows: number;
  readonly model?: RegressionOptions;
  readonly patience?: number;
}

const scenes: Record<string, Scene> = {
  "steps, dropout": { options: { ...small, save_steps: 2 }, rows: 10, model: { dropout: 0.4 } },
  "accumulation across epochs, saved by epoch": {
    options: { ...small, gradient_accumulation_steps: 2, save_strategy: "epoch", num_train_epochs: 5 },
    rows: 13,
    model: { dropout: 0.3 },
  },
  "steps at the ends of epochs too short for one": {
    options: { ...small, gradient_accumulation_steps: 4, save_steps: 1, num_train_epochs: 4 },
    rows: 8,
  },
  "like lengths, few checkpoints, Adafactor": {
    options: {
      ...small,
      group_by_length: true,
      optim: "adafactor",
      save_steps: 1,
      save_total_limit: 2,
      logging_steps: 1,
    },
    rows: 14,
  },
  "best model, early stopping": {
    options: {
      ...{
        ...small,
        learning_rate: 1.5,
        num_train_epochs: 8,
        evaluation_strategy: "steps",
        eval_steps: 1,
        save_steps: 1,
      },
      ...{ save_total_limit: 1, load_best_model_at_end: true, metric_for_best_model: "accuracy" },
    },
    rows: 10,
    model: { dropout: 0.2 },
    patience: 3,
  },
  plateau: {
    options: {
      ...{ ...small, lr_scheduler_type: "reduce_lr_on_plateau", lr_scheduler_kwargs: { patience: 0, factor: 0.5 } },
      ...{ learning_rate: 0.7, num_train_epochs: 4, evaluation_strategy: "epoch", save_strategy: "epoch" },
    },
    rows: 10,
    model: { frozen: ["dense.bias"] },
  },
};

function trainerOf({ options, rows, model: made, patience }: Scene, output_dir: Folder, more: CallbackOrClass[] = []) {
  const model = new SoftmaxRegression(made);
  const train_dataset = regressionData(rows).map((row, i) => ({ ...row, length: (i * 7) % 5 }));
  const trainer = new Seq2SeqTrainer({
    model,
    args: new Seq2SeqTrainingArguments({ output_dir, ...options }),
    train_dataset,
    eval_dataset: regressionData(7, 0.4),
    compute_metrics: accuracyOf,
    callbacks: [
      JsonLinesLogCallback,
      ...(patience === undefined ? [] : [new EarlyStoppingCallback({ early_stopping_patience: patience })]),
      ...more,
    ],
  });
  return { trainer, model };
}

const clock = /_(runtime|per_second)$|^(seconds|memory)$/;
const steady = (entry: LogEntry) => Object.fromEntries(Object.entries(entry).filter(([name]) => !clock.test(name)));

async function copy(from: Folder, to: Folder): Promise<void> {
  for (const name of await from.list()) await to.write(name, [await readBytes(from, name)]);
}

/** All that a training leaves, but for what the clock says. */
async function remains(
  { trainer, model }: ReturnType<typeof trainerOf>,
  output: Folder & { contents: Map<string, Uint8Array> },
) {
  const { state } = trainer;
  const checkpoints: Record<string, Record<string, string>> = {};
  for (const name of await checkpointNames(output)) {
    const { contents } = output.folder(name) as Folder & { contents: Map<string, Uint8Array> };
    const shown = [...contents].map(([file, bytes]): [string, string] => {
      const text = new TextDecoder("latin1").decode(bytes);
      return [file, file === "trainer_state.json" ? text.replaceAll(/.*_(runtime|per_second)".*\n/g, "") : text];
    });
    checkpoints[name] = Object.fromEntries(shown.sort());
  }
  const log = new TextDecoder().decode(output.contents.get(trainingLogName));
  return {
    parameters: [...model.parameters].map(([name, { data }]) => [name, [...data]]),
    log_history: state.log_history.map(steady),
    log: readTrainingLog(log).map(steady),
    state: { ...state, log_history: [] },
    checkpoints,
  };
}

/** Trains until nothing interrupts any more; gives how often something did. */
async function toTheEnd(scene: Scene, output: ReturnType<typeof inMemory>, operations: () => number) {
  for (let deaths = 0; ; deaths++) {
    const left = operations();
    const mortal = mortalFolder(output, killed(left));
    const known = await checkpointNames(output);
    // Now and then from an earlier one, so that those after it are replaced.
    const earlier = known[left % (2 * known.length)];
    const resume_from_checkpoint = earlier === undefined ? known.length > 0 : mortal.folder(earlier);
    const made = trainerOf(scene, mortal);
    try {
      await made.trainer.train({ resume_from_checkpoint });
      return { made, deaths };
    } catch (error) {
      expect((error as Error).message).toContain("killed");
      // Whatever a kill leaves, each checkpoint that has its name is whole.
      for (const name of await checkpointNames(output)) {
        const files = ["model.safetensors", "optimizer.safetensors", "training_run.json", "trainer_state.json"];
        expect(await output.folder(name).list()).toEqual(expect.arrayContaining(files));
      }
    }
  }
}

describe.each(Object.entries(scenes))("%s", (_, scene) => {
  test("killed in any operation, and again and again", async () => {
    const whole = inMemory();
    const made = trainerOf(scene, whole);
    await made.trainer.train();
    const expected = await remains(made, whole);
    expect(Object.keys(expected.checkpoints).length).toBeGreaterThan(0);

    let deaths = 0;
    const draws = new Philox(5, 1);
    for (let round = 0; round < 25; round++) {
      const output = inMemory();
      let part = 0;
      const end = await toTheEnd(scene, output, () => {
        // The first parts are short, so that all sorts of operations are interrupted; from the ninth on nothing is.
        const draw = draws.uint32(round * 100 + part++);
        return part > 8 ? Number.POSITIVE_INFINITY : 2 + (draw % 40);
      });
      deaths += end.deaths;
      expect(await remains(end.made, output)).toEqual(expected);
    }
    expect(deaths).toBeGreaterThan(25);
  });

  test("resumed after every checkpoint that was ever made", async () => {
    const options = { ...scene.options, save_total_limit: null };
    const whole = inMemory();
    const made = trainerOf({ ...scene, options }, whole);
    await made.trainer.train();
    const expected = await remains(made, whole);
    const names = await checkpointNames(whole);
    for (const [i, name] of names.entries()) {
      // Later checkpoints are made again, in the place of those that are there.
      const output = inMemory();
      for (const other of i % 2 === 0 ? names : names.slice(0, i + 1)) {
        await copy(whole.folder(other), output.folder(other));
      }
      await output.write(trainingLogName, [whole.contents.get(trainingLogName)!]);
      const again = trainerOf({ ...scene, options }, output);
      await again.trainer.train({ resume_from_checkpoint: output.folder(name) });
      expect(await remains(again, output)).toEqual(expected);
    }
  });
});

test("an abort ends a training between two batches; what was saved can be gone on with", async () => {
  const scene = scenes["steps, dropout"]!;
  const whole = inMemory();
  const made = trainerOf(scene, whole);
  await made.trainer.train();
  const output = inMemory();
  const controller = new AbortController();
  class Abort extends TrainerCallback {
    override on_step_end(...[, state]: Parameters<NonNullable<TrainerCallback["on_step_end"]>>) {
      if (state.global_step === 5) controller.abort(new Error("enough"));
    }
  }
  const first = trainerOf(scene, output, [Abort]);
  await expect(first.trainer.train({ signal: controller.signal })).rejects.toThrow("enough");
  expect(await checkpointNames(output)).toEqual(["checkpoint-2", "checkpoint-4"]);
  const second = trainerOf(scene, output);
  await second.trainer.train({ resume_from_checkpoint: true });
  expect(await remains(second, output)).toEqual(await remains(made, whole));
});

test("a callback can save and stop, as a program does that is asked to end", async () => {
  const scene = { ...scenes["steps, dropout"]!, options: { ...small, save_strategy: "no" as const } };
  const output = inMemory();
  class Stop extends TrainerCallback {
    override on_step_end(...[, state, control]: Parameters<NonNullable<TrainerCallback["on_step_end"]>>) {
      if (state.global_step === 5) control.should_save = true;
      if (state.global_step === 5) control.should_training_stop = true;
    }
  }
  const first = trainerOf(scene, output, [Stop]);
  expect((await first.trainer.train()).global_step).toBe(5);
  expect(await checkpointNames(output)).toEqual(["checkpoint-5"]);
});

test("ignore_data_skip begins the epoch again", async () => {
  const scene = { ...scenes["steps, dropout"]!, options: { ...small, save_steps: 2, ignore_data_skip: true } };
  const whole = inMemory();
  const made = trainerOf(scene, whole);
  await made.trainer.train();
  const again = trainerOf(scene, inMemory());
  const result = await again.trainer.train({ resume_from_checkpoint: whole.folder("checkpoint-2") });
  // Two steps of the first epoch's four are made twice, so that the last two are not reached.
  expect(result.global_step).toBe(12);
  expect(again.trainer.state.epoch).toBe(2.5);
});
