/**
 * Which files of weights a load takes, in the order in which transformers 4.37.2 looks for them: PyTorch's classes
 * (modeling_utils.py: from_pretrained), TensorFlow's (modeling_tf_utils.py: from_pretrained), and each from the other's files.
 */

export const weightsSearches = ["torch", "from_tf", "tensorflow", "from_pt"] as const;

/** "torch" and "tensorflow": by a class of that framework; "from_tf" and "from_pt": with the option of that name. */
export type WeightsSearch = (typeof weightsSearches)[number];

export type WeightsFormat = "safetensors" | "torch" | "tensorflow";

/** The name of weights in one file. */
export const singleFile: { readonly [F in WeightsFormat]: string } = {
  safetensors: "model.safetensors",
  torch: "pytorch_model.bin",
  tensorflow: "tf_model.h5",
};

const searched: { readonly [S in WeightsSearch]: readonly WeightsFormat[] } = {
  torch: ["safetensors", "torch"],
  from_tf: ["tensorflow"],
  tensorflow: ["safetensors", "tensorflow"],
  from_pt: ["torch", "safetensors"],
};

export interface WeightsCandidate {
  readonly format: WeightsFormat;
  readonly file: string;
  /** Says which shards there are in its place. */
  readonly index: string;
}

/** The first of these that is there counts; one file before shards. */
export function weightsCandidates(search: WeightsSearch, variant: string | undefined): WeightsCandidate[] {
  return searched[search].map((format) => ({
    format,
    file: withVariant(singleFile[format], variant),
    index: withVariant(`${singleFile[format]}.index.json`, variant),
  }));
}

/** transformers' _add_variant: `model.safetensors.index.json` with variant `fp16` is `model.safetensors.index.fp16.json`. */
export function withVariant(name: string, variant: string | undefined): string {
  return variant === undefined ? name : name.replace(/\.[^.]*$/, (extension) => `.${variant}${extension}`);
}
