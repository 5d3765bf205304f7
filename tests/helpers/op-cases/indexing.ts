/** Gathers and scatters. N 7 rows, M 5 places; indices meet, come from the end, or are none. */
import { floats, type Given, ints, type OpCase, type OpEntry } from "./case.ts";

const table = floats("N=7 3");
const x = floats("B=2 N=7 3");
const rows = ints("B=2 M=5", [6, 0, 3, 3, 1, 2, 6, -1, -7, 3]);
const from = (index: number, size: number) => (index < 0 ? index + size : index);

function gather(
  name: string,
  inputs: readonly Given[],
  axis: number,
  rest: Pick<OpCase, "type" | "dims" | "at">,
): OpCase {
  return { name: `Gather ${name}`, inputs, build: (g, data, index) => g.gather(data, index, axis), ...rest };
}

const picks = ints("M=5", [2, 0, 2, -1, 1]);
const last = ints("", [-1]);
const pairs = ints("M=5 2", [0, 6, 1, -7, 0, 0, 1, 3, 1, 3]);
const perExample = ints("B=2 M=5 1", [6, 0, 3, 3, 1, 2, 6, -1, -7, 3]);
const noPairs = ints("B=2 x=0 2", []);

const elements = ints(
  "B=2 5 3",
  Array.from({ length: 30 }, (_, place) => ((place * place + 3) % 7) - (place % 2) * 7),
);

const distinct = ints("M=3 2", [0, 6, 1, 2, 1, -7]);
const updates = floats("M=3 3", 3);
const places = [
  [0, 6],
  [1, 2],
  [1, 0],
] as const;

const crowd = floats("M=5 3", 3);
const meeting = ints("M=5 3", [0, 6, 2, 0, -1, 1, 3, 6, 2, 0, 5, 2, 3, 4, 0]);

export const indexing = {
  Gather: {
    cases: [
      gather("of rows", [table, rows], 0, {
        type: "float32 [B, M, 3]",
        dims: [2, 5, 3],
        at: (i, j, k) => table.at(from(rows.at(i, j), 7), k),
      }),
      gather("on a middle axis", [x, ints("4", [6, 0, 6, -2])], 1, {
        type: "float32 [B, 4, 3]",
        dims: [2, 4, 3],
        at: (i, j, k) => x.at(i, [6, 0, 6, 5][j]!, k),
      }),
      gather("on the last axis", [x, picks], -1, {
        type: "float32 [B, N, M]",
        dims: [2, 7, 5],
        at: (i, j, k) => x.at(i, j, from(picks.at(k), 3)),
      }),
      gather("of one row", [x, last], 1, {
        type: "float32 [B, 3]",
        dims: [2, 3],
        at: (i, k) => x.at(i, 6, k),
      }),
      gather("of no rows", [table, ints("x=0", [])], 0, { type: "float32 [x, 3]", dims: [0, 3], at: () => Number.NaN }),
      {
        name: "Gather by int32",
        inputs: [table, rows],
        build: (g, data, index) => g.gather(data, g.cast(index, "int32")),
        type: "float32 [B, M, 3]",
        dims: [2, 5, 3],
        at: (i, j, k) => table.at(from(rows.at(i, j), 7), k),
      },
    ],
    refusals: [
      {
        build: (g) => g.gather(g.input("x", "float32", [7, 3]), g.input("i", "float32", ["M"])),
        message: "layer.1: Gather: expected a value of int64 or int32, got float32 [M]",
      },
      {
        build: (g) => g.gather(g.input("x", "float32", [7, 3]), g.input("i", "int64", ["M"]), 2),
        message: "layer.1: Gather: expected an axis of a tensor of rank 2, got 2",
      },
    ],
  },
  GatherND: {
    cases: [
      {
        name: "GatherND by pairs",
        inputs: [x, pairs],
        build: (g, data, index) => g.gatherND(data, index, 0),
        type: "float32 [M, 3]",
        dims: [5, 3],
        at: (m, k) => x.at(pairs.at(m, 0), from(pairs.at(m, 1), 7), k),
      },
      {
        name: "GatherND of elements",
        inputs: [table, ints("5 2", [6, 0, 1, 2, 6, 0, -1, -3, 3, 1])],
        build: (g, data, index) => g.gatherND(data, index, 0),
        type: "float32 [5]",
        dims: [5],
        at: (m) => table.at([6, 1, 6, 6, 3][m]!, [0, 2, 0, 0, 1][m]!),
      },
      {
        name: "GatherND within each example",
        inputs: [x, perExample],
        build: (g, data, index) => g.gatherND(data, index, 1),
        type: "float32 [B, M, 3]",
        dims: [2, 5, 3],
        at: (i, m, k) => x.at(i, from(perExample.at(i, m, 0), 7), k),
      },
      {
        name: "GatherND of no rows",
        inputs: [x, noPairs],
        build: (g, data, index) => g.gatherND(data, index, 0),
        type: "float32 [B, x, 3]",
        dims: [2, 0, 3],
        at: () => Number.NaN,
      },
    ],
    refusals: [
      {
        build: (g) => g.gatherND(g.input("x", "float32", [7, 3]), g.input("i", "int64", ["M", 3]), 0),
        message: "layer.1: GatherND: expected 1 to 2 indices a row, got int64 [M, 3]",
      },
      {
        build: (g) => g.gatherND(g.input("x", "float32", ["B", 7, 3]), g.input("i", "int64", ["C", 5, 1]), 1),
        message: "layer.1: GatherND: expected indices for each of [B], got int64 [C, 5, 1]",
      },
      {
        build: (g) => g.gatherND(g.input("x", "float32", [7, 3]), g.input("i", "int32", ["M", 1]), 0),
        message: "layer.1: GatherND: expected a value of int64, got int32 [M, 1]",
      },
    ],
  },
  GatherElements: {
    cases: [
      {
        name: "GatherElements on a middle axis",
        inputs: [x, elements],
        build: (g, data, index) => g.gatherElements(data, index, 1),
        type: "float32 [B, 5, 3]",
        dims: [2, 5, 3],
        at: (i, j, k) => x.at(i, from(elements.at(i, j, k), 7), k),
      },
    ],
    refusals: [
      {
        build: (g) => g.gatherElements(g.input("x", "float32", ["B", 7, 3]), g.input("i", "int64", ["B", 5, 2]), 1),
        message: "layer.1: GatherElements: expected indices of [B, 5, 3], got int64 [B, 5, 2]",
      },
    ],
  },
  ScatterND: {
    cases: [
      {
        name: "ScatterND by pairs",
        inputs: [x, distinct, updates],
        build: (g, data, index, values) => g.scatterND(data, index, values),
        type: "float32 [B, N, 3]",
        dims: [2, 7, 3],
        at: (i, j, k) => {
          const place = places.findIndex(([p, q]) => p === i && q === j);
          return place < 0 ? x.at(i, j, k) : updates.at(place, k);
        },
      },
      {
        name: "ScatterND of no rows",
        inputs: [x, noPairs, floats("B=2 x=0 3")],
        build: (g, data, index, values) => g.scatterND(data, index, values),
        type: "float32 [B, N, 3]",
        dims: [2, 7, 3],
        at: x.at,
      },
    ],
    refusals: [
      {
        build: (g) =>
          g.scatterND(
            g.input("x", "float32", ["B", 7, 3]),
            g.input("i", "int64", ["M", 2]),
            g.input("u", "float32", ["M", 7, 3]),
          ),
        message: "layer.1: ScatterND: expected updates of [M, 3], got float32 [M, 7, 3]",
      },
      {
        build: (g) =>
          g.scatterND(g.input("x", "float32", [7]), g.input("i", "int64", ["M", 1]), g.input("u", "int64", ["M"])),
        message: "layer.1: ScatterND: expected values of one dtype, got float32 [7] and int64 [M]",
      },
    ],
  },
  ScatterElements: {
    cases: [
      {
        name: "ScatterElements, several into one",
        inputs: [table, meeting, crowd],
        build: (g, data, index, values) => g.scatterAdd(data, index, values, 0),
        type: "float32 [N, 3]",
        dims: [7, 3],
        at: (i, k) =>
          [0, 1, 2, 3, 4]
            .filter((m) => from(meeting.at(m, k), 7) === i)
            .reduce((total, m) => total + crowd.at(m, k), table.at(i, k)),
      },
      {
        name: "ScatterElements of nothing",
        inputs: [table, ints("x=0 3", []), floats("x=0 3")],
        build: (g, data, index, values) => g.scatterAdd(data, index, values, 0),
        type: "float32 [N, 3]",
        dims: [7, 3],
        at: table.at,
      },
    ],
    refusals: [
      {
        build: (g) =>
          g.scatterAdd(
            g.input("x", "float32", ["N", 3]),
            g.input("i", "int64", ["M", 5]),
            g.input("u", "float32", ["M", 5]),
            0,
          ),
        message: "layer.1: ScatterElements: expected indices of [M, 3], got int64 [M, 5]",
      },
      {
        build: (g) =>
          g.scatterAdd(
            g.input("x", "float32", ["N", 3]),
            g.input("i", "int64", ["M", 3]),
            g.input("u", "float32", ["K", 3]),
            0,
          ),
        message: "layer.1: ScatterElements: expected updates of [M, 3], got float32 [K, 3]",
      },
    ],
  },
} satisfies { [op: string]: OpEntry };
