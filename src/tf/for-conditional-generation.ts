/**
 * TFLEDForConditionalGeneration: LED whose head is the token table (transformers 4.37.2, modeling_tf_led.py), whatever
 * config.tie_word_embeddings says.
 *
 * B batch, S source positions, T target positions, V vocab_size.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import { GenerationConfig, generationConfigName } from "../generation/config.ts";
import { compute_transition_scores } from "../generation/transition-scores.ts";
import type { LEDCore } from "../models/led/core.ts";
import { seq2seqFields } from "../models/led/forward.ts";
import type { Generation } from "../models/led/generate.ts";
import type { OutputTuple } from "../models/led/model-output.ts";
import { tensorWeight } from "../models/led/model-weights.ts";
import type { Asked } from "../models/led/return-form.ts";
import type { EmbeddingTable } from "../models/led/token-table.ts";
import type { Tensor } from "../tensor.ts";
import { conditionalGenerationSignature, readCall, type TFConditionalGenerationInputs } from "./call-arguments.ts";
import { type Compiled, type CompileOptions, compiled, type FitOptions, type History, runFit } from "./fit.ts";
import { decodedTuple, encodeAndDecode, flagsOf } from "./forward.ts";
import { generate, type TFGenerateOptions } from "./generate.ts";
import { decoderIdsOf, isLegacy, languageModelLoss, requireClasses } from "./loss.ts";
import { TFLEDSeq2SeqLMOutput } from "./outputs.ts";
import type { KerasCall } from "./parts.ts";
import { TFLEDPreTrainedModel } from "./pretrained-model.ts";
import { backward, type DropoutOptions, dropsOut, logitsOf, openTraining, runPass } from "./training-pass.ts";

type Call = KerasCall<TFConditionalGenerationInputs, TFLEDSeq2SeqLMOutput>;

export interface TFTrainingInputs extends TFConditionalGenerationInputs, DropoutOptions {
  /** false leaves `outputs` out, whose logits may be large. */
  return_outputs?: boolean;
}

export interface TFLossAndGradients {
  /** [1]; with config.tf_legacy_loss [labels], and the gradients are those of its sum. */
  readonly loss: Tensor<"float32">;
  readonly outputs: TFLEDSeq2SeqLMOutput | undefined;
  /**
   * By name in PyTorch's state dict and in its layout. Absent where a tape gives None: without global positions, their
   * projections.
   */
  readonly gradients: Map<string, Tensor<"float32">>;
}

export class TFLEDForConditionalGeneration extends TFLEDPreTrainedModel<Call> {
  static readonly className = "LEDForConditionalGeneration";
  static readonly tfName = "TFLEDForConditionalGeneration";
  protected readonly kerasName = "tfled_for_conditional_generation";
  /** What generate() does by default. */
  generation_config: GenerationConfig;
  #compiled: Compiled | undefined;

  constructor(core: LEDCore) {
    super(core);
    this.generation_config = GenerationConfig.from_model_config(this.config);
  }

  /** One pass over source and target, in any of Keras' forms (call-arguments.ts): logits [B, T, V]; with labels the loss too. */
  override call<I extends TFConditionalGenerationInputs>(
    inputs: I,
    keywords?: Partial<TFConditionalGenerationInputs>,
  ): Promise<Asked<I, TFLEDSeq2SeqLMOutput>>;
  override call(
    first: Tensor | readonly unknown[] | null,
    ...rest: unknown[]
  ): Promise<TFLEDSeq2SeqLMOutput | OutputTuple>;
  override async call(...given: unknown[]): Promise<unknown> {
    const operation = "TFLEDForConditionalGeneration.call";
    const inputs = readCall<TFConditionalGenerationInputs>(operation, conditionalGenerationSignature, given);
    const labels = this.#prepareLabels(inputs);
    const { return_dict } = flagsOf(inputs, this.config);
    if (dropsOut(this.core, inputs.training)) {
      const context = await openTraining(operation, this.core, inputs);
      const pass = await runPass(context, inputs);
      const logits = await logitsOf(context, pass);
      const loss = labels && languageModelLoss(logits, labels, this.config);
      const output = new TFLEDSeq2SeqLMOutput({ loss, logits, encoder_last_hidden_state: pass.encoded });
      return return_dict ? output : output.to_tuple();
    }
    const { source, decoded } = await encodeAndDecode(this.core, inputs);
    const logits = decoded.logits!;
    const loss = labels && languageModelLoss(logits, labels, this.config);
    if (!return_dict) return [...(loss ? [loss] : []), ...decodedTuple(decoded, logits), ...source.tuple];
    return new TFLEDSeq2SeqLMOutput({ loss, logits, ...seq2seqFields(source.encoded, decoded) });
  }

  _call(...given: unknown[]): Promise<unknown> {
    return this.call(...(given as [Tensor]));
  }

  /** With labels there is no cache, and the decoder reads them, shifted, unless it is given something else. */
  #prepareLabels(inputs: TFConditionalGenerationInputs): Tensor<"int64"> | undefined {
    const labels = inputs.labels?.to("int64");
    if (labels === undefined) return undefined;
    inputs.use_cache = false;
    if (!inputs.decoder_input_ids && !inputs.decoder_inputs_embeds) {
      inputs.decoder_input_ids = decoderIdsOf(labels, this.config);
    }
    if (isLegacy(this.config)) requireClasses(labels, this.config);
    return labels;
  }

  /**
   * The loss over `labels` and its gradients, as tf.GradientTape gives them; with training: true under dropout. Takes one object
   * of arguments.
   */
  async loss_and_gradients(inputs: TFTrainingInputs): Promise<TFLossAndGradients> {
    const operation = "TFLEDForConditionalGeneration.loss_and_gradients";
    const { dropout_seed, dropout_step, return_outputs = true, ...given } = inputs;
    const read = readCall<TFConditionalGenerationInputs>(operation, conditionalGenerationSignature, [given]);
    const labels = this.#prepareLabels(read);
    if (labels === undefined) {
      throw new InvalidArgumentError({ operation, expected: "`labels`, which the loss is of", got: "none" });
    }
    const context = await openTraining(operation, this.core, read, { dropout_seed, dropout_step });
    const pass = await runPass(context, read);
    const { loss, logits } = await backward(context, pass, labels, return_outputs);
    return {
      loss,
      outputs: return_outputs
        ? new TFLEDSeq2SeqLMOutput({ loss, logits, encoder_last_hidden_state: pass.encoded })
        : undefined,
      gradients: context.gradients.tensors,
    };
  }

  /** Chooses the optimiser of fit(). The loss is the model's own: others, and metrics, are refused by name. */
  compile(options: CompileOptions = {}): void {
    this.#compiled = compiled(options);
  }

  /**
   * Trains on examples: `x` in any of the forms of a call, its tensors with a row for each example; labels in it, or as `y`.
   * Takes the steps of each batch in turn, with dropout. Mirrors Keras' Model.fit.
   */
  async fit(
    x: TFConditionalGenerationInputs | Tensor | readonly unknown[],
    options: FitOptions = {},
  ): Promise<History> {
    if (this.#compiled === undefined) {
      throw new InvalidArgumentError({
        operation: "fit",
        says: "You must compile your model before training/testing. Use `model.compile(optimizer, loss)`.",
      });
    }
    return runFit(this, this.#compiled.optimizer, x, options);
  }

  /** The mean of the batches' losses, without dropout. */
  async evaluate(
    x: TFConditionalGenerationInputs | Tensor | readonly unknown[],
    options: Pick<FitOptions, "y" | "batch_size" | "signal"> = {},
  ): Promise<number> {
    refuseUnknownOptions("evaluate", options, ["y", "batch_size", "signal"]);
    const { loss } = await runFit(this, undefined, x, { ...options, shuffle: false });
    return loss[0]!;
  }

  /**
   * Text from a source by TensorFlow's searches (generate.ts). int64 [B * num_return_sequences, T], the decoder's start token
   * included; with return_dict_in_generate an output class. Settings are fields of GenerationConfig.
   */
  async generate<const O extends TFGenerateOptions>(options: O): Promise<Generation<O>> {
    this.generation_config = this.generation_config.following(this.config);
    return (await generate(this.core, this.generation_config, options)) as Generation<O>;
  }

  /** The score by which each token of generated sequences was chosen: see compute_transition_scores. */
  compute_transition_scores(...given: Parameters<typeof compute_transition_scores>): Tensor<"float32"> {
    return compute_transition_scores(...given);
  }

  /** Labels [B, T] shifted right: the start token first, -100 as padding. */
  prepare_decoder_input_ids_from_labels(labels: Tensor): Tensor<"int64"> {
    return decoderIdsOf(labels.to("int64"), this.config);
  }

  /** The token table, which logits are computed with. */
  get_output_embeddings(): Promise<EmbeddingTable> {
    return this.get_input_embeddings();
  }

  /** What is added to the logits, [1, V]. */
  async get_bias(): Promise<{ final_logits_bias: Tensor }> {
    return { final_logits_bias: await this.core.loaded.weights.tensor("final_logits_bias") };
  }

  async set_bias({ final_logits_bias }: { final_logits_bias: Tensor }): Promise<void> {
    const { vocab_size } = this.core.geometry;
    if (final_logits_bias.dims.join() !== `1,${vocab_size}`) {
      throw new InvalidArgumentError({
        operation: "set_bias",
        expected: `a final_logits_bias [1, ${vocab_size}]`,
        got: `[${final_logits_bias.dims.join(", ")}]`,
      });
    }
    this.core.loaded.weights.set("final_logits_bias", tensorWeight(final_logits_bias));
    await this.core.changed();
  }

  protected override async loadBeside(files: Files): Promise<void> {
    if (await files.has(generationConfigName)) this.generation_config = await GenerationConfig.read(files);
  }

  protected override async saveBeside(files: Files): Promise<void> {
    await this.generation_config.following(this.config).write(files);
  }
}
