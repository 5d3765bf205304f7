/** Where the two texts of a row stand: what is read, and what it is to become. */
import { InvalidArgumentError } from "../errors.ts";
import { asOption, badRow, cellOf, chooseColumn, type HasColumns, requireText, textOf } from "./columns.ts";
import type { Row } from "./dataset.ts";
import { kindOf } from "./json-lines.ts";

export interface TextColumns {
  readonly text_column?: string | undefined;
  /** null: there is no target, and features have no labels. */
  readonly target_column?: string | null | undefined;
}

export interface TranslationColumns {
  /** Columns of the two texts; or, for rows with both under one column, their languages there. */
  readonly source_column?: string | undefined;
  /** null: there is no target, and features have no labels. */
  readonly target_column?: string | null | undefined;
  readonly source_lang?: string | undefined;
  readonly target_lang?: string | undefined;
  /** The column that holds texts by language; "translation" by default. */
  readonly translation_column?: string | undefined;
}

type TextOf = (row: Row, place: string) => string;

/** Both throw a BadRowError for a text that is empty or missing. */
export interface TextReader {
  /** The columns that are read. */
  readonly columns: readonly string[];
  readonly source: TextOf;
  /** Undefined where targets are not read. */
  readonly target: TextOf | undefined;
}

export type TextTask = "summarization" | "text2text" | "translation";

const usualTexts = ["document", "article", "text", "dialogue", "report", "source", "input", "content", "body"];
const usualTargets = ["summary", "highlights", "abstract", "target", "output", "title", "headline"];
const first = (name: string, others: readonly string[]) => [name, ...others.filter((other) => other !== name)];

/** Names that columns mostly have, by task. */
const usual: Readonly<Record<TextTask, { readonly text: readonly string[]; readonly target: readonly string[] }>> = {
  summarization: { text: usualTexts, target: usualTargets },
  text2text: { text: first("text", usualTexts), target: first("target", usualTargets) },
  translation: { text: ["source", "text"], target: ["target", "translation"] },
};

/** What reads the texts of a data set. Throws an InvalidArgumentError for a column that is missing. */
export function textReader(
  task: TextTask,
  dataset: HasColumns,
  options: TextColumns & TranslationColumns = {},
): TextReader {
  const { source_lang, target_lang, translation_column } = options;
  const byLanguage = [source_lang, target_lang, translation_column].some((option) => option !== undefined);
  return byLanguage ? languageReader(dataset, options) : columnReader(task, dataset, options);
}

function columnReader(task: TextTask, dataset: HasColumns, options: TextColumns & TranslationColumns): TextReader {
  const option = task === "translation" ? "source_column" : "text_column";
  const text = chooseColumn(dataset, option, options[option], usual[task].text);
  const { target_column } = options;
  if (target_column === null) return { columns: [text], source: textIn(text), target: undefined };
  const target = chooseColumn(dataset, "target_column", target_column, usual[task].target);
  return { columns: [text, target], source: textIn(text), target: textIn(target) };
}

const textIn =
  (column: string): TextOf =>
  (row, place) =>
    textOf(row, column, place);

function languageReader(dataset: HasColumns, options: TranslationColumns): TextReader {
  const { source_lang, target_lang, target_column } = options;
  const column = chooseColumn(dataset, "translation_column", options.translation_column, ["translation"]);
  const target = target_column === null ? null : target_lang;
  if (source_lang === undefined || target === undefined) {
    throw new InvalidArgumentError({
      operation: `read ${dataset.name}`,
      expected: `\`source_lang\` and \`target_lang\`, languages in the column ${column}`,
      got: `source_lang ${source_lang}, target_lang ${target_lang}`,
      fix: `Name them with ${asOption("source_lang")} and ${asOption("target_lang")}.`,
    });
  }
  const textOfLanguage =
    (language: string, option: string): TextOf =>
    (row, place) => {
      const texts = cellOf(row, column);
      if (texts === null || typeof texts !== "object" || Array.isArray(texts)) {
        throw badRow(place, `texts by language in the column ${column}`, kindOf(texts));
      }
      const known = Object.keys(texts);
      if (known.includes(language)) return requireText(texts[language], `a text in the language ${language}`, place);
      const fix = `Name the language with ${asOption(option)}.`;
      throw badRow(place, `the language ${language} in the column ${column}`, known.join(", ") || "none", fix);
    };
  return {
    columns: [column],
    source: textOfLanguage(source_lang, "source_lang"),
    target: target === null ? undefined : textOfLanguage(target, "target_lang"),
  };
}
