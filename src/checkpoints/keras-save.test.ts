/**
 * Weights saved as TensorFlow's classes save them, read again; what transformers makes of them is
 * tests/oracle/tf-saved.oracle.ts.
 */
import * as h5wasm from "h5wasm";
import { describe, expect, test } from "vitest";
import { classWeights } from "../../tests/counter-weights.ts";
import type { CounterModel } from "../../tests/support/counter-model.ts";
import { readFixture } from "../../tests/support/oracle.ts";
import { memoryFiles } from "../files.ts";
import { type Hdf5Writer, writeHdf5 } from "./hdf5-write.ts";
import { kerasName, torchName } from "./keras-names.ts";
import { type SaveKerasOptions, saveKerasWeights } from "./keras-save.ts";
import { openCheckpoint } from "./open.ts";
import { readTensor } from "./read.ts";

const { model } = readFixture<{ model: CounterModel }>("tf-checkpoints.json");
const weights = new Map(classWeights(model.config, "LEDForConditionalGeneration", model.seed, model.scales));
const toSave = [...weights].map(([name, tensor]) => ({
  name,
  shape: tensor.dims,
  async *stream() {
    yield tensor.data as Float32Array;
  },
}));

async function saved(options: Partial<SaveKerasOptions> = {}, files = memoryFiles([], "the folder")) {
  const result = await saveKerasWeights(files, toSave, { model: "tfled_for_conditional_generation", ...options });
  return { files, result };
}

describe("saveKerasWeights", () => {
  test.each([
    ["one file", {}, ["tf_model.h5"]],
    [
      "shards",
      { max_shard_size: "4KB" },
      ["tf_model-00001-of-00002.h5", "tf_model-00002-of-00002.h5", "tf_model.h5.index.json"],
    ],
    ["safetensors", { safe_serialization: true }, ["model.safetensors"]],
  ] as const)("%s come back bit for bit", async (_, options, names) => {
    const { files, result } = await saved(options);
    expect(result.files).toEqual(names);
    expect([...files.contents.keys()].sort()).toEqual([...names].sort());
    const checkpoint = await openCheckpoint(files, { search: "tensorflow" });
    expect(new Set(checkpoint.tensors.keys())).toEqual(new Set(weights.keys()));
    for (const [name, expected] of weights) expect((await readTensor(checkpoint, name)).data).toEqual(expected.data);
  });

  test("weights that a load would take first are not saved beside", async () => {
    const held = memoryFiles([["model.safetensors", ""]], "the folder");
    await expect(saved({}, held)).rejects.toThrow(/without model\.safetensors, which a load prefers to tf_model\.h5/);
    const shard = memoryFiles([["tf_model-00001-of-00002.h5", ""]], "the folder");
    await expect(saved({}, shard)).rejects.toThrow(/would be mixed up with tf_model\.h5/);
    await expect(saved({ safe_serialization: true, max_shard_size: "1KB" })).rejects.toThrow(/one file/);
  });

  test("an aborted save leaves nothing", async () => {
    const files = memoryFiles([], "the folder");
    await expect(saved({ signal: AbortSignal.abort() }, files)).rejects.toThrow(/abort/i);
    expect(await files.list()).toEqual([]);
  });
});

describe("names", () => {
  test("go to Keras and back", () => {
    for (const name of weights.keys()) {
      const { full, transposed } = kerasName(name, "tfled_model_3");
      expect(torchName(full)).toEqual({ name, transposed });
    }
  });

  test.each([
    ["model/led/encoder/old___layers.0/fc1/kernel:0", "led.encoder.layers.0.fc1.weight"],
    ["model/led/encoder/layers_._0/final_layer_norm/gamma:0", "led.encoder.layers.0.final_layer_norm.weight"],
    ["model/led//decoder/embed_positions/embeddings:0", "led.decoder.embed_positions.weight"],
    ["model/led.shared/weight:0", "led.shared.weight"],
    ["final_logits_bias:0", "final_logits_bias"],
  ])("%s is %s", (keras, torch) => {
    expect(torchName(keras).name).toBe(torch);
  });
});

describe("files that are no Keras weights", () => {
  const opened = async (fill: (writer: Hdf5Writer) => void) => {
    const files = memoryFiles([], "the folder");
    await writeHdf5(files, "tf_model.h5", async (writer) => fill(writer));
    return openCheckpoint(files, { search: "from_tf" });
  };

  test("no list of layers", async () => {
    await expect(opened((h5) => h5.dataset("a/b", [2], Float32Array.of(1, 2)))).rejects.toThrow(
      /expected an attribute `layer_names`/,
    );
  });

  test("a layer without its group", async () => {
    await expect(opened((h5) => h5.attribute("/", "layer_names", ["led"]))).rejects.toThrow(
      /expected a group `led` with the names of its weights, as the file says, got none/,
    );
  });

  test("a weight without its dataset", async () => {
    await expect(
      opened((h5) => {
        h5.attribute("/", "layer_names", ["led"]);
        h5.group("led");
        h5.attribute("led", "weight_names", ["model/led/encoder/layers.0/fc1/kernel:0"]);
      }),
    ).rejects.toThrow(/expected a dataset `led\/model\/led\/encoder\/layers\.0\/fc1\/kernel:0`/);
  });

  test("a group of that name in place of a dataset", async () => {
    await expect(
      opened((h5) => {
        h5.attribute("/", "layer_names", ["led"]);
        h5.group("led/w:0");
        h5.attribute("led", "weight_names", ["w:0"]);
      }),
    ).rejects.toThrow(/expected a dataset `led\/w:0`/);
  });

  /** A file as the HDF5 library makes it, read as tf_model.h5. */
  const written = async (fill: (file: h5wasm.File) => void, libver: h5wasm.LIBVER_BOUND = "earliest") => {
    const { FS } = await h5wasm.ready;
    const file = new h5wasm.File("/made.h5", "w", { libver: [libver, "latest"] });
    fill(file);
    file.close();
    const bytes = FS.readFile("/made.h5") as Uint8Array;
    FS.unlink("/made.h5");
    return openCheckpoint(memoryFiles([["tf_model.h5", bytes]], "the folder"), { search: "from_tf" });
  };
  const data = Float32Array.from({ length: 100 }, (_, i) => i);

  test("numbers in chunks, of other types, and texts in their place", async () => {
    const refused = (dataset: Parameters<h5wasm.File["create_dataset"]>[0]) =>
      expect(
        written((file) => {
          file.create_attribute("layer_names", ["w:0"]);
          file.create_dataset(dataset);
        }),
      ).rejects;
    const chunked = { name: "w:0", data, shape: [10, 10], dtype: "<f", chunks: [5, 5] };
    await refused(chunked).toThrow(/`w:0` to be numbers in one piece, as Keras writes them, got layout 2/);
    await refused({ ...chunked, compression: "gzip" }).toThrow(/numbers in one piece/);
    await refused({ name: "w:0", data: Int32Array.of(1, 2), shape: [2], dtype: "<i" }).toThrow(
      /`w:0` to be little-endian floating-point numbers, got HDF5's other of 4 bytes/,
    );
  });

  test("numbers in double precision, and a scalar", async () => {
    const { tensors } = await written((file) => {
      file.create_attribute("layer_names", ["double:0", "one:0"]);
      file.create_dataset({ name: "double:0", data: Float64Array.of(1, 2.5), shape: [2], dtype: "<d" });
      file.create_dataset({ name: "one:0", data: [7], shape: [], dtype: "<f" });
    });
    expect(tensors.get("double")).toMatchObject({ type: "F64", shape: [2], length: 16 });
    expect(tensors.get("one")).toMatchObject({ type: "F32", shape: [], length: 4 });
  });

  test("names that are numbers, and files of the newer kind", async () => {
    const numbers = written((file) => file.create_attribute("layer_names", Float64Array.of(1, 2), [2], "<d"));
    await expect(numbers).rejects.toThrow(/attribute layer_names to hold texts, got HDF5's float of 8 bytes/);
    const newer = written((file) => file.create_attribute("layer_names", ["w:0"]), "v108");
    await expect(newer).rejects.toThrow(/expected an HDF5 superblock, got version 2 .*does not write by default/);
  });
});
