/** The worker's half of a model in a worker: loads it, and answers what worker-model.ts asks. */
import { InternalError } from "../../errors.ts";
import { BaseStreamer } from "../../generation/streamers.ts";
import type { Tensor } from "../../tensor.ts";
import type { CallContext, Handlers } from "../../workers/serve.ts";
import type { LEDForConditionalGeneration } from "./for-conditional-generation.ts";
import type { GenerateOptions } from "./generate.ts";
import type { LEDModel } from "./led-model.ts";
import type {
  Configs,
  LoadArguments,
  LoadedInWorker,
  ModelCallArguments,
  ModelCallResult,
  SaveInputs,
  StateDictPart,
} from "./worker-calls.ts";

/** Classes by their names. What is used of LEDModel here all of them have. */
export type ModelClasses = Readonly<Record<string, typeof LEDModel>>;

/** Handlers for one model. `applySettings` is given what the program's platform said of `env`. */
export function modelService(classes: ModelClasses, applySettings: (settings: unknown) => void): Handlers {
  let loaded: LEDModel | undefined;
  const model = (): LEDModel => {
    if (loaded === undefined) throw new InternalError({ operation: "worker", expected: "a model", got: "none yet" });
    return loaded;
  };
  return {
    async load({ className, source, options, settings }: LoadArguments, context): Promise<LoadedInWorker> {
      applySettings(settings);
      const Class = classes[className];
      if (Class === undefined)
        throw new InternalError({ operation: "worker", expected: "a class of LED", got: className });
      const result: LEDModel | readonly [LEDModel, LoadedInWorker["info"]] = await Class.from_pretrained(source, {
        ...options,
        // It is here that it computes; a worker in the worker would start its own, and so on.
        worker: false,
        signal: context.signal,
        ...listening(context, "progress_callback"),
      });
      const [made, info] = Array.isArray(result) ? result : [result as LEDModel, undefined];
      loaded = made as LEDModel;
      return {
        config: loaded.config,
        device: loaded.device,
        num_parameters: {
          all: loaded.num_parameters(),
          without_embeddings: loaded.num_parameters({ exclude_embeddings: true }),
        },
        generation_config: canGenerate(loaded) ? loaded.generation_config : undefined,
        info,
      };
    },

    forward: ({ inputs, ...configs }: ModelCallArguments, { signal }) =>
      withConfigs(model(), configs, (it) => it.forward({ ...inputs, signal })),

    generate: ({ inputs, ...configs }: ModelCallArguments, context) =>
      withConfigs(model(), configs, (it) => {
        if (!canGenerate(it)) {
          throw new InternalError({ operation: "worker", expected: "a model that generates", got: "another" });
        }
        return it.generate({
          ...(inputs as GenerateOptions),
          signal: context.signal,
          streamer: context.listens("put") ? new TellingStreamer(context) : undefined,
          ...listening(context, "progress_callback"),
        });
      }),

    async state_dict(_: undefined, { tell }): Promise<void> {
      const names = new Map<Tensor, string>();
      for (const [name, tensor] of await model().state_dict()) {
        const part: StateDictPart = [name, names.get(tensor) ?? tensor];
        names.set(tensor, name);
        await tell("tensor", part);
      }
    },

    save_pretrained: ({ inputs, ...configs }: ModelCallArguments, { signal }) =>
      withConfigs(model(), configs, (it) => {
        const { folder, options } = inputs as SaveInputs;
        return it.save_pretrained(folder, { ...options, signal });
      }),

    dispose: () => loaded?.dispose(),
  };
}

function canGenerate(model: object): model is LEDForConditionalGeneration {
  return "generate" in model;
}

/** A callback of this name that tells, where somebody listens. */
function listening({ listens, tell }: CallContext, name: string): object {
  return listens(name) ? { [name]: (value: unknown) => void tell(name, value) } : {};
}

/** Does a call with the program's configs, and says which keys of the model's it changed. */
async function withConfigs(
  model: LEDModel,
  { config: given, generation_config }: Configs,
  call: (model: LEDModel) => Promise<unknown>,
): Promise<ModelCallResult> {
  const { config } = model;
  Object.assign(config, given);
  if (generation_config !== undefined) Object.assign(model, { generation_config });
  const before = new Map(Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]));
  const output = await call(model);
  const changed = Object.entries(config).filter(([key, value]) => before.get(key) !== JSON.stringify(value));
  return { output, changed: Object.fromEntries(changed) };
}

class TellingStreamer extends BaseStreamer {
  readonly #tell: CallContext["tell"];

  constructor({ tell }: CallContext) {
    super();
    this.#tell = tell;
  }

  put(ids: readonly number[] | readonly (readonly number[])[]): void {
    void this.#tell("put", ids);
  }

  end(): void {
    void this.#tell("end");
  }
}
