/** The tokens that a mask's targets name (transformers 4.37.2, pipelines/fill_mask.py: get_target_ids). */
import { InvalidArgumentError } from "../errors.ts";
import { warn } from "../log.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";

/** Each once, in ascending order. `rows`: of the model's token table. Throws an InvalidArgumentError where none is left. */
export function targetIds(
  operation: string,
  tokenizer: ByteLevelTokenizer,
  targets: string | readonly string[],
  rows: number,
): readonly number[] {
  const texts: readonly unknown[] = typeof targets === "string" ? [targets] : targets;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string")) {
    throw new InvalidArgumentError({
      operation,
      expected: "a text or a list of texts as `targets`",
      got: JSON.stringify(targets),
    });
  }
  const vocabulary = new Map(Object.entries(tokenizer.get_vocab()));
  const ids = texts.flatMap((target: string) => vocabulary.get(target) ?? firstToken(tokenizer, target));
  const beyond = ids.find((id) => id >= rows);
  if (beyond !== undefined) {
    throw new InvalidArgumentError({
      operation,
      expected: `targets among the ${rows} tokens of the model`,
      got: `${tokenizer.convert_ids_to_tokens(beyond)} (id ${beyond})`,
      fix: "Make room for added tokens: model.resize_token_embeddings(tokenizer.length).",
    });
  }
  if (ids.length > 0) return [...new Set(ids)].sort((a, b) => a - b);
  throw new InvalidArgumentError({
    operation,
    says: "At least one target must be provided when passed.",
    got: JSON.stringify(targets),
  });
}

function firstToken(tokenizer: ByteLevelTokenizer, target: string): number[] {
  const ids = tokenizer(target, { add_special_tokens: false, truncation: true, max_length: 1 }).input_ids as number[];
  const missing = `The specified target token \`${target}\` does not exist in the model vocabulary.`;
  warn(
    ids.length === 0
      ? `${missing} We cannot replace it with anything meaningful, ignoring it`
      : `${missing} Replacing with \`${tokenizer.convert_ids_to_tokens(ids[0]!)}\`.`,
  );
  return ids;
}
