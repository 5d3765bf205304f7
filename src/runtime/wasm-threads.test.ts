import { expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { Tensor } from "../tensor.ts";
import { nodeEngine } from "./node.ts";
import { useWasmThreads, type WasmEnvironment } from "./wasm-threads.ts";

it("sets the pool's size once", () => {
  const environment: WasmEnvironment = { wasm: {} };
  useWasmThreads(environment, 3);
  useWasmThreads(environment, 3);
  expect(environment.wasm.numThreads).toBe(3);
  expect(() => useWasmThreads(environment, 2)).toThrow(
    "num_threads: 2: expected 3, as for the models opened before: the WebAssembly engine has one set of threads, got 2. " +
      "Open all models with the same num_threads, or use the native engine.",
  );
});

it("reaches ONNX Runtime: sessions share the threads of the first", async () => {
  const engine = await nodeEngine("wasm", () => {});
  const g = new Graph();
  const x = g.input("x", "float32", ["n"]);
  g.output("y", g.neg(x));
  const first = await engine.compile(g, new Map(), { num_threads: 2 });
  const second = await engine.compile(g, new Map());
  const { env } = await import("onnxruntime-web");
  expect(env.wasm.numThreads).toBe(2);
  for (const session of [first, second]) {
    const { y } = await session.run({ x: Tensor.from([3, 5], "float32") }, ["y"]);
    expect(y!.tolist()).toEqual([-3, -5]);
    await session.dispose();
  }
  await expect(engine.compile(g, new Map(), { num_threads: 1 })).rejects.toThrow("num_threads: 1: expected 2, as for");
});
