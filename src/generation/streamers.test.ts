import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFixture, tinyText } from "../../tests/support/tokenizer-fixtures.ts";
import { LEDTokenizer } from "../tokenizers/led-tokenizer.ts";
import { LEDTokenizerFast } from "../tokenizers/led-tokenizer-fast.ts";
import { StreamedLine } from "./streamed-line.ts";
import {
  BaseStreamer,
  type StreamTokenizer,
  TextIteratorStreamer,
  type TextIteratorStreamerOptions,
  TextStreamer,
} from "./streamers.ts";

/** Each id is a byte of UTF-8. */
const bytes: StreamTokenizer = { decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids)) };
const idsOf = (text: string) => [...new TextEncoder().encode(text)];

/** What is handed out for each of these pieces, a byte at a time inside them, and at the end. */
function pieces(...texts: string[]): string[] {
  const line = new StreamedLine((ids) => bytes.decode(ids, {}));
  const given = texts.map((text) =>
    idsOf(text)
      .map((id) => line.put([id]))
      .join(""),
  );
  return [...given, line.end()];
}

describe("what is handed out", () => {
  test("words, up to the last space", () => expect(pieces("Hel", "lo wor", "ld")).toEqual(["", "Hello ", "", "world"]));

  test("whole lines, and the next one begins anew", () =>
    expect(pieces("one two\n", "three\n\n", " f")).toEqual(["one two\n", "three\n\n", " ", "f"]));

  test("Chinese characters at once, others of several bytes not", () =>
    expect(pieces("中", "文a", "é", "𠀀", "日本語カ", "ナ", "한")).toEqual([
      "中",
      "文",
      "",
      "aé𠀀",
      "日本語",
      "",
      "",
      "カナ한",
    ]));

  test("a character is never cut, nor shown before it is whole", () => {
    const line = new StreamedLine((ids) => bytes.decode(ids, {}));
    expect(idsOf("a 😀 𠀀").map((id) => line.put([id]))).toEqual(["", "a ", "", "", "", "", "😀 ", "", "", "", "𠀀"]);
  });

  test("bytes that are no text show as such at the end", () => {
    const line = new StreamedLine((ids) => bytes.decode(ids, {}));
    expect([line.put([0xe4]), line.end(), line.put(idsOf("a ")), line.end()]).toEqual(["", "\ufffd", "a ", ""]);
  });
});

const files = { vocab_file: tinyText("vocab.json"), merges_file: tinyText("merges.txt") };
const tokenizers = { slow: await LEDTokenizer.from_files(files), fast: await LEDTokenizerFast.from_files(files) };

describe("the same as decoding the whole line for each token", () => {
  const chinese = /[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u{20000}-\u{2a6df}]$/u;

  /** The reference's algorithm, word for word. */
  function* reference(decode: (ids: number[]) => string, ids: readonly number[]): Generator<string> {
    let cache: number[] = [];
    let shown = 0;
    for (const id of ids) {
      cache.push(id);
      const text = decode(cache);
      const end = chinese.test(text) || text.endsWith("\n") ? text.length : text.lastIndexOf(" ") + 1;
      const piece = text.slice(shown, Math.max(shown, end));
      yield piece;
      shown += piece.length;
      if (text.endsWith("\n")) {
        cache = [];
        shown = 0;
      }
    }
    yield decode(cache).slice(shown);
  }

  const parts = [
    "Hello",
    " world",
    " don't",
    " it's",
    "'ve",
    " ' q ",
    "。",
    "中文",
    "漢",
    "𠀀",
    "😀",
    "é",
    "\n",
    " . ",
    " ,",
  ].concat([
    " n't",
    " 're",
    " ",
    "   ",
    "カナ",
    "한국어",
    "http://a.b/cccccccccc",
    "\t",
    "<s>",
    "</s>",
    "<mask>",
    " The",
    "ing",
  ]);
  const text = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 120 }).map((some) => some.join(""));
  const options = fc.record(
    { skip_special_tokens: fc.boolean(), clean_up_tokenization_spaces: fc.boolean() },
    { requiredKeys: [] },
  );

  test.each(["slow", "fast"] as const)("%s tokenizer", (name) => {
    const tokenizer = tokenizers[name];
    fc.assert(
      fc.property(text, options, fc.boolean(), (words, how, oneLine) => {
        const { input_ids } = tokenizer(oneLine ? words.replaceAll("\n", "") : words);
        const ids = input_ids as number[];
        const decode = (some: readonly number[]) => tokenizer.decode(some, how);
        const line = new StreamedLine(decode);
        const got = [...ids.map((id) => line.put([id])), line.end()];
        expect(got).toEqual([...reference(decode, ids)]);
      }),
      { numRuns: 60 },
    );
  });

  test("a tokenizer whose pieces never join is decoded as a whole", () => {
    // As those do that strip the space before a text's first word.
    const decode = (ids: readonly number[]) =>
      ids
        .map((id) => ` ${"abcdef"[id % 6]}${id}`)
        .join("")
        .trimStart();
    const ids = Array.from({ length: 300 }, (_, i) => i * 7);
    const line = new StreamedLine(decode);
    expect([...ids.map((id) => line.put([id])), line.end()]).toEqual([...reference(decode, ids)]);
  });

  test("what is decoded for a token does not grow with the line", () => {
    for (const text of ["word ".repeat(4000), "中".repeat(4000), "x".repeat(20000)]) {
      let decoded = 0;
      const line = new StreamedLine((ids) => {
        decoded += ids.length;
        return bytes.decode(ids, {});
      });
      const ids = idsOf(text);
      const whole = ids.map((id) => line.put([id])).join("") + line.end();
      expect(whole).toBe(text);
      expect(decoded / ids.length).toBeLessThan(70);
    }
  });
});

describe("TextStreamer", () => {
  const written = (options: { skip_prompt?: boolean } = {}) => {
    const texts: string[] = [];
    return { texts, streamer: new TextStreamer(bytes, { ...options, write: (text) => texts.push(text) }) };
  };

  test("writes what is ready, and a line feed at the end", () => {
    const { texts, streamer } = written();
    streamer.put(idsOf("A prompt"));
    for (const id of idsOf(" is it")) streamer.put([id]);
    streamer.end();
    expect(texts).toEqual(["A ", "prompt ", "is ", "it\n"]);
  });

  test("skip_prompt, of every generation", () => {
    const { texts, streamer } = written({ skip_prompt: true });
    for (let i = 0; i < 2; i++) {
      streamer.put([idsOf("A prompt")]);
      streamer.put(idsOf("it is"));
      streamer.end();
    }
    expect(texts).toEqual(["it ", "is\n", "it ", "is\n"]);
  });

  test("after a failure it serves the next generation", () => {
    const { texts, streamer } = written({ skip_prompt: true });
    streamer.put(idsOf("A prompt"));
    streamer.put(idsOf("lost"));
    streamer.error(new Error("out of memory"));
    streamer.put(idsOf("A prompt"));
    streamer.put(idsOf("it"));
    streamer.end();
    expect(texts).toEqual(["it\n"]);
  });

  test("gives the tokenizer its options", () => {
    const seen: unknown[] = [];
    const tokenizer: StreamTokenizer = { decode: (ids, options) => `${seen.push(options)}${ids}` };
    new TextStreamer(tokenizer, { write: () => {}, skip_special_tokens: true }).put([1]);
    expect(seen).toEqual([{ skip_special_tokens: true }]);
  });

  test("takes one text", () => {
    const { streamer } = written();
    expect(() => streamer.put([[1], [2]])).toThrow(
      "TextStreamer only supports batch size 1 (TextStreamer: got 2 rows) Give one text",
    );
  });

  test("has to know where to write, unless a subclass does", () => {
    expect(() => new TextStreamer(bytes)).toThrow(
      "TextStreamer: expected `write`, a function that takes text, got none. Write { write: (text) => process.stdout.write(text) }",
    );
    const texts: [string, boolean][] = [];
    class Own extends TextStreamer {
      override on_finalized_text(text: string, stream_end = false): void {
        texts.push([text, stream_end]);
      }
    }
    const streamer = new Own(bytes);
    streamer.put(idsOf("a b"));
    streamer.put(idsOf("c"));
    streamer.end();
    expect(texts).toEqual([
      ["a ", false],
      ["", false],
      ["bc", true],
    ]);
  });

  test("refuses options that nobody knows", () => {
    const options = { write: () => {}, skip_promt: true };
    expect(() => new TextStreamer(bytes, options)).toThrow("got `skip_promt`. Did you mean `skip_prompt`?");
    expect(() => new TextIteratorStreamer(bytes, { write: () => {} } as object)).toThrow("got `write`");
  });
});

test("a streamer of one's own need not hear of failures", () => {
  class Own extends BaseStreamer {
    readonly ids: number[] = [];
    put(ids: readonly number[]): void {
      this.ids.push(...ids);
    }
    end(): void {}
  }
  const own = new Own();
  own.put([1, 2]);
  own.error(new Error("failed"));
  expect(own.ids).toEqual([1, 2]);
});

describe("TextIteratorStreamer", () => {
  const all = async (streamer: TextIteratorStreamer) => {
    const texts: string[] = [];
    for await (const text of streamer) texts.push(text);
    return texts;
  };

  test("a piece for each put, before or after it is asked for", async () => {
    const streamer = new TextIteratorStreamer(bytes);
    streamer.put(idsOf("A pro"));
    const texts = all(streamer);
    await Promise.resolve();
    streamer.put(idsOf("mpt"));
    streamer.put(idsOf(" 😀 中"));
    streamer.end();
    expect(await texts).toEqual(["A ", "", "prompt 😀 中", ""]);
  });

  test("serves one generation after another", async () => {
    const streamer = new TextIteratorStreamer(bytes, { skip_prompt: true });
    for (const text of ["one", "two"]) {
      streamer.put(idsOf("prompt"));
      streamer.put(idsOf(text));
      streamer.end();
      expect(await all(streamer)).toEqual(["", text]);
    }
  });

  test("a failure ends it after the pieces that are there", async () => {
    const streamer = new TextIteratorStreamer(bytes);
    const reason = new Error("out of memory");
    streamer.put(idsOf("a b"));
    streamer.error(reason);
    expect(await streamer.next()).toEqual({ done: false, value: "a " });
    await expect(streamer.next()).rejects.toBe(reason);
    const waiting = streamer.next();
    streamer.error(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test("several may wait", async () => {
    const streamer = new TextIteratorStreamer(bytes, { timeout: 10 });
    const two = Promise.all([streamer.next(), streamer.next()]);
    streamer.put(idsOf("a "));
    streamer.end();
    expect(await two).toEqual([
      { done: false, value: "a " },
      { done: false, value: "" },
    ]);
    expect(await streamer.next()).toEqual({ done: true, value: undefined });
  });

  test("timeout", async () => {
    const streamer = new TextIteratorStreamer(bytes, { timeout: 0.01 });
    await expect(streamer.next()).rejects.toThrow(
      "TextIteratorStreamer: expected a piece of text within 0.01 seconds, got none. Give a longer `timeout`",
    );
    // Who has given up waiting gets nothing.
    streamer.put(idsOf("a "));
    expect(await streamer.next()).toEqual({ done: false, value: "a " });
    expect(() => new TextIteratorStreamer(bytes, { timeout: -1 })).toThrow("'timeout' must be a non-negative number");
    const patient = new TextIteratorStreamer(bytes, { timeout: 1e9 });
    const waiting = patient.next();
    patient.put(idsOf("b "));
    expect(await waiting).toEqual({ done: false, value: "b " });
  });
});

interface Generations {
  options: TextIteratorStreamerOptions;
  heard: (string | [text: string, stream_end: true])[];
}

interface Fixture {
  cases: (Generations & { name: string; puts: (number[] | number[][])[] })[];
  again: Generations & { puts: (number[] | number[][])[][] };
  refusals: { class: keyof typeof classes; options: TextIteratorStreamerOptions; put: number[][]; message: string }[];
}

class Heard extends TextStreamer {
  readonly heard: Generations["heard"] = [];

  override on_finalized_text(text: string, stream_end = false): void {
    this.heard.push(stream_end ? [text, true] : text);
  }
}

const classes = { TextStreamer: Heard, TextIteratorStreamer };

describe("as transformers 4.37.2 has it (tests/oracle/streamers.py)", () => {
  const fixture = readFixture<Fixture>("streamers.json");

  test.each(fixture.cases.map((row) => ({ ...row, about: JSON.stringify(row.options) })))(
    "$name $about",
    async ({ puts, options, heard }) => {
      const streamer = new Heard(tokenizers.slow, options);
      const iterator = new TextIteratorStreamer(tokenizers.slow, options);
      for (const one of [streamer, iterator]) {
        for (const ids of puts) one.put(ids);
        one.end();
      }
      expect(streamer.heard).toEqual(heard);
      const texts: string[] = [];
      for await (const text of iterator) texts.push(text);
      expect(texts).toEqual(heard.flat().filter((text) => text !== true));
    },
  );

  test("one streamer for two generations", () => {
    const { puts, options, heard } = fixture.again;
    const streamer = new Heard(tokenizers.slow, options);
    for (const generation of puts) {
      for (const ids of generation) streamer.put(ids);
      streamer.end();
    }
    expect(streamer.heard).toEqual(heard);
  });

  test.each(fixture.refusals)("$class refuses $put", ({ class: name, options, put, message }) => {
    expect(() => new classes[name](tokenizers.slow, options).put(put)).toThrow(message);
  });
});
