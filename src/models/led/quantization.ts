/**
 * dtype "q8": the matrices of a model as bytes. They come from the checkpoint, where it has them so (`led convert --dtype q8`,
 * save_pretrained), or are made here and kept for the next load.
 */
import { type Checkpoint, openCheckpoint } from "../../checkpoints/open.ts";
import { quantizedTensors } from "../../checkpoints/quantize.ts";
import { writeSafetensors } from "../../checkpoints/safetensors-write.ts";
import { FileError } from "../../errors.ts";
import { type Files, memoryFiles } from "../../files.ts";
import { warnOnce } from "../../log.ts";
import type { Platform } from "../../platform/platform.ts";
import { elementCount } from "../../tensor.ts";
import { type StateEntry, tensorsOf, tokenTable } from "./class-specs.ts";
import type { ModelWeights } from "./model-weights.ts";
import { bindWeights } from "./weights.ts";

/** Models with fewer weights are quantised at every load, in memory: that takes less than a file is worth. */
const worthAFile = 2 ** 24;

/** What bytes are made of; another number where the way of making them changes. */
const version = "q8 1";

/**
 * Linear layers, the head over the vocabulary, and the tables of tokens and positions. Other heads are small and stay as they are,
 * and so do the projections to cross-attention's values: they are used once a document, and made half of the error in the logits of
 * the embedded model.
 */
export function isMatrix({ name, shape }: Pick<StateEntry, "name" | "shape">): boolean {
  const stays = /(?:classification_head|qa_outputs|encoder_attn\.v_proj)\./;
  return shape.length === 2 && name.endsWith(".weight") && !stays.test(name);
}

/**
 * Puts bytes in the place of every matrix that is not in bytes yet. `checkpoint`: the one that all of them come from; undefined
 * where they do not come from files.
 */
export async function quantize(
  weights: ModelWeights,
  checkpoint: Checkpoint | undefined,
  derivedFolder: Platform["derivedFolder"],
  smallestKept = worthAFile,
): Promise<void> {
  const matrices = tensorsOf(weights.spec).filter((one) => isMatrix(one) && !weights.quantized.has(one.name));
  if (matrices.length === 0) return;
  const size = matrices.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const kept =
    checkpoint === undefined || size < smallestKept
      ? undefined
      : await derivedFolder(
          checkpoint.files,
          weightFiles(checkpoint),
          `${version} ${matrices.map(({ name }) => name).join()}`,
        );
  const folder = (kept && (await written(kept, weights, matrices))) ?? memoryFiles([]);
  if (folder !== kept) await write(folder, weights, matrices);
  const { quantized } = await bindWeights(await openCheckpoint(folder), matrices, tokenTable(weights.spec));
  for (const [name, weight] of quantized) weights.setQuantized(name, weight);
}

const fileName = "model.safetensors";

const weightFiles = ({ tensors }: Checkpoint): string[] => [...new Set([...tensors.values()].map(({ file }) => file))];

/** The folder with the bytes in it; undefined, with a warning, where it cannot be written. */
async function written(
  folder: Files,
  weights: ModelWeights,
  matrices: readonly StateEntry[],
): Promise<Files | undefined> {
  if (await folder.has(fileName).catch(() => false)) return folder;
  try {
    await write(folder, weights, matrices);
    return folder;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    warnOnce(`The quantised weights are not kept for the next time: ${error.message}`);
    return undefined;
  }
}

async function write(folder: Files, weights: ModelWeights, matrices: readonly StateEntry[]): Promise<void> {
  const tensors = matrices.map(({ name, shape }) =>
    quantizedTensors({ name, shape, stream: () => weights.get(name).stream() }),
  );
  await writeSafetensors(
    folder,
    fileName,
    tensors.flatMap(({ scales, bytes }) => [scales, bytes]),
  );
}
