/** One model, stored in every way: the same outputs, and the bytes bound where they lie. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { convertToSafetensors, openCheckpoint } from "../src/checkpoints/index.ts";
import { LEDConfig } from "../src/config.ts";
import { readBytes } from "../src/files.ts";
import { folderFiles } from "../src/hub/folder.ts";
import { LEDForConditionalGeneration } from "../src/models/led/for-conditional-generation.ts";
import { geometryOf } from "../src/models/led/geometry.ts";
import { conditionalGenerationParameters, tokenTableNames } from "../src/models/led/parameters.ts";
import { bindWeights } from "../src/models/led/weights.ts";
import { tinyLmConfig } from "./support/tiny-lm.ts";

const tinyConfig = (changes: Record<string, number> = {}) => new LEDConfig({ ...tinyLmConfig, ...changes });

const folderOf = (name: string) => fileURLToPath(new URL(`oracle/fixtures/checkpoints/${name}`, import.meta.url));

async function logitsOf(path: string): Promise<number[]> {
  const model = await LEDForConditionalGeneration.from_pretrained(path, { device: "cpu", config: tinyConfig() });
  try {
    const { logits } = await model({ input_ids: [[0, 5, 4, 3, 2]], decoder_input_ids: [[2, 5]] });
    return [...logits.data];
  } finally {
    await model.dispose();
  }
}

describe("torch and safetensors, one file and shards", () => {
  test.each(["tiny_lm_bin", "tiny_lm_shards", "tiny_lm_bin_shards"])("%s computes what tiny_lm does", async (name) => {
    expect(await logitsOf(folderOf(name))).toEqual(await logitsOf(folderOf("tiny_lm")));
  });

  test.each(["tiny_lm", "tiny_lm_bin", "tiny_lm_bin_shards"])(
    "every weight of %s is bound in its file",
    async (name) => {
      const files = folderFiles(folderOf(name));
      const geometry = geometryOf(tinyConfig());
      const parameters = conditionalGenerationParameters(geometry);
      const checkpoint = await openCheckpoint(files);
      const { weights } = await bindWeights(checkpoint, parameters, tokenTableNames(geometry, "led."));
      expect([...weights.keys()]).toEqual(parameters.map((parameter) => parameter.name));
      for (const [parameter, weight] of weights) {
        expect(weight.place, parameter).toBeDefined();
        const bytes = await readBytes(files, weight.place!.path.split(/[\\/]/).at(-1)!);
        const first = new DataView(bytes.buffer, bytes.byteOffset + weight.place!.offset).getFloat32(0, true);
        // Left by `break`, the stream closes its file.
        for await (const chunk of weight.stream()) {
          expect(first, parameter).toBe(chunk[0]);
          break;
        }
      }
    },
  );
});

test("a float16 checkpoint computes in float32 from its rounded weights", async () => {
  const path = await mkdtemp(join(tmpdir(), "led-test-"));
  try {
    const source = folderFiles(folderOf("tiny_lm"));
    const target = folderFiles(path);
    await convertToSafetensors(await openCheckpoint(source), target, { dtype: "fp16" });
    const half = await logitsOf(path);
    const full = await logitsOf(folderOf("tiny_lm"));
    const largest = Math.max(...half.map((value, index) => Math.abs(value - full[index]!)));
    // Eleven significant bits of each weight: near, and not equal.
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.01 * Math.max(...full.map(Math.abs)));
  } finally {
    await rm(path, { recursive: true });
  }
});

test("a checkpoint that does not fit is one error with everything in it", async () => {
  const config = tinyConfig({ encoder_ffn_dim: 64, decoder_layers: 9 });
  await expect(LEDForConditionalGeneration.from_pretrained(folderOf("tiny_lm"), { config })).rejects.toThrow(
    /^load LEDForConditionalGeneration from .*tiny_lm: expected the checkpoint to hold every parameter of the model, in its shape, got \d+ missing: `led\.decoder\.layers.*; 3 of another shape: .*`led\.encoder\.layers\.0\.fc1\.weight` of shape \[64, 4\] is \[3, 4\] in the file/,
  );
});
