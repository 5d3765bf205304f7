/**
 * What generate() reads: ids, embeddings, or what an encoder gave (transformers 4.37.2, generation/tf_utils.py:
 * _prepare_model_inputs).
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationConfig } from "../generation/config.ts";
import type { Encoded } from "../models/led/encoder.ts";
import { ModelOutput } from "../models/led/model-output.ts";
import { Tensor } from "../tensor.ts";
import type { TFEncoderOutputs } from "./call-arguments.ts";

export interface GenerationSourceInputs {
  /** [B, S] */
  input_ids?: Tensor | undefined;
  /** The same as input_ids. */
  inputs?: Tensor | undefined;
  /** [B, S, D], in place of input_ids. */
  inputs_embeds?: Tensor | undefined;
  /** [B, S]; by default 0 at padding where the ids hold any. */
  attention_mask?: Tensor | undefined;
  /** [B, S] */
  global_attention_mask?: Tensor | undefined;
  encoder_outputs?: TFEncoderOutputs | undefined;
  /** [B, T]: what the output begins with. */
  decoder_input_ids?: Tensor | undefined;
}

export interface GenerationSource {
  readonly batch: number;
  readonly length: number;
  /** Of the encoder. */
  readonly inputs: { readonly input_ids?: Tensor; readonly inputs_embeds?: Tensor };
  /** What the encoder has given already. */
  readonly encoded: Encoded | undefined;
  /** [B, S]: 0 at padding, where the ids hold any that is no end token. */
  readonly mask: Tensor | undefined;
}

export function generationSource(given: GenerationSourceInputs, config: GenerationConfig): GenerationSource {
  const {
    input_ids,
    inputs,
    inputs_embeds,
    encoder_outputs,
    attention_mask,
    global_attention_mask,
    decoder_input_ids,
  } = given;
  const tensors = { input_ids, inputs, inputs_embeds, attention_mask, global_attention_mask, decoder_input_ids };
  for (const [name, value] of Object.entries(tensors)) requireTensor(name, value);
  if (input_ids !== undefined && inputs !== undefined) {
    throw new InvalidArgumentError({ operation: "generate", expected: "`inputs` or `input_ids`", got: "both" });
  }
  const ids = input_ids ?? inputs;
  if (encoder_outputs !== undefined) return fromEncoder(encoder_outputs);
  if (inputs_embeds === undefined) return fromIds(ids ?? startIds(config), config);
  if (ids === undefined)
    return { ...sizesOf(inputs_embeds), inputs: { inputs_embeds }, encoded: undefined, mask: undefined };
  throw new InvalidArgumentError({
    operation: "generate",
    says: "You passed `inputs_embeds` and `input_ids` to `.generate()`. Please pick one.",
  });
}

function requireTensor(name: string, value: unknown): void {
  if (value === undefined || value instanceof Tensor) return;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: `a Tensor as \`${name}\``,
    got: Array.isArray(value) ? "an array" : typeof value,
    fix: "Write Tensor.from([...]).",
  });
}

const sizesOf = ({ dims }: Tensor): { batch: number; length: number } => ({
  batch: dims[0] ?? 0,
  length: dims[1] ?? 0,
});

function fromEncoder(given: TFEncoderOutputs): GenerationSource {
  const [state, hidden_states, attentions] = given instanceof ModelOutput ? given.to_tuple() : given;
  if (!(state instanceof Tensor) || state.dims.length !== 3) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "encoder_outputs as get_encoder() gives them",
      got: state instanceof Tensor ? `dims [${state.dims.join(", ")}]` : typeof state,
    });
  }
  const encoded = { last_hidden_state: state.to("float32"), hidden_states, attentions } as Encoded;
  return { ...sizesOf(state), inputs: {}, encoded, mask: undefined };
}

/** Without any input a source of the start token alone, as the reference has it. */
function startIds({ bos_token_id }: GenerationConfig): Tensor {
  if (bos_token_id !== null) return Tensor.from([[bos_token_id]], "int64");
  throw new InvalidArgumentError({
    operation: "generate",
    says: "`bos_token_id` has to be defined when no `input_ids` are provided.",
  });
}

function fromIds(input_ids: Tensor, { pad_token_id, eos_token_id }: GenerationConfig): GenerationSource {
  const source = { ...sizesOf(input_ids), inputs: { input_ids }, encoded: undefined };
  if (pad_token_id === null || [eos_token_id].flat().includes(pad_token_id)) return { ...source, mask: undefined };
  const kept = Uint8Array.from({ length: input_ids.data.length }, (_, i) => (input_ids.at(i) === pad_token_id ? 0 : 1));
  return { ...source, mask: kept.includes(0) ? new Tensor("bool", kept, input_ids.dims) : undefined };
}
