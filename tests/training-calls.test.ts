/**
 * Calls around loss_and_gradients: modes, frozen parameters, options, errors. That its numbers are torch's is in
 * model-gradients.test.ts.
 */
import { describe, expect, test } from "vitest";
import {
  LEDConfig,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  type Tensor,
} from "../src/index.ts";
import { rowsAtOnce } from "../src/models/led/training/language-model-loss.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig } from "./support/tiny-led.ts";

const { kept, folder } = modelScene();

const config = (more: Readonly<Record<string, unknown>> = {}): LEDConfig =>
  LEDConfig.from_dict({ ...tinyConfig, init_std: 0.3, dropout: 0.2, ...more });

const given = {
  input_ids: [
    [0, 8, 9, 10, 11, 12, 13, 14, 2],
    [0, 8, 9, 2, 1, 1, 1, 1, 1],
  ],
  attention_mask: [
    [1, 1, 1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 0, 0, 0, 0, 0],
  ],
  global_attention_mask: [
    [1, 0, 0, 0, 0, 0, 0, 0, 0],
    [1, 0, 0, 0, 0, 0, 0, 0, 0],
  ],
  labels: [
    [8, 9, 2],
    [9, 2, -100],
  ],
};

async function model(more: Readonly<Record<string, unknown>> = {}): Promise<LEDForConditionalGeneration> {
  return kept(await LEDForConditionalGeneration.from_config(config(more), { seed: 2 }));
}

function numbers(gradients: ReadonlyMap<string, Tensor>): Record<string, number[]> {
  return Object.fromEntries([...gradients].map(([name, { data }]) => [name, Array.from(data, Number)]));
}

describe("the mode", () => {
  test("is evaluation at first: the loss and outputs are forward's", async () => {
    const led = await model();
    expect(led.training).toBe(false);
    const plain = await led(given);
    const { loss, outputs, gradients } = await led.loss_and_gradients(given);
    expect(loss.dims).toEqual([]);
    expect(loss.item()).toBeCloseTo(plain.loss!.item(), 5);
    expect(Object.keys(outputs!)).toEqual(["loss", "logits", "encoder_last_hidden_state"]);
    expect(outputs!.logits.dims).toEqual(plain.logits.dims);
    plain.logits.data.forEach((value, i) => {
      expect(outputs!.logits.data[i]).toBeCloseTo(value, 4);
    });
    const parameters = new Map(await led.named_parameters());
    expect([...gradients.keys()].sort()).toEqual([...parameters.keys()].sort());
    for (const [name, gradient] of gradients) expect(gradient.dims).toEqual(parameters.get(name)!.dims);
  });

  test("training drops by seed and step, the same each time", async () => {
    const led = (await model()).train();
    expect(led.training).toBe(true);
    const at = async (dropout_seed: number, dropout_step: number) =>
      numbers((await led.loss_and_gradients({ ...given, dropout_seed, dropout_step })).gradients);
    const first = await at(5, 7);
    expect(await at(5, 7)).toEqual(first);
    expect(await at(5, 8)).not.toEqual(first);
    expect(await at(6, 7)).not.toEqual(first);
    const losses = [await led.loss_and_gradients(given), await led.loss_and_gradients(given)];
    expect(losses[0]!.loss.item()).not.toBe(losses[1]!.loss.item());
    led.eval();
    expect(led.training).toBe(false);
    expect(await at(5, 7)).toEqual(await at(6, 9));
  });

  test("gradient checkpointing is said by the config's old key too, which does not stay", async () => {
    const old = await model({ gradient_checkpointing: true });
    expect(old.is_gradient_checkpointing).toBe(true);
    expect("gradient_checkpointing" in old.config).toBe(false);
    old.gradient_checkpointing_disable();
    expect(old.is_gradient_checkpointing).toBe(false);
    old.gradient_checkpointing_enable();
    expect(old.is_gradient_checkpointing).toBe(true);
  });
});

describe("frozen parameters", () => {
  test("get no gradient, and the others the same as before", async () => {
    const led = await model();
    const all = numbers((await led.loss_and_gradients(given)).gradients);
    const frozen = async (...names: (string | RegExp)[]) => {
      led.requires_grad_(/./, true).requires_grad_(names, false);
      const { gradients } = await led.loss_and_gradients(given);
      const left = numbers(gradients);
      expect([...led.trainable_parameters().keys()].sort()).toEqual(Object.keys(left).sort());
      for (const [name, values] of Object.entries(left)) {
        // The engine fuses another graph in another way: the last bits may differ.
        const largest = Math.max(...all[name]!.map(Math.abs));
        values.forEach((value, i) => {
          expect(Math.abs(value - all[name]![i]!), `${name}[${i}]`).toBeLessThan(1e-5 * largest + 1e-7);
        });
      }
      return Object.keys(left);
    };
    const encoderless = await frozen("led.encoder");
    expect(encoderless.some((name) => name.startsWith("led.encoder"))).toBe(false);
    expect(encoderless).toContain("led.decoder.layers.0.fc1.weight");
    const onlyOne = await frozen(/^(?!led\.encoder\.layers\.1\.fc1\.bias)/);
    expect(onlyOne).toEqual(["led.encoder.layers.1.fc1.bias"]);
    const noTables = await frozen("led.shared.weight", /embed_positions/);
    expect(noTables).not.toContain("led.shared.weight");
    expect(noTables).toContain("led.encoder.layernorm_embedding.bias");
    const decoderless = await frozen("led.decoder", "led.shared.weight");
    expect(decoderless.every((name) => name.startsWith("led.encoder."))).toBe(true);
    expect(await frozen("led")).toEqual([]);
  });

  test("a name that is none is an error with the nearest", async () => {
    const led = await model();
    expect(() => led.requires_grad_("led.encoder.layers.0.fc1.weigth", false)).toThrow(
      "requires_grad_: expected a parameter's name, the path of a part such as led.encoder, or a pattern that fits one, got `led.encoder.layers.0.fc1.weigth`. Did you mean `led.encoder.layers.0.fc1.weight`?",
    );
  });
});

test("numbers changed in place are what forward, state_dict and save_pretrained see", async () => {
  const led = await model();
  expect(() => led.trainable_parameters()).toThrow("Await model.prepare_for_training() first");
  await led.prepare_for_training();
  const before = (await led(given)).loss!.item();
  const { gradients } = await led.loss_and_gradients(given);
  for (const [name, { data }] of led.trainable_parameters()) {
    const gradient = gradients.get(name)!;
    for (let i = 0; i < data.length; i++) data[i]! -= 0.05 * gradient.data[i]!;
  }
  led.parameters_changed();
  const after = (await led(given)).loss!.item();
  expect(after).toBeLessThan(before);
  expect((await led.loss_and_gradients(given)).loss.item()).toBeCloseTo(after, 5);
  const name = "led.decoder.layers.0.fc2.weight";
  const live = led.trainable_parameters().get(name)!;
  expect((await led.state_dict()).get(name)!.data).toEqual(live.data);
  const { path } = await folder();
  await led.save_pretrained(path);
  const loaded = kept(await LEDForConditionalGeneration.from_pretrained(path));
  expect((await loaded(given)).loss!.item()).toBeCloseTo(after, 6);
});

test("weights put in from outside are trained on from there", async () => {
  const [led, other] = [await model(), kept(await LEDForConditionalGeneration.from_config(config(), { seed: 9 }))];
  await led.loss_and_gradients(given);
  await led.load_state_dict(await other.state_dict());
  const [a, b] = [await led.loss_and_gradients(given), await other.loss_and_gradients(given)];
  expect(a.loss.item()).toBe(b.loss.item());
  await led.resize_token_embeddings(tinyConfig.vocab_size + 3);
  const { outputs, gradients } = await led.loss_and_gradients(given);
  expect(outputs!.logits.dims[2]).toBe(tinyConfig.vocab_size + 3);
  expect(gradients.get("led.shared.weight")!.dims[0]).toBe(tinyConfig.vocab_size + 3);
});

test("more target rows than the head takes at once give the loss and gradients of all", async () => {
  const led = await model({ max_decoder_position_embeddings: 300 });
  const length = Math.floor(rowsAtOnce / 2) - 3;
  const row = (seed: number) => Array.from({ length }, (_, i) => 4 + ((i * 7 + seed) % 20));
  const batches = [0, 1, 2].map((seed) => ({ input_ids: [[0, 8, 9, 2]], labels: [row(seed)] }));
  const together = await led.loss_and_gradients({
    input_ids: batches.flatMap(({ input_ids }) => input_ids),
    labels: batches.flatMap(({ labels }) => labels),
  });
  const apart: Awaited<ReturnType<typeof led.loss_and_gradients>>[] = [];
  for (const batch of batches) apart.push(await led.loss_and_gradients(batch));
  expect(together.loss.item()).toBeCloseTo(
    apart.reduce((sum, { loss }) => sum + loss.item() / 3, 0),
    5,
  );
  for (const [name, { data }] of together.gradients) {
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    data.forEach((value, i) => {
      const mean = apart.reduce((sum, { gradients }) => sum + gradients.get(name)!.data[i]! / 3, 0);
      expect(Math.abs(value - mean), `${name}[${i}]`).toBeLessThan(1e-5 * largest + 1e-7);
    });
  }
});

test("without labels that count the loss is no number and gradients are zeros", async () => {
  const led = await model();
  const { loss, gradients } = await led.loss_and_gradients({ ...given, labels: [[-100], [-100]] });
  expect(loss.item()).toBeNaN();
  for (const { data } of gradients.values()) expect(data.every((value) => value === 0)).toBe(true);
});

describe("what is refused", () => {
  test("by name, with a fix", async () => {
    const led = await model();
    const operation = "LEDForConditionalGeneration.loss_and_gradients";
    const refusals: [object, string][] = [
      [{ labels: undefined }, `${operation}: expected \`labels\`, which the loss is of, got none`],
      [{ output_attentions: true }, `${operation}: expected options among`],
      [{ label_smoothing: 1 }, `${operation}: expected \`label_smoothing\` of at least 0, below 1, got 1`],
      [{ dropout_step: 0.5 }, `${operation}: expected \`dropout_step\` a whole number of at least 0, got 0.5`],
      [{ lables: [[1]] }, "Did you mean `labels`?"],
      [
        {
          labels: [
            [8, 99, 2],
            [8, 9, 2],
          ],
          decoder_input_ids: [
            [2, 8, 9],
            [2, 8, 9],
          ],
        },
        "cross entropy: expected labels from 0 to 31, or -100 to leave out, got 99 at position 1",
      ],
      [
        {
          decoder_input_ids: [
            [2, 8],
            [2, 8],
          ],
        },
        "loss_and_gradients: expected a label for each target token, [2, 2], got labels [2, 3]",
      ],
      [{ attention_mask: [[1, 1]] }, "LEDEncoder, attention_mask: expected [2, 9]"],
    ];
    for (const [more, message] of refusals) {
      await expect(led.loss_and_gradients({ ...given, ...more }), JSON.stringify(more)).rejects.toThrow(message);
    }
  });

  test("a model of bytes or half precision", async () => {
    for (const dtype of ["q8", "fp16"] as const) {
      const led = kept(await LEDForConditionalGeneration.from_config(config(), { dtype }));
      await expect(led.loss_and_gradients(given)).rejects.toThrow(
        `training: expected weights of dtype "fp32", which training changes by small amounts, got "${dtype}". Load the model with dtype: "fp32".`,
      );
    }
  });

  test("a signal that has fired, between two layers", async () => {
    const led = await model();
    const abort = new AbortController();
    const call = led.loss_and_gradients({ ...given, signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")));
    await expect(call).rejects.toThrow("enough");
  });

  test("heads without labels", async () => {
    const { labels: _, ...plain } = given;
    const classifier = kept(await LEDForSequenceClassification.from_config(config({ num_labels: 3 })));
    await expect(classifier.loss_and_gradients({ ...plain, labels: null })).rejects.toThrow("expected `labels`");
    const reader = kept(await LEDForQuestionAnswering.from_config(config()));
    await expect(
      reader.loss_and_gradients({ ...plain, start_positions: [1, 1], end_positions: undefined }),
    ).rejects.toThrow("expected `start_positions` and `end_positions`, which the loss is of");
  });
});

describe("several right answers", () => {
  const { labels: _, ...source } = given;
  const answering = async () =>
    kept(await LEDForQuestionAnswering.from_config(config({ head: "encoder", dropout: 0 }), { seed: 3 }));

  test("loss and gradients are the mean of those of each answer", async () => {
    const led = await answering();
    const one = (start: number, end: number) =>
      led.loss_and_gradients({ ...source, start_positions: [start, 1], end_positions: [end, 2] });
    const [a, b] = [await one(1, 3), await one(5, 6)];
    const both = {
      start_positions: [
        [1, 5],
        [1, -100],
      ],
      end_positions: [
        [3, 6],
        [2, -100],
      ],
    };
    const { loss, gradients } = await led.loss_and_gradients({ ...source, ...both });
    expect(loss.item()).toBeCloseTo((a.loss.item() + b.loss.item()) / 2, 5);
    expect((await led({ ...source, ...both })).loss!.item()).toBeCloseTo(loss.item(), 5);
    expect([...gradients.keys()]).toEqual([...a.gradients.keys()]);
    for (const [name, { data }] of gradients) {
      const most = Math.max(...data.map(Math.abs));
      data.forEach((value, i) => {
        const mean = (a.gradients.get(name)!.data[i]! + b.gradients.get(name)!.data[i]!) / 2;
        expect(Math.abs(value - mean)).toBeLessThanOrEqual(1e-5 * most + 1e-7);
      });
    }
  });

  test("positions of other shapes are refused", async () => {
    const led = await answering();
    const positions = { start_positions: [1, 2, 3], end_positions: [1, 2, 3] };
    await expect(led({ ...source, ...positions })).rejects.toThrow(
      "one position for each of the 2 examples, or equally many",
    );
  });
});
