/**
 * Which tokens of a source attend to all others and are seen by all: LED never chooses by itself. For classification and
 * question answering as transformers 4.37.2, modeling_longformer.py: LongformerForSequenceClassification.forward,
 * _compute_global_attention_mask; for summaries as LED was trained, the first token.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import type { Row } from "./dataset.ts";

/** What a policy may look at: one row of the model's input. */
export interface SourceEncoding {
  readonly input_ids: readonly number[];
  readonly attention_mask: readonly number[];
  /** Where each token lies in its text, where that is known. */
  readonly offset_mapping?: readonly (readonly [start: number, end: number])[];
}

/**
 * "first": the first token; "none"; "question": all before the first end token, the question of `<s>question</s></s>text</s>`;
 * `separators`: every token that is one of these ids; or a function that gives token indices.
 */
export type GlobalAttention =
  | "first"
  | "none"
  | "question"
  | { readonly separators: readonly number[] }
  | ((row: Row, encoding: SourceEncoding) => Iterable<number>);

export type GlobalAttentionMask = (row: Row, encoding: SourceEncoding) => number[];

/** The policy as a function that makes masks, 1 for global tokens. Throws an InvalidArgumentError for what is no policy. */
export function globalAttention(policy: GlobalAttention, tokenizer: ByteLevelTokenizer): GlobalAttentionMask {
  const indices = indicesOf(policy, tokenizer);
  return (row, encoding) => {
    const { length } = encoding.input_ids;
    const mask = new Array<number>(length).fill(0);
    for (const index of indices(row, encoding)) {
      if (!Number.isInteger(index) || index < 0 || index >= length) {
        throw new InvalidArgumentError({
          operation: "option `global_attention`",
          expected: `token indices of 0 to ${length - 1} from the function`,
          got: String(index),
        });
      }
      mask[index] = 1;
    }
    return mask;
  };
}

function indicesOf(
  policy: GlobalAttention,
  tokenizer: ByteLevelTokenizer,
): (row: Row, encoding: SourceEncoding) => Iterable<number> {
  if (typeof policy === "function") return policy;
  if (policy === "none") return () => [];
  if (policy === "first") return () => [0];
  if (policy === "question") {
    const { sep_token_id } = tokenizer;
    return (_, { input_ids }) => Array(Math.max(0, input_ids.indexOf(sep_token_id ?? -1))).keys();
  }
  const ids = typeof policy === "object" && policy !== null ? policy.separators : undefined;
  if (Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isInteger(id))) {
    const wanted: ReadonlySet<number> = new Set(ids as readonly number[]);
    return (_, { input_ids }) => [...input_ids.keys()].filter((index) => wanted.has(input_ids[index]!));
  }
  throw new InvalidArgumentError({
    operation: "option `global_attention`",
    expected: '"first", "none", "question", { separators: token ids } or a function',
    got: JSON.stringify(policy) ?? String(policy),
  });
}
