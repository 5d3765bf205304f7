// @ts-check
/**
 * Checkpoints of random weights: times do not depend on the numbers, so a measurement needs no download. They lie in
 * node_modules/.cache/led-bench/ and serve later runs.
 *
 *     node bench/random-checkpoint.mjs led-base         writes one, or finds it; prints { folder, bytes, largest }
 *     node bench/random-checkpoint.mjs led-base-65536   with so many positions of the encoder
 */
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { writeSafetensors } from "../dist/checkpoints/index.js";
import { LEDConfig } from "../dist/config.js";
import { folderFiles } from "../dist/hub/folder.js";
import { geometryOf } from "../dist/models/led/geometry.js";
import { conditionalGenerationParameters } from "../dist/models/led/parameters.js";
import { geometries, positions } from "./geometries.mjs";

/** @typedef {import("../dist/models/led/parameters.js").ParameterShape} ParameterShape */
/** @typedef {import("./geometries.mjs").GeometryName} GeometryName */
/** @typedef {{ folder: string, bytes: number, largest: number }} Written bytes of the weights' file and of its largest tensor */

const cache = fileURLToPath(new URL("../node_modules/.cache/led-bench/", import.meta.url));
const weightsName = "model.safetensors";
const floatsPerChunk = 2 ** 20;
const seed = 20200410;

/** Weights for the ceilings: a feed-forward pair, and a table far larger than a processor's caches. */
export const ceilingShapes = {
  up: { name: "up.weight", shape: [3072, 768] },
  down: { name: "down.weight", shape: [768, 3072] },
  table: { name: "table.weight", shape: [147456, 768] },
};

/**
 * A LEDForConditionalGeneration, with a tokenizer that makes one token of each letter.
 * @param {string} name
 */
async function writeModel(name) {
  const geometry = /** @type {GeometryName[]} */ (Object.keys(geometries)).find(
    (known) => name === known || name.startsWith(`${known}-`),
  );
  if (geometry === undefined) throw new Error(`expected one of ${Object.keys(geometries).join(", ")}; got ${name}`);
  const rows = name === geometry ? positions.encoder : Number(name.slice(geometry.length + 1));
  const config = new LEDConfig({
    ...geometries[geometry],
    max_encoder_position_embeddings: rows,
    max_decoder_position_embeddings: positions.decoder,
    architectures: ["LEDForConditionalGeneration"],
  });
  const folder = join(cache, name);
  await mkdir(folder, { recursive: true });
  const files = folderFiles(folder);
  await config.save_pretrained(files);
  for (const [file, text] of Object.entries(letterTokenizer()))
    await files.write(file, [new TextEncoder().encode(text)]);
  return writeWeights(folder, conditionalGenerationParameters(geometryOf(config)));
}

async function writeCeilings() {
  const folder = join(cache, "ceilings");
  await mkdir(folder, { recursive: true });
  return writeWeights(folder, Object.values(ceilingShapes));
}

/**
 * @param {string} folder
 * @param {readonly ParameterShape[]} parameters
 * @returns {Promise<Written>}
 */
async function writeWeights(folder, parameters) {
  const data = parameters.reduce((sum, { shape }) => sum + bytesOf(shape), 0);
  const path = join(folder, weightsName);
  if ((await dataBytes(path)) !== data) {
    const random = normals(seed);
    const tensors = parameters.map(({ name, shape }) => ({
      name,
      type: /** @type {const} */ ("F32"),
      shape,
      data: () => values(name, bytesOf(shape) / 4, random),
    }));
    console.error(`Writing ${(data / 1e6).toFixed(0)} MB of random weights to ${folder}`);
    await writeSafetensors(folderFiles(folder), weightsName, tensors);
  }
  const file = await open(path);
  const { size } = await file.stat();
  await file.close();
  return { folder, bytes: size, largest: Math.max(...parameters.map(({ shape }) => bytesOf(shape))) };
}

const bytesOf = (/** @type {readonly number[]} */ shape) => shape.reduce((product, dim) => product * dim, 4);

/** Bytes behind a safetensors file's header, if there is such a file. @param {string} path */
async function dataBytes(path) {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(new BigUint64Array(1), 0, 8, 0);
    return size - 8 - Number(buffer[0]);
  } finally {
    await file.close();
  }
}

/**
 * A new model's values: layer norms 1 and 0, biases 0, all else normal with deviation 0.02.
 * @param {string} name
 * @param {number} count
 * @param {(chunk: Float32Array) => void} random
 */
function* values(name, count, random) {
  const fill = !/bias$/.test(name) && !/layer_?norm/.test(name) ? random : constant(/bias$/.test(name) ? 0 : 1);
  for (let at = 0; at < count; at += floatsPerChunk) {
    const chunk = new Float32Array(Math.min(floatsPerChunk, count - at));
    fill(chunk);
    yield new Uint8Array(chunk.buffer);
  }
}

const constant = (/** @type {number} */ value) => (/** @type {Float32Array} */ chunk) => void chunk.fill(value);

/**
 * Sums of the four bytes of xorshift32 (Marsaglia, "Xorshift RNGs", 2003): near enough to normal, about 1 s for led-base.
 * @param {number} seed
 */
function normals(seed) {
  let state = seed;
  // A byte's variance is (256^2 - 1) / 12.
  const scale = 0.02 / Math.sqrt((4 * (256 ** 2 - 1)) / 12);
  return (/** @type {Float32Array} */ chunk) => {
    for (let i = 0; i < chunk.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const sum = (state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24);
      chunk[i] = (sum - 510) * scale;
    }
  };
}

/** Files of a byte-level tokenizer without merges; Ġ is the space of its alphabet. */
function letterTokenizer() {
  const tokens = ["<s>", "<pad>", "</s>", "<unk>", ..."abcdefghijklmnopqrstuvwxyzĠ", "<mask>"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { "vocab.json": JSON.stringify(vocab), "merges.txt": "#version: 0.2\n" };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [, , name = ""] = argv;
  const written = name === "ceilings" ? await writeCeilings() : await writeModel(name);
  console.log(JSON.stringify(written));
}
