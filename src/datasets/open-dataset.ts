/** A file of examples by its name: which format it has, how it is opened. */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files, OpenFile } from "../files.ts";
import { folderOf } from "../model-folders.ts";
import type { Dataset } from "./dataset.ts";
import { unpacked } from "./gzip-file.ts";
import { openJsonFile } from "./json-file.ts";
import { JsonLinesDataset } from "./json-lines.ts";
import { ParquetDataset } from "./parquet.ts";
import { SeparatedDataset } from "./separated-values.ts";

export const dataFormats = ["jsonl", "json", "csv", "tsv", "parquet"] as const;
export type DataFormat = (typeof dataFormats)[number];

export interface OpenDatasetOptions {
  /** By default what the name ends in says: .jsonl or .ndjson, .json, .csv, .tsv, .parquet; all but the last also with .gz behind. */
  readonly format?: DataFormat | undefined;
  /** csv and tsv: what stands between values; by default a comma or a tab. */
  readonly delimiter?: string | undefined;
  /** csv and tsv: what stands around values; `"` by default, null for files in which quotes mean nothing. */
  readonly quote?: string | null | undefined;
}

/** A file of a folder, where paths are unknown: in a browser, in tests. */
export interface DataFile {
  readonly files: Files;
  readonly name: string;
}

const endings: Readonly<Record<string, DataFormat>> = {
  jsonl: "jsonl",
  ndjson: "jsonl",
  json: "json",
  csv: "csv",
  tsv: "tsv",
  parquet: "parquet",
};

/**
 * The rows of a file, read when they are asked for; gzip and json files are held in memory. Throws a FileError for a file that is
 * missing, empty or damaged, with the line where there are lines. `close()` it in the end.
 */
export async function openDataset(source: string | DataFile, options: OpenDatasetOptions = {}): Promise<Dataset> {
  refuseUnknownOptions("openDataset", options, ["format", "delimiter", "quote"]);
  const { files, name, title } = located(source);
  const { format, zipped } = formatOf(title, options.format);
  if (format !== "csv" && format !== "tsv") {
    const given = (["delimiter", "quote"] as const).find((option) => options[option] !== undefined);
    if (given !== undefined) {
      throw new InvalidArgumentError({
        operation: `read ${title}`,
        expected: `\`${given}\` for csv and tsv files alone`,
        got: `it for a ${format} file`,
      });
    }
  }
  const opened = await files.open(name);
  const file = zipped ? await unpacked(opened, title) : opened;
  try {
    return await openAs(format, file, title, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function openAs(format: DataFormat, file: OpenFile, name: string, options: OpenDatasetOptions): Promise<Dataset> {
  switch (format) {
    case "jsonl":
      return JsonLinesDataset.open(file, name);
    case "json":
      return openJsonFile(file, name);
    case "parquet":
      return ParquetDataset.open(file, name);
    default: {
      const { delimiter = format === "csv" ? "," : "\t", quote = '"' } = options;
      return SeparatedDataset.open(file, name, { delimiter, quote });
    }
  }
}

/** `title` is what messages call the file. */
function located(source: string | DataFile): DataFile & { readonly title: string } {
  if (typeof source !== "string") return { ...source, title: source.name };
  const cut = Math.max(source.lastIndexOf("/"), source.lastIndexOf("\\")) + 1;
  const name = source.slice(cut);
  if (name === "") {
    const got = source === "" ? "an empty path" : `${source}, a folder`;
    throw new InvalidArgumentError({ operation: "openDataset", expected: "the path of a file", got });
  }
  const folder = cut === 0 ? "." : cut === 1 ? source.slice(0, 1) : source.slice(0, cut - 1);
  return { files: folderOf(folder), name, title: source };
}

function formatOf(name: string, given: DataFormat | undefined): { format: DataFormat; zipped: boolean } {
  const zipped = /\.gz$/i.test(name);
  const ending = /\.([a-z]+)$/i.exec(zipped ? name.slice(0, -3) : name)?.[1]?.toLowerCase() ?? "";
  const format = given ?? (Object.hasOwn(endings, ending) ? endings[ending] : undefined);
  if (format !== undefined && dataFormats.includes(format) && !(zipped && format === "parquet")) {
    return { format, zipped };
  }
  throw new InvalidArgumentError({
    operation: `read ${name}`,
    expected: `a name that ends in ${Object.keys(endings)
      .map((known) => `.${known}`)
      .join(", ")}, or \`format\``,
    got: given === undefined ? `.${zipped ? `${ending}.gz` : ending}` : `format ${given}${zipped ? " in gzip" : ""}`,
  });
}
