/** save_pretrained of every class in every form of file, and back. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  LEDConfig,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDModel,
} from "../src/index.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig } from "./support/tiny-led.ts";

const ids = [[0, 5, 9, 12, 7, 21, 2]];
const classes = { LEDModel, LEDForConditionalGeneration, LEDForSequenceClassification, LEDForQuestionAnswering };
const { kept, folder } = modelScene();
const tiny = (): LEDConfig => LEDConfig.from_dict({ ...tinyConfig, init_std: 0.2 });

describe("save_pretrained", () => {
  const forms = [
    ["one safetensors file", {}, ["model.safetensors"]],
    ["shards", { max_shard_size: "1KB" }, ["model.safetensors.index.json"]],
    ["torch's format", { safe_serialization: false }, ["pytorch_model.bin"]],
    [
      "torch's format, in shards",
      { safe_serialization: false, max_shard_size: 1000 },
      ["pytorch_model.bin.index.json"],
    ],
  ] as const;

  test.each(
    forms.flatMap(([form, options, files]) =>
      (Object.keys(classes) as (keyof typeof classes)[]).map((name) => ({ name, form, options, files })),
    ),
  )("$name as $form comes back the same", async ({ name, options, files }) => {
    const { at } = await folder();
    // One of the four: they share what is done here, and the compiler cannot see that of their union.
    const Class = classes[name] as typeof LEDModel;
    const model = kept(await Class.from_config(tiny(), { seed: 6 }));
    const written = await model.save_pretrained(at("saved"), options);
    expect(written).toEqual(expect.arrayContaining(["config.json", ...files]));
    const names = await readdir(at("saved"));
    expect(names.filter((file) => file !== "generation_config.json").sort()).toEqual(written.sort());
    const [loaded, info] = await Class.from_pretrained(at("saved"), { output_loading_info: true });
    kept(loaded);
    expect(info).toEqual({ missing_keys: [], unexpected_keys: [], mismatched_keys: [], error_msgs: [] });
    const [before, after] = [await model.state_dict(), await loaded.state_dict()];
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [key, tensor] of before) expect(after.get(key)!.data).toEqual(tensor.data);
    const config = JSON.parse(await readFile(join(at("saved"), "config.json"), "utf8"));
    expect(config).toMatchObject({ architectures: [name], torch_dtype: "float32", model_type: "led" });
  });

  test("half precision is saved as such and rounds once", async () => {
    const { at } = await folder();
    const model = kept(await LEDModel.from_config(tiny(), { dtype: "fp16" }));
    await model.save_pretrained(at("half"));
    const loaded = kept(await LEDModel.from_pretrained(at("half")));
    expect(loaded.config.torch_dtype).toBe("float16");
    const [before, after] = [await model({ input_ids: ids }), await loaded({ input_ids: ids })];
    expect(after.last_hidden_state.data).toEqual(before.last_hidden_state.data);
    expect((await model.state_dict()).get("shared.weight")!.type).toBe("float16");
  });

  test("what a load would prefer, or the model itself reads, is not saved over", async () => {
    const { at } = await folder();
    const model = kept(await LEDModel.from_config(tiny()));
    await model.save_pretrained(at("saved"));
    await expect(model.save_pretrained(at("saved"), { safe_serialization: false })).rejects.toThrow(
      /without model\.safetensors, which a load prefers to pytorch_model\.bin/,
    );
    const loaded = kept(await LEDModel.from_pretrained(at("saved")));
    await expect(loaded.save_pretrained(at("saved"))).rejects.toThrow(/another folder/);
    // Saving anew from memory replaces the file.
    await model.save_pretrained(at("saved"));
    await expect(model.save_pretrained(at("x"), { max_shard_size: "5 GB" })).rejects.toThrow(/valid format/);
    await expect(model.save_pretrained(at("x"), { variant: "a" } as object)).rejects.toThrow(/variant/);
  });

  test("an aborted save leaves no config that would make the folder a model", async () => {
    const { at } = await folder();
    const model = kept(await LEDModel.from_config(tiny()));
    const signal = AbortSignal.abort();
    await expect(model.save_pretrained(at("aborted"), { signal })).rejects.toThrow(/abort/i);
    await expect(readdir(at("aborted"))).rejects.toThrow(/ENOENT/);
  });
});
