/**
 * What LEDTokenizerFast works with, from either of its sources: vocabulary and merges, or a tokenizer.json
 * (transformers 4.37.2, convert_slow_tokenizer.py: RobertaConverter; tokenization_utils_fast.py: __init__).
 */
import { CheckpointError, InvalidArgumentError } from "../../errors.ts";
import type { Json } from "../../files.ts";
import { type Merge, requireMerges, requireVocabulary, type Vocabulary } from "../bpe/vocabulary.ts";
import { parseTokenizerJson, type TokenizerJson } from "../files/tokenizer-json.ts";
import type { LEDTokenizerFastOptions } from "../settings.ts";

export interface FastModel {
  readonly vocabulary: Vocabulary;
  readonly merges: readonly Merge[];
  /** The tokenizer.json that it came from. */
  readonly file: TokenizerJson | null;
}

export function fastModel(options: LEDTokenizerFastOptions): FastModel {
  if ("tokenizer_file" in options && options.tokenizer_file !== undefined) {
    const json = options.tokenizer_file as { readonly [key: string]: Json };
    if (json === null || typeof json !== "object" || Array.isArray(json)) {
      throw new InvalidArgumentError({
        operation: "LEDTokenizerFast option `tokenizer_file`",
        expected: "the object of a tokenizer.json",
        got: json === null ? "null" : Array.isArray(json) ? "an array" : typeof json,
        fix: "Read the file with JSON.parse, or its folder with from_pretrained.",
      });
    }
    const file = parseTokenizerJson(json, "LEDTokenizerFast: read tokenizer.json");
    return checked({ vocabulary: file.vocabulary, merges: file.merges, file });
  }
  if (!("vocab" in options) || options.vocab === undefined || options.merges === undefined) {
    throw new InvalidArgumentError({
      operation: "LEDTokenizerFast",
      expected: "`vocab` and `merges`, or `tokenizer_file`",
      got: `options ${Object.keys(options).join(", ") || "without any"}`,
      fix: "LEDTokenizerFast.from_pretrained reads a folder; from_files takes the contents of vocab.json and merges.txt.",
    });
  }
  return checked({
    vocabulary: requireVocabulary(options.vocab, "LEDTokenizerFast option `vocab`"),
    // The native library reads no empty lines.
    merges: requireMerges(options.merges, "LEDTokenizerFast option `merges`").filter((merge) => merge !== null),
    file: null,
  });
}

/** The native library refuses merges that name tokens which the vocabulary lacks. */
function checked(model: FastModel): FastModel {
  const { ids } = model.vocabulary;
  for (const merge of model.merges) {
    if (merge === null) continue;
    const missing = [...merge, merge.join("")].find((token) => !ids.has(token));
    if (missing === undefined) continue;
    throw new CheckpointError({
      operation: "LEDTokenizerFast",
      says: `Token \`${missing}\` out of vocabulary`,
      expected: `the merge ${JSON.stringify(merge.join(" "))} to name tokens of the vocabulary`,
      got: `none spelled ${JSON.stringify(missing)}`,
      fix: "vocab.json and merges.txt must be of the same tokenizer.",
    });
  }
  return model;
}
