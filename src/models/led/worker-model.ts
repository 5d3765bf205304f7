/**
 * A model of which only the computing is elsewhere: what `from_pretrained` gives with `worker: true`. Config and generation
 * config are here, to be read and changed; weights and engine are in the worker (worker-service.ts), which a call reaches with
 * its data and the configs as they are at that moment.
 *
 * Not offered: what changes weights or gives parts that share them (load_state_dict, resize_token_embeddings,
 * set_input_embeddings, get_encoder, training and so on).
 */
import { platform } from "#platform";
import { Callable } from "../../callable.ts";
import type { LEDConfig } from "../../config.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { Files } from "../../files.ts";
import { CallbackStreamer } from "../../generation/callback-streamer.ts";
import type { GenerationConfig } from "../../generation/config.ts";
import type { BaseStreamer } from "../../generation/streamers.ts";
import { compute_transition_scores } from "../../generation/transition-scores.ts";
import type { DownloadProgress } from "../../load-options.ts";
import type { Engine } from "../../runtime/engine.ts";
import { Tensor } from "../../tensor.ts";
import { type CallOptions, WorkerClient } from "../../workers/client.ts";
import { Codec } from "../../workers/codec.ts";
import type { ClassName } from "./class-specs.ts";
import { checkGenerateOptions, type GenerateOptions, type GenerateProgress } from "./generate.ts";
import type { LoadingInfo } from "./loading.ts";
import type {
  Configs,
  LoadArguments,
  LoadedInWorker,
  ModelCallArguments,
  ModelCallResult,
  SaveInputs,
  StateDictPart,
} from "./worker-calls.ts";
import { workerClasses } from "./worker-classes.ts";

/** What a model in a worker has of its class, with the class's own types. */
type Offered =
  | "config"
  | "device"
  | "forward"
  | "generate"
  | "generation_config"
  | "compute_transition_scores"
  | "state_dict"
  | "num_parameters"
  | "save_pretrained"
  | "dispose";

/** A model of class M in a worker. */
export type InWorker<M> = (M extends { forward: unknown } ? M["forward"] : unknown) &
  Pick<M, Extract<keyof M, Offered>> & {
    /** Ends the worker at once, in the middle of a call too: its calls reject, and later ones. */
    kill(): void;
  };

export interface WorkerPretrainedOptions {
  readonly config?: LEDConfig | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress_callback?: ((progress: DownloadProgress) => void) | undefined;
}

/** The model of a folder or Hub id, loaded in a worker of its own. A load that fails leaves none behind. */
export async function loadInWorker(
  className: ClassName,
  source: string | Files,
  { signal, progress_callback, ...options }: WorkerPretrainedOptions,
): Promise<{ model: WorkerModel; info: LoadingInfo | undefined }> {
  const operation = `${className}.from_pretrained, worker: true`;
  if (typeof source !== "string") {
    throw new InvalidArgumentError({
      operation,
      expected: "a path or a Hub id, by which the worker finds the files itself",
      got: `the files of ${source.where} as an object`,
      fix: "Give its path, or load the model without `worker`.",
    });
  }
  signal?.throwIfAborted();
  const { channel, settings, errors } = platform.startWorker(operation);
  const client = new WorkerClient(channel, new Codec(workerClasses, errors), `${className} in a worker`);
  try {
    const args: LoadArguments = { className, source, options, settings };
    const loaded = (await client.call("load", args, {
      signal,
      listeners: progress_callback && {
        progress_callback: (progress) => progress_callback(progress as DownloadProgress),
      },
    })) as LoadedInWorker;
    // A config that the caller gave is the model's, as it is without a worker.
    const config = options.config === undefined ? loaded.config : Object.assign(options.config, loaded.config);
    const { generation_config } = loaded;
    const model =
      generation_config === undefined
        ? new WorkerModel(client, { ...loaded, config })
        : new GeneratingWorkerModel(client, { ...loaded, config, generation_config });
    return { model, info: loaded.info };
  } catch (error) {
    client.kill();
    throw error;
  }
}

export class WorkerModel extends Callable<(inputs: object) => Promise<unknown>> {
  readonly config: LEDConfig;
  /** Where the worker computes. */
  readonly device: Engine["device"];
  readonly #client: WorkerClient;
  readonly #num_parameters: LoadedInWorker["num_parameters"];

  constructor(client: WorkerClient, { config, device, num_parameters }: LoadedInWorker) {
    super();
    this.#client = client;
    this.config = config;
    this.device = device;
    this.#num_parameters = num_parameters;
  }

  async forward(given: object): Promise<unknown> {
    const { signal, ...inputs } = given as { readonly signal?: AbortSignal };
    return this.compute("forward", inputs, { signal });
  }

  _call(inputs: object): Promise<unknown> {
    return this.forward(inputs);
  }

  /** Every weight by its name; they come one by one, so that there is never more than one of them twice. */
  async state_dict(): Promise<Map<string, Tensor>> {
    const tensors = new Map<string, Tensor>();
    const take = (part: unknown) => {
      const [name, tensor] = part as StateDictPart;
      tensors.set(name, tensor instanceof Tensor ? tensor : tensors.get(tensor)!);
    };
    await this.#client.call("state_dict", undefined, { listeners: { tensor: take } });
    return tensors;
  }

  num_parameters({ exclude_embeddings = false }: { exclude_embeddings?: boolean } = {}): number {
    const { all, without_embeddings } = this.#num_parameters;
    return exclude_embeddings ? without_embeddings : all;
  }

  /** Writes the model into the folder of this path; the worker writes. */
  async save_pretrained(folder: string | Files, given: object = {}): Promise<string[]> {
    if (typeof folder !== "string") {
      throw new InvalidArgumentError({
        operation: "save_pretrained of a model in a worker",
        expected: "the path of a folder, which the worker opens itself",
        got: `the files of ${folder.where} as an object`,
      });
    }
    const { signal, ...options } = given as { readonly signal?: AbortSignal };
    const inputs: SaveInputs = { folder, options };
    return (await this.compute("save_pretrained", inputs, { signal })) as string[];
  }

  /** Ends the worker when the calls so far are answered. */
  dispose(): Promise<void> {
    return this.#client.dispose();
  }

  kill(): void {
    this.#client.kill();
  }

  protected configs(): Configs {
    return { config: { ...this.config } };
  }

  /** A call with the configs as they are now; it may change the model's. */
  protected async compute(method: string, inputs: object, options: CallOptions): Promise<unknown> {
    const args: ModelCallArguments = { inputs, ...this.configs() };
    const { output, changed } = (await this.#client.call(method, args, options)) as ModelCallResult;
    Object.assign(this.config, changed);
    return output;
  }
}

/** What the options that are functions can be replaced by. */
const insteadOf: Readonly<Record<string, string>> = {
  prefix_allowed_tokens_fn: "Use `force_words_ids`, `bad_words_ids` or `suppress_tokens`",
  logits_processor:
    "Use the settings by which processors are made (`repetition_penalty`, `no_repeat_ngram_size` and so on)",
  stopping_criteria: "Use `max_new_tokens`, `max_time` or `signal`",
  seed: "Give a number",
};

export class GeneratingWorkerModel extends WorkerModel {
  /** What generate() does by default. */
  generation_config: GenerationConfig;

  constructor(client: WorkerClient, loaded: LoadedInWorker & { readonly generation_config: GenerationConfig }) {
    super(client, loaded);
    this.generation_config = loaded.generation_config;
  }

  /** As LEDForConditionalGeneration.generate; the streamer and progress_callback are told by messages. */
  async generate(options: GenerateOptions): Promise<unknown> {
    checkGenerateOptions(options);
    refuseFunctions(options);
    const { signal, streamer, progress_callback, ...inputs } = options;
    const stream = streamer && new StreamEnd(streamer);
    const listeners = {
      ...stream?.listeners,
      ...(progress_callback && {
        progress_callback: (progress: unknown) => progress_callback(progress as GenerateProgress),
      }),
    };
    try {
      return await this.compute("generate", inputs, { signal, listeners });
    } catch (error) {
      stream?.failed(error);
      throw error;
    }
  }

  protected override configs(): Configs {
    this.generation_config = this.generation_config.following(this.config);
    return { ...super.configs(), generation_config: this.generation_config };
  }

  compute_transition_scores(...given: Parameters<typeof compute_transition_scores>): Tensor<"float32"> {
    return compute_transition_scores(...given);
  }
}

function refuseFunctions(options: GenerateOptions): void {
  const { prefix_allowed_tokens_fn, logits_processor, stopping_criteria, seed } = options;
  const given = {
    prefix_allowed_tokens_fn: prefix_allowed_tokens_fn !== undefined,
    logits_processor: (logits_processor?.length ?? 0) > 0,
    stopping_criteria: (stopping_criteria?.length ?? 0) > 0,
    seed: typeof seed === "function",
  };
  for (const [name, isGiven] of Object.entries(given)) {
    if (!isGiven) continue;
    throw new InvalidArgumentError({
      operation: "generate of a model in a worker",
      expected: name === "seed" ? "a number as `seed`" : `no \`${name}\``,
      got: `${name === "seed" ? "a function" : "some"}, and functions do not cross to a worker`,
      fix: `${insteadOf[name]}, or load the model without \`worker\`.`,
    });
  }
}

/** The program's end of a streamer: hears of tokens by message, and of a failure from the call. */
class StreamEnd {
  readonly #streamer: BaseStreamer;
  #state: "nothing put" | "open" | "ended" = "nothing put";

  constructor(streamer: NonNullable<GenerateOptions["streamer"]>) {
    this.#streamer = typeof streamer === "function" ? new CallbackStreamer(streamer) : streamer;
  }

  readonly listeners = {
    put: (ids: unknown) => {
      this.#state = "open";
      this.#streamer.put(ids as number[] | number[][]);
    },
    end: () => {
      this.#streamer.end();
      this.#state = "ended";
    },
  };

  /**
   * Whoever reads what streams must not wait for ever, whether generating failed or the worker ended. As without a worker, a
   * call that is refused leaves the streamer as it was.
   */
  failed(reason: unknown): void {
    const refused = this.#state === "nothing put" && reason instanceof InvalidArgumentError;
    if (this.#state !== "ended" && !refused) this.#streamer.error(reason);
  }
}
