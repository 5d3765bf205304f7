/**
 * A decoder without a network: logits are an integer hash of the example's source ids and of the last few ids of the row.
 * The same numbers as tests/oracle/table_model.py. It refuses calls that break what decoder.ts promises.
 */
import type { Decoder, Step } from "../../src/generation/decoder.ts";

export interface Table {
  vocab_size: number;
  seed: number;
  /** How many of the last ids count. */
  order: number;
  /** Added to the logit of a token, multiples of 1/8. */
  bias: { [token: string]: number };
}

export interface TableState {
  rows: readonly (readonly number[])[];
  beams: number;
  maxLength: number;
  consumed: boolean;
}

function mix(h: number, x: number): number {
  const product = Math.imul(h ^ x, 0x9e3779b1) >>> 0;
  return (product ^ (product >>> 15)) >>> 0;
}

export function tableLogits(
  { vocab_size, seed, order, bias }: Table,
  source: readonly number[],
  ids: readonly number[],
): number[] {
  let h = mix(seed, 0);
  for (const token of source) h = mix(h, token + 1);
  for (const token of ids.slice(-order)) h = mix(h, token + 1);
  return Array.from({ length: vocab_size }, (_, token) => {
    const value = (mix(mix(h, token + 1), 7) >>> 12) / 2 ** 17 - 4;
    return value + (bias[token] ?? 0);
  });
}

/** `sources`: the ids of each example's source. */
export function tableDecoder(table: Table, sources: readonly (readonly number[])[]): Decoder<TableState> {
  const give = (
    state: TableState,
    rows: readonly (readonly number[])[],
    rowsPerExample: number,
  ): Promise<Step<TableState>> => {
    const logits = rows.map((ids, r) => tableLogits(table, sources[Math.floor(r / rowsPerExample)]!, ids));
    return Promise.resolve({ logits: Float32Array.from(logits.flat()), state });
  };
  const must = (truth: boolean, what: string) => {
    if (!truth) throw new Error(`the search broke its promise: ${what}`);
  };
  return {
    vocabSize: table.vocab_size,
    start(prompt, beams, maxLength) {
      must(prompt.length === sources.length, "a row per example");
      const rows = prompt.flatMap((ids) => Array.from({ length: beams }, () => ids));
      return give({ rows, beams, maxLength, consumed: false }, prompt, 1);
    },
    step(state, tokens, parents) {
      must(!state.consumed, "a state is used once");
      state.consumed = true;
      must(tokens.length === state.rows.length && parents.length === state.rows.length, "a token and parent per row");
      const rows = Array.from(tokens, (token, r) => {
        const parent = parents[r]!;
        must(Number.isInteger(token) && token >= 0 && token < table.vocab_size, "tokens of the vocabulary");
        must(Math.floor(parent / state.beams) === Math.floor(r / state.beams), "parents of the same example");
        return [...state.rows[parent]!, token];
      });
      must(rows[0]!.length < state.maxLength, "room for one more token");
      return give({ ...state, rows, consumed: false }, rows, state.beams);
    },
    extend(state, tokens) {
      must(!state.consumed, "a state is used once");
      state.consumed = true;
      must(state.rows.length === 1, "drafts of one row");
      const [ids] = state.rows;
      must(ids!.length + tokens.length < state.maxLength, "room for one more token");
      const logits = Array.from(tokens, (_, i) =>
        tableLogits(table, sources[0]!, [...ids!, ...tokens.slice(0, i + 1)]),
      );
      return Promise.resolve({
        logits: Float32Array.from(logits.flat()),
        keep: (count: number) => ({ ...state, rows: [[...ids!, ...tokens.slice(0, count)]], consumed: false }),
      });
    },
  };
}
