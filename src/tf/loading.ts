/**
 * How TensorFlow's classes come from files or from a config (transformers 4.37.2, modeling_tf_utils.py: from_pretrained): on the
 * loading of PyTorch's classes, from other files and with other first numbers.
 *
 * Departures: names in loading reports are the state dict's; final_logits_bias, which a base model's file lacks, is zeros without
 * a report; weights that are missing below the head are an error, as everywhere in this package.
 */
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";
import type { LoadOptions } from "../load-options.ts";
import { warn } from "../log.ts";
import {
  type CreateOptions,
  createModel,
  type LoadedModel,
  type LoadingInfo,
  loadModel,
  type ModelForm,
} from "../models/led/loading.ts";
import { kerasInitialWeight } from "./initial-weights.ts";

/** Options of from_pretrained. Keys of LEDConfig beside them override the checkpoint's config. */
export interface TFPretrainedOptions extends LoadOptions, CreateOptions {
  /** Instead of the folder's config.json. */
  config?: LEDConfig | undefined;
  /** Read the weights of a PyTorch class: pytorch_model.bin, or else safetensors. */
  from_pt?: boolean | undefined;
  /** Weights of another shape than the model's are made anew instead of refused. */
  ignore_mismatched_sizes?: boolean | undefined;
  /** Give [model, LoadingInfo]. */
  output_loading_info?: boolean | undefined;
}

/** A class, and what it is on PyTorch's side. */
export interface TFClass {
  readonly tfName: "TFLEDModel" | "TFLEDForConditionalGeneration";
  readonly className: "LEDModel" | "LEDForConditionalGeneration";
}

/** Options of PyTorch's classes that these do not have. */
const elsewhere: { readonly [name: string]: string } = {
  from_tf: "TensorFlow's own files are read without it.",
  variant: "TensorFlow's files have no variants.",
  state_dict: "Load the tensors into LEDForConditionalGeneration and save them.",
  worker: "Models in a worker are PyTorch's classes.",
};

export async function loadTensorFlowModel(
  { tfName, className }: TFClass,
  source: string | Files,
  given: TFPretrainedOptions & { readonly [configKey: string]: unknown },
): Promise<LoadedModel & { readonly files: Files; readonly info: LoadingInfo }> {
  const operation = `${tfName}.from_pretrained`;
  const { from_pt = false, ...rest } = given;
  for (const [name, fix] of Object.entries(elsewhere)) {
    if (rest[name] === undefined) continue;
    throw new InvalidArgumentError({ operation, expected: `no option \`${name}\``, got: "one", fix });
  }
  if (typeof from_pt !== "boolean") {
    throw new InvalidArgumentError({ operation, expected: "`from_pt` to be true or false", got: String(from_pt) });
  }
  const model = await loadModel(className, source, rest, formOf(tfName, from_pt));
  warnOfLayerDrop(model.config);
  return model;
}

/** A model with random weights. */
export async function createTensorFlowModel(
  { tfName, className }: TFClass,
  config: LEDConfig,
  given: CreateOptions,
): Promise<LoadedModel> {
  const model = await createModel(className, config, given, formOf(tfName, false));
  warnOfLayerDrop(config);
  return model;
}

function formOf(name: TFClass["tfName"], from_pt: boolean): ModelForm {
  return {
    name,
    search: from_pt ? "from_pt" : "tensorflow",
    initial: kerasInitialWeight,
    oneTable: true,
    ignored: name === "TFLEDModel" ? undefined : /^(?:led\.)?(?:en|de)coder\.embed_tokens\.weight$/,
  };
}

function warnOfLayerDrop({ encoder_layerdrop, decoder_layerdrop }: LEDConfig): void {
  for (const probability of [encoder_layerdrop, decoder_layerdrop]) {
    if (probability > 0) warn("Layerdrop is currently disabled in TFLED models.");
  }
}
