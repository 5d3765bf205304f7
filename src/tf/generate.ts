/**
 * generate() of TFLEDForConditionalGeneration (transformers 4.37.2, generation/tf_utils.py: generate): TensorFlow's searches over
 * the decoder that PyTorch's are driven with.
 *
 * Departures: what the reference takes and does nothing with is refused by name, decoder_attention_mask and settings alike; head
 * masks work with beams; several end tokens can be forced; a seed makes beam sampling repeatable too.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationConfig, GenerationOptions } from "../generation/config.ts";
import { contrastiveSearch } from "../generation/contrastive-search.ts";
import type { Generated } from "../generation/decoder.ts";
import { drawsOf, freshSeed, Sampler } from "../generation/draws.ts";
import type { LogitsProcessor } from "../generation/processor-class.ts";
import { decoderPrompt, maximumLength } from "../generation/prompt.ts";
import { SearchRecord } from "../generation/record.ts";
import type { Search } from "../generation/search.ts";
import { Stopping } from "../generation/stopping.ts";
import { tokenSearch } from "../generation/token-search.ts";
import { warpers } from "../generation/warpers.ts";
import { warn } from "../log.ts";
import type { LEDCore } from "../models/led/core.ts";
import type { Source } from "../models/led/decoder.ts";
import type { StageProgress } from "../models/led/encoder.ts";
import { checkGenerateOptions, type GenerateProgress } from "../models/led/generate.ts";
import type { GenerateBeamEncoderDecoderOutput, GenerateEncoderDecoderOutput } from "../models/led/generate-outputs.ts";
import { generationDecoder } from "../models/led/generation-decoder.ts";
import { type NestedNumbers, Tensor } from "../tensor.ts";
import { tensorFlowBeamSearch } from "./beam-search.ts";
import { encode } from "./forward.ts";
import {
  TFBeamSampleEncoderDecoderOutput,
  TFBeamSearchEncoderDecoderOutput,
  TFContrastiveSearchEncoderDecoderOutput,
  TFGreedySearchEncoderDecoderOutput,
  TFSampleEncoderDecoderOutput,
} from "./generate-outputs.ts";
import { type GenerationSourceInputs, generationSource } from "./generation-source.ts";
import { refuseUnread, tensorFlowProcessors } from "./logits-processors.ts";
import { crossHeadMask, headMask, sourceBias } from "./masks.ts";
import { StatelessSampler, type StatelessSeed } from "./stateless-categorical.ts";

export interface TFGenerateOptions extends GenerationOptions, GenerationSourceInputs {
  /** [encoder layers, heads]: of the encoder and of cross-attention. */
  head_mask?: Tensor | undefined;
  /** [decoder layers, heads] */
  decoder_head_mask?: Tensor | undefined;
  /** Instead of the model's generation_config. */
  generation_config?: GenerationConfig | undefined;
  /** Applied after the settings' own processors. */
  logits_processor?: readonly LogitsProcessor[] | undefined;
  /** Two whole numbers, of what is drawn by chance: the same at every step, as the reference has it. */
  seed?: StatelessSeed | undefined;
  signal?: AbortSignal | undefined;
  progress_callback?: ((progress: GenerateProgress) => void) | undefined;
}

type Mode = "greedy" | "sample" | "contrastive" | "beam" | "beam sample";

const outputClasses = {
  greedy: TFGreedySearchEncoderDecoderOutput,
  sample: TFSampleEncoderDecoderOutput,
  contrastive: TFContrastiveSearchEncoderDecoderOutput,
  beam: TFBeamSearchEncoderDecoderOutput,
  "beam sample": TFBeamSampleEncoderDecoderOutput,
} as const satisfies { [M in Mode]: unknown };

export async function generate(
  core: LEDCore,
  defaults: GenerationConfig,
  options: TFGenerateOptions,
): Promise<Tensor<"int64"> | GenerateEncoderDecoderOutput | GenerateBeamEncoderDecoderOutput> {
  checkGenerateOptions(options);
  const {
    input_ids,
    inputs,
    inputs_embeds,
    attention_mask,
    global_attention_mask,
    encoder_outputs,
    decoder_input_ids,
    head_mask,
    decoder_head_mask,
    generation_config,
    logits_processor,
    seed,
    signal,
    progress_callback,
    ...settings
  } = options;
  const config = (generation_config ?? defaults).copy();
  refuseUnused(Object.keys(config.update(settings)));
  config.validate();
  refuseUnread(config);
  const source = generationSource(options, config);
  const mask = attention_mask ?? source.mask;
  const { geometry } = core;
  const { decoder_layers: layers, decoder_attention_heads: heads, vocab_size } = geometry;
  const eos = config.eos_token_id === null ? [] : [config.eos_token_id].flat();
  const pad = paddingOf(config, attention_mask, eos);
  const prompt = decoderPrompt(decoder_input_ids?.tolist() as number[][] | undefined, source.batch, config, vocab_size);
  const promptLength = prompt[0]!.length;
  const max_length = lengthOf(config, promptLength, settings.max_length !== undefined);
  const mode = modeOf(config);
  const encoderHeads = headMask(head_mask, geometry.encoder_layers, geometry.encoder_attention_heads);
  const masks = {
    head_mask: headMask(decoder_head_mask, layers, heads),
    cross_attn_head_mask: crossHeadMask(encoderHeads, layers, heads),
  };

  const tokens = source.batch * source.length;
  const progress: StageProgress | undefined =
    progress_callback &&
    ((stage, done, total) => {
      progress_callback({ stage, done: Math.round((tokens * done) / total), total: tokens, unit: "tokens" });
    });
  const shown = config.return_dict_in_generate;
  let encoded = source.encoded;
  const runner = await core.decoder();
  const prepare = async (): Promise<Source> => {
    const given = {
      ...source.inputs,
      attention_mask: mask,
      global_attention_mask,
      head_mask,
      signal,
      return_dict: true,
    };
    const watched = {
      output_attentions: shown && config.output_attentions,
      output_hidden_states: shown && config.output_hidden_states,
    };
    encoded ??= await encode(core, { ...given, ...watched }, progress);
    const prepared = await runner.prepareSource(encoded.last_hidden_state, undefined, { signal, progress });
    return { ...prepared, bias: sourceBias(source.batch, encoded.last_hidden_state.dims[1]!, mask) };
  };
  const record = new SearchRecord({
    scores: shown && config.output_scores,
    attentions: shown && config.output_attentions,
    hidden_states: shown && config.output_hidden_states,
    past_key_values: false,
  });
  const given = logits_processor;
  const search = {
    decoder: generationDecoder(runner, source.batch, masks, prepare),
    prompt,
    processors: tensorFlowProcessors(config, { vocabSize: vocab_size, promptLength, maxLength: max_length, given }),
    stopping: new Stopping({
      max_length,
      prompt_length: promptLength,
      signal,
      progress_callback:
        progress_callback &&
        (({ step, maximum }) => progress_callback({ stage: "generate", done: step, total: maximum, unit: "tokens" })),
    }),
    eos,
    pad,
    record,
  };
  const result = await run(mode, search, config, seed);
  const sequences = integers(result.sequences);
  if (!shown) return sequences;
  const { scores, attentions, hidden_states } = record.recording;
  const beams = result.sequences_scores !== undefined;
  return new outputClasses[mode]({
    sequences,
    sequences_scores: beams ? Tensor.from(result.sequences_scores!, "float32") : undefined,
    scores: scores ? record.scores : undefined,
    beam_indices: beams ? integers(result.beam_indices!) : undefined,
    encoder_attentions: attentions ? encoded!.attentions : undefined,
    encoder_hidden_states: hidden_states ? encoded!.hidden_states : undefined,
    decoder_attentions: attentions ? record.observed.map((step) => step.decoder_attentions!) : undefined,
    cross_attentions: attentions ? record.observed.map((step) => step.cross_attentions!) : undefined,
    decoder_hidden_states: hidden_states ? record.observed.map((step) => step.decoder_hidden_states!) : undefined,
  });
}

/** Contrastive search is asked for before beams are. */
function modeOf({ do_sample, num_beams, top_k, penalty_alpha }: GenerationConfig): Mode {
  if (!do_sample && top_k !== null && top_k > 1 && penalty_alpha !== null && penalty_alpha > 0) return "contrastive";
  if ((num_beams ?? 1) > 1) return do_sample ? "beam sample" : "beam";
  return do_sample ? "sample" : "greedy";
}

function run<State>(
  mode: Mode,
  search: Search<State>,
  config: GenerationConfig,
  seed: StatelessSeed | undefined,
): Promise<Generated> {
  const { num_return_sequences, top_k, penalty_alpha } = config;
  const V = search.decoder.vocabSize;
  if (
    seed !== undefined &&
    !(Array.isArray(seed) && seed.length === 2 && seed.every((one) => Number.isSafeInteger(one)))
  ) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "two whole numbers as `seed`",
      got: String(seed),
    });
  }
  const own = () => warpers(config, { eos: search.eos, vocabSize: V });
  switch (mode) {
    case "greedy":
      return tokenSearch(search);
    case "contrastive":
      if (num_return_sequences > 1) {
        throw new InvalidArgumentError({
          operation: "generate",
          says: `num_return_sequences has to be 1, but is ${num_return_sequences} when doing contrastive search.`,
        });
      }
      return contrastiveSearch(search, { top_k: top_k!, penalty_alpha: penalty_alpha!, low_memory: false });
    case "sample": {
      const sampler = seed === undefined ? new Sampler(drawsOf(freshSeed())) : new StatelessSampler(seed, V);
      return tokenSearch(search, { warpers: own(), sampler, num_return_sequences });
    }
    default: {
      const draws = drawsOf(seed === undefined ? freshSeed() : seed[0] * 2 ** 20 + seed[1]);
      const sampling = mode === "beam" ? undefined : { warpers: own(), sampler: new Sampler(draws) };
      const { num_beams, length_penalty, early_stopping } = config;
      const settings = { num_beams: num_beams!, length_penalty, early_stopping, num_return_sequences, sampling };
      return tensorFlowBeamSearch(search, settings);
    }
  }
}

function refuseUnused(unused: readonly string[]): void {
  if (unused.length === 0) return;
  throw new InvalidArgumentError({
    operation: "generate",
    says:
      `The following \`model_kwargs\` are not used by the model: [${unused.map((name) => `'${name}'`).join(", ")}] ` +
      "(note: typos in the generate arguments will also show up in this list)",
  });
}

/** What fills rows that have ended. */
function paddingOf({ pad_token_id }: GenerationConfig, mask: Tensor | undefined, eos: readonly number[]): number {
  if (pad_token_id !== null || eos[0] === undefined) return pad_token_id ?? 0;
  if (mask === undefined) {
    warn(
      "The attention mask and the pad token id were not set. As a consequence, you may observe unexpected behavior. Please pass your input's `attention_mask` to obtain reliable results.",
    );
  }
  warn(`Setting \`pad_token_id\` to \`eos_token_id\`:${eos[0]} for open-end generation.`);
  return eos[0];
}

/** Ids of a sequence at most. Lengths that contradict each other are errors here. */
function lengthOf(config: GenerationConfig, promptLength: number, given: boolean): number {
  const lengths = config.copy();
  lengths.min_length = null;
  const maximum = maximumLength(lengths, promptLength, given);
  if (config.min_length !== null && config.min_length > maximum) {
    throw new InvalidArgumentError({
      operation: "generate",
      says: `Unfeasable length constraints: the minimum length (${config.min_length}) is larger than the maximum length (${maximum})`,
    });
  }
  if (promptLength < maximum) return maximum;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: `decoder_input_ids shorter than max_length (${maximum})`,
    got: String(promptLength),
    fix: "Set max_new_tokens.",
  });
}

function integers(rows: number[][]): Tensor<"int64"> {
  return Tensor.from(rows as NestedNumbers, "int64") as Tensor<"int64">;
}
