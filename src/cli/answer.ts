/** `led answer FILE... --question TEXT`: answers as the documents have them, with the sentences that they stand in. */
import { styleText } from "node:util";
import type { Command } from "commander";
import { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { QuestionAnsweringPipeline, type QuestionAnsweringResult } from "../pipelines/question-answering.ts";
import { lineAt, sentenceAround } from "../pipelines/text-places.ts";
import { unwrapLines } from "../pipelines/unwrap-lines.ts";
import type { ComputeFlags } from "./compute-flags.ts";
import type { LoadedDocument } from "./document.ts";
import { pageAt } from "./documents/pdf-text.ts";
import { eachDocument, shownName } from "./each-document.ts";
import { loadParts, type Purpose, requireModel } from "./load-parts.ts";
import { progressBar } from "./progress.ts";
import { placeOf } from "./summary-view.ts";
import { asUsage } from "./usage.ts";

export interface AnswerFlags extends ComputeFlags {
  readonly question: readonly string[];
  readonly model?: string;
  readonly topK?: number;
  readonly maxAnswerLen?: number;
  readonly maxSeqLen?: number;
  readonly docStride?: number;
  readonly handleImpossibleAnswer?: boolean;
  readonly unwrap: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
}

const purpose: Purpose<LEDForQuestionAnswering> = {
  does: "finds answers",
  task: "question-answering",
  pipeline: "question-answering",
  className: "LEDForQuestionAnswering",
  load: (files, options) => LEDForQuestionAnswering.from_pretrained(files, options),
};

/** An answer and where it is: UTF-16 code units of the document's text, the line and the page of a PDF, the sentence around it. */
interface PlacedAnswer extends QuestionAnsweringResult {
  readonly line?: number;
  readonly page?: number;
  readonly sentence?: { readonly start: number; readonly end: number; readonly text: string };
}

export async function answer(paths: readonly string[], flags: AnswerFlags, command: Command): Promise<void> {
  const name = requireModel(purpose, flags.model, command);
  const progress = progressBar(flags.progress);
  let pipeline: QuestionAnsweringPipeline | undefined;
  try {
    await eachDocument(paths, async () => {
      const parts = await loadParts(purpose, name, flags, progress);
      const asking = new QuestionAnsweringPipeline({ task: purpose.pipeline, ...parts });
      pipeline = asking;
      return async (document) => {
        const started = performance.now();
        const text = flags.unwrap ? unwrapLines(document.text).text : document.text;
        const found = await asUsage(command, () =>
          asking([...flags.question], text, {
            top_k: flags.topK ?? 1,
            max_answer_len: flags.maxAnswerLen,
            max_seq_len: flags.maxSeqLen,
            doc_stride: flags.docStride,
            handle_impossible_answer: flags.handleImpossibleAnswer,
            progress_callback: ({ stage, done, total, unit }) => progress.update(stage, done, total, unit),
          }),
        );
        progress.stop();
        const answers = found.map((own) => [own].flat().map((one) => placed(document, text, one)));
        if (flags.json) {
          const questions = flags.question.map((question, i) => ({ question, answers: answers[i] }));
          const seconds = Math.round(performance.now() - started) / 1000;
          const { name: file, format } = document;
          const line = { file, format, model: name, device: parts.model.device, questions, seconds };
          process.stdout.write(`${JSON.stringify(line)}\n`);
        } else process.stdout.write(plainText(document, flags.question, answers, paths.length > 1));
      };
    });
  } finally {
    progress.stop();
    await pipeline?.dispose();
  }
}

/** `read`: the text with its wrapped lines joined, which moves nothing. */
function placed({ text, pages }: LoadedDocument, read: string, found: QuestionAnsweringResult): PlacedAnswer {
  if (found.answer === "") return found;
  const { start, end } = sentenceAround(read, found.start, found.end);
  const page = pages === undefined ? {} : { page: pageAt(pages, found.start) };
  return { ...found, line: lineAt(text, found.start), ...page, sentence: { start, end, text: read.slice(start, end) } };
}

/** Each answer with its place and score, and below it its sentence, in which a terminal marks it. */
function plainText(
  document: LoadedDocument,
  questions: readonly string[],
  answers: readonly (readonly PlacedAnswer[])[],
  named: boolean,
): string {
  const blocks = questions.map((question, i) => {
    const lines = answers[i]!.flatMap((one) => {
      const score = `score ${one.score.toFixed(3)}`;
      if (one.sentence === undefined || one.line === undefined) return [`(no answer)  ${score}`];
      const { start, text } = one.sentence;
      const from = one.start - start;
      const to = one.end - start;
      const [before, own, behind] = [text.slice(0, from), text.slice(from, to), text.slice(to)].map(printable);
      const place = placeOf(document, { start: one.start, line: one.line });
      const where = document.format === "text" ? `line ${place}` : place;
      return [`${printable(one.answer)}  (${where}, ${score})`, `    ${before}${marked(own!)}${behind}`];
    });
    return `${[...(questions.length > 1 ? [question] : []), ...lines].join("\n")}\n`;
  });
  const heading = named ? `==> ${shownName(document)} <==\n` : "";
  return `${heading}${blocks.join("\n")}${named ? "\n" : ""}`;
}

/** In one line, and nothing that steers a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}

/** Bold where standard output is a terminal that shows colours. */
function marked(text: string): string {
  return process.stdout.isTTY && process.env.NO_COLOR === undefined ? styleText("bold", text) : text;
}
