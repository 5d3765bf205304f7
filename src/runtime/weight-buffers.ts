/** Weights given to ONNX Runtime as buffers: for the web, and for small weights that lie in no file. */
import { InternalError } from "../errors.ts";
import { byteLength, type Weight, type Weights } from "./engine.ts";
import type { WeightAccess } from "./onnx-runtime.ts";

/** Each weight is a file of its own to the engine, named after it. */
export async function bufferAccess(weights: Weights): Promise<WeightAccess> {
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const [name, weight] of weights) externalData.push({ path: name, data: await gather(weight) });
  return {
    options: externalData.length === 0 ? {} : { externalData },
    entries: {},
    locate(name) {
      const weight = weights.get(name);
      if (weight === undefined) {
        throw new InternalError({ operation: "bind weights", expected: `bytes of ${name}`, got: "none" });
      }
      return { location: name, offset: 0, length: byteLength(weight) };
    },
    release: async () => {},
  };
}

async function gather(weight: Weight): Promise<Uint8Array> {
  const all = new Uint8Array(byteLength(weight));
  let at = 0;
  for await (const chunk of weight.stream()) {
    all.set(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength), at);
    at += chunk.byteLength;
  }
  return all;
}
