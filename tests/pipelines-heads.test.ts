/** Question answering, text classification and filling masks beside transformers' pipelines (oracle/pipelines_heads.py). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LEDTokenizerFast, pipeline } from "../src/index.ts";
import { setLogger } from "../src/log.ts";
import { FillMaskPipeline } from "../src/pipelines/fill-mask.ts";
import { type AnsweringModel, QuestionAnsweringPipeline } from "../src/pipelines/question-answering.ts";
import { type ClassifyingModel, TextClassificationPipeline } from "../src/pipelines/text-classification.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { counterClass } from "./support/led-classes.ts";
import { readFixture } from "./support/oracle.ts";
import { tinyFiles } from "./support/tokenizer-fixtures.ts";

interface Case {
  readonly name: string;
  readonly inputs: unknown;
  readonly options: Readonly<Record<string, unknown>>;
  readonly gives?: unknown;
  readonly raises?: string;
  readonly says?: string[];
}

interface Fixture {
  readonly model: CounterModel;
  readonly question_answering: (Case & { readonly policy: string })[];
  readonly classifiers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly text_classification: (Case & { readonly model: string })[];
  readonly fill_mask: Case[];
}

const fixture = readFixture<Fixture>("pipelines-heads.json");
const said: string[] = [];
let tokenizer: LEDTokenizerFast;
/** Fixtures hold any inputs and options. */
type Pipe = (inputs: unknown, options: object) => Promise<unknown>;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles());
});
beforeEach(() => {
  said.length = 0;
  setLogger({ warn: (message) => said.push(message) });
});
afterAll(() => {
  setLogger(null);
});

/** Where numbers are more than 1e-4 of themselves away, logits more than 1e-4, and where anything else differs. */
function near(got: unknown, expected: unknown, path: string, logits = false): string[] {
  if (typeof expected === "number" && typeof got === "number") {
    return Math.abs(got - expected) <= (logits ? 1e-4 : 1e-4 * Math.abs(expected))
      ? []
      : [`${path}: ${got}, not ${expected}`];
  }
  if (typeof expected !== "object" || expected === null)
    return got === expected ? [] : [`${path}: ${got}, not ${expected}`];
  if (typeof got !== "object" || got === null) return [`${path}: ${got}`];
  const [own, keys] = [got, expected].map((value) => Object.keys(value).sort());
  if (own!.join() !== keys!.join()) return [`${path}: ${own}, not ${keys}`];
  const at = (value: object, key: string) => (value as Readonly<Record<string, unknown>>)[key];
  return keys!.flatMap((key) => near(at(got, key), at(expected, key), `${path}.${key}`, logits));
}

async function compare(run: () => Promise<unknown>, { gives, raises, says }: Case): Promise<void> {
  if (raises === undefined) {
    expect(near(await run(), gives, "result")).toEqual([]);
  } else {
    await expect(run()).rejects.toThrow(raises.replace(/^\w+: /, ""));
  }
  expect([...new Set(said)]).toEqual([...new Set(says)]);
}

/** The result without what only ours has, and its values. */
function without(result: unknown, name: string, values: unknown[]): unknown {
  return JSON.parse(JSON.stringify(result), (_, value: unknown) => {
    if (typeof value !== "object" || value === null || !(name in value)) return value;
    const { [name]: taken, ...rest } = value as Record<string, unknown>;
    values.push(taken);
    return rest;
  });
}

describe("question answering", () => {
  let pipe: Pipe;
  let dispose: () => Promise<void>;
  beforeAll(async () => {
    const model = (await counterClass("LEDForQuestionAnswering", fixture.model)) as unknown as AnsweringModel;
    const made = new QuestionAnsweringPipeline({ task: "question-answering", model, tokenizer });
    pipe = made as unknown as Pipe;
    dispose = () => made.dispose();
  });
  afterAll(() => dispose());

  /** Where `start` and `end` of the reference are, which counts code points. */
  function inUnits(result: unknown, inputs: unknown, index = 0): unknown {
    const { context } = (Array.isArray(inputs) ? inputs[index] : inputs) as { context: string | string[] };
    const text = Array.isArray(context) ? context[index]! : context;
    const units = (points: number) => [...text].slice(0, points).join("").length;
    return JSON.parse(JSON.stringify(result), (key, value: unknown) =>
      key === "start" || key === "end" ? units(value as number) : value,
    );
  }

  function expected(one: Case): Case {
    if (one.gives === undefined) return one;
    const several = Array.isArray(one.inputs) || Array.isArray((one.inputs as { question: unknown }).question);
    const gives = several
      ? (one.gives as unknown[]).map((result, i) => inUnits(result, one.inputs, i))
      : inUnits(one.gives, one.inputs);
    return { ...one, gives };
  }

  const { question_answering } = fixture;
  const differing = ["a question cut, global attention none"];
  test.each(question_answering.filter(({ name }) => !differing.includes(name)))("$name", async (one) => {
    const windows: unknown[] = [];
    const run = async () =>
      without(await pipe(one.inputs, { ...one.options, global_attention: one.policy }), "windows", windows);
    await compare(run, expected(one));
    if (one.gives !== undefined)
      expect(windows.length > 0).toBe("max_seq_len" in one.options && !/fits/.test(one.name));
  });

  test("a question is cut by max_question_len, which the reference does not read with a fast tokenizer", async () => {
    const one = question_answering.find(({ name }) => name === differing[0])!;
    const whole = question_answering.find(({ name }) => name === "an answer, global attention none")!;
    expect(one.gives).toEqual(whole.gives);
    const got = (await pipe(one.inputs, { ...one.options, global_attention: "none" })) as {
      score: number;
      truncated: number;
    };
    const { question, context } = one.inputs as { question: string; context: string };
    const tokens = tokenizer(question, { add_special_tokens: false, return_offsets_mapping: true });
    expect(got.truncated).toBe((tokens.input_ids as number[]).length - 3);
    const end = (tokens.offset_mapping as unknown as [number, number][])[2]![1];
    const { truncated: _, ...rest } = got;
    expect(rest).toEqual(await pipe({ question: question.slice(0, end), context }, { global_attention: "none" }));
    expect(rest.score).not.toBeCloseTo((one.gives as { score: number }).score, 5);
  });

  test("the forms of a call", async () => {
    const { inputs, gives } = question_answering.find(({ name }) => name === "three answers, global attention none")!;
    const { question, context } = inputs as { question: string; context: string };
    const options = { top_k: 3, global_attention: "none" };
    const call = pipe as unknown as (...given: unknown[]) => Promise<unknown>;
    expect(near(await call(question, context, options), gives, "apart")).toEqual([]);
    expect(near(await call({ question, context, ...options }), gives, "keywords")).toEqual([]);
    expect(near(await call({ question, context, top_k: 3 }, { global_attention: "none" }), gives, "both")).toEqual([]);
    expect(near(await call([question], context, options), [gives], "a list and a context")).toEqual([]);
    expect(near(await call([question], [context], options), [gives], "lists")).toEqual([]);
    // The reference gives a list of one question the result alone.
    expect(near(await call([{ question, context }], options), [gives], "a list of one")).toEqual([]);
    // Every token of the question is global by default.
    const asked = question_answering.find(({ name }) => name === "three answers, global attention question")!;
    expect(near(await call(question, context, { top_k: 3 }), asked.gives, "default")).toEqual([]);
    const tokens = (tokenizer(question).input_ids as number[]).length - 1;
    const positions = Array.from({ length: tokens }, (_, i) => i);
    expect(near(await call(question, context, { top_k: 3, global_attention: positions }), asked.gives, "list")).toEqual(
      [],
    );
    const chosen = { top_k: 3, global_attention: () => positions };
    expect(near(await call(question, context, chosen), asked.gives, "function")).toEqual([]);
  });

  test("fewer spans than asked for give no more answers, where the reference fills up with impossible ones", async () => {
    const result = (await pipe({ question: "Who?", context: "Ada" }, { top_k: 50, align_to_words: false })) as object[];
    const count = (tokenizer("Ada", { add_special_tokens: false }).input_ids as number[]).length;
    expect(result).toHaveLength((count * (count + 1)) / 2);
  });
});

describe("text classification", () => {
  const models = new Map<string, TextClassificationPipeline>();
  beforeAll(async () => {
    for (const [name, config] of Object.entries({ ...fixture.classifiers, first: fixture.classifiers.three! })) {
      const model = await counterClass("LEDForSequenceClassification", fixture.model, config);
      const parts = { task: "text-classification", model: model as unknown as ClassifyingModel, tokenizer };
      models.set(name, new TextClassificationPipeline(parts));
    }
  });
  afterAll(async () => {
    for (const pipe of models.values()) await pipe.dispose();
  });
  const run = ({ model, inputs, options }: (typeof fixture.text_classification)[number]) =>
    (models.get(model)! as unknown as Pipe)(inputs, {
      ...options,
      ...(model === "first" ? {} : { global_attention: "none" }),
    });
  const regression = /regressions?$/;
  const { text_classification } = fixture;

  test.each(text_classification.filter(({ name }) => !regression.test(name) && !/none$/.test(name)))(
    "$name",
    async (one) => {
      const cut: unknown[] = [];
      await compare(async () => without(await run(one), "truncated", cut), one);
      expect(cut.length > 0).toBe(/cut$/.test(one.name));
    },
  );

  test("no function: logits", async () => {
    const one = text_classification.find(({ name }) => name === "function none")!;
    expect(near(await run(one), one.gives, "result", true)).toEqual([]);
  });

  test("a function that is none says which there are", async () => {
    const one = text_classification.find(({ name }) => name === "a function that is none")!;
    expect(one.raises).toBe("KeyError: DEFAULT");
    await expect(run(one)).rejects.toThrow(
      'Unrecognized `function_to_apply` argument: default (option `function_to_apply`: expected sigmoid, softmax, none, got "default") Leave it out.',
    );
  });

  test("numbers of a regression stay as they are, where the reference makes probabilities of them", async () => {
    const cases = text_classification.filter(({ name }) => regression.test(name));
    expect(cases).toHaveLength(4);
    for (const one of cases) {
      const gives = one.gives as { label: string; score: number }[];
      const got = (await run(one)) as typeof gives;
      expect(near(got, gives, "result")).not.toEqual([]);
      const raw = await run({ ...one, options: { ...one.options, function_to_apply: "none" } });
      expect(got).toEqual(raw);
      const applied = one.model === "regression" ? "sigmoid" : "softmax";
      const probable = await run({ ...one, options: { ...one.options, function_to_apply: applied } });
      expect(near(probable, gives, applied)).toEqual([]);
    }
  });

  test("a batch gives what each text gives, pairs among them", async () => {
    const one = text_classification.find(({ name }) => name === "pairs and texts")!;
    const inputs = [...(one.inputs as unknown[]), "The answer"];
    const pipe = models.get("three")! as unknown as Pipe;
    const together = (await pipe(inputs, { batch_size: 4, top_k: null })) as unknown[];
    for (const [i, input] of inputs.entries()) {
      expect(near(together[i], await pipe(input, { top_k: null }), `text ${i}`)).toEqual([]);
    }
  });
});

describe("filling masks", () => {
  let pipe: FillMaskPipeline;
  beforeAll(async () => {
    const model = await counterClass("LEDForConditionalGeneration", fixture.model);
    pipe = new FillMaskPipeline({ task: "fill-mask", model: model as never, tokenizer });
  });
  afterAll(() => pipe.dispose());
  const run = ({ inputs, options }: Case) => (pipe as unknown as Pipe)(inputs, options);

  test.each(fixture.fill_mask)("$name", async (one) => {
    const cut: unknown[] = [];
    // The reference gives for a list of one text what it gives for the text.
    const alone = Array.isArray(one.inputs) && one.inputs.length === 1;
    await compare(async () => {
      const result = without(await run(one), "truncated", cut);
      return alone ? (result as unknown[])[0] : result;
    }, one);
    expect(cut.length > 0).toBe(one.name === "cut");
  });

  test("texts of a batch give what each gives", async () => {
    const texts = ["The ships <mask> the shore before.", "The <mask> wrote a <mask> in the text"];
    const together = (await run({ name: "", inputs: texts, options: { batch_size: 2 } })) as unknown[];
    for (const [i, text] of texts.entries()) expect(near(together[i], await pipe(text), `text ${i}`)).toEqual([]);
  });
});

test("pipeline() makes them, by either name", async () => {
  const [qa, classifier, generator] = await Promise.all([
    counterClass("LEDForQuestionAnswering", fixture.model),
    counterClass("LEDForSequenceClassification", fixture.model, fixture.classifiers.three),
    counterClass("LEDForConditionalGeneration", fixture.model),
  ]);
  const [ask, classify, fill] = [
    await pipeline("question-answering", qa as never, { tokenizer }),
    await pipeline("sentiment-analysis", classifier as never, { tokenizer }),
    await pipeline("fill-mask", generator as never, { tokenizer }),
  ];
  expect(ask).toBeInstanceOf(QuestionAnsweringPipeline);
  expect(classify).toBeInstanceOf(TextClassificationPipeline);
  expect(fill).toBeInstanceOf(FillMaskPipeline);
  expect([ask.task, classify.task, fill.task]).toEqual(["question-answering", "sentiment-analysis", "fill-mask"]);
  const one = fixture.text_classification.find(({ name }) => name === "a text, first")!;
  expect(near(await classify(one.inputs as string), one.gives, "result")).toEqual([]);
  for (const pipe of [ask, classify, fill]) await pipe.dispose();
});
