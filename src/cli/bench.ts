/**
 * `led bench`: seconds for a document and milliseconds a token on this machine, each the median of several after a warm-up, with
 * the fastest and the slowest beside it.
 */
import { availableParallelism, cpus, totalmem } from "node:os";
import { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import { measureEncoding, measureSteps, warmupSteps } from "./bench-measure.ts";
import type { BenchResult, DecodeFigure, EncodeFigure } from "./bench-result.ts";
import { benchTable } from "./bench-table.ts";
import { type ComputeFlags, computeOptions } from "./compute-flags.ts";
import { embeddedName } from "./embedded.ts";
import { type GeometryName, geometries } from "./geometries.ts";
import { withInterruption } from "./interruption.ts";
import { resolveModel } from "./model-source.ts";
import { type Progress, progressBar } from "./progress.ts";

export interface BenchFlags extends ComputeFlags {
  readonly model?: string;
  readonly geometry?: GeometryName;
  readonly lengths?: readonly number[];
  readonly repeats: number;
  readonly steps: number;
  readonly numBeams: number;
  readonly json?: boolean;
  readonly progress?: boolean;
}

const usualLengths = [512, 1024, 2048, 4096, 8192, 16384];

/** Without --lengths, a length is begun only if it is over before this many seconds since the start. The steps come after it. */
const readingSeconds = 45;

export async function bench(flags: BenchFlags): Promise<void> {
  const started = performance.now();
  const progress = progressBar(flags.progress);
  try {
    const model = await open(flags, progress);
    const open_seconds = secondsSince(started);
    try {
      const { encode, left_out } = await reading(model, flags, started, progress);
      const decode = await writing(model, flags, encode.at(-1)!.tokens, progress);
      progress.stop();
      const result: BenchResult = {
        model: flags.geometry ?? flags.model ?? embeddedName,
        random_weights: flags.geometry !== undefined,
        parameters: model.num_parameters(),
        device: model.device,
        dtype: flags.dtype ?? (flags.geometry === undefined ? null : "fp32"),
        threads: flags.threads ?? null,
        cpu: cpus()[0]?.model.trim() ?? "unknown",
        cores: availableParallelism(),
        memory_bytes: totalmem(),
        node: process.versions.node,
        open_seconds,
        encode,
        left_out,
        decode,
        peak_memory_bytes: peakMemory(),
      };
      process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : benchTable(result));
    } finally {
      await model.dispose();
    }
  } finally {
    progress.stop();
  }
}

async function open(flags: BenchFlags, progress: Progress): Promise<LEDForConditionalGeneration> {
  const options = computeOptions(flags);
  // Weights that lie in no file as the engine takes them pass through a temporary one, which is removed on exit.
  const load = <M>(work: () => Promise<M>): Promise<M> =>
    withInterruption(({ exitCode }) => process.exit(exitCode), work);
  if (flags.geometry !== undefined) {
    const config = new LEDConfig(geometries[flags.geometry]);
    return load(() => LEDForConditionalGeneration.from_config(config, options));
  }
  const files = await resolveModel(flags.model ?? embeddedName, progress);
  const config = await LEDConfig.from_files(files);
  return load(() => LEDForConditionalGeneration.from_pretrained(files, { config, ...options }));
}

async function reading(
  model: LEDForConditionalGeneration,
  { lengths, repeats }: BenchFlags,
  started: number,
  progress: Progress,
): Promise<Pick<BenchResult, "encode" | "left_out">> {
  const longest = model.config.max_encoder_position_embeddings;
  const tooLong = lengths?.find((tokens) => tokens > longest);
  if (tooLong !== undefined) {
    throw new InvalidArgumentError({
      operation: "bench --lengths",
      expected: `at most ${longest} tokens, what the model holds`,
      got: String(tooLong),
    });
  }
  const fitting = usualLengths.filter((tokens) => tokens <= longest);
  const encode: EncodeFigure[] = [];
  const left_out: { tokens: number; estimated_seconds: number }[] = [];
  for (const tokens of lengths ?? (fitting.length > 0 ? fitting : [longest])) {
    const last = encode.at(-1);
    if (lengths === undefined && last !== undefined) {
      // Attention is over a window, so time grows with the length.
      const pass = (last.seconds.slowest * tokens) / last.tokens;
      const estimated_seconds = pass * (repeats + 1);
      if (secondsSince(started) + estimated_seconds > readingSeconds) {
        left_out.push({ tokens, estimated_seconds });
        continue;
      }
    }
    const seconds = await measureEncoding(model, tokens, repeats, (done) =>
      progress.update(`read ${tokens} tokens`, done, repeats + 1, "passes"),
    );
    encode.push({ tokens, seconds, tokens_per_second: tokens / seconds.median, peak_memory_bytes: peakMemory() });
  }
  return { encode, left_out };
}

async function writing(
  model: LEDForConditionalGeneration,
  { steps: asked, numBeams }: BenchFlags,
  source_tokens: number,
  progress: Progress,
): Promise<DecodeFigure[]> {
  // The search is given one step more than is measured.
  const room = model.config.max_decoder_position_embeddings - warmupSteps - 1;
  if (room < 1) {
    throw new InvalidArgumentError({
      operation: "bench",
      expected: `a model that writes more than ${warmupSteps + 1} tokens (max_decoder_position_embeddings)`,
      got: String(model.config.max_decoder_position_embeddings),
    });
  }
  const steps = Math.min(asked, room);
  const searches = [...new Set([1, numBeams])];
  const figures: DecodeFigure[] = [];
  for (const [done, num_beams] of searches.entries()) {
    progress.update("write", done, searches.length, "searches");
    const seconds_per_step = await measureSteps(model, { tokens: source_tokens, num_beams, steps });
    const tokens_per_second = 1 / seconds_per_step.median;
    figures.push({ num_beams, source_tokens, seconds_per_step, tokens_per_second });
  }
  progress.update("write", searches.length, searches.length, "searches");
  return figures;
}

/** Bytes. */
function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
