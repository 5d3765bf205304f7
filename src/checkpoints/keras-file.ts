/**
 * Weights that Keras saved, as every checkpoint's: tensors under PyTorch's names, at their place in the file. Two kinds of file
 * (transformers 4.37.2, modeling_tf_utils.py: load_tf_weights_from_h5, load_tf_shard): tf_model.h5, whose groups list the names
 * of their weights, and shards, whose root lists the names of its datasets; and safetensors of TensorFlow's classes.
 */
import { CheckpointError } from "../errors.ts";
import type { Files } from "../files.ts";
import { type Hdf5File, type Hdf5Place, readHdf5 } from "./hdf5.ts";
import { type TorchName, torchName, torchNameOfShort } from "./keras-names.ts";
import type { WeightsFile } from "./safetensors.ts";
import { downloadAgain, type StoredTensor } from "./stored-tensor.ts";

/** A file of either kind. Its tensors are in the order in which the file names them. */
export function readKerasFile(files: Files, name: string): Promise<WeightsFile> {
  const operation = `read ${name} of ${files.where}`;
  return readHdf5(files, name, async (file) => {
    const layers = await file.names("/", "layer_names");
    if (layers === undefined) {
      throw new CheckpointError({
        operation,
        expected: "an attribute `layer_names`, as in weights that Keras saved",
        got: "none",
        fix: "Is this the file of a whole Keras model? Load it in Python and save_pretrained it.",
      });
    }
    const tensors = new Map<string, StoredTensor>();
    for (const layer of layers) {
      for (const { place, ...how } of await weightsOf(file, layer, operation)) {
        // Of a name that is there twice the last counts, as where Keras reads by names.
        tensors.set(how.name, storedTensor(name, place, how));
      }
    }
    return { tensors: [...tensors.values()], metadata: new Map() };
  });
}

/** A layer of tf_model.h5 is a group that lists its weights; one of a shard is a weight itself. */
async function weightsOf(
  file: Hdf5File,
  layer: string,
  operation: string,
): Promise<(TorchName & { place: Hdf5Place })[]> {
  const own = await file.place(layer);
  if (own !== undefined) return [{ ...torchNameOfShort(layer), place: own }];
  const names = await file.names(layer, "weight_names");
  const missing = (what: string) =>
    new CheckpointError({ operation, expected: `${what}, as the file says`, got: "none", fix: downloadAgain });
  if (names === undefined) throw missing(`a group \`${layer}\` with the names of its weights`);
  const weights = [];
  for (const name of names) {
    const place = await file.place(`${layer}/${name}`);
    if (place === undefined) throw missing(`a dataset \`${layer}/${name}\``);
    weights.push({ ...torchName(name), place });
  }
  return weights;
}

function storedTensor(
  file: string,
  { type, shape, offset, length }: Hdf5Place,
  { name, transposed }: TorchName,
): StoredTensor {
  const turned = transposed && shape.length === 2;
  return {
    name,
    type,
    shape: turned ? shape.toReversed() : shape,
    file,
    offset,
    length,
    ...(turned ? { transposed: true } : {}),
  };
}

/** A tensor of safetensors that a TensorFlow class wrote. */
export function fromTensorFlow(stored: StoredTensor): StoredTensor {
  return storedTensor(stored.file, stored, torchNameOfShort(stored.name));
}
