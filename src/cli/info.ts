/** `led info MODEL`: what a model is, and what it takes to run it. */
import { LEDConfig } from "../config.ts";
import { geometryOf } from "../models/led/geometry.ts";
import { estimateMemory } from "../models/led/memory.ts";
import { conditionalGenerationParameters, countParameters } from "../models/led/parameters.ts";
import { resolveModel } from "./model-source.ts";
import { progressBar } from "./progress.ts";

export interface InfoFlags {
  readonly tokens?: number;
  readonly json?: boolean;
}

export async function info(source: string, flags: InfoFlags): Promise<void> {
  const files = await resolveModel(source, progressBar(false), ["config"]);
  const config = await LEDConfig.from_files(files);
  const geometry = geometryOf(config);
  const parameters = countParameters(conditionalGenerationParameters(geometry));
  const tokens = flags.tokens ?? geometry.max_encoder_position_embeddings;
  const memory = estimateMemory(geometry, tokens);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ model: source, ...geometry, parameters, tokens, memory })}\n`);
    return;
  }
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const lines: [string, string][] = [
    ["model", source],
    ["layers", `${geometry.encoder_layers} encoder, ${geometry.decoder_layers} decoder`],
    ["width", `${geometry.d_model}, feed-forward ${geometry.encoder_ffn_dim} / ${geometry.decoder_ffn_dim}`],
    ["heads", `${geometry.encoder_attention_heads} encoder, ${geometry.decoder_attention_heads} decoder`],
    ["attention window", geometry.attention_window.join(", ")],
    ["vocabulary", String(geometry.vocab_size)],
    ["source positions", String(geometry.max_encoder_position_embeddings)],
    ["summary positions", String(geometry.max_decoder_position_embeddings)],
    ["parameters", `${(parameters / 1e6).toFixed(1)} million (${megabytes(memory.weights)} in float32)`],
    [`memory, ${tokens} tokens`, `about ${megabytes(memory.peak)} at its highest`],
  ];
  for (const [name, value] of lines) process.stdout.write(`${name.padEnd(24)}${value}\n`);
}
