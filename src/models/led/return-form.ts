/** An output as the call wants it: the object, or nested arrays without names where return_dict is false. */
import type { ModelOutput, OutputTuple } from "./model-output.ts";

/** The type of a call's result, as far as its argument tells. */
export type Asked<I, O> = I extends { return_dict: false } ? OutputTuple : O;

export function inForm<I, O extends ModelOutput>(output: O, { return_dict }: { return_dict: boolean }): Asked<I, O> {
  return (return_dict ? output : output.to_tuple()) as Asked<I, O>;
}
