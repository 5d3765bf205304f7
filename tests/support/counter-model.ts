/** Checkpoint folders whose weights come from counter-weights.ts, for models that the oracle scripts made the same way. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "../../src/checkpoints/safetensors-write.ts";
import type { Files } from "../../src/files.ts";
import { folderFiles } from "../../src/hub/folder.ts";
import {
  type CounterClass,
  classParameters,
  counterValues,
  type LEDGeometry,
  type ParameterKind,
  SCALES,
  type Scale,
} from "../counter-weights.ts";

export interface CounterModel {
  readonly seed: number;
  readonly scales?: Partial<Record<ParameterKind, Scale>>;
  readonly config: LEDGeometry & Readonly<Record<string, unknown>>;
}

/** Writes config.json and model.safetensors as a class has them. */
export async function writeCounterModel(
  files: Files,
  { seed, scales = {}, config }: CounterModel,
  className: CounterClass = "LEDForConditionalGeneration",
): Promise<void> {
  await files.write("config.json", [new TextEncoder().encode(JSON.stringify(config))]);
  const tensors = [...classParameters(config, className)].map(({ name, drawnAs, shape, kind }) => ({
    name,
    type: "F32" as const,
    shape: [...shape],
    *data() {
      const count = shape.reduce((product, dim) => product * dim, 1);
      const part = 1 << 22;
      for (let start = 0; start < count; start += part) {
        const values = counterValues(seed, drawnAs, Math.min(part, count - start), scales[kind] ?? SCALES[kind], start);
        yield new Uint8Array(values.buffer);
      }
    },
  }));
  await writeSafetensors(files, "model.safetensors", tensors, { format: "pt" });
}

/** A temporary folder, removed by `remove`. */
export async function temporaryFolder(): Promise<{ path: string; files: Files; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "led-test-"));
  return { path, files: folderFiles(path), remove: () => rm(path, { recursive: true, force: true }) };
}
