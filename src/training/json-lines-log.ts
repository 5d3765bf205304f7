/**
 * The log of a training as a file: one JSON object a line, with `step`, `epoch`, what was logged (loss, grad_norm, learning_rate,
 * metrics of evaluation), `seconds` of training so far and `memory`, the bytes that the process holds. A number that is none is null.
 */
import { platform } from "#platform";
import { CheckpointError, refuseUnknownOptions } from "../errors.ts";
import { readText } from "../files.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import { TrainerCallback } from "./callbacks.ts";
import { outputFolder } from "./output-folder.ts";
import { roundTo } from "./rounding.ts";
import type { LogEntry, TrainerControl, TrainerState } from "./trainer-state.ts";

export const trainingLogName = "training_log.jsonl";

export interface JsonLinesLogOptions {
  /** The file's name in output_dir; training_log.jsonl by default. */
  readonly name?: string;
}

/**
 * Begins the file with a training, and goes on after it; one that resumes cuts it to what was logged when its checkpoint was made.
 * What is evaluated before any training is not in it.
 */
export class JsonLinesLogCallback extends TrainerCallback {
  readonly name: string;
  /** Of performance.now(). */
  #started: number | undefined;
  /** Seconds of training before this process went on with it. */
  #before = 0;

  constructor(options: JsonLinesLogOptions = {}) {
    super();
    refuseUnknownOptions("JsonLinesLogCallback", options, ["name"]);
    this.name = options.name ?? trainingLogName;
  }

  override async on_train_begin(args: Seq2SeqTrainingArguments, state: TrainerState): Promise<void> {
    const files = outputFolder(args);
    const text = state.global_step > 0 && (await files.has(this.name)) ? await readText(files, this.name) : "";
    const kept = text.split("\n").slice(0, state.log_history.length);
    const lines = readTrainingLog(kept.join("\n"));
    // What the file has lost, or never had, the state knows, but for seconds and memory.
    const all = [...lines, ...state.log_history.slice(lines.length)];
    await files.write(this.name, [encoded(all.map(asLine).join(""))]);
    this.#before = lines.at(-1)?.seconds ?? 0;
    this.#started = performance.now();
  }

  override async on_log(
    args: Seq2SeqTrainingArguments,
    state: TrainerState,
    _control: TrainerControl,
    { logs }: { readonly logs: LogEntry },
  ): Promise<void> {
    if (this.#started === undefined) return;
    const { epoch = state.epoch ?? 0, ...rest } = logs;
    const seconds = roundTo(this.#before + (performance.now() - this.#started) / 1000, 3);
    const entry = { step: state.global_step, epoch, ...rest, seconds, memory: platform.memoryInUse() };
    await outputFolder(args).append(this.name, encoded(asLine(entry)));
  }
}

const asLine = (entry: LogEntry): string => `${JSON.stringify(entry)}\n`;
const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * The entries of a log. A last line that an interruption cut off is left out; any other that is no JSON object is a CheckpointError
 * with its number.
 */
export function readTrainingLog(text: string, where = trainingLogName): LogEntry[] {
  const lines = text.split("\n");
  const entries: LogEntry[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const entry = parsed(line);
    if (entry !== undefined) entries.push(entry);
    else if (i < lines.length - 1) {
      throw new CheckpointError({
        operation: `read ${where}`,
        expected: `an object of numbers in line ${i + 1}`,
        got: line.slice(0, 60),
      });
    }
  }
  return entries;
}

function parsed(line: string): LogEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, item === null ? Number.NaN : Number(item)]),
    );
  } catch {
    return undefined;
  }
}
