/** Cases of the oracle in which this package is meant to do something else than the reference. */

/** The reference raises; here the call has an obvious meaning and works. */
export const alsoWorks: ReadonlySet<string> = new Set([
  // An object of outputs is taken whatever form the result shall have.
  "encoded, output as tuple",
  // Padding to whole windows takes no rows of the position table, needs no pad id, and windows need not divide each other.
  "past the table by padding",
  "windows that do not divide",
  "window 2",
  "no pad id, decoder ids given",
  "pad id -1",
  // Whole numbers are classes and positions in any number format.
  "labels as floats",
  "five labels, int32",
  "single label given, floats as classes",
  "multi label given, integers",
  "positions as floats",
  "int32 positions",
  // generate() takes several end tokens; so does the classification head.
  "several end tokens",
]);

/** The reference repeats, cuts or ignores something silently; here it is an error that says what is expected. */
export const alsoRefused: ReadonlySet<string> = new Set([
  "rows of source and target differ",
  "one source row for two targets",
  "source of other rows",
  "global mask of one row",
  "decoder mask of one row",
  "decoder mask of one column",
  "regression given, repeated",
  "past without a source, then a source",
  "a global mask",
]);

/** Checkpoints that the reference cannot load and this package can. */
export const loadsHere: ReadonlySet<string> = new Set([
  // The reference takes a column of half the size for a packed weight, and fails on it.
  "LEDForConditionalGeneration from lm half the size, ignore_mismatched_sizes",
  // The metadata of a safetensors file say nothing of its tensors.
  "LEDForConditionalGeneration from lm no metadata",
  "LEDForConditionalGeneration from lm metadata np",
]);

/** Checkpoints that the reference loads and this package refuses. */
export const refusedHere: ReadonlySet<string> = new Set([
  // A config of another model is never meant.
  "LEDModel from another type",
  // A decoder without layers fails in the reference's forward.
  "LEDForConditionalGeneration from lm, decoder_layers",
]);

/** Keys of the config that the reference's load fails on and this package's takes. */
export const overridesHere: ReadonlySet<string> = new Set([
  // In the reference a config that is given takes no keys beside it; here they override it as they do a file's.
  "LEDForConditionalGeneration, output_attentions true, config",
]);

/** Keys of the config that the reference's load takes and this package's refuses. */
export const overridesRefusedHere: ReadonlySet<string> = new Set([
  // The reference checks problem_type in a file but not in the call, and then gives no loss.
  'LEDForSequenceClassification, problem_type "ranking"',
  // Options are checked before any file is read or downloaded: a key that only this file has is not known then.
  "LEDForConditionalGeneration, file zebra 1, zebra 2",
]);

/** Keys of the config with which the reference's call fails. */
export const worksHere: ReadonlySet<string> = new Set([
  // Windows need not divide each other.
  "LEDForConditionalGeneration, attention_window [4,6]",
]);

/** Keys of the config with which the reference reports a weight missing that it has. */
export const nothingMissingHere: ReadonlySet<string> = new Set([
  // For tracing, Python copies tied tables, and reports the copy although it has the table's numbers.
  "LEDForConditionalGeneration, file torchscript true",
]);

/** Calls of resize_token_embeddings that the reference fails on. */
export const resizedHere: ReadonlySet<string> = new Set([
  // No number means no change in every class, as in LEDModel.
  "LEDForConditionalGeneration to nothing",
  // The reference finds no token table in a part that stands alone.
  "LEDEncoder to 17",
  "LEDDecoder to 17",
]);

/** Calls of resize_token_embeddings that the reference takes and this package refuses. */
export const notResizedHere: ReadonlySet<string> = new Set([
  // A model without tokens can do nothing.
  "LEDForConditionalGeneration to 0",
]);
