/** Features of questions about texts that hold their answers. */
import { refuseUnknownOptions } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { type AnswerSpan, answersOf, type GivenAnswer, spanOf } from "./answer-span.ts";
import { cellOf, chooseColumn, type HasColumns, textOf } from "./columns.ts";
import type { Dataset, Row } from "./dataset.ts";
import { FeatureDataset, type FeatureOptions, type Featurizer, featureOptionNames } from "./feature-dataset.ts";
import {
  answerPositions,
  type QuestionWindow,
  type QuestionWindowOptions,
  questionWindows,
} from "./question-windows.ts";
import { type SourceFeatures, sourceNames } from "./text-to-text.ts";

export type QuestionAnsweringFeatures = SourceFeatures & {
  /**
   * Tokens; 0 where the window does not hold the answer. With `all_answers` those of each answer that it holds. Absent where
   * answers are not read.
   */
  readonly start_positions?: number | readonly number[];
  readonly end_positions?: number | readonly number[];
};

export interface QuestionColumns {
  /** "question" by default. */
  readonly question_column?: string | undefined;
  /** "context" by default. */
  readonly context_column?: string | undefined;
  /** "answers" or "answer" by default; null: there are no answers, and features have no positions. */
  readonly answers_column?: string | null | undefined;
  /** Where one answer's start stands in a column of its own; "answer_start" by default. */
  readonly answer_start_column?: string | undefined;
  /** "id" by default; rows without one are called by their number. */
  readonly id_column?: string | undefined;
}

export interface QuestionAnsweringOptions extends FeatureOptions, QuestionColumns, QuestionWindowOptions {
  /** Learn that every answer of a question is right, such as each sentence worth quoting. false by default: the first one is. */
  readonly all_answers?: boolean | undefined;
}

/** A row's question, as its columns have it. */
export interface Question {
  readonly id: string;
  readonly question: string;
  readonly context: string;
  /** Undefined where answers are not read, empty for a question without one. */
  readonly answers: readonly GivenAnswer[] | undefined;
}

export interface QuestionReader {
  /** The columns that are read. */
  readonly columns: readonly string[];
  /** Throws a BadRowError for a text that is empty or missing. */
  read(row: Row, place: string, index: number): Question;
}

const columnNames = [
  "question_column",
  "context_column",
  "answers_column",
  "answer_start_column",
  "id_column",
] as const;

/** What reads the questions of a data set. Throws an InvalidArgumentError for a column that is missing. */
export function questionReader(dataset: HasColumns, options: QuestionColumns = {}): QuestionReader {
  const { answers_column, answer_start_column, id_column } = options;
  const question = chooseColumn(dataset, "question_column", options.question_column, ["question"]);
  const context = chooseColumn(dataset, "context_column", options.context_column, ["context"]);
  const answers =
    answers_column === null ? null : chooseColumn(dataset, "answers_column", answers_column, ["answers", "answer"]);
  const optional = (option: string, given: string | undefined, usual: string) =>
    given === undefined && !dataset.columns.includes(usual) ? null : chooseColumn(dataset, option, given, [usual]);
  const start = optional("answer_start_column", answer_start_column, "answer_start");
  const id = optional("id_column", id_column, "id");
  return {
    columns: [question, context, answers, start, id].filter((column) => column !== null),
    read: (row, place, index) => ({
      id: String((id === null ? undefined : cellOf(row, id)) ?? index),
      question: textOf(row, question, place),
      context: textOf(row, context, place),
      answers:
        answers === null
          ? undefined
          : answersOf(cellOf(row, answers), start === null ? undefined : cellOf(row, start), answers, place),
    }),
  };
}

/**
 * A feature for each window of each context. Of several answers the first is trained on unless all are asked for; all are checked. `rowOf` of the
 * result says which row a window belongs to.
 */
export async function questionAnsweringFeatures(
  dataset: Dataset,
  tokenizer: ByteLevelTokenizer,
  options: QuestionAnsweringOptions = {},
): Promise<FeatureDataset<QuestionAnsweringFeatures>> {
  const windowNames = ["max_length", "stride", "global_attention"];
  refuseUnknownOptions("questionAnsweringFeatures", options, [
    ...columnNames,
    ...windowNames,
    ...featureOptionNames,
    "all_answers",
  ]);
  const { all_answers = false } = options;
  const reader = questionReader(dataset, options);
  const { windows, count } = questionWindows(tokenizer, options);
  const featurizer: Featurizer<QuestionAnsweringFeatures> = {
    reads: typeof options.global_attention === "function" ? undefined : reader.columns,
    columns: [...sourceNames, ...(options.answers_column === null ? [] : ["start_positions", "end_positions"])],
    count(row, place) {
      const question = reader.read(row, place, 0);
      spansToLearn(question, place);
      return count(question.question, question.context, place);
    },
    features(row, place, index) {
      const question = reader.read(row, place, index);
      const spans = spansToLearn(question, place);
      return windows(question.question, question.context, row, place).map((window) => {
        const { offsets: _, ...features } = window;
        if (spans === undefined) return features;
        if (all_answers) return { ...features, ...positionsOfAll(window, spans) };
        const [start_positions, end_positions] = answerPositions(window, spans[0] ?? null);
        return { ...features, start_positions, end_positions };
      });
    },
  };
  return FeatureDataset.of(dataset, featurizer, options);
}

/** Empty for a question without an answer, undefined where answers are not read. */
function spansToLearn({ answers, context }: Question, place: string): readonly AnswerSpan[] | undefined {
  return answers?.map((answer) => spanOf(answer, context, place));
}

/** Of the answers that the window holds, or one that says that there is none. */
function positionsOfAll(window: QuestionWindow, spans: readonly AnswerSpan[]) {
  const all = spans.map((span) => answerPositions(window, span));
  const held = all.filter(([, end]) => end > 0);
  const shown = held.length > 0 ? held : [answerPositions(window, null)];
  return { start_positions: shown.map(([start]) => start), end_positions: shown.map(([, end]) => end) };
}
