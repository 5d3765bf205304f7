import { describe, expect, test } from "vitest";
import { fixtureJson } from "../../tests/support/checkpoint-files.ts";
import { memoryFiles } from "../files.ts";
import { matchNames, type NameMatch, requireMatch } from "./names.ts";
import type { Checkpoint } from "./open.ts";
import type { StoredTensor } from "./stored-tensor.ts";

interface Model {
  state_dict: Record<string, number[]>;
  tied: string[][];
  optional: string[];
}

interface Case {
  title: string;
  model: string;
  file: [string, number[]][];
  error?: string;
  missing_keys: string[];
  unexpected_keys: string[];
  mismatched_keys: [string, number[], number[]][];
  served_by: Record<string, string[]>;
}

const { models, cases } = fixtureJson<{ models: Record<string, Model>; cases: Case[] }>("loading_cases.json");

/** Names and shapes are all that matching looks at. */
function checkpointOf(file: readonly [string, number[]][], fileOf = (_: string): string => "x"): Checkpoint {
  const tensors = file.map(([name, shape]): [string, StoredTensor] => [
    name,
    { name, type: "F32", shape, file: fileOf(name), offset: 0, length: 0 },
  ]);
  return { files: memoryFiles([], "the folder"), tensors: new Map(tensors), metadata: new Map(), format: "torch" };
}

function match(checkpoint: Checkpoint, model: Model, buffers: string[] = []): NameMatch {
  const expected = Object.entries(model.state_dict).map(([name, shape]) => ({
    name,
    shape,
    optional: model.optional.includes(name),
  }));
  return matchNames(checkpoint, expected, { tied: model.tied, base_model_prefix: "led", buffers });
}

describe("finds what transformers 4.37.2 found", () => {
  test.each(cases.map((c) => [c.title, c] as const))("%s", (_, c) => {
    const model = models[c.model]!;
    if (c.error !== undefined) {
      expect(() => match(checkpointOf(c.file), model)).toThrow(c.error);
      return;
    }
    const result = match(checkpointOf(c.file), model);
    expect(result.missing_keys).toEqual(c.missing_keys);
    expect(result.unexpected_keys).toEqual(c.unexpected_keys);
    expect(result.mismatched_keys).toEqual(c.mismatched_keys);
    for (const [name, sources] of Object.entries(c.served_by)) {
      const stored = result.bound.get(name)?.name;
      if (sources.length === 0) expect(stored, name).toBeUndefined();
      else expect(sources, name).toContain(stored);
    }
  });

  test("has every kind of case", () => {
    expect(cases.length).toBeGreaterThan(25);
    for (const key of ["missing_keys", "unexpected_keys", "mismatched_keys"] as const) {
      expect(cases.some((c) => (c[key]?.length ?? 0) > 0)).toBe(true);
    }
  });
});

const lm = models.lm!;
const full = Object.entries(lm.state_dict);

test("in shards the last shard's alias wins, as shards load in the order of their names", () => {
  const shared = "led.shared.weight";
  const result = match(
    checkpointOf(full, (name) => (name === shared ? "model-2" : "model-1")),
    lm,
  );
  expect(result.bound.get("lm_head.weight")?.name).toBe(shared);
  expect(match(checkpointOf(full), lm).bound.get(shared)?.name).toBe("lm_head.weight");
});

test("buffers that the state dict leaves out are not unexpected, with and without the prefix", () => {
  const buffer = "led.position_ids";
  const file = [...full, [buffer, [1]] as [string, number[]]];
  expect(match(checkpointOf(file), lm).unexpected_keys).toEqual([buffer]);
  expect(match(checkpointOf(file), lm, [buffer]).unexpected_keys).toEqual([]);
  const base = file
    .filter(([name]) => name.startsWith("led."))
    .map(([name, shape]) => [name.slice(4), shape] as [string, number[]]);
  expect(match(checkpointOf(base), lm, [buffer]).unexpected_keys).toEqual([]);
});

describe("requireMatch", () => {
  const none: NameMatch = { bound: new Map(), missing_keys: [], unexpected_keys: [], mismatched_keys: [] };

  test("passes a full match, also with unexpected names", () => {
    requireMatch(none, "LEDModel from x");
    requireMatch({ ...none, unexpected_keys: ["lm_head.weight"] }, "LEDModel from x");
  });

  test("lists missing, mis-shaped and unexpected names in one error", () => {
    const bad: NameMatch = {
      ...none,
      missing_keys: ["a", "b"],
      mismatched_keys: [
        ["c", [5, 4], [3, 4]],
        ["d", [], [2]],
      ],
      unexpected_keys: ["e"],
    };
    expect(() => requireMatch(bad, "LEDModel from x")).toThrow(
      "load LEDModel from x: expected the checkpoint to hold every parameter of the model, in its shape, got " +
        "2 missing: `a`, `b`; 2 of another shape: `c` of shape [3, 4] is [5, 4] in the file, " +
        "`d` of shape [2] is [] in the file; 1 unexpected: `e`. " +
        "Is this the checkpoint of this model class, and config.json the one that belongs to it?",
    );
  });

  test("shapes alone point at config.json", () => {
    expect(() => requireMatch({ ...none, mismatched_keys: [["c", [5], [3]]] }, "LEDModel from x")).toThrow(
      "got 1 of another shape: `c` of shape [3] is [5] in the file. Is config.json the one that belongs to these weights?",
    );
  });

  test("a long list is cut", () => {
    const many = Array.from({ length: 23 }, (_, i) => `n${i}`);
    expect(() => requireMatch({ ...none, missing_keys: many }, "x")).toThrow(
      /got 23 missing: `n0`, .*`n19` and 3 more\./,
    );
  });

  test("names of BART and allenai/longformer are told from LED's, in a base and in a headed model", () => {
    const fix =
      'The names start with "model." as in BART and in allenai/longformer files: rename that prefix to "led." first.';
    const renamed = full.map(([name, shape]) => [name.replace(/^led\./, "model."), shape] as [string, number[]]);
    expect(() => requireMatch(match(checkpointOf(renamed), models.base!), "LEDModel from x")).toThrow(fix);
    expect(() => match(checkpointOf(renamed), lm)).toThrow(
      "The state dictionary of the model you are trying to load is corrupted. Are you sure it was properly saved? " +
        '(match the names of the folder: expected names that start with "led." beside `final_logits_bias`, ' +
        `got \`model.shared.weight\`) ${fix}`,
    );
  });
});
