import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { AdamW } from "./adamw.ts";
import type { Optimizer } from "./optimizer.ts";
import { get_scheduler, type SchedulerOptions, type SchedulerSettings, type SchedulerType } from "./schedules.ts";

interface Case {
  readonly name: SchedulerType;
  readonly options: SchedulerOptions;
  readonly rates: readonly number[];
}

const { schedules, plateaus } = readFixture<{
  schedules: Case[];
  plateaus: { settings: SchedulerSettings; metrics: number[]; rates: number[] }[];
}>("optimizers.json");

const optimizer = (lr = 0.1): Optimizer =>
  new AdamW({ trainable_parameters: () => new Map(), parameters_changed() {} }, { lr });

test.each(schedules.map((one) => [`${one.name} ${JSON.stringify(one.options)}`, one] as const))(
  "%s",
  (_, { name, options, rates }) => {
    const own = optimizer();
    const scheduler = get_scheduler(name, own, options);
    const seen = rates.map(() => {
      const rate = own.lr!;
      expect(scheduler.get_last_lr()).toBe(rate);
      scheduler.step();
      return rate;
    });
    for (const [i, rate] of seen.entries()) expect(rate, `step ${i}`).toBeCloseTo(rates[i]!, 14);

    const [other, place] = [optimizer(), scheduler.state_dict()];
    get_scheduler(name, other, options).load_state_dict(place);
    expect(other.lr).toBe(own.lr);
  },
);

test.each(plateaus)("reduce_lr_on_plateau $settings", ({ settings, metrics, rates }) => {
  const own = optimizer();
  const scheduler = get_scheduler("reduce_lr_on_plateau", own, { scheduler_specific_kwargs: settings });
  const half = metrics.length / 2;
  metrics.slice(0, half).forEach((metric, i) => {
    scheduler.step(metric);
    expect(own.lr, `evaluation ${i}`).toBeCloseTo(rates[i]!, 14);
  });
  const later = optimizer();
  const resumed = get_scheduler("reduce_lr_on_plateau", later, { scheduler_specific_kwargs: settings });
  resumed.load_state_dict(scheduler.state_dict());
  metrics.slice(half).forEach((metric, i) => {
    resumed.step(metric);
    expect(later.lr, `evaluation ${half + i}`).toBeCloseTo(rates[half + i]!, 14);
  });
});

describe("refuses", () => {
  const both = { num_warmup_steps: 1, num_training_steps: 4 };
  test.each<[string, SchedulerType, SchedulerOptions, string]>([
    ["an unknown schedule", "linaer" as SchedulerType, both, 'got linaer. Did you mean "linear"?'],
    [
      "no warm-up",
      "linear",
      { num_training_steps: 4 },
      "linear requires `num_warmup_steps`, please provide that argument.",
    ],
    [
      "no end",
      "cosine",
      { num_warmup_steps: 1 },
      "cosine requires `num_training_steps`, please provide that argument.",
    ],
    ["settings of another", "linear", { ...both, scheduler_specific_kwargs: { num_cycles: 2 } }, "num_cycles"],
    [
      "an end above the beginning",
      "polynomial",
      { ...both, scheduler_specific_kwargs: { lr_end: 1 } },
      "lr_end (1) must be be smaller than initial lr (0.1)",
    ],
    [
      "no time scale",
      "inverse_sqrt",
      { num_warmup_steps: 0 },
      "expected `timescale`, or `num_warmup_steps`, above 0, got 0",
    ],
    ["a factor of 1", "reduce_lr_on_plateau", { scheduler_specific_kwargs: { factor: 1 } }, "Factor should be < 1.0."],
  ])("%s", (_, name, options, message) => {
    expect(() => get_scheduler(name, optimizer(), options)).toThrow(message);
  });

  test("a plateau without a metric", () => {
    expect(() => get_scheduler("reduce_lr_on_plateau", optimizer()).step()).toThrow("expected a metric, got none");
  });
});
