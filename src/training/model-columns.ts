/** Which features of a row a model takes (transformers 4.37.2, trainer.py: RemoveColumnsCollator; utils/generic.py: find_labels). */
import { seq2seqInputNames } from "../models/led/forward-inputs.ts";
import { classNameOf, type TrainableModel } from "./trainable-model.ts";
import type { Features } from "./training-dataset.ts";

/** Inputs that are labels, by the model's class. */
export function defaultLabelNames(model: TrainableModel): readonly string[] {
  return classNameOf(model).includes("QuestionAnswering") ? ["start_positions", "end_positions"] : ["labels"];
}

/** The row without features that the model's forward does not know. A model says which it knows, or knows LED's. */
export function withoutUnused(row: Features, model: TrainableModel, label_names: readonly string[]): Features {
  const known: readonly string[] = model.forward_inputs ?? seq2seqInputNames;
  const collected = ["label", "label_ids"];
  return Object.fromEntries(
    Object.entries(row).filter(
      ([name]) => known.includes(name) || label_names.includes(name) || collected.includes(name),
    ),
  );
}
