// @ts-check
/** What is measured: one entry a line of the table. Both sides do the same, in processes of their own. */
import { decodeStepBytes, encoderFlop, geometries } from "./geometries.mjs";

/** @typedef {import("./geometries.mjs").GeometryName} GeometryName */

/**
 * @typedef {object} Goals
 * @property {number} [speed] times PyTorch's speed at least
 * @property {number} [memory] share of PyTorch's peak memory at most
 * @property {number} [floor] times the machine's own limit at most
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {"open" | "encoder" | "decode-step" | "interrupt"} kind
 * @property {number} tokens of the source
 * @property {number} beams
 * @property {number} rounds processes of each side, in turn
 * @property {number} warmups passes or steps of a process before those that count; for "open", processes
 * @property {number} repeats passes or steps of a process that count
 * @property {boolean} reference whether PyTorch has this case
 * @property {{ kind: "gemm-rate" | "memory-rate", work: number }} [ceiling] the rate that limits it, and the FLOP or bytes it needs
 * @property {Goals} goals
 */

/** @param {GeometryName} name @param {boolean} quick @returns {Case[]} */
export function casesOf(name, quick) {
  const geometry = geometries[name];
  const defaults = { tokens: 0, beams: 1, rounds: quick ? 1 : 3, warmups: 1, repeats: 1, reference: true, goals: {} };

  /** @param {number} tokens @param {Partial<Case>} [more] @returns {Case} */
  const encode = (tokens, more) => ({
    ...defaults,
    name: `encode-${tokens}`,
    title: `encode ${count(tokens)} tokens`,
    kind: "encoder",
    tokens,
    ceiling: { kind: "gemm-rate", work: encoderFlop(geometry, tokens) },
    ...more,
    goals: { floor: 1.25, ...more?.goals },
  });
  /** @param {number} beams @param {number} tokens @param {Goals} [goals] @returns {Case} */
  const decode = (beams, tokens, goals) => ({
    ...defaults,
    name: `decode-${tokens}-beam-${beams}`,
    title: `a step of ${beams === 1 ? "greedy decoding" : `${beams} beams`} over ${count(tokens)} tokens`,
    kind: "decode-step",
    tokens,
    beams,
    repeats: 16,
    ceiling: { kind: "memory-rate", work: decodeStepBytes(geometry, tokens) },
    goals: { floor: 1.5, ...goals },
  });
  /** @type {Case} */
  const open = {
    ...defaults,
    name: "open",
    title: "open the model",
    kind: "open",
    rounds: quick ? 1 : 5,
    reference: false,
  };
  /** @type {Case} */
  const interrupt = {
    ...defaults,
    name: "interrupt-16384",
    title: "Ctrl-C while 16,384 tokens are encoded",
    kind: "interrupt",
    tokens: 16384,
    warmups: 0,
    reference: false,
  };
  if (quick) {
    // So small a model says nothing about goals.
    const cases = [open, encode(256), encode(1024), decode(1, 1024), decode(4, 1024), interrupt];
    return cases.map((one) => ({ ...one, goals: {} }));
  }
  return [
    open,
    encode(1024, { repeats: 3 }),
    encode(4096, { goals: { speed: 3.5 } }),
    // PyTorch takes more than a minute for a pass: no warm-up on either side, which costs the faster one more.
    encode(16384, { rounds: 2, warmups: 0, goals: { speed: 5, memory: 0.25 } }),
    decode(1, 4096),
    decode(4, 4096, { speed: 2 }),
    interrupt,
  ];
}

/** @param {number} number */
const count = (number) => number.toLocaleString("en-US");

/** Those that `wanted` names, by their own names or by what stands before "-". @param {Case[]} cases @param {string[] | undefined} wanted */
export function choose(cases, wanted) {
  if (wanted === undefined) return cases;
  const matches = (/** @type {string} */ word) =>
    cases.filter(({ name }) => name === word || name.startsWith(`${word}-`));
  const unknown = wanted.filter((word) => matches(word).length === 0);
  if (unknown.length > 0) {
    throw new Error(`--cases: expected some of ${cases.map(({ name }) => name).join(", ")}; got ${unknown.join(", ")}`);
  }
  return cases.filter((one) => wanted.some((word) => matches(word).includes(one)));
}
