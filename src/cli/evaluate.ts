/** `led evaluate`: what a model makes of the rows of a file, and how well that agrees with what stands there. */
import { basename, dirname } from "node:path";
import type { Command } from "commander";
import { LEDConfig } from "../config.ts";
import type { Dataset } from "../datasets/index.ts";
import { folderFiles } from "../hub/index.ts";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { LEDForSequenceClassification } from "../models/led/for-sequence-classification.ts";
import type { DType } from "../models/led/model-weights.ts";
import type { Device } from "../platform/platform.ts";
import { AutoTokenizer } from "../tokenizers/index.ts";
import { type DataFlags, refuseOtherTasks } from "./data-options.ts";
import { evaluateAnswers } from "./evaluate-answers.ts";
import { evaluateClasses } from "./evaluate-classes.ts";
import { evaluateTexts } from "./evaluate-texts.ts";
import { withInterruption } from "./interruption.ts";
import { resolveModel } from "./model-source.ts";
import { type Progress, progressBar } from "./progress.ts";
import { openData } from "./task-data.ts";
import type { Evaluated } from "./task-scores.ts";
import { asUsage } from "./usage.ts";
import { withWarningsOnce } from "./warnings-once.ts";

export interface EvaluateFlags extends DataFlags {
  readonly model: string;
  readonly data: string;
  readonly references: boolean;
  readonly limit?: number;
  readonly output?: string;
  readonly batchSize: number;
  readonly numBeams?: number;
  readonly maxNewTokens?: number;
  readonly minLength?: number;
  readonly stemmer: boolean;
  readonly nBestSize?: number;
  readonly maxAnswerLength?: number;
  readonly version2WithNegative?: boolean;
  readonly nullScoreDiffThreshold?: number;
  readonly device: Device;
  readonly dtype?: DType;
  readonly threads?: number;
  readonly json?: boolean;
  readonly progress?: boolean;
}

export async function evaluate(flags: EvaluateFlags, command: Command): Promise<void> {
  refuseOtherTasks(command, flags.task);
  const progress = progressBar(flags.progress);
  const started = performance.now();
  try {
    // The data first: a mistyped path should not cost a download.
    const whole = await asUsage(command, () => openData(flags.data, flags));
    const dataset = flags.limit === undefined ? whole : whole.select({ end: Math.min(flags.limit, whole.length) });
    const work = () => withWarningsOnce(() => evaluateWith(dataset, flags, progress));
    const evaluated = await asUsage(command, work).finally(() => whole.close());
    progress.stop();
    if (flags.output !== undefined) await writeLines(flags.output, evaluated.rows);
    const seconds = Math.round(performance.now() - started) / 1000;
    process.stdout.write(flags.json ? asJson(flags, evaluated, seconds) : asTable(flags, evaluated));
  } finally {
    progress.stop();
  }
}

async function evaluateWith(dataset: Dataset, flags: EvaluateFlags, progress: Progress): Promise<Evaluated> {
  const files = await resolveModel(flags.model, progress);
  const config = await LEDConfig.from_files(files);
  const tokenizer = await AutoTokenizer.from_pretrained(files);
  const settings = { flags, tokenizer, config, references: flags.references, progress };
  const options = {
    config,
    device: flags.device,
    ...(flags.dtype === undefined ? {} : { dtype: flags.dtype }),
    ...(flags.threads === undefined ? {} : { num_threads: flags.threads }),
  };
  // Weights that are converted pass through a temporary file, which is removed on exit.
  const load = <M>(work: () => Promise<M>): Promise<M> =>
    withInterruption(({ exitCode }) => process.exit(exitCode), work);
  switch (flags.task) {
    case "classification": {
      const model = await load(() => LEDForSequenceClassification.from_pretrained(files, options));
      return evaluateClasses(model, dataset, settings).finally(() => model.dispose());
    }
    case "question-answering": {
      const model = await load(() => LEDForQuestionAnswering.from_pretrained(files, options));
      const answering = {
        n_best_size: flags.nBestSize,
        max_answer_length: flags.maxAnswerLength,
        version_2_with_negative: flags.version2WithNegative,
        null_score_diff_threshold: flags.nullScoreDiffThreshold,
      };
      return evaluateAnswers(model, dataset, { ...settings, answering }).finally(() => model.dispose());
    }
    default: {
      const model = await load(() => LEDForConditionalGeneration.from_pretrained(files, options));
      const generation = {
        ...(flags.numBeams === undefined ? {} : { num_beams: flags.numBeams }),
        ...(flags.maxNewTokens === undefined ? {} : { max_new_tokens: flags.maxNewTokens }),
        ...(flags.minLength === undefined ? {} : { min_length: flags.minLength }),
      };
      const evaluation = { ...settings, flags, generation };
      return evaluateTexts(flags.task, model, dataset, evaluation).finally(() => model.dispose());
    }
  }
}

async function writeLines(path: string, rows: readonly object[]): Promise<void> {
  const encoder = new TextEncoder();
  const lines = rows.map((row) => encoder.encode(`${JSON.stringify(row)}\n`));
  const interruption = new AbortController();
  await withInterruption(
    (why) => interruption.abort(why),
    async () => {
      await folderFiles(dirname(path)).write(basename(path), lines);
      interruption.signal.throwIfAborted();
    },
  );
}

function asJson({ task, model, data }: EvaluateFlags, { rows, skipped, scores }: Evaluated, seconds: number): string {
  const metrics = scores === undefined ? {} : { metrics: scores.numbers, details: scores.details };
  return `${JSON.stringify({ task, model, data, rows: rows.length, skipped, ...metrics, seconds })}\n`;
}

/** A line a measure, its interval behind it; without references the predictions, where no file has them. */
function asTable({ output }: EvaluateFlags, { rows, scores }: Evaluated): string {
  if (scores === undefined) {
    return output === undefined ? rows.map((row) => `${JSON.stringify(row)}\n`).join("") : `${rows.length} rows\n`;
  }
  const width = Math.max(...Object.keys(scores.numbers).map(({ length }) => length));
  const lines = Object.entries(scores.numbers).map(([name, value]) => {
    const bounds = scores.intervals?.[name];
    const between = bounds === undefined ? "" : `  (${shown(bounds[0])} to ${shown(bounds[1])})`;
    return `${name.padEnd(width)}  ${shown(value).padStart(8)}${between}\n`;
  });
  return `${lines.join("")}${"rows".padEnd(width)}  ${String(rows.length).padStart(8)}\n`;
}

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(4));
