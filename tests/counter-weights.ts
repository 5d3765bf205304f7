/**
 * Weights and token ids that are a pure function of (seed, tensor name, flat index): the twin of
 * tests/oracle/counter_weights.py, whose committed samples counter-weights.test.ts compares with these. Thanks to it a
 * reference model of any size is committed as a seed.
 */
import { elementCount, Tensor } from "../src/tensor.ts";

const GOLDEN = 0x9e3779b9;
const MIX_1 = 0x7feb352d;
const MIX_2 = 0x846ca68b;
/** Mean and standard deviation of the sum of four uniform integers in 0..65535. */
const SUM_MEAN = 2 * 65535;
const SUM_STD = Math.sqrt((65536 * 65536 - 1) / 3);

/** A 32-bit bijection in which every input bit reaches every output bit. Signed in, signed out: only the bits count. */
function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), MIX_1);
  h = Math.imul(h ^ (h >>> 15), MIX_2);
  return h ^ (h >>> 16);
}

/** FNV-1a over the UTF-8 bytes. */
function nameHash(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
  return h;
}

type Keys = readonly [number, number, number, number];

/** Two keys for each of the two hashes, so that the streams of two tensors are never shifts of each other. */
function keysOf(seed: number, name: string): Keys {
  const h = mix(nameHash(name) ^ mix(seed));
  const key = (n: number) => mix((h + Math.imul(n, GOLDEN)) | 0);
  return [key(1), key(2), key(3), key(4)];
}

/** Hash of one index: mix with `second` added half-way. */
function hashOf(index: number, first: number, second: number): number {
  let x = Math.imul(index, GOLDEN) ^ first;
  x = (Math.imul(x ^ (x >>> 16), MIX_1) + second) | 0;
  x = Math.imul(x ^ (x >>> 15), MIX_2);
  return x ^ (x >>> 16);
}

/** Mean and standard deviation of a tensor's values. */
export type Scale = readonly [mean: number, std: number];

/** Values start .. start+count-1 of a tensor; a flat index is below 2^32. */
export function counterValues(seed: number, name: string, count: number, [mean, std]: Scale, start = 0): Float32Array {
  const [k0, k1, k2, k3] = keysOf(seed, name);
  const scale = std / SUM_STD;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const a = hashOf(start + i, k0, k1);
    const b = hashOf(start + i, k2, k3);
    const sum = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16);
    values[i] = mean + (sum - SUM_MEAN) * scale;
  }
  return values;
}

/** Token ids low .. high-1. */
export function counterIds(seed: number, name: string, count: number, low: number, high: number): number[] {
  const [k0, k1] = keysOf(seed, name);
  return Array.from({ length: count }, (_, i) => low + ((hashOf(i, k0, k1) >>> 0) % (high - low)));
}

export type ParameterKind =
  | "embedding"
  | "position"
  | "query_key"
  | "linear"
  | "head"
  | "bias"
  | "norm_weight"
  | "norm_bias"
  | "logits_bias";

/** No kind is exactly 0 or 1, so that a parameter that is left out, doubled or swapped changes the outputs. */
export const SCALES: { readonly [K in ParameterKind]: Scale } = {
  embedding: [0, 0.02],
  position: [0, 0.02],
  query_key: [0, 0.02],
  linear: [0, 0.02],
  head: [0, 0.02],
  bias: [0, 0.01],
  norm_weight: [1, 0.05],
  norm_bias: [0, 0.02],
  logits_bias: [0, 0.05],
};

/** The keys of config.json that size the parameters. */
export interface LEDGeometry {
  readonly d_model: number;
  readonly vocab_size: number;
  readonly encoder_layers: number;
  readonly decoder_layers: number;
  readonly encoder_ffn_dim: number;
  readonly decoder_ffn_dim: number;
  readonly max_encoder_position_embeddings: number;
  readonly max_decoder_position_embeddings: number;
  readonly tie_word_embeddings?: boolean;
  /** Rows of a classification head; `id2label` decides where there is one. */
  readonly num_labels?: number;
  readonly id2label?: Readonly<Record<string, string>>;
}

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
}

/** Parameters of LEDForConditionalGeneration as save_pretrained names them: tied aliases once, as led.shared.weight. */
export function* ledParameters(geometry: LEDGeometry): Generator<ParameterSpec> {
  const { d_model: d, vocab_size: vocab } = geometry;

  function* affine(name: string, rows: number, columns: number, kind: ParameterKind = "linear") {
    yield { name: `${name}.weight`, shape: [rows, columns], kind };
    yield { name: `${name}.bias`, shape: [rows], kind: "bias" as const };
  }
  function* norm(name: string) {
    yield { name: `${name}.weight`, shape: [d], kind: "norm_weight" as const };
    yield { name: `${name}.bias`, shape: [d], kind: "norm_bias" as const };
  }

  yield { name: "final_logits_bias", shape: [1, vocab], kind: "logits_bias" };
  yield { name: "led.shared.weight", shape: [vocab, d], kind: "embedding" };
  if (geometry.tie_word_embeddings === false) yield { name: "lm_head.weight", shape: [vocab, d], kind: "head" };
  for (const side of ["encoder", "decoder"] as const) {
    const ffn = geometry[`${side}_ffn_dim`];
    const positions = geometry[`max_${side}_position_embeddings`];
    yield { name: `led.${side}.embed_positions.weight`, shape: [positions, d], kind: "position" };
    yield* norm(`led.${side}.layernorm_embedding`);
    for (let i = 0; i < geometry[`${side}_layers`]; i++) {
      const layer = `led.${side}.layers.${i}`;
      if (side === "encoder") {
        const attention = `${layer}.self_attn.longformer_self_attn`;
        for (const which of ["query", "key", "value", "query_global", "key_global", "value_global"]) {
          yield* affine(`${attention}.${which}`, d, d, which.startsWith("value") ? "linear" : "query_key");
        }
        yield* affine(`${layer}.self_attn.output`, d, d);
      } else {
        for (const attention of ["self_attn", "encoder_attn"]) {
          yield* affine(`${layer}.${attention}.k_proj`, d, d, "query_key");
          yield* affine(`${layer}.${attention}.v_proj`, d, d);
          yield* affine(`${layer}.${attention}.q_proj`, d, d, "query_key");
          yield* affine(`${layer}.${attention}.out_proj`, d, d);
        }
        yield* norm(`${layer}.encoder_attn_layer_norm`);
      }
      yield* norm(`${layer}.self_attn_layer_norm`);
      yield* affine(`${layer}.fc1`, ffn, d);
      yield* affine(`${layer}.fc2`, d, ffn);
      yield* norm(`${layer}.final_layer_norm`);
    }
  }
}

export type CounterClass =
  | "LEDModel"
  | "LEDForConditionalGeneration"
  | "LEDForSequenceClassification"
  | "LEDForQuestionAnswering"
  | "LEDEncoder"
  | "LEDDecoder";

/** A parameter under the name that the class's own files have; the weight is drawn for `drawnAs`. */
export interface ClassParameterSpec extends ParameterSpec {
  readonly drawnAs: string;
}

/** Parameters of any LED class, tied aliases once. All classes share the weights that ledParameters has. */
export function* classParameters(geometry: LEDGeometry, className: CounterClass): Generator<ClassParameterSpec> {
  const side = className === "LEDEncoder" ? "encoder" : className === "LEDDecoder" ? "decoder" : undefined;
  const named = (spec: ParameterSpec, name: string): ClassParameterSpec => ({ ...spec, name, drawnAs: spec.name });
  for (const spec of ledParameters(geometry)) {
    const { name } = spec;
    if (!name.startsWith("led.")) {
      if (className === "LEDForConditionalGeneration") yield named(spec, name);
    } else if (className.startsWith("LEDFor")) yield named(spec, name);
    else if (side === undefined) yield named(spec, name.slice("led.".length));
    else if (name === "led.shared.weight") yield named(spec, "embed_tokens.weight");
    else if (name.startsWith(`led.${side}.`)) yield named(spec, name.slice(`led.${side}.`.length));
  }
  const { d_model: d, id2label } = geometry;
  const labels = id2label === undefined ? (geometry.num_labels ?? 2) : Object.keys(id2label).length;
  const heads: [name: string, rows: number, kind: ParameterKind][] =
    className === "LEDForSequenceClassification"
      ? [
          ["classification_head.dense", d, "linear"],
          ["classification_head.out_proj", labels, "head"],
        ]
      : className === "LEDForQuestionAnswering"
        ? [["qa_outputs", 2, "head"]]
        : [];
  for (const [name, rows, kind] of heads) {
    yield named({ name: `${name}.weight`, shape: [rows, d], kind }, `${name}.weight`);
    yield named({ name: `${name}.bias`, shape: [rows], kind: "bias" }, `${name}.bias`);
  }
}

/** Name and values of every parameter of a class, under the names of its files. */
export function* classWeights(
  geometry: LEDGeometry,
  className: CounterClass,
  seed: number,
  scales: { readonly [K in ParameterKind]?: Scale } = {},
): Generator<[name: string, tensor: Tensor<"float32">]> {
  const chosen = { ...SCALES, ...scales };
  for (const { name, drawnAs, shape, kind } of classParameters(geometry, className)) {
    yield [name, new Tensor("float32", counterValues(seed, drawnAs, elementCount(shape), chosen[kind]), shape)];
  }
}

/** Name and values of every parameter, one at a time; `scales` replaces entries of SCALES. */
export function* ledWeights(
  geometry: LEDGeometry,
  seed: number,
  scales: { readonly [K in ParameterKind]?: Scale } = {},
): Generator<[name: string, tensor: Tensor<"float32">]> {
  const chosen = { ...SCALES, ...scales };
  for (const { name, shape, kind } of ledParameters(geometry)) {
    const values = counterValues(seed, name, elementCount(shape), chosen[kind]);
    yield [name, new Tensor("float32", values, shape)];
  }
}
