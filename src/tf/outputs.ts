/**
 * The output classes of the TensorFlow models (transformers 4.37.2, modeling_tf_led.py; the decoder's is modeling_tf_outputs.py).
 * Fields are those of PyTorch's classes, in the same order, with two differences: where attentions are shown, global attentions
 * are always there, without columns when no position is global; and the loss is of shape [1], or with config.tf_legacy_loss
 * [labels].
 */
import {
  BaseModelOutputWithPastAndCrossAttentions,
  LEDEncoderBaseModelOutput,
  LEDSeq2SeqLMOutput,
  LEDSeq2SeqModelOutput,
} from "../models/led/outputs.ts";

export class TFLEDEncoderBaseModelOutput extends LEDEncoderBaseModelOutput {}

export class TFLEDSeq2SeqModelOutput extends LEDSeq2SeqModelOutput {}

export class TFLEDSeq2SeqLMOutput extends LEDSeq2SeqLMOutput {}

export class TFBaseModelOutputWithPastAndCrossAttentions extends BaseModelOutputWithPastAndCrossAttentions {}
