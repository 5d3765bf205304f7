/** The config of the model whose weights tests/oracle/checkpoints.py saved (tiny_config), without config.json. */
export const tinyLmConfig = {
  vocab_size: 11,
  d_model: 4,
  encoder_layers: 1,
  decoder_layers: 1,
  encoder_attention_heads: 2,
  decoder_attention_heads: 1,
  encoder_ffn_dim: 3,
  decoder_ffn_dim: 5,
  attention_window: 4,
  max_encoder_position_embeddings: 8,
  max_decoder_position_embeddings: 7,
} as const;
