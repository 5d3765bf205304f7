/** The worker's side: answers calls one after another, and hears meanwhile which of them are aborted. */
import { InternalError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Port } from "./channel.ts";
import type { Codec } from "./codec.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** What a handler can do beside giving its result. */
export interface CallContext {
  readonly signal: AbortSignal;
  /** Whether somebody listens for tells of this name. */
  listens(name: string): boolean;
  /** Resolves when it has left. */
  tell(name: string, value?: unknown): Promise<void>;
}

export type Handlers = Readonly<Record<string, (args: never, context: CallContext) => unknown>>;

type Call = ToWorker & { readonly kind: "call" };

/** Answers calls by the handlers of their names from now on. Gives the logger whose warnings are the program's. */
export function serve(port: Port, codec: Codec, handlers: Handlers): Logger {
  const post = (message: FromWorker) => port.post(message);
  const waiting = new Map<number, AbortController>();
  const running = new Map<number, AbortController>();
  let last: Promise<unknown> = Promise.resolve();

  const answer = async ({ id, method, args, listening }: Call): Promise<void> => {
    const controller = waiting.get(id);
    // Aborted, and answered, before its turn.
    if (controller === undefined) return;
    waiting.delete(id);
    running.set(id, controller);
    const { signal } = controller;
    const operation = `${method} in a worker`;
    try {
      const handler = handlers[method];
      if (handler === undefined) throw new InternalError({ operation, expected: "a known method", got: method });
      const context: CallContext = {
        signal,
        listens: (name) => listening.includes(name),
        tell: (name, value) => post({ kind: "tell", id, name, value: codec.encode(value, operation, name) }),
      };
      const value = await handler(codec.decode(args) as never, context);
      await post({ kind: "result", id, value: codec.encode(value, operation, "result") });
    } catch (error) {
      const aborted = signal.aborted && error === signal.reason;
      await post({ kind: "failure", id, error: codec.encode(error, operation), aborted });
    } finally {
      running.delete(id);
    }
  };

  port.listen((received) => {
    const message = received as ToWorker;
    if (message.kind === "call") {
      waiting.set(message.id, new AbortController());
      last = last.then(() => answer(message));
    } else if (waiting.delete(message.id)) {
      void post({ kind: "failure", id: message.id, error: undefined, aborted: true });
    } else {
      running.get(message.id)?.abort();
    }
  });
  return { warn: (message) => void post({ kind: "warning", message }) };
}
