import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { readFixture, tinyText } from "../../../tests/support/tokenizer-fixtures.ts";
import { memoryFiles } from "../../files.ts";
import { LEDTokenizer } from "../led-tokenizer.ts";
import { leastVocabSize, trainTokenizer } from "../train-tokenizer.ts";
import { splitPieces } from "./split.ts";
import { type TrainBytePairsOptions, type TrainingProgress, type TrainingTexts, trainBytePairs } from "./trainer.ts";

interface TrainingCase {
  name: string;
  texts: string[];
  options: TrainBytePairsOptions;
  tokens: string[];
  merges: string[];
}

const { cases } = readFixture<{ cases: TrainingCase[] }>("training.json");
const small = cases[0]!;

async function trained(texts: TrainingTexts, options: TrainBytePairsOptions) {
  const { vocab, merges } = await trainBytePairs(texts, options);
  expect([...vocab.values()]).toEqual([...vocab.keys()].map((_, id) => id));
  return { tokens: [...vocab.keys()], merges: merges.map((merge) => merge.join(" ")) };
}

async function* oneByOne(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

describe("trainBytePairs gives what the reference gives:", () => {
  it.each(cases.map((row) => [row.name, row] as const))("%s", async (_, { texts, options, tokens, merges }) => {
    expect(await trained(texts, options)).toEqual({ tokens, merges });
  });

  it("the small vocabulary of all tests, file for file", async () => {
    const tokenizer = await trainTokenizer(small.texts, { vocab_size: 1000, min_frequency: 1, model_max_length: 512 });
    const files = memoryFiles([]);
    const names = await tokenizer.save_pretrained(files);
    expect(names.sort()).toEqual(["merges.txt", "special_tokens_map.json", "tokenizer_config.json", "vocab.json"]);
    for (const name of names) expect(new TextDecoder().decode(files.contents.get(name))).toBe(tinyText(name));
  });
});

describe("the result hangs on the texts alone:", () => {
  const options = { min_frequency: 1, vocab_size: 400 };

  it("whatever gives them", async () => {
    const expected = await trained(small.texts.concat(cases[4]!.texts), options);
    const texts = [...small.texts, ...cases[4]!.texts];
    expect(await trained(new Set(texts), options)).toEqual(expected);
    expect(await trained(oneByOne(texts), options)).toEqual(expected);
  });

  it("in any order, also where all counts are equal", async () => {
    const texts = cases.find(({ name }) => name === "many ties")!.texts;
    const expected = await trained(texts, options);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(texts, { minLength: texts.length }), async (shuffled) => {
        expect(await trained(shuffled, options)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("cut anywhere that pieces end", async () => {
    const lines = small.texts[0]!.split("\n").filter((line) => line !== "");
    const whole = await trained([lines.join(" ")], options);
    const cut = lines.map((line, index) => (index === 0 ? line : ` ${line}`));
    expect(await trained(cut, options)).toEqual(whole);
  });

  it("with lone surrogates read as U+FFFD", async () => {
    const expected = await trained(["a\ufffdb\ufffdb"], options);
    expect(await trained(["a\ud800b\udfffb"], options)).toEqual(expected);
  });

  it("with add_prefix_space, as if the spaces were there", async () => {
    const expected = await trained([" low", " low", "", " lower"], options);
    expect(await trained(["low", " low", "", "lower"], { ...options, add_prefix_space: true })).toEqual(expected);
    expect(expected.merges.slice(0, 3)).toEqual(["l o", "Ġ lo", "Ġlo w"]);
  });
});

describe("whatever it is trained on", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."aab cde's\n1漢é🙂="), maxLength: 60 });
  const text = fc.oneof(letters, fc.string({ unit: "grapheme", maxLength: 20 }));
  const texts = fc.array(text, { minLength: 1, maxLength: 8 }).filter((all) => all.join("") !== "");

  it("each merge makes a token of two that are there before it, and a tokenizer gives every text back", async () => {
    const options = fc.record({
      vocab_size: fc.integer({ min: leastVocabSize, max: 400 }),
      min_frequency: fc.integer({ min: 1, max: 3 }),
      special_tokens: fc.constant(["<s>", "<pad>", "</s>", "<unk>"]),
    });
    await fc.assert(
      fc.asyncProperty(texts, options, text, async (corpus, given, other) => {
        const { vocab, merges } = await trainBytePairs(corpus, given);
        const tokens = [...vocab.keys()];
        expect([...vocab.values()]).toEqual(tokens.map((_, id) => id));
        expect(vocab.size).toBe(given.special_tokens.length + 256 + merges.length);
        expect(vocab.size).toBeLessThanOrEqual(given.vocab_size);
        merges.forEach(([left, right], rank) => {
          const product = vocab.get(left + right)!;
          expect(product).toBe(given.special_tokens.length + 256 + rank);
          expect(vocab.get(left)).toBeLessThan(product);
          expect(vocab.get(right)).toBeLessThan(product);
        });
        vocab.set("<mask>", vocab.size);
        const tokenizer = new LEDTokenizer({ vocab, merges });
        for (const row of [...corpus, other]) {
          const { input_ids } = tokenizer(row, { add_special_tokens: false });
          expect(tokenizer.decode(input_ids, { clean_up_tokenization_spaces: false })).toBe(row);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("no two neighbours are left that occur often enough", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 4 }), async (corpus, min_frequency) => {
        const { vocab, merges } = await trainBytePairs(corpus, { vocab_size: 5000, min_frequency });
        const tokenizer = new LEDTokenizer({ vocab, merges });
        const counts = new Map<string, number>();
        for (const piece of corpus.flatMap(splitPieces)) {
          const tokens = tokenizer.tokenize(piece);
          for (let at = 1; at < tokens.length; at++) {
            const pair = `${tokens[at - 1]} ${tokens[at]}`;
            counts.set(pair, (counts.get(pair) ?? 0) + 1);
          }
        }
        expect(Math.max(0, ...counts.values())).toBeLessThan(min_frequency);
      }),
    );
  });
});

describe("trainBytePairs refuses", () => {
  const texts = ["a few words"];
  const refused: readonly [string, unknown, object, string][] = [
    [
      "a vocab_size below bytes and special tokens",
      texts,
      { vocab_size: 257, special_tokens: ["<s>", "</s>"] },
      "trainBytePairs option `vocab_size`: expected a whole number of at least 258, for the 256 bytes and 2 special tokens, got the number 257. Every merge takes one more: 8000 is a small vocabulary.",
    ],
    [
      "a vocab_size that is no whole number",
      texts,
      { vocab_size: 300.5 },
      "at least 256, for the 256 bytes and 0 special tokens, got the number 300.5.",
    ],
    [
      "a min_frequency of 0",
      texts,
      { min_frequency: 0 },
      "trainBytePairs option `min_frequency`: expected a whole number of at least 1, got the number 0. 1 merges whatever occurs, 2 leaves out what occurs once.",
    ],
    [
      "a min_frequency that is no number",
      texts,
      { min_frequency: "2" },
      "expected a whole number of at least 1, got a string.",
    ],
    [
      "special tokens that repeat",
      texts,
      { special_tokens: ["<s>", "<pad>", "<s>"] },
      'trainBytePairs option `special_tokens`: expected different tokens, got "<s>" at index 0 and at 2. Leave one of them out.',
    ],
    [
      "an empty special token",
      texts,
      { special_tokens: ["<s>", ""] },
      "expected tokens of at least one character, got an empty text at index 1",
    ],
    ["a special token that is no text", texts, { special_tokens: [{ content: "<s>" }] }, "got an object at index 0"],
    ["special tokens that are no array", texts, { special_tokens: "<s>" }, "expected an array of tokens, got a string"],
    [
      "no texts",
      [],
      {},
      "trainBytePairs: expected texts to learn from, got none. Was an iterator read before? It gives its texts once.",
    ],
    ["empty texts", ["", ""], { add_prefix_space: true }, "expected texts to learn from, got 2 without a character"],
    [
      "one text",
      "a few words",
      {},
      "trainBytePairs: expected an array of texts, or something else that gives texts one by one, got a string. Put one text into an array: [text].",
    ],
    ["no iterable", null, {}, "gives texts one by one, got null"],
    ["what is no text among texts", ["a", 7], {}, "trainBytePairs: expected texts, got the number 7 at index 1"],
    ["an unknown option", texts, { vocabsize: 300 }, "got `vocabsize`. Did you mean `vocab_size`?"],
  ];

  it.each(refused)("%s", async (_, given, options, message) => {
    await expect(trainBytePairs(given as string[], options)).rejects.toThrow(message);
  });
});

describe("on the way", () => {
  it("says how far it is", async () => {
    const seen: TrainingProgress[] = [];
    await trainBytePairs(["low lower", "lowest"], { vocab_size: 300, progress_callback: (now) => seen.push(now) });
    expect(seen[0]).toEqual({ stage: "count", done: 2, unit: "texts" });
    expect(seen.at(-1)).toEqual({ stage: "merge", done: 259, total: 300, unit: "tokens" });
  });

  it("does not begin when it is aborted", async () => {
    const read = vi.fn();
    const texts = (async function* () {
      read();
      yield "text";
    })();
    await expect(trainBytePairs(texts, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(read).not.toHaveBeenCalled();
  });

  it.each(["count", "merge"] as const)("ends with the signal's reason at its next turn of stage %s", async (stage) => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => {
      now += 1000;
      return now;
    });
    const stop = new AbortController();
    let calls = 0;
    const progress_callback = (at: TrainingProgress) => {
      if (at.stage !== stage) return;
      calls++;
      // From a timer: the event loop has its turn.
      setTimeout(() => stop.abort(new Error("enough")), 0);
    };
    try {
      const training = trainBytePairs(small.texts, { signal: stop.signal, progress_callback });
      await expect(training).rejects.toThrow("enough");
      expect(calls).toBe(1);
    } finally {
      clock.mockRestore();
    }
  });

  it("closes the texts' source when it ends early", async () => {
    let closed = false;
    const texts = (function* () {
      try {
        yield "text";
        yield 7 as unknown as string;
      } finally {
        closed = true;
      }
    })();
    await expect(trainBytePairs(texts)).rejects.toThrow("got the number 7 at index 1");
    expect(closed).toBe(true);
  });
});

describe("trainTokenizer", () => {
  it("lays the vocabulary out as the released models do", async () => {
    const tokenizer = await trainTokenizer(["low lower lowest"], { vocab_size: 263 });
    expect(tokenizer.length).toBe(263);
    expect(tokenizer.convert_ids_to_tokens([0, 1, 2, 3, 260, 261, 262])).toEqual([
      ...["<s>", "<pad>", "</s>", "<unk>", "lo", "low", "<mask>"],
    ]);
    expect(tokenizer("low <mask>").input_ids).toEqual([0, 261, 262, 2]);
    expect(Object.keys(tokenizer.get_added_vocab()).sort()).toEqual(["</s>", "<mask>", "<pad>", "<s>", "<unk>"]);
    expect(tokenizer.model_max_length).toBe(1e30);
  });

  it("passes its options on", async () => {
    const options = { vocab_size: 1000, min_frequency: 1, add_prefix_space: true, model_max_length: 77 };
    const tokenizer = await trainTokenizer(["low"], options);
    // "Ġlow" merges whole.
    expect(tokenizer("low").input_ids).toEqual([0, 262, 2]);
    expect([tokenizer.length, tokenizer.add_prefix_space, tokenizer.model_max_length]).toEqual([264, true, 77]);
  });

  it.each([
    [
      { vocab_size: 260 },
      "trainTokenizer option `vocab_size`: expected a whole number of at least 261, for the 256 bytes and 5 special tokens, got the number 260.",
    ],
    [
      { min_frequency: 0 },
      "trainTokenizer option `min_frequency`: expected a whole number of at least 1, got the number 0.",
    ],
    [
      { special_tokens: [] },
      "trainTokenizer: expected options among vocab_size, min_frequency, add_prefix_space, model_max_length, progress_callback, signal, got `special_tokens`",
    ],
  ])("refuses %j", async (options, message) => {
    await expect(trainTokenizer(["text"], options as Record<string, number>)).rejects.toThrow(message);
  });
});
