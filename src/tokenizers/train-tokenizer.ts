/**
 * A tokenizer for LED from texts. Its vocabulary is laid out as that of the released models, which is RoBERTa's: `<s>`, `<pad>`,
 * `</s>` and `<unk>` have the ids 0 to 3, and `<mask>` the last one. The reference has no function for it; its users train a
 * ByteLevelBPETokenizer (bpe/trainer.ts) and load what that saves.
 */
import { refuseUnknownOptions } from "../errors.ts";
import {
  requireMinFrequency,
  requireVocabSize,
  type TrainBytePairsOptions,
  type TrainingTexts,
  trainBytePairs,
} from "./bpe/trainer.ts";
import { LEDTokenizer } from "./led-tokenizer.ts";

const first = ["<s>", "<pad>", "</s>", "<unk>"] as const;
const last = "<mask>";

/** Tokens that there are before any merge: the specials and the 256 bytes. */
export const leastVocabSize = first.length + 256 + 1;

export interface TrainTokenizerOptions extends Omit<TrainBytePairsOptions, "vocab_size" | "special_tokens"> {
  /** Tokens at most, the five special ones among them: `vocab_size` of the model's config. Default 50,265, as LEDConfig's. */
  vocab_size?: number | undefined;
  /** Longest input of the model in tokens. Default 1e30, no limit. */
  model_max_length?: number | undefined;
}

const optionNames = [
  "vocab_size",
  "min_frequency",
  "add_prefix_space",
  "model_max_length",
  "progress_callback",
  "signal",
] as const satisfies readonly (keyof TrainTokenizerOptions)[];

const OPERATION = "trainTokenizer";

/** Learns a byte-level BPE from `texts`; `save_pretrained` writes it. Fewer tokens come out where the texts have too few pairs. */
export async function trainTokenizer(texts: TrainingTexts, options: TrainTokenizerOptions = {}): Promise<LEDTokenizer> {
  refuseUnknownOptions(OPERATION, options, optionNames);
  const { vocab_size = 50_265, min_frequency = 2, add_prefix_space = false, model_max_length } = options;
  // Here already, so that the numbers are those of this call.
  requireVocabSize(OPERATION, vocab_size, leastVocabSize, first.length + 1);
  requireMinFrequency(OPERATION, min_frequency);
  const { vocab, merges } = await trainBytePairs(texts, {
    vocab_size: vocab_size - 1,
    min_frequency,
    add_prefix_space,
    special_tokens: first,
    progress_callback: options.progress_callback,
    signal: options.signal,
  });
  // No merge makes it: pieces are either letters or signs.
  vocab.set(last, vocab.size);
  return new LEDTokenizer({ vocab, merges, add_prefix_space, model_max_length });
}
