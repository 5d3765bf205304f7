/**
 * The program's side of a worker: calls, their answers, what they tell on their way, and how it ends. An idle worker does not
 * keep the program running; one with a call to answer does.
 */
import { EngineError } from "../errors.ts";
import { warn } from "../log.ts";
import type { Channel } from "./channel.ts";
import type { Codec } from "./codec.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** By name, what takes the things that the call tells. What one throws aborts the call and is its failure. */
  readonly listeners?: Readonly<Record<string, (value: unknown) => void>> | undefined;
}

interface Pending extends CallOptions {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  /** What a listener threw. */
  thrown?: { readonly reason: unknown };
}

export class WorkerClient {
  /** What errors call the worker: "LEDModel in a worker". */
  readonly #name: string;
  readonly #channel: Channel;
  readonly #codec: Codec;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  /** Why no call is taken any more, as ChannelEvents.ended says it. */
  #over: string | undefined;
  #lost = false;
  #disposal: Promise<void> | undefined;
  readonly #ended: Promise<void>;

  constructor(channel: Channel, codec: Codec, name: string) {
    this.#name = name;
    this.#channel = channel;
    this.#codec = codec;
    this.#ended = new Promise((resolve) => {
      channel.listen({
        message: (message) => this.#take(message as FromWorker),
        ended: (how) => {
          this.#end(how);
          resolve();
        },
      });
    });
    channel.hold(false);
  }

  /** What the worker makes of `args`, which are read before this returns. */
  async call(method: string, args: unknown, options: CallOptions = {}): Promise<unknown> {
    if (this.#over !== undefined) throw this.#gone(this.#over);
    return this.#call(method, args, options);
  }

  /** Frees what the worker holds and ends it, when the calls so far are answered. Later ones are refused. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  /** Ends the worker at once. Calls without an answer reject. */
  kill(): void {
    this.#channel.kill();
    this.#end("was killed");
  }

  async #dispose(): Promise<void> {
    if (this.#over !== undefined) return;
    const last = this.#call("dispose", undefined, {});
    this.#over = "was disposed of";
    try {
      await last;
    } catch (error) {
      // One that ended before its turn holds nothing any more.
      if (!this.#lost) throw error;
    } finally {
      this.#channel.hold(true);
      this.#channel.close();
      await this.#ended;
    }
  }

  async #call(method: string, args: unknown, options: CallOptions): Promise<unknown> {
    const { signal, listeners = {} } = options;
    signal?.throwIfAborted();
    const id = this.#calls++;
    const encoded = this.#codec.encode(args, `${this.#name}, ${method}`, "arguments");
    const abort = () => this.#post({ kind: "abort", id });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { ...options, resolve, reject });
        this.#channel.hold(true);
        this.#post({ kind: "call", id, method, args: encoded, listening: Object.keys(listeners) });
      });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  #post(message: ToWorker): void {
    this.#channel.post(message);
  }

  #take(message: FromWorker): void {
    if (message.kind === "warning") {
      warn(message.message);
      return;
    }
    const call = this.#pending.get(message.id);
    if (call === undefined) return;
    if (message.kind === "tell") {
      this.#tell(message.id, call, () => call.listeners?.[message.name]?.(this.#codec.decode(message.value)));
      return;
    }
    this.#settle(message.id);
    if (call.thrown !== undefined) call.reject(call.thrown.reason);
    else if (message.kind === "result") call.resolve(this.#codec.decode(message.value));
    else call.reject(message.aborted ? call.signal?.reason : this.#codec.decode(message.error));
  }

  #tell(id: number, call: Pending, listen: () => void): void {
    if (call.thrown !== undefined) return;
    try {
      listen();
    } catch (reason) {
      call.thrown = { reason };
      this.#post({ kind: "abort", id });
    }
  }

  #settle(id: number): void {
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#channel.hold(false);
  }

  #end(how: string): void {
    this.#over ??= how;
    this.#lost = true;
    for (const [id, call] of this.#pending) {
      this.#settle(id);
      call.reject(call.thrown === undefined ? this.#gone(how) : call.thrown.reason);
    }
  }

  #gone(how: string): EngineError {
    const again = "Load the model again to go on.";
    const why =
      "Standard error may say why. If it does not, the system may have been out of memory, of which shorter inputs, fewer beams " +
      "or a smaller model need less.";
    return new EngineError({
      operation: this.#name,
      expected: "a worker that runs",
      got: `one that ${how}`,
      fix: how.startsWith("ended") ? `${why} ${again}` : again,
    });
  }
}
