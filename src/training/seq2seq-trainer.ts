/**
 * Seq2SeqTrainer (transformers 4.37.2, trainer_seq2seq.py and trainer.py): trains a model, evaluates it, and predicts with it.
 *
 *     const trainer = new Seq2SeqTrainer({ model, args, train_dataset, eval_dataset, tokenizer, data_collator, compute_metrics });
 *     await trainer.train();
 *     await trainer.save_model();
 *
 * Methods that the reference's documentation says to override can be overridden here: get_train_sampler, get_train_dataloader,
 * get_eval_dataloader, create_optimizer, create_scheduler, training_step, prediction_step, log, evaluate, predict, save_model.
 * Departures: model_init and trials are not here; a folder that is not empty is refused (output-folder.ts); how a resumed training and
 * losses that are no numbers are dealt with, see training-loop.ts.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files, Folder } from "../files.ts";
import { GenerationConfig } from "../generation/config.ts";
import { modelFolders } from "../model-folders.ts";
import { Seq2SeqTrainingArguments } from "./arguments.ts";
import {
  CallbackHandler,
  type CallbackOrClass,
  DefaultFlowCallback,
  type Metrics,
  PrinterCallback,
  type TrainerCallback,
} from "./callbacks.ts";
import { DataCollatorWithPadding, default_data_collator } from "./data-collators.ts";
import { type DataCollator, DataLoader } from "./data-loader.ts";
import { type ComputeMetrics, evaluationLoop, type PreprocessLogits } from "./evaluation-loop.ts";
import { makeOptimizer } from "./make-optimizer.ts";
import { defaultLabelNames, withoutUnused } from "./model-columns.ts";
import type { Optimizer } from "./optimizer.ts";
import { outputFolder, prepareOutput } from "./output-folder.ts";
import type { PaddingTokenizer } from "./padding-tokenizer.ts";
import { type Predicted, type PredictionSettings, predictionStep } from "./prediction-step.ts";
import { roundTo, speed_metrics } from "./rounding.ts";
import { LengthGroupedSampler, RandomSampler, type Sampler, SequentialSampler } from "./samplers.ts";
import { get_scheduler, type Scheduler } from "./schedules.ts";
import type { Batch, LossAndGradients, LossInputs, LossOptions, TrainableModel } from "./trainable-model.ts";
import type {
  EvalDatasets,
  EvaluateOptions,
  PredictionOutput,
  PredictOptions,
  TrainerOptions,
  TrainOptions,
} from "./trainer-options.ts";
import { type LogEntry, TrainerControl, TrainerState } from "./trainer-state.ts";
import { isDataset, requireDataset, type TrainingDataset } from "./training-dataset.ts";
import type { LoopEvent, TrainingHost } from "./training-host.ts";
import { TrainingLoop, type TrainOutput } from "./training-loop.ts";

const optionNames = [
  ...["model", "args", "train_dataset", "eval_dataset", "tokenizer", "data_collator", "compute_metrics", "callbacks"],
  ...["optimizers", "preprocess_logits_for_metrics"],
];

export class Seq2SeqTrainer implements TrainingHost {
  readonly args: Seq2SeqTrainingArguments;
  readonly model: TrainableModel;
  readonly tokenizer: PaddingTokenizer | null;
  readonly train_dataset: TrainingDataset | null;
  readonly eval_dataset: EvalDatasets | null;
  readonly data_collator: DataCollator;
  readonly compute_metrics: ComputeMetrics | null;
  readonly preprocess_logits_for_metrics: PreprocessLogits | null;
  readonly callback_handler: CallbackHandler;
  readonly label_names: readonly string[];
  optimizer: Optimizer | null;
  lr_scheduler: Scheduler | null;
  state = new TrainerState();
  control = new TrainerControl();
  readonly #given: readonly [Optimizer | null, Scheduler | null];
  #trainLoader: DataLoader | null = null;
  #evalLoader: DataLoader | null = null;
  #hasGenerationConfig = false;

  constructor(options: TrainerOptions) {
    const operation = "Seq2SeqTrainer";
    refuseUnknownOptions(operation, options, optionNames);
    const { model, args, train_dataset = null, eval_dataset = null, tokenizer = null } = options;
    if (typeof model?.loss_and_gradients !== "function") {
      throw new InvalidArgumentError({
        operation,
        says: "`Trainer` requires a `model` with a head: the base model only computes hidden states and does not accept any labels.",
        expected: "`model` with loss_and_gradients",
        got: model === undefined || model === null ? "none" : model.constructor.name,
        fix: "Use LEDForConditionalGeneration, LEDForSequenceClassification or LEDForQuestionAnswering.",
      });
    }
    if (!(args instanceof Seq2SeqTrainingArguments)) {
      throw new InvalidArgumentError({
        operation,
        expected: "`args`, new Seq2SeqTrainingArguments({ output_dir })",
        got: args === undefined ? "none" : typeof args,
      });
    }
    if (train_dataset !== null) requireDataset(operation, "train_dataset", train_dataset);
    this.model = model;
    this.args = args;
    this.train_dataset = train_dataset;
    this.eval_dataset = eval_dataset;
    this.tokenizer = tokenizer;
    this.data_collator =
      options.data_collator ?? (tokenizer === null ? default_data_collator : new DataCollatorWithPadding(tokenizer));
    this.compute_metrics = options.compute_metrics ?? null;
    this.preprocess_logits_for_metrics = options.preprocess_logits_for_metrics ?? null;
    this.label_names = args.label_names ?? defaultLabelNames(model);
    this.#given = options.optimizers ?? [null, null];
    [this.optimizer, this.lr_scheduler] = this.#given;
    this.callback_handler = new CallbackHandler([
      DefaultFlowCallback,
      ...(options.callbacks ?? []),
      ...(args.disable_tqdm === true ? [PrinterCallback] : []),
    ]);
    for (const callback of this.callback_handler.callbacks) {
      callback.on_init_end?.(args, this.state, this.control, this.#context());
    }
  }

  add_callback(callback: CallbackOrClass): void {
    this.callback_handler.add(callback);
  }

  /** Removes the callback, or the first of a class, and gives it back. */
  pop_callback(callback: CallbackOrClass): TrainerCallback | undefined {
    return this.callback_handler.pop(callback);
  }

  remove_callback(callback: CallbackOrClass): void {
    this.callback_handler.pop(callback);
  }

  /**
   * Trains as the arguments say. With `resume_from_checkpoint` it goes on where the checkpoint was made, bit for bit as if it had never been
   * interrupted. Throws a FileError where output_dir is not empty and may not be overwritten, or a checkpoint cannot be written, and
   * an InvalidArgumentError that names what differs for the checkpoint of another training. `signal` rejects with its reason.
   */
  async train(options: TrainOptions = {}): Promise<TrainOutput> {
    const names = ["resume_from_checkpoint", "ignore_keys_for_eval", "signal"];
    refuseUnknownOptions("Seq2SeqTrainer.train", options, names);
    const { resume_from_checkpoint, ignore_keys_for_eval, signal } = options;
    const { args, model } = this;
    args.validate();
    signal?.throwIfAborted();
    const resume = await prepareOutput(this.output, args, resume_from_checkpoint ?? args.resume_from_checkpoint);
    await this.#useGenerationConfig();
    await model.prepare_for_training();
    if (args.gradient_checkpointing) this.#checkpointGradients();
    this.#trainLoader = null;
    this.control = new TrainerControl();
    return new TrainingLoop(this, { resume, ignore_keys_for_eval, signal }).run();
  }

  /**
   * Loss and metrics over `eval_dataset`, of the trainer or of the call, under names that begin with "eval_". With
   * predict_with_generate other options are settings of generate().
   */
  async evaluate(options: EvaluateOptions = {}): Promise<Metrics> {
    const { eval_dataset = this.eval_dataset, metric_key_prefix: prefix = "eval", ...rest } = options;
    if (eval_dataset === null) {
      throw new InvalidArgumentError({
        operation: "Seq2SeqTrainer.evaluate",
        says: "Trainer: evaluation requires an eval_dataset.",
      });
    }
    if (!isDataset(eval_dataset)) {
      const all: Metrics = {};
      for (const [name, dataset] of Object.entries(eval_dataset)) {
        const metric_key_prefix = `${prefix}_${name}`;
        Object.assign(all, await this.evaluate({ ...rest, eval_dataset: dataset, metric_key_prefix }));
      }
      return all;
    }
    const lossAlone = this.compute_metrics === null || this.args.prediction_loss_only;
    const { metrics } = await this.#predictAll(eval_dataset, { ...rest, metric_key_prefix: prefix }, lossAlone);
    await this.log(metrics);
    await this.#event("on_evaluate", { metrics });
    return metrics;
  }

  /** Predictions for every row, and where the rows have labels loss and metrics, under names that begin with "test_". */
  async predict(test_dataset: TrainingDataset, options: PredictOptions = {}): Promise<PredictionOutput> {
    requireDataset("Seq2SeqTrainer.predict", "test_dataset", test_dataset);
    const given = { metric_key_prefix: "test", ...options };
    const output = await this.#predictAll(test_dataset, given, this.args.prediction_loss_only);
    await this.#event("on_predict", { metrics: output.metrics });
    return output;
  }

  async #predictAll(dataset: TrainingDataset, options: PredictOptions, loss_only: boolean): Promise<PredictionOutput> {
    const { ignore_keys, metric_key_prefix: prefix = "", signal, ...generation } = options;
    const { args } = this;
    if (!args.predict_with_generate) {
      const known = ["ignore_keys", "metric_key_prefix", "signal"];
      refuseUnknownOptions("Seq2SeqTrainer, without predict_with_generate", generation, known);
    }
    const started = performance.now();
    await this.#useGenerationConfig();
    const loader = this.get_eval_dataloader(dataset);
    this.#evalLoader = loader;
    this.model.eval();
    const settings: PredictionSettings = {
      label_names: this.label_names,
      loss_only,
      generation: args.predict_with_generate ? this.#generationSettings(generation) : undefined,
      ignore_keys,
      label_smoothing: args.label_smoothing_factor,
      tokenizer: this.tokenizer,
      signal,
    };
    const output = await evaluationLoop(loader, {
      step: (inputs) => this.prediction_step(inputs, settings),
      after: () => this.#event("on_prediction_step", {}),
      compute_metrics: this.compute_metrics,
      preprocess: this.preprocess_logits_for_metrics,
      include_inputs: args.include_inputs_for_metrics,
      prefix,
      signal,
    });
    const rows = dataset.length;
    const speed = speed_metrics(prefix, started, {
      num_samples: rows,
      num_steps: Math.ceil(rows / args.eval_batch_size),
    });
    return { ...output, metrics: { ...output.metrics, ...speed } };
  }

  /** The arguments' settings where the call has none. */
  #generationSettings(given: { readonly [name: string]: unknown }): object {
    const { generation_max_length, generation_num_beams } = this.args;
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
    const limited = set.max_length !== undefined || set.max_new_tokens !== undefined;
    return {
      ...(limited || generation_max_length === null ? {} : { max_length: generation_max_length }),
      ...(generation_num_beams === null ? {} : { num_beams: generation_num_beams }),
      ...set,
    };
  }

  /** The model's generation_config becomes that of the arguments, where they have one. */
  async #useGenerationConfig(): Promise<void> {
    const { generation_config: given } = this.args;
    if (given === null || this.#hasGenerationConfig) return;
    const config = given instanceof GenerationConfig ? given.copy() : await GenerationConfig.from_pretrained(given);
    this.model.generation_config = config;
    this.#hasGenerationConfig = true;
  }

  #checkpointGradients(): void {
    if (this.model.gradient_checkpointing_enable !== undefined) {
      this.model.gradient_checkpointing_enable();
      return;
    }
    throw new InvalidArgumentError({
      operation: "train",
      expected: "a model with gradient_checkpointing_enable",
      got: "one without",
      fix: "Set gradient_checkpointing false.",
    });
  }

  /** One batch of training: its loss, and what it says of each parameter. */
  async training_step(inputs: Batch, options: LossOptions): Promise<LossAndGradients> {
    this.model.train();
    const { label_smoothing_factor: label_smoothing } = this.args;
    const smoothed = label_smoothing > 0 && inputs.labels !== undefined ? { label_smoothing } : {};
    return this.model.loss_and_gradients({ ...inputs, ...smoothed, ...options, return_outputs: false } as LossInputs);
  }

  /** One batch of evaluation or prediction. */
  prediction_step(inputs: Batch, settings: PredictionSettings): Promise<Predicted> {
    return predictionStep(this.model, inputs, settings);
  }

  /** In which order an epoch goes through the training data. */
  get_train_sampler(): Sampler {
    const { group_by_length, length_column_name, seed, data_seed, train_batch_size } = this.args;
    const dataset = this.#trainingData();
    if (!group_by_length) return new RandomSampler(dataset.length, data_seed ?? seed);
    const batch_size = train_batch_size * this.args.gradient_accumulation_steps;
    return new LengthGroupedSampler(dataset, { batch_size, seed: data_seed ?? seed, length_column_name });
  }

  get_train_dataloader(): DataLoader {
    this.#trainLoader ??= new DataLoader({
      dataset: this.#trainingData(),
      sampler: this.get_train_sampler(),
      batch_size: this.args.train_batch_size,
      drop_last: this.args.dataloader_drop_last,
      collate: this.#collate(),
    });
    return this.#trainLoader;
  }

  get_eval_dataloader(dataset: TrainingDataset): DataLoader {
    requireDataset("Seq2SeqTrainer", "eval_dataset", dataset);
    return new DataLoader({
      dataset,
      sampler: new SequentialSampler(dataset.length),
      batch_size: this.args.eval_batch_size,
      drop_last: this.args.dataloader_drop_last,
      collate: this.#collate(),
    });
  }

  #trainingData(): TrainingDataset {
    if (this.train_dataset !== null) return this.train_dataset;
    throw new InvalidArgumentError({
      operation: "Seq2SeqTrainer.train",
      says: "Trainer: training requires a train_dataset.",
    });
  }

  #collate(): DataCollator {
    const { data_collator, label_names, model } = this;
    if (!this.args.remove_unused_columns) return data_collator;
    return (rows) => data_collator(rows.map((row) => withoutUnused(row, model, label_names)));
  }

  /** What of it is not given is made anew for each training. */
  create_optimizer_and_scheduler(num_training_steps: number): void {
    [this.optimizer, this.lr_scheduler] = this.#given;
    this.optimizer ??= this.create_optimizer();
    this.lr_scheduler ??= this.create_scheduler(num_training_steps, this.optimizer);
  }

  create_optimizer(): Optimizer {
    return makeOptimizer(this.args, this.model);
  }

  /** Null for an optimiser that has a rate of its own. */
  create_scheduler(num_training_steps: number, optimizer: Optimizer): Scheduler | null {
    if (optimizer.initial_lr === null) return null;
    return get_scheduler(this.args.lr_scheduler_type, optimizer, {
      num_warmup_steps: this.args.get_warmup_steps(num_training_steps),
      num_training_steps,
      scheduler_specific_kwargs: this.args.lr_scheduler_kwargs,
    });
  }

  /** Operations of a pass forward and back, as the reference estimates them; 0 where the model does not say how large it is. */
  floating_point_ops(inputs: Batch): number {
    const parameters = this.model.num_parameters?.({ exclude_embeddings: true }) ?? 0;
    return 6 * (inputs.input_ids?.data.length ?? 0) * parameters;
  }

  /** Adds the epoch, keeps the entry in `state.log_history` and tells the callbacks. */
  async log(logs: LogEntry): Promise<void> {
    const { state } = this;
    if (state.epoch !== null) logs.epoch = roundTo(state.epoch, 2);
    if (this.args.include_num_input_tokens_seen) logs.num_input_tokens_seen = state.num_input_tokens_seen;
    state.log_history.push({ ...logs, step: state.global_step });
    await this.#event("on_log", { logs });
  }

  /** Model, tokenizer and training_args.json into a folder, output_dir by default. */
  async save_model(output_dir?: string | Folder | Files, options: { signal?: AbortSignal } = {}): Promise<void> {
    const files = output_dir === undefined ? this.output : folderAt(output_dir);
    await this.model.save_pretrained(files, { safe_serialization: this.args.save_safetensors, ...options });
    await this.tokenizer?.save_pretrained(files);
    await files.write("training_args.json", [new TextEncoder().encode(`${this.args.to_json_string()}\n`)]);
  }

  /** trainer_state.json into output_dir. */
  async save_state(): Promise<void> {
    await this.state.save_to_json(this.output);
  }

  /** output_dir. */
  get output(): Folder {
    return outputFolder(this.args);
  }

  event(name: LoopEvent, more: object): Promise<void> {
    return this.#event(name, more);
  }

  async #event(name: Parameters<CallbackHandler["call"]>[0], more: object): Promise<void> {
    const context = { ...this.#context(), ...more } as Parameters<CallbackHandler["call"]>[4];
    this.control = await this.callback_handler.call(name, this.args, this.state, this.control, context);
  }

  #context() {
    return {
      model: this.model,
      tokenizer: this.tokenizer,
      optimizer: this.optimizer,
      lr_scheduler: this.lr_scheduler,
      train_dataloader: this.#trainLoader,
      eval_dataloader: this.#evalLoader,
    };
  }
}

const folderAt = (folder: string | Files): Files => (typeof folder === "string" ? modelFolders().open(folder) : folder);
