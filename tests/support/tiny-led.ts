/** A whole model folder (config, weights, tokenizer) that loads in milliseconds, and ways to spoil it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder, writeCounterModel } from "./counter-model.ts";

const letters = [..."abcdefghijklmnopqrstuvwxyz"];

/** A token a letter, Ġ for the space before a word, and LED's special tokens in their usual places. */
export const tinyVocabulary: Readonly<Record<string, number>> = Object.fromEntries(
  ["<s>", "<pad>", "</s>", "<unk>", ...letters, "Ġ", "<mask>"].map((token, id) => [token, id]),
);

export const tinyConfig = {
  model_type: "led",
  vocab_size: Object.keys(tinyVocabulary).length,
  d_model: 8,
  encoder_layers: 2,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 12,
  max_encoder_position_embeddings: 40,
  decoder_layers: 1,
  decoder_attention_heads: 4,
  decoder_ffn_dim: 10,
  max_decoder_position_embeddings: 16,
  attention_window: [4, 6],
  bos_token_id: 0,
  pad_token_id: 1,
  eos_token_id: 2,
  decoder_start_token_id: 2,
};

export const tinyGeneration = {
  bos_token_id: 0,
  pad_token_id: 1,
  eos_token_id: 2,
  decoder_start_token_id: 2,
  max_length: 12,
  min_length: 4,
  num_beams: 2,
};

export interface ModelFolder {
  readonly path: string;
  /** Writes one of its files; an object as JSON. */
  write(name: string, content: Uint8Array | string | object): Promise<void>;
  readJson(name: string): Promise<Record<string, unknown>>;
  remove(): Promise<void>;
}

/** In a temporary folder; `config` replaces keys of `tinyConfig`. */
export async function tinyLed(config: Readonly<Record<string, unknown>> = {}): Promise<ModelFolder> {
  const { path, files, remove } = await temporaryFolder();
  await writeCounterModel(files, {
    seed: 7,
    scales: { embedding: [0, 0.5], position: [0, 0.4], query_key: [0, 0.3], linear: [0, 0.25], logits_bias: [0, 0.5] },
    config: { ...tinyConfig, ...config },
  });
  const folder: ModelFolder = {
    path,
    async write(name, content) {
      const plain = typeof content === "string" || content instanceof Uint8Array;
      await writeFile(join(path, name), plain ? content : JSON.stringify(content));
    },
    async readJson(name) {
      return JSON.parse(await readFile(join(path, name), "utf8")) as Record<string, unknown>;
    },
    remove,
  };
  await folder.write("generation_config.json", tinyGeneration);
  await folder.write("vocab.json", tinyVocabulary);
  await folder.write("merges.txt", "#version: 0.2\n");
  return folder;
}
