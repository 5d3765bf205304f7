/**
 * A function of rows, each by itself, computed some rows at a time: forward, and backward, where a block's rows are computed again. So
 * what lies between the function's input and its output exists for one block only. The gradients of weights are added up from block
 * to block.
 *
 * B batch, S positions, N = B*S rows, r rows of a block, D width.
 */
import { pullBack, readBy } from "../graph/gradients.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { productDim } from "../graph/types.ts";
import type { Dropout } from "./dropout.ts";

export class RowBlocks {
  readonly #g: Graph;
  readonly #rowsAtOnce: Value;
  /** Where the block begins whose rows are being computed. */
  #start: Value | undefined;

  /** rowsAtOnce int64 []: r, a divisor of N. */
  constructor(g: Graph, rowsAtOnce: Value) {
    this.#g = g;
    this.#rowsAtOnce = rowsAtOnce;
  }

  /** `build` over values [B, S, D], which it is given as [r, D]: -> [B, S, D] */
  over(values: readonly Value[], build: (rows: readonly Value[]) => Value): Value {
    const g = this.#g;
    const [B, S, D] = values[0]!.shape as [string, string, number];
    g.bind("r", this.#rowsAtOnce);
    const N = productDim([B, S]);
    const count = g.div(g.size(N), this.#rowsAtOnce);
    const wholes = values.map((value) => g.reshape(value, [N, D]));
    const loop = { count, dim: "N/r" };
    const joined = (scan: Value): Value => g.reshapeAs(scan, [B, S, D]);
    const compute = (index: Value) => {
      this.#start = g.mul(index, this.#rowsAtOnce);
      const rows = wholes.map((whole) => this.#rows(whole));
      const output = build(rows);
      return { rows, output };
    };

    const before = g.currentBlock.nodes.length;
    const output = joined(g.loop(loop, (index) => ({ scan: [compute(index).output] })).scan[0]!);
    const read = new Set(g.currentBlock.nodes.slice(before).flatMap(readBy));
    const weights = [...g.parameters.values()].map(({ value }) => value).filter((value) => read.has(value));

    const gradient = (dOutput: Value, needs: readonly boolean[]): (Value | undefined)[] => {
      const dWhole = g.reshape(dOutput, [N, D]);
      const wanted = <T>(list: readonly T[], from: number): T[] => list.filter((_, at) => needs[from + at]);
      const trained = wanted(weights, values.length);
      const { carried, scan } = g.loop(
        { ...loop, carried: trained.map(({ shape }) => g.expand(g.scalar("float32", 0), shape)) },
        (index, sums) => {
          const { rows, output } = compute(index);
          const inputs = wanted(rows, 0);
          const given = pullBack(g, output, this.#rows(dWhole), [...inputs, ...trained]);
          const shares = given.slice(inputs.length);
          return {
            carried: sums.map((sum, at) => (shares[at] === undefined ? sum : g.add(sum, shares[at]))),
            scan: given.slice(0, inputs.length).map((one) => one!),
          };
        },
      );
      const results = [...scan.map(joined), ...carried];
      return needs.map((needed) => (needed ? results.shift() : undefined));
    };
    return g.composite({ inputs: [...values, ...weights], gradient }, () => output);
  }

  /** Masks [B, S, width] of `dropped` as those of the block being computed, [r, width]. */
  dropout(dropped: Dropout, [B, S]: readonly [string, string]): Dropout {
    return (site, [, width]) => {
      const kept = dropped(site, [B, S, width!]);
      return kept && { ...kept, keep: this.#rows(this.#g.reshape(kept.keep, [productDim([B, S]), width!])) };
    };
  }

  /** [N, width] -> [r, width] */
  #rows(whole: Value): Value {
    return this.#g.slice(whole, 0, this.#start!, "r");
  }
}
