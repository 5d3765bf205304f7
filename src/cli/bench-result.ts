/** What `led bench` measured: what --json prints. */
import type { Spread } from "./bench-measure.ts";

export interface BenchResult {
  /** What was measured: a model's name, or a geometry with random weights. */
  readonly model: string;
  readonly random_weights: boolean;
  readonly parameters: number;
  readonly device: string;
  /** null: as the checkpoint is. */
  readonly dtype: string | null;
  /** null: as many as the engine takes by itself. */
  readonly threads: number | null;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_bytes: number;
  readonly node: string;
  /** Once, files in the system's cache or not. */
  readonly open_seconds: number;
  readonly encode: readonly EncodeFigure[];
  /** Lengths that would have taken the run beyond its time, and the seconds that each would have taken. */
  readonly left_out: readonly { readonly tokens: number; readonly estimated_seconds: number }[];
  readonly decode: readonly DecodeFigure[];
  /** Of the whole process, the highest. */
  readonly peak_memory_bytes: number;
}

export interface EncodeFigure {
  readonly tokens: number;
  readonly seconds: Spread;
  readonly tokens_per_second: number;
  /** Of the process so far. */
  readonly peak_memory_bytes: number;
}

export interface DecodeFigure {
  readonly num_beams: number;
  readonly source_tokens: number;
  readonly seconds_per_step: Spread;
  /** A step writes one token, whatever the beams. */
  readonly tokens_per_second: number;
}
