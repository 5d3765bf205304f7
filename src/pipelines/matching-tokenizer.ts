/**
 * Whether a tokenizer is the one that a model was trained with, as far as their files tell. The reference does not ask: a
 * tokenizer that lacks its special tokens puts them behind its vocabulary, and the model fails on their ids or, where they
 * fall on other tokens' rows, reads nonsense.
 */
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";

type Sizes = Pick<LEDConfig, "vocab_size" | "bos_token_id" | "pad_token_id" | "eos_token_id">;

/** The tokens that every encoded or generated text holds. */
const roles = ["bos", "pad", "eos", "cls", "sep"] as const;

/** Where the model's config says which id a role has. */
const configured = { bos: "bos_token_id", pad: "pad_token_id", eos: "eos_token_id" } as const;

/** Throws an InvalidArgumentError for a tokenizer whose ids are not those of the model's token table. */
export function requireMatchingTokenizer(tokenizer: ByteLevelTokenizer, config: Sizes): void {
  const rows = config.vocab_size;
  const size = tokenizer.vocab_size;
  const refuse = (expected: string, got: string, fix: string): never => {
    throw new InvalidArgumentError({ operation: "tokenizer of the model", expected, got, fix });
  };
  const behind: string[] = [];
  for (const role of roles) {
    const token = tokenizer[`${role}_token`];
    const id = tokenizer[`${role}_token_id`];
    if (token === null || id === null || id < size) continue;
    const known = role in configured ? config[configured[role as keyof typeof configured]] : null;
    const wanted = known !== null && ![known].flat().includes(id);
    if (id >= rows || wanted) behind.push(`${token} (id ${id})`);
  }
  if (behind.length > 0) {
    refuse(
      `a vocabulary with its special tokens among the ${rows} of the model's token table (vocab_size)`,
      `${[...new Set(behind)].join(", ")} behind a vocabulary of ${size}`,
      "Is vocab.json complete, and of this model?",
    );
  }
  if (size > rows) {
    refuse(
      `at most ${rows} tokens, the rows of the model's token table (vocab_size)`,
      `a vocabulary of ${size}`,
      "Take the vocab.json and merges.txt that belong to the model.",
    );
  }
}
