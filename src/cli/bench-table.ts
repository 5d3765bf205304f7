/** What `led bench` prints for people. */
import type { Spread } from "./bench-measure.ts";
import type { BenchResult } from "./bench-result.ts";

export function benchTable(result: BenchResult): string {
  const { encode, decode, left_out } = result;
  const rows: [string, string][] = [
    ["model", describeModel(result)],
    ["machine", `${result.cpu}, ${result.cores} cores, ${gigabytes(result.memory_bytes)}; Node ${result.node}`],
    ["engine", describeEngine(result)],
    ["opened in", `${seconds(result.open_seconds)} s`],
  ];
  const head = rows.map(([name, value]) => `${name.padEnd(12)}${value}`);
  const read = encode.map((figure) => {
    const { tokens, tokens_per_second, peak_memory_bytes } = figure;
    const rate = `${Math.round(tokens_per_second)} tokens/s`;
    return (
      row([`${tokens} tokens`, `${seconds(figure.seconds.median)} s`, rate, megabytes(peak_memory_bytes)]) +
      spread(figure.seconds, (value) => `${seconds(value)} s`)
    );
  });
  const skipped = left_out.map(
    ({ tokens, estimated_seconds }) =>
      `${`${tokens} tokens`.padStart(14)}  left out: about ${Math.ceil(estimated_seconds)} s; --lengths ${tokens} measures it`,
  );
  const write = decode.map((figure) => {
    const { num_beams, seconds_per_step, tokens_per_second } = figure;
    const rate = `${tokens_per_second.toPrecision(3)} tokens/s`;
    return (
      row([
        num_beams === 1 ? "greedy" : `${num_beams} beams`,
        `${milliseconds(seconds_per_step.median)} ms`,
        rate,
        "",
      ]) + spread(seconds_per_step, (value) => `${milliseconds(value)} ms`)
    );
  });
  const passes = encode[0]!.seconds.count;
  const steps = decode[0]!.seconds_per_step.count;
  const lines = [
    ...head,
    "",
    "Reading a document, and the memory of the process at its highest so far:",
    ...read,
    ...skipped,
    "",
    `Writing a token, over a source of ${decode[0]!.source_tokens} tokens:`,
    ...write,
    "",
    `Medians of ${count(passes, "pass", "passes")} and ${count(steps, "step", "steps")}, without those that warm up; ` +
      "in brackets the fastest and the slowest.",
    `Peak memory ${megabytes(result.peak_memory_bytes)}.`,
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function describeModel({ model, random_weights, parameters }: BenchResult): string {
  const size = `${(parameters / 1e6).toFixed(1)} million parameters`;
  return `${model}, ${size}${random_weights ? ", random weights" : ""}`;
}

function describeEngine({ device, dtype, threads }: BenchResult): string {
  const weights = dtype ?? "weights as they are in the checkpoint";
  return `${device}, ${weights}, ${threads === null ? "threads as the engine takes them" : count(threads, "thread", "threads")}`;
}

function row([name, time, rate, memory]: readonly [string, string, string, string]): string {
  return `${name.padStart(14)}  ${time.padStart(10)}  ${rate.padStart(15)}  ${memory.padStart(8)}`;
}

function spread({ fastest, slowest, count: of }: Spread, shown: (value: number) => string): string {
  return of === 1 ? "" : `  (${shown(fastest)} to ${shown(slowest)})`;
}

const count = (of: number, one: string, many: string): string => `${of} ${of === 1 ? one : many}`;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(0)} GB`;
const seconds = (value: number): string => (value < 1 ? value.toPrecision(2) : value.toFixed(value < 10 ? 2 : 1));
const milliseconds = (value: number): string => (1000 * value).toPrecision(3);
