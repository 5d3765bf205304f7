/**
 * The folder in which code of the documentation runs: documents, data and models under the names that the pages use. Models have
 * the embedded one's weights, released checkpoints' numbers of positions and untrained heads; what they say is not what those would.
 */
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setLogger } from "../../src/log.ts";
import { LEDForConditionalGeneration } from "../../src/models/led/for-conditional-generation.ts";
import { LEDForQuestionAnswering } from "../../src/models/led/for-question-answering.ts";
import { LEDForSequenceClassification } from "../../src/models/led/for-sequence-classification.ts";
import "../../src/platform/node.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const embedded = join(root, "models/embedded");

/** Other names that the pages give to a model that writes texts. */
const writers = ["allenai/led-base-16384", "allenai/led-large-16384-arxiv", "my-translator"];

export async function makeDocRoom(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "led-doc-room-"));
  await makeModels(path);
  for (const name of writers) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await symlink(join(path, "my-summariser"), join(path, name), "junction");
  }
  const report = await readFile(join(root, "docs/architecture.md"), "utf8");
  await writeFile(join(path, "report.txt"), report.slice(0, 3000));
  for (const [name, rows] of Object.entries(dataFiles)) {
    await writeFile(join(path, name), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Tables of positions and heads are new, which is what the logger would warn of. */
async function makeModels(path: string): Promise<void> {
  const previous = setLogger({ warn: () => {} });
  const long = {
    max_encoder_position_embeddings: 16384,
    max_decoder_position_embeddings: 1024,
    ignore_mismatched_sizes: true,
  };
  const labels = { id2label: { 0: "delivery", 1: "invoice", 2: "fault" }, num_labels: 3 };
  try {
    const models = {
      "my-summariser": await LEDForConditionalGeneration.from_pretrained(embedded, long),
      "my-classifier": await LEDForSequenceClassification.from_pretrained(embedded, {
        ...long,
        ...labels,
        head: "encoder",
      }),
      "my-reader": await LEDForQuestionAnswering.from_pretrained(embedded, { ...long, head: "encoder" }),
    };
    for (const [name, model] of Object.entries(models)) {
      await model.save_pretrained(join(path, name));
      await model.dispose();
      for (const file of ["vocab.json", "merges.txt", "tokenizer_config.json"]) {
        await copyFile(join(embedded, file), join(path, name, file));
      }
    }
  } finally {
    setLogger(previous);
  }
}

const summaries = [
  {
    document: "The library opens at nine. It closes at five. On Sundays it is closed.",
    summary: "The library opens at nine.",
  },
  {
    document: "The bridge is being repaired. Trains go around it until May.",
    summary: "The bridge is closed until May.",
  },
];

const dataFiles: Readonly<Record<string, readonly object[]>> = {
  "train.jsonl": summaries,
  "validation.jsonl": summaries,
  "test.jsonl": summaries,
};
