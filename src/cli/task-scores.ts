/**
 * How well predictions agree with references, by task: the measures of transformers 4.37.2, examples/pytorch/summarization/run_summarization.py,
 * translation/run_translation.py, text-classification/run_glue.py and question-answering/run_qa.py. Numbers are named and scaled
 * as theirs; ROUGE says its 95 % interval too.
 */
import type { ProblemType } from "../datasets/index.ts";
import { bleu } from "../metrics/bleu.ts";
import { accuracy, classificationScores, matthewsCorrelation, pearson, spearman } from "../metrics/classification.ts";
import { type RougeInterval, rouge } from "../metrics/rouge.ts";
import { squad } from "../metrics/squad.ts";
import { sentencesOf } from "../pipelines/sentences.ts";

export interface TaskScores {
  /** One number a measure. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Measures that say more than a number, in full. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Bounds of those that have them. */
  readonly intervals?: Readonly<Record<string, readonly [low: number, high: number]>>;
}

/** What an evaluation gives. */
export interface Evaluated {
  /** A prediction each, as the output file has them; `row` is the number in the data, from 0 on. */
  readonly rows: readonly object[];
  readonly skipped: number;
  /** Undefined without references. */
  readonly scores: TaskScores | undefined;
}

export function textScores(
  task: "summarization" | "text2text" | "translation",
  predictions: readonly string[],
  references: readonly string[],
  stemmer = true,
): TaskScores {
  const ofBleu = task === "summarization" ? undefined : bleu(predictions, references);
  if (task === "translation") return { numbers: { bleu: rounded(ofBleu!.score) }, details: { bleu: ofBleu } };
  const details = rougeOfTexts(predictions, references, stemmer);
  const f = (pick: keyof RougeInterval) => (interval: RougeInterval) => rounded(100 * interval[pick].fmeasure);
  const intervals = mapped(details, (interval) => [f("low")(interval), f("high")(interval)] as const);
  const numbers = mapped(details, f("mid"));
  if (ofBleu === undefined) return { numbers, details, intervals };
  return { numbers: { ...numbers, bleu: rounded(ofBleu.score) }, details: { ...details, bleu: ofBleu }, intervals };
}

/** rougeLsum compares sentences, a line each. */
function rougeOfTexts(predictions: readonly string[], references: readonly string[], use_stemmer: boolean) {
  const lines = (text: string) =>
    sentencesOf(text)
      .map(({ start, end }) => text.slice(start, end))
      .join("\n");
  return rouge(predictions.map(lines), references.map(lines), { use_stemmer });
}

/** Classes by id; several at once as 1 or 0 for each; numbers, or rows of them. */
export function classScores(
  problem: ProblemType,
  predictions: readonly (number | readonly number[])[],
  references: readonly (number | readonly number[])[],
  classes: number,
): TaskScores {
  const [own, gold] = [predictions.flat(), references.flat()];
  if (problem === "regression") {
    const mse = own.reduce((sum, value, i) => sum + (value - gold[i]!) ** 2, 0) / own.length;
    if (own.length < 2) return { numbers: { mse } };
    return { numbers: { mse, pearson: pearson(own, gold), spearmanr: spearman(own, gold) } };
  }
  if (problem === "multi_label_classification") {
    const ofClass = (rows: typeof predictions, id: number) => rows.map((row) => (row as readonly number[])[id]!);
    const f1 = Array.from(
      { length: classes },
      (_, id) => classificationScores(ofClass(predictions, id), ofClass(references, id)).f1,
    );
    return {
      numbers: {
        accuracy: accuracy(predictions.map(String), references.map(String)),
        f1_micro: classificationScores(own, gold).f1,
        f1_macro: f1.reduce((a, b) => a + b) / classes,
      },
    };
  }
  return {
    numbers: {
      accuracy: accuracy(own, gold),
      ...(classes === 2 ? { f1: classificationScores(own, gold).f1 } : {}),
      f1_macro: classificationScores(own, gold, { average: "macro" }).f1,
      matthews_correlation: matthewsCorrelation(own, gold),
    },
  };
}

/** In per cent, as SQuAD has it. */
export function answerScores(predictions: readonly string[], references: readonly (readonly string[])[]): TaskScores {
  const { exact, total: _, ...rest } = squad(predictions, references);
  return { numbers: { exact_match: exact, ...rest } };
}

function mapped<K extends string, A, B>(values: Readonly<Record<K, A>>, change: (value: A) => B): Record<K, B> {
  return Object.fromEntries(Object.entries<A>(values).map(([key, value]) => [key, change(value)])) as Record<K, B>;
}

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
