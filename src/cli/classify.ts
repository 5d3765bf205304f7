/** `led classify FILE...`: the class of each document, or its classes, or its number. */
import type { Command } from "commander";
import { LEDForSequenceClassification } from "../models/led/for-sequence-classification.ts";
import { type ClassificationResult, TextClassificationPipeline } from "../pipelines/text-classification.ts";
import { unwrapLines } from "../pipelines/unwrap-lines.ts";
import type { ComputeFlags } from "./compute-flags.ts";
import type { LoadedDocument } from "./document.ts";
import { eachDocument, shownName } from "./each-document.ts";
import { loadParts, type Purpose, requireModel } from "./load-parts.ts";
import { progressBar } from "./progress.ts";

export interface ClassifyFlags extends ComputeFlags {
  readonly model?: string;
  readonly all?: boolean;
  readonly unwrap: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
}

const purpose: Purpose<LEDForSequenceClassification> = {
  does: "classifies texts",
  task: "classification",
  pipeline: "text-classification",
  className: "LEDForSequenceClassification",
  load: (files, options) => LEDForSequenceClassification.from_pretrained(files, options),
};

type Score = Pick<ClassificationResult, "label" | "score">;

export async function classify(paths: readonly string[], flags: ClassifyFlags, command: Command): Promise<void> {
  const name = requireModel(purpose, flags.model, command);
  const progress = progressBar(flags.progress);
  let pipeline: TextClassificationPipeline | undefined;
  let done = 0;
  try {
    await eachDocument(paths, async () => {
      const parts = await loadParts(purpose, name, flags, progress);
      const classifying = new TextClassificationPipeline({ task: purpose.pipeline, ...parts });
      pipeline = classifying;
      const { problem_type } = parts.model.config;
      progress.update("classify", 0, paths.length, "files");
      return async (document) => {
        const started = performance.now();
        const text = flags.unwrap ? unwrapLines(document.text).text : document.text;
        const [found] = await classifying([text], { top_k: null });
        done += 1;
        progress.update("classify", done, paths.length, "files");
        progress.stop();
        const { truncated } = found![0]!;
        if (truncated !== undefined) sayWhatWasCut(document, truncated);
        const scores = found!.map(({ label, score }): Score => ({ label, score }));
        const chosen = chosenOf(problem_type, scores);
        if (flags.json) {
          const seconds = Math.round(performance.now() - started) / 1000;
          const { name: file, format } = document;
          const cut = truncated === undefined ? {} : { truncated };
          const labels = chosen.map(({ label }) => label);
          const line = { file, format, model: name, device: parts.model.device, labels, scores, ...cut, seconds };
          process.stdout.write(`${JSON.stringify(line)}\n`);
        } else process.stdout.write(plainText(document, flags.all ? scores : chosen, paths.length > 1));
      };
    });
  } finally {
    progress.stop();
    await pipeline?.dispose();
  }
}

/** The likeliest class; of several at once those that are likelier than not; of numbers all. */
function chosenOf(problem_type: string | null, scores: readonly Score[]): readonly Score[] {
  if (problem_type === "regression") return scores;
  return problem_type === "multi_label_classification" ? scores.filter(({ score }) => score > 0.5) : scores.slice(0, 1);
}

/** A line for each class, with tabs between file, class and score. */
function plainText(document: LoadedDocument, scores: readonly Score[], named: boolean): string {
  const file = named ? `${shownName(document)}\t` : "";
  if (scores.length === 0) return `${file}(none)\n`;
  return scores.map(({ label, score }) => `${file}${label}\t${score.toFixed(4)}\n`).join("");
}

function sayWhatWasCut(document: LoadedDocument, truncated: number): void {
  process.stderr.write(
    `led: ${shownName(document)} is longer than the model holds: the last ${truncated} tokens were not read.\n`,
  );
}
