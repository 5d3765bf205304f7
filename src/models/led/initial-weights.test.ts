import { describe, expect, test } from "vitest";
import { LEDConfig } from "../../config.ts";
import { elementCount } from "../../tensor.ts";
import { type ClassName, classNames, classSpec } from "./class-specs.ts";
import { geometryOf } from "./geometry.ts";
import { type InitialWeightOptions, initialWeight } from "./initial-weights.ts";

const options: InitialWeightOptions = { init_std: 0.02, seed: 11, padding_idx: 1 };

async function numbers(name: string, shape: number[], changed: Partial<InitialWeightOptions> = {}): Promise<number[]> {
  const weight = initialWeight(name, shape, { ...options, ...changed });
  expect(weight.shape).toEqual(shape);
  const parts: number[] = [];
  for await (const chunk of weight.stream()) for (const value of chunk) parts.push(value);
  expect(parts).toHaveLength(elementCount(shape));
  return parts;
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const squares = (values: number[]): number[] => values.map((value) => value * value);

/** Mean and standard deviation within 4 standard errors of those of N(0, std^2). */
function expectNormal(values: number[], std: number): void {
  const n = values.length;
  expect(Math.abs(mean(values))).toBeLessThan((4 * std) / Math.sqrt(n));
  expect(Math.abs(Math.sqrt(mean(squares(values))) - std)).toBeLessThan((4 * std) / Math.sqrt(2 * n));
}

describe("the kind of every parameter", () => {
  const sizes = { vocab_size: 23, d_model: 12, encoder_layers: 2, decoder_layers: 2, attention_window: 4 };
  const heads = { encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 10, decoder_ffn_dim: 14 };
  const cases: [ClassName, "encoder" | "decoder"][] = classNames.flatMap(
    (name): [ClassName, "encoder" | "decoder"][] =>
      /Sequence|Question/.test(name)
        ? [
            [name, "decoder"],
            [name, "encoder"],
          ]
        : [[name, "decoder"]],
  );

  test.each(cases)("%s with its head over the %s", async (className, head) => {
    const config = new LEDConfig({ ...sizes, ...heads, head, tie_word_embeddings: false, pad_token_id: 1 });
    const { entries } = classSpec(className, config, geometryOf(config));
    expect(entries.length).toBeGreaterThan(20);
    for (const { name, shape } of entries) {
      const values = await numbers(name, [...shape]);
      const constant = /norm\w*\.weight$/.test(name) ? 1 : /bias$/.test(name) ? 0 : undefined;
      if (constant !== undefined)
        expect(
          values.every((value) => value === constant),
          name,
        ).toBe(true);
      else if (values.length > 100)
        expectNormal(
          values.filter((value) => value !== 0),
          0.02,
        );
    }
  });

  test.each(["shared.weight", "led.encoder.embed_tokens.weight", "embed_tokens.weight"])(
    "%s has zeros at the padding row and nowhere else",
    async (name) => {
      for (const padding_idx of [1, 0, 6, -7]) {
        const values = await numbers(name, [7, 5], { padding_idx });
        const row = (padding_idx + 7) % 7;
        expect(values.map((value, i) => (value === 0 ? Math.floor(i / 5) : -1)).filter((at) => at >= 0)).toEqual(
          Array.from({ length: 5 }, () => row),
        );
      }
      expect(await numbers(name, [7, 5], { padding_idx: null })).not.toContain(0);
    },
  );

  test.each(["lm_head.weight", "encoder.embed_positions.weight", "encoder.layers.0.fc1.weight"])(
    "%s has no padding row",
    async (name) => expect(await numbers(name, [7, 5])).not.toContain(0),
  );

  test("a padding row that two chunks share", async () => {
    // Chunks are of 2^18 floats; row 2 of 100,003 begins in the first and ends in the second.
    const values = await numbers("shared.weight", [4, 100_003], { padding_idx: 2 });
    const zeros = values.map((value, i) => (value === 0 ? i : -1)).filter((at) => at >= 0);
    expect([zeros[0], zeros.at(-1), zeros.length]).toEqual([200_006, 300_008, 100_003]);
    const whole = await numbers("shared.weight", [4, 100_003], { padding_idx: null });
    expect(values.filter((_, i) => i < 200_006 || i > 300_008)).toEqual(
      whole.filter((_, i) => i < 200_006 || i > 300_008),
    );
  });
});

describe("the numbers", () => {
  const shape = [300, 1000];

  test.each([0.02, 1, 0.3])("are N(0, %s^2)", async (init_std) => {
    for (const name of ["encoder.layers.0.fc1.weight", "decoder.embed_positions.weight", "lm_head.weight"]) {
      expectNormal(await numbers(name, shape, { init_std }), init_std);
    }
  });

  test("of different names and seeds are independent", async () => {
    const count = elementCount(shape);
    const all = await Promise.all([
      numbers("encoder.layers.0.fc1.weight", shape),
      numbers("encoder.layers.0.fc2.weight", shape),
      numbers("encoder.layers.1.fc1.weight", shape),
      numbers("decoder.layers.0.fc1.weight", shape),
      numbers("encoder.layers.0.fc1.weight", shape, { seed: 12 }),
      numbers("encoder.layers.0.fc1.weight", shape, { seed: 0 }),
    ]);
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1)) {
        const product = a.reduce((sum, value, at) => sum + (value / 0.02) * (b[at]! / 0.02), 0) / count;
        expect(Math.abs(product)).toBeLessThan(4 / Math.sqrt(count));
      }
    }
  });

  test("are the same for the same seed, however often and wherever they are asked for", async () => {
    const weight = initialWeight("led.decoder.layers.1.encoder_attn.q_proj.weight", [64, 64], options);
    const streams = [weight.stream(), weight.stream()].map(async (stream) => {
      for await (const chunk of stream) return chunk;
      return undefined;
    });
    const [first, second] = await Promise.all(streams);
    expect(first).toEqual(second);
    expect(await numbers("decoder.layers.1.encoder_attn.q_proj.weight", [64, 64])).toEqual([...first!]);
  });

  test("are streamed in chunks of at most 1 MB that are the caller's", async () => {
    let count = 0;
    const buffers = new Set<ArrayBufferLike>();
    for (const name of ["fc1.weight", "final_layer_norm.weight"]) {
      for await (const chunk of initialWeight(name, [600, 1000], options).stream()) {
        expect(chunk.byteLength).toBeLessThanOrEqual(2 ** 20);
        buffers.add(chunk.buffer);
        count++;
      }
    }
    expect(count).toBe(6);
    expect(buffers.size).toBe(6);
  });
});

test.each([
  "encoder.layers.0.fc3.weight",
  "shared.bias",
  "encoder.embed_positions.bias",
  "fc1",
  "fc1.gamma",
  "weight",
  "led",
  "",
])("%j is no parameter", (name) => {
  expect(() => initialWeight(name, [2], options)).toThrow(
    expect.objectContaining({
      name: "InternalError",
      message: `internal: initialise a weight: expected the name of a parameter of an LED, got \`${name}\`. Please report this.`,
    }),
  );
});

test.each([7, -8, 0.5])("padding row %d of 7 is refused", (padding_idx) => {
  expect(() => initialWeight("shared.weight", [7, 3], { ...options, padding_idx })).toThrow(
    "Padding_idx must be within num_embeddings (initialise `shared.weight`: expected a row of the 7, " +
      `got ${padding_idx}) Set the config's pad_token_id to a token of the vocabulary.`,
  );
});
