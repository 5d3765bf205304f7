/** Seq2SeqTrainer with the LED classes: tiny models that learn, are saved, resumed and loaded again. */
import { describe, expect, test } from "vitest";
import { memoryFiles } from "../src/files.ts";
import {
  accuracy,
  DataCollatorForSeq2Seq,
  type EvalPrediction,
  type Features,
  JsonLinesLogCallback,
  LEDConfig,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDTokenizerFast,
  readTrainingLog,
  Seq2SeqTrainer,
  Seq2SeqTrainingArguments,
  type Tensor,
  type TrainingArgumentOptions,
  trainingReport,
} from "../src/index.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig, tinyVocabulary } from "./support/tiny-led.ts";

const { kept } = modelScene();

const tokenizer = new LEDTokenizerFast({ vocab: { ...tinyVocabulary }, merges: [] });

const config = (more: Readonly<Record<string, unknown>> = {}): LEDConfig =>
  LEDConfig.from_dict({ ...tinyConfig, init_std: 0.3, dropout: 0.1, ...more });

/** A source's first letter, thrice, is its summary. */
const rows: Features[] = ["abc", "bcadd", "cab", "dacba", "acd", "bb", "cdcdab", "dab"].map((text) => {
  const { input_ids, attention_mask } = tokenizer(text) as { input_ids: number[]; attention_mask: number[] };
  const labels = (tokenizer(text[0]!.repeat(3)) as { input_ids: number[] }).input_ids;
  return { input_ids, attention_mask, global_attention_mask: input_ids.map((_, i) => (i === 0 ? 1 : 0)), labels };
});

const options: Partial<TrainingArgumentOptions> = {
  per_device_train_batch_size: 2,
  per_device_eval_batch_size: 4,
  learning_rate: 0.02,
  logging_steps: 5,
  save_strategy: "no",
};

const argumentsOf = (more: Partial<TrainingArgumentOptions> = {}) =>
  new Seq2SeqTrainingArguments({ output_dir: memoryFiles([], "out"), ...options, ...more });

async function summarizer(args: Seq2SeqTrainingArguments, seed = 4) {
  const model = kept(await LEDForConditionalGeneration.from_config(config(), { seed }));
  const data_collator = new DataCollatorForSeq2Seq(tokenizer, { model });
  const given = { model, args, tokenizer, data_collator, train_dataset: rows, eval_dataset: rows };
  return { model, given };
}

const numbers = async (model: { state_dict(): Promise<Map<string, Tensor>> }) =>
  [...(await model.state_dict())].map(([name, { data }]) => [name, Array.from(data, Number)]);

describe("LEDForConditionalGeneration", () => {
  test("learns to summarise, writes what it learned, and is loaded again", async () => {
    const output_dir = memoryFiles([], "out");
    const args = argumentsOf({
      output_dir,
      num_train_epochs: 25,
      evaluation_strategy: "steps",
      eval_steps: 20,
      predict_with_generate: true,
      generation_max_length: 8,
    });
    const { model, given } = await summarizer(args);
    const compute_metrics = ({ predictions, label_ids }: EvalPrediction) => {
      const texts = [predictions, label_ids].map((ids) =>
        tokenizer.batch_decode(nonNegative(ids as Tensor), { skip_special_tokens: true }),
      );
      return { exact: texts[0]!.filter((text, i) => text === texts[1]![i]).length / rows.length };
    };
    const trainer = new Seq2SeqTrainer({ ...given, compute_metrics, callbacks: [JsonLinesLogCallback] });
    const before = await trainer.evaluate();
    await trainer.train();
    const after = await trainer.evaluate();
    expect(after.eval_loss).toBeLessThan(0.5 * before.eval_loss!);
    expect(after.eval_exact).toBeGreaterThan(0.7);

    await trainer.save_model();
    const again = kept(await LEDForConditionalGeneration.from_pretrained(output_dir));
    const inputs = { input_ids: [rows[1]!.input_ids as number[]], max_new_tokens: 6 };
    expect((await again.generate(inputs)).tolist()).toEqual((await model.generate(inputs)).tolist());
    expect(await numbers(again)).toEqual(await numbers(model));
    expect((await LEDTokenizerFast.from_pretrained(output_dir)).vocab_size).toBe(tokenizer.vocab_size);

    const log = readTrainingLog(new TextDecoder().decode(output_dir.contents.get("training_log.jsonl")));
    expect(log.filter(({ eval_loss }) => eval_loss !== undefined)).toHaveLength(6);
    expect(trainingReport(log)).toContain("evaluation exact");
  });

  test("resumed with dropout and accumulation it is bit for bit what it would have been", async () => {
    const more = {
      max_steps: 5,
      gradient_accumulation_steps: 3,
      save_strategy: "steps",
      save_steps: 1,
      logging_steps: 1,
    } as const;
    const run = async (output_dir = memoryFiles([], "out"), from?: string, resume?: ReturnType<typeof memoryFiles>) => {
      const { model, given } = await summarizer(argumentsOf({ ...more, output_dir }));
      const trainer = new Seq2SeqTrainer(given);
      await trainer.train(resume === undefined ? {} : { resume_from_checkpoint: resume.folder(from!) });
      const losses = trainer.state.log_history.map(({ loss, grad_norm }) => [loss, grad_norm]);
      return { numbers: await numbers(model), losses, output_dir };
    };
    const whole = await run();
    for (const name of ["checkpoint-2", "checkpoint-4"]) {
      const again = await run(memoryFiles([], "again"), name, whole.output_dir);
      expect(again.losses).toEqual(whole.losses);
      expect(again.numbers).toEqual(whole.numbers);
    }
  });

  test("refuses the checkpoint of a model of another size", async () => {
    const output_dir = memoryFiles([], "out");
    const { given } = await summarizer(
      argumentsOf({ max_steps: 1, save_strategy: "steps", save_steps: 1, output_dir }),
    );
    await new Seq2SeqTrainer(given).train();
    const model = kept(await LEDForConditionalGeneration.from_config(config({ decoder_ffn_dim: 6 }), { seed: 4 }));
    const other = new Seq2SeqTrainer({ ...given, model });
    await expect(other.train({ resume_from_checkpoint: true })).rejects.toThrow("config `decoder_ffn_dim` 10");
  });
});

const nonNegative = (ids: Tensor): number[][] =>
  (ids.tolist() as number[][]).map((row) => row.map((id) => (id < 0 ? tinyConfig.pad_token_id : id)));

test("LEDForSequenceClassification learns classes, with the head over the encoder, and is resumed", async () => {
  const labelled = rows.map(({ input_ids, attention_mask }) => ({
    ...{ input_ids, attention_mask },
    label: ["a", "b", "c", "d"].indexOf(tokenizer.decode([(input_ids as number[])[1]!])),
  }));
  const output_dir = memoryFiles([], "out");
  const make = async (given: Partial<TrainingArgumentOptions> = {}) => {
    const settings = config({ head: "encoder", num_labels: 4 });
    const model = kept(await LEDForSequenceClassification.from_config(settings, { seed: 3 }));
    const trainer = new Seq2SeqTrainer({
      ...{ model, tokenizer, train_dataset: labelled, eval_dataset: labelled },
      args: argumentsOf({ num_train_epochs: 40, save_strategy: "steps", save_steps: 155, output_dir, ...given }),
      compute_metrics: ({ predictions, label_ids }) => {
        const logits = (Array.isArray(predictions) ? predictions[0] : predictions) as Tensor;
        const classes = (logits.tolist() as number[][]).map((row) => row.indexOf(Math.max(...row)));
        return { accuracy: accuracy(classes, (label_ids as Tensor).tolist() as number[]) };
      },
    });
    return { model, trainer };
  };
  const { model, trainer } = await make();
  await trainer.train();
  expect((await trainer.evaluate()).eval_accuracy).toBeGreaterThan(0.8);
  // The first pass has written into the config what kind of problem it is.
  const again = await make();
  await again.trainer.train({ resume_from_checkpoint: true });
  expect(await numbers(again.model)).toEqual(await numbers(model));
});

test("LEDForQuestionAnswering learns positions, of which its loss and labels are", async () => {
  const model = kept(await LEDForQuestionAnswering.from_config(config({ head: "encoder", dropout: 0 }), { seed: 3 }));
  const marked = rows.map(({ input_ids, attention_mask, global_attention_mask }) => {
    const at = (input_ids as number[]).indexOf(tinyVocabulary.a!);
    return {
      input_ids,
      attention_mask,
      global_attention_mask,
      start_positions: Math.max(0, at),
      end_positions: Math.max(0, at),
    };
  });
  const trainer = new Seq2SeqTrainer({
    ...{ model, tokenizer, train_dataset: marked, eval_dataset: marked },
    args: argumentsOf({ num_train_epochs: 10 }),
  });
  expect(trainer.label_names).toEqual(["start_positions", "end_positions"]);
  const before = await trainer.evaluate();
  await trainer.train();
  const after = await trainer.evaluate();
  expect(after.eval_loss).toBeLessThan(0.7 * before.eval_loss!);
  const { label_ids } = await trainer.predict(marked, { ignore_keys: ["encoder_last_hidden_state"] });
  expect((label_ids as Tensor[]).map(({ dims }) => dims)).toEqual([[8], [8]]);
});
