// @ts-check
/** The machine that figures were measured on, as far as it says so itself. */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";

/**
 * @typedef {object} Machine
 * @property {string} cpu
 * @property {number} cores
 * @property {string[]} [flags] of those below; absent where the system does not tell
 */

/** The instruction sets that decide about speed here: width of a vector, and products of bytes. In Linux's names. */
const decisive = ["avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm", "sve"];

/** @returns {Promise<Machine>} */
export async function machineOf() {
  const flags = await cpuFlags();
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    ...(flags === undefined ? {} : { flags: decisive.filter((flag) => flags.includes(flag)) }),
  };
}

/** "flags" on x86, "Features" on ARM. @returns {Promise<string[] | undefined>} */
async function cpuFlags() {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  return /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/);
}

/** Whether it has an instruction for products of bytes with sums in 32 bits. @param {Machine} machine */
export const hasVnni = ({ flags = [] }) => flags.some((flag) => /vnni|^amx_int8$|^asimddp$/.test(flag));

/** @param {Machine} machine */
export function describeMachine({ cpu, cores, flags }) {
  const known = flags === undefined ? "" : ` (${flags.join(", ") || "none of the wide instruction sets"})`;
  return `${cpu}, ${cores} cores${known}`;
}
