/**
 * How much a decoder looked at parts of the source while it wrote a text: cross-attention, from a pass over source and text after the
 * text is written. The pass computes what the search computed for it, whichever beam it came from, and a search need keep nothing.
 *
 * S source tokens, T target tokens with the start token, L layers, h heads, Q target tokens of a pass.
 */
import type { TokenSpan } from "../generation/extractive.ts";
import type { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { PastKeyValues } from "../models/led/outputs.ts";
import type { Tensor } from "../tensor.ts";

/** What the pass needs of the model, which may compute in a worker. */
export type AttendingModel = Pick<LEDForConditionalGeneration, "config" | "forward">;

export interface CrossAttentionInputs {
  /** The source as the encoder read it, with <s> and </s>. */
  readonly source: readonly number[];
  /** Positions of the source with global attention. */
  readonly global_attention: readonly number[];
  /** What was written, from the start token on. */
  readonly target: readonly number[];
  /** Parts of the source. */
  readonly spans: readonly TokenSpan[];
}

export interface CrossAttentionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with written tokens that are done, of all. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Attention weights that are held at once; 2^24 (64 MiB) by default. A token's L * h * S are, whatever this says. */
  readonly most_weights?: number | undefined;
}

const mostWeights = 2 ** 24;

/**
 * For each written token, its share of attention on each of the spans, 0 to 1: the mean over all layers and heads. [T - 1][spans]; row
 * i is of the step that wrote target[i + 1]. What is missing to 1 went to tokens outside the spans.
 *
 * The mean, as measured with the embedded model on seven long documents: of 19 sentences of extractive summaries, whose origins are
 * known, the origin came first for 18 by the mean (above average: summary-attention.ts) and by the best layer, for 17 by the largest of
 * all heads, for none by the last layer. A layer would have to be chosen anew for each checkpoint.
 */
export async function attentionOnSpans(
  model: AttendingModel,
  { source, global_attention, target, spans }: CrossAttentionInputs,
  { signal, progress, most_weights = mostWeights }: CrossAttentionOptions = {},
): Promise<Float64Array[]> {
  const { decoder_layers, decoder_attention_heads } = model.config;
  const total = target.length - 1;
  progress?.(0, total);
  const attention_mask = [source.map(() => 1)];
  const globals = new Set(global_attention);
  // A call of its own with one target token: with output_attentions the encoder would give all of its own, too.
  const { encoder_last_hidden_state } = await model.forward({
    input_ids: [source],
    attention_mask,
    global_attention_mask: [source.map((_, i) => (globals.has(i) ? 1 : 0))],
    decoder_input_ids: [target.slice(0, 1)],
    output_attentions: false,
    use_cache: false,
    return_dict: true,
    signal,
  });
  const piece = Math.max(1, Math.floor(most_weights / (decoder_layers * decoder_attention_heads * source.length)));
  const rows: Float64Array[] = [];
  let past_key_values: PastKeyValues | undefined;
  while (rows.length < total) {
    signal?.throwIfAborted();
    const output = await model.forward({
      encoder_outputs: { last_hidden_state: encoder_last_hidden_state! },
      attention_mask,
      decoder_input_ids: [target.slice(rows.length, Math.min(rows.length + piece, total))],
      past_key_values,
      output_attentions: true,
      use_cache: true,
      return_dict: true,
      signal,
    });
    past_key_values = output.past_key_values;
    rows.push(...meanOnSpans(output.cross_attentions!, spans));
    progress?.(rows.length, total);
  }
  return rows;
}

/** `layers`: [1, h, Q, S] each. [Q][spans] */
function meanOnSpans(layers: readonly Tensor<"float32">[], spans: readonly TokenSpan[]): Float64Array[] {
  const [, heads, queries, width] = layers[0]!.dims as [number, number, number, number];
  const rows = Array.from({ length: queries }, () => new Float64Array(spans.length));
  for (const { data } of layers) {
    for (let head = 0; head < heads; head++) {
      rows.forEach((row, query) => {
        const start = (head * queries + query) * width;
        spans.forEach(([first, beyond], span) => {
          for (let i = start + first; i < start + beyond; i++) row[span]! += data[i]! / (layers.length * heads);
        });
      });
    }
  }
  return rows;
}
