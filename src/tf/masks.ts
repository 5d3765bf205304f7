/**
 * Masks as TensorFlow's LED reads them (transformers 4.37.2, modeling_tf_led.py: TFLEDEncoder.call, _expand_mask,
 * _make_causal_mask). The encoder casts the mask to int8; the decoder adds -1e8 to scores in float32, where neighbouring numbers
 * are 8 apart, so that a row that sees only masked keys has weights in steps of e^8.
 *
 * B batch, S source positions, T target positions, P cached ones.
 */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";

type Floats = Tensor<"float32">;

/** What is added to the scores of masked keys. */
const largeNegative = -1e8;

export interface EncoderMasks {
  /** int64 [B, S]: 1 where a position is seen. */
  readonly attention_mask: Tensor<"int64"> | undefined;
  /** int64 [B, S]: 1 where a position is global. */
  readonly global_attention_mask: Tensor<"int64"> | undefined;
}

/**
 * The two masks of a call, each [B, S], as masks of zeros and ones. With m = attention_mask * (global_attention_mask + 1) without
 * its fraction: 0 masks a position, 1 is local, 2 and more global.
 *
 * Departure: m between 1 and 2, which in the reference is a position that sees and that no window shows, itself included, is
 * refused.
 */
export function encoderMasks(attention: Tensor | undefined, global: Tensor | undefined): EncoderMasks {
  const shape = attention ?? global;
  if (shape === undefined) return { attention_mask: undefined, global_attention_mask: undefined };
  if (attention !== undefined && global !== undefined && attention.dims.join() !== global.dims.join()) {
    throw new InvalidArgumentError({
      operation: "TFLEDEncoder, global_attention_mask",
      expected: `[${attention.dims.join(", ")}], as attention_mask`,
      got: `[${global.dims.join(", ")}]`,
    });
  }
  // The sum is cast to the type of the attention mask, which is a mask of whole numbers where none is given.
  const whole = attention === undefined || !/^float/.test(attention.type);
  const attention_mask = Tensor.zeros("int64", shape.dims);
  const global_attention_mask = Tensor.zeros("int64", shape.dims);
  for (let i = 0; i < shape.data.length; i++) {
    const raised = global === undefined ? 1 : global.at(i) + 1;
    const merged = (attention?.at(i) ?? 1) * (whole ? Math.trunc(raised) : raised);
    if (merged > 1 && merged < 2) {
      throw new InvalidArgumentError({
        operation: "TFLEDEncoder, attention_mask",
        expected: "0 (masked), 1 (local) or 2 (global) at every position",
        got: String(merged),
      });
    }
    if (merged >= 1) attention_mask.data[i] = 1n;
    if (merged >= 2) global_attention_mask.data[i] = 1n;
  }
  return { attention_mask, global_attention_mask };
}

/** The encoder's mask [B, S] for cross-attention: [B, 1, 1, S]. */
export function sourceBias(batch: number, length: number, mask: Tensor | undefined): Floats {
  const bias = Tensor.zeros("float32", [batch, 1, 1, length]);
  if (mask === undefined) return bias;
  requireDims("encoder attention_mask", mask, [batch, length]);
  for (let i = 0; i < bias.data.length; i++) bias.data[i] = (1 - mask.at(i)) * largeNegative;
  return bias;
}

/** The bias of T tokens after P cached ones, causal plus the padding mask [B, P+T]: [B, 1, T, P+T]. One token alone sees all. */
export function causalBias(batch: number, past: number, tokens: number, mask: Tensor | undefined): Floats {
  const width = past + tokens;
  const bias = Tensor.zeros("float32", [batch, 1, tokens, width]);
  if (tokens === 1) return bias;
  if (mask !== undefined) requireDims("decoder_attention_mask", mask, [batch, width]);
  for (let example = 0; example < batch; example++) {
    for (let query = 0; query < tokens; query++) {
      for (let key = 0; key < width; key++) {
        const padding = mask === undefined ? 0 : Math.fround((1 - mask.at(example * width + key)) * largeNegative);
        bias.data[(example * tokens + query) * width + key] = (key > past + query ? largeNegative : 0) + padding;
      }
    }
  }
  return bias;
}

function requireDims(name: string, mask: Tensor, dims: readonly number[]): void {
  if (mask.dims.join() === dims.join()) return;
  throw new InvalidArgumentError({
    operation: `TFLEDDecoder, ${name}`,
    expected: `[${dims.join(", ")}]`,
    got: `[${mask.dims.join(", ")}]`,
  });
}

/** A head mask [layers, heads], checked in the reference's words. */
export function headMask(mask: Tensor | undefined, layers: number, heads: number): Floats | undefined {
  if (mask === undefined) return undefined;
  const [rows] = mask.dims;
  if (rows !== layers) {
    throw new InvalidArgumentError({
      operation: "head masks",
      says: `The head_mask should be specified for ${layers} layers, but it is for ${rows ?? 0}.`,
    });
  }
  requireHeads(mask, heads);
  return mask.to("float32");
}

/** The encoder's head mask as that of cross-attention: its first rows, as many as the decoder has layers. */
export function crossHeadMask(mask: Floats | undefined, layers: number, heads: number): Floats | undefined {
  if (mask === undefined) return undefined;
  requireHeads(mask, heads);
  const rows = mask.dims[0]!;
  if (rows < layers) {
    throw new InvalidArgumentError({
      operation: "head_mask, which masks the decoder's cross-attention too",
      expected: `a row for each of the ${layers} decoder layers`,
      got: String(rows),
      fix: "TensorFlow's LED needs as many encoder layers as decoder layers for this: use LEDForConditionalGeneration.",
    });
  }
  return new Tensor("float32", mask.data.subarray(0, layers * heads), [layers, heads]);
}

function requireHeads(mask: Tensor, heads: number): void {
  if (mask.dims.length === 2 && mask.dims[1] === heads) return;
  throw new InvalidArgumentError({
    operation: "head masks",
    says: `Head mask for a single layer should be of size ${heads}, but is [${mask.dims.slice(1).join(", ")}]`,
  });
}
