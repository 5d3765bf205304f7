/** Sizes of the models that people ask about: config.json of allenai/led-base-16384 and allenai/led-large-16384. */
import type { LEDConfig } from "../config.ts";

export const geometryNames = ["led-base", "led-large"] as const;
export type GeometryName = (typeof geometryNames)[number];

const positions = { max_encoder_position_embeddings: 16384, max_decoder_position_embeddings: 1024 };

export const geometries = {
  "led-base": {
    d_model: 768,
    vocab_size: 50265,
    encoder_layers: 6,
    decoder_layers: 6,
    encoder_attention_heads: 12,
    decoder_attention_heads: 12,
    encoder_ffn_dim: 3072,
    decoder_ffn_dim: 3072,
    attention_window: 1024,
    ...positions,
  },
  "led-large": {
    d_model: 1024,
    vocab_size: 50265,
    encoder_layers: 12,
    decoder_layers: 12,
    encoder_attention_heads: 16,
    decoder_attention_heads: 16,
    encoder_ffn_dim: 4096,
    decoder_ffn_dim: 4096,
    attention_window: 1024,
    ...positions,
  },
} as const satisfies { readonly [name in GeometryName]: Partial<LEDConfig> };
