// @ts-check
/**
 * Sizes of the models that are measured, and what their work amounts to: the arithmetic of an encoder pass and the
 * bytes of a decode step that no implementation gets around.
 *
 * S source positions, c half the window, D d_model, F the feed-forward width, V vocabulary, L layers, h heads,
 * x global positions. A multiplication with its addition is two FLOP. Numbers are float32.
 */

/**
 * @typedef {object} Geometry
 * @property {number} d_model
 * @property {number} vocab_size
 * @property {number} encoder_layers
 * @property {number} decoder_layers
 * @property {number} encoder_attention_heads
 * @property {number} decoder_attention_heads
 * @property {number} encoder_ffn_dim
 * @property {number} decoder_ffn_dim
 * @property {number} attention_window
 */

/** As in tests/oracle/bench_reference.py. @satisfies {Record<string, Geometry>} */
export const geometries = {
  "led-tiny": {
    d_model: 64,
    vocab_size: 1000,
    encoder_layers: 2,
    decoder_layers: 2,
    encoder_attention_heads: 4,
    decoder_attention_heads: 4,
    encoder_ffn_dim: 128,
    decoder_ffn_dim: 128,
    attention_window: 64,
  },
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
  },
};

/** @typedef {keyof typeof geometries} GeometryName */

/** Rows of the position tables. */
export const positions = { encoder: 16384, decoder: 1024 };

/** The name of a checkpoint with more rows for the encoder. @param {GeometryName} geometry @param {number} rows */
export const longCheckpoint = (geometry, rows) => `${geometry}-${rows}`;

/**
 * FLOP of an encoder pass over one document. Each layer needs
 *
 *   8 S D^2         query, key, value and output projections of all positions
 *   4 S D F         the two feed-forward products
 *   4 D pairs       scores and weighted sums, over the pairs of a query and a key that it sees: the keys of its window
 *                   that exist, S (2c + 1) - c (c + 1) in all (c < S), and the x global ones
 *   4 h x S D       the global rows, whose projections are absorbed: (q W_k) X^T and P X
 *
 * Work on whole blocks, masked scores, softmax, norms and the embedding come on top and are not counted.
 *
 * @param {Geometry} geometry
 * @param {number} S
 * @param {number} [x]
 */
export function encoderFlop({ d_model: D, encoder_ffn_dim: F, encoder_layers: L, ...geometry }, S, x = 1) {
  const c = Math.min(geometry.attention_window / 2, S - 1);
  const pairs = S * (2 * c + 1) - c * (c + 1) + S * x;
  return L * (8 * S * D ** 2 + 4 * S * D * F + 4 * D * pairs + 4 * geometry.encoder_attention_heads * x * S * D);
}

/**
 * FLOP of the decoder over T tokens of one document: per layer 8 T D^2 + 4 T D F for its own projections and the feed-forward part,
 * 4 S D^2 + 4 T D^2 for cross-attention's, and 4 T D (T + S) for scores and sums; then 2 T V D for the head.
 *
 * @param {Geometry} geometry
 * @param {number} S
 * @param {number} T
 */
function decoderFlop({ d_model: D, decoder_ffn_dim: F, decoder_layers: L, vocab_size: V }, S, T) {
  return L * (8 * T * D ** 2 + 4 * T * D * F + 4 * (S + T) * D ** 2 + 4 * T * D * (T + S)) + 2 * T * V * D;
}

/**
 * FLOP of loss and gradients: a product forward is two of its size backward. With checkpointing all but the head is computed once
 * more.
 *
 * @param {Geometry} geometry
 * @param {number} S
 * @param {number} T
 * @param {boolean} checkpointing
 */
export function trainingFlop(geometry, S, T, checkpointing) {
  const head = 2 * T * geometry.vocab_size * geometry.d_model;
  const layers = encoderFlop(geometry, S) + decoderFlop(geometry, S, T) - head;
  return (checkpointing ? 4 : 3) * layers + 3 * head;
}

/**
 * Bytes that one decode step over B documents has to read, however many beams share them:
 *
 *   n L (6 D^2 + 2 D F)   self-attention's four projections, cross-attention's query and output, the feed-forward
 *   n V D                 the head
 *   m L 2 B S D           keys and values of the sources
 *
 * n bytes are a weight, 4 and in q8 1, and m a number of the sources: 4, and in q8 1 where the CPU has VNNI. Biases, norms, single embedding rows and the rows of the step's own past are a few
 * hundredths at most, and not counted.
 *
 * @param {Geometry} geometry
 * @param {number} S
 * @param {number} [B]
 * @param {number} [n]
 * @param {number} [m]
 */
export function decodeStepBytes(
  { d_model: D, decoder_ffn_dim: F, decoder_layers: L, vocab_size: V },
  S,
  B = 1,
  n = 4,
  m = 4,
) {
  return n * (L * (6 * D ** 2 + 2 * D * F) + V * D) + m * 2 * L * B * S * D;
}
