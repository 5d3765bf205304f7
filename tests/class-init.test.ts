/** The random weights of models made from a config, by parameter: transformers 4.37.2 (tests/oracle/led_classes_init.py). */
import { describe, expect, test } from "vitest";
import { LEDConfig } from "../src/index.ts";
import type { CounterClass } from "./counter-weights.ts";
import { ledClass } from "./support/led-classes.ts";
import { modelScene } from "./support/model-scene.ts";
import { readFixture } from "./support/oracle.ts";
import { expectDrawnLike } from "./support/random-numbers.ts";

interface Fixture {
  readonly config: Readonly<Record<string, unknown>>;
  readonly made: {
    readonly class: CounterClass;
    readonly config: Readonly<Record<string, unknown>>;
    readonly init_std: number;
    readonly largest_in_deviations: number;
    readonly parameters: Readonly<
      Record<string, ["constant", number] | ["normal", mean: number, deviation: number, zeroRows: number[]]>
    >;
  }[];
}

const { config: larger, made } = readFixture<Fixture>("classes/init.json");

describe("from_config", () => {
  const { kept } = modelScene();

  test.each(made.map((one, row) => ({ ...one, row })))("$row: $class, $config", async (one) => {
    const config = LEDConfig.from_dict({ ...larger, ...one.config });
    const model = kept(await ledClass(one.class).from_config(config));
    expect(model.config.init_std).toBe(one.init_std);
    const names = Object.keys(one.parameters).filter((name) => name !== "final_logits_bias");
    expect((await model.named_parameters()).map(([name]) => name)).toEqual(names);
    const weights = await model.state_dict();
    let largest = 0;
    for (const [name, expected] of Object.entries(one.parameters)) {
      const { dims, data } = weights.get(name)!;
      const values = Array.from(data as Float32Array);
      if (expected[0] === "constant") {
        expect(new Set(values), name).toEqual(new Set([expected[1]]));
        continue;
      }
      const [, mean, deviation, zeroRows] = expected;
      const width = dims.at(-1)!;
      const rows = Array.from({ length: dims[0]! }, (_, i) => values.slice(i * width, (i + 1) * width));
      const isZero = (row: number[]): boolean => row.every((value) => value === 0);
      expect(
        rows.flatMap((row, i) => (isZero(row) ? [i] : [])),
        `${name}: rows of zeros`,
      ).toEqual(zeroRows);
      expectDrawnLike(rows.filter((row) => !isZero(row)).flat(), mean, deviation, name);
      for (const value of values) largest = Math.max(largest, Math.abs(value) / one.init_std);
    }
    // Of tens of thousands of numbers the largest lies near 4.5 deviations, unless the tails are cut off.
    expect(Math.abs(largest - one.largest_in_deviations)).toBeLessThan(1);
  });
});
