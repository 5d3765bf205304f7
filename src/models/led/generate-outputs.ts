/**
 * What generate() gives with return_dict_in_generate (transformers 4.37.2, generation/utils.py: GenerateEncoderDecoderOutput,
 * GenerateBeamEncoderDecoderOutput and the names that they replace).
 *
 * N = B * num_return_sequences sequences of T tokens; R rows that were searched, V vocabulary, Q positions of a step (the
 * prompt's in the first, then 1), n positions so far, S source positions, D d_model, h heads. Where a field is an array it has
 * an entry for each step, which where it says "layers" is an array of a tensor for each layer (hidden states one more).
 */
import type { DraftingReport } from "../../generation/drafted-search.ts";
import type { Tensor } from "../../tensor.ts";
import { ModelOutput } from "./model-output.ts";
import type { PastKeyValues } from "./outputs.ts";

type Floats = Tensor<"float32">;

abstract class GenerateOutput extends ModelOutput {
  /** int64 [N, T], the start token included. */
  declare readonly sequences: Tensor<"int64">;
  /** [R, V]: what the tokens of each step were chosen by. */
  declare readonly scores?: readonly Floats[];
  /** A tensor a layer, [B, h, S, x + w + 1]. */
  declare readonly encoder_attentions?: readonly Floats[];
  /** [B, S, D] */
  declare readonly encoder_hidden_states?: readonly Floats[];
  /** Layers, [R, h, Q, n]. */
  declare readonly decoder_attentions?: readonly (readonly Floats[])[];
  /** Layers, [R, h, Q, S]. */
  declare readonly cross_attentions?: readonly (readonly Floats[])[];
  /** Layers, [R, Q, D]. */
  declare readonly decoder_hidden_states?: readonly (readonly Floats[])[];
  /** Of the last step's rows, which may be other than the sequences. */
  declare readonly past_key_values?: PastKeyValues;
  /** Of each sequence the numbers of the sentences that it consists of; with `extractive`. */
  declare readonly chosen_sentences?: readonly (readonly number[])[];
  /** How many passes of the decoder gave how many tokens; with `draft_from_source`. */
  declare readonly drafting?: DraftingReport;
}

export class GenerateEncoderDecoderOutput extends GenerateOutput {}

export class GenerateBeamEncoderDecoderOutput extends GenerateOutput {
  /** [N]: sum of log-probabilities over length ** length_penalty. */
  declare readonly sequences_scores?: Floats;
  /** int64 [N, T]: the row of `scores` that each token was chosen from, -1 behind the last. */
  declare readonly beam_indices?: Tensor<"int64">;
}

export {
  GenerateBeamEncoderDecoderOutput as BeamSampleEncoderDecoderOutput,
  GenerateBeamEncoderDecoderOutput as BeamSearchEncoderDecoderOutput,
  GenerateEncoderDecoderOutput as ContrastiveSearchEncoderDecoderOutput,
  GenerateEncoderDecoderOutput as GreedySearchEncoderDecoderOutput,
  GenerateEncoderDecoderOutput as SampleEncoderDecoderOutput,
};
