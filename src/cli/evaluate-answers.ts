/** Answers that a model finds to the questions of a file. */
import {
  type AnswerOptions,
  BadRowError,
  bestAnswers,
  type Dataset,
  type Question,
  questionReader,
  questionWindows,
} from "../datasets/index.ts";
import type { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { type FeatureSettings, questionColumns, sayWhatWasSkipped, windowOptions } from "./task-data.ts";
import { answerScores, type Evaluated } from "./task-scores.ts";

export async function evaluateAnswers(
  model: LEDForQuestionAnswering,
  dataset: Dataset,
  settings: FeatureSettings & { readonly answering: AnswerOptions },
): Promise<Evaluated> {
  const { flags, tokenizer, references: wanted, progress, answering } = settings;
  const reader = questionReader(dataset, questionColumns(settings));
  const { windows } = questionWindows(tokenizer, windowOptions(settings));
  const predictions: string[] = [];
  const references: string[][] = [];
  const rows: object[] = [];
  const skipped: BadRowError[] = [];
  let index = -1;
  for await (const row of dataset) {
    index += 1;
    const place = dataset.placeOf(index);
    let question: Question;
    let inputs: ReturnType<typeof windows>;
    try {
      question = reader.read(row, place, index);
      inputs = windows(question.question, question.context, row, place);
    } catch (error) {
      if (flags.onBadRow === "error" || !(error instanceof BadRowError)) throw error;
      skipped.push(error);
      continue;
    }
    const answered = [];
    for (const { offsets, ...window } of inputs) {
      const batch = Object.fromEntries(Object.entries(window).map(([name, ids]) => [name, [ids]]));
      const { start_logits, end_logits } = await model.forward(batch);
      answered.push({ offsets, start_logits: start_logits.data, end_logits: end_logits.data });
    }
    const { best, score_diff } = bestAnswers(question.context, answered, answering);
    const { text: prediction, start, end, probability } = best;
    const golds = question.answers?.map(({ text }) => text);
    predictions.push(prediction);
    if (golds !== undefined) references.push(golds);
    rows.push({
      row: index,
      id: question.id,
      prediction,
      start,
      end,
      probability,
      ...(score_diff === undefined ? {} : { score_diff }),
      ...(golds === undefined ? {} : { references: golds }),
    });
    progress.update("answer", index + 1, dataset.length, "rows");
  }
  sayWhatWasSkipped(dataset.name, skipped.length, skipped[0]);
  if (rows.length === 0) {
    throw new BadRowError({
      operation: `read ${dataset.name}`,
      expected: "at least one row that can be used",
      got: `none of ${dataset.length}`,
    });
  }
  return { rows, skipped: skipped.length, scores: wanted ? answerScores(predictions, references) : undefined };
}
