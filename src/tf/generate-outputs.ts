/**
 * What TensorFlow's generate() gives with return_dict_in_generate (transformers 4.37.2, generation/tf_utils.py). Fields are those
 * of PyTorch's outputs, in the same order, with these differences: there are no past_key_values; beams have sequences_scores and
 * beam_indices always, which are as wide as what was generated.
 *
 * Departure: cross_attentions are there, where the reference leaves them empty.
 */
import { GenerateBeamEncoderDecoderOutput, GenerateEncoderDecoderOutput } from "../models/led/generate-outputs.ts";

export class TFGreedySearchEncoderDecoderOutput extends GenerateEncoderDecoderOutput {}
export class TFSampleEncoderDecoderOutput extends GenerateEncoderDecoderOutput {}
export class TFContrastiveSearchEncoderDecoderOutput extends GenerateEncoderDecoderOutput {}
export class TFBeamSearchEncoderDecoderOutput extends GenerateBeamEncoderDecoderOutput {}
export class TFBeamSampleEncoderDecoderOutput extends GenerateBeamEncoderDecoderOutput {}
