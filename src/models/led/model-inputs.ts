/** The inputs of a model call, from what people pass: tensors or nested arrays of numbers. */
import { InvalidArgumentError } from "../../errors.ts";
import { type NestedNumbers, Tensor, type TensorType } from "../../tensor.ts";

export type TensorLike = Tensor | NestedNumbers;

export interface EncoderOutputs {
  /** [B, S, D] */
  readonly last_hidden_state: Tensor;
}

/** As a tensor of the type that the graph takes. */
export function asTensor<T extends TensorType>(value: TensorLike, type: T): Tensor<T> {
  return value instanceof Tensor ? value.to(type) : (Tensor.from(value, type) as Tensor<T>);
}

/** Token ids, int64 [B, n], each a row of a table of `rows`. */
export function tokenIds(name: string, value: TensorLike, rows: number): Tensor<"int64"> {
  const ids = asTensor(value, "int64");
  requireRows(name, ids);
  const limit = BigInt(rows);
  const bad = ids.data.findIndex((id) => id < 0n || id >= limit);
  if (bad >= 0) {
    throw new InvalidArgumentError({
      operation: name,
      expected: `ids from 0 to ${rows - 1} (vocab_size ${rows})`,
      got: `${ids.data[bad]} at [${Math.floor(bad / ids.dims[1]!)}, ${bad % ids.dims[1]!}]`,
      fix: "Is this the tokenizer that belongs to the model?",
    });
  }
  return ids;
}

function requireRows(operation: string, { dims }: Tensor): void {
  if (dims.length === 2) return;
  throw new InvalidArgumentError({
    operation,
    expected: "a batch of rows of ids, [batch, length]",
    got: `dims [${dims.join(", ")}]`,
    fix: "Put a single row of ids in an array: [ids].",
  });
}

/** decoder ids from labels or source ids (reference: shift_tokens_right): start token first, -100 becomes the pad token. */
export function shiftTokensRight(
  ids: Tensor<"int64">,
  padTokenId: number | null,
  startTokenId: number | null,
): Tensor<"int64"> {
  if (padTokenId === null || startTokenId === null) {
    throw new InvalidArgumentError({
      operation: "shift_tokens_right",
      says:
        padTokenId === null
          ? "config.pad_token_id has to be defined."
          : "config.decoder_start_token_id has to be defined.",
    });
  }
  requireRows("shift_tokens_right", ids);
  const [batch, length] = ids.dims as [number, number];
  const shifted = Tensor.zeros("int64", ids.dims);
  for (let row = 0; row < batch; row++) {
    for (let at = 0; at < length; at++) {
      const id = at === 0 ? BigInt(startTokenId) : ids.data[row * length + at - 1]!;
      shifted.data[row * length + at] = id === -100n ? BigInt(padTokenId) : id;
    }
  }
  return shifted;
}
