/** The flags of `addComputeOptions`, and what they are to from_pretrained. */
import type { DType } from "../models/led/model-weights.ts";
import type { Device } from "../platform/platform.ts";

export interface ComputeFlags {
  readonly device: Device;
  readonly dtype?: DType;
  readonly threads?: number;
}

export function computeOptions({ device, dtype, threads }: ComputeFlags) {
  return {
    device,
    ...(dtype === undefined ? {} : { dtype }),
    ...(threads === undefined ? {} : { num_threads: threads }),
  };
}
