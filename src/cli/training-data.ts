/** The rows to learn from, to evaluate with and to test with: files of their own, or parts of one. */
import { type Dataset, splitDataset } from "../datasets/index.ts";
import type { DataFlags } from "./data-options.ts";
import { openData } from "./task-data.ts";

export interface TrainingDataFlags extends DataFlags {
  readonly train: string;
  readonly validation?: string;
  readonly test?: string;
  readonly validationSplit?: number;
  readonly testSplit?: number;
}

export interface TrainingData {
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
  readonly test: Dataset | undefined;
  close(): Promise<void>;
}

/** `seed` decides which rows go into which part. */
export async function openTrainingData(flags: TrainingDataFlags, seed: number): Promise<TrainingData> {
  const files: Dataset[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  const open = async (path: string | undefined): Promise<Dataset | undefined> => {
    if (path === undefined) return undefined;
    const file = await openData(path, flags);
    files.push(file);
    return file;
  };
  try {
    const whole = (await open(flags.train))!;
    const { train, ...parts } = split(whole, flags, seed);
    const validation = parts.validation ?? (await open(flags.validation));
    return { train, validation, test: parts.test ?? (await open(flags.test)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function split(whole: Dataset, { validationSplit: validation, testSplit: test }: TrainingDataFlags, seed: number) {
  if (validation === undefined && test === undefined) return { train: whole, validation, test };
  const shares = { ...(validation === undefined ? {} : { validation }), ...(test === undefined ? {} : { test }) };
  const { train, ...parts } = splitDataset(whole, { ...shares, seed });
  return { train, validation: parts.validation, test: parts.test };
}
