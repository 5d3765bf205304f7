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
