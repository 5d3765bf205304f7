/**
 * Which stored tensor serves which parameter of the model: the key logic of from_pretrained
 * (transformers 4.37.2, modeling_utils.py: _load_pretrained_model, _load_state_dict_into_model), word by word in what it
 * calls missing, unexpected and mismatched.
 */
import { CheckpointError } from "../errors.ts";
import type { Checkpoint } from "./open.ts";
import { type StoredTensor, showShape } from "./stored-tensor.ts";

export interface ExpectedParameter {
  /** As the model's state_dict() names it. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Not reported when missing: the reference's _keys_to_ignore_on_load_missing (final_logits_bias). */
  readonly optional?: boolean;
}

export interface NameMatch {
  /** By the model's own names. Every name of a tied group is bound to the one tensor that serves the group. */
  readonly bound: ReadonlyMap<string, StoredTensor>;
  /** In the file's spelling (with or without `led.`), sorted. */
  readonly missing_keys: string[];
  readonly unexpected_keys: string[];
  /** [name in the file, shape in the file, shape in the model] */
  readonly mismatched_keys: [string, number[], number[]][];
}

export interface MatchOptions {
  /** Groups of the model's names that are one tensor, each in state_dict() order: where aliases disagree, the last wins. */
  readonly tied: readonly (readonly string[])[];
  /** "led": headed models hold the base model under this name. */
  readonly base_model_prefix: string;
  /** Model buffers that state_dict() leaves out; a file may hold them. */
  readonly buffers?: readonly string[];
}

/** @throws CheckpointError for a file whose heads have no base model under them (`model.` in place of `led.`). */
export function matchNames(
  checkpoint: Checkpoint,
  expected: readonly ExpectedParameter[],
  options: MatchOptions,
): NameMatch {
  const loaded = renameOldKeys(checkpoint.tensors);
  const spell = fileSpelling([...loaded.keys()], expected, options.base_model_prefix);
  refuseHeadsWithoutBase(checkpoint, loaded, expected, options.base_model_prefix);

  const spelled = new Map(expected.map((parameter) => [spell(parameter.name), parameter]));
  const buffers = new Set((options.buffers ?? []).map(spell));
  const unexpected_keys = [...loaded.keys()].filter((key) => !spelled.has(key) && !buffers.has(key)).sort();

  const mismatched_keys: [string, number[], number[]][] = [];
  const fitting = new Map<string, StoredTensor>();
  for (const [key, stored] of loaded) {
    const parameter = spelled.get(key);
    if (parameter === undefined) continue;
    if (sameShape(stored.shape, parameter.shape)) fitting.set(key, stored);
    else mismatched_keys.push([stored.name, [...stored.shape], [...parameter.shape]]);
  }

  const groups = options.tied.map((group) => group.map(spell));
  const served = new Set<string>();
  const bound = new Map<string, StoredTensor>();
  for (const [key, stored] of fitting) bound.set(spelled.get(key)!.name, stored);
  for (const group of groups) {
    if (group.some((key) => loaded.has(key))) for (const key of group) served.add(key);
    const winner = lastOfGroup(group, fitting);
    if (winner === undefined) continue;
    for (const key of group) {
      const parameter = spelled.get(key);
      if (parameter !== undefined) bound.set(parameter.name, winner);
    }
  }
  const missing_keys = [...spelled]
    .filter(([key, parameter]) => !loaded.has(key) && !served.has(key) && parameter.optional !== true)
    .map(([key]) => key)
    .sort();
  return { bound, missing_keys, unexpected_keys, mismatched_keys };
}

/**
 * Passes when every parameter is bound. Unexpected names alone are no error (the caller warns of them).
 * @param where names the model and the folder: "LEDModel from ./my-led".
 */
export function requireMatch(match: NameMatch, where: string): void {
  const { missing_keys, unexpected_keys, mismatched_keys } = match;
  if (missing_keys.length === 0 && mismatched_keys.length === 0) return;
  const shapes = mismatched_keys.map(
    ([key, got, wanted]) => `\`${key}\` of shape ${showShape(wanted)} is ${showShape(got)} in the file`,
  );
  const got = [
    missing_keys.length === 0
      ? ""
      : `${missing_keys.length} missing: ${someOf(missing_keys.map((key) => `\`${key}\``))}`,
    shapes.length === 0 ? "" : `${shapes.length} of another shape: ${someOf(shapes)}`,
    unexpected_keys.length === 0
      ? ""
      : `${unexpected_keys.length} unexpected: ${someOf(unexpected_keys.map((key) => `\`${key}\``))}`,
  ];
  throw new CheckpointError({
    operation: `load ${where}`,
    expected: "the checkpoint to hold every parameter of the model, in its shape",
    got: got.filter((part) => part !== "").join("; "),
    fix: unexpected_keys.some((key) => key.startsWith("model."))
      ? modelPrefixFix
      : missing_keys.length === 0
        ? "Is config.json the one that belongs to these weights?"
        : "Is this the checkpoint of this model class, and config.json the one that belongs to it?",
  });
}

const modelPrefixFix =
  'The names start with "model." as in BART and in allenai/longformer files: rename that prefix to "led." first.';

/** gamma and beta of old checkpoints are weight and bias; where a file has both, the renamed one wins, as it comes last. */
function renameOldKeys(tensors: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  const loaded = new Map<string, StoredTensor>();
  const renamed: [string, StoredTensor][] = [];
  for (const [name, stored] of tensors) {
    const key = name.includes("beta") ? name.replaceAll("beta", "bias") : name.replaceAll("gamma", "weight");
    if (key === name) loaded.set(name, stored);
    else renamed.push([key, stored]);
  }
  for (const [key, stored] of renamed) loaded.set(key, stored);
  return loaded;
}

/** The model's name -> the file's: a base checkpoint has no prefix for a headed model, and the other way round. */
function fileSpelling(
  keys: readonly string[],
  expected: readonly ExpectedParameter[],
  prefix: string,
): (name: string) => string {
  // startsWith without the dot, as the reference has it.
  const has = keys.some((key) => key.startsWith(prefix));
  const expects = expected.some(({ name }) => name.startsWith(prefix));
  if (has === expects) return (name) => name;
  const dotted = `${prefix}.`;
  if (has) return (name) => dotted + name;
  return (name) => (name.startsWith(dotted) ? name.slice(dotted.length) : name);
}

/** The reference's ValueError for a file without `led.` that still holds names of the head. */
function refuseHeadsWithoutBase(
  checkpoint: Checkpoint,
  loaded: ReadonlyMap<string, StoredTensor>,
  expected: readonly ExpectedParameter[],
  prefix: string,
): void {
  const dotted = `${prefix}.`;
  const expects = expected.some(({ name }) => name.startsWith(dotted));
  if (!expects || [...loaded.keys()].some((key) => key.startsWith(prefix))) return;
  const base = new Set(
    expected.filter(({ name }) => name.startsWith(dotted)).map(({ name }) => name.slice(dotted.length)),
  );
  const heads = expected.map(({ name }) => name).filter((name) => !name.startsWith(dotted) && !base.has(name));
  const head = heads.find((name) => loaded.has(name));
  if (head === undefined) return;
  const first = [...loaded.keys()].find((key) => key !== head) ?? head;
  throw new CheckpointError({
    operation: `match the names of ${checkpoint.files.where}`,
    says: "The state dictionary of the model you are trying to load is corrupted. Are you sure it was properly saved?",
    expected: `names that start with "${dotted}" beside \`${head}\``,
    got: `\`${first}\``,
    ...([...loaded.keys()].some((key) => key.startsWith("model.")) ? { fix: modelPrefixFix } : {}),
  });
}

/** Shards load in the order of their names, and within one the model's own order decides. */
function lastOfGroup(group: readonly string[], fitting: ReadonlyMap<string, StoredTensor>): StoredTensor | undefined {
  let last: StoredTensor | undefined;
  for (const key of group) {
    const stored = fitting.get(key);
    if (stored !== undefined && (last === undefined || stored.file >= last.file)) last = stored;
  }
  return last;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

function someOf(items: readonly string[]): string {
  const shown = 20;
  return items.slice(0, shown).join(", ") + (items.length > shown ? ` and ${items.length - shown} more` : "");
}
