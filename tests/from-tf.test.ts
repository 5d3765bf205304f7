/** PyTorch's classes from weights that transformers saved on TensorFlow (tests/oracle/tf_checkpoints.py). */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { LEDForConditionalGeneration, LEDForQuestionAnswering, LEDModel } from "../src/index.ts";
import { classWeights } from "./counter-weights.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { modelScene } from "./support/model-scene.ts";
import { distance, type OracleTensor, readFixture } from "./support/oracle.ts";
import { tensorFlowFolder } from "./support/tensorflow-files.ts";

interface Fixture {
  readonly model: CounterModel;
  readonly inputs: { readonly input_ids: number[][]; readonly decoder_input_ids: number[][] };
  readonly folders: readonly {
    readonly folder: string;
    readonly TFLEDForConditionalGeneration: { readonly outputs: { readonly logits: OracleTensor } };
    readonly TFLEDModel: { readonly outputs: { readonly last_hidden_state: OracleTensor } };
  }[];
}

const { model, inputs, folders } = readFixture<Fixture>("tf-checkpoints.json");
const weights = new Map(classWeights(model.config, "LEDForConditionalGeneration", model.seed, model.scales));
const pathOf = (folder: string): string =>
  fileURLToPath(new URL(`oracle/fixtures/tf-checkpoints/${folder}`, import.meta.url));
const { kept, said } = modelScene();

/** The metadata of safetensors say what they are. */
const asked = (folder: string) => (folder === "tf-safetensors" ? {} : { from_tf: true });

describe("from_tf", () => {
  test.each(folders)("$folder: the numbers that TensorFlow computes", async (row) => {
    for (const source of [pathOf(row.folder), tensorFlowFolder(row.folder)]) {
      const lm = kept(await LEDForConditionalGeneration.from_pretrained(source, asked(row.folder)));
      expect(distance((await lm(inputs)).logits, row.TFLEDForConditionalGeneration.outputs.logits)).toBeLessThan(1e-4);
      const base = kept(await LEDModel.from_pretrained(source, asked(row.folder)));
      const { last_hidden_state } = await base(inputs);
      expect(distance(last_hidden_state, row.TFLEDModel.outputs.last_hidden_state)).toBeLessThan(1e-4);
    }
  });

  // Upstream drops final_logits_bias on the way from TensorFlow, without a word.
  test("every weight is there, bit for bit, final_logits_bias too", async () => {
    const options = { from_tf: true, output_loading_info: true } as const;
    const [lm, info] = await LEDForConditionalGeneration.from_pretrained(tensorFlowFolder("lm"), options);
    const state = await kept(lm).state_dict();
    for (const [name, expected] of weights) expect(state.get(name)!.data).toEqual(expected.data);
    expect(state.get("lm_head.weight")!.data).toEqual(weights.get("led.shared.weight")!.data);
    expect(info).toEqual({ missing_keys: [], unexpected_keys: [], mismatched_keys: [], error_msgs: [] });
  });

  test("heads that TensorFlow does not have are new", async () => {
    const qa = kept(await LEDForQuestionAnswering.from_pretrained(tensorFlowFolder("base"), { from_tf: true }));
    expect(said.join()).toContain("newly initialized: ['qa_outputs.bias', 'qa_outputs.weight']");
    const state = await qa.state_dict();
    expect(state.get("led.shared.weight")!.data).toEqual(weights.get("led.shared.weight")!.data);
  });

  test("weights of other shapes, a table that is not the head's, and contradicting options are refused", async () => {
    const lm = (options: Record<string, unknown>) =>
      LEDForConditionalGeneration.from_pretrained(tensorFlowFolder("lm"), options);
    await expect(lm({ from_tf: true, encoder_ffn_dim: 6 })).rejects.toThrow(
      /`led\.encoder\.layers\.0\.fc1\.weight` of shape \[6, 6\] is \[5, 6\] in the file/,
    );
    await expect(lm({ from_tf: true, decoder_layers: 2 })).rejects.toThrow(/missing: `led\.decoder\.layers\.1/);
    await expect(lm({ from_tf: true, tie_word_embeddings: false })).rejects.toThrow(/1 missing: `lm_head\.weight`/);
    await expect(lm({ from_tf: "yes" })).rejects.toThrow(/`from_tf` to be true or false/);
    await expect(lm({ from_tf: true, state_dict: new Map() })).rejects.toThrow(/`from_tf` or `state_dict`, got both/);
    await expect(lm({})).rejects.toThrow(/Use `from_tf=True` to load this model from those weights/);
  });

  test("other number formats are made of them", async () => {
    const half = kept(await LEDModel.from_pretrained(pathOf("lm"), { from_tf: true, dtype: "fp16" }));
    const bytes = kept(await LEDModel.from_pretrained(pathOf("lm"), { from_tf: true, dtype: "q8" }));
    const { last_hidden_state } = folders[0]!.TFLEDModel.outputs;
    for (const one of [half, bytes]) {
      expect(distance((await one(inputs)).last_hidden_state, last_hidden_state)).toBeLessThan(0.1);
    }
  });
});
