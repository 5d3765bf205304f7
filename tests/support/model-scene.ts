/** Models and folders that are gone after each test, and what was said meanwhile. */
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { setLogger } from "../../src/log.ts";
import { temporaryFolder } from "./counter-model.ts";
import { type ModelFolder, tinyLed } from "./tiny-led.ts";

export interface ModelScene {
  /** Warnings of this test, in order. */
  readonly said: readonly string[];
  /** The model, disposed of when the test ends. */
  kept<T extends { dispose(): Promise<void> }>(model: T): T;
  /** An empty folder; `at` gives paths in it. */
  folder(): Promise<{ path: string; at(name: string): string }>;
  /** A whole model folder of tinyLed. */
  checkpoint(config?: Readonly<Record<string, unknown>>): Promise<ModelFolder>;
}

/** To be called once in a test file. */
export function modelScene(): ModelScene {
  const disposals: (() => Promise<unknown>)[] = [];
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    setLogger({ warn: (message) => said.push(message) });
  });
  afterEach(async () => {
    setLogger(null);
    for (const dispose of disposals.splice(0).reverse()) await dispose();
  });
  return {
    said,
    kept(model) {
      disposals.push(() => model.dispose());
      return model;
    },
    async folder() {
      const { path, remove } = await temporaryFolder();
      disposals.push(remove);
      return { path, at: (name) => join(path, name) };
    },
    async checkpoint(config) {
      const made = await tinyLed(config);
      disposals.push(made.remove);
      return made;
    },
  };
}
