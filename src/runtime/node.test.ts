import { afterEach, expect, test, vi } from "vitest";
import { Graph } from "../graph/graph.ts";
import { Tensor } from "../tensor.ts";
import { nodeEngine } from "./node.ts";

afterEach(() => {
  vi.doUnmock("onnxruntime-node");
  vi.resetModules();
});

function withoutNativeEngine(): void {
  vi.doMock("onnxruntime-node", () => {
    throw new Error("Cannot find package 'onnxruntime-node'");
  });
}

test("without the native package the WebAssembly engine serves, and one line says so", async () => {
  withoutNativeEngine();
  const lines: string[] = [];
  const engine = await nodeEngine("auto", (line) => lines.push(line));
  expect(engine.device).toBe("wasm");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^The native engine is missing \(.*\); computing with the slower WebAssembly one\. Install it with `npm install onnxruntime-node --onnxruntime-node-install=skip`\.$/,
  );
  const g = new Graph();
  const x = g.input("x", "float32", ["n"]);
  g.output("y", g.add(x, x));
  const session = await engine.compile(g, new Map());
  const { y } = await session.run({ x: Tensor.from([1, 2.5], "float32") }, ["y"]);
  expect(y?.tolist()).toEqual([2, 5]);
  await session.dispose();
});

test("asking for the native engine by name is an error where it is missing", async () => {
  withoutNativeEngine();
  await expect(nodeEngine("cpu", () => {})).rejects.toThrow(
    /^load onnxruntime-node: expected the native engine, got .*\. Install it with `npm install onnxruntime-node --onnxruntime-node-install=skip`\.$/,
  );
});

test("a disposed session refuses to run and disposes once", async () => {
  const engine = await nodeEngine("cpu", () => {});
  const g = new Graph();
  g.output("y", g.neg(g.input("x", "float32", [2])));
  const session = await engine.compile(g, new Map());
  await session.dispose();
  await session.dispose();
  await expect(session.run({ x: Tensor.from([1, 2], "float32") }, ["y"])).rejects.toThrow(
    "run graph: expected an open session, got a disposed one",
  );
});

test.each(["cpu", "wasm"] as const)("on %s the event loop turns before a run", async (device) => {
  const engine = await nodeEngine(device, () => {});
  const g = new Graph();
  g.output("y", g.neg(g.input("x", "float32", [2])));
  const session = await engine.compile(g, new Map());
  for (let run = 0; run < 3; run++) {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await session.run({ x: Tensor.from([1, 2], "float32") }, ["y"]);
    expect(turned).toBe(true);
  }
  await session.dispose();
});
