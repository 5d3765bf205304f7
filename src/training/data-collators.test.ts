/** Against transformers 4.37.2 (tests/oracle/trainer_parts.py: collated). */

import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { folderFiles } from "../hub/index.ts";
import { Tensor } from "../tensor.ts";
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import {
  DataCollatorForSeq2Seq,
  DataCollatorWithPadding,
  default_data_collator,
  type Seq2SeqCollatorOptions,
} from "./data-collators.ts";
import type { Features } from "./training-dataset.ts";

interface Case {
  readonly collator: string;
  readonly options?: Seq2SeqCollatorOptions;
  readonly padding_side?: "left" | "right";
  readonly features?: Features[];
  readonly batch: Record<string, { type: string; values: unknown }>;
}

const { collated } = readFixture<{ collated: Case[] }>("trainer.json");

const features = (): Features[] => [
  { input_ids: [0, 5, 6, 2], attention_mask: [1, 1, 1, 1], global_attention_mask: [1, 0, 0, 0], labels: [0, 7, 2] },
  { input_ids: [0, 5, 2], attention_mask: [1, 1, 1], global_attention_mask: [1, 0, 0], labels: [0, 7, 8, 9, 2] },
];

let tokenizer: LEDTokenizerFast;
beforeAll(async () => {
  const folder = fileURLToPath(new URL("../../tests/oracle/fixtures/tiny-tokenizer", import.meta.url));
  tokenizer = await LEDTokenizerFast.from_pretrained(folderFiles(folder));
});

const shown = (batch: Record<string, Tensor>) =>
  Object.fromEntries(
    Object.entries(batch).map(([name, { type, ...tensor }]) => [
      name,
      { type, values: new Tensor(type, tensor.data, tensor.dims).tolist() },
    ]),
  );

test.each(collated)("$collator $options $padding_side", ({ collator, options, padding_side, features: own, batch }) => {
  tokenizer.padding_side = padding_side ?? "right";
  const collate = {
    DataCollatorForSeq2Seq: () => new DataCollatorForSeq2Seq(tokenizer, options)(features()),
    DataCollatorWithPadding: () => new DataCollatorWithPadding(tokenizer)(own!),
    default_data_collator: () => default_data_collator(own!),
  }[collator]!;
  expect(shown(collate())).toEqual(batch);
});

describe("DataCollatorForSeq2Seq", () => {
  test("leaves the features as they are", () => {
    const given = features();
    new DataCollatorForSeq2Seq(tokenizer)(given);
    expect(given).toEqual(features());
  });

  test("asks the model for decoder_input_ids", () => {
    const model = { prepare_decoder_input_ids_from_labels: (labels: Tensor) => labels.reshape([5, 2]) };
    const batch = new DataCollatorForSeq2Seq(tokenizer, { model })(features());
    expect(batch.decoder_input_ids!.dims).toEqual([5, 2]);
  });

  test("pads masks of its own names with 0, and takes tensors and typed arrays", () => {
    const given = features().map(({ input_ids, labels, ...rest }, i) => ({
      ...rest,
      input_ids: Int32Array.from(input_ids as number[]),
      labels: Tensor.from(labels as number[]),
      sentence_mask: (input_ids as number[]).map(() => i + 1),
    }));
    const batch = new DataCollatorForSeq2Seq(tokenizer)(given);
    expect(batch.sentence_mask!.tolist()).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 0],
    ]);
    expect(batch.labels!.tolist()).toEqual([
      [0, 7, 2, -100, -100],
      [0, 7, 8, 9, 2],
    ]);
    expect(batch.input_ids!.type).toBe("int64");
  });

  test.each<[string, Features[], string]>([
    [
      "labels that are no list",
      [{ input_ids: [1], labels: 3 }],
      "expected `labels` of each row as a list of numbers, got number in row 0",
    ],
    ["texts", [{ input_ids: [1], labels: [1], text: "a" }], "expected numbers of one shape in `text` of all rows"],
    [
      "rows of other lengths",
      [
        { input_ids: [1], scores: [1, 2] },
        { input_ids: [1], scores: [1, 2, 3] },
      ],
      "expected numbers of one shape in `scores` of all rows",
    ],
    ["a row without ids", [{ attention_mask: [1] }], "You should supply an encoding"],
  ])("refuses %s", (_, given, message) => {
    expect(() => new DataCollatorForSeq2Seq(tokenizer)(given)).toThrow(message);
  });

  test("refuses unknown options", () => {
    const options = { label_pad_token: 1 } as Seq2SeqCollatorOptions;
    expect(() => new DataCollatorForSeq2Seq(tokenizer, options)).toThrow("Did you mean `label_pad_token_id`?");
  });
});

test("DataCollatorWithPadding: several labels of a row are float32, positions int64", () => {
  const rows = features().map(({ labels: _, ...row }, i) => ({ ...row, labels: [i, 1], start_positions: i }));
  const batch = new DataCollatorWithPadding(tokenizer)(rows);
  expect(batch.labels!.type).toBe("float32");
  expect(batch.start_positions!.type).toBe("int64");
  expect(batch.start_positions!.tolist()).toEqual([0, 1]);
});

test("DataCollatorWithPadding: lists of positions are padded by -100", () => {
  const rows = features().map(({ labels: _, ...row }, i) => ({
    ...row,
    start_positions: i === 0 ? [3] : [1, 2],
    end_positions: i === 0 ? [4] : [2, 2],
  }));
  const { start_positions, end_positions } = new DataCollatorWithPadding(tokenizer)(rows);
  expect(start_positions!.type).toBe("int64");
  expect(start_positions!.tolist()).toEqual([
    [3, -100],
    [1, 2],
  ]);
  expect(end_positions!.tolist()).toEqual([
    [4, -100],
    [2, 2],
  ]);
});

test("default_data_collator: Float32Arrays are float32 whatever they hold; a number missing is told", () => {
  const batch = default_data_collator([{ x: Float32Array.of(1, 2) }, { x: Float32Array.of(3, 4) }]);
  expect(batch.x!.type).toBe("float32");
  expect(() => default_data_collator([{ x: 1 }, {}])).toThrow("numbers of one shape in `x`");
});
