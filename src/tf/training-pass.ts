/**
 * TensorFlow's LED with dropout, and its gradients, over the training of PyTorch's classes: the same passes with TensorFlow's
 * loss and without LayerDrop, which the reference has disabled (transformers 4.37.2, modeling_tf_led.py: TFLEDEncoder,
 * TFLEDDecoder; modeling_tf_utils.py: train_step).
 *
 * Departures: a call with dropout gives neither caches nor what layers show, and its attention mask is of zeros and ones.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { LEDCore } from "../models/led/core.ts";
import { Draws } from "../models/led/training/draws.ts";
import { languageModelHead } from "../models/led/training/language-model-head.ts";
import { type Seq2SeqPass, seq2seqPass } from "../models/led/training/seq2seq-pass.ts";
import { TrainingContext } from "../models/led/training/training-context.ts";
import { Tensor } from "../tensor.ts";
import type { TFModelInputs } from "./call-arguments.ts";
import { requireInputs } from "./forward.ts";
import { countedLabels, isLegacy, languageModelLoss } from "./loss.ts";
import { crossHeadMask, encoderMasks, headMask } from "./masks.ts";

type Floats = Tensor<"float32">;

export interface DropoutOptions {
  /** The key of dropout's masks: the model's seed by default. */
  readonly dropout_seed?: number | undefined;
  /** Tells the steps of a training apart: the number of this model's calls so far by default. */
  readonly dropout_step?: number | undefined;
}

/** Chance for dropout alone. */
class DropoutDraws extends Draws {
  override leavesOut(): boolean {
    return false;
  }
}

/** Whether dropout changes anything. */
export function dropsOut({ loaded: { config } }: LEDCore, training: boolean | null | undefined): boolean {
  return training === true && [config.dropout, config.attention_dropout, config.activation_dropout].some((p) => p > 0);
}

export async function openTraining(
  operation: string,
  core: LEDCore,
  inputs: TFModelInputs,
  { dropout_seed = core.loaded.seed, dropout_step = core.trainingCalls }: DropoutOptions = {},
): Promise<TrainingContext> {
  for (const [name, value] of Object.entries({ dropout_seed, dropout_step })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new InvalidArgumentError({
      operation,
      expected: `\`${name}\` a whole number of at least 0`,
      got: String(value),
    });
  }
  for (const name of ["use_cache", "past_key_values", "output_attentions", "output_hidden_states"] as const) {
    const value = inputs[name] ?? undefined;
    if (value === undefined || value === false) continue;
    throw new InvalidArgumentError({
      operation,
      expected: `no \`${name}\` with training: true`,
      got: "one",
      fix: "Call the model without `training` for it.",
    });
  }
  const odd = inputs.attention_mask?.data.find((value) => Number(value) !== 0 && Number(value) !== 1);
  if (odd !== undefined) {
    throw new InvalidArgumentError({
      operation,
      expected: "attention_mask of zeros and ones with training: true",
      got: String(odd),
      fix: "Say in global_attention_mask which positions are global.",
    });
  }
  await core.prepareTraining();
  core.trainingCalls++;
  return new TrainingContext(core, {
    draws: dropsOut(core, inputs.training) ? new DropoutDraws(dropout_seed, dropout_step) : undefined,
    signal: inputs.signal,
  });
}

/** Encoder and decoder. */
export function runPass(context: TrainingContext, inputs: TFModelInputs): Promise<Seq2SeqPass> {
  requireInputs(inputs);
  const { encoder_layers, encoder_attention_heads, decoder_layers, decoder_attention_heads } = context.core.geometry;
  const head_mask = headMask(inputs.head_mask ?? undefined, encoder_layers, encoder_attention_heads);
  const encoder_outputs = inputs.encoder_outputs ?? undefined;
  return seq2seqPass(context, {
    input_ids: inputs.input_ids,
    inputs_embeds: inputs.inputs_embeds,
    ...encoderMasks(inputs.attention_mask ?? undefined, inputs.global_attention_mask ?? undefined),
    head_mask,
    decoder_input_ids: inputs.decoder_input_ids,
    decoder_inputs_embeds: inputs.decoder_inputs_embeds,
    decoder_attention_mask: inputs.decoder_attention_mask,
    decoder_head_mask: headMask(inputs.decoder_head_mask ?? undefined, decoder_layers, decoder_attention_heads),
    cross_attn_head_mask: crossHeadMask(head_mask, decoder_layers, decoder_attention_heads),
    ...(encoder_outputs === undefined ? {} : { encoder_outputs: [...encoder_outputs] as Tensor[] }),
  });
}

/** Logits [B, T, V] of a pass, without gradients. */
export async function logitsOf(context: TrainingContext, { hidden }: Seq2SeqPass): Promise<Floats> {
  const labels = Tensor.zeros("int64", hidden.dims.slice(0, 2));
  labels.data.fill(-100n);
  const given = { hidden, hiddenTrained: false, labels, smoothing: 0, logitsWanted: true };
  return (await languageModelHead(context, given)).logits!;
}

export interface PassResult {
  /** [1], or with config.tf_legacy_loss of each label that counts. */
  readonly loss: Floats;
  readonly logits: Floats | undefined;
}

/**
 * Loss and gradients of a pass; the gradients are in the context: of the loss, and of the legacy loss's sum, as a tape gives
 * them. The legacy loss is read from logits, which are computed for it.
 */
export async function backward(
  context: TrainingContext,
  pass: Seq2SeqPass,
  labels: Tensor<"int64">,
  logitsWanted: boolean,
): Promise<PassResult> {
  const { config } = context.core.loaded;
  const legacy = isLegacy(config);
  const counted = countedLabels(labels, config);
  const { loss, logits, dHidden } = await languageModelHead(context, {
    hidden: pass.hidden,
    hiddenTrained: pass.trained,
    labels: counted,
    smoothing: 0,
    logitsWanted: logitsWanted || legacy,
  });
  if (dHidden !== undefined) await pass.backward(dHidden);
  if (!legacy) return { loss: new Tensor("float32", Float32Array.of(loss), [1]), logits };
  const losses = languageModelLoss(logits!, labels, config);
  for (const { data } of context.gradients.tensors.values()) {
    for (let i = 0; i < data.length; i++) data[i]! *= losses.data.length;
  }
  return { loss: losses, logits: logitsWanted ? logits : undefined };
}
