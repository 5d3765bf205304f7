/**
 * The heads over hidden states in training (head.ts): rows of hidden states to logits, and the gradient back.
 *
 * n rows, D d_model, C labels.
 */
import type { Tensor } from "../../../tensor.ts";
import { rowMask } from "./dropout-masks.ts";
import { headGraph, type PartVariant } from "./part-graphs.ts";
import { type PartRun, runBackward, runForward } from "./part-run.ts";
import type { TrainingContext } from "./training-context.ts";

type Floats = Tensor<"float32">;

export interface HeadPass {
  /** [n, C] */
  readonly logits: Floats;
  /** Adds the gradients of the head's weights. -> the rows' gradient [n, D], where it is of use */
  backward(dLogits: Floats): Promise<Floats | undefined>;
}

/** rows [n, D], `trained` where their gradient is of use. */
export async function headPass(context: TrainingContext, rows: Floats, trained: boolean): Promise<HeadPass> {
  const { spec } = context.core.loaded.weights;
  const path = spec.headName!;
  const classifies = spec.entries.some(({ name }) => name === `${path}.dense.weight`);
  const [n, D] = rows.dims as [number, number];
  const labels = context.weight(classifies ? `${path}.out_proj.weight` : `${path}.weight`).dims[0]!;
  const p = classifies ? context.rates.classifier : 0;
  const variant: PartVariant & { part: string } = {
    part: "head",
    dropout: { input: p, dense: p },
    trained: context.trainedUnder(path),
    inputTrained: trained,
    keeps: false,
  };
  const mask = (site: string): Record<string, Tensor<"bool">> =>
    context.keep(site, `classification_head.${site}`, p, (fill) => rowMask(fill, [n, 1, D], 1).reshape([n, D]));
  const part: PartRun = {
    name: "head",
    path,
    variant,
    build: () => headGraph(D, labels, classifies ? "classifier" : "linear", variant),
    dInputs: trained ? ["d_hidden"] : [],
    feeds: () => ({ hidden: rows }),
    masks: () => ({ ...mask("input"), ...mask("dense") }),
  };
  const ran = await runForward(context, part);
  return {
    logits: ran.output,
    backward: async (dLogits) => (await runBackward(context, part, ran, dLogits)).d_hidden,
  };
}
