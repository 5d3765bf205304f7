// @ts-check
/** About how long a run takes, so that one knows before it begins. */
import { decodeStepBytes, encoderFlop, geometries, trainingFlop } from "./geometries.mjs";
import { groupsOf, tasksOf } from "./turns.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./turns.mjs").Task} Task */

/**
 * Rates of two slow cores, as measured there: useful FLOP/s of encoding, bytes/s of decode steps, random numbers a second of
 * PyTorch's new model, and bytes/s of opening.
 */
const slow = {
  ours: { flop: 60e9, bytes: 9e9 },
  pytorch: { flop: 18e9, bytes: 4e9 },
  start: { ours: 0.7, pytorch: 5 },
  randomNumbers: 50e6,
  opened: { ours: 0.8e9, pytorch: 0.25e9 },
};

/** @param {Task} task */
function seconds({ who, kind, geometry, batch, tokens, beams, warmups, repeats, target = 1, checkpointing = true }) {
  if (kind === "gemm-rate" || kind === "memory-rate") return 3;
  if (kind === "interrupt") return 6;
  // A small model and a few hundred short steps.
  if (kind === "document" || geometry === "embedded") return 10;
  const sizes = geometries[geometry];
  const { d_model: D, decoder_layers: L, vocab_size: V, encoder_layers, encoder_ffn_dim: F } = sizes;
  const parameters = V * D + (encoder_layers + L) * (5.5 * D ** 2 + 2 * D * F);
  const start = slow.start[who] + (4 * parameters) / slow.opened[who];
  if (kind === "open") return start;
  const made = who === "pytorch" ? slow.start.pytorch + parameters / slow.randomNumbers : start;
  const rates = slow[who];
  const passes = warmups + repeats;
  if (kind === "encoder") return made + (passes * batch * encoderFlop(sizes, tokens)) / rates.flop;
  if (kind === "training-step") {
    return made + (passes * batch * trainingFlop(sizes, tokens, target, checkpointing)) / rates.flop;
  }
  // PyTorch reads the source's keys and values for each beam; both project the source once.
  const projected = (4 * batch * tokens * D ** 2 * L * (who === "pytorch" ? beams : 1)) / rates.flop;
  const bytes = decodeStepBytes(sizes, tokens, batch * (who === "pytorch" ? beams : 1));
  return made + projected + (passes * bytes) / rates.bytes;
}

/** Seconds. @param {readonly Case[]} cases @param {boolean} reference whether there is a PyTorch */
export function estimate(cases, reference) {
  let sum = 0;
  for (const group of groupsOf(cases)) {
    /** @type {Map<string, Task>} */
    const tasks = new Map();
    for (const one of group) {
      for (const task of Object.values(tasksOf(one, { reference }))) tasks.set(JSON.stringify(task), task);
    }
    const rounds = Math.max(...group.map((one) => one.rounds));
    for (const task of tasks.values()) sum += (rounds + (task.kind === "open" ? task.warmups : 0)) * seconds(task);
  }
  return sum;
}

/** @param {number} seconds */
export const minutes = (seconds) =>
  seconds < 90 ? `${Math.ceil(seconds / 10) * 10} s` : `${Math.ceil(seconds / 60)} min`;
