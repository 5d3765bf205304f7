/**
 * Writes weights as TensorFlow's classes save them (transformers 4.37.2, modeling_tf_utils.py: save_pretrained,
 * tf_shard_checkpoint; Keras 2.15, saving/legacy/hdf5_format.py: save_weights_to_hdf5_group): tf_model.h5, shards of it with an
 * index, or safetensors with Keras' names.
 *
 * Departures: nothing is deleted from the folder (other-weights.ts); a first weight above the limit leaves no empty shard.
 */
import { InternalError, InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import type { WeightsFormat } from "../weights-files.ts";
import { type Hdf5Writer, writeHdf5 } from "./hdf5-write.ts";
import { type KerasName, kerasName } from "./keras-names.ts";
import { filesIn, refuseOtherWeights } from "./other-weights.ts";
import { writeSafetensors } from "./safetensors-write.ts";
import type { SavedWeights, WeightToSave } from "./save.ts";
import { fileNames, parseShardSize, planShards, type SizedTensor, writeIndex } from "./shards.ts";

export interface SaveKerasOptions {
  /** What Keras calls the model: the first level of its weights' names. */
  readonly model: string;
  /** false, the default: HDF5. true: model.safetensors, in one file. */
  readonly safe_serialization?: boolean | undefined;
  /** Bytes, or digits with a unit as in Python: "10GB" (default). */
  readonly max_shard_size?: number | string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A weight on its way, in Keras' layout. */
interface Planned extends SizedTensor {
  readonly keras: KerasName;
  readonly shape: readonly number[];
  read(): Promise<Float32Array>;
}

/** The version that the files say they are of. */
const kerasVersion = "2.15.0";

/** `weights` are under the names of a class with a head ("led.shared.weight"), tied names left out. */
export async function saveKerasWeights(
  target: Files,
  weights: Iterable<WeightToSave>,
  options: SaveKerasOptions,
): Promise<SavedWeights> {
  refuseUnknownOptions("saveKerasWeights", options, ["model", "safe_serialization", "max_shard_size", "signal"]);
  const operation = `save weights to ${target.where}`;
  const { model, safe_serialization = false, max_shard_size = "10GB", signal } = options;
  const limit = parseShardSize(max_shard_size, operation);
  if (safe_serialization && options.max_shard_size !== undefined) {
    throw new InvalidArgumentError({
      operation,
      expected: "`max_shard_size` or `safe_serialization`: TensorFlow's classes read safetensors in one file",
      got: "both",
    });
  }
  const format: WeightsFormat = safe_serialization ? "safetensors" : "tensorflow";
  const planned = [...weights].map((weight) => plannedWeight(weight, model, operation));
  const sharded = planShards(format, planned, safe_serialization ? Number.POSITIVE_INFINITY : limit);
  const files = fileNames(format, sharded);
  refuseOtherWeights(await filesIn(target), format, files, operation);
  for (const { file, tensors } of sharded.shards) {
    if (safe_serialization) await writeAsSafetensors(target, file, tensors, signal);
    else {
      await writeHdf5(target, file, (writer) =>
        sharded.shards.length === 1 ? fillWhole(writer, tensors, signal) : fillShard(writer, tensors, signal),
      );
    }
  }
  await writeIndex(target, format, sharded);
  return { files, total_size: sharded.total_size };
}

function plannedWeight({ name, shape, stream }: WeightToSave, model: string, operation: string): Planned {
  const keras = kerasName(name, model);
  const turned = keras.transposed && shape.length === 2;
  const count = shape.reduce((product, dim) => product * dim, 1);
  return {
    name: keras.full,
    size: 4 * count,
    keras,
    shape: turned ? shape.toReversed() : shape,
    async read() {
      const data = new Float32Array(count);
      let at = 0;
      for await (const chunk of stream()) {
        if (at + chunk.length > count) break;
        data.set(chunk, at);
        at += chunk.length;
      }
      if (at !== count) {
        throw new InternalError({ operation, expected: `${count} numbers of \`${name}\``, got: `${at}, or more` });
      }
      return turned ? transpose(data, shape as readonly [number, number]) : data;
    },
  };
}

function transpose(data: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!;
  }
  return result;
}

/** As Keras writes a model's weights: a group a layer, which lists its weights. */
async function fillWhole(
  writer: Hdf5Writer,
  weights: readonly Planned[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const layers = ["led", "final_logits_bias"] as const;
  const own = (layer: string): Planned[] => weights.filter(({ keras }) => keras.layer === layer);
  const present = layers.filter((layer) => own(layer).length > 0);
  writer.attribute("/", "backend", "tensorflow");
  writer.attribute("/", "keras_version", kerasVersion);
  writer.attribute("/", "layer_names", present);
  writer.group("top_level_model_weights");
  writer.attribute("top_level_model_weights", "weight_names", []);
  for (const layer of present) {
    writer.group(layer);
    const names = own(layer).map(({ keras }) => keras.full);
    writer.attribute(layer, "weight_names", names);
    await addDatasets(writer, own(layer), ({ full }) => `${layer}/${full}`, signal);
  }
}

/** As transformers writes a shard: weights without the model's name, which the root lists in the order of their names. */
async function fillShard(
  writer: Hdf5Writer,
  weights: readonly Planned[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const sorted = weights.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = sorted.map(({ keras }) => keras.short);
  await addDatasets(writer, sorted, ({ short }) => short, signal);
  writer.attribute("/", "layer_names", names);
}

async function addDatasets(
  writer: Hdf5Writer,
  weights: readonly Planned[],
  place: (name: KerasName) => string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { keras, shape, read } of weights) {
    signal?.throwIfAborted();
    writer.dataset(place(keras), shape, await read());
  }
}

async function writeAsSafetensors(
  target: Files,
  file: string,
  weights: readonly Planned[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const tensors = weights.map(({ keras, shape, read }) => ({
    name: keras.short,
    type: "F32" as const,
    shape,
    async *data() {
      signal?.throwIfAborted();
      yield new Uint8Array((await read()).buffer);
    },
  }));
  await writeSafetensors(target, file, tensors, { format: "tf" });
}
