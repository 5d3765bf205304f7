/**
 * Every op on every engine of Node: type, result and gradient of the cases in tests/helpers/op-cases, and what the type
 * rules refuse. Expected numbers are formulas in plain TypeScript; gradients are held against finite differences.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { checkCase } from "../../tests/helpers/op-cases/check.ts";
import { opCases } from "../../tests/helpers/op-cases/index.ts";
import type { Engine } from "../runtime/engine.ts";
import { nodeEngine } from "../runtime/node.ts";
import { Graph } from "./graph.ts";
import type { OpName } from "./ops.ts";

const entries = Object.entries(opCases) as [OpName, (typeof opCases)[OpName]][];

describe.each(["cpu", "wasm"] as const)("on %s", (device) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await nodeEngine(device, () => {});
  });

  for (const [op, { cases }] of entries) {
    for (const opCase of cases) it(opCase.name, () => checkCase(engine, op, opCase));
  }
});

describe("type rules", () => {
  for (const [op, { refusals }] of entries) {
    refusals.forEach(({ build, message }, index) => {
      it(`${op} refuses, ${index + 1}`, () => {
        const g = new Graph();
        const attempt = () => g.scope("layer", () => g.scope("1", () => build(g)));
        expect(attempt).toThrow(expect.objectContaining({ name: "GraphError", message }));
      });
    });
  }
});
