/**
 * Names of weights in Keras' files and in PyTorch's state dict (transformers 4.37.2, modeling_tf_pytorch_utils.py:
 * convert_tf_weight_name_to_pt_weight_name; the scopes of modeling_tf_led.py).
 *
 *     tfled_model/led/encoder/layers.0/self_attn/longformer_self_attn/query/kernel:0
 *     led.encoder.layers.0.self_attn.longformer_self_attn.query.weight
 */

export interface TorchName {
  readonly name: string;
  /** A Dense layer's kernel is [in, out], where a linear layer's weight is [out, in]. */
  readonly transposed: boolean;
}

const leaves: { readonly [keras: string]: string } = {
  kernel: "weight",
  embeddings: "weight",
  gamma: "weight",
  beta: "bias",
};

/** Of a name as Keras has it; the first level is the model's own name, which varies from one to the next of a process. */
export function torchName(keras: string): TorchName {
  const levels = keras
    .replace(/:0$/, "")
    // What stands before a triple underscore tells layers apart that are one in PyTorch.
    .replace(/\/[^/]*___([^/]*)\//g, "/$1/")
    .replace(/_\._/g, "/")
    .replace(/\/+/g, "/")
    .split("/");
  const path = levels.length > 1 ? levels.slice(1) : levels;
  const leaf = path.at(-1)!;
  return {
    name: [...path.slice(0, -1), path.length > 1 ? (leaves[leaf] ?? leaf) : leaf].join("."),
    transposed: leaf === "kernel",
  };
}

/** A weight in Keras: the layer of the model that it belongs to, its name without the model's own, and with it. */
export interface KerasName {
  readonly layer: "led" | "final_logits_bias";
  /** `led/encoder/.../kernel:0`, as shards and safetensors have it. */
  readonly short: string;
  /** `tfled_model/led/encoder/.../kernel:0` */
  readonly full: string;
  readonly transposed: boolean;
}

/** `name`: of the state dict of a class with a head, "led.encoder..."; `model`: the Keras name of the model. */
export function kerasName(name: string, model: string): KerasName {
  if (name === "final_logits_bias") {
    return { layer: name, short: `${name}:0`, full: `${name}:0`, transposed: false };
  }
  if (name === "led.shared.weight") {
    const short = "led.shared/embeddings:0";
    return { layer: "led", short, full: `led.shared/${short}`, transposed: false };
  }
  const path = name.replace(/\.layers\.(\d+)\./, "/layers.$1/").split(/\.(?!\d)/);
  const module = path.at(-2)!;
  const leaf = leafOf(module, path.at(-1)!);
  const short = `${[...path.slice(0, -1), leaf].join("/")}:0`;
  return { layer: "led", short, full: `${model}/${short}`, transposed: leaf === "kernel" };
}

function leafOf(module: string, leaf: string): string {
  if (/(?:^|\/)(?:\w*layer_norm|layernorm_embedding)$/.test(module)) return leaf === "weight" ? "gamma" : "beta";
  if (leaf === "bias") return "bias";
  return /embed_positions$/.test(module) ? "embeddings" : "kernel";
}

/** The same of a name without the model's own. */
export function torchNameOfShort(short: string): TorchName {
  return torchName(short.includes("/") ? `model/${short}` : short);
}
