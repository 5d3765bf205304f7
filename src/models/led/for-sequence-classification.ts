/**
 * LEDForSequenceClassification: a label, several, or a number for a document (transformers 4.37.2, modeling_led.py:
 * LEDForSequenceClassification). As in the reference the head reads the decoder, which is given the source shifted right, at the
 * last end token: that limits sources to the decoder's positions, and rows must have equally many end tokens.
 *
 * With config key `head: "encoder"`, which is this package's own, the head reads the encoder's state of the first token, which
 * gets global attention unless a mask says otherwise, and sources may be as long as the encoder's table; there is no decoder then.
 *
 * B batch, S source positions, T target positions, D d_model.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import { Tensor } from "../../tensor.ts";
import { headPlace } from "./class-specs.ts";
import { firstTokenMask } from "./default-global-attention.ts";
import { encoderInputs, encoderSource, runEncoder, runSeq2Seq, seq2seqFields } from "./forward.ts";
import { idsOrEmbeds, outputFlags, type Seq2SeqForwardInputs, seq2seqInputNames } from "./forward-inputs.ts";
import { LEDEncoder } from "./led-encoder.ts";
import { binaryCrossEntropy, crossEntropy, type Loss, meanSquaredError } from "./losses.ts";
import { type TensorLike, tokenIds } from "./model-inputs.ts";
import { LEDSeq2SeqSequenceClassifierOutput } from "./outputs.ts";
import { LEDPreTrainedModel } from "./pretrained-model.ts";
import { type Asked, inForm } from "./return-form.ts";
import { encoderPass } from "./training/encoder-pass.ts";
import { headPass } from "./training/head-pass.ts";
import {
  finished,
  type LossAndGradients,
  type LossOptions,
  openContext,
  type TrainingInputs,
} from "./training/loss-call.ts";
import { seq2seqPass } from "./training/seq2seq-pass.ts";
import type { TrainingContext } from "./training/training-context.ts";

export interface SequenceClassificationInputs extends Omit<Seq2SeqForwardInputs, "past_key_values"> {
  /** [B] of classes, [B] or [B, num_labels] of numbers: for the loss. */
  labels?: TensorLike | null | undefined;
}

export interface ClassificationTrainingInputs extends TrainingInputs, LossOptions {
  /** [B] of classes, [B] or [B, num_labels] of numbers. */
  labels: TensorLike | null | undefined;
}

type Output = LEDSeq2SeqSequenceClassifierOutput;
type Forward = <I extends SequenceClassificationInputs>(inputs: I) => Promise<Asked<I, Output>>;

const inputNames = [...seq2seqInputNames.filter((name) => name !== "past_key_values"), "labels"];

export class LEDForSequenceClassification extends LEDPreTrainedModel<Forward> {
  static readonly className = "LEDForSequenceClassification";

  /** Logits [B, num_labels]; with labels the loss too. */
  async forward<I extends SequenceClassificationInputs>(inputs: I): Promise<Asked<I, Output>> {
    refuseUnknownOptions("LEDForSequenceClassification.forward", inputs, inputNames);
    const { labels, ...given } = inputs;
    const hasLabels = labels !== undefined && labels !== null;
    const use_cache = hasLabels ? false : given.use_cache;
    const result =
      headPlace(this.config) === "encoder"
        ? await this.#fromEncoder(given)
        : await this.#fromDecoder({ ...given, use_cache });
    const loss = hasLabels ? this.#loss(result.logits, labels).loss : undefined;
    const output = new LEDSeq2SeqSequenceClassifierOutput({ loss, ...result });
    return inForm<I, Output>(output, outputFlags(inputs, this.config));
  }

  _call<I extends SequenceClassificationInputs>(inputs: I): Promise<Asked<I, Output>> {
    return this.forward(inputs);
  }

  get_encoder(): LEDEncoder {
    return new LEDEncoder(this.core);
  }

  /** The loss over `labels` and its gradients, of what forward computes; in training mode with dropout. */
  async loss_and_gradients(inputs: ClassificationTrainingInputs): Promise<LossAndGradients<Output>> {
    const operation = "LEDForSequenceClassification.loss_and_gradients";
    const { labels, return_outputs = true, dropout_seed: _, dropout_step: __, ...given } = inputs;
    const context = await openContext(this.core, { operation, inputs, names: ["labels"], training: this.training });
    if (labels === undefined || labels === null) {
      throw new InvalidArgumentError({ operation, expected: "`labels`, which the loss is of", got: "none" });
    }
    const overEncoder = headPlace(this.config) === "encoder";
    const pass = await (overEncoder ? this.#encoderPass(context, given) : this.#decoderPass(context, given));
    const head = await headPass(context, pool(pass.hidden, pass.rows), pass.trained);
    const { loss, gradient } = this.#loss(head.logits, labels);
    const dPooled = await head.backward(gradient());
    if (dPooled !== undefined) await pass.backward(spread(dPooled, pass.rows, pass.hidden.dims));
    const fields = { logits: head.logits, encoder_last_hidden_state: pass.encoded };
    return finished(context, { loss, fields }, return_outputs, LEDSeq2SeqSequenceClassifierOutput);
  }

  async #decoderPass(context: TrainingContext, inputs: TrainingInputs) {
    this.#refuseEmbeddings(inputs);
    const pass = await seq2seqPass(context, inputs);
    return { ...pass, rows: this.#lastEnds(inputs, pass.hidden) };
  }

  async #encoderPass(context: TrainingContext, inputs: TrainingInputs) {
    refuseDecoderInputs("LEDForSequenceClassification.loss_and_gradients", inputs);
    const global_attention_mask = this.#globalMask(inputs);
    const pass = await encoderPass(
      context,
      context.core.loaded.weights.spec.encoder!,
      encoderInputs(this.core, { ...inputs, global_attention_mask }),
    );
    return { ...pass, hidden: pass.output, encoded: pass.output, rows: firstRows(pass.output) };
  }

  #refuseEmbeddings(inputs: Omit<SequenceClassificationInputs, "labels">): void {
    if ((inputs.input_ids ?? undefined) !== undefined || (inputs.inputs_embeds ?? undefined) === undefined) return;
    throw new InvalidArgumentError({
      operation: "LEDForSequenceClassification.forward",
      says: "Passing input embeddings is currently not supported for LEDForSequenceClassification",
    });
  }

  /** The row of each example that the head reads. */
  #lastEnds(inputs: Omit<SequenceClassificationInputs, "labels">, hidden: Tensor<"float32">): number[] {
    const ids = tokenIds("input_ids", inputs.input_ids ?? [[]], this.core.geometry.vocab_size);
    return lastOf(ids, this.config.eos_token_id, hidden.dims[1]!);
  }

  #globalMask(inputs: Omit<SequenceClassificationInputs, "labels">): TensorLike {
    const { dims } = idsOrEmbeds(inputs.input_ids, inputs.inputs_embeds, encoderSource(this.core.geometry));
    return inputs.global_attention_mask ?? firstTokenMask(dims[0]!, dims[1]!);
  }

  async #fromDecoder(inputs: Omit<SequenceClassificationInputs, "labels">) {
    this.#refuseEmbeddings(inputs);
    const { encoded, decoded } = await runSeq2Seq(this.core, inputs);
    const pooled = pool(decoded.hidden, this.#lastEnds(inputs, decoded.hidden));
    return { logits: await (await this.core.head()).logits(pooled), ...seq2seqFields(encoded, decoded) };
  }

  async #fromEncoder(inputs: Omit<SequenceClassificationInputs, "labels">) {
    refuseDecoderInputs("LEDForSequenceClassification.forward", inputs);
    const encoded = await runEncoder(this.core, { ...inputs, global_attention_mask: this.#globalMask(inputs) });
    const pooled = pool(encoded.last_hidden_state, firstRows(encoded.last_hidden_state));
    const logits = await (await this.core.head()).logits(pooled);
    return { logits, ...seq2seqFields(encoded, undefined) };
  }

  /** problem_type decides; where the config has none, the number of labels and their type do, and it is written there. */
  #loss(logits: Tensor<"float32">, given: TensorLike): Loss {
    const { config } = this;
    const labels = given instanceof Tensor ? given : Tensor.from(given);
    // Tensors say what they hold; of plain numbers a row for each example can only be one of many labels.
    const rows = !(given instanceof Tensor) && labels.dims.length === 2 && labels.dims[1] === config.num_labels;
    const whole = !rows && (labels.type === "int64" || labels.type === "int32");
    config.problem_type ??=
      config.num_labels === 1 ? "regression" : whole ? "single_label_classification" : "multi_label_classification";
    const values = Array.from({ length: labels.data.length }, (_, i) => labels.at(i));
    const wanted = config.problem_type === "single_label_classification" ? logits.dims[0]! : logits.data.length;
    const shaped = config.problem_type !== "multi_label_classification" || labels.dims.join() === logits.dims.join();
    if (values.length !== wanted || !shaped) {
      throw new InvalidArgumentError({
        operation: `LEDForSequenceClassification, labels for ${config.problem_type}`,
        expected: `${wanted} labels for logits [${logits.dims.join(", ")}]`,
        got: `dims [${labels.dims.join(", ")}]`,
      });
    }
    if (config.problem_type === "regression") return meanSquaredError(logits, values);
    if (config.problem_type === "single_label_classification") return crossEntropy(logits, values);
    return binaryCrossEntropy(logits, values);
  }
}

/** Rows of [B, n, D] at one position each -> [B, D] */
export function pool(hidden: Tensor<"float32">, positions: readonly number[]): Tensor<"float32"> {
  const [batch, length, width] = hidden.dims as [number, number, number];
  const pooled = Tensor.zeros("float32", [batch, width]);
  positions.forEach((position, example) => {
    const start = (example * length + position) * width;
    pooled.data.set(hidden.data.subarray(start, start + width), example * width);
  });
  return pooled;
}

/** The same rows' gradient [B, D] in a tensor of `dims` [B, n, D] that is zeros elsewhere. */
function spread(gradient: Tensor<"float32">, positions: readonly number[], dims: readonly number[]): Tensor<"float32"> {
  const [, length, width] = dims as [number, number, number];
  const rows = Tensor.zeros("float32", dims);
  positions.forEach((position, example) => {
    const own = gradient.data.subarray(example * width, (example + 1) * width);
    rows.data.set(own, (example * length + position) * width);
  });
  return rows;
}

/** The first position of each example of [B, n, D]. */
function firstRows({ dims }: Tensor<"float32">): number[] {
  return Array.from({ length: dims[0]! }, () => 0);
}

/** Where each row has its last end token, which all must have equally many of. */
function lastOf(ids: Tensor<"int64">, eos: number | number[] | null, targetLength: number): number[] {
  const [batch, length] = ids.dims as [number, number];
  const operation = "LEDForSequenceClassification.forward";
  if (length !== targetLength) {
    throw new InvalidArgumentError({
      operation,
      expected: `as many decoder positions as the ${length} source tokens: the head reads the decoder at the source's end token`,
      got: String(targetLength),
      fix: "Leave decoder_input_ids out.",
    });
  }
  const ends = [eos].flat().map((id) => BigInt(id ?? -1));
  const rows = Array.from({ length: batch }, (_, example) =>
    Array.from({ length }, (__, at) => at).filter((at) => ends.includes(ids.data[example * length + at]!)),
  );
  if (new Set(rows.map((row) => row.length)).size > 1) {
    throw new InvalidArgumentError({
      operation,
      says: "All examples must have the same number of <eos> tokens.",
      got: `${rows.map((row) => row.length).join(", ")}`,
    });
  }
  if (rows[0]?.length === 0) {
    throw new InvalidArgumentError({
      operation,
      expected: `an end token (eos_token_id ${eos}) in every row of input_ids`,
      got: "none",
      fix: "Encode texts with their special tokens.",
    });
  }
  return rows.map((row) => row.at(-1)!);
}

/** Arguments that a model without a decoder has no use for. */
export function refuseDecoderInputs(operation: string, inputs: object): void {
  const encoderNames = ["input_ids", "attention_mask", "global_attention_mask", "head_mask", "inputs_embeds"];
  const outputNames = ["output_attentions", "output_hidden_states", "return_dict", "signal"];
  for (const [name, value] of Object.entries(inputs)) {
    if (value === undefined || value === null || [...encoderNames, ...outputNames].includes(name)) continue;
    throw new InvalidArgumentError({
      operation,
      expected: 'inputs of the encoder: this model\'s head is over it (config key head: "encoder")',
      got: `\`${name}\``,
    });
  }
}
