/** What checkpoints survive and what they refuse: full disks, other trainings, folders in use. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { diskFull, mortalFolder } from "../../tests/support/mortal-folder.ts";
import { inMemory, regressionData, SoftmaxRegression } from "../../tests/support/training-scene.ts";
import "../platform/node.ts";
import type { RegressionOptions } from "../../tests/support/softmax-regression.ts";
import { FileError, InvalidArgumentError } from "../errors.ts";
import { type Folder, readJsonObject } from "../files.ts";
import { folderFiles } from "../hub/index.ts";
import { type Logger, setLogger } from "../log.ts";
import { AdamW } from "./adamw.ts";
import { Seq2SeqTrainingArguments, type TrainingArgumentOptions } from "./arguments.ts";
import { checkpointNames, clearInterrupted, rotateCheckpoints, writeCheckpoint } from "./checkpoint-folders.ts";
import { JsonLinesLogCallback } from "./json-lines-log.ts";
import { Seq2SeqTrainer } from "./seq2seq-trainer.ts";
import type { TrainerOptions } from "./trainer-options.ts";
import { loadWeights } from "./training-checkpoint.ts";

type Options = Partial<TrainingArgumentOptions>;

const small: Options = { per_device_train_batch_size: 2, max_steps: 6, save_steps: 2, learning_rate: 0.1 };

interface Made {
  readonly options?: Options;
  readonly rows?: number;
  readonly model?: RegressionOptions;
  readonly more?: Partial<TrainerOptions>;
}

function trainerOf(output_dir: string | Folder, { options, rows = 8, model: made, more }: Made = {}) {
  const model = new SoftmaxRegression(made);
  const args = new Seq2SeqTrainingArguments({ output_dir, ...small, ...options });
  return { model, trainer: new Seq2SeqTrainer({ model, args, train_dataset: regressionData(rows), ...more }) };
}

const numbers = (model: SoftmaxRegression) => [...model.parameters.values()].map(({ data }) => [...data]);

async function finished(output: Folder, made: Made = {}) {
  const { model, trainer } = trainerOf(output, made);
  await trainer.train();
  return numbers(model);
}

test("a full disk: the error names the checkpoint that is intact, and training goes on from it", async () => {
  const expected = await finished(inMemory());
  const messages = new Set<string>();
  for (let room = 0; room < 18; room++) {
    const output = inMemory();
    const { trainer } = trainerOf(mortalFolder(output, diskFull(room)));
    const failed = await trainer.train().then(
      () => undefined,
      (error: unknown) => error as FileError,
    );
    const kept = await checkpointNames(output);
    expect(await output.folders()).toEqual(kept);
    if (failed === undefined) {
      expect(kept).toHaveLength(3);
      continue;
    }
    expect(failed).toBeInstanceOf(FileError);
    messages.add(failed.message);
    expect(failed.message).toContain("no space left");
    expect(failed.message).toContain(
      kept.at(-1) === undefined ? "There is no earlier checkpoint." : `${kept.at(-1)} is intact`,
    );
    const again = trainerOf(output);
    await again.trainer.train(kept.length === 0 ? {} : { resume_from_checkpoint: true });
    expect(numbers(again.model)).toEqual(expected);
  }
  // At each of the three checkpoints.
  expect(messages.size).toBe(3);
  expect([...messages].at(-1)).toBe(
    "save checkpoint-6 in out: expected a checkpoint that is written whole, got Error: ENOSPC: no space left on device. checkpoint-4 is intact: make room and resume from it (resume_from_checkpoint: true).",
  );
});

describe("on a disk", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "led-training-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("checkpoints are folders, trained from again by path", async () => {
    const output = join(folder, "out");
    const { trainer, model } = trainerOf(output, { more: { callbacks: [JsonLinesLogCallback] } });
    await trainer.train();
    await trainer.save_model();
    await trainer.save_state();
    const names = ["checkpoint-2", "checkpoint-4", "checkpoint-6"];
    const files = [
      "config.json",
      "model.safetensors",
      "trainer_state.json",
      "training_args.json",
      "training_log.jsonl",
    ];
    expect((await readdir(output)).sort()).toEqual([...names, ...files].sort());
    expect((await readdir(join(output, "checkpoint-4"))).sort()).toEqual([
      ...["config.json", "model.safetensors", "optimizer.safetensors", "trainer_state.json", "training_args.json"],
      "training_run.json",
    ]);
    const again = trainerOf(output);
    await again.trainer.train({ resume_from_checkpoint: join(output, "checkpoint-2") });
    expect(numbers(again.model)).toEqual(numbers(model));
    const third = trainerOf(output, { options: { resume_from_checkpoint: true } });
    await third.trainer.train();
    expect(numbers(third.model)).toEqual(numbers(model));
  });

  test("a folder that holds anything is refused, unless it is overwritten, which removes its checkpoints", async () => {
    await writeFile(join(folder, "notes.txt"), "mine");
    await expect(trainerOf(folder).trainer.train()).rejects.toThrow(
      `Output directory (${folder}) already exists and is not empty. Use --overwrite_output_dir to overcome. (train: got notes.txt)`,
    );
    await trainerOf(folder, { options: { overwrite_output_dir: true } }).trainer.train();
    await expect(trainerOf(folder).trainer.train()).rejects.toThrow("got checkpoint-2, checkpoint-4, checkpoint-6");
    await trainerOf(folder, { options: { overwrite_output_dir: true, save_steps: 5 } }).trainer.train();
    expect((await readdir(folder)).sort()).toEqual(["checkpoint-5", "notes.txt"]);
  });

  test("a path that is no checkpoint, and a folder without any, are refused", async () => {
    const asked = join(folder, "checkpoint-9");
    await expect(trainerOf(folder).trainer.train({ resume_from_checkpoint: asked })).rejects.toThrow(
      `Can't find a valid checkpoint at ${asked}`,
    );
    await expect(trainerOf(folder).trainer.train({ resume_from_checkpoint: true })).rejects.toThrow(
      `No valid checkpoint found in output directory (${folder})`,
    );
  });

  test("the best model is found where the checkpoint was resumed from", async () => {
    const first = join(folder, "first");
    const options: Options = { evaluation_strategy: "steps", eval_steps: 2, load_best_model_at_end: true };
    const more = { eval_dataset: regressionData(5, 0.4), compute_metrics: () => ({ score: -count++ }) };
    let count = 0;
    const made = { options: { ...options, metric_for_best_model: "score" }, more };
    await trainerOf(first, made).trainer.train();
    const again = trainerOf(join(folder, "second"), made);
    await again.trainer.train({ resume_from_checkpoint: join(first, "checkpoint-4") });
    expect(again.trainer.state.best_model_checkpoint).toBe(`${first}/checkpoint-2`);
    const best = new SoftmaxRegression();
    await loadWeights(folderFiles(join(first, "checkpoint-2")), best, { exactly: false });
    expect(numbers(again.model)).toEqual(numbers(best));
  });
});

describe("a checkpoint of another training is refused by what differs:", () => {
  test.each<[string, Made, string]>([
    ["an argument", { options: { learning_rate: 0.2 } }, "argument `learning_rate` 0.1, got 0.2"],
    ["its length", { options: { max_steps: 8 } }, "argument `max_steps` 6, got 8"],
    ["the seed", { options: { seed: 7 } }, "argument `seed` 42, got 7"],
    [
      "the optimiser",
      { options: { optim: "adafactor" } },
      'optimizer `class` "AdamW", argument `optim` "adamw_torch", got "Adafactor", "adafactor"',
    ],
    ["the model's config", { model: { dropout: 0.5 } }, "config `dropout` 0, got 0.5"],
    ["what is trained", { model: { frozen: ["dense.bias"] } }, "parameter `dense.bias` [3], got none"],
    ["the data", { rows: 9 }, "training data `rows` 8, got 9"],
  ])("%s", async (_, made, message) => {
    const output = inMemory();
    await finished(output);
    const { trainer, model } = trainerOf(output, made);
    const before = numbers(model);
    const failed = trainer.train({ resume_from_checkpoint: true });
    await expect(failed).rejects.toThrow(InvalidArgumentError);
    await expect(failed).rejects.toThrow(message);
    expect(numbers(model)).toEqual(before);
  });

  test("another model class", async () => {
    const output = inMemory();
    await finished(output);
    class Other extends SoftmaxRegression {}
    const { trainer } = trainerOf(output, { more: { model: new Other() } });
    await expect(trainer.train({ resume_from_checkpoint: true })).rejects.toThrow(
      'resume from out/checkpoint-6: expected the training that was interrupted: model `class` "SoftmaxRegression", got "Other"',
    );
  });

  test("other numbers of what is not trained", async () => {
    const output = inMemory();
    const made = { model: { frozen: ["dense.bias"] } };
    await finished(output, made);
    const { trainer, model } = trainerOf(output, made);
    model.bias.data[1] = 0.5;
    await expect(trainer.train({ resume_from_checkpoint: true })).rejects.toThrow(
      "expected `dense.bias` as the model has it, for it is not trained, got other numbers or none",
    );
  });
});

test("what changes no number may change: logs, saving, the folder", async () => {
  const output = inMemory();
  const expected = await finished(output);
  const changed = { options: { save_steps: 3, logging_steps: 1, save_total_limit: 1, gradient_checkpointing: false } };
  const { trainer, model } = trainerOf(output, changed);
  await trainer.train({ resume_from_checkpoint: output.folder("checkpoint-2") });
  expect(numbers(model)).toEqual(expected);
  expect(trainer.state.log_history.map(({ step }) => step)).toEqual([3, 4, 5, 6, 6]);
});

test("damaged checkpoints are told by file", async () => {
  const output = inMemory();
  await finished(output);
  const inner = output.folder("checkpoint-6");
  const resume = () => trainerOf(output).trainer.train({ resume_from_checkpoint: true });
  const cut = async (name: string, message: string) => {
    const files = inner as Folder & { contents: Map<string, Uint8Array> };
    const whole = files.contents.get(name)!;
    files.contents.set(name, whole.subarray(0, whole.length - 8));
    await expect(resume()).rejects.toThrow(message);
    files.contents.set(name, whole);
  };
  await cut("optimizer.safetensors", "read optimizer.safetensors of out/checkpoint-6");
  await cut("model.safetensors", "read model.safetensors");
  await cut("training_run.json", "read training_run.json");
  await cut("trainer_state.json", "read trainer_state.json");
  await inner.write("training_run.json", [new TextEncoder().encode("{}")]);
  await expect(resume()).rejects.toThrow("expected `identity`, `position`, `losses`, `optimizer`");
});

test("checkpoints of the model alone cannot be resumed from", async () => {
  const output = inMemory();
  await finished(output, { options: { save_only_model: true } });
  expect(await output.folder("checkpoint-6").list()).not.toContain("optimizer.safetensors");
  await expect(trainerOf(output).trainer.train({ resume_from_checkpoint: true })).rejects.toThrow(
    "expected training_run.json, which every checkpoint has unless save_only_model was set, got none",
  );
});

test("an optimiser and a schedule of one's own are saved and resumed like others", async () => {
  const own = (output: Folder) => {
    const model = new SoftmaxRegression();
    const optimizer = new AdamW(model, { lr: 0.3, betas: [0.5, 0.6] });
    const args = new Seq2SeqTrainingArguments({ output_dir: output, ...small });
    const trainer = new Seq2SeqTrainer({
      model,
      args,
      train_dataset: regressionData(8),
      optimizers: [optimizer, null],
    });
    return { model, trainer };
  };
  const output = inMemory();
  const whole = own(output);
  await whole.trainer.train();
  const again = own(inMemory());
  await again.trainer.train({ resume_from_checkpoint: output.folder("checkpoint-4") });
  expect(numbers(again.model)).toEqual(numbers(whole.model));
});

test("trainer_state.json has the reference's keys and nothing that is no JSON", async () => {
  const output = inMemory();
  const { trainer, model } = trainerOf(output, { options: { logging_steps: 1, logging_nan_inf_filter: false } });
  model.spoil = (call) => (call === 2 ? { loss: Number.NaN } : undefined);
  await trainer.train();
  const state = await readJsonObject(output.folder("checkpoint-4"), "trainer_state.json");
  expect(Object.keys(state)).toEqual([
    ...["best_metric", "best_model_checkpoint", "epoch", "eval_steps", "global_step", "is_hyper_param_search"],
    ...["is_local_process_zero", "is_world_process_zero", "log_history", "logging_steps", "max_steps"],
    ...[
      "num_input_tokens_seen",
      "num_train_epochs",
      "save_steps",
      "total_flos",
      "train_batch_size",
      "trial_name",
      "trial_params",
    ],
  ]);
  expect((state.log_history as { loss: number | null }[])[2]!.loss).toBeNull();
});

describe("rotation", () => {
  const named = async (output: Folder, ...steps: number[]) => {
    for (const step of steps) await output.folder(`checkpoint-${step}`).write("a", []);
  };

  test.each<[number | null, string | undefined, string[]]>([
    [null, undefined, ["checkpoint-5", "checkpoint-10", "checkpoint-20", "checkpoint-100"]],
    [0, undefined, ["checkpoint-5", "checkpoint-10", "checkpoint-20", "checkpoint-100"]],
    [2, undefined, ["checkpoint-20", "checkpoint-100"]],
    [2, "checkpoint-5", ["checkpoint-5", "checkpoint-100"]],
    [1, "checkpoint-10", ["checkpoint-10", "checkpoint-100"]],
    [1, "checkpoint-100", ["checkpoint-100"]],
    [3, "checkpoint-10", ["checkpoint-10", "checkpoint-20", "checkpoint-100"]],
  ])("at most %s, the best one %s", async (limit, best, kept) => {
    const output = inMemory();
    await named(output, 100, 5, 20, 10);
    await output.folder("checkpoint-x").write("a", []);
    await rotateCheckpoints(output, { limit, best });
    expect(await checkpointNames(output)).toEqual(kept);
    expect(await output.folders()).toContain("checkpoint-x");
  });

  test("what interrupted saves and removals left is cleared away, and nothing else", async () => {
    const output = inMemory();
    await named(output, 1, 2);
    for (const name of [
      "tmp-checkpoint-3",
      "tmp-former-checkpoint-2",
      "tmp-removed-checkpoint-1",
      "tmp-former-checkpoint-4",
      "tmp-mine",
    ]) {
      await output.folder(name).write(name, []);
    }
    await clearInterrupted(output);
    expect(await output.folders()).toEqual(["checkpoint-1", "checkpoint-2", "checkpoint-4", "tmp-mine"]);
    expect(await output.folder("checkpoint-4").list()).toEqual(["tmp-former-checkpoint-4"]);
  });

  test("what fails for other reasons than the disk keeps its own error", async () => {
    const output = inMemory();
    const failing = writeCheckpoint(output, "checkpoint-1", async (target) => {
      await target.write("a", []);
      throw new RangeError("mine");
    });
    await expect(failing).rejects.toThrow(new RangeError("mine"));
    expect(await output.folders()).toEqual([]);
  });
});

test("a model that is not where the best checkpoint was keeps the last weights, with a warning", async () => {
  const output = inMemory();
  const options: Options = { evaluation_strategy: "steps", eval_steps: 2, load_best_model_at_end: true };
  const made = { options, more: { eval_dataset: regressionData(5, 0.4) } };
  await trainerOf(output, made).trainer.train();
  const warnings: string[] = [];
  const before: Logger = setLogger({ warn: (message) => warnings.push(message) });
  try {
    const again = trainerOf(inMemory(), made);
    await again.trainer.train({ resume_from_checkpoint: output.folder("checkpoint-6") });
    expect(warnings).toEqual([
      "Could not locate the best model at out/checkpoint-6: the model keeps the weights of the last step.",
    ]);
  } finally {
    setLogger(before);
  }
});
