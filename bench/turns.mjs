// @ts-check
/**
 * The order of measurements. Cases that compare the same work stand in a group: its sides take turns, each measurement in a
 * process of its own, so that all see the same disturbances; what two cases share, such as PyTorch's side of a case in float32
 * and in q8, is measured once. One that fails takes only its own cases with it.
 */
import { RunError } from "./child.mjs";
import { median } from "./statistics.mjs";

/** @typedef {import("./cases.mjs").Case} Case */

/**
 * A measurement, all but the folder and the threads that every one has. `who`: this package or the reference.
 * @typedef {Pick<Case, "geometry" | "checkpoint" | "dtype" | "batch" | "tokens" | "beams" | "warmups" | "repeats" | "document" | "drafts" | "target" | "checkpointing">
 *   & { who: "ours" | "pytorch", kind: Case["kind"] | "gemm-rate" | "memory-rate" }} Task
 */

/** What a process printed. @typedef {{ seconds: number, peak_rss?: number, work?: number, generated?: import("./measure.mjs").Generated }} Printed */

/** `all_seconds` has a number a round. @typedef {{ seconds: number, all_seconds: number[], peak_rss?: number, generated?: import("./measure.mjs").Generated }} Side */

/** ours: what the case is about. plain: this package without what the case is about. rate: the machine's. */
const roles = /** @type {const} */ (["ours", "plain", "rate", "pytorch"]);
/** @typedef {typeof roles[number]} Role */

/**
 * @typedef {Case & {
 *   ours: Side,
 *   plain?: Side,
 *   pytorch?: Side,
 *   rate?: number,
 *   peak_limit?: number,
 *   problems?: Partial<Record<Role, string>>,
 * }} Result rate: FLOP/s or bytes/s of the ceiling; peak_limit: bytes; problems: why a side is missing
 */

/** @typedef {Pick<Case, "name" | "title" | "geometry"> & { message: string }} Failure */

/** @param {Case} one @param {{ reference: boolean }} setting whether there is a PyTorch @returns {Partial<Record<Role, Task>>} */
export function tasksOf(one, { reference }) {
  const { geometry, checkpoint, dtype, batch, tokens, beams, warmups, repeats, document, drafts, kind } = one;
  const { target, checkpointing } = one;
  const sizes = { geometry, checkpoint, batch, tokens, beams, warmups, repeats, document, target, checkpointing };
  /** @type {Task} */
  const ours = { who: "ours", ...sizes, dtype, kind, drafts };
  // Enough for a median; the model's own repetitions are nothing to it.
  const passes = one.ceiling?.kind === "gemm-rate" ? { warmups: 1, repeats: 5 } : { warmups: 3, repeats: 31 };
  return {
    ours,
    ...(one.plain && { plain: { ...ours, ...one.plain } }),
    ...(one.ceiling && {
      rate: { ...ours, ...passes, kind: one.ceiling.kind, checkpoint: "ceilings", dtype: "fp32" },
    }),
    ...(one.reference && reference ? { pytorch: { ...ours, who: "pytorch", dtype: "fp32" } } : {}),
  };
}

/** Cases whose sides take turns with each other: all but the dtype is the same. @param {readonly Case[]} cases @returns {Case[][]} */
export function groupsOf(cases) {
  /** @type {Map<string, Case[]>} */
  const groups = new Map();
  for (const one of cases) {
    const { geometry, kind, batch, tokens, beams, document, target, checkpointing } = one;
    const key = JSON.stringify([geometry, kind, batch, tokens, beams, document, target, checkpointing]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

/** @typedef {{ task: Task, users: Case[], measured: Printed[], problem?: string }} Turn */

/**
 * @param {readonly Case[]} group
 * @param {{ reference: boolean, perform: (task: Task) => Promise<Printed> }} setting
 * @returns {Promise<{ results: Result[], failures: Failure[] }>}
 */
export async function measureGroup(group, { reference, perform }) {
  /** @type {Map<string, Turn>} */
  const turns = new Map();
  const keyOf = (/** @type {Task} */ task) => JSON.stringify(task);
  const turnOf = (/** @type {Case} */ one, /** @type {Role} */ role) => {
    const task = tasksOf(one, { reference })[role];
    return task && turns.get(keyOf(task));
  };
  for (const role of roles) {
    for (const one of group) {
      const task = tasksOf(one, { reference })[role];
      if (task === undefined) continue;
      const turn = turns.get(keyOf(task)) ?? { task, users: [], measured: [] };
      turns.set(keyOf(task), { ...turn, users: [...turn.users, one] });
    }
  }
  const rounds = Math.max(...group.map((one) => one.rounds));
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns.values()) {
      const isWanted = turn.users.some((one) => turnOf(one, "ours")?.problem === undefined);
      if (turn.problem !== undefined || !isWanted) continue;
      try {
        // A process opens a model once: what warms up, such as the system's copy of the file, is warm in the next.
        const uncounted = turn.task.kind === "open" && round === 0 ? turn.task.warmups : 0;
        for (let i = 0; i < uncounted; i++) await perform(turn.task);
        turn.measured.push(await perform(turn.task));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        turn.problem = error instanceof RunError ? error.reason : error.message;
      }
    }
  }
  /** @type {Result[]} */
  const results = [];
  /** @type {Failure[]} */
  const failures = [];
  for (const one of group) {
    const [ours, plain, rate, pytorch] = roles.map((role) => turnOf(one, role));
    if (ours === undefined || ours.problem !== undefined) {
      const { name, title, geometry } = one;
      failures.push({ name, title, geometry, message: ours?.problem ?? "not measured" });
      continue;
    }
    const problems = Object.fromEntries(
      roles.flatMap((role) => {
        const problem = turnOf(one, role)?.problem;
        return problem === undefined ? [] : [[role, problem]];
      }),
    );
    const done = (/** @type {Turn | undefined} */ turn) =>
      turn !== undefined && turn.problem === undefined && turn.measured.length > 0 ? turn.measured : undefined;
    const [plainDone, rateDone, pytorchDone] = [plain, rate, pytorch].map(done);
    results.push({
      ...one,
      ours: together(ours.measured),
      ...(plainDone && { plain: together(plainDone) }),
      ...(pytorchDone && { pytorch: together(pytorchDone) }),
      ...(rateDone && { rate: median(rateDone.map(({ work = Number.NaN, seconds }) => work / seconds)) }),
      ...(Object.keys(problems).length > 0 ? { problems } : {}),
    });
  }
  return { results, failures };
}

/** Rounds of one side: the medians of seconds, and the highest peak. @param {Printed[]} measured @returns {Side} */
function together(measured) {
  const all_seconds = measured.map(({ seconds }) => seconds);
  const peaks = measured.flatMap(({ peak_rss }) => peak_rss ?? []);
  const generated = measured.flatMap((one) => one.generated ?? []);
  const [first] = generated;
  return {
    seconds: median(all_seconds),
    all_seconds,
    ...(peaks.length > 0 ? { peak_rss: Math.max(...peaks) } : {}),
    ...(first && { generated: { ...first, seconds: median(generated.map(({ seconds }) => seconds)) } }),
  };
}
