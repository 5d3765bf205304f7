/**
 * The token table of a model as its classes show, replace and resize it (transformers 4.37.2, modeling_utils.py:
 * set_input_embeddings, resize_token_embeddings; modeling_tf_utils.py likewise).
 */
import { InvalidArgumentError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { tokenTable } from "./class-specs.ts";
import type { LEDCore } from "./core.ts";
import { tensorWeight } from "./model-weights.ts";
import { resizedTable, widenedBias } from "./resizing.ts";

/** A table as get_input_embeddings shows it. */
export interface EmbeddingTable {
  /** [num_embeddings, embedding_dim] */
  readonly weight: Tensor;
  readonly num_embeddings: number;
  readonly embedding_dim: number;
}

/** The table's stored name. */
function nameOf({ loaded }: LEDCore): string {
  return tokenTable(loaded.weights.spec)[0]!;
}

/** The token table, or another one by its name. */
export async function embeddingTable(core: LEDCore, name = nameOf(core)): Promise<EmbeddingTable> {
  const weight = await core.loaded.weights.tensor(name);
  const [num_embeddings, embedding_dim] = weight.dims as [number, number];
  return { weight, num_embeddings, embedding_dim };
}

export async function replaceTokenTable(core: LEDCore, weight: Tensor): Promise<void> {
  const { weights } = core.loaded;
  const { shape } = weights.get(nameOf(core));
  if (weight.dims.join() !== shape.join()) {
    throw new InvalidArgumentError({
      operation: "set_input_embeddings",
      expected: `a table [${shape.join(", ")}]`,
      got: `[${weight.dims.join(", ")}]`,
      fix: "resize_token_embeddings changes the number of rows.",
    });
  }
  weights.set(nameOf(core), tensorWeight(weight));
  await core.changed();
}

/** Another number of rows, for the table, a head of its own, and the bias of logits: rows are copied, new ones random. */
export async function resizeTokenTable(core: LEDCore, rows: number): Promise<void> {
  const { loaded, geometry } = core;
  if (rows === geometry.vocab_size) return;
  const { weights, seed, config, initial } = loaded;
  const [bias, shape] = ["final_logits_bias", [rows, geometry.d_model]];
  const tables = new Set([nameOf(core), weights.names.stored("lm_head.weight")].filter((name) => weights.has(name)));
  const entries = weights.spec.entries.map((entry) => {
    if (tables.has(entry.storedAs)) return { ...entry, shape };
    return entry.name === bias ? { ...entry, shape: [1, rows] } : entry;
  });
  for (const name of tables) {
    const fresh = initial(name, shape, { init_std: config.init_std, seed: seed + rows, padding_idx: null });
    weights.set(name, resizedTable(weights.get(name), rows, fresh));
  }
  if (weights.has(bias)) weights.set(bias, widenedBias(weights.get(bias), rows));
  weights.spec = { ...weights.spec, entries };
  config.vocab_size = rows;
  core.geometry = { ...geometry, vocab_size: rows };
  await core.changed();
}
