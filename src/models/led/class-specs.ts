/**
 * What tells the LED classes apart: which parts of the model they have, under which names, and their heads
 * (transformers 4.37.2, modeling_led.py; the order of names is the state dict's).
 *
 * Heads over the encoder (config key `head: "encoder"`) are this package's: they have names of their own, so that other
 * software reports them missing instead of taking them for the reference's, which read decoder states.
 */
import type { LEDConfig } from "../../config.ts";
import { InvalidArgumentError } from "../../errors.ts";
import {
  answerHead,
  classificationHead,
  decoderParameters,
  encoderParameters,
  type Geometry,
  type ParameterShape,
} from "./parameters.ts";

export const classNames = [
  "LEDModel",
  "LEDForConditionalGeneration",
  "LEDForSequenceClassification",
  "LEDForQuestionAnswering",
  "LEDEncoder",
  "LEDDecoder",
] as const;
export type ClassName = (typeof classNames)[number];

/** One name of a state dict. */
export interface StateEntry extends ParameterShape {
  /** The name of the tensor that it is: another one for names that are tied. */
  readonly storedAs: string;
  /** Of the head: a checkpoint without it can still be trained further. */
  readonly head: boolean;
}

export interface ClassSpec {
  readonly className: ClassName;
  /** What config.json calls the class. */
  readonly architecture: string;
  /** Where the encoder and the decoder are in it, "" for the model itself; undefined without one. */
  readonly encoder: string | undefined;
  readonly decoder: string | undefined;
  /** Whether the decoder ends in logits over the vocabulary. */
  readonly logits: boolean;
  /** Under which name heads over the encoder or decoder are; undefined without one. */
  readonly headName: string | undefined;
  readonly entries: readonly StateEntry[];
}

/** Which hidden states a classification or question-answering head reads: "decoder" as the reference, or "encoder". */
export type HeadPlace = "decoder" | "encoder";

export function headPlace(config: LEDConfig): HeadPlace {
  const place = (config as { head?: unknown }).head ?? "decoder";
  if (place === "decoder" || place === "encoder") return place;
  throw new InvalidArgumentError({
    operation: "LEDConfig",
    expected: '`head` to be "decoder" or "encoder"',
    got: JSON.stringify(place),
  });
}

export function classSpec(className: ClassName, config: LEDConfig, geometry: Geometry): ClassSpec {
  if (className === "LEDEncoder" || className === "LEDDecoder") return partSpec(className, geometry);
  const prefix = className === "LEDModel" ? "" : "led.";
  const generates = className === "LEDForConditionalGeneration";
  const hasHead = className === "LEDForSequenceClassification" || className === "LEDForQuestionAnswering";
  const overEncoder = hasHead && headPlace(config) === "encoder";
  const table = `${prefix}shared.weight`;
  const tableShape = [geometry.vocab_size, geometry.d_model];
  const tableEntry = (name: string): StateEntry => ({ name, shape: tableShape, storedAs: table, head: false });
  const own = (shape: ParameterShape): StateEntry => ({ ...shape, storedAs: shape.name, head: false });
  const head = hasHead ? headShapes(className, overEncoder, config, geometry) : undefined;
  const entries: StateEntry[] = [
    ...(generates
      ? [own({ name: "final_logits_bias", shape: [1, geometry.vocab_size], optional: true, buffer: true })]
      : []),
    tableEntry(table),
    tableEntry(`${prefix}encoder.embed_tokens.weight`),
    ...encoderParameters(geometry, `${prefix}encoder.`).map(own),
    ...(overEncoder
      ? []
      : [
          tableEntry(`${prefix}decoder.embed_tokens.weight`),
          ...decoderParameters(geometry, `${prefix}decoder.`).map(own),
        ]),
    ...(generates
      ? [
          geometry.tie_word_embeddings
            ? tableEntry("lm_head.weight")
            : own({ name: "lm_head.weight", shape: tableShape }),
        ]
      : []),
    ...(head?.shapes ?? []).map((shape) => ({ ...own(shape), head: true })),
  ];
  return {
    className,
    architecture: overEncoder ? className.replace("LED", "LEDEncoder") : className,
    encoder: `${prefix}encoder`,
    decoder: overEncoder ? undefined : `${prefix}decoder`,
    logits: generates,
    headName: head?.name,
    entries,
  };
}

function headShapes(
  className: ClassName,
  overEncoder: boolean,
  config: LEDConfig,
  geometry: Geometry,
): { name: string; shapes: ParameterShape[] } {
  const start = overEncoder ? "encoder_" : "";
  if (className === "LEDForQuestionAnswering") {
    const name = `${start}qa_outputs`;
    return { name, shapes: answerHead(geometry, name) };
  }
  const name = `${start}classification_head`;
  return { name, shapes: classificationHead(geometry, name, config.num_labels) };
}

/** LEDEncoder and LEDDecoder alone: bare names, and a token table of their own. */
function partSpec(className: "LEDEncoder" | "LEDDecoder", geometry: Geometry): ClassSpec {
  const encoder = className === "LEDEncoder";
  const shapes = encoder ? encoderParameters(geometry, "") : decoderParameters(geometry, "");
  const table = { name: "embed_tokens.weight", shape: [geometry.vocab_size, geometry.d_model] };
  return {
    className,
    architecture: className,
    encoder: encoder ? "" : undefined,
    decoder: encoder ? undefined : "",
    logits: false,
    headName: undefined,
    entries: [table, ...shapes].map((shape) => ({ ...shape, storedAs: shape.name, head: false })),
  };
}

/** The tensors of a state dict, each once. */
export function tensorsOf(spec: ClassSpec): StateEntry[] {
  return spec.entries.filter(({ name, storedAs }) => name === storedAs);
}

/** The names of the token table, the one that it is stored under first. */
export function tokenTable(spec: ClassSpec): string[] {
  const [table] = spec.entries.filter(({ name }) => /(^|\.)shared\.weight$|^embed_tokens\.weight$/.test(name));
  const names = spec.entries.filter(({ storedAs }) => storedAs === table!.name).map(({ name }) => name);
  return [table!.name, ...names.filter((name) => name !== table!.name)];
}
