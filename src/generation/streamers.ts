/**
 * Who is told of tokens while they are generated (transformers 4.37.2, generation/streamers.py). TextStreamer makes text of
 * them and hands out what later tokens will not change: whole words, whole lines, Chinese characters at once.
 *
 * Departures:
 * - the reference decodes all tokens of a line for each new one; here only the last ones are: see StreamedLine.
 * - nothing is printed unless `write` says where to, for the core knows no standard output.
 * - TextIteratorStreamer is asynchronous, and a failed generation can end it by `error`.
 */
import { InvalidArgumentError, LEDError, refuseUnknownOptions } from "../errors.ts";
import { type DecodeText, StreamedLine } from "./streamed-line.ts";

/** Gets the prompt first, then the tokens of each step. To be extended by streamers of one's own. */
export abstract class BaseStreamer {
  /** The prompt of several examples is a list of rows; each step's tokens are one list, a token for each row. */
  abstract put(ids: readonly number[] | readonly (readonly number[])[]): void;
  /** No token follows. */
  abstract end(): void;
  /** Generation failed, and `end` will not be called. */
  error(_reason: unknown): void {}
}

/** How tokens become text. */
export interface StreamDecodeOptions {
  skip_special_tokens?: boolean;
  clean_up_tokenization_spaces?: boolean;
  spaces_between_special_tokens?: boolean;
}

/** What a streamer needs of a tokenizer. */
export interface StreamTokenizer {
  decode(ids: readonly number[], options: StreamDecodeOptions): string;
}

export interface TextStreamerOptions extends StreamDecodeOptions {
  /** Pass over the prompt. */
  skip_prompt?: boolean;
  /** Takes each piece of text, and a line feed after the last: `(text) => process.stdout.write(text)`. */
  write?: (text: string) => void;
}

const decodeOptionNames = [
  "skip_special_tokens",
  "clean_up_tokenization_spaces",
  "spaces_between_special_tokens",
] as const satisfies readonly (keyof StreamDecodeOptions)[];

/** Writes the text of one sequence as soon as whole words are there. */
export class TextStreamer extends BaseStreamer {
  readonly #skipPrompt: boolean;
  readonly #write: ((text: string) => void) | undefined;
  readonly #line: StreamedLine;
  #nextIsPrompt = true;

  constructor(tokenizer: StreamTokenizer, options: TextStreamerOptions = {}) {
    super();
    refuseUnknownOptions(new.target.name, options, ["skip_prompt", "write", ...decodeOptionNames]);
    const { skip_prompt = false, write, ...decodeOptions } = options;
    if (write === undefined && this.on_finalized_text === TextStreamer.prototype.on_finalized_text) {
      throw new InvalidArgumentError({
        operation: "TextStreamer",
        expected: "`write`, a function that takes text",
        got: "none",
        fix: "Write { write: (text) => process.stdout.write(text) }, or what shows text in your page.",
      });
    }
    const decode: DecodeText = (ids) => tokenizer.decode(ids, decodeOptions);
    this.#line = new StreamedLine(decode);
    this.#skipPrompt = skip_prompt;
    this.#write = write;
  }

  /** Ids of one sequence; a list of one row is taken as well. */
  put(ids: readonly number[] | readonly (readonly number[])[]): void {
    const rows = ids.filter((row) => typeof row !== "number");
    if (rows.length > 1) {
      throw new InvalidArgumentError({
        operation: "TextStreamer",
        says: "TextStreamer only supports batch size 1",
        got: `${rows.length} rows`,
        fix: "Give one text at a time, or a streamer of your own.",
      });
    }
    if (this.#skipPrompt && this.#nextIsPrompt) {
      this.#nextIsPrompt = false;
      return;
    }
    this.on_finalized_text(this.#line.put(ids.flat()));
  }

  end(): void {
    const rest = this.#line.end();
    this.#nextIsPrompt = true;
    this.on_finalized_text(rest, true);
  }

  override error(_reason: unknown): void {
    this.#line.end();
    this.#nextIsPrompt = true;
  }

  /** Called with a piece of text for each `put`, empty where nothing is ready; `stream_end` with the last one. */
  on_finalized_text(text: string, stream_end = false): void {
    const output = stream_end ? `${text}\n` : text;
    if (output !== "") this.#write?.(output);
  }
}

export interface TextIteratorStreamerOptions extends StreamDecodeOptions {
  /** Pass over the prompt. */
  skip_prompt?: boolean;
  /** Seconds after which waiting for a piece of text fails; without it there is no limit. */
  timeout?: number | null;
}

type Item = { readonly text: string } | { readonly reason: unknown } | "end";

// A later date than timers can take is no limit.
const longestTimer = 2 ** 31 - 1;

/**
 * The pieces as an iterator, one for each `put`, for `for await (const text of streamer)`. Pieces wait until they are asked
 * for. It ends with the generation, and then serves the next one.
 */
export class TextIteratorStreamer extends TextStreamer implements AsyncIterableIterator<string> {
  readonly #timeout: number | null;
  readonly #items: Item[] = [];
  readonly #waiting: ((item: Item) => void)[] = [];

  constructor(tokenizer: StreamTokenizer, options: TextIteratorStreamerOptions = {}) {
    refuseUnknownOptions("TextIteratorStreamer", options, ["skip_prompt", "timeout", ...decodeOptionNames]);
    const { timeout = null, ...others } = options;
    super(tokenizer, others);
    if (timeout !== null && !(typeof timeout === "number" && timeout >= 0)) {
      throw new InvalidArgumentError({
        operation: "TextIteratorStreamer",
        says: "'timeout' must be a non-negative number",
        got: String(timeout),
      });
    }
    this.#timeout = timeout;
  }

  override on_finalized_text(text: string, stream_end = false): void {
    this.#give({ text });
    if (stream_end) this.#give("end");
  }

  /** The iterator throws `reason` after the pieces that are there. */
  override error(reason: unknown): void {
    super.error(reason);
    this.#give({ reason });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    const item = this.#items.shift() ?? (await this.#wait());
    if (item === "end") return { done: true, value: undefined };
    if ("reason" in item) throw item.reason;
    return { done: false, value: item.text };
  }

  #give(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting(item);
  }

  #wait(): Promise<Item> {
    return new Promise((resolve, reject) => {
      const seconds = this.#timeout;
      if (seconds === null || seconds * 1000 > longestTimer) {
        this.#waiting.push(resolve);
        return;
      }
      const take = (item: Item) => {
        clearTimeout(timer);
        resolve(item);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(
          new LEDError({
            operation: "TextIteratorStreamer",
            expected: `a piece of text within ${seconds} seconds`,
            got: "none",
            fix: "Give a longer `timeout`, or look whether generating has failed.",
          }),
        );
      }, seconds * 1000);
      this.#waiting.push(take);
    });
  }
}
