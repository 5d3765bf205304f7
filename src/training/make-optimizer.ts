/** The optimiser that the arguments name (transformers 4.37.2, trainer.py: create_optimizer, get_optimizer_cls_and_kwargs). */
import { Adafactor } from "./adafactor.ts";
import { AdamW, withoutDecay } from "./adamw.ts";
import type { OptimizerName } from "./argument-fields.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Trainable } from "./parameters.ts";

type Make = (args: Seq2SeqTrainingArguments, model: Trainable) => Optimizer;

const makers: { readonly [N in OptimizerName]: Make } = {
  adamw_torch: ({ learning_rate: lr, weight_decay, adam_beta1, adam_beta2, adam_epsilon: eps }, model) =>
    new AdamW(model, { lr, betas: [adam_beta1, adam_beta2], eps, weight_decay, no_decay: withoutDecay }),
  adafactor: ({ learning_rate: lr, weight_decay }, model) =>
    new Adafactor(model, {
      ...{ lr, weight_decay, no_decay: withoutDecay },
      ...{ scale_parameter: false, relative_step: false },
    }),
};

export const makeOptimizer: Make = (args, model) => makers[args.optim](args, model);
