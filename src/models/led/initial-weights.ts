/**
 * The numbers that training from scratch starts with, and parameters that a checkpoint lacks: by the kind of parameter, as
 * transformers 4.37.2 (modeling_led.py: _init_weights, and the defaults of torch.nn.LayerNorm and of final_logits_bias).
 *
 * Departures: a seed gives other numbers than torch's (random.ts says why), and they depend on the seed and the
 * parameter's name alone, not on the order in which modules are made. "led." does not count in the name: from one seed,
 * LEDModel gets what it would be inside the classes with heads.
 */
import { InternalError, InvalidArgumentError } from "../../errors.ts";
import { Philox, streamOf } from "../../random.ts";
import type { FloatWeight } from "../../runtime/engine.ts";
import { elementCount } from "../../tensor.ts";

export interface InitialWeightOptions {
  /** The config's: standard deviation of matrices and tables. */
  readonly init_std: number;
  readonly seed: number;
  /** The token table's row that is zeros; null for a table without one. */
  readonly padding_idx: number | null;
}

type ModuleKind = "linear" | "norm" | "tokens" | "positions";

/** What each module is, by the last part of its name. */
const modules: ReadonlyMap<string, ModuleKind> = new Map<string, ModuleKind>([
  ["shared", "tokens"],
  ["embed_tokens", "tokens"],
  ["embed_positions", "positions"],
  ["layernorm_embedding", "norm"],
  ["self_attn_layer_norm", "norm"],
  ["encoder_attn_layer_norm", "norm"],
  ["final_layer_norm", "norm"],
  // Encoder layers: self_attn.longformer_self_attn and self_attn.output.
  ...["query", "key", "value", "query_global", "key_global", "value_global", "output"].map(linear),
  // Decoder layers: self_attn and encoder_attn.
  ...["k_proj", "v_proj", "q_proj", "out_proj"].map(linear),
  ...["fc1", "fc2"].map(linear),
  // Heads; classification_head.out_proj is above. Heads over the encoder are named encoder_*.
  ...["lm_head", "dense", "qa_outputs", "encoder_qa_outputs"].map(linear),
]);

function linear(name: string): [string, ModuleKind] {
  return [name, "linear"];
}

/** Floats a chunk: 1 MB. A multiple of the generator's block of four. */
const chunkLength = 2 ** 18;

/**
 * The parameter of this name in the state dict, and of this shape, before training. Chunks are made as they are asked
 * for; every call of `stream` gives the same numbers.
 * @throws InternalError for a name that is no LED's; InvalidArgumentError for a padding row that the table does not have.
 */
export function initialWeight(name: string, shape: readonly number[], options: InitialWeightOptions): FloatWeight {
  const { init_std, seed, padding_idx } = options;
  const kind = kindOf(name);
  if (typeof kind === "number") return { shape, stream: () => constant(elementCount(shape), kind) };
  const padding = kind === "tokens" && padding_idx !== null ? paddingRow(name, shape, padding_idx) : undefined;
  const stream = streamOf("initial weight", name.replace(/^led\./, ""));
  return { shape, stream: () => normals(new Philox(seed, stream), elementCount(shape), init_std, padding) };
}

/** What module's weight it is, or the number that all of the parameter is. */
function kindOf(name: string): Exclude<ModuleKind, "norm"> | 0 | 1 {
  if (name === "final_logits_bias") return 0;
  const [, module, role] = /(?:^|\.)([^.]+)\.(weight|bias)$/.exec(name) ?? [];
  const kind = module === undefined ? undefined : modules.get(module);
  if (kind !== undefined && role === "weight") return kind === "norm" ? 1 : kind;
  if (role === "bias" && (kind === "norm" || kind === "linear")) return 0;
  throw new InternalError({
    operation: "initialise a weight",
    expected: "the name of a parameter of an LED",
    got: `\`${name}\``,
  });
}

/** First and last index of the row's numbers. torch.nn.Embedding counts negative rows from the end. */
function paddingRow(name: string, shape: readonly number[], padding_idx: number): { from: number; to: number } {
  const [rows, width] = shape as [number, number];
  if (!Number.isInteger(padding_idx) || padding_idx < -rows || padding_idx >= rows) {
    throw new InvalidArgumentError({
      operation: `initialise \`${name}\``,
      says: "Padding_idx must be within num_embeddings",
      expected: `a row of the ${rows}`,
      got: String(padding_idx),
      fix: "Set the config's pad_token_id to a token of the vocabulary.",
    });
  }
  const from = (padding_idx < 0 ? padding_idx + rows : padding_idx) * width;
  return { from, to: from + width };
}

async function* normals(
  philox: Philox,
  count: number,
  std: number,
  padding: { from: number; to: number } | undefined,
): AsyncGenerator<Float32Array> {
  for (let start = 0; start < count; start += chunkLength) {
    const chunk = new Float32Array(Math.min(chunkLength, count - start));
    philox.fillNormal(chunk, start, std);
    // Positions before a chunk would be counted from its end.
    if (padding !== undefined) chunk.fill(0, Math.max(0, padding.from - start), Math.max(0, padding.to - start));
    yield chunk;
  }
}

async function* constant(count: number, value: number): AsyncGenerator<Float32Array> {
  for (let start = 0; start < count; start += chunkLength) {
    yield new Float32Array(Math.min(chunkLength, count - start)).fill(value);
  }
}
