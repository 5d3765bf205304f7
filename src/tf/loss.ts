/**
 * The loss of TFLEDForConditionalGeneration (transformers 4.37.2, modeling_tf_led.py: hf_compute_loss, shift_tokens_right).
 * Labels that are the pad token do not count; others below zero, -100 too, count as class 0.
 *
 * B batch, T target positions, V vocab_size.
 */
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import { shiftTokensRight } from "../models/led/model-inputs.ts";
import { Tensor } from "../tensor.ts";

type Floats = Tensor<"float32">;
type Ids = Tensor<"int64">;

/** PyTorch's number for a label that does not count, which the graphs of the loss know. */
const ignored = -100n;

/** Labels [B, T] as PyTorch's loss reads them: -100 where TensorFlow's does not count. */
export function countedLabels(labels: Ids, { pad_token_id }: LEDConfig): Ids {
  const pad = pad_token_id === null ? undefined : BigInt(pad_token_id);
  return new Tensor(
    "int64",
    labels.data.map((label) => (label === pad ? ignored : label < 0n ? 0n : label)),
    labels.dims,
  );
}

/**
 * The mean over labels that count, [1]; NaN without any. With config.tf_legacy_loss the loss of each of them, row by row, and
 * labels below zero are an error.
 */
export function languageModelLoss(logits: Floats, labels: Ids, config: LEDConfig): Floats {
  const V = logits.dims[2]!;
  if (labels.dims.join() !== logits.dims.slice(0, 2).join()) {
    throw new InvalidArgumentError({
      operation: "hf_compute_loss",
      expected: `a label for each target token, [${logits.dims.slice(0, 2).join(", ")}]`,
      got: `labels [${labels.dims.join(", ")}]`,
    });
  }
  const legacy = isLegacy(config);
  if (legacy) requireClasses(labels, config);
  const losses: number[] = [];
  countedLabels(labels, config).data.forEach((label, row) => {
    if (label !== ignored) losses.push(lossOf(logits.data.subarray(row * V, (row + 1) * V), Number(label), row));
  });
  const sum = losses.reduce((total, loss) => total + loss, 0);
  return legacy
    ? new Tensor("float32", Float32Array.from(losses), [losses.length])
    : new Tensor("float32", Float32Array.of(sum / losses.length), [1]);
}

export function isLegacy(config: LEDConfig): boolean {
  return (config as { tf_legacy_loss?: unknown }).tf_legacy_loss === true;
}

/** The legacy loss does not take labels below zero for class 0. */
export function requireClasses(labels: Ids, { pad_token_id }: LEDConfig): void {
  const wrong = labels.data.find((label) => label < 0n && Number(label) !== pad_token_id);
  if (wrong === undefined) return;
  throw new InvalidArgumentError({
    operation: "hf_compute_loss with tf_legacy_loss",
    expected: `labels of at least 0, or ${pad_token_id} (pad_token_id) where none counts`,
    got: String(wrong),
  });
}

function lossOf(scores: Float32Array, label: number, row: number): number {
  if (label >= scores.length) {
    throw new InvalidArgumentError({
      operation: "hf_compute_loss",
      expected: `labels from 0 to ${scores.length - 1}`,
      got: `${label} at position ${row}`,
    });
  }
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return Math.log(total) + most - scores[label]!;
}

/**
 * Labels [B, T] shifted right: the start token first, -100 as padding. Others below zero are an error; the last label is not
 * looked at.
 */
export function decoderIdsOf(labels: Ids, { pad_token_id, decoder_start_token_id }: LEDConfig): Ids {
  const ids = shiftTokensRight(labels, pad_token_id, decoder_start_token_id);
  const wrong = ids.data.find((id) => id < 0n);
  if (wrong === undefined) return ids;
  throw new InvalidArgumentError({
    operation: "shift_tokens_right",
    expected: "labels of at least 0, or -100",
    got: String(wrong),
  });
}
