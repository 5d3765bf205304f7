/**
 * The encoder in training: forward, keeping what each layer needs on the way back, and backward (transformers 4.37.2,
 * modeling_led.py: LEDEncoder).
 *
 * B batch, S source positions, P those after padding to whole attention blocks, D d_model, h heads, x global slots.
 */
import { Tensor } from "../../../tensor.ts";
import type { EncoderInputs } from "../encoder.ts";
import { cutSequence, layoutSequence, padSequence, type SequenceLayout } from "../sequence-masks.ts";
import { globalAttentionMask, rowMask, windowMask } from "./dropout-masks.ts";
import { type Embedded, embed } from "./embedding-pass.ts";
import { type EncoderVariant, encoderLayerGraph } from "./part-graphs.ts";
import { type PartRun, runBackward, runForward, type Saved } from "./part-run.ts";
import type { TrainingContext } from "./training-context.ts";

type Floats = Tensor<"float32">;

export interface EncoderPass {
  /** [B, S, D] */
  readonly output: Floats;
  /** Whether a gradient of the output is of use. */
  readonly trained: boolean;
  /** Adds the gradients of the encoder's weights. */
  backward(dOutput: Floats): Promise<void>;
}

/** `path`: of the encoder's weights, "led.encoder". */
export async function encoderPass(context: TrainingContext, path: string, inputs: EncoderInputs): Promise<EncoderPass> {
  const { config } = context.core.loaded;
  const [batch, length] = inputs.source.dims as [number, number];
  const layout = layoutSequence({ batch, length }, inputs.attention_mask, inputs.global_attention_mask);
  const { paddedLength } = layout;
  const embedded = await embed(context, { path, side: "encoder", source: inputs.source, length: paddedLength });
  const layers = activeLayers(context, "encoder", config.encoder_layers, config.encoder_layerdrop);
  const saved: Saved[] = [];
  let hidden = embedded.hidden;
  let trained = embedded.trained;
  for (const layer of layers) {
    const part = layerRun(context, { path, layer, layout, inputs, hidden, batch, inputTrained: trained });
    const ran = await runForward(context, part);
    saved.push({ part, ran, hidden });
    hidden = ran.output;
    trained ||= part.variant.trained.length > 0;
  }
  return {
    output: cutSequence(hidden, length),
    trained,
    async backward(dOutput) {
      await backwardThrough(context, saved, embedded, padSequence(dOutput, paddedLength));
    },
  };
}

/** The layers that LayerDrop leaves in. */
export function activeLayers(
  { draws }: TrainingContext,
  side: "encoder" | "decoder",
  count: number,
  p: number,
): number[] {
  const layers = Array.from({ length: count }, (_, layer) => layer);
  return layers.filter((layer) => !draws?.leavesOut(`${side}.layers.${layer}`, p));
}

async function backwardThrough(
  context: TrainingContext,
  saved: Saved[],
  embedded: Embedded,
  dOutput: Floats,
): Promise<void> {
  let dHidden: Floats | undefined = dOutput;
  // Layers leave the list as they are done with: what was kept of them is no longer needed.
  for (let entry = saved.pop(); entry !== undefined && dHidden !== undefined; entry = saved.pop()) {
    const { d_hidden } = await runBackward(context, entry.part, entry.ran, dHidden);
    for (const done of [dHidden, entry.hidden]) done.dispose();
    dHidden = d_hidden;
  }
  if (dHidden !== undefined && embedded.trained) await embedded.backward(dHidden);
}

interface Layer {
  readonly path: string;
  readonly layer: number;
  readonly layout: SequenceLayout;
  readonly inputs: EncoderInputs;
  readonly hidden: Floats;
  readonly batch: number;
  readonly inputTrained: boolean;
}

function layerRun(context: TrainingContext, given: Layer): PartRun {
  const { path, layer, layout, inputs, hidden, batch, inputTrained } = given;
  const { geometry } = context.core;
  const { encoder_attention_heads: heads, d_model: D, encoder_ffn_dim: F } = geometry;
  const { hidden: p, attention, activation } = context.rates;
  const slots = layout.slots;
  const globals = slots === 0 ? "none" : slots <= D / heads ? "few" : "many";
  const weightPath = `${path}.layers.${layer}`;
  const trained = context.trainedUnder(weightPath).filter((name) => globals !== "none" || !name.includes("_global."));
  const variant: EncoderVariant & { part: string } = {
    part: "encoder layer",
    dropout: { hidden: p, output: p, activation, attention, global_attention: attention },
    trained,
    inputTrained,
    keeps: context.keeps,
    globals,
    headMask: inputs.head_mask !== undefined,
  };
  const window = geometry.attention_window[layer]!;
  const site = `encoder.layers.${layer}`;
  const { length, paddedLength } = layout;
  const rows = (name: string, probability: number, width: number): Record<string, Tensor<"bool">> =>
    context.keep(name, `${site}.${name}`, probability, (fill) => rowMask(fill, [batch, length, width], paddedLength));
  const shape = { batch, heads, layout, window };
  return {
    name: "layer",
    path: weightPath,
    variant,
    build: () => encoderLayerGraph(geometry, variant),
    dInputs: inputTrained ? ["d_hidden"] : [],
    feeds: () => ({
      hidden,
      ...layout.feeds,
      half_window: Tensor.from(window / 2, "int64"),
      ...(inputs.head_mask === undefined ? {} : { head_mask: rowOf(inputs.head_mask, layer) }),
    }),
    masks: () => ({
      ...rows("hidden", p, D),
      ...rows("output", p, D),
      ...rows("activation", activation, F),
      ...context.keep("attention", `${site}.attention`, attention, (fill) => windowMask(fill, shape)),
      ...(globals === "none"
        ? {}
        : context.keep("global_attention", `${site}.global_attention`, attention, (fill) =>
            globalAttentionMask(fill, shape),
          )),
    }),
  };
}

/** A layer's row of [L, h]. */
export function rowOf(masks: Floats, layer: number): Floats {
  const heads = masks.dims[1]!;
  return new Tensor("float32", masks.data.subarray(layer * heads, (layer + 1) * heads), [heads]);
}
