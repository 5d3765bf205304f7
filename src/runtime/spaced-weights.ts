/** Weights with zeros behind each row, as graph/spaced-rows.ts wants some of them. */
import { InternalError } from "../errors.ts";
import { rowSpace } from "../graph/spaced-rows.ts";
import type { FloatWeight, Weights } from "./engine.ts";

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
