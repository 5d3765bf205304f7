/** Weights with zeros behind each row, as graph/spaced-rows.ts wants some of them. */
import { InternalError } from "../errors.ts";
import { rowSpace } from "../graph/spaced-rows.ts";
import { byteLength, type FloatWeight, type Weights } from "./engine.ts";

/** Bytes that are copied for space behind their rows. To copy more takes longer than a document's products gain by it. */
const copiedUpTo = 64 * 2 ** 20;

/** Which matrices of `crowded` get space: those that are written to a file anyway, and others if they are small. */
export function matricesToSpace(weights: Weights, crowded: ReadonlySet<string>): Set<string> {
  const found = [...crowded].filter((name) => weights.has(name));
  const placed = found.filter((name) => weights.get(name)!.place !== undefined);
  const copied = placed.reduce((sum, name) => sum + byteLength(weights.get(name)!), 0);
  return new Set(copied <= copiedUpTo ? found : found.filter((name) => !placed.includes(name)));
}

/** The same weights, matrices of these names [out, in] as [out, in + rowSpace]. They lie in no file then. */
export function spacedWeights(weights: Weights, names: ReadonlySet<string>): Weights {
  if (names.size === 0) return weights;
  return new Map(
    [...weights].map(([name, weight]) => {
      if (!names.has(name)) return [name, weight];
      if (weight.dtype !== "uint8") return [name, spacedWeight(weight)];
      throw new InternalError({ operation: `put space behind the rows of ${name}`, expected: "float32", got: "bytes" });
    }),
  );
}

function spacedWeight({ shape, stream }: FloatWeight): FloatWeight {
  const [rows, width] = shape as [number, number];
  return {
    shape: [rows, width + rowSpace],
    async *stream() {
      /** The place in the row of a chunk's first number. */
      let column = 0;
      for await (const chunk of stream()) {
        const ends = Math.floor((column + chunk.length) / width);
        const spaced = new Float32Array(chunk.length + ends * rowSpace);
        let to = 0;
        for (let from = 0; from < chunk.length; ) {
          const part = chunk.subarray(from, from + width - column);
          spaced.set(part, to);
          from += part.length;
          to += part.length;
          column += part.length;
          if (column < width) break;
          column = 0;
          to += rowSpace;
        }
        yield spaced;
      }
    },
  };
}
