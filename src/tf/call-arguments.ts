/**
 * The forms in which Keras' models are called (transformers 4.37.2, modeling_tf_utils.py: unpack_inputs, input_processing), all
 * of which mean the same:
 *
 *     model.call({ input_ids, decoder_input_ids, training: true })          one object: keywords, or Keras' dict
 *     model.call({ input_ids }, { decoder_input_ids })                      an object, and keywords for what it lacks
 *     model.call([input_ids, attention_mask, decoder_input_ids])            a list in the order of the signature
 *     model.call(input_ids, attention_mask, { decoder_input_ids })          the first ones in order, then keywords
 *     model.call(null, { encoder_outputs, decoder_input_ids })              as Keras needs a first argument
 *
 * A plain array is always a list, of arguments or of a cache's tensors: what is a tensor must be a Tensor.
 *
 * Departures: a name that is no argument is an error in every form, where the reference passes it over in TFLEDModel, or with a
 * foreign value in an object; `inputs` works as a keyword too.
 */
import { InvalidArgumentError, nearestName } from "../errors.ts";
import { warn } from "../log.ts";
import { ModelOutput } from "../models/led/model-output.ts";
import type { PastKeyValues } from "../models/led/outputs.ts";
import { Tensor } from "../tensor.ts";

type Maybe<T> = T | null | undefined;

/** What an encoder gave: its output, or the values in their order. */
export type TFEncoderOutputs = ModelOutput | readonly (Tensor | readonly Tensor[])[];

export interface TFOutputOptions {
  output_attentions?: Maybe<boolean>;
  output_hidden_states?: Maybe<boolean>;
  /** false gives arrays in place of output objects, without global attentions. */
  return_dict?: Maybe<boolean>;
  /** Dropout is on. */
  training?: Maybe<boolean>;
  signal?: AbortSignal | undefined;
}

/** Arguments of TFLEDModel, in the order of its signature. */
export interface TFModelInputs extends TFOutputOptions {
  /** [B, S] */
  input_ids?: Maybe<Tensor>;
  /** [B, S]: 1 at tokens, 0 at padding, 2 where a position is global. */
  attention_mask?: Maybe<Tensor>;
  /** [B, T]; never made of input_ids. */
  decoder_input_ids?: Maybe<Tensor>;
  /** [B, P + T]; ignored for a single token. */
  decoder_attention_mask?: Maybe<Tensor>;
  /** [encoder layers, heads]: of the encoder and, layer by layer, of the decoder's cross-attention. */
  head_mask?: Maybe<Tensor>;
  /** [decoder layers, heads] */
  decoder_head_mask?: Maybe<Tensor>;
  encoder_outputs?: Maybe<TFEncoderOutputs>;
  /** [B, S] */
  global_attention_mask?: Maybe<Tensor>;
  past_key_values?: Maybe<PastKeyValues>;
  /** [B, S, D] */
  inputs_embeds?: Maybe<Tensor>;
  /** [B, T, D] */
  decoder_inputs_embeds?: Maybe<Tensor>;
  use_cache?: Maybe<boolean>;
  /** An old name of input_ids. */
  inputs?: Maybe<Tensor>;
  /** Old names of past_key_values. */
  past?: Maybe<PastKeyValues>;
  decoder_cached_states?: Maybe<PastKeyValues>;
}

/** Arguments of TFLEDForConditionalGeneration. */
export interface TFConditionalGenerationInputs extends TFModelInputs {
  /** [B, T]: the pad token where no loss is wanted; shifted right they are the decoder's ids by default. */
  labels?: Maybe<Tensor>;
}

export interface TFEncoderInputs extends TFOutputOptions {
  input_ids?: Maybe<Tensor>;
  inputs_embeds?: Maybe<Tensor>;
  attention_mask?: Maybe<Tensor>;
  global_attention_mask?: Maybe<Tensor>;
  head_mask?: Maybe<Tensor>;
}

export interface TFDecoderInputs extends TFOutputOptions {
  input_ids?: Maybe<Tensor>;
  inputs_embeds?: Maybe<Tensor>;
  attention_mask?: Maybe<Tensor>;
  encoder_hidden_states?: Maybe<Tensor>;
  encoder_attention_mask?: Maybe<Tensor>;
  head_mask?: Maybe<Tensor>;
  /** [decoder layers, heads], of cross-attention. */
  encoder_head_mask?: Maybe<Tensor>;
  past_key_values?: Maybe<PastKeyValues>;
  use_cache?: Maybe<boolean>;
}

type Kind = "tensor" | "flag" | "encoder outputs" | "cache";

/** A signature: its arguments in order, and what each is. */
export type Signature = ReadonlyMap<string, Kind>;

const tensors = (...names: string[]): [string, Kind][] => names.map((name) => [name, "tensor"]);
const flags = (...names: string[]): [string, Kind][] => names.map((name) => [name, "flag"]);

const modelInputs: [string, Kind][] = [
  ...tensors("input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask", "head_mask"),
  ...tensors("decoder_head_mask"),
  ["encoder_outputs", "encoder outputs"],
  ...tensors("global_attention_mask"),
  ["past_key_values", "cache"],
  ...tensors("inputs_embeds", "decoder_inputs_embeds"),
  ...flags("use_cache", "output_attentions", "output_hidden_states", "return_dict"),
];

export const modelSignature: Signature = new Map([...modelInputs, ...flags("training")]);
export const conditionalGenerationSignature: Signature = new Map([
  ...modelInputs,
  ...tensors("labels"),
  ...flags("training"),
]);
export const encoderSignature: Signature = new Map([
  ...tensors("input_ids", "inputs_embeds", "attention_mask", "global_attention_mask", "head_mask"),
  ...flags("output_attentions", "output_hidden_states", "return_dict", "training"),
]);
export const decoderSignature: Signature = new Map<string, Kind>([
  ...tensors("input_ids", "inputs_embeds", "attention_mask", "encoder_hidden_states", "encoder_attention_mask"),
  ...tensors("head_mask", "encoder_head_mask"),
  ["past_key_values", "cache"],
  ...flags("use_cache", "output_attentions", "output_hidden_states", "return_dict", "training"),
]);

/** Old names, which the reference still takes. */
const oldNames: { readonly [name: string]: string } = {
  inputs: "input_ids",
  past: "past_key_values",
  decoder_cached_states: "past_key_values",
};

/** The arguments of a call by their names, checked for their kinds. Absent ones are undefined. */
export function readCall<Inputs>(operation: string, signature: Signature, given: readonly unknown[]): Inputs {
  const names = [...signature.keys()];
  if (given.length === 0) {
    throw new InvalidArgumentError({
      operation,
      says: "The first argument to `Layer.call` must always be passed.",
      fix: `Write call({ ${names[0]}, ... }), or call(null, { ... }) without it.`,
    });
  }
  const keywords = given.length > 1 && isObject(given.at(-1)) ? (given.at(-1) as object) : undefined;
  const positional = keywords === undefined ? given : given.slice(0, -1);
  const [first, ...rest] = positional;
  const values = new Map<string, unknown>();
  const put = (name: string, value: unknown): void => {
    values.set(knownName(operation, name, signature), value);
  };
  const putInOrder = (list: readonly unknown[], from: number): void => {
    if (list.length + from > names.length) {
      throw new InvalidArgumentError({
        operation,
        expected: `at most ${names.length} arguments: ${names.join(", ")}`,
        got: String(list.length + from),
      });
    }
    list.forEach((value, i) => {
      put(names[from + i]!, value);
    });
  };
  for (const [name, value] of Object.entries(keywords ?? {})) put(name, value);
  putInOrder(rest, 1);
  // Last, as what the first argument has counts before keywords, null too.
  if (Array.isArray(first)) putInOrder(first, 0);
  else if (isObject(first)) for (const [name, value] of Object.entries(first as object)) put(name, value);
  else if (first !== null && first !== undefined) put(names[0]!, first);
  for (const [name, value] of values) checkKind(operation, name, value, signature.get(name));
  return Object.fromEntries([...values].map(([name, value]) => [name, value ?? undefined])) as Inputs;
}

/** An object of arguments: neither a tensor, nor a list, nor a model's output. */
function isObject(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Tensor) &&
    !(value instanceof ModelOutput) &&
    !isSymbolic(value)
  );
}

/** What Keras' functional API and TensorFlow.js build models of. */
function isSymbolic(value: object): boolean {
  return "dtype" in value && "shape" in value;
}

function knownName(operation: string, name: string, signature: Signature): string {
  if (signature.has(name) || name === "signal") return name;
  const renamed = oldNames[name];
  if (renamed !== undefined && signature.has(renamed) && signature.has("decoder_input_ids")) {
    warn(`The \`${name}\` argument is deprecated and will be removed in a future version, use \`${renamed}\` instead.`);
    return renamed;
  }
  const near = nearestName(name, signature.keys());
  throw new InvalidArgumentError({
    operation,
    says: `The following keyword arguments are not supported by this model: ['${name}'].`,
    expected: `arguments among ${[...signature.keys()].join(", ")}`,
    got: `\`${name}\``,
    ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
  });
}

const wanted: { readonly [K in Kind]: string } = {
  tensor: "a Tensor",
  flag: "true or false",
  "encoder outputs": "what get_encoder() gave, or an array of its values",
  cache: "past_key_values of an earlier call: an array of tensors for each layer",
};

function checkKind(operation: string, name: string, value: unknown, kind: Kind | undefined): void {
  if (kind === undefined || value === null || value === undefined || fits(value, kind)) return;
  if (typeof value === "object" && isSymbolic(value)) {
    throw new InvalidArgumentError({
      operation,
      expected: "numbers to compute with",
      got: `a symbolic or foreign tensor as \`${name}\``,
      fix: "Functional composition (keras.Input, keras.Model) is not supported: call the model with Tensors.",
    });
  }
  throw new InvalidArgumentError({
    operation,
    expected: `${wanted[kind]} as \`${name}\``,
    got: shown(value),
    ...(kind === "tensor" && Array.isArray(value)
      ? { fix: "Write Tensor.from([...]): a plain array is the list of a call's arguments here." }
      : {}),
  });
}

function fits(value: unknown, kind: Kind): boolean {
  if (kind === "tensor") return value instanceof Tensor;
  if (kind === "flag") return typeof value === "boolean";
  if (kind === "cache")
    return Array.isArray(value) && value.every((layer) => Array.isArray(layer) && layer.every(isTensor));
  return value instanceof ModelOutput || (Array.isArray(value) && isTensor(value[0]));
}

const isTensor = (value: unknown): boolean => value instanceof Tensor;

function shown(value: unknown): string {
  if (value instanceof Tensor) return "a Tensor";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `${typeof value} ${String(value)}`;
}
