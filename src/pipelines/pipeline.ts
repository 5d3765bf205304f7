/**
 * pipeline(): a task's name and a model to a function over texts (transformers 4.37.2, pipelines/__init__.py: pipeline;
 * pipelines/base.py: PipelineRegistry).
 *
 * Departures: there is no default model; a checkpoint of another task is refused, where the reference gives it a new random head with
 * a warning; options of calls are given to calls.
 */
import { LEDConfig } from "../config.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import { type LoadOptions, loadOptionNames, splitLoadOptions } from "../load-options.ts";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { LEDForSequenceClassification } from "../models/led/for-sequence-classification.ts";
import type { ComputeOptions } from "../models/led/loading.ts";
import type { FromPretrainedOptions } from "../models/led/pretrained-model.ts";
import { AutoTokenizer, type ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireArchitecture } from "./checkpoint-task.ts";
import { FillMaskPipeline } from "./fill-mask.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { QuestionAnsweringPipeline } from "./question-answering.ts";
import { SummarizationPipeline } from "./summarization.ts";
import { refuseTask } from "./task-names.ts";
import { TextClassificationPipeline } from "./text-classification.ts";
import { Text2TextGenerationPipeline } from "./text2text-generation.ts";
import { TranslationPipeline } from "./translation.ts";

/** What every pipeline asks of a model that is already loaded. */
interface LoadedModel {
  readonly config: LEDConfig;
  forward(inputs: never): Promise<unknown>;
  dispose(): Promise<void>;
}

interface ModelClass {
  readonly className: string;
  from_pretrained(source: string | Files, options: FromPretrainedOptions): Promise<unknown>;
}

/** A task: the class that its models are loaded with, and the pipeline made of one. */
function task<Model, P>(Class: ModelClass, Made: new (parts: PipelineParts<Model>) => P) {
  return {
    className: Class.className,
    load: async (source: string | Files, options: FromPretrainedOptions): Promise<Model> =>
      (await Class.from_pretrained(source, options)) as Model,
    make: (parts: PipelineParts<Model>): P => new Made(parts),
  };
}

const tasks = {
  summarization: task(LEDForConditionalGeneration, SummarizationPipeline),
  "text2text-generation": task(LEDForConditionalGeneration, Text2TextGenerationPipeline),
  translation: task(LEDForConditionalGeneration, TranslationPipeline),
  "question-answering": task(LEDForQuestionAnswering, QuestionAnsweringPipeline),
  "text-classification": task(LEDForSequenceClassification, TextClassificationPipeline),
  "fill-mask": task(LEDForConditionalGeneration, FillMaskPipeline),
};

type Tasks = typeof tasks;

/** Other names of tasks. */
const aliases = { "sentiment-analysis": "text-classification" } as const satisfies Readonly<
  Record<string, keyof Tasks>
>;

type Aliases = typeof aliases;

/** What pipeline() can be asked for. */
export type PipelineTask = keyof Tasks | keyof Aliases | `translation_${string}_to_${string}`;

type TaskOf<T> = T extends keyof Tasks ? T : T extends keyof Aliases ? Aliases[T] : "translation";

/** The pipeline of a task. */
export type PipelineOf<T extends PipelineTask> = ReturnType<Tasks[TaskOf<T>]["make"]>;

/** The model that a task's pipeline has. */
type ModelOf<T extends PipelineTask> = Awaited<ReturnType<Tasks[TaskOf<T>]["load"]>>;

export interface PipelineOptions extends LoadOptions, ComputeOptions {
  /** By default that of the model's folder or repository. */
  tokenizer?: string | Files | ByteLevelTokenizer | undefined;
  /** LEDTokenizerFast, the default, or LEDTokenizer. */
  use_fast?: boolean | undefined;
  /** Instead of the folder's config.json. */
  config?: LEDConfig | undefined;
  /** Other weights of the same model ("fp16": model.fp16.safetensors). */
  variant?: string | undefined;
  /** Read the weights of a TensorFlow class. */
  from_tf?: boolean | undefined;
  /** Compute in a process of its own, which leaves this one free. */
  worker?: boolean | undefined;
  /** Keys of LEDConfig that override the checkpoint's, and further options of from_pretrained. */
  model_kwargs?: (FromPretrainedOptions & { readonly output_loading_info?: never }) | undefined;
}

const computeNames = ["device", "dtype", "num_threads", "low_cpu_mem_usage"] as const;
const modelNames = [...computeNames, "config", "variant", "from_tf", "worker", "model_kwargs"] as const;
const optionNames: readonly (keyof PipelineOptions)[] = ["tokenizer", "use_fast", ...modelNames, ...loadOptionNames];

/** What options of the reference and of transformers.js are called here. */
const otherNames: Readonly<Record<string, string>> = {
  model: "Give the model as the second argument.",
  torch_dtype: 'Write `dtype`: "fp32", "fp16" or "q8".',
  quantized: 'Write `dtype: "q8"`.',
  use_auth_token: "Write `token`.",
  device_map: "Write `device`.",
  batch_size: "Give it to the call: pipe(texts, { batch_size: 4 }).",
  framework: "TensorFlow's checkpoints are read with `from_tf: true`.",
  session_options: "Write `num_threads` for the number of threads.",
};

/**
 * A function over texts for `task`: "summarization", "text2text-generation", "translation" (or "translation_xx_to_yy"),
 * "question-answering", "text-classification" (or "sentiment-analysis"), "fill-mask". `source` is a folder, a Hub id, files at hand,
 * or a model that is loaded, and then `tokenizer` has to be given. Load options as those of from_pretrained. Throws an InvalidArgumentError for an unknown task or option, and for a model of another task.
 *
 *     const summarize = await pipeline("summarization", "allenai/led-large-16384-arxiv");
 *     const [{ summary_text }] = await summarize(text, { num_beams: 4 });
 *     await summarize.dispose();
 */
export async function pipeline<const T extends PipelineTask>(
  task: T,
  source: string | Files | ModelOf<T>,
  options: PipelineOptions = {},
): Promise<PipelineOf<T>> {
  const entry = tasks[taskNamed(task)] as unknown as Entry;
  const operation = `pipeline("${task}")`;
  refuseOtherNames(operation, options);
  refuseUnknownOptions(operation, options, optionNames);
  if (isLoaded(source)) return (await fromLoaded(operation, task, entry, source, options)) as PipelineOf<T>;
  requireSource(operation, source);
  if (options.model_kwargs !== undefined && "output_loading_info" in options.model_kwargs) {
    throw new InvalidArgumentError({
      operation,
      expected: "`model_kwargs` without `output_loading_info`, since a pipeline is all that is given back",
      got: "it",
      fix: "Load the model with from_pretrained, and give it to pipeline().",
    });
  }
  const { load, rest } = splitLoadOptions(options);
  const { tokenizer: _, use_fast: __, model_kwargs = {}, config: given, ...compute } = rest as PipelineOptions;
  // The smaller files first: what cannot work should not cost a download of weights.
  if (given !== undefined && !(given instanceof LEDConfig)) {
    throw new InvalidArgumentError({
      operation,
      expected: "`config` an LEDConfig",
      got: typeof given,
      fix: "Give LEDConfig.from_dict(config), or single keys as `model_kwargs`.",
    });
  }
  const config = given ?? (await LEDConfig.from_pretrained(source, { ...load }));
  requireArchitecture(task, config, entry.className);
  const tokenizer = await tokenizerOf(operation, options, source);
  const model = await entry.load(source, { ...compute, ...load, config, ...model_kwargs });
  try {
    return entry.make({ task, model, tokenizer }) as PipelineOf<T>;
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

interface Entry {
  readonly className: string;
  load(source: string | Files, options: FromPretrainedOptions): Promise<LoadedModel>;
  make(parts: PipelineParts<LoadedModel>): unknown;
}

/** Options that say how to load are refused beside what is loaded already. */
async function fromLoaded(
  operation: string,
  task: string,
  { make }: Entry,
  model: LoadedModel,
  options: PipelineOptions,
): Promise<unknown> {
  const loadsTokenizer = typeof options.tokenizer === "string" || isFiles(options.tokenizer);
  refuseUnknownOptions(`${operation} of a model that is loaded`, options, [
    "tokenizer",
    ...(loadsTokenizer ? ["use_fast", ...loadOptionNames] : []),
  ]);
  return make({ task, model, tokenizer: await tokenizerOf(operation, options, undefined) });
}

async function tokenizerOf(
  operation: string,
  options: PipelineOptions,
  source: string | Files | undefined,
): Promise<ByteLevelTokenizer> {
  const { tokenizer = source, use_fast } = options;
  if (typeof tokenizer === "string" || isFiles(tokenizer)) {
    return AutoTokenizer.from_pretrained(tokenizer, { ...splitLoadOptions(options).load, use_fast });
  }
  if (typeof tokenizer === "function") return tokenizer;
  throw new InvalidArgumentError({
    operation,
    says: "Impossible to guess which tokenizer to use. Please provide a PreTrainedTokenizer class or a path/identifier to a pretrained tokenizer.",
    got: tokenizer === undefined ? "a loaded model alone" : `\`tokenizer\` ${JSON.stringify(tokenizer)}`,
    fix: "Give `tokenizer`: a folder, a Hub id, or what AutoTokenizer.from_pretrained gives.",
  });
}

/** Models and tokenizers are callable, so that they are functions. */
function isLoaded(source: unknown): source is LoadedModel {
  return typeof source === "function" && "config" in source && "forward" in source;
}

function isFiles(source: unknown): source is Files {
  return typeof source === "object" && source !== null && "where" in source && "open" in source;
}

function requireSource(operation: string, source: unknown): asserts source is string | Files {
  if ((typeof source === "string" && source !== "") || isFiles(source)) return;
  throw new InvalidArgumentError({
    operation,
    expected: "a model: a folder, a Hub id such as allenai/led-base-16384, or a model that is loaded",
    got: source === undefined || source === null || source === "" ? "none" : typeof source,
    fix: "There is no default model.",
  });
}

function taskNamed(name: string): keyof Tasks {
  if (Object.hasOwn(tasks, name)) return name as keyof Tasks;
  if (Object.hasOwn(aliases, name)) return aliases[name as keyof Aliases];
  if (/^translation_[^_]+_to_[^_]+$/.test(name)) return "translation";
  throw refuseTask(name, [...Object.keys(tasks), ...Object.keys(aliases)]);
}

function refuseOtherNames(operation: string, options: object): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(otherNames, name)) continue;
    throw new InvalidArgumentError({
      operation,
      expected: `options among ${optionNames.join(", ")}`,
      got: `\`${name}\``,
      fix: otherNames[name]!,
    });
  }
}
