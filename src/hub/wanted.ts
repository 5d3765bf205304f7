/**
 * Which files of a repository a model needs: its configuration, its tokenizer, and one set of weights, in the order in
 * which transformers 4.37.2 looks for them (modeling_utils.py, from_pretrained): safetensors before torch, one file
 * before shards. The same rule is asked of the Hub's listing, of a server without one, and of the cache.
 */
import { CheckpointError, HubError } from "../errors.ts";
import { filesOfPart, type ModelPart, modelParts } from "../load-options.ts";
import { type WeightsSearch, weightsCandidates } from "../weights-files.ts";
import type { Presence } from "./cache.ts";
import { isPlainName } from "./folder.ts";

/** Weights of other frameworks, named when there is nothing else, with the option of transformers that loads them. */
const otherWeights: { readonly [S in WeightsSearch]: readonly { file: string; framework: string; option: string }[] } =
  {
    torch: [
      { file: "tf_model.h5", framework: "TensorFlow", option: "from_tf" },
      { file: "flax_model.msgpack", framework: "Flax", option: "from_flax" },
    ],
    tensorflow: [{ file: "pytorch_model.bin", framework: "PyTorch", option: "from_pt" }],
    from_tf: [],
    from_pt: [],
  };

/** How the rule asks: `look` about one file, `shards` for the shard names in an index file that is present. */
export interface Library {
  look(file: string): Promise<Presence>;
  shards(index: string): Promise<string[]>;
}

export interface Plan {
  /** Files to have, in the order to fetch them: small ones first. */
  files: string[];
  /** What a model needs and the library does not show. Empty when complete. */
  missing: Missing[];
  /** No answer was "unknown": another library would not give more files. */
  certain: boolean;
}

export interface Missing {
  part: ModelPart;
  /** A file name, or how several could serve: "a or b". */
  files: string;
  /** The part is there, but a file that it names is not. */
  shard: boolean;
}

export async function planFiles(
  library: Library,
  {
    parts = modelParts,
    variant,
    weights = "torch",
  }: { parts?: readonly ModelPart[]; variant?: string | undefined; weights?: WeightsSearch | undefined },
): Promise<Plan> {
  const files: string[] = [];
  const missing: Missing[] = [];
  let certain = true;
  async function take(file: string): Promise<Presence> {
    const found = await library.look(file);
    if (found === "present") files.push(file);
    if (found === "unknown") certain = false;
    return found;
  }

  if (parts.includes("config")) {
    for (const file of filesOfPart.config) {
      const found = await take(file);
      if (found !== "present" && file === "config.json") missing.push({ part: "config", files: file, shard: false });
    }
  }
  if (parts.includes("tokenizer")) {
    const found = new Map<string, Presence>();
    for (const file of filesOfPart.tokenizer) found.set(file, await take(file));
    const whole = (...names: string[]) => names.every((name) => found.get(name) === "present");
    // A repository that is known to have no tokenizer is complete without one.
    const none = ["vocab.json", "merges.txt", "tokenizer.json"].every((name) => found.get(name) === "absent");
    if (!whole("vocab.json", "merges.txt") && !whole("tokenizer.json") && !none) {
      missing.push({ part: "tokenizer", files: "vocab.json with merges.txt or tokenizer.json", shard: false });
    }
  }
  if (parts.includes("weights")) {
    const candidates = weightsCandidates(weights, variant);
    if (!(await takeWeights(candidates))) {
      const files = candidates.flatMap(({ file, index }) => [file, index]).join(" or ");
      missing.push({ part: "weights", files, shard: false });
    }
  }
  return { files, missing, certain };

  /** Takes the first set that is there; false when there is none. */
  async function takeWeights(candidates: { file: string; index: string }[]): Promise<boolean> {
    for (const { file, index } of candidates) {
      if ((await take(file)) === "present") return true;
      if ((await take(index)) !== "present") continue;
      for (const shard of await library.shards(index)) {
        if ((await take(shard)) !== "present") missing.push({ part: "weights", files: shard, shard: true });
      }
      return true;
    }
    return false;
  }
}

/** The shard files that an index (`model.safetensors.index.json`) names, in order, each once. */
export function shardNames(text: string, where: string): string[] {
  const refuse = (got: string) =>
    new CheckpointError({ operation: `read ${where}`, expected: 'a "weight_map" of tensor names to files', got });
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause));
  }
  const map = typeof index === "object" && index !== null && "weight_map" in index ? index.weight_map : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw refuse("none");
  const names = [...new Set<unknown>(Object.values(map))];
  if (names.length === 0) throw refuse("an empty one");
  return names
    .map((name) => {
      if (typeof name === "string" && isPlainName(name)) return name;
      throw refuse(`the file name ${JSON.stringify(name)}`);
    })
    .sort();
}

/** The error for a repository without weights that the call reads, in the reference's words. */
export async function noWeights(
  id: string,
  library: Library,
  variant: string | undefined,
  search: WeightsSearch = "torch",
): Promise<HubError> {
  const operation = `load ${id}`;
  const candidates = weightsCandidates(search, variant);
  const wanted = candidates.flatMap(({ file, index }) => [file, index]).join(", ");
  const opening = `${id} does not appear to have a file named ${candidates.at(-1)!.file}`;
  if (variant !== undefined) {
    for (const { file, index } of weightsCandidates(search, undefined)) {
      const found = (await library.look(file)) === "present" ? file : index;
      if ((await library.look(found)) !== "present") continue;
      return new HubError({
        operation,
        says:
          `${opening} but there is a file without the variant ${variant}. ` +
          "Use `variant=None` to load this model from those weights.",
        expected: `one of ${wanted}`,
        got: found,
        fix: "Leave the option `variant` out.",
      });
    }
  }
  for (const { file, framework, option } of otherWeights[search]) {
    if ((await library.look(file)) !== "present") continue;
    return new HubError({
      operation,
      says:
        `${opening} but there is a file for ${framework} weights. ` +
        `Use \`${option}=True\` to load this model from those weights.`,
      expected: `one of ${wanted}`,
      got: file,
      fix: option === "from_flax" ? "Load them so in Python and call save_pretrained." : `Pass ${option}: true.`,
    });
  }
  return new HubError({
    operation,
    says: search === "torch" ? `${opening}, tf_model.h5, model.ckpt or flax_model.msgpack.` : `${opening}.`,
    expected: `one of ${wanted}`,
    got: "none",
  });
}
