/** Processors as callers see them: objects that take a tensor of scores and give one (transformers 4.37.2, generation/logits_process.py). */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import type { LogitsProcessor as InPlace } from "./processor.ts";

/** Changes the scores of the next token before one is chosen. */
export abstract class LogitsProcessor {
  /** `input_ids`: the rows so far, all of one length. `scores` [rows, V]; what is given back has the same shape. */
  abstract process(input_ids: readonly (readonly number[])[], scores: Tensor<"float32">): Tensor<"float32">;
}

/** The reference's processors that a setting brings about. */
export type BuiltInName =
  | "SequenceBiasLogitsProcessor"
  | "HammingDiversityLogitsProcessor"
  | "EncoderRepetitionPenaltyLogitsProcessor"
  | "RepetitionPenaltyLogitsProcessor"
  | "NoRepeatNGramLogitsProcessor"
  | "EncoderNoRepeatNGramLogitsProcessor"
  | "NoBadWordsLogitsProcessor"
  | "MinLengthLogitsProcessor"
  | "MinNewTokensLengthLogitsProcessor"
  | "PrefixConstrainedLogitsProcessor"
  | "ForcedBOSTokenLogitsProcessor"
  | "ForcedEOSTokenLogitsProcessor"
  | "InfNanRemoveLogitsProcessor"
  | "ExponentialDecayLengthPenalty"
  | "SuppressTokensLogitsProcessor"
  | "SuppressTokensAtBeginLogitsProcessor"
  | "ForceTokensLogitsProcessor"
  | "LogitNormalization"
  | "TemperatureLogitsWarper"
  | "TopKLogitsWarper"
  | "TopPLogitsWarper"
  | "TypicalLogitsWarper"
  | "EpsilonLogitsWarper"
  | "EtaLogitsWarper";

/** One of the reference's: the work is done by the function that generate() itself uses. */
export abstract class BuiltInProcessor extends LogitsProcessor {
  /** The class's name, which minifiers keep here. */
  abstract readonly kind: BuiltInName;
  readonly #make: (vocabSize: number) => InPlace;
  #made: { vocabSize: number; processor: InPlace } | undefined;

  constructor(make: (vocabSize: number) => InPlace) {
    super();
    this.#make = make;
  }

  /** Checks what depends on the vocabulary. */
  forVocabulary(vocabSize: number): InPlace {
    if (this.#made?.vocabSize !== vocabSize) this.#made = { vocabSize, processor: this.#make(vocabSize) };
    return this.#made.processor;
  }

  process(input_ids: readonly (readonly number[])[], scores: Tensor<"float32">): Tensor<"float32"> {
    const data = scores.data.slice();
    this.forVocabulary(scores.dims[1]!).process(input_ids, data);
    return new Tensor("float32", data, scores.dims);
  }
}

/** Applies one after the other. */
export class LogitsProcessorList extends Array<LogitsProcessor> {
  process(input_ids: readonly (readonly number[])[], scores: Tensor<"float32">): Tensor<"float32"> {
    return this.reduce((changed, processor) => processor.process(input_ids, changed), scores);
  }
}

/** A caller's processor in the form that searches use. */
export function inPlace(given: LogitsProcessor, vocabSize: number): InPlace {
  if (given instanceof BuiltInProcessor) return given.forVocabulary(vocabSize);
  if (typeof given?.process !== "function") {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "`logits_processor` to be objects with process(input_ids, scores)",
      got: String(given),
    });
  }
  return {
    process(input_ids, scores) {
      const dims = [input_ids.length, vocabSize];
      const changed = given.process(input_ids, new Tensor("float32", scores, dims));
      if (!(changed instanceof Tensor) || changed.type !== "float32" || changed.dims.join() !== dims.join()) {
        throw new InvalidArgumentError({
          operation: `generate, ${given.constructor.name}.process`,
          expected: `scores as a float32 Tensor [${dims.join(", ")}]`,
          got: changed instanceof Tensor ? `${changed.type} [${changed.dims.join(", ")}]` : typeof changed,
        });
      }
      if (changed.data !== scores) scores.set(changed.data);
    },
  };
}
