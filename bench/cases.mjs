// @ts-check
/** What is measured: one entry a line of the tables. Both sides do the same, in processes of their own. */
import { decodeStepBytes, encoderFlop, geometries, longCheckpoint, trainingFlop } from "./geometries.mjs";
import { hasVnni } from "./machine.mjs";

/** @typedef {import("./geometries.mjs").GeometryName} GeometryName */
/** @typedef {import("./machine.mjs").Machine} Machine */

/**
 * @typedef {object} Goals
 * @property {number} [speed] times PyTorch's speed at least
 * @property {number} [memory] share of PyTorch's peak memory at most
 * @property {number} [floor] times the machine's own limit at most
 * @property {number} [plain] times the plain search's time at most
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {GeometryName | "embedded"} geometry "embedded": the model that comes with the package
 * @property {string} checkpoint what random-checkpoint.mjs calls the weights, or "embedded"
 * @property {"open" | "encoder" | "decode-step" | "interrupt" | "extractive-step" | "document" | "first-word" | "training-step"} kind
 * @property {"fp32" | "q8"} dtype of this package; PyTorch computes in float32 beside either
 * @property {number} batch documents at once
 * @property {number} tokens of each source
 * @property {number} beams
 * @property {number} rounds processes of each side, in turn
 * @property {number} warmups passes or steps of a process before those that count; for "open", processes
 * @property {number} repeats passes or steps of a process that count
 * @property {boolean} reference whether PyTorch has this case
 * @property {{ kind: "gemm-rate" | "memory-rate", work: number }} [ceiling] the rate that limits it, and the FLOP or bytes it needs
 * @property {string} [document] a file of this repository that is summarised
 * @property {number} [drafts] tokens that a pass may draft
 * @property {number} [target] tokens of each target of a training step
 * @property {boolean} [checkpointing] whether layers are computed again on the way back
 * @property {{ kind?: Case["kind"], drafts?: undefined }} [plain] in what the search differs that it is compared with
 * @property {Goals} goals
 */

/** Of the case's line on the page; the others say what they differ in. */
const common = {
  dtype: /** @type {const} */ ("fp32"),
  batch: 1,
  tokens: 0,
  beams: 1,
  rounds: 3,
  warmups: 1,
  repeats: 1,
  reference: true,
};

/** @typedef {Partial<Pick<Case, "batch" | "rounds" | "warmups" | "repeats" | "reference" | "checkpoint" | "goals">>} More */

/**
 * The makers of a geometry's cases.
 * @param {GeometryName} name
 */
function makers(name) {
  const geometry = geometries[name];
  const defaults = { ...common, geometry: name, checkpoint: name };

  /** @param {More} [more] @returns {Case} */
  const open = (more = {}) => ({
    ...defaults,
    name: "open",
    title: "open the model",
    kind: "open",
    rounds: 5,
    goals: {},
    ...more,
  });
  /** @param {number} tokens @param {More} [more] @returns {Case} */
  const encode = (tokens, { goals, ...more } = {}) => {
    const { batch = 1 } = more;
    return {
      ...defaults,
      name: `encode-${sourcesName(tokens, batch)}`,
      title: `encode ${sources(tokens, batch)}`,
      kind: "encoder",
      tokens,
      ceiling: { kind: "gemm-rate", work: batch * encoderFlop(geometry, tokens) },
      ...more,
      goals: { floor: 1.25, ...goals },
    };
  };
  /** @param {number} beams @param {number} tokens @param {More} [more] @returns {Case} */
  const decode = (beams, tokens, { goals, ...more } = {}) => {
    const { batch = 1 } = more;
    return {
      ...defaults,
      name: `decode-${sourcesName(tokens, batch)}-beam-${beams}`,
      title: `a step of ${searches(beams)} over ${sources(tokens, batch)}`,
      kind: "decode-step",
      tokens,
      beams,
      repeats: 16,
      ceiling: { kind: "memory-rate", work: decodeStepBytes(geometry, tokens, batch) },
      ...more,
      goals: { floor: 1.5, ...goals },
    };
  };
  /** @param {number} beams @param {number} tokens @param {More} [more] @returns {Case} */
  const extractive = (beams, tokens, more = {}) => ({
    ...defaults,
    name: `extractive-${tokens}-beam-${beams}`,
    title: `an extractive step of ${searches(beams)} over ${sources(tokens, 1)}`,
    kind: "extractive-step",
    tokens,
    beams,
    // So many that several sentences end and begin.
    repeats: 64,
    reference: false,
    plain: { kind: "decode-step" },
    goals: { plain: 1.1 },
    ...more,
  });
  /** @param {number} tokens @param {number} target @param {boolean} checkpointing @param {More} [more] @returns {Case} */
  const train = (tokens, target, checkpointing, { goals, ...more } = {}) => ({
    ...defaults,
    name: `train-${tokens}-${target}${checkpointing ? "" : "-plain"}`,
    title: `a training step, ${count(tokens)} to ${count(target)} tokens${checkpointing ? "" : ", without checkpointing"}`,
    kind: "training-step",
    tokens,
    target,
    checkpointing,
    ceiling: { kind: "gemm-rate", work: trainingFlop(geometry, tokens, target, checkpointing) },
    ...more,
    goals: { ...goals },
  });
  /** @returns {Case} */
  const interrupt = () => ({
    ...defaults,
    name: "interrupt-16384",
    title: "Ctrl-C while 16,384 tokens are encoded",
    kind: "interrupt",
    tokens: 16384,
    warmups: 0,
    reference: false,
    goals: {},
  });
  return { open, encode, decode, extractive, train, interrupt };
}

/**
 * The same work with the weights in 8 bits, beside the same runs of PyTorch. Reading limits a step of decoding in either; products
 * of bytes have a rate of their own, which is not measured.
 * @param {Machine} machine
 * @param {Case} one
 * @param {Goals} [goals]
 * @returns {Case}
 */
function q8(machine, { ceiling, ...one }, goals = {}) {
  const { name, title, geometry, tokens, batch } = one;
  const reads = ceiling?.kind === "memory-rate" && geometry !== "embedded";
  const source = hasVnni(machine) ? 1 : 4;
  return {
    ...one,
    name: `${name}-q8`,
    title: `${title}, q8`,
    dtype: "q8",
    ...(reads && { ceiling: { ...ceiling, work: decodeStepBytes(geometries[geometry], tokens, batch, 1, source) } }),
    goals,
  };
}

/** A file of this repository summarised by the embedded model, greedily. @param {string} document @param {number} [drafts] @returns {Case} */
const drafted = (document, drafts = 10) => ({
  ...common,
  name: `drafts-${document.replace(/^.*\/|\.\w+$/g, "").toLowerCase()}`,
  title: `summarise ${document}, drafting ${drafts} tokens`,
  geometry: "embedded",
  checkpoint: "embedded",
  kind: "document",
  reference: false,
  document,
  drafts,
  plain: { drafts: undefined },
  goals: {},
  repeats: 3,
});

/** @type {Case} */
const firstWord = {
  ...common,
  name: "first-word",
  title: "from `led summarize README.md` to the first word",
  geometry: "embedded",
  checkpoint: "embedded",
  kind: "first-word",
  reference: false,
  document: "README.md",
  goals: {},
  rounds: 1,
  repeats: 5,
};

const documents = ["docs/architecture.md", "README.md"];

/** @param {Machine} machine @returns {Case[]} */
function baseCases(machine) {
  const { open, encode, decode, extractive, train, interrupt } = makers("led-base");
  // What q8 gains is decided by the instructions that there are for products of bytes.
  const faster = (/** @type {number} */ plain, /** @type {number} */ vnni) => (hasVnni(machine) ? vnni : plain);
  const encode4K = encode(4096, { goals: { speed: 3.5 } });
  // PyTorch takes more than a minute for a pass: no warm-up on either side, which costs the faster one more.
  const encode16K = encode(16384, { rounds: 2, warmups: 0, goals: { speed: 5, memory: 0.25 } });
  const step4K = decode(4, 4096, { goals: { speed: 2 } });
  const step16K = decode(4, 16384, { rounds: 2 });
  return [
    open(),
    q8(machine, open()),
    encode(1024, { repeats: 3 }),
    encode4K,
    q8(machine, encode4K, { speed: faster(4.5, 7) }),
    encode16K,
    q8(machine, encode16K, { speed: faster(6, 9) }),
    // Minutes and more than 20 GB in PyTorch.
    encode(65536, { rounds: 2, warmups: 0, reference: false, checkpoint: longCheckpoint("led-base", 65536) }),
    encode(1024, { batch: 8, rounds: 2 }),
    decode(1, 1024),
    decode(4, 1024),
    decode(1, 4096),
    step4K,
    q8(machine, step4K, { speed: faster(5, 8) }),
    decode(1, 16384, { rounds: 2 }),
    step16K,
    q8(machine, step16K),
    decode(1, 1024, { batch: 8, rounds: 2 }),
    decode(4, 1024, { batch: 8, rounds: 2 }),
    extractive(4, 4096),
    train(2048, 128, true, { rounds: 2, repeats: 2, goals: { speed: 3.5, memory: 0.7 } }),
    train(1024, 64, false, { rounds: 2, repeats: 2, goals: { speed: 3 } }),
    // PyTorch takes ten minutes for a step.
    train(16384, 256, true, { rounds: 1, warmups: 0, reference: false }),
    interrupt(),
  ];
}

/** What shows that sizes change nothing of the picture; a pass of PyTorch takes minutes. @param {Machine} machine @returns {Case[]} */
function largeCases(machine) {
  const { open, encode, decode } = makers("led-large");
  const encode4K = encode(4096, { rounds: 1 });
  const step4K = decode(4, 4096, { rounds: 2, repeats: 8 });
  return [
    open({ rounds: 2 }),
    encode4K,
    q8(machine, encode4K),
    encode(16384, { rounds: 1, warmups: 0 }),
    decode(1, 4096, { rounds: 2, repeats: 8 }),
    step4K,
    q8(machine, step4K),
  ];
}

/** Of each kind one at least. @param {Machine} machine @returns {Case[]} */
function quickCases(machine) {
  const { open, encode, decode, extractive, train, interrupt } = makers("led-tiny");
  const cases = [
    open(),
    q8(machine, open()),
    encode(256),
    encode(1024),
    q8(machine, encode(1024)),
    encode(32768, { reference: false, checkpoint: longCheckpoint("led-tiny", 32768) }),
    encode(256, { batch: 8 }),
    decode(1, 1024),
    decode(4, 1024),
    q8(machine, decode(4, 1024)),
    decode(4, 256, { batch: 8 }),
    extractive(4, 1024),
    train(256, 32, true),
    train(256, 32, false),
    interrupt(),
    firstWord,
    ...documents.map((document) => drafted(document)),
  ];
  // So small a model says nothing about goals.
  return cases.map((one) => ({ ...one, rounds: 1, goals: {} }));
}

/** @type {Readonly<Record<string, (machine: Machine) => Case[]>>} */
const casesOfGeometry = { "led-base": baseCases, "led-large": largeCases };

/** What --geometries may name. */
export const measuredGeometries = Object.keys(casesOfGeometry);

/**
 * @param {readonly string[]} names of measuredGeometries
 * @param {boolean} quick
 * @param {Machine} machine
 * @returns {Case[]}
 */
export function casesOf(names, quick, machine) {
  if (quick) return quickCases(machine);
  return [
    ...names.flatMap((name) => casesOfGeometry[name]?.(machine) ?? []),
    // The model's size is its own: these come with any geometry.
    firstWord,
    ...documents.map((document) => drafted(document)),
  ];
}

/** @param {number} number */
const count = (number) => number.toLocaleString("en-US");
/** @param {number} tokens @param {number} batch */
const sources = (tokens, batch) => `${batch === 1 ? "" : `${batch} x `}${count(tokens)} tokens`;
/** @param {number} tokens @param {number} batch */
const sourcesName = (tokens, batch) => `${batch === 1 ? "" : `${batch}x`}${tokens}`;
/** @param {number} beams */
const searches = (beams) => (beams === 1 ? "greedy decoding" : `${beams} beams`);

/**
 * Those that `wanted` names, by their own names or, where a word is no name, by what stands before "-".
 * @param {Case[]} cases
 * @param {string[] | undefined} wanted
 */
export function choose(cases, wanted) {
  if (wanted === undefined) return cases;
  const matches = (/** @type {string} */ word) => {
    const named = cases.filter(({ name }) => name === word);
    return named.length > 0 ? named : cases.filter(({ name }) => name.startsWith(`${word}-`));
  };
  const unknown = wanted.filter((word) => matches(word).length === 0);
  if (unknown.length > 0) {
    const names = [...new Set(cases.map(({ name }) => name))];
    throw new Error(`--cases: expected some of ${names.join(", ")}; got ${unknown.join(", ")}`);
  }
  return cases.filter((one) => wanted.some((word) => matches(word).includes(one)));
}
