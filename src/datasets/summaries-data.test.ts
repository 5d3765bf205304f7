/** The long documents of LED_DATA, where they are: gzip, offsets, features. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tinyFiles } from "../../tests/support/tokenizer-fixtures.ts";
import "../platform/node-folders.ts";
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import { openDataset, summarizationFeatures } from "./index.ts";

const data = process.env.LED_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
const path = `${data}/summaries/test.jsonl.gz`;
const there = existsSync(path);

test.skipIf(!there)(`documents and summaries${there ? "" : ` (skipped: LED_DATA has no ${path})`}`, async () => {
  const dataset = await openDataset(path);
  expect(dataset.length).toBe(488);
  for (const i of [487, 0, 123]) {
    const { document, sentences, id, summary } = await dataset.get(i);
    expect(typeof id).toBe("string");
    const [start, end] = (sentences as [number, number][]).at(-1)!;
    expect(String(document).slice(start, end).trim()).not.toBe("");
    expect(String(summary)).toMatch(/[.!?)"'’”]$/);
  }
  const tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles());
  const part = dataset.select({ start: 100, end: 110 });
  const features = await summarizationFeatures(part, tokenizer, { max_source_length: 2000 });
  const { input_ids, global_attention_mask, labels } = await features.get(3);
  expect(input_ids.length).toBeLessThanOrEqual(2000);
  expect(global_attention_mask.reduce((sum, one) => sum + one, 0)).toBe(1);
  const { summary } = await part.get(3);
  expect(tokenizer.decode(labels!, { skip_special_tokens: true, clean_up_tokenization_spaces: false })).toBe(summary);
  await dataset.close();
});
