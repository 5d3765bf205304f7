import { expect, test } from "vitest";
import { LEDConfig } from "../../config.ts";
import { geometryOf } from "./geometry.ts";
import { estimateMemory } from "./memory.ts";

test("led-base: within a tenth of the peaks that were measured", () => {
  const config = new LEDConfig({
    d_model: 768,
    encoder_layers: 6,
    decoder_layers: 6,
    encoder_attention_heads: 12,
    decoder_attention_heads: 12,
    encoder_ffn_dim: 3072,
    decoder_ffn_dim: 3072,
  });
  const geometry = geometryOf(config);
  for (const [tokens, measured] of [
    [1024, 1060e6],
    [4096, 1283e6],
    [16384, 2081e6],
  ] as const) {
    const { peak, weights } = estimateMemory(geometry, tokens);
    expect(Math.abs(peak / measured - 1)).toBeLessThan(0.1);
    // 162 million parameters, the token table once.
    expect(weights).toBe(4 * 161_844_480);
  }
});
