/**
 * Arguments of the reference for what is not here: other devices, several processes, the Hub and logging services. Each takes the
 * values that change nothing and throws by name for others.
 */
import { InvalidArgumentError } from "../errors.ts";

interface Refusal {
  /** Compared as JSON. */
  readonly takes: readonly unknown[];
  readonly fix: string;
}

const group = (fix: string, names: { readonly [name: string]: readonly unknown[] }): [string, Refusal][] =>
  Object.entries(names).map(([name, takes]) => [name, { takes, fix }]);

const flags = [false, null];

const refusals: ReadonlyMap<string, Refusal> = new Map([
  ...group("Numbers are float32 here.", {
    fp16: flags,
    bf16: flags,
    fp16_full_eval: flags,
    bf16_full_eval: flags,
    tf32: [null, false],
    fp16_opt_level: ["O1"],
    half_precision_backend: ["auto"],
    fp16_backend: ["auto"],
  }),
  ...group("Training runs on the CPU.", {
    use_cpu: [true, ...flags],
    no_cuda: [true, ...flags],
    use_mps_device: flags,
    use_ipex: flags,
    jit_mode_eval: flags,
    tpu_num_cores: [null],
    tpu_metrics_debug: flags,
    debug: ["", []],
    torch_compile: flags,
    torch_compile_backend: [null],
    torch_compile_mode: [null],
    torchdynamo: [null],
    auto_find_batch_size: flags,
  }),
  ...group("Training runs in one process.", {
    local_rank: [-1, 0],
    ddp_backend: [null],
    ddp_find_unused_parameters: [null],
    ddp_bucket_cap_mb: [null],
    ddp_broadcast_buffers: [null],
    ddp_timeout: [1800],
    fsdp: ["", [], false],
    fsdp_min_num_params: [0],
    fsdp_config: [null, { min_num_params: 0, xla: false, xla_fsdp_grad_ckpt: false }],
    fsdp_transformer_layer_cls_to_wrap: [null],
    deepspeed: [null],
    mp_parameters: [""],
    save_on_each_node: flags,
    log_on_each_node: [true],
    log_level_replica: ["warning"],
    dispatch_batches: [null],
    split_batches: flags,
    dataloader_num_workers: [0],
    dataloader_pin_memory: [true, false],
    dataloader_persistent_workers: flags,
  }),
  ...group("Nothing is uploaded: save the model and upload the folder.", {
    push_to_hub: flags,
    hub_model_id: [null],
    hub_strategy: ["every_save"],
    hub_token: [null],
    hub_private_repo: flags,
    hub_always_push: flags,
    push_to_hub_model_id: [null],
    push_to_hub_organization: [null],
    push_to_hub_token: [null],
  }),
  ...group("Give the trainer a JsonLinesLogCallback, or a callback of your own.", {
    report_to: [null, "none", [], ["none"]],
    logging_dir: [null],
    run_name: [null],
    skip_memory_metrics: [true],
  }),
  ...group("Warnings go where setLogger sends them.", { log_level: ["passive"] }),
  ...group("Outputs lie in main memory already; preprocess_logits_for_metrics makes them small.", {
    eval_accumulation_steps: [null],
  }),
  ...group("Set group_by_length.", { sortish_sampler: flags }),
  ...group("Recomputation has no settings here.", { gradient_checkpointing_kwargs: [null, {}] }),
  ...group("There is one loop for evaluation and prediction.", { use_legacy_prediction_loop: flags }),
  ...group("LED has no such state.", { past_index: [-1] }),
  ...group("Dropout is the only noise here.", { neftune_noise_alpha: [null] }),
  ...group("Settings of optimisers are arguments of their own.", { optim_args: [null] }),
  ...group("There is no search for settings here.", { ray_scope: ["last"] }),
  // Everything is deterministic always.
  ...group("", { full_determinism: [true, false] }),
]);

export const refusedNames: readonly string[] = [...refusals.keys()];

/** Throws where one of these arguments has a value that would have to do something. */
export function refuseArguments(operation: string, options: { readonly [name: string]: unknown }): void {
  for (const [name, value] of Object.entries(options)) {
    const refusal = refusals.get(name);
    if (refusal === undefined || value === undefined) continue;
    const { takes, fix } = refusal;
    if (takes.some((taken) => JSON.stringify(taken) === JSON.stringify(value))) continue;
    throw new InvalidArgumentError({
      operation,
      expected: `\`${name}\` to be ${takes.map((taken) => JSON.stringify(taken)).join(" or ")}`,
      got: JSON.stringify(value) ?? String(value),
      fix,
    });
  }
}
