// @ts-check
/** What the machine itself can do, measured through the same engine: rates of matrix products and of reading weights. */
import { openCheckpoint } from "../dist/checkpoints/index.js";
import { Graph } from "../dist/graph/graph.js";
import { folderFiles } from "../dist/hub/folder.js";
import { bindWeights } from "../dist/models/led/weights.js";
import { platform } from "../dist/platform/node.js";
import { Tensor } from "../dist/tensor.js";
import { ceilingShapes } from "./random-checkpoint.mjs";
import { repeated, secondsOf } from "./statistics.mjs";

/** @typedef {import("./measure.mjs").Task} Task */
/** @typedef {import("./measure.mjs").Measured} Measured */

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
export async function measureGemmRate(task) {
  const [rows, pairs] = [4096, 2];
  const { up, down } = ceilingShapes;
  const seconds = await measureGraph(task, rows, (g, x) => {
    let y = x;
    for (let pair = 0; pair < pairs; pair++) {
      for (const { name, shape } of [up, down]) {
        y = g.gemm(y, g.parameter(name, "float32", shape), undefined, { transB: true, manyRows: true });
      }
    }
    return y;
  });
  return { seconds, work: pairs * 2 * 2 * rows * 768 * 3072 };
}

/**
 * Bytes/s of weights that a product reads, of a row for each beam of each document: of many rows the arithmetic is the limit.
 * @param {Task} task
 * @returns {Promise<Measured>}
 */
export async function measureMemoryRate(task) {
  const { name, shape } = ceilingShapes.table;
  const seconds = await measureGraph(task, task.batch * task.beams, (g, x) =>
    g.gemm(x, g.parameter(name, "float32", shape), undefined, { transB: true }),
  );
  return { seconds, work: 4 * shape.reduce((product, dim) => product * dim, 1) };
}
