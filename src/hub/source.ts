/**
 * What a `source` means: a local folder when there is one, else the name of a repository on the Hub, by the rules of
 * huggingface_hub 0.36 (utils/_validators.py, validate_repo_id).
 */
import { dirname, join, resolve } from "node:path";
import { FileError, InvalidArgumentError } from "../errors.ts";
import { isFolder, isPlainFile, isPlainName } from "./folder.ts";

/** The folder that `source` (with `subfolder`) names, or undefined when it can only be a repository. */
export async function localFolder(
  source: string,
  subfolder: string,
  localModelPath: string | undefined,
): Promise<string | undefined> {
  const tried = localModelPath === undefined ? [source] : [source, join(localModelPath, source)];
  for (const folder of tried) {
    if (source === "" || !(await isFolder(folder))) continue;
    const path = join(folder, subfolder);
    if (await isFolder(path)) return path;
    throw new FileError({ operation: `open ${folder}`, expected: `the subfolder ${subfolder}`, got: "no such folder" });
  }
  if (source !== "" && (await isPlainFile(source))) {
    throw new FileError({
      operation: `open ${source}`,
      expected: "a model folder",
      got: "a file",
      fix: `Give its folder: ${dirname(source)}`,
    });
  }
  return undefined;
}

/** Throws when `id` cannot name a repository. There is no local folder of that name. */
export function checkRepositoryName(id: string): void {
  const broken = brokenRule(id);
  if (broken === undefined) return;
  throw new FileError({
    operation: "find the model",
    says:
      `Incorrect path_or_model_id: '${id}'. ` +
      "Please provide either the path to a local folder or the repo_id of a model on the Hub.",
    got: `no folder ${resolve(id)}, and no name of a repository (${broken})`,
    fix: "Check the path.",
  });
}

function brokenRule(id: string): string | undefined {
  if ((id.match(/\//g)?.length ?? 0) > 1) return "it is `name` or `organisation/name`";
  if (!/^(\b[\w\-.]+\b\/)?\b[\w\-.]{1,96}\b$/.test(id)) {
    return "it has letters, digits, '-', '_' and '.', does not start or end with '-' or '.', and at most 96 of them";
  }
  if (id.includes("--") || id.includes("..")) return "it has no '--' and no '..'";
  return id.endsWith(".git") ? "it does not end with '.git'" : undefined;
}

/** Throws when an option that becomes part of a path or address would lead elsewhere. */
export function checkPathOption(option: "revision" | "subfolder" | "variant", value: string): void {
  if (value.split("/").every(isPlainName) && !(option === "variant" && value.includes("/"))) return;
  throw new InvalidArgumentError({
    operation: `the option \`${option}\``,
    expected: option === "subfolder" ? "a folder inside the model's folder" : `the name of a ${option}`,
    got: JSON.stringify(value),
  });
}
