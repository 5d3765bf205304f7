/**
 * A model for the trainer's tests: softmax regression with hand-written gradients, the one of tests/oracle/trainer.py, with dropout
 * of its inputs besides.
 */
import { writeSafetensors } from "../../src/checkpoints/index.ts";
import { floatBytes } from "../../src/checkpoints/tensor-to-write.ts";
import type { Files } from "../../src/files.ts";
import { Philox, streamOf } from "../../src/random.ts";
import { Tensor } from "../../src/tensor.ts";
import type {
  Batch,
  LossAndGradients,
  LossInputs,
  LossOptions,
  TrainableModel,
} from "../../src/training/trainable-model.ts";

export const width = 4;
export const classes = 3;
const lossScale = 10;

type Floats = Tensor<"float32">;

export interface RegressionOptions {
  readonly dropout?: number;
  /** Names of parameters that are not trained. */
  readonly frozen?: readonly string[];
}

export class SoftmaxRegression implements TrainableModel {
  readonly config: { dropout: number; to_dict(): { [key: string]: unknown } };
  readonly forward_inputs: readonly string[] = ["x"];
  training = false;
  /** How often optimisers told of a change. */
  changes = 0;
  /** Calls of loss_and_gradients so far. */
  calls = 0;
  /** Stands in place of the loss, and the gradient, of a call. */
  spoil: ((call: number) => { loss?: number; gradient?: number } | undefined) | undefined;
  readonly weight: Floats = new Tensor(
    "float32",
    Float32Array.from({ length: classes * width }, (_, i) => 0.5 * Math.cos(0.9 * i)),
    [classes, width],
  );
  readonly bias: Floats = Tensor.zeros("float32", [classes]);
  readonly #frozen: readonly string[];

  constructor({ dropout = 0, frozen = [] }: RegressionOptions = {}) {
    this.config = { dropout, to_dict: () => ({ model_type: "regression", dropout, architectures: ["x"] }) };
    this.#frozen = frozen;
  }

  get parameters(): Map<string, Floats> {
    return new Map([
      ["dense.weight", this.weight],
      ["dense.bias", this.bias],
    ]);
  }

  async prepare_for_training(): Promise<void> {}

  trainable_parameters(): Map<string, Floats> {
    return new Map([...this.parameters].filter(([name]) => !this.#frozen.includes(name)));
  }

  parameters_changed(): void {
    this.changes += 1;
  }

  train(): void {
    this.training = true;
  }

  eval(): void {
    this.training = false;
  }

  async state_dict(): Promise<Map<string, Tensor>> {
    return this.parameters;
  }

  async forward({ x, labels }: Batch): Promise<object> {
    const logits = this.#logits(x!.to("float32").data);
    const output = new Tensor("float32", logits, [logits.length / classes, classes]);
    if (labels === undefined) return { logits: output };
    const { loss } = crossEntropy(logits, labels, 0);
    return { loss: new Tensor("float32", Float32Array.of(lossScale * loss), []), logits: output };
  }

  async loss_and_gradients(inputs: LossInputs): Promise<LossAndGradients> {
    inputs.signal?.throwIfAborted();
    const x = this.#dropped(inputs.x!.to("float32"), inputs);
    const { label_smoothing = 0 } = inputs;
    // As in the trainer of the reference, which takes the loss of smoothed labels into its own hands.
    const scale = label_smoothing > 0 ? 1 : lossScale;
    const { loss, dLogits } = crossEntropy(this.#logits(x), inputs.labels!, label_smoothing);
    const dWeight = Tensor.zeros("float32", [classes, width]);
    const dBias = Tensor.zeros("float32", [classes]);
    for (let row = 0; row < x.length / width; row++) {
      for (let c = 0; c < classes; c++) {
        const d = scale * dLogits[row * classes + c]!;
        dBias.data[c] = dBias.data[c]! + d;
        for (let j = 0; j < width; j++) {
          dWeight.data[c * width + j] = dWeight.data[c * width + j]! + d * x[row * width + j]!;
        }
      }
    }
    const spoiled = this.spoil?.(this.calls++);
    if (spoiled?.gradient !== undefined) dBias.data[0] = spoiled.gradient;
    const gradients = new Map([
      ["dense.weight", dWeight],
      ["dense.bias", dBias],
    ]);
    for (const name of this.#frozen) gradients.delete(name);
    return { loss: new Tensor("float32", Float32Array.of(spoiled?.loss ?? scale * loss), []), gradients };
  }

  async save_pretrained(files: Files): Promise<void> {
    const tensors = [...this.parameters].map(([name, { data, dims }]) => ({
      name,
      type: "F32" as const,
      shape: dims,
      data: () => [floatBytes(data, "F32", name, "save")],
    }));
    await writeSafetensors(files, "model.safetensors", tensors);
    await files.write("config.json", [new TextEncoder().encode(JSON.stringify(this.config.to_dict()))]);
  }

  /** x [B, width] -> [B, classes] */
  #logits(x: Float32Array): Float32Array {
    const rows = x.length / width;
    const logits = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < classes; c++) {
        let sum = this.bias.data[c]!;
        for (let j = 0; j < width; j++) sum += this.weight.data[c * width + j]! * x[row * width + j]!;
        logits[row * classes + c] = sum;
      }
    }
    return logits;
  }

  #dropped({ data }: Floats, { dropout_seed = 0, dropout_step = 0 }: LossOptions): Float32Array {
    const { dropout } = this.config;
    if (dropout === 0 || !this.training) return data;
    const draws = new Philox(dropout_seed, streamOf("dropout", dropout_step, "input"));
    return data.map((value, i) => (draws.uniform(i) < dropout ? 0 : value / (1 - dropout)));
  }
}

/** The mean over rows, and its derivative by the logits. */
function crossEntropy(
  logits: Float32Array,
  labels: Tensor,
  smoothing: number,
): { loss: number; dLogits: Float64Array } {
  const rows = labels.data.length;
  const dLogits = new Float64Array(logits.length);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const total = Math.log(own.reduce((sum, score) => sum + Math.exp(score), 0));
    const label = labels.at(row);
    own.forEach((score, c) => {
      const target = (c === label ? 1 - smoothing : 0) + smoothing / classes;
      loss += (target * (total - score)) / rows;
      dLogits[row * classes + c] = (Math.exp(score - total) - target) / rows;
    });
  }
  return { loss, dLogits };
}
