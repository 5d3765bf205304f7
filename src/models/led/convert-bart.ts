/**
 * A BART checkpoint as an LED one, ready to be fine-tuned on long documents, as allenai/longformer's
 * convert_bart_to_longformerencoderdecoder.py makes it (Beltagy, Peters and Cohan, 2020) and transformers' LED holds it: local and
 * global projections both begin as BART's own, and the encoder's positions are BART's, end to end as often as they are
 * needed.
 *
 * P rows of BART's position tables, which begin behind two rows of padding.
 */
import { type Checkpoint, openCheckpoint } from "../../checkpoints/open.ts";
import { streamFloat32 } from "../../checkpoints/read.ts";
import { saveWeights, type WeightToSave } from "../../checkpoints/save.ts";
import type { WriteProgress } from "../../checkpoints/shards.ts";
import type { StoredTensor } from "../../checkpoints/stored-tensor.ts";
import { LEDConfig } from "../../config.ts";
import { CheckpointError, InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import { type Files, type Json, readBytes, readJsonObject } from "../../files.ts";
import { filesOfPart, type LoadOptions, loadOptionNames } from "../../load-options.ts";
import { filesOf, folderOf } from "../../model-folders.ts";

export interface ConvertBartOptions extends LoadOptions {
  /** Where the LED model is written. */
  readonly output: string | Files;
  /** Two-sided window of every encoder layer, even; 1,024 by default, 512 tokens to each side. */
  readonly attention_window?: number | undefined;
  /** Source tokens that the model will hold; 16,384 by default. */
  readonly max_position_embeddings?: number | undefined;
  /** Of the new files, as save_pretrained takes it. */
  readonly max_shard_size?: number | string | undefined;
  /** Called as tensors are written; `progress_callback` is told of downloads. */
  readonly write_callback?: ((progress: WriteProgress) => void) | undefined;
}

export interface ConvertedBart {
  readonly config: LEDConfig;
  readonly files: string[];
  /** Bytes of all tensors. */
  readonly total_size: number;
}

/** Rows before the first position. */
const offset = 2;

/** Keys of BART's config that LED's has no use for; true at one of `unlike` means another computation than LED's. */
const dropped = ["max_position_embeddings", "add_bias_logits", "static_position_embeddings", "extra_pos_embeddings"];
const unlike = ["scale_embedding", "normalize_before", "add_final_layer_norm", "static_position_embeddings"];

const ownOptions = ["output", "attention_window", "max_position_embeddings", "max_shard_size", "write_callback"];

/**
 * Throws a CheckpointError for a checkpoint that is no BART, or one that LED cannot compute (mBART's layers normalise before
 * they compute, LED's after).
 */
export async function convert_bart_to_led(source: string | Files, options: ConvertBartOptions): Promise<ConvertedBart> {
  const operation = "convert_bart_to_led";
  refuseUnknownOptions(operation, options, [...loadOptionNames, ...ownOptions]);
  const { output, attention_window = 1024, max_position_embeddings = 16384, max_shard_size, write_callback } = options;
  if (!(Number.isInteger(attention_window) && attention_window > 0 && attention_window % 2 === 0)) {
    throw new InvalidArgumentError({
      operation,
      expected: "`attention_window` even and above 0",
      got: String(attention_window),
    });
  }
  if (!(Number.isInteger(max_position_embeddings) && max_position_embeddings > 0)) {
    throw new InvalidArgumentError({
      operation,
      expected: "`max_position_embeddings` above 0",
      got: String(max_position_embeddings),
    });
  }
  const load = Object.fromEntries(loadOptionNames.map((name) => [name, options[name]]));
  const files = await filesOf(source, load);
  const bart = await readJsonObject(files, "config.json");
  const checkpoint = await openCheckpoint(files);
  refuseUnlike(files, bart, checkpoint);
  const P = requireRows(files, bart);
  const config = ledConfig(bart, { attention_window, max_position_embeddings, P });
  const target = folderOf(output);
  const weights = ledWeights(checkpoint, { rows: max_position_embeddings, P, tied: config.tie_word_embeddings });
  const saved = await saveWeights(target, weights, {
    ...(max_shard_size === undefined ? {} : { max_shard_size }),
    ...(write_callback === undefined ? {} : { progress_callback: write_callback }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const companions = await copyCompanions(files, target, max_position_embeddings);
  // Last: the config makes the folder a model.
  await config.save_pretrained(target);
  return { config, total_size: saved.total_size, files: [...saved.files, ...companions, "config.json"] };
}

function refuseUnlike(files: Files, bart: { [key: string]: Json }, { tensors }: Checkpoint): void {
  const operation = `convert_bart_to_led from ${files.where}`;
  const { model_type } = bart;
  if (model_type !== "bart" && model_type !== "mbart") {
    throw new CheckpointError({
      operation,
      expected: 'a config of model_type "bart"',
      got: JSON.stringify(model_type),
    });
  }
  const setting = unlike.find((key) => bart[key] === true);
  const norm = [...tensors.keys()].find((name) => /^(?:model\.)?(?:en|de)coder\.layer_norm\.weight$/.test(name));
  if (setting === undefined && norm === undefined && model_type === "bart") return;
  throw new CheckpointError({
    operation,
    expected: "layers that normalise after they compute, and embeddings without a scale, as LED has them",
    got: setting === undefined ? (norm === undefined ? "model_type mbart" : `\`${norm}\``) : `${setting}: true`,
    fix: "LED cannot compute what this model does. Convert a BART such as facebook/bart-base or facebook/bart-large-cnn.",
  });
}

function requireRows(files: Files, { max_position_embeddings = 1024 }: { [key: string]: Json }): number {
  if (typeof max_position_embeddings === "number" && max_position_embeddings > 0) return max_position_embeddings;
  throw new CheckpointError({
    operation: `convert_bart_to_led from ${files.where}`,
    expected: "`max_position_embeddings` above 0 in config.json",
    got: JSON.stringify(max_position_embeddings),
  });
}

function ledConfig(
  bart: { [key: string]: Json },
  {
    attention_window,
    max_position_embeddings,
    P,
  }: { attention_window: number; max_position_embeddings: number; P: number },
): LEDConfig {
  const kept = Object.fromEntries(Object.entries(bart).filter(([key]) => ![...dropped, ...unlike].includes(key)));
  const layers = typeof bart.encoder_layers === "number" ? bart.encoder_layers : 12;
  const architectures = (
    Array.isArray(bart.architectures) ? bart.architectures : ["BartForConditionalGeneration"]
  ) as string[];
  return LEDConfig.from_dict({
    ...kept,
    model_type: "led",
    architectures: architectures.map((name) => name.replace(/^(?:Bart|MBart)/, "LED")),
    attention_window: Array.from({ length: layers }, () => attention_window),
    max_encoder_position_embeddings: max_position_embeddings,
    max_decoder_position_embeddings: P,
    torch_dtype: "float32",
  });
}

interface Positions {
  /** Of the new encoder's table. */
  readonly rows: number;
  readonly P: number;
}

/** The state dict of the LED model, each tensor once. */
function ledWeights(checkpoint: Checkpoint, { rows, P, tied }: Positions & { tied: boolean }): WeightToSave[] {
  const weights: WeightToSave[] = [];
  const unknown: string[] = [];
  for (const stored of checkpoint.tensors.values()) {
    const name = stored.name.replace(/^model\./, "led.");
    // Other names of the token table, and a buffer of early versions.
    if (/(?:en|de)coder\.(?:embed_tokens\.weight|version)$/.test(name)) continue;
    if (name === "lm_head.weight" && tied) continue;
    const stream = () => streamFloat32(checkpoint, stored);
    const { shape } = stored;
    const position = /(en|de)coder\.embed_positions\.weight$/.exec(name);
    const projection = /^(.*encoder\.layers\.\d+\.self_attn)\.([qkv]|out)_proj\.(weight|bias)$/.exec(name);
    if (position !== null) {
      weights.push(positionTable(checkpoint, stored, name, position[1] === "en" ? rows : P, P));
    } else if (projection !== null) {
      const [, path, part, kind] = projection;
      for (const own of projections[part as keyof typeof projections]) {
        weights.push({ name: `${path}.${own}.${kind}`, shape, stream });
      }
    } else if (isBart(name)) {
      weights.push({ name, shape, stream });
    } else unknown.push(stored.name);
  }
  if (unknown.length > 0) {
    throw new CheckpointError({
      operation: `convert_bart_to_led from ${checkpoint.files.where}`,
      expected: "the weights of a BART",
      got: `${unknown.length} others, such as ${unknown.slice(0, 3).join(", ")}`,
    });
  }
  return weights;
}

const local = "longformer_self_attn";

/** Where BART's projections go: global ones begin as copies of the local ones. */
const projections = {
  q: [`${local}.query`, `${local}.query_global`],
  k: [`${local}.key`, `${local}.key_global`],
  v: [`${local}.value`, `${local}.value_global`],
  out: ["output"],
} as const;

function isBart(name: string): boolean {
  return (
    /^(?:led\.)?shared\.weight$|^lm_head\.weight$|^final_logits_bias$|^(?:classification_head|qa_outputs)\./.test(
      name,
    ) ||
    /(?:en|de)coder\.(?:layernorm_embedding|layers\.\d+\.(?:self_attn|encoder_attn|fc1|fc2|(?:self_attn_|encoder_attn_|final_)layer_norm))\./.test(
      name,
    )
  );
}

/** BART's rows from the first position on, again from the first where they end. */
function positionTable(
  checkpoint: Checkpoint,
  stored: StoredTensor,
  name: string,
  rows: number,
  P: number,
): WeightToSave {
  const [height, width] = stored.shape as [number, number];
  if (height !== P + offset) {
    throw new CheckpointError({
      operation: `convert_bart_to_led from ${checkpoint.files.where}`,
      expected: `${P + offset} rows of \`${stored.name}\`, as max_position_embeddings says`,
      got: String(height),
    });
  }
  return {
    name,
    shape: [rows, width],
    async *stream() {
      const table = new Float32Array(height * width);
      let at = 0;
      for await (const chunk of streamFloat32(checkpoint, stored)) {
        table.set(chunk, at);
        at += chunk.length;
      }
      for (let row = 0; row < rows; row += P) {
        yield table.slice(offset * width, (offset + Math.min(P, rows - row)) * width);
      }
    },
  };
}

/** The tokenizer, which may read longer texts now, and the settings of generation. */
async function copyCompanions(files: Files, target: Files, model_max_length: number): Promise<string[]> {
  const copied: string[] = [];
  for (const name of [...filesOfPart.tokenizer, "generation_config.json"]) {
    if (!(await files.has(name))) continue;
    const bytes =
      name === "tokenizer_config.json"
        ? new TextEncoder().encode(
            `${JSON.stringify({ ...(await readJsonObject(files, name)), model_max_length }, undefined, 2)}\n`,
          )
        : await readBytes(files, name);
    await target.write(name, [bytes]);
    copied.push(name);
  }
  return copied;
}
