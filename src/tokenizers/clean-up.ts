/**
 * Takes out the spaces that tokenizing put before English punctuation and contractions
 * (transformers 4.37.2, tokenization_utils_base.py: clean_up_tokenization). It alters texts that had such spaces themselves.
 */

/** In this order: each is applied to what the ones before left. */
const replacements: readonly (readonly [string, string])[] = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

export function cleanUpTokenization(text: string): string {
  // split and join: in a replacement string of replaceAll, "$" and "'" would have a meaning.
  return replacements.reduce((result, [from, to]) => result.split(from).join(to), text);
}
