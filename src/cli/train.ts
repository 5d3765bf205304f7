/** `led train`: a model fine-tuned on the rows of a file, with checkpoints, a log and what was measured in the output folder. */
import { basename, dirname, resolve } from "node:path";
import type { Command } from "commander";
import { readText } from "../files.ts";
import { folderFiles } from "../hub/index.ts";
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import {
  EarlyStoppingCallback,
  JsonLinesLogCallback,
  type Metrics,
  readTrainingLog,
  Seq2SeqTrainingArguments,
  type TrainerCallback,
  type TrainingDataset,
  trainingLogName,
  trainingReport,
} from "../training/index.ts";
import { outputFolder, requireOutput } from "../training/output-folder.ts";
import { refuseOtherTasks } from "./data-options.ts";
import { type Interruption, withInterruption } from "./interruption.ts";
import { resolveModel } from "./model-source.ts";
import { type Progress, progressBar } from "./progress.ts";
import { openTrainingData, type TrainingDataFlags } from "./training-data.ts";
import { trainingArguments } from "./training-options.ts";
import { type TaskFlags, type TaskModel, type TrainingTask, trainingTask } from "./training-task.ts";
import { InterruptionCallback, MetricsCallback, ProgressCallback, RecentLoss, ViewedTrainer } from "./training-view.ts";
import { asUsage } from "./usage.ts";
import { withWarningsOnce } from "./warnings-once.ts";

export interface TrainFlags extends TaskFlags, TrainingDataFlags {
  readonly model: string;
  readonly outputDir: string;
  readonly resume?: string | true;
  readonly freeze?: readonly string[];
  readonly earlyStoppingPatience?: number;
  readonly earlyStoppingThreshold?: number;
  readonly report?: string;
  readonly json?: boolean;
  readonly progress?: boolean;
}

/** All that a training is made of. */
interface Prepared {
  readonly flags: TrainFlags;
  readonly args: Seq2SeqTrainingArguments;
  readonly task: TrainingTask;
  readonly tokenizer: LEDTokenizerFast;
  readonly train: TrainingDataset;
  readonly validation: TrainingDataset | undefined;
  readonly test: TrainingDataset | undefined;
  readonly progress: Progress;
}

export async function train(flags: TrainFlags, command: Command): Promise<void> {
  refuseOtherTasks(command, flags.task);
  const args = await asUsage(
    command,
    () => new Seq2SeqTrainingArguments({ output_dir: flags.outputDir, ...trainingArguments(flags) }),
  );
  refuseWhatDoesNotFit(command, flags, args);
  // Before the data, whose features may take minutes.
  await requireOutput(outputFolder(args), args, flags.resume);
  const progress = progressBar(flags.progress);
  // The data first: a mistyped path should not cost a download.
  const data = await asUsage(command, () => openTrainingData(flags, args.data_seed ?? args.seed));
  try {
    const files = await resolveModel(flags.model, progress);
    const tokenizer = await LEDTokenizerFast.from_pretrained(files);
    // Batches are padded after their rows were encoded, which is nothing to warn of.
    tokenizer.warned.add("Asking-to-pad-a-fast-tokenizer");
    const generates = args.predict_with_generate;
    const prepared = await asUsage(command, async (): Promise<Prepared> => {
      const task = await trainingTask({ flags, files, tokenizer, train: data.train, progress, generates });
      const train = await task.features(data.train);
      const validation = data.validation && (await task.features(data.validation));
      const test = data.test && (await task.features(data.test));
      return { flags, args, task, tokenizer, train, validation, test, progress };
    });
    const model = await prepared.task.load(files, args.seed);
    try {
      const { freeze } = flags;
      if (freeze !== undefined) await asUsage(command, () => model.requires_grad_(freeze, false));
      const measured = await withWarningsOnce(() => trainModel(model, prepared));
      progress.stop();
      process.stdout.write(flags.json ? `${JSON.stringify(measured)}\n` : asTable(measured, flags.outputDir));
    } finally {
      await model.dispose();
    }
  } finally {
    progress.stop();
    await data.close();
  }
}

function refuseWhatDoesNotFit(command: Command, flags: TrainFlags, args: Seq2SeqTrainingArguments): void {
  const refuse = (text: string): never => command.error(`error: ${text}`);
  for (const part of ["validation", "test"] as const) {
    if (flags[part] !== undefined && flags[`${part}Split`] !== undefined) {
      refuse(`give --${part} or --${part}-split, not both`);
    }
  }
  const evaluates = flags.validation !== undefined || flags.validationSplit !== undefined;
  if (args.evaluation_strategy !== "no" && !evaluates) {
    refuse("option '--evaluation-strategy' needs rows to evaluate with: --validation or --validation-split");
  }
  if (args.predict_with_generate && (flags.task === "classification" || flags.task === "question-answering")) {
    refuse("option '--predict-with-generate' is for --task summarization, text2text, translation");
  }
  if (flags.earlyStoppingThreshold !== undefined && flags.earlyStoppingPatience === undefined) {
    refuse("option '--early-stopping-threshold' needs --early-stopping-patience");
  }
  if (flags.earlyStoppingPatience !== undefined && !args.load_best_model_at_end) {
    refuse("option '--early-stopping-patience' needs --load-best-model-at-end");
  }
}

/** Trains, saves the model, and measures it. */
async function trainModel(model: TaskModel, prepared: Prepared): Promise<Metrics> {
  const { flags, args, task, tokenizer, train, validation, test, progress } = prepared;
  const interruption = new InterruptionCallback();
  const recent = new RecentLoss();
  const view = (flags.progress ?? process.stderr.isTTY) ? [new ProgressCallback(progress, recent)] : [];
  const callbacks: TrainerCallback[] = [new JsonLinesLogCallback(), ...view];
  if (view.length > 0) callbacks.push(new MetricsCallback(progress));
  if (flags.earlyStoppingPatience !== undefined) {
    callbacks.push(
      new EarlyStoppingCallback({
        early_stopping_patience: flags.earlyStoppingPatience,
        ...(flags.earlyStoppingThreshold === undefined
          ? {}
          : { early_stopping_threshold: flags.earlyStoppingThreshold }),
      }),
    );
  }
  const common = {
    model,
    args,
    tokenizer,
    data_collator: task.collator(model),
    preprocess_logits_for_metrics: task.preprocess,
  };
  const trainer = new ViewedTrainer(
    {
      ...common,
      train_dataset: train,
      eval_dataset: validation ?? null,
      compute_metrics: validation === undefined ? null : task.metrics(validation),
      callbacks: [...callbacks, interruption],
    },
    recent,
  );
  const { metrics } = await interruptible(trainer, interruption, flags);
  const measured: Metrics = { ...metrics, train_samples: train.length };
  await uninterrupted(async () => {
    await trainer.save_model();
    await trainer.save_state();
  });
  // It came behind the last step: the training is over, and its model saved.
  if (interruption.why !== undefined) throw interruption.why;
  if (validation !== undefined) Object.assign(measured, await trainer.evaluate(), { eval_samples: validation.length });
  if (test !== undefined) {
    const tester = new ViewedTrainer({ ...common, compute_metrics: task.metrics(test), callbacks: view }, recent);
    const tested = await tester.evaluate({ eval_dataset: test, metric_key_prefix: "test" });
    Object.assign(measured, tested, { test_samples: test.length });
  }
  await uninterrupted(() => writeResults(trainer, measured, flags));
  return measured;
}

/** Ctrl-C finishes the step and saves a checkpoint; a second one ends the process at once. */
async function interruptible(trainer: ViewedTrainer, callback: InterruptionCallback, { resume }: TrainFlags) {
  const { args } = trainer;
  const act = (why: Interruption): void => {
    callback.why = why;
    process.stderr.write("led: a checkpoint is saved at the end of this step; interrupt again to end at once\n");
  };
  try {
    return await withInterruption(act, () => trainer.train({ resume_from_checkpoint: resume ?? null }));
  } catch (error) {
    if (error === callback.why) {
      const where = `checkpoint-${trainer.state.global_step} in ${trainer.output.where}`;
      const next = args.save_only_model
        ? "it has the model alone (--save-only-model), and nothing to go on from"
        : "go on with the same command and --resume";
      process.stderr.write(`led: saved ${where}: ${next}\n`);
    }
    throw error;
  }
}

/** Does work that leaves nothing half done: an interruption ends the command afterwards. */
async function uninterrupted(work: () => Promise<void>): Promise<void> {
  const later = new AbortController();
  await withInterruption((why) => later.abort(why), work);
  later.signal.throwIfAborted();
}

async function writeResults(trainer: ViewedTrainer, measured: Metrics, { report }: TrainFlags): Promise<void> {
  const encoder = new TextEncoder();
  const { output } = trainer;
  await output.write("all_results.json", [encoder.encode(`${JSON.stringify(measured, undefined, 4)}\n`)]);
  if (report === undefined) return;
  const log = readTrainingLog(await readText(output, trainingLogName));
  const html = trainingReport(log, { title: `Training of ${basename(resolve(output.where))}` });
  await folderFiles(dirname(report)).write(basename(report), [encoder.encode(html)]);
}

/** A line a measure; what the clock says is in all_results.json. */
function asTable(measured: Metrics, folder: string): string {
  const shown = Object.entries(measured).filter(([name]) => !/_(runtime|per_second)$|^total_flos$/.test(name));
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, value]) => {
    const text = Number.isInteger(value) ? String(value) : value.toFixed(4);
    return `${name.padEnd(width)}  ${text.padStart(10)}\n`;
  });
  return `${lines.join("")}model in ${folder}\n`;
}
