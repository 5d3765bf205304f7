/** What a model in a worker is asked and what it answers: the arguments and results of its calls. */
import type { LEDConfig } from "../../config.ts";
import type { GenerationConfig } from "../../generation/config.ts";
import type { ConfigValues } from "../../pretrained-config.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { Tensor } from "../../tensor.ts";
import type { LoadingInfo } from "./loading.ts";

/** The call "load", the first one. `options` are from_pretrained's without those that are functions. */
export interface LoadArguments {
  readonly className: string;
  readonly source: string;
  readonly options: object;
  /** What the program assigned to `env`, as its platform says it. */
  readonly settings: unknown;
}

/** What the program shows of the model. */
export interface LoadedInWorker {
  readonly config: LEDConfig;
  readonly device: Engine["device"];
  readonly num_parameters: { readonly all: number; readonly without_embeddings: number };
  readonly generation_config: GenerationConfig | undefined;
  /** With output_loading_info. */
  readonly info: LoadingInfo | undefined;
}

/** The configs as they are in the program, where people change them. */
export interface Configs {
  readonly config: ConfigValues;
  /** Of a class that generates. */
  readonly generation_config?: GenerationConfig;
}

/** The calls "forward", "generate" and "save_pretrained". */
export interface ModelCallArguments extends Configs {
  readonly inputs: object;
}

/** The inputs of "save_pretrained". */
export interface SaveInputs {
  readonly folder: string;
  readonly options: object;
}

export interface ModelCallResult {
  readonly output: unknown;
  /** Keys of the config that the call changed (problem_type, by the first labels). */
  readonly changed: ConfigValues;
}

/** A tensor of a state dict, or the earlier name that it has too. */
export type StateDictPart = readonly [name: string, tensor: Tensor | string];
