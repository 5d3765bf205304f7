/** What from_pretrained finds missing, unexpected, misshapen and makes anew: transformers 4.37.2 (tests/oracle/led_classes_loading.py). */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeSafetensors } from "../src/checkpoints/safetensors-write.ts";
import { folderFiles } from "../src/hub/folder.ts";
import { LEDError } from "../src/index.ts";
import { type CounterClass, counterValues } from "./counter-weights.ts";
import { loadsHere, refusedHere } from "./support/class-differences.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { ledClass } from "./support/led-classes.ts";
import { modelScene } from "./support/model-scene.ts";
import { readFixture } from "./support/oracle.ts";

interface Checkpoint {
  readonly about: string;
  readonly config: object | null;
  readonly file?: string | null;
  readonly dtype?: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** [name, dims, what it is drawn for?, seed?] */
  readonly tensors: readonly [string, number[], string?, number?][];
}

interface Load {
  readonly class: CounterClass;
  readonly checkpoint: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly missing_keys?: string[];
  readonly unexpected_keys?: string[];
  readonly mismatched_keys?: [string, number[], number[]][];
  readonly raises?: string;
  readonly fresh?: Readonly<Record<string, string>>;
  /** Where a file has several token tables: name in the model -> name in the file. */
  readonly table_of?: Readonly<Record<string, string>>;
}

interface Fixture {
  readonly model: CounterModel;
  readonly checkpoints: Readonly<Record<string, Checkpoint>>;
  readonly loads: Load[];
}

const { model: described, checkpoints, loads } = readFixture<Fixture>("classes/loading.json");
/** Files of other kinds have tests of their own (src/checkpoints); these options belong to Python's formats and loaders. */
const ofPython = ["torch_dtype", "use_safetensors", "low_cpu_mem_usage", "variant"];
const here = loads.filter(({ checkpoint, options = {} }) => {
  const { file, dtype } = checkpoints[checkpoint]!;
  return file === undefined && dtype === undefined && !Object.keys(options).some((name) => ofPython.includes(name));
});

function valuesOf([name, shape, drawnAs = name, seed = described.seed]: Checkpoint["tensors"][number]): Float32Array {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return counterValues(seed, drawnAs, count, [0.5, 0.1]);
}

describe("from_pretrained", () => {
  const { kept, folder } = modelScene();

  async function write(path: string, { config, tensors, metadata = { format: "pt" } }: Checkpoint): Promise<void> {
    const files = folderFiles(path);
    if (config !== null) await files.write("config.json", [new TextEncoder().encode(JSON.stringify(config))]);
    const toWrite = tensors.map(([name, shape, ...drawn]) => ({
      name,
      type: "F32" as const,
      shape,
      *data() {
        yield new Uint8Array(valuesOf([name, shape, ...drawn]).buffer);
      },
    }));
    await writeSafetensors(files, "model.safetensors", toWrite, metadata ?? {});
  }

  test.each(here.map((load, row) => ({ ...load, row })))("$row: $class from $checkpoint, $options", async (load) => {
    const place = [`${load.class} from ${load.checkpoint}`, ...Object.keys(load.options ?? {})].join(", ");
    const { at } = await folder();
    await write(at("model"), checkpoints[load.checkpoint]!);
    const run = () =>
      ledClass(load.class).from_pretrained(join(at("model")), { ...load.options, output_loading_info: true });
    if (load.raises !== undefined ? !loadsHere.has(place) : refusedHere.has(place)) {
      await expect(run()).rejects.toBeInstanceOf(LEDError);
      return;
    }
    const [model, info] = await run();
    kept(model);
    if (load.raises !== undefined) return;
    const { missing_keys, unexpected_keys, mismatched_keys } = load;
    expect(info).toEqual({ missing_keys, unexpected_keys, mismatched_keys, error_msgs: [] });
    const weights = await model.state_dict();
    for (const [name, source] of Object.entries(load.table_of ?? {})) {
      const inFile = checkpoints[load.checkpoint]!.tensors.find((tensor) => tensor[0] === source)!;
      const { data } = weights.get(name)!;
      expect([...data], `${name} holds ${source}`).toEqual([...valuesOf(inFile)]);
    }
    for (const [name, made] of Object.entries(load.fresh ?? {})) {
      if (load.table_of?.[name] !== undefined) continue;
      const tensor = weights.get(name)!;
      const values = Array.from({ length: tensor.data.length }, (_, i) => tensor.at(i));
      const constant = { zeros: 0, ones: 1 }[made];
      // What a file gives lies around 0.5, what is made anew around 0.
      if (constant !== undefined) expect(new Set(values), name).toEqual(new Set([constant]));
      else expect(Math.max(...values.map(Math.abs)), name).toBeLessThan(0.15);
    }
  });
});
