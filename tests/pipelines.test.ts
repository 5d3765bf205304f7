/** Pipelines that write texts beside transformers' (oracle/pipelines.py). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LEDForConditionalGeneration, LEDTokenizerFast, pipeline, Tensor } from "../src/index.ts";
import { setLogger } from "../src/log.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { counterClass } from "./support/led-classes.ts";
import { readFixture } from "./support/oracle.ts";
import { tinyFiles } from "./support/tokenizer-fixtures.ts";

interface Case {
  readonly name: string;
  readonly task: "summarization";
  readonly config: string;
  readonly global_attention: "first" | "none";
  readonly texts: string | string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly gives?: unknown;
  readonly raises?: string;
  readonly says: string[];
}

interface Fixture {
  readonly model: CounterModel;
  readonly limit: number;
  readonly configs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly cases: Case[];
}

const { model, limit, configs, cases } = readFixture<Fixture>("pipelines.json");
const said: string[] = [];
let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles(), { model_max_length: limit });
});
beforeEach(() => {
  said.length = 0;
  const before = setLogger({ warn: (message) => said.push(message) });
  return () => setLogger(before);
});

/** A pipeline may change its model's config, so that those of "tasks" have models of their own. */
const made = new Map<string, Promise<LEDForConditionalGeneration>>();
afterAll(async () => {
  for (const one of made.values()) await (await one).dispose();
});

async function pipelineOf(task: Case["task"], config: string) {
  const key = config === "tasks" ? `${config} ${task}` : config;
  const own = made.get(key) ?? counterClass("LEDForConditionalGeneration", model, structuredClone(configs[config]!));
  made.set(key, own as Promise<LEDForConditionalGeneration>);
  return pipeline(task, (await own) as LEDForConditionalGeneration, { tokenizer });
}

/** Tensors as lists, and what only ours has taken away. */
function asInPython(value: unknown): unknown {
  if (value instanceof Tensor) return value.tolist();
  if (Array.isArray(value)) return value.map(asInPython);
  if (typeof value !== "object" || value === null) return value;
  const { truncated: _, ...fields } = value as Record<string, unknown>;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, asInPython(field)]));
}

describe("as the reference", () => {
  test.each(cases.map((one) => [`${one.task}: ${one.name}`, one] as const))("%s", async (_, one) => {
    const { task, config, texts, options, global_attention, gives, raises, says } = one;
    const pipe = await pipelineOf(task, config);
    const call = pipe(texts as string, { ...options, global_attention });
    if (raises === undefined) expect(asInPython(await call)).toEqual(gives);
    else await expect(call).rejects.toThrow(raises.replace(/^\w+: /, ""));
    expect(said.filter((message) => /^(?:Your|Stopping) /.test(message))).toEqual(says);
  });
});
