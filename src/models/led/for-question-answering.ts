/**
 * LEDForQuestionAnswering: where in a text an answer begins and ends (transformers 4.37.2, modeling_led.py:
 * LEDForQuestionAnswering). As in the reference the head reads the decoder, which is given the source shifted right: that limits
 * sources to the decoder's positions.
 *
 * With config key `head: "encoder"`, which is this package's own, the head reads the encoder, in which the
 * question gets global attention unless a mask says otherwise, and sources may be as long as the encoder's table; there is no
 * decoder then.
 *
 * B batch, S source positions, T target positions, D d_model.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import { Tensor } from "../../tensor.ts";
import { headPlace } from "./class-specs.ts";
import { questionMask } from "./default-global-attention.ts";
import { refuseDecoderInputs } from "./for-sequence-classification.ts";
import { encoderInputs, runEncoder, runSeq2Seq, seq2seqFields } from "./forward.ts";
import { outputFlags, type Seq2SeqForwardInputs, seq2seqInputNames } from "./forward-inputs.ts";
import { LEDEncoder } from "./led-encoder.ts";
import { crossEntropy, type Loss, meanOf } from "./losses.ts";
import { asTensor, type TensorLike, tokenIds } from "./model-inputs.ts";
import { LEDSeq2SeqQuestionAnsweringModelOutput } from "./outputs.ts";
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

export interface QuestionAnsweringInputs extends Omit<Seq2SeqForwardInputs, "past_key_values"> {
  /**
   * [B]: token positions, for the loss; those beyond the logits are left out, negative ones count as 0. [B, n], which is this
   * package's own: several answers that are equally right, -100 where an example has fewer.
   */
  start_positions?: TensorLike | null | undefined;
  /** As start_positions. */
  end_positions?: TensorLike | null | undefined;
}

export interface AnswerTrainingInputs extends TrainingInputs, LossOptions {
  /** As forward's start_positions: [B], or [B, n]. */
  start_positions: TensorLike | null | undefined;
  /** As start_positions. */
  end_positions: TensorLike | null | undefined;
}

type Output = LEDSeq2SeqQuestionAnsweringModelOutput;
type Forward = <I extends QuestionAnsweringInputs>(inputs: I) => Promise<Asked<I, Output>>;

const inputNames = [
  ...seq2seqInputNames.filter((name) => name !== "past_key_values"),
  "start_positions",
  "end_positions",
];

export class LEDForQuestionAnswering extends LEDPreTrainedModel<Forward> {
  static readonly className = "LEDForQuestionAnswering";

  /** Logits of start and end [B, T]; with positions the loss too. */
  async forward<I extends QuestionAnsweringInputs>(inputs: I): Promise<Asked<I, Output>> {
    refuseUnknownOptions("LEDForQuestionAnswering.forward", inputs, inputNames);
    const { start_positions, end_positions, ...given } = inputs;
    const hasPositions = (start_positions ?? null) !== null && (end_positions ?? null) !== null;
    const use_cache = hasPositions ? false : given.use_cache;
    const { hidden, rest } =
      headPlace(this.config) === "encoder"
        ? await this.#encoderStates(given)
        : await this.#decoderStates({ ...given, use_cache });
    const [batch, length, width] = hidden.dims as [number, number, number];
    const both = await (await this.core.head()).logits(hidden.reshape([batch * length, width]));
    const [start_logits, end_logits] = [0, 1].map((which) => column(both, which, [batch, length]));
    const loss = hasPositions
      ? meanOf(positionLoss(start_logits!, start_positions!).loss, positionLoss(end_logits!, end_positions!).loss)
      : undefined;
    const output = new LEDSeq2SeqQuestionAnsweringModelOutput({ loss, start_logits, end_logits, ...rest });
    return inForm<I, Output>(output, outputFlags(inputs, this.config));
  }

  _call<I extends QuestionAnsweringInputs>(inputs: I): Promise<Asked<I, Output>> {
    return this.forward(inputs);
  }

  /** The loss over the positions and its gradients, of what forward computes; in training mode with dropout. */
  async loss_and_gradients(inputs: AnswerTrainingInputs): Promise<LossAndGradients<Output>> {
    const operation = "LEDForQuestionAnswering.loss_and_gradients";
    const {
      start_positions,
      end_positions,
      return_outputs = true,
      dropout_seed: _,
      dropout_step: __,
      ...given
    } = inputs;
    const names = ["start_positions", "end_positions"];
    const context = await openContext(this.core, { operation, inputs, names, training: this.training });
    if ((start_positions ?? null) === null || (end_positions ?? null) === null) {
      throw new InvalidArgumentError({
        operation,
        expected: "`start_positions` and `end_positions`, which the loss is of",
        got: "one or none",
      });
    }
    const overEncoder = headPlace(this.config) === "encoder";
    const pass = overEncoder ? await this.#encoderPass(context, given) : await seq2seqPass(context, given);
    const [batch, length, width] = pass.hidden.dims as [number, number, number];
    const head = await headPass(context, pass.hidden.reshape([batch * length, width]), pass.trained);
    const [start_logits, end_logits] = [0, 1].map((which) => column(head.logits, which, [batch, length]));
    const [start, end] = [positionLoss(start_logits!, start_positions!), positionLoss(end_logits!, end_positions!)];
    const loss = meanOf(start.loss, end.loss);
    const dRows = await head.backward(interleaved(start.gradient(), end.gradient()));
    if (dRows !== undefined) await pass.backward(dRows.reshape(pass.hidden.dims));
    const fields = { start_logits, end_logits, encoder_last_hidden_state: pass.encoded };
    return finished(context, { loss, fields }, return_outputs, LEDSeq2SeqQuestionAnsweringModelOutput);
  }

  async #encoderPass(context: TrainingContext, inputs: TrainingInputs) {
    refuseDecoderInputs("LEDForQuestionAnswering.loss_and_gradients", inputs);
    const global_attention_mask = inputs.global_attention_mask ?? this.#questions(inputs.input_ids ?? undefined);
    const path = context.core.loaded.weights.spec.encoder!;
    const pass = await encoderPass(context, path, encoderInputs(this.core, { ...inputs, global_attention_mask }));
    return { ...pass, hidden: pass.output, encoded: pass.output };
  }

  get_encoder(): LEDEncoder {
    return new LEDEncoder(this.core);
  }

  async #decoderStates(inputs: Seq2SeqForwardInputs) {
    const { encoded, decoded } = await runSeq2Seq(this.core, inputs);
    return { hidden: decoded.hidden, rest: seq2seqFields(encoded, decoded) };
  }

  async #encoderStates(inputs: Seq2SeqForwardInputs) {
    refuseDecoderInputs("LEDForQuestionAnswering.forward", inputs);
    const encoded = await runEncoder(this.core, {
      ...inputs,
      global_attention_mask: inputs.global_attention_mask ?? this.#questions(inputs.input_ids ?? undefined),
    });
    return { hidden: encoded.last_hidden_state, rest: seq2seqFields(encoded, undefined) };
  }

  /** Embeddings do not tell where a question ends. */
  #questions(input_ids: TensorLike | undefined): Tensor | undefined {
    if (input_ids === undefined) return undefined;
    return questionMask(tokenIds("input_ids", input_ids, this.core.geometry.vocab_size), this.config.eos_token_id);
  }
}

/** One of the two columns of [B*T, 2] -> [B, T] */
function column(both: Tensor<"float32">, which: number, dims: readonly number[]): Tensor<"float32"> {
  return new Tensor(
    "float32",
    Float32Array.from({ length: both.data.length / 2 }, (_, row) => both.data[2 * row + which]!),
    dims,
  );
}

/** Half of each of two gradients [B, T], side by side: [B*T, 2] */
function interleaved(start: Tensor<"float32">, end: Tensor<"float32">): Tensor<"float32"> {
  const rows = start.data.length;
  const both = Float32Array.from({ length: 2 * rows }, (_, at) => (at % 2 === 0 ? start : end).data[at >> 1]! / 2);
  return new Tensor("float32", both, [rows, 2]);
}

/** Where absent answers of an example stand among its positions [B, n]. */
const absent = -100;

/** Cross entropy of positions [B] or [B, n] over logits [B, T]: clamped to [0, T], and T is left out. */
function positionLoss(logits: Tensor<"float32">, given: TensorLike): Loss {
  const [batch, length] = logits.dims as [number, number];
  const positions = asTensor(given, "int64");
  const each = positions.data.length / batch;
  if (positions.dims[0] !== batch || positions.dims.length > 2 || each < 1) {
    throw new InvalidArgumentError({
      operation: "LEDForQuestionAnswering, positions",
      expected: `one position for each of the ${batch} examples, or equally many`,
      got: `dims [${positions.dims.join(", ")}]`,
    });
  }
  const numbers = Array.from(positions.data, Number);
  const clamped = Array.from({ length: batch }, (_, example) =>
    numbers
      .slice(example * each, (example + 1) * each)
      .filter((position) => each === 1 || position !== absent)
      .map((position) => Math.min(Math.max(position, 0), length)),
  );
  return crossEntropy(logits, clamped, length);
}
