/** The sizes that graphs are built from, out of a config (transformers 4.37.2, modeling_led.py: the checks of the constructors). */
import { checkActivation, type LEDConfig, normalizeAttentionWindows } from "../../config.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { Geometry } from "./parameters.ts";

/** The sizes that graphs are built from, checked. Normalises the config's attention_window, as the reference does. */
export function geometryOf(config: LEDConfig): Geometry {
  const activation_function = checkActivation(config.activation_function);
  const attention_window = normalizeAttentionWindows(config);
  if (config.decoder_layers < 1) {
    throw new InvalidArgumentError({
      operation: "LEDDecoder",
      expected: "`decoder_layers` of at least 1",
      got: String(config.decoder_layers),
    });
  }
  if ((config as { tie_encoder_decoder?: unknown }).tie_encoder_decoder === true) {
    throw new InvalidArgumentError({
      operation: "LEDConfig",
      expected: "encoder and decoder with weights of their own, as LED's attentions differ",
      got: "`tie_encoder_decoder` = true",
      fix: "Leave it out.",
    });
  }
  const { d_model, encoder_attention_heads, decoder_attention_heads } = config;
  if (encoder_attention_heads < 1 || d_model % encoder_attention_heads !== 0) {
    throw new InvalidArgumentError({
      operation: "LEDEncoderSelfAttention",
      says: `The hidden size (${d_model}) is not a multiple of the number of attention heads (${encoder_attention_heads})`,
    });
  }
  if (decoder_attention_heads < 1 || d_model % decoder_attention_heads !== 0) {
    throw new InvalidArgumentError({
      operation: "LEDDecoderAttention",
      says: `embed_dim must be divisible by num_heads (got \`embed_dim\`: ${d_model} and \`num_heads\`: ${decoder_attention_heads}).`,
    });
  }
  return {
    d_model,
    vocab_size: config.vocab_size,
    max_encoder_position_embeddings: config.max_encoder_position_embeddings,
    max_decoder_position_embeddings: config.max_decoder_position_embeddings,
    encoder_layers: config.encoder_layers,
    decoder_layers: config.decoder_layers,
    encoder_attention_heads,
    decoder_attention_heads,
    encoder_ffn_dim: config.encoder_ffn_dim,
    decoder_ffn_dim: config.decoder_ffn_dim,
    activation_function,
    attention_window,
    tie_word_embeddings: config.tie_word_embeddings,
  };
}
