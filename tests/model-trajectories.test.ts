/** Losses of twenty steps of training against torch's (tests/oracle/model_trajectories.py): gradients, clipping, AdamW, schedule. */
import { expect, test } from "vitest";
import { AdamW, clipGradients, get_scheduler } from "../src/index.ts";
import { argumentsOf, cases, modelOf } from "./support/gradient-cases.ts";
import { readFixture } from "./support/oracle.ts";

interface Fixture {
  readonly steps: number;
  readonly settings: {
    readonly lr: number;
    readonly weight_decay: number;
    readonly max_grad_norm: number;
    readonly warmup_steps: number;
  };
  readonly runs: readonly { readonly case: string; readonly losses: readonly number[] }[];
}

const { steps, settings, runs } = readFixture<Fixture>("model-trajectories.json");

test.each(runs)("$case", async ({ case: name, losses }) => {
  const one = cases.find((other) => other.name === name)!;
  const model = await modelOf(one, "cpu");
  try {
    if (one.train !== undefined) model.train();
    const { lr, weight_decay, max_grad_norm, warmup_steps } = settings;
    const optimizer = new AdamW(model, { lr, weight_decay });
    const schedule = get_scheduler("linear", optimizer, { num_warmup_steps: warmup_steps, num_training_steps: steps });
    for (const [step, expected] of losses.entries()) {
      const draws = one.train && { ...one.train, dropout_step: one.train.dropout_step + step };
      const { loss, gradients } = await model.loss_and_gradients({ ...argumentsOf(one), ...draws });
      expect(Math.abs(loss.item() / expected - 1), `step ${step}`).toBeLessThan(1e-4);
      clipGradients(gradients, max_grad_norm);
      optimizer.step(gradients);
      schedule.step();
    }
  } finally {
    await model.dispose();
  }
});
