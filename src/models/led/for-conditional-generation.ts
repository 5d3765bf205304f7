/**
 * LED with a language-modelling head: summaries and other texts from long documents (transformers 4.37.2,
 * modeling_led.py: LEDForConditionalGeneration).
 *
 * B batch, S source positions, T target positions, D d_model, V vocab_size.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import type { Files } from "../../files.ts";
import { GenerationConfig, generationConfigName } from "../../generation/config.ts";
import { compute_transition_scores } from "../../generation/transition-scores.ts";
import { warn } from "../../log.ts";
import { Tensor } from "../../tensor.ts";
import type { LEDCore } from "./core.ts";
import { runEncoder, runSeq2Seq, seq2seqFields } from "./forward.ts";
import { outputFlags, type Seq2SeqForwardInputs, seq2seqInputNames } from "./forward-inputs.ts";
import { type GenerateOptions, type GeneratingModel, type Generation, generate } from "./generate.ts";
import { LEDDecoder } from "./led-decoder.ts";
import { LEDEncoder } from "./led-encoder.ts";
import { crossEntropy } from "./losses.ts";
import { asTensor, shiftTokensRight, type TensorLike } from "./model-inputs.ts";
import { LEDSeq2SeqLMOutput } from "./outputs.ts";
import { LEDPreTrainedModel } from "./pretrained-model.ts";
import { type Asked, inForm } from "./return-form.ts";
import { type EmbeddingTable, embeddingTable } from "./token-table.ts";
import { languageModelHead } from "./training/language-model-head.ts";
import {
  finished,
  type LossAndGradients,
  type LossOptions,
  openContext,
  type TrainingInputs,
} from "./training/loss-call.ts";
import { seq2seqPass } from "./training/seq2seq-pass.ts";

export interface ConditionalGenerationInputs extends Seq2SeqForwardInputs {
  /** [B, T]: for the loss, -100 where none is wanted; shifted right they are the decoder's ids by default. */
  labels?: TensorLike | null | undefined;
}

export interface LanguageModelTrainingInputs extends TrainingInputs, LossOptions {
  /** [B, T], -100 where no loss is wanted; shifted right they are the decoder's ids by default. */
  labels: TensorLike | null | undefined;
  /** 0 by default. */
  label_smoothing?: number;
}

export type { GenerateOptions, GenerateProgress } from "./generate.ts";

type Forward = <I extends ConditionalGenerationInputs>(inputs: I) => Promise<Asked<I, LEDSeq2SeqLMOutput>>;

export class LEDForConditionalGeneration extends LEDPreTrainedModel<Forward> {
  static readonly className = "LEDForConditionalGeneration";
  /** What generate() does by default. */
  generation_config: GenerationConfig;

  constructor(core: LEDCore) {
    super(core);
    this.generation_config = GenerationConfig.from_model_config(this.config);
  }

  /** One pass over source and target: logits [B, T, V]; with labels the loss too. */
  async forward<I extends ConditionalGenerationInputs>(inputs: I): Promise<Asked<I, LEDSeq2SeqLMOutput>> {
    refuseUnknownOptions("LEDForConditionalGeneration.forward", inputs, [...seq2seqInputNames, "labels"]);
    const { labels, ...rest } = inputs;
    const targets = labels === undefined || labels === null ? undefined : asTensor(labels, "int64");
    const given: Seq2SeqForwardInputs = { ...rest };
    if (targets !== undefined) {
      if (given.use_cache) warn("The `use_cache` argument is changed to `False` since `labels` is provided.");
      given.use_cache = false;
      if (!given.decoder_input_ids && !given.decoder_inputs_embeds) {
        given.decoder_input_ids = this.prepare_decoder_input_ids_from_labels(targets);
      }
    }
    const { encoded, decoded } = await runSeq2Seq(this.core, given);
    const logits = decoded.logits!;
    if (targets !== undefined && targets.data.length * logits.dims[2]! !== logits.data.length) {
      throw new InvalidArgumentError({
        operation: "LEDForConditionalGeneration.forward",
        expected: `a label for each target token, [${logits.dims.slice(0, 2).join(", ")}]`,
        got: `labels [${targets.dims.join(", ")}]`,
      });
    }
    const loss = targets && crossEntropy(logits, Array.from(targets.data, Number)).loss;
    const output = new LEDSeq2SeqLMOutput({ loss, logits, ...seq2seqFields(encoded, decoded) });
    return inForm<I, LEDSeq2SeqLMOutput>(output, outputFlags(inputs, this.config));
  }

  _call<I extends ConditionalGenerationInputs>(inputs: I): Promise<Asked<I, LEDSeq2SeqLMOutput>> {
    return this.forward(inputs);
  }

  /**
   * The loss over `labels` and its gradients, of what forward computes; in training mode with dropout. `label_smoothing` is the
   * Trainer's: that much of the loss is the mean over the vocabulary (trainer_pt_utils.py: LabelSmoother). Layers are
   * computed again on the way back, so that of each only its input is kept.
   */
  async loss_and_gradients(inputs: LanguageModelTrainingInputs): Promise<LossAndGradients<LEDSeq2SeqLMOutput>> {
    const operation = "LEDForConditionalGeneration.loss_and_gradients";
    const { labels, label_smoothing = 0, return_outputs = true, dropout_seed: _, dropout_step: __, ...given } = inputs;
    const context = await openContext(this.core, {
      operation,
      inputs,
      names: ["labels", "label_smoothing"],
      training: this.training,
    });
    if (!(label_smoothing >= 0 && label_smoothing < 1)) {
      throw new InvalidArgumentError({
        operation,
        expected: "`label_smoothing` of at least 0, below 1",
        got: String(label_smoothing),
      });
    }
    if (labels === undefined || labels === null) {
      throw new InvalidArgumentError({ operation, expected: "`labels`, which the loss is of", got: "none" });
    }
    const targets = asTensor(labels, "int64");
    if (!given.decoder_input_ids && !given.decoder_inputs_embeds) {
      given.decoder_input_ids = this.prepare_decoder_input_ids_from_labels(targets);
    }
    const pass = await seq2seqPass(context, given);
    const { loss, logits, dHidden } = await languageModelHead(context, {
      hidden: pass.hidden,
      hiddenTrained: pass.trained,
      labels: targets,
      smoothing: label_smoothing,
      logitsWanted: return_outputs,
    });
    if (dHidden !== undefined) await pass.backward(dHidden);
    const fields = { logits, encoder_last_hidden_state: pass.encoded };
    return finished(
      context,
      { loss: new Tensor("float32", Float32Array.of(loss), []), fields },
      return_outputs,
      LEDSeq2SeqLMOutput,
    );
  }

  /**
   * Text from a source, by the strategy that the settings choose. int64 [B * num_return_sequences, T], the decoder's start
   * token included; with return_dict_in_generate an output class. Settings are fields of GenerationConfig; they override this
   * model's `generation_config`.
   */
  async generate<const O extends GenerateOptions>(options: O): Promise<Generation<O>> {
    this.generation_config = this.generation_config.following(this.config);
    const model: GeneratingModel = {
      decoder: await this.core.decoder(),
      generation_config: this.generation_config,
      encode: (inputs, progress) => runEncoder(this.core, inputs, progress),
    };
    return (await generate(model, options)) as Generation<O>;
  }

  /** The score by which each token of generated sequences was chosen: see compute_transition_scores. */
  compute_transition_scores(...given: Parameters<typeof compute_transition_scores>): Tensor<"float32"> {
    return compute_transition_scores(...given);
  }

  /** Labels [B, T] shifted right: the start token first, -100 as padding. */
  prepare_decoder_input_ids_from_labels(labels: TensorLike): Tensor<"int64"> {
    const { pad_token_id, decoder_start_token_id } = this.config;
    return shiftTokensRight(asTensor(labels, "int64"), pad_token_id, decoder_start_token_id);
  }

  get_encoder(): LEDEncoder {
    return new LEDEncoder(this.core);
  }

  get_decoder(): LEDDecoder {
    return new LEDDecoder(this.core);
  }

  /** lm_head's table: the token table unless they are untied. */
  override async get_output_embeddings(): Promise<EmbeddingTable> {
    return embeddingTable(this.core, "lm_head.weight");
  }

  protected override async loadBeside(files: Files): Promise<void> {
    if (await files.has(generationConfigName)) this.generation_config = await GenerationConfig.read(files);
  }

  protected override async saveBeside(files: Files): Promise<void> {
    await this.generation_config.following(this.config).write(files);
  }
}
