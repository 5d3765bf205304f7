/**
 * The programs of examples/reference-page/ are the eleven snippets of the reference's LED page. They run against the built
 * package, on a small model of the counter's weights, and print what the snippets give in Python on the same model
 * (tests/oracle/reference_page.py); once with a small vocabulary, once with that of the released models.
 */
import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderFiles } from "../src/hub/folder.ts";
import { AutoTokenizer, InvalidArgumentError, TFLEDForConditionalGeneration, TFLEDModel } from "../src/index.ts";
import type { CounterClass } from "./counter-weights.ts";
import { type BuiltCommand, buildCommand } from "./support/command.ts";
import { type CounterModel, writeCounterModel } from "./support/counter-model.ts";
import { noReleasedVocabulary, readFixture, releasedText } from "./support/tokenizer-fixtures.ts";

interface Numbers {
  readonly dims: number[];
  readonly first: number[];
}

interface Page {
  readonly model: CounterModel;
  readonly tokenizer: number[][];
  readonly tokenizer_fast: number[][];
  readonly last_hidden_states: Numbers;
  readonly fill_in: { text: string };
  readonly summary: { tokens: number; text: string };
  readonly single_label: { label: string; loss: number };
  readonly multi_label: { predicted: number[]; loss: number };
  readonly answer: { text: string; loss: number };
  readonly probs: { mask: number; best: number[]; ids: number[] };
}

const fixture = readFixture<{ config: { made: object; attention_window: number[] }; tiny: Page; released: Page }>(
  "reference-page.json",
);
const examples = fileURLToPath(new URL("../examples/reference-page", import.meta.url));
const tinyTokenizer = fileURLToPath(new URL("oracle/fixtures/tiny-tokenizer", import.meta.url));

const classes: readonly CounterClass[] = [
  "LEDForConditionalGeneration",
  "LEDForSequenceClassification",
  "LEDForQuestionAnswering",
];

const vocabularies = {
  tiny(folder: string) {
    for (const name of readdirSync(tinyTokenizer)) copyFileSync(join(tinyTokenizer, name), join(folder, name));
  },
  released(folder: string) {
    for (const name of ["vocab.json", "merges.txt"]) writeFileSync(join(folder, name), releasedText(name));
  },
};

let built: BuiltCommand;

beforeAll(() => {
  built = buildCommand();
  cpSync(examples, join(built.folder, "examples/reference-page"), { recursive: true });
});

afterAll(() => built.remove());

/** The lines that an example prints. */
async function printed(name: string, ...args: string[]): Promise<string[]> {
  const program = join(built.folder, "examples/reference-page", name);
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
  return stdout.replace(/\n$/, "").split("\n");
}

/** What stands behind a word at the beginning of a line. */
const behind = (word: string, line: string | undefined): string => {
  expect(line).toMatch(new RegExp(`^${word} `));
  return line!.slice(word.length + 1);
};

function expectClose(values: readonly number[], wanted: readonly number[]): void {
  expect(values.length).toBe(wanted.length);
  values.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4);
  });
}

const tested = [
  "config.mjs",
  "tokenizer.mjs",
  "tokenizer-fast.mjs",
  "model.mjs",
  "fill-in.mjs",
  "summarize.mjs",
  "classify.mjs",
  "classify-labels.mjs",
  "answer.mjs",
  "tf-model.mjs",
  "tf-fill-in.mjs",
];

it("the page has eleven snippets, and each has a program", () => {
  expect(readdirSync(examples).sort()).toEqual([...tested].sort());
});

const missing = { tiny: "", released: noReleasedVocabulary };

describe.each(["tiny", "released"] as const)("the reference page, %s vocabulary", (vocabulary) => {
  const why = missing[vocabulary];
  const page = fixture[vocabulary];

  /** A folder with the model of a class and the tokenizer. */
  const folderOf = (name: CounterClass): string => join(built.folder, "page", vocabulary, name);
  const lm = () => folderOf("LEDForConditionalGeneration");

  describe.skipIf(why)(why || "runs", () => {
    beforeAll(async () => {
      for (const name of classes) {
        const folder = folderOf(name);
        mkdirSync(folder, { recursive: true });
        await writeCounterModel(folderFiles(folder), page.model, name);
        vocabularies[vocabulary](folder);
      }
    });

    it("config.mjs: the defaults, and windows as a list once a model is built", async () => {
      const lines = await printed("config.mjs", lm());
      expect(JSON.parse(lines.slice(0, -1).join("\n"))).toEqual(fixture.config.made);
      // In Python, where the defaults are built: a list of 512 for each of 12 layers.
      expect(new Set(fixture.config.attention_window)).toEqual(new Set([512]));
      expect(JSON.parse(behind("attention_window", lines.at(-1)))).toEqual([32, 32]);
    });

    it.each([
      ["tokenizer.mjs", page.tokenizer],
      ["tokenizer-fast.mjs", page.tokenizer_fast],
    ])("%s: Hello world, with and without a space before it", async (name, ids) => {
      expect((await printed(name, lm())).map((line) => JSON.parse(line))).toEqual(ids);
    });

    it.each(["model.mjs", "tf-model.mjs"])("%s: hidden states", async (name) => {
      const [dims, first] = await printed(name, lm());
      expect(JSON.parse(behind("last_hidden_states", dims))).toEqual(page.last_hidden_states.dims);
      expectClose(first!.split(" ").map(Number), page.last_hidden_states.first);
    });

    it("fill-in.mjs: the generated text", async () => {
      expect((await printed("fill-in.mjs", lm())).join("\n")).toBe(page.fill_in.text);
    });

    it("summarize.mjs: three beams, 32 tokens", async () => {
      expect((await printed("summarize.mjs", lm())).join("\n")).toBe(page.summary.text);
    });

    it("classify.mjs: the label and the loss", async () => {
      const [label, loss] = await printed("classify.mjs", folderOf("LEDForSequenceClassification"));
      expect(label).toBe(page.single_label.label);
      expectClose([Number(behind("loss", loss))], [page.single_label.loss]);
    });

    it("classify-labels.mjs: the labels and the loss", async () => {
      const [predicted, loss] = await printed("classify-labels.mjs", folderOf("LEDForSequenceClassification"));
      expect(JSON.parse(behind("predicted", predicted))).toEqual(page.multi_label.predicted);
      expectClose([Number(behind("loss", loss))], [page.multi_label.loss]);
    });

    it("answer.mjs: the span and the loss", async () => {
      const [answer, loss] = await printed("answer.mjs", folderOf("LEDForQuestionAnswering"));
      expect(JSON.parse(answer!)).toBe(page.answer.text);
      expectClose([Number(behind("loss", loss))], [page.answer.loss]);
    });

    it("tf-fill-in.mjs: the likeliest tokens at the mask", async () => {
      const [mask, ...rows] = await printed("tf-fill-in.mjs", lm());
      expect(Number(behind("mask", mask))).toBe(page.probs.mask);
      expect(rows.map((row) => Number(row.split(" ")[1]))).toEqual(page.probs.ids);
      expectClose(
        rows.map((row) => Number(row.split(" ")[0])),
        page.probs.best,
      );
    });

    it("the TensorFlow snippets as the page has them: no decoder ids, and no first argument", async () => {
      const tokenizer = await AutoTokenizer.from_pretrained(lm());
      const batch = tokenizer(["My friends are <mask> but they eat too many carbs."], { return_tensors: "tf" });
      const lacksDecoderIds =
        /You have to specify either decoder_input_ids or decoder_inputs_embeds\. .*Give decoder_input_ids: config\.decoder_start_token_id/;

      const base = await TFLEDModel.from_pretrained(lm());
      await expect(base.call({ ...batch })).rejects.toThrow(lacksDecoderIds);
      await base.dispose();

      const model = await TFLEDForConditionalGeneration.from_pretrained(lm());
      await expect(model.call({ inputs: batch.input_ids })).rejects.toThrow(lacksDecoderIds);
      const withoutFirst = (model.call as () => Promise<unknown>).call(model);
      await expect(withoutFirst).rejects.toThrow(InvalidArgumentError);
      await expect(withoutFirst).rejects.toThrow(
        "The first argument to `Layer.call` must always be passed. Write call({ input_ids, ... }), or call(null, { ... })",
      );
      await model.dispose();
    });
  });
});
