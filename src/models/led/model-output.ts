/**
 * What a model call gives back (transformers 4.37.2, utils/generic.py: ModelOutput): fields under the reference's names and in
 * its order. A field that was not computed is absent: `in`, iteration, index, length and to_tuple pass it over.
 *
 *     const out = await model.forward({...});
 *     out.logits; out[0]; "past_key_values" in out; const [loss, logits] = out; out.to_tuple()
 */

/** Tensors, and arrays of them by layer. */
export type OutputValue = object;

export abstract class ModelOutput {
  readonly [index: number]: OutputValue;

  /** `fields` in the reference's order; undefined ones are absent. */
  constructor(fields: Readonly<Record<string, OutputValue | undefined>>) {
    const present = Object.entries(fields).filter(([, value]) => value !== undefined);
    Object.assign(this, Object.fromEntries(present));
    // Not enumerable, so that spreading an output gives its fields once.
    present.forEach(([, value], index) => {
      Object.defineProperty(this, index, { value, enumerable: false });
    });
  }

  /** How many fields there are. */
  get length(): number {
    return Object.keys(this).length;
  }

  keys(): string[] {
    return Object.keys(this);
  }

  /** The values of the fields, in order. */
  to_tuple(): OutputValue[] {
    return Object.values(this);
  }

  [Symbol.iterator](): Iterator<OutputValue> {
    return this.to_tuple()[Symbol.iterator]();
  }
}

/** As return_dict: false gives an output: arrays in place of objects, absent fields left out. */
export type OutputTuple = OutputValue[];
