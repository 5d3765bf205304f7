/**
 * The keys that every config of the reference has, with their defaults (transformers 4.37.2, configuration_utils.py:
 * PretrainedConfig.__init__ and _get_generation_defaults). pretrained-config.ts adds what a config does with them.
 *
 * `num_labels`, `name_or_path` and the like are accessors there, because they are no keys of config.json.
 */

/** A token id; null where the config names none. */
export type TokenId = number | null;

export class PretrainedConfigKeys {
  /** Keys that no class knows are kept beside the others, shown and written back. */
  [key: string]: unknown;

  // What a forward pass returns.
  /** Output objects, rather than arrays. */
  return_dict = true;
  /** Return the hidden states of all layers. */
  output_hidden_states = false;
  /** Return the attention probabilities of all layers. */
  output_attentions = false;
  /** Turns output objects into arrays, as tracing in PyTorch needs. */
  torchscript = false;

  // The weights and how they are computed with.
  /** The weights' dtype as PyTorch names it, without "torch."; null where nothing says. */
  torch_dtype: string | null = null;
  /** bfloat16 scalars, for some TensorFlow models. */
  use_bfloat16 = false;
  /** TensorFlow's former losses with variable shapes. */
  tf_legacy_loss = false;
  /** Heads removed, by layer. */
  pruned_heads: Record<number, number[]> = {};
  /** The head shares the table of the input embeddings. */
  tie_word_embeddings = true;
  /** Positions per piece of a feed-forward layer; 0 is all at once. */
  chunk_size_feed_forward = 0;

  // The kind of model.
  /** Encoder and decoder, rather than one stack. */
  is_encoder_decoder = false;
  /** The stack is used as a decoder. */
  is_decoder = false;
  /** Width of the states attended to by cross-attention, where it differs from the model's. */
  cross_attention_hidden_size: number | null = null;
  /** Cross-attention in a stack that has none by itself. */
  add_cross_attention = false;
  /** The decoder shares the encoder's weights. */
  tie_encoder_decoder = false;

  // How generation goes where no generation_config.json says so.
  /** Tokens of a generated sequence at most, the prompt included. */
  max_length = 20;
  /** Tokens of a generated sequence at least, the prompt included. */
  min_length = 0;
  /** Draw tokens, rather than take the likeliest. */
  do_sample = false;
  /** When beam search ends: true at num_beams finished ones, false by a heuristic, "never" when none can get better. */
  early_stopping: boolean | "never" = false;
  /** Beams of beam search; 1 is greedy. */
  num_beams = 1;
  /** Groups of beams that are kept unlike each other. */
  num_beam_groups = 1;
  /** What a group pays for a token that an earlier group chose. */
  diversity_penalty = 0.0;
  /** Divides the logits before drawing. */
  temperature = 1.0;
  /** Draw among this many of the likeliest tokens; 0 is all. */
  top_k = 50;
  /** Draw among the likeliest tokens that reach this probability together. */
  top_p = 1.0;
  /** Draw among the tokens nearest the expected information that reach this probability together. */
  typical_p = 1.0;
  /** Divides the scores of tokens that have appeared; 1 does nothing. */
  repetition_penalty = 1.0;
  /** Power of the length that a beam's score is divided by. */
  length_penalty = 1.0;
  /** n-grams of this size occur once at most; 0 does nothing. */
  no_repeat_ngram_size = 0;
  /** n-grams of this size in the source do not occur in the output; 0 does nothing. */
  encoder_no_repeat_ngram_size = 0;
  /** Token sequences that are not generated. */
  bad_words_ids: number[][] | null = null;
  /** Sequences returned for each example. */
  num_return_sequences = 1;
  /** Return the scores of every step. */
  output_scores = false;
  /** Return an output object, rather than the sequences. */
  return_dict_in_generate = false;
  /** The first token generated after decoder_start_token_id. */
  forced_bos_token_id: TokenId = null;
  /** The token generated at max_length; several are allowed. */
  forced_eos_token_id: TokenId | number[] = null;
  /** Replace nan and inf among the logits. */
  remove_invalid_values = false;
  /** [first index, factor] of a reward for ending that grows with the length. */
  exponential_decay_length_penalty: [number, number] | null = null;
  /** Tokens that are never generated. */
  suppress_tokens: number[] | null = null;
  /** Tokens that are not generated first. */
  begin_suppress_tokens: number[] | null = null;

  // The task and its labels.
  /** Names of the classes whose weights the checkpoint holds. */
  architectures: string[] | null = null;
  /** The task the model was fine-tuned on. */
  finetuning_task: string | null = null;
  /** Label of each class; `num_labels` is how many there are. */
  id2label: Record<number, string> = labels(2).id2label;
  /** Class of each label; null when only id2label was given. */
  label2id: Record<string, number> | null = labels(2).label2id;
  /** Generation settings by pipeline task. */
  task_specific_params: Record<string, unknown> | null = null;
  /** Which loss classification has; null is told from the labels. */
  problem_type: "regression" | "single_label_classification" | "multi_label_classification" | null = null;

  // The tokenizer.
  /** The tokenizer's class, where the model's kind does not say it. */
  tokenizer_class: string | null = null;
  /** Text put before every input. */
  prefix: string | null = null;
  /** Beginning of a sequence. */
  bos_token_id: TokenId = null;
  /** Padding. */
  pad_token_id: TokenId = null;
  /** End of a sequence; generation ends at any of several. */
  eos_token_id: TokenId | number[] = null;
  /** Separator. */
  sep_token_id: TokenId = null;
  /** What the decoder starts with. */
  decoder_start_token_id: TokenId = null;

  // Where the config comes from.
  /** The folder or Hub id it was read from. */
  _name_or_path = "";
  /** The version that wrote the file that was read; what is written names this package's reference. */
  transformers_version: string | null = null;
  /** Commit of the Hub repository it was read from. Never written. */
  _commit_hash: string | null = null;
  /** What was asked for as `attn_implementation`. Never written. */
  _attn_implementation_internal: string | null = null;

  /** A former way to ask for checkpointing: a model being built takes it and removes it. */
  declare gradient_checkpointing?: boolean;
}

/** LABEL_0, LABEL_1 ... for so many classes, both ways. */
export function labels(count: number): { id2label: Record<number, string>; label2id: Record<string, number> } {
  const names = Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  return {
    id2label: Object.fromEntries(names.entries()),
    label2id: Object.fromEntries(names.map((name, i) => [name, i])),
  };
}

/** Keys whose values are floats in Python: whole numbers of theirs are written 1.0. */
export const pretrainedFloatKeys = [
  "diversity_penalty",
  "temperature",
  "top_p",
  "typical_p",
  "repetition_penalty",
  "length_penalty",
] as const;
