// @ts-check
/**
 * One measurement of this package: `node bench/measure.mjs '{"kind":"encoder",...}'` prints
 * { seconds, all_seconds, peak_rss, work? }, where seconds is the median, peak_rss in bytes is the process's, and work is
 * what a ceiling did in `seconds`.
 */
import { argv } from "node:process";
import { openCheckpoint } from "../dist/checkpoints/index.js";
import { Graph } from "../dist/graph/graph.js";
import { folderFiles } from "../dist/hub/folder.js";
import { LEDForConditionalGeneration } from "../dist/models/led/for-conditional-generation.js";
import { bindWeights } from "../dist/models/led/weights.js";
import { platform } from "../dist/platform/node.js";
import { Tensor } from "../dist/tensor.js";
import { ceilingShapes } from "./random-checkpoint.mjs";
import { median } from "./statistics.mjs";

/**
 * @typedef {object} Task
 * @property {keyof typeof kinds} kind
 * @property {string} folder of the model, or of the ceilings' weights
 * @property {number} threads
 * @property {number} tokens of the source
 * @property {number} beams
 * @property {number} warmups passes or steps that do not count
 * @property {number} repeats passes or steps that count
 */

/** @typedef {{ seconds: number[], work?: number }} Measured */

/** @param {() => unknown} work */
async function secondsOf(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** @param {Pick<Task, "warmups" | "repeats">} task @param {() => Promise<number>} once */
async function repeated({ warmups, repeats }, once) {
  const seconds = [];
  for (let i = 0; i < warmups + repeats; i++) seconds.push(await once());
  return seconds.slice(warmups);
}

/** @param {Task} task */
const openModel = ({ folder, threads }) =>
  // Not "auto": the slower engine that would serve instead is not what is measured.
  LEDForConditionalGeneration.from_pretrained(folder, { device: "cpu", num_threads: threads });

/** One start of a process, so `repeats` and `warmups` are the caller's to see to. @param {Task} task @returns {Promise<Measured>} */
async function measureOpen(task) {
  return { seconds: [await secondsOf(() => openModel(task))] };
}

/** A pass over one document whose first token is global. @param {Task} task @returns {Promise<Measured>} */
async function measureEncoder(task) {
  const { tokens } = task;
  const model = await openModel(task);
  const rows = model.config.vocab_size - 4;
  const ids = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(4 + ((i * 7919) % rows)));
  const global = Tensor.zeros("int64", [1, tokens]);
  global.data[0] = 1n;
  const inputs = { input_ids: new Tensor("int64", ids, [1, tokens]), global_attention_mask: global };
  const once = async () => {
    // The call is ended where the encoder is done.
    const controller = new AbortController();
    const start = performance.now();
    let end = Number.NaN;
    const call = model.generate({
      ...inputs,
      max_new_tokens: 1,
      signal: controller.signal,
      progress_callback({ stage, done, total }) {
        if (stage !== "encode" || done < total) return;
        end = performance.now();
        controller.abort();
      },
    });
    await call.catch((error) => {
      if (!controller.signal.aborted) throw error;
    });
    return (end - start) / 1000;
  };
  return { seconds: await repeated(task, once) };
}

/**
 * The whole step of beam search (greedy with one beam): logits, log-softmax, candidates, the cache's next state.
 * @param {Task} task
 * @returns {Promise<Measured>}
 */
async function measureDecodeStep(task) {
  const { tokens, beams, warmups, repeats } = task;
  const model = await openModel(task);
  const hidden = Tensor.zeros("float32", [1, tokens, model.config.d_model]);
  for (let i = 0; i < hidden.data.length; i++) hidden.data[i] = Math.sin(i);
  const steps = warmups + repeats;
  /** @type {number[]} when each token was chosen; before the first, the source was projected */
  const times = [];
  await model.generate({
    encoder_outputs: { last_hidden_state: hidden },
    num_beams: beams,
    min_new_tokens: steps + 1,
    max_new_tokens: steps + 1,
    progress_callback({ stage }) {
      if (stage === "generate") times.push(performance.now());
    },
  });
  const seconds = times.slice(1).map((time, i) => (time - (times[i] ?? Number.NaN)) / 1000);
  if (seconds.length !== steps) throw new Error(`decode-step: expected ${steps} steps, got ${seconds.length}`);
  return { seconds: seconds.slice(warmups) };
}

/**
 * A graph over the ceilings' weights that gives the sums of the rows of `build`'s result, so that no time goes into
 * handing out results.
 * @param {Task} task
 * @param {number} rows
 * @param {(g: Graph, x: import("../dist/graph/graph.js").Value) => import("../dist/graph/graph.js").Value} build
 */
async function measureGraph(task, rows, build) {
  const g = new Graph();
  const x = g.input("x", "float32", [rows, 768]);
  g.output("sums", g.reduceSum(build(g, x), [1]));
  const checkpoint = await openCheckpoint(folderFiles(task.folder));
  const { weights } = await bindWeights(checkpoint, Object.values(ceilingShapes), [ceilingShapes.table.name]);
  const used = new Map([...g.parameters.keys()].map((name) => [name, /** @type {never} */ (weights.get(name))]));
  const engine = await platform.engine("cpu");
  const session = await engine.compile(g, used, { num_threads: task.threads });
  const input = Tensor.zeros("float32", [rows, 768]);
  for (let i = 0; i < input.data.length; i++) input.data[i] = Math.sin(i);
  return repeated(task, () => secondsOf(() => session.run({ x: input }, ["sums"])));
}

/** FLOP/s of matrix products: [4096, 768] x [768, 3072] and back, twice. @param {Task} task @returns {Promise<Measured>} */
async function measureGemmRate(task) {
  const [rows, pairs] = [4096, 2];
  const { up, down } = ceilingShapes;
  const seconds = await measureGraph(task, rows, (g, x) => {
    let y = x;
    for (let pair = 0; pair < pairs; pair++) {
      for (const { name, shape } of [up, down]) {
        y = g.gemm(y, g.parameter(name, "float32", shape), undefined, { transB: true });
      }
    }
    return y;
  });
  return { seconds, work: pairs * 2 * 2 * rows * 768 * 3072 };
}

/** Bytes/s of weights that a product of a row for each beam reads. @param {Task} task @returns {Promise<Measured>} */
async function measureMemoryRate(task) {
  const { name, shape } = ceilingShapes.table;
  const seconds = await measureGraph(task, task.beams, (g, x) =>
    g.gemm(x, g.parameter(name, "float32", shape), undefined, { transB: true }),
  );
  return { seconds, work: 4 * shape.reduce((product, dim) => product * dim, 1) };
}

const kinds = {
  open: measureOpen,
  encoder: measureEncoder,
  "decode-step": measureDecodeStep,
  "gemm-rate": measureGemmRate,
  "memory-rate": measureMemoryRate,
};

const task = /** @type {Task} */ (JSON.parse(argv[2] ?? ""));
const { seconds, work } = await kinds[task.kind](task);
const peak_rss = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ seconds: median(seconds), all_seconds: seconds, peak_rss, work }));
