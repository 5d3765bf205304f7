/** Models in workers: that they do what models do, what crosses and what does not, and how they end. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  BaseStreamer,
  Constraint,
  DisjunctiveConstraint,
  EngineError,
  env,
  GenerateBeamEncoderDecoderOutput,
  GenerationConfig,
  type GenerateOptions,
  HubResponseError,
  InvalidArgumentError,
  LEDConfig,
  LEDForConditionalGeneration,
  LEDForSequenceClassification,
  LEDModel,
  LEDSeq2SeqLMOutput,
  MaxTimeCriteria,
  PhrasalConstraint,
  Tensor,
  TemperatureLogitsWarper,
  TextIteratorStreamer,
} from "../src/index.ts";
import { setLogger } from "../src/log.ts";
import { type BuiltCommand, buildCommand } from "./support/command.ts";
import { fakeHub } from "./support/fake-hub.ts";
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

  test("of another class, which writes problem_type into its config", async () => {
    const path = folder.path;
    const model = await LEDForSequenceClassification.from_pretrained(path, { worker: true, num_labels: 3 });
    expect(said).toEqual([
      expect.stringContaining("Some weights of LEDForSequenceClassification were not initialized"),
    ]);
    const inputs = { input_ids: [ids[0]!], labels: [1] };
    const output = await model(inputs);
    const own = await LEDForSequenceClassification.from_pretrained(path, { num_labels: 3 });
    expect(output).toStrictEqual(await own(inputs));
    expect(model.config).toStrictEqual(own.config);
    expect(model.config.problem_type).toBe("single_label_classification");
    expect("generate" in model).toBe(false);
    await Promise.all([own.dispose(), model.dispose()]);
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

  test("files at hand, to load from and to save to", async () => {
    const files = { where: "memory" } as never;
    await expect(LEDModel.from_pretrained(files, { worker: true })).rejects.toThrow(
      "LEDModel.from_pretrained, worker: true: expected a path or a Hub id, by which the worker finds the files itself, " +
        "got an object of files (memory). Give its path, or load the model without `worker`.",
    );
    await expect(worker.save_pretrained(files)).rejects.toThrow("expected the path of a folder");
  });
});

describe("loading", () => {
  test("options and their results cross: config, state_dict, loading info", async () => {
    const config = LEDConfig.from_dict({ ...here.config, num_beams: 3 });
    const state_dict = await worker.state_dict();
    expect(state_dict).toStrictEqual(await here.state_dict());
    expect(state_dict.get("led.shared.weight")).toBe(state_dict.get("lm_head.weight"));
    state_dict.delete("final_logits_bias");
    const [model, info] = await LEDForConditionalGeneration.from_pretrained(folder.path, {
      worker: true,
      config,
      state_dict,
      output_loading_info: true,
      output_attentions: true,
    });
    expect(info.missing_keys).toEqual(["final_logits_bias"]);
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

  test("from a Hub that the program has set; its progress, its errors and an abort cross, and no process is left", async () => {
    const hub = await fakeHub({ files: { "config.json": await folder.readJson("config.json").then(JSON.stringify) } });
    const remoteHost = env.remoteHost;
    const cacheDir = env.cacheDir;
    Object.assign(env, { remoteHost: hub.host, cacheDir: join(folder.path, "cache") });
    try {
      const told: unknown[] = [];
      const load = (id: string) =>
        LEDModel.from_pretrained(id, { worker: true, progress_callback: (progress) => told.push(progress) });
      await expect(load("org/tiny-led")).rejects.toThrow("pytorch_model.bin");
      expect(told).toContainEqual(expect.objectContaining({ status: "done", file: "config.json" }));
      await expect(load("org/none")).rejects.toThrow(HubResponseError);
      const pid = lastChild().pid!;
      await gone(pid);
    } finally {
      Object.assign(env, { remoteHost, cacheDir });
      await hub.close();
    }
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const aborted = LEDModel.from_pretrained(folder.path, { worker: true, signal: controller.signal });
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(LEDModel.from_pretrained(join(folder.path, "none"), { worker: true })).rejects.toThrow();
    await gone(lastChild().pid!);
  });
});

describe("a long call", () => {
  const input_ids = [[0, ...Array.from({ length: 600 }, (_, i) => 4 + ((i * 37) % 3000)), 2]];
  const long = { input_ids, num_beams: 1, max_new_tokens: 250, min_new_tokens: 250 };
  let model: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    model = await open(fileURLToPath(new URL("../models/embedded", import.meta.url)));
  });

  afterAll(() => model.kill());

  test("leaves the program's timers running, and an abort ends it with its reason", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const controller = new AbortController();
    let last = 0;
    const call = model.generate({
      ...long,
      signal: controller.signal,
      streamer: () => {
        if (last++ === 3) controller.abort(reason);
      },
    });
    const reason = new Error("enough");
    await expect(call).rejects.toBe(reason);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
    expect(last).toBeLessThan(250);
    // What a listener throws ends a call in the same way.
    const thrown = model.generate({
      ...long,
      progress_callback: () => {
        throw reason;
      },
    });
    await expect(thrown).rejects.toBe(reason);
    expect((await model.generate({ input_ids, num_beams: 1, max_new_tokens: 2 })).dims[0]).toBe(1);
  });

  test("a crash in the middle rejects it, what waits behind it and what comes later, saying how it ended", async () => {
    const streamer = new TextIteratorStreamer({ decode: (given) => `${given.join(" ")} ` });
    const call = model.generate({ ...long, streamer });
    const behind = model.forward({ input_ids: [[5]] });
    const results = Promise.allSettled([call, behind]);
    await streamer.next();
    lastChild().kill("SIGKILL");
    const message =
      "LEDForConditionalGeneration in a worker: expected a worker that runs, got one that ended by SIGKILL. The system may have " +
      "been out of memory, of which shorter inputs, fewer beams or a smaller model need less. Load the model again to go on.";
    for (const result of await results) {
      expect(result).toMatchObject({ status: "rejected", reason: { message } });
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(EngineError);
    }
    // Whoever reads the stream is told too.
    const read = async () => {
      for await (const _ of streamer);
    };
    await expect(read()).rejects.toThrow(message);
    await expect(model({ input_ids: [[5]] })).rejects.toThrow(message);
    await model.dispose();
  });

  test("kill() in the middle ends the process", async () => {
    model = await open(fileURLToPath(new URL("../models/embedded", import.meta.url)));
    const pid = lastChild().pid!;
    const call = model.generate({ ...long, streamer: () => model.kill() });
    await expect(call).rejects.toThrow("got one that was killed. Load the model again to go on.");
    await expect(model.state_dict()).rejects.toThrow("got one that was killed.");
    await gone(pid);
  });
});

describe("the built package", () => {
  let built: BuiltCommand;
  const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));

  beforeAll(() => {
    built = buildCommand();
    // Says the child's process id, generates, and then does as it is told.
    const script = `
      import child_process from "node:child_process";
      import { syncBuiltinESMExports } from "node:module";
      const { fork } = child_process;
      child_process.fork = (...args) => {
        const child = fork(...args);
        console.log(child.pid);
        return child;
      };
      syncBuiltinESMExports();
      const { LEDForConditionalGeneration } = await import("./dist/index.js");
      const model = await LEDForConditionalGeneration.from_pretrained(process.argv[2], { worker: true });
      const max_new_tokens = Number(process.argv[3]);
      const settings = { num_beams: 1, early_stopping: false, max_new_tokens, min_new_tokens: max_new_tokens };
      const { dims } = await model.generate({
        ...settings,
        input_ids: [[0, ...Array.from({ length: 500 }, (_, i) => 5 + i), 2]],
        streamer: () => max_new_tokens > 9 && console.log("at work"),
      });
      console.log(dims.join());`;
    writeFileSync(join(built.folder, "script.mjs"), script);
  });

  afterAll(() => built.remove());

  const environment = { ...process.env, NODE_OPTIONS: "" };

  test("computes in a worker, which does not keep an idle program running and ends with it", async () => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [join(built.folder, "script.mjs"), embedded, "3"],
      { env: environment },
    );
    const [pid, dims] = stdout.trim().split("\n");
    expect(dims).toBe("1,4");
    expect(stderr).toBe("");
    await gone(Number(pid));
  });

  test("a program that is killed at work leaves no worker behind", async () => {
    const program = spawn(process.execPath, [join(built.folder, "script.mjs"), embedded, "250"], { env: environment });
    const lines: string[] = [];
    const reader = createInterface(program.stdout);
    for await (const line of reader) {
      lines.push(line);
      if (line === "at work") break;
    }
    program.kill("SIGKILL");
    await once(program, "exit");
    await gone(Number(lines[0]));
  });

  test("says what to do where a bundler has left the worker's program behind", async () => {
    const { rolldown } = await import("rolldown");
    const bundle = await rolldown({
      input: join(built.folder, "dist/index.js"),
      platform: "node",
      external: [/^onnxruntime/],
      logLevel: "silent",
    });
    await bundle.write({ file: join(built.folder, "bundle/app.js"), codeSplitting: false });
    const { LEDModel } = (await import(join(built.folder, "bundle/app.js"))) as typeof import("../src/index.ts");
    await expect(LEDModel.from_pretrained(embedded, { worker: true })).rejects.toThrow(
      /expected the worker's program at .*main\.js, got no such file\. Where a bundler puts the program in one file, keep led-transformers out of it/,
    );
  });
});
