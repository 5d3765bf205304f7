/** What collators and the trainer ask of a tokenizer. */
import type { Files } from "../files.ts";

export interface PaddingTokenizer {
  readonly padding_side: "left" | "right";
  readonly pad_token_id: number | null;
  readonly eos_token_id: number | null;
  /** Keys of the advice that it has given, and does not give again. */
  readonly warned?: Set<string>;
  /** Rows of one length: input_ids, and the masks that belong to them. */
  pad(
    features: readonly object[],
    options: {
      readonly padding?: boolean | "longest" | "max_length" | "do_not_pad";
      readonly max_length?: number | null;
      readonly pad_to_multiple_of?: number | null;
    },
  ): object;
  /** Writes the tokenizer beside a model. */
  save_pretrained(folder: Files): unknown;
}
