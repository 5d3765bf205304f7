/**
 * The language-modelling head in training: loss, logits where they are wanted, and the gradient of the decoder's output.
 *
 * B batch, T target positions, D d_model, V vocab_size.
 */
import { InvalidArgumentError } from "../../../errors.ts";
import { Tensor } from "../../../tensor.ts";
import { type LossVariant, lossGraph, rowsAtOnce } from "./language-model-loss.ts";
import type { TrainingContext } from "./training-context.ts";

type Floats = Tensor<"float32">;

/** Labels that count for nothing. */
const ignored = -100n;

export interface HeadInputs {
  /** [B, T, D] */
  readonly hidden: Floats;
  readonly hiddenTrained: boolean;
  /** [B, T] */
  readonly labels: Tensor<"int64">;
  readonly smoothing: number;
  readonly logitsWanted: boolean;
}

export interface HeadResult {
  /** NaN where no label counts, as in PyTorch; gradients are zeros then. */
  readonly loss: number;
  /** [B, T, V] */
  readonly logits: Floats | undefined;
  /** [B, T, D] */
  readonly dHidden: Floats | undefined;
}

export async function languageModelHead(context: TrainingContext, inputs: HeadInputs): Promise<HeadResult> {
  const { hidden, hiddenTrained, labels, smoothing, logitsWanted } = inputs;
  const [batch, length, D] = hidden.dims as [number, number, number];
  const n = batch * length;
  const V = context.weight("lm_head.weight").dims[0]!;
  requireLabels(labels, [batch, length], V);
  const count = labels.data.reduce((sum, label) => sum + (label === ignored ? 0 : 1), 0);
  const tableTrained = context.isTrained("lm_head.weight");
  const variant: LossVariant & { part: string; V: number; keeps: false } = {
    part: "loss",
    V,
    smoothing,
    tableTrained,
    hiddenTrained,
    // Rows of the vocabulary's size, once a step.
    keeps: false,
  };
  const part = {
    variant,
    build: () => lossGraph(D, V, variant),
    place: (name: string) => (name === "table" ? "lm_head.weight" : "final_logits_bias"),
  };
  const wanted = [
    "loss",
    ...(logitsWanted ? ["logits"] : []),
    ...(hiddenTrained ? ["d_hidden"] : []),
    ...(tableTrained ? ["d_table"] : []),
  ];
  const dHidden = hiddenTrained ? Tensor.zeros("float32", hidden.dims) : undefined;
  const logits = logitsWanted ? Tensor.zeros("float32", [batch, length, V]) : undefined;
  let loss = 0;
  for (let first = 0; first < n; first += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, n - first);
    const own = labels.data.subarray(first, first + rows);
    const feeds = {
      hidden: new Tensor("float32", hidden.data.subarray(first * D, (first + rows) * D), [rows, D]),
      labels: new Tensor(
        "int64",
        own.map((label) => (label === ignored ? 0n : label)),
        [rows, 1],
      ),
      weights: new Tensor(
        "float32",
        Float32Array.from(own, (label) => (label === ignored ? 0 : 1 / count)),
        [rows, 1],
      ),
    };
    const results = await context.run(part, undefined, feeds, wanted);
    loss += results.loss!.item();
    dHidden?.data.set(results.d_hidden!.data, first * D);
    logits?.data.set(results.logits!.data, first * V);
    if (tableTrained) context.gradients.add(context.stored("lm_head.weight"), results.d_table!);
  }
  return { loss: count === 0 ? Number.NaN : loss, logits, dHidden };
}

function requireLabels(labels: Tensor<"int64">, [batch, length]: readonly [number, number], V: number): void {
  if (labels.dims.join() !== `${batch},${length}`) {
    throw new InvalidArgumentError({
      operation: "loss_and_gradients",
      expected: `a label for each target token, [${batch}, ${length}]`,
      got: `labels [${labels.dims.join(", ")}]`,
    });
  }
  const wrong = labels.data.findIndex((label) => label !== ignored && (label < 0n || label >= BigInt(V)));
  if (wrong < 0) return;
  throw new InvalidArgumentError({
    operation: "cross entropy",
    expected: `labels from 0 to ${V - 1}, or ${ignored} to leave out`,
    got: `${labels.data[wrong]} at position ${wrong}`,
  });
}
