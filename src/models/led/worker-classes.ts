/** The classes of LED's models and of generation whose instances cross between a program and a model in a worker. */
import { LEDConfig } from "../../config.ts";
import { GenerationConfig } from "../../generation/config.ts";
import { DisjunctiveConstraint, PhrasalConstraint } from "../../generation/constraint.ts";
import { type CrossingClass, crossing } from "../../workers/codec.ts";
import { GenerateBeamEncoderDecoderOutput, GenerateEncoderDecoderOutput } from "./generate-outputs.ts";
import type { ModelOutput, OutputValue } from "./model-output.ts";
import {
  BaseModelOutputWithPastAndCrossAttentions,
  LEDEncoderBaseModelOutput,
  LEDSeq2SeqLMOutput,
  LEDSeq2SeqModelOutput,
  LEDSeq2SeqQuestionAnsweringModelOutput,
  LEDSeq2SeqSequenceClassifierOutput,
} from "./outputs.ts";

/** An output is its fields, in their order; those that are absent are absent on the other side too. */
function output(name: string, type: new (fields: Record<string, OutputValue>) => ModelOutput): CrossingClass {
  return crossing(
    name,
    type,
    (value) => ({ ...value }),
    (fields) => new type(fields),
  );
}

export const workerClasses: readonly CrossingClass[] = [
  crossing(
    "LEDConfig",
    LEDConfig,
    (config) => ({ ...config }),
    (values) => Object.assign(new LEDConfig(), values),
  ),
  crossing(
    "GenerationConfig",
    GenerationConfig,
    (config) => config.parts(),
    (parts) => GenerationConfig.from_parts(parts),
  ),
  // A search begins with copies that have seen no token, so the tokens are all there is to a constraint.
  crossing(
    "PhrasalConstraint",
    PhrasalConstraint,
    ({ token_ids }) => token_ids,
    (token_ids) => new PhrasalConstraint(token_ids),
  ),
  crossing(
    "DisjunctiveConstraint",
    DisjunctiveConstraint,
    ({ token_ids }) => token_ids,
    (token_ids) => new DisjunctiveConstraint(token_ids),
  ),
  output("LEDEncoderBaseModelOutput", LEDEncoderBaseModelOutput),
  output("BaseModelOutputWithPastAndCrossAttentions", BaseModelOutputWithPastAndCrossAttentions),
  output("LEDSeq2SeqModelOutput", LEDSeq2SeqModelOutput),
  output("LEDSeq2SeqLMOutput", LEDSeq2SeqLMOutput),
  output("LEDSeq2SeqSequenceClassifierOutput", LEDSeq2SeqSequenceClassifierOutput),
  output("LEDSeq2SeqQuestionAnsweringModelOutput", LEDSeq2SeqQuestionAnsweringModelOutput),
  output("GenerateEncoderDecoderOutput", GenerateEncoderDecoderOutput),
  output("GenerateBeamEncoderDecoderOutput", GenerateBeamEncoderDecoderOutput),
];
