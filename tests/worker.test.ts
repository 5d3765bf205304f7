/** Models in workers: that they do what models do, what crosses and what does not. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  BaseStreamer,
  Constraint,
  DisjunctiveConstraint,
  EngineError,
  env,
  GenerateBeamEncoderDecoderOutput,
  type GenerateOptions,
  GenerationConfig,
  HubResponseError,
  InvalidArgumentError,
  LEDConfig,
  LEDForConditionalGeneration,
  LEDForSequenceClassification,
  LEDModel,
  LEDSeq2SeqLMOutput,
  MaxTimeCriteria,
  PhrasalConstraint,
  TemperatureLogitsWarper,
  Tensor,
} from "../src/index.ts";
import { setLogger } from "../src/log.ts";
import { nodeErrors } from "../src/platform/node-worker.ts";
import { Codec } from "../src/workers/codec.ts";
import { type FakeHub, fakeHub } from "./support/fake-hub.ts";
import { type ModelFolder, tinyLed } from "./support/tiny-led.ts";
import { gone, lastChild, letChildrenReadSources } from "./support/worker-processes.ts";

vi.mock("node:child_process", { spy: true });
letChildrenReadSources();

const open = (path: string) => LEDForConditionalGeneration.from_pretrained(path, { worker: true, num_threads: 1 });

let folder: ModelFolder;
let here: LEDForConditionalGeneration;
let worker: Awaited<ReturnType<typeof open>>;
const said: string[] = [];

beforeAll(async () => {
  folder = await tinyLed();
  here = await LEDForConditionalGeneration.from_pretrained(folder.path, { num_threads: 1 });
  worker = await open(folder.path);
});

beforeEach(() => {
  said.length = 0;
  setLogger({ warn: (message) => said.push(message) });
});

afterEach(() => setLogger(null));

afterAll(async () => {
  await worker.dispose();
  await here.dispose();
  await folder.remove();
});

const ids = [
  [0, 5, 9, 12, 7, 21, 2],
  [0, 8, 6, 19, 2, 1, 1],
];

describe("forward", () => {
  test("gives the same output, of the same class, by call and by name", async () => {
    const inputs = { input_ids: ids, output_attentions: true, output_hidden_states: true, labels: ids };
    const output = await worker(inputs);
    expect(output).toBeInstanceOf(LEDSeq2SeqLMOutput);
    const expected = await here(inputs);
    expect(output).toStrictEqual(expected);
    expect(output.keys()).toEqual(expected.keys());
    expect(output[1]).toBe(output.logits);
    expect("past_key_values" in output).toBe(false);
    expect(await worker.forward(inputs)).toStrictEqual(expected);
    expect(await worker({ ...inputs, return_dict: false })).toStrictEqual(expected.to_tuple());
  });

  test("takes what it gave: past_key_values and encoder_outputs", async () => {
    const first = await worker({ input_ids: ids, decoder_input_ids: [[2], [2]] });
    const next = {
      encoder_outputs: { last_hidden_state: first.encoder_last_hidden_state },
      attention_mask: Tensor.from(ids, "int64"),
      decoder_input_ids: [[5], [6]],
      past_key_values: first.past_key_values,
    };
    expect(await worker(next)).toStrictEqual(await here(next));
  });

  test("of another class, which writes problem_type into its config; and a crash", async () => {
    const path = folder.path;
    const model = await LEDForSequenceClassification.from_pretrained(path, { worker: true, num_labels: 3 });
    const warnings = said.splice(0);
    const inputs = { input_ids: [ids[0]!], labels: [1] };
    const output = await model(inputs);
    const own = await LEDForSequenceClassification.from_pretrained(path, { num_labels: 3 });
    expect(warnings).toEqual(said);
    expect(output).toStrictEqual(await own(inputs));
    expect(model.config).toStrictEqual(own.config);
    expect(model.config.problem_type).toBe("single_label_classification");
    // @ts-expect-error: a class has in a worker what it has without.
    expect(model.generate).toBeUndefined();
    // @ts-expect-error: what changes weights is not offered.
    expect(model.load_state_dict).toBeUndefined();
    await own.dispose();

    // It ends by a signal that nobody here sent: what waits and what comes later is told.
    const child = lastChild();
    const calls = Promise.allSettled([model(inputs), model.state_dict()]);
    child.kill("SIGSEGV");
    const message =
      "LEDForSequenceClassification in a worker: expected a worker that runs, got one that ended by SIGSEGV. Standard error may " +
      "say why. If it does not, the system may have been out of memory, of which shorter inputs, fewer beams or a smaller model " +
      "need less. Load the model again to go on.";
    for (const result of await calls) {
      expect(result).toMatchObject({ status: "rejected", reason: { message } });
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(EngineError);
    }
    await expect(model(inputs)).rejects.toThrow(message);
    await model.dispose();
  });
});

const modes: Record<string, GenerateOptions> = {
  greedy: { num_beams: 1 },
  "beams, all that can be shown": {
    num_return_sequences: 2,
    return_dict_in_generate: true,
    output_scores: true,
    output_attentions: true,
    output_hidden_states: true,
  },
  sampling: { num_beams: 1, do_sample: true, seed: 11, temperature: 0.7, top_k: 9 },
  "diverse beams": { num_beams: 4, num_beam_groups: 2, diversity_penalty: 0.4 },
  contrastive: { num_beams: 1, penalty_alpha: 0.5, top_k: 4 },
  constraints: { constraints: [new PhrasalConstraint([9, 8]), new DisjunctiveConstraint([[5, 6], [7]])] },
  "words and biases": { force_words_ids: [[11]], sequence_bias: new Map([[[7], -4]]) },
  "a config": {
    generation_config: new GenerationConfig({ max_new_tokens: 4, num_beams: 3, decoder_start_token_id: 2 }),
  },
  extractive: {
    num_beams: 1,
    extractive: {
      sentences: [
        [
          [1, 3],
          [3, 6],
        ],
        [[1, 4]],
      ],
    },
  },
};

describe("generate", () => {
  test.each(Object.entries(modes))("%s: as without a worker, warnings too", async (_, mode) => {
    const options = { input_ids: ids, max_length: 8, ...mode };
    const expected = await here.generate(options);
    const warnings = said.splice(0);
    expect(await worker.generate(options)).toStrictEqual(expected);
    expect(said).toEqual(warnings);
  });

  test("drafts, with the type that the options tell", async () => {
    const options = {
      input_ids: [ids[0]!],
      num_beams: 1,
      draft_from_source: 3,
      return_dict_in_generate: true,
    } as const;
    const output = await worker.generate(options);
    expect(output.drafting).toEqual((await here.generate(options)).drafting);
    const beams = await worker.generate({
      ...options,
      num_beams: 2,
      draft_from_source: undefined,
      output_scores: true,
    });
    expect(beams).toBeInstanceOf(GenerateBeamEncoderDecoderOutput);
    const { sequences, scores = [], beam_indices } = beams as GenerateBeamEncoderDecoderOutput;
    expect(worker.compute_transition_scores(sequences, scores, beam_indices)).toEqual(
      here.compute_transition_scores(sequences, scores, beam_indices),
    );
  });

  test("streamers and progress are told the same in the same order", async () => {
    class Recorder extends BaseStreamer {
      readonly log: unknown[] = [];
      put(given: unknown): void {
        this.log.push(given);
      }
      end(): void {
        this.log.push("end");
      }
    }
    const record = async (model: typeof worker | typeof here) => {
      const streamer = new Recorder();
      const progress_callback = (progress: unknown) => streamer.log.push(progress);
      await model.generate({ input_ids: ids, num_beams: 1, streamer, progress_callback });
      await model.generate({ input_ids: [ids[0]!], num_beams: 1, streamer: (given) => streamer.log.push(given) });
      return streamer.log;
    };
    const log = await record(worker);
    expect(log).toEqual(await record(here));
    expect(log).toContain("end");
  });

  test.each(["put", "end"] as const)(
    "what a streamer's %s throws is the call's failure and told to it",
    async (method) => {
      const failure = new Error("the reader is gone");
      const failed = async (model: typeof worker | typeof here) => {
        const log: unknown[] = [];
        const told = (name: string) => {
          log.push(name);
          // Not the prompt, which comes first.
          if (name === method && log.length > 1) throw failure;
        };
        const streamer = {
          put: () => told("put"),
          end: () => told("end"),
          error: (reason: unknown) => log.push(reason),
        };
        await expect(model.generate({ input_ids: ids, num_beams: 1, streamer })).rejects.toBe(failure);
        return log;
      };
      const log = await failed(worker);
      expect(log).toEqual(await failed(here));
      expect(log.at(-1)).toBe(failure);
    },
  );

  test("configs are read as they are when a call is made", async () => {
    const before = worker.generation_config;
    worker.generation_config = before.copy();
    worker.generation_config.num_beams = 1;
    const call = worker.generate({ input_ids: ids });
    worker.generation_config = before;
    expect(await call).toEqual(await here.generate({ input_ids: ids, num_beams: 1 }));
    worker.config.output_hidden_states = true;
    expect("encoder_hidden_states" in (await worker({ input_ids: ids }))).toBe(true);
    worker.config.output_hidden_states = false;
    expect("encoder_hidden_states" in (await worker({ input_ids: ids }))).toBe(false);
  });
});

test("the Hub's errors cross", () => {
  const codec = new Codec([], nodeErrors);
  const error = new HubResponseError("gated", 403, { operation: "load org/model" });
  const back = codec.decode(codec.encode(error, "test"));
  expect(back).toBeInstanceOf(HubResponseError);
  expect(back).toMatchObject({ reason: "gated", status: 403, operation: "load org/model", message: error.message });
});

describe("what it refuses", () => {
  test("as without a worker: the same class of error, the same words and fields", async () => {
    for (const wrong of [{ num_beam: 4 }, { input_ids: [[99]] }, { num_beams: 2, streamer: () => {} }]) {
      const options = { input_ids: ids, ...wrong };
      const [expected, error] = await Promise.all(
        [here, worker].map((model) => model.generate(options).catch((e) => e)),
      );
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(error).toMatchObject({ message: expected.message, operation: expected.operation, name: expected.name });
    }
    await expect(worker.generate(ids as never)).rejects.toThrow(
      "expected an object of inputs and options, got an array",
    );
  });

  class Own extends Constraint {
    readonly seqlen = 1;
    advance = () => 5;
    does_advance = () => true;
    update = () => ({ stepped: true, completed: true, reset: false });
    reset = () => {};
    remaining = () => 0;
    copy = () => new Own();
  }

  test.each<[string, GenerateOptions, string]>([
    ["prefix_allowed_tokens_fn", { prefix_allowed_tokens_fn: () => [5] }, "Use `force_words_ids`"],
    ["logits_processor", { logits_processor: [new TemperatureLogitsWarper(2)] }, "Use the settings"],
    ["stopping_criteria", { stopping_criteria: [new MaxTimeCriteria(1)] }, "Use `max_new_tokens`, `max_time`"],
    ["seed", { seed: () => 0.5 }, "Give a number"],
    ["constraints[0]", { constraints: [new Own()] }, "load the model without `worker`"],
  ])("functions: %s, by name", async (name, options, fix) => {
    const refused = worker.generate({ input_ids: ids, ...options });
    await expect(refused).rejects.toThrow(InvalidArgumentError);
    await expect(refused).rejects.toThrow(name);
    await expect(refused).rejects.toThrow(fix);
  });

  test("a `worker` that is neither true nor false", async () => {
    await expect(LEDModel.from_pretrained(folder.path, { worker: "yes" as never })).rejects.toThrow(
      "LEDModel.from_pretrained: expected `worker` to be true or false, got yes",
    );
  });

  test("files at hand, to load from and to save to", async () => {
    const files = { where: "memory" } as never;
    await expect(LEDModel.from_pretrained(files, { worker: true })).rejects.toThrow(
      "LEDModel.from_pretrained, worker: true: expected a path or a Hub id, by which the worker finds the files itself, " +
        "got the files of memory as an object. Give its path, or load the model without `worker`.",
    );
    await expect(worker.save_pretrained(files)).rejects.toThrow("expected the path of a folder");
  });
});

describe("loading", () => {
  let hub: FakeHub;
  const before = { remoteHost: env.remoteHost, cacheDir: env.cacheDir };

  beforeAll(async () => {
    const config = await readFile(join(folder.path, "config.json"));
    hub = await fakeHub({ files: { "config.json": config, "model.safetensors": "never read" } });
    Object.assign(env, { remoteHost: hub.host, cacheDir: join(folder.path, "cache") });
  });

  afterAll(async () => {
    Object.assign(env, before);
    await hub.close();
  });

  test("options and their results cross, and what the program has set in env", async () => {
    const config = LEDConfig.from_dict({ ...here.config, num_beams: 3 });
    const state_dict = await worker.state_dict();
    expect(state_dict).toStrictEqual(await here.state_dict());
    expect(state_dict.get("led.shared.weight")).toBe(state_dict.get("lm_head.weight"));
    state_dict.delete("led.encoder.layernorm_embedding.bias");
    const told: unknown[] = [];
    const [model, info] = await LEDForConditionalGeneration.from_pretrained("org/tiny-led", {
      worker: true,
      config,
      state_dict,
      output_loading_info: true,
      output_attentions: true,
      progress_callback: (progress) => told.push(progress),
    });
    expect(told).toContainEqual(expect.objectContaining({ status: "done", file: "config.json" }));
    expect(info.missing_keys).toEqual(["led.encoder.layernorm_embedding.bias"]);
    expect(model.config).toBe(config);
    expect(config.output_attentions).toBe(true);
    expect(model.num_parameters()).toBe(here.num_parameters());
    expect(model.num_parameters({ exclude_embeddings: true })).toBe(here.num_parameters({ exclude_embeddings: true }));
    model.generation_config.num_beams = 5;
    const saved = await model.save_pretrained(join(folder.path, "saved"));
    expect(saved).toEqual(["config.json", "model.safetensors"]);
    await model.dispose();
    const again = await LEDForConditionalGeneration.from_pretrained(join(folder.path, "saved"));
    expect(again.generation_config.num_beams).toBe(5);
    expect(again.config.output_attentions).toBe(true);
    await again.dispose();
  });

  test("one that is aborted leaves no process", async () => {
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const aborted = LEDModel.from_pretrained(folder.path, { worker: true, signal: controller.signal });
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await gone(lastChild().pid!);
  });
});
