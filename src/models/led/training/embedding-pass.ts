/**
 * Looks tokens and positions up and normalises them, and adds the gradients to the rows that were read (transformers 4.37.2,
 * modeling_led.py: the first lines of LEDEncoder.forward and LEDDecoder.forward). The pad token's row gets none from being read, as
 * with padding_idx of torch.nn.Embedding.
 *
 * B batch, n positions, D d_model.
 */
import { Tensor } from "../../../tensor.ts";
import { cutSequence, padSequence } from "../sequence-masks.ts";
import { rowMask } from "./dropout-masks.ts";
import { embeddingGraph, type PartVariant } from "./part-graphs.ts";
import { type PartRun, runBackward, runForward } from "./part-run.ts";
import type { TrainingContext } from "./training-context.ts";

type Floats = Tensor<"float32">;

export interface EmbeddingInputs {
  /** Of the encoder or decoder in the model. */
  readonly path: string;
  /** "encoder" or "decoder", in the names of sites. */
  readonly side: string;
  /** int64 [B, n], or float32 [B, n, D] embeddings. */
  readonly source: Tensor<"int64"> | Floats;
  /** Positions to compute for, n or more. */
  readonly length: number;
}

export interface Embedded {
  /** [B, length, D] */
  readonly hidden: Floats;
  /** Whether a gradient of `hidden` is of use. */
  readonly trained: boolean;
  backward(dHidden: Floats): Promise<void>;
}

export async function embed(context: TrainingContext, inputs: EmbeddingInputs): Promise<Embedded> {
  const { path, side, source, length } = inputs;
  const { config } = context.core.loaded;
  const [batch, own] = source.dims as [number, number];
  const names = { tokens: `${path}.embed_tokens.weight`, positions: `${path}.embed_positions.weight` };
  const [tokens, positions] = [context.weight(names.tokens), context.weight(names.positions)];
  const D = positions.dims[1]!;
  const rows = source.type === "int64" ? lookUp(source, tokens) : source;
  const looked = {
    tokens: source.type === "int64" && context.isTrained(names.tokens),
    positions: context.isTrained(names.positions),
  };
  const norm = context.trainedUnder(path).filter((name) => name.startsWith("layernorm_embedding."));
  const inputTrained = looked.tokens || looked.positions;
  const p = context.rates.hidden;
  const variant: PartVariant & { part: string } = {
    part: "embed",
    dropout: { embed: p },
    trained: norm,
    inputTrained,
    keeps: false,
  };
  const part: PartRun = {
    name: "embed",
    path,
    variant,
    build: () => embeddingGraph(D, variant),
    dInputs: inputTrained ? ["d_tokens", "d_positions"] : [],
    feeds: () => ({
      tokens: padSequence(rows, length),
      positions: firstRows(positions, length),
    }),
    masks: () => context.keep("embed", `${side}.embed`, p, (fill) => rowMask(fill, [batch, own, D], length)),
  };
  const ran = await runForward(context, part);
  return {
    hidden: ran.output,
    trained: inputTrained || norm.length > 0,
    async backward(dHidden) {
      const { d_tokens, d_positions } = await runBackward(context, part, ran, dHidden);
      const { gradients } = context;
      if (looked.positions) {
        const first = Array.from({ length: own }, (_, at) => at);
        gradients.addRows(
          context.stored(names.positions),
          positions.dims as [number, number],
          first,
          d_positions!.data,
        );
      }
      if (!looked.tokens || source.type !== "int64") return;
      const ids = Array.from(source.data, (id) => (Number(id) === config.pad_token_id ? -1 : Number(id)));
      const dRows = cutSequence(d_tokens!, own).data;
      gradients.addRows(context.stored(names.tokens), tokens.dims as [number, number], ids, dRows);
    },
  };
}

/** ids [B, n] -> [B, n, D] */
function lookUp(ids: Tensor<"int64">, table: Floats): Floats {
  const D = table.dims[1]!;
  const rows = Tensor.zeros("float32", [...ids.dims, D]);
  ids.data.forEach((id, at) => {
    rows.data.set(table.data.subarray(Number(id) * D, (Number(id) + 1) * D), at * D);
  });
  return rows;
}

/** [length, D]: padding beyond the table repeats nothing that anybody reads. */
function firstRows(table: Floats, length: number): Floats {
  const [rows, D] = table.dims as [number, number];
  if (length <= rows) return new Tensor("float32", table.data.subarray(0, length * D), [length, D]);
  const padded = Tensor.zeros("float32", [length, D]);
  padded.data.set(table.data);
  return padded;
}
